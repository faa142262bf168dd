"""The simulated disk keeps what was synced, and any part of what was not."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.journal.disk import Disk
from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import SHORT, Fault, Odds
from fairlead.simulator.errors import PowerLost

PLACE = Path("journal")
ONE, TWO = PLACE / "one", PLACE / "two"
SEEDS = range(200)


def a_disk(seed: int = 0, sector_bytes: int = 512) -> SimulatedDisk:
    """Return a disk with a directory."""
    disk = SimulatedDisk(Chance(seed, 9), sector_bytes)
    disk.make_directory(PLACE)
    return disk


def written(disk: SimulatedDisk, path: Path, content: bytes, sync: bool = True) -> int:
    """Write a file and return its number."""
    file = disk.create(path)
    assert disk.write(file, content) == len(content)
    if sync:
        disk.sync(file)
        disk.sync_directory(path.parent)
    return file


def test_it_is_a_disk_for_a_journal() -> None:
    """The port and its fake do not know of each other; the type checker holds them together."""
    disk: Disk = a_disk()
    assert disk.names(PLACE) == []


def test_what_is_written_is_read_at_once() -> None:
    disk = a_disk()
    file = written(disk, ONE, b"content", sync=False)
    assert disk.read(ONE) == b"content"
    assert disk.read_part(ONE, 3, 2) == b"te"
    assert disk.stamp(ONE)[0] == 7
    disk.truncate(file, 3)
    disk.write(file, b"trol")
    assert disk.read(ONE) == b"control"
    disk.close(file)
    with pytest.raises(KeyError):
        disk.write(file, b"more")


def test_names_are_as_on_a_real_disk() -> None:
    disk = a_disk()
    written(disk, TWO, b"2")
    written(disk, ONE, b"1")
    assert disk.names(PLACE) == ["one", "two"]
    with pytest.raises(FileExistsError):
        disk.create(ONE)
    disk.rename(TWO, ONE)
    assert (disk.names(PLACE), disk.read(ONE)) == (["one"], b"2")
    disk.remove(ONE)
    for failing in (disk.read, disk.open, disk.remove, disk.stamp):
        with pytest.raises(FileNotFoundError):
            failing(ONE)
    with pytest.raises(FileNotFoundError):
        disk.names(Path("elsewhere"))
    with pytest.raises(FileNotFoundError):
        disk.create(Path("elsewhere") / "one")


@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_a_loss_of_power_keeps_what_was_synced_and_any_sectors_of_the_rest(
    sector_bytes: int,
) -> None:
    """Every extreme comes up: nothing, all, holes, and a size without its content."""
    kinds = set()
    for seed in SEEDS:
        disk = a_disk(seed, sector_bytes)
        file = written(disk, ONE, b"a" * 700)
        disk.write(file, b"b" * 3 * sector_bytes)
        disk.crash()
        content = disk.read(ONE)
        assert content[:700] == b"a" * 700
        rest = content[700:]
        assert set(rest) <= {0, ord("b")}
        for begin in range(0, len(content), sector_bytes):
            mixed = set(content[max(700, begin) : begin + sector_bytes])
            assert len(mixed) <= 1, "a sector is written or it is not"
        kinds.add((rest == b"", 0 in rest, ord("b") in rest))
    whole, holes, zeros, nothing = (
        (False, False, True),
        (False, True, True),
        (False, True, False),
        (True, False, False),
    )
    assert kinds == {whole, holes, zeros, nothing}


def test_a_name_that_was_not_synced_may_be_there_or_not() -> None:
    found = set()
    for seed in SEEDS:
        disk = a_disk(seed)
        written(disk, ONE, b"old")
        file = disk.create(TWO)
        disk.write(file, b"new")
        disk.sync(file)
        disk.rename(TWO, ONE)
        disk.crash()
        found.add((tuple(disk.names(PLACE)), disk.read(ONE)))
    assert found == {
        (("one",), b"old"),
        (("one", "two"), b"old"),
        (("one",), b"new"),
    }


def test_a_removal_may_not_have_happened() -> None:
    found = set()
    for seed in SEEDS:
        disk = a_disk(seed)
        written(disk, ONE, b"old")
        disk.remove(ONE)
        disk.crash()
        found.add(tuple(disk.names(PLACE)))
    assert found == {("one",), ()}


def test_a_cut_that_was_not_synced_may_not_have_happened() -> None:
    found = set()
    for seed in SEEDS:
        disk = a_disk(seed)
        file = written(disk, ONE, b"a" * 600)
        disk.truncate(file, 100)
        disk.crash()
        found.add(disk.read(ONE))
    assert b"a" * 100 in found
    assert b"a" * 600 in found


def test_what_was_synced_twice_is_there() -> None:
    for seed in SEEDS:
        disk = a_disk(seed)
        file = written(disk, ONE, b"a" * 600)
        disk.truncate(file, 100)
        disk.write(file, b"b" * 50)
        disk.sync(file)
        disk.crash()
        assert disk.read(ONE) == b"a" * 100 + b"b" * 50


def test_the_death_of_the_process_loses_nothing() -> None:
    disk = a_disk()
    written(disk, ONE, b"content", sync=False)
    disk.kill()
    assert disk.read(ONE) == b"content"


def test_a_seed_is_a_disk() -> None:
    def left(seed: int) -> bytes:
        disk = a_disk(seed)
        file = written(disk, ONE, b"a" * 700)
        disk.write(file, b"b" * 5_000)
        disk.crash()
        return disk.read(ONE)

    assert [left(seed) for seed in range(20)] == [left(seed) for seed in range(20)]
    assert len({left(seed) for seed in range(20)}) > 5


def test_a_sync_that_fails_forgets_and_the_next_one_writes_nothing() -> None:
    """Fsyncgate: whoever tries again is told that all is well, and has lost it."""
    lost = 0
    for seed in SEEDS:
        disk = a_disk(seed)
        file = written(disk, ONE, b"a" * 512)
        disk.trouble.schedule(Fault("sync", 2, errno.EIO))
        disk.write(file, b"b" * 512)
        with pytest.raises(OSError, match="Input/output"):
            disk.sync(file)
        assert disk.read(ONE) == b"a" * 512 + b"b" * 512
        disk.sync(file)
        disk.crash()
        lost += disk.read(ONE) != b"a" * 512 + b"b" * 512
    assert lost > 20


def test_a_disk_that_is_full_takes_what_fits() -> None:
    disk = a_disk()
    disk.capacity = 10
    file = disk.create(ONE)
    assert disk.free_bytes(PLACE) == 10
    assert disk.write(file, b"a" * 8) == 8
    assert disk.write(file, b"b" * 8) == 2
    with pytest.raises(OSError, match="No space") as raised:
        disk.write(file, b"c")
    assert raised.value.errno == errno.ENOSPC
    assert (disk.read(ONE), disk.free_bytes(PLACE)) == (b"a" * 8 + b"bb", 0)
    disk.remove(ONE)
    assert disk.free_bytes(PLACE) == 10


@pytest.mark.parametrize("sticky", [False, True])
def test_a_fault_strikes_when_it_is_due(sticky: bool) -> None:
    disk = a_disk()
    disk.trouble.schedule(Fault("write", 2, errno.ENOSPC, sticky))
    file = disk.create(ONE)
    failed = []
    for number in range(1, 5):
        try:
            disk.write(file, b"content")
        except OSError:
            failed.append(number)
    assert failed == ([2, 3, 4] if sticky else [2])
    disk.trouble.clear()
    assert disk.write(file, b"content") == 7


@pytest.mark.parametrize(
    "call",
    ["create", "open", "truncate", "close", "rename", "remove", "read", "names", "sync_directory"],
)
def test_every_call_can_fail(call: str) -> None:
    disk = a_disk()
    file = written(disk, ONE, b"content")
    disk.trouble.schedule(Fault(call, disk.trouble.calls.get(call, 0) + 1, errno.EIO))
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: disk.create(TWO),
        "open": lambda: disk.open(ONE),
        "truncate": lambda: disk.truncate(file, 1),
        "close": lambda: disk.close(file),
        "rename": lambda: disk.rename(ONE, TWO),
        "remove": lambda: disk.remove(ONE),
        "read": lambda: disk.read(ONE),
        "names": lambda: disk.names(PLACE),
        "sync_directory": lambda: disk.sync_directory(PLACE),
    }
    with pytest.raises(OSError, match="Input/output"):
        calls[call]()


def test_a_short_write_takes_a_part_and_no_error() -> None:
    disk = a_disk()
    disk.trouble.schedule(Fault("write", 1, SHORT))
    file = disk.create(ONE)
    taken = disk.write(file, b"content")
    assert 0 < taken < 7
    assert disk.read(ONE) == b"content"[:taken]


def test_chance_brings_every_trouble() -> None:
    disk = a_disk()
    disk.trouble.odds = Odds(200_000, 100_000, 100_000, 200_000, Nanos(1_000))
    file = disk.create(ONE)
    short = failed = unsynced = 0
    for _ in range(300):
        try:
            short += disk.write(file, b"content") < 7
        except OSError:
            failed += 1
        try:
            disk.sync(file)
        except OSError:
            unsynced += 1
    assert min(short, failed, unsynced, disk.waited) > 0


def test_rot_turns_one_bit_of_what_is_durable() -> None:
    turned = 0
    for seed in SEEDS:
        disk = a_disk(seed)
        assert disk.rot() == ""
        written(disk, ONE, bytes(700))
        place = disk.rot()
        disk.crash()
        bits = sum(byte.bit_count() for byte in disk.read(ONE))
        assert bits == (1 if place else 0)
        turned += bits
    assert turned == len(SEEDS)


def test_power_that_goes_in_a_call_never_lets_it_return() -> None:
    """Whatever the step was, it may have happened or not, and nothing works before the crash."""
    found = set()
    for seed in SEEDS:
        disk = a_disk(seed)
        written(disk, ONE, b"old")
        disk.lose_power_after(1)
        file = disk.open(ONE)
        disk.write(file, b"+1")
        with pytest.raises(PowerLost, match="step"):
            disk.write(file, b"+2")
        with pytest.raises(PowerLost):
            disk.close(file) if seed % 2 else disk.read(ONE)
        disk.crash()
        found.add(disk.read(ONE))
    assert {b"old", b"old+1", b"old+1+2"} <= found
    assert {content[:3] for content in found} == {b"old"}
