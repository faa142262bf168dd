"""What is kept back is there when the disk is full, and only then it goes."""

import errno
import zlib
from pathlib import Path

import pytest

from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalFailed
from fairlead.journal.format import GENESIS, INPUT
from fairlead.journal.history import History
from fairlead.journal.log import Durability, Log
from fairlead.journal.reserve import RESERVE_NAME, Reserve
from fairlead.model.units import Nanos, Sequence
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import Fault

PLACE = Path("journal")
SIZE = 700_000


def a_disk(capacity: int = 1 << 40) -> SimulatedDisk:
    """Return a disk with a directory for a journal."""
    disk = SimulatedDisk(Chance(1, 9))
    disk.make_directory(PLACE)
    disk.capacity = capacity
    return disk


def made(disk: SimulatedDisk, free_bytes_min: int = 0) -> Reserve:
    """Return a reserve that was made."""
    reserve = Reserve(PLACE, SIZE, free_bytes_min, disk)
    reserve.make()
    reserve.look()
    return reserve


def test_the_reserve_is_as_large_as_it_says_and_gives_room_when_it_goes() -> None:
    disk = a_disk(SIZE + 10)
    reserve = made(disk)
    assert (reserve.is_short, reserve.free_bytes) == (False, 10)
    assert reserve.spend()
    assert disk.free_bytes(PLACE) == SIZE + 10
    assert reserve.is_short
    assert not reserve.spend(), "it is there once"


def test_no_disk_makes_less_of_it(tmp_path: Path) -> None:
    """A file of zeros takes no room where the file system compresses."""
    Reserve(tmp_path, SIZE, 0, RealDisk()).make()
    content = (tmp_path / RESERVE_NAME).read_bytes()
    assert len(content) == SIZE
    assert len(zlib.compress(content[: 256 * 1024])) > 256 * 1024


def test_a_reserve_that_is_there_is_used_again_and_a_torn_one_is_made_anew() -> None:
    disk = a_disk()
    made(disk)
    steps = disk.steps
    assert not made(disk).is_short
    assert disk.steps == steps, "nothing was written"
    file = disk.open(PLACE / RESERVE_NAME)
    disk.truncate(file, 9)
    assert not made(disk).is_short
    assert disk.stamp(PLACE / RESERVE_NAME)[0] == SIZE


def test_without_room_for_it_there_is_none_and_no_part_of_it() -> None:
    disk = a_disk(SIZE - 1)
    reserve = made(disk)
    assert reserve.is_short
    assert disk.names(PLACE) == []
    disk.capacity = SIZE + 1
    reserve.look()
    assert not reserve.is_short, "it is made again when there is room"


def test_it_is_not_made_again_from_what_must_be_free() -> None:
    disk = a_disk(SIZE + 100)
    reserve = made(disk, free_bytes_min=101)
    assert reserve.is_short
    reserve.spend()
    reserve.look()
    assert disk.names(PLACE) == []


@pytest.mark.parametrize("call", ["create", "write", "sync", "stamp"])
def test_a_disk_that_fails_has_no_reserve(call: str) -> None:
    disk = a_disk()
    disk.trouble.schedule(Fault(call, 1, errno.EIO))
    reserve = Reserve(PLACE, SIZE, 0, disk)
    reserve.make()
    assert reserve.is_short


def test_a_disk_that_says_nothing_counts_as_full() -> None:
    disk = a_disk()
    reserve = made(disk, free_bytes_min=1)
    assert not reserve.is_short
    disk.trouble.schedule(Fault("free_bytes", 2, errno.EIO, sticky=True))
    reserve.look()
    assert (reserve.is_short, reserve.free_bytes) == (True, 0)


def test_of_nothing_there_is_nothing_to_lack() -> None:
    disk = a_disk(0)
    reserve = Reserve(PLACE, 0, 0, disk)
    reserve.make()
    reserve.look()
    assert not reserve.is_short
    assert not reserve.spend()
    assert disk.names(PLACE) == []


# --- the log gives it up -------------------------------------------------------------------------


def a_log(disk: SimulatedDisk, reserve: Reserve | None) -> Log:
    """Return a writer with a reserve."""
    disk_mode = Durability.DISK
    return Log(PLACE, disk_mode, 1, Sequence(0), GENESIS, disk=disk, reserve=reserve)


def put(log: Log, number: int) -> None:
    """Write one input of about a kilobyte."""
    log.append(INPUT, Sequence(number), Nanos(number), bytes(1_000))
    log.commit(Nanos(number))


def inputs(disk: SimulatedDisk) -> int:
    """Return how many inputs are in the journal after a loss of power."""
    disk.crash()
    return len(list(History(PLACE, disk).entries()))


@pytest.mark.parametrize("room", range(0, 5_000, 97))
def test_a_full_disk_takes_the_reserve_and_every_group(room: int) -> None:
    """Fault 5: wherever it is full: in the header, in a group, at its end."""
    disk = a_disk(SIZE + room)
    reserve = made(disk)
    log = a_log(disk, reserve)
    for number in range(1, 8):
        put(log, number)
    assert reserve.is_short
    assert inputs(disk) == 7


def test_when_the_reserve_is_used_up_it_is_final() -> None:
    disk = a_disk(SIZE + 1_500)
    log = a_log(disk, made(disk))
    put(log, 1)
    put(log, 2)
    disk.capacity = 3_000
    with pytest.raises(JournalFailed, match=r"No space left.*; make space, then start again"):
        put(log, 3)
    with pytest.raises(JournalFailed, match="nothing more is taken"):
        put(log, 3)
    assert inputs(disk) == 2


def test_a_sync_that_says_the_disk_is_full_is_final() -> None:
    """Fault 6: its pages may be gone, so that room would not help."""
    disk = a_disk()
    log = a_log(disk, made(disk))
    put(log, 1)
    disk.trouble.schedule(Fault("sync", disk.trouble.calls["sync"] + 1, errno.ENOSPC))
    with pytest.raises(JournalFailed, match="No space left"):
        put(log, 2)
    assert RESERVE_NAME in disk.names(PLACE)


def test_no_other_error_takes_the_reserve() -> None:
    disk = a_disk()
    log = a_log(disk, made(disk))
    disk.trouble.schedule(Fault("write", disk.trouble.calls["write"] + 2, errno.EIO))
    with pytest.raises(JournalFailed, match="Input/output"):
        put(log, 1)
    assert RESERVE_NAME in disk.names(PLACE)


def test_a_directory_that_is_full_takes_the_reserve() -> None:
    disk = a_disk()
    log = a_log(disk, made(disk))
    disk.trouble.schedule(Fault("create", disk.trouble.calls["create"] + 1, errno.EDQUOT))
    put(log, 1)
    assert disk.names(PLACE) == ["00000000000000000001.journal"]


def test_who_ends_in_order_leaves_no_reserve_behind() -> None:
    disk = a_disk()
    log = a_log(disk, made(disk))
    put(log, 1)
    log.close(Nanos(2))
    assert disk.names(PLACE) == ["00000000000000000001.journal"]


def test_a_new_segment_takes_no_reserve() -> None:
    disk = a_disk()
    reserve = made(disk)
    log = a_log(disk, reserve)
    put(log, 1)
    log.roll(Nanos(2))
    assert not reserve.is_short
    assert RESERVE_NAME in disk.names(PLACE)
