"""Faults of a disk, one after the other, and what recovery makes of each.

A recovery is right if it gives exactly a prefix of what was written that has everything which was
acknowledged, or if it refuses with the place. A journal that was damaged is never right as a
prefix. `tests/journal/fault_table.py` runs all of them and prints what came of it.
"""

import errno
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalError
from fairlead.journal.history import End, History
from fairlead.journal.log import Durability, Log
from fairlead.journal.reserve import Reserve
from fairlead.model.units import Nanos, Sequence
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import SHORT, Fault
from fairlead.simulator.errors import PowerLost

PLACE: Final = Path("journal")
SIZE: Final = 64 * 1024  # of the journal that is cut and changed
WHOLE, PREFIX, REFUSED, WRONG = "all of it", "what was acknowledged", "refused with place", "WRONG"
_SEGMENT: Final = 15_000
_RESERVE: Final = 3_000
_SECTORS: Final = (512, 4096)

Files = dict[str, bytes]
Said = list[bytes]


class Case(NamedTuple):
    """One fault: what it is, and what came of it."""

    fault: str
    outcome: str
    what: str = ""  # for whoever has to look at a wrong one


class Tally:
    """How often each outcome came of each fault, in the order of the faults; and what is wrong."""

    def __init__(self, cases: Iterator[Case]) -> None:
        """Run all cases."""
        self.outcomes: dict[str, Counter[str]] = {}
        self.wrong: list[Case] = []
        for case in cases:
            self.outcomes.setdefault(case.fault, Counter())[case.outcome] += 1
            if case.outcome == WRONG:
                self.wrong.append(case)


# --- journals on disks ---------------------------------------------------------------------------


def a_disk(seed: int, files: Files | None = None) -> SimulatedDisk:
    """Return a disk with a directory, and with these files in it; sectors of either size."""
    disk = SimulatedDisk(Chance(seed, 1), _SECTORS[seed % 2])
    disk.make_directory(PLACE)
    for name, content in (files or {}).items():
        file = disk.create(PLACE / name)
        disk.write(file, content)
        disk.sync(file)
        disk.close(file)
    disk.sync_directory(PLACE)
    return disk


def files_of(disk: SimulatedDisk) -> Files:
    """Return all segments of a disk."""
    names = [name for name in disk.names(PLACE) if name.endswith(".journal")]
    return {name: disk.read(PLACE / name) for name in names}


class Writer:
    """Writes groups of made-up inputs, and knows which were acknowledged."""

    def __init__(
        self,
        disk: SimulatedDisk,
        chance: Chance,
        segment: int = _SEGMENT,
        durability: Durability = Durability.DISK,
    ) -> None:
        """Begin with an empty journal."""
        self._durability = durability
        self.said: Said = []
        self.acknowledged = 0
        self.ends: list[tuple[str, int, int]] = []  # file, size and entries after each commit
        self._disk = disk
        self._chance = chance
        self._segment = segment
        self.log = self._log(End(), None)

    def go_on(self, end: End, reserve: Reserve | None = None) -> None:
        """Write on after a recovery: what it did not find was never said."""
        assert self.acknowledged <= end.last <= len(self.said), "that is no recovery"
        del self.said[end.last :]
        self.acknowledged = end.last
        self.log = self._log(end, reserve)

    def group(self) -> None:
        """Write a group. Raises `JournalFailed` and `PowerLost`."""
        for _ in range(1 + self._chance.below(4)):
            self.said.append(self._payload())
            number = len(self.said)
            self.log.append(layout.INPUT, Sequence(number), Nanos(number), self.said[-1])
            if self._chance.below(2):
                self.log.append(layout.OUTPUTS, Sequence(number), Nanos(number), self._payload())
        self.log.commit(Nanos(len(self.said)))
        self.acknowledged = len(self.said)

    def mark(self) -> None:
        """Note where the last commit ended, before the segment is sealed or goes on."""
        name, content = list(files_of(self._disk).items())[-1]
        seal = layout.FRAME_BYTES + layout.CHAIN_BYTES
        sealed = layout.decode_record(content, len(content) - seal)
        is_sealed = isinstance(sealed, layout.Record) and sealed.kind == layout.SEAL
        size = len(content) - (seal if is_sealed else 0)
        self.ends.append((name, size, len(self.said)))

    def _payload(self) -> bytes:
        length = 8 + self._chance.below(600 if self._chance.below(8) == 0 else 90)
        return b"".join(self._chance.below(1 << 32).to_bytes(4, "big") for _ in range(length // 4))

    def _log(self, end: End, reserve: Reserve | None) -> Log:
        epoch = end.epoch + 1
        return Log(
            PLACE,
            self._durability,
            epoch,
            end.last,
            end.chain,
            self._segment,
            self._disk,
            bytes(range(1, 200)),
            reserve,
        )


def written(close: bool) -> tuple[Files, Writer]:
    """Return a journal of 64 KiB in several files, sealed or as a crash leaves it."""
    disk = a_disk(0)
    writer = Writer(disk, Chance(7, 2))
    total = 0
    while total < SIZE:
        writer.group()
        writer.mark()
        total = sum(map(len, files_of(disk).values()))
    if close:
        writer.log.close(Nanos(len(writer.said)))
    return files_of(disk), writer


def recovered(disk: SimulatedDisk, found: Said | None = None) -> tuple[Said, History]:
    """Read a journal to its end, into a list. Raises `JournalError`."""
    history = History(PLACE, disk)
    found = [] if found is None else found
    found.extend(entry.input for entry in history.entries())
    return found, history


def judged(said: Said, acknowledged: int, found: Said) -> str:
    """Return what a recovery is that came to its end."""
    if found != said[: len(found)] or len(found) < acknowledged:
        return WRONG
    return WHOLE if len(found) == len(said) else PREFIX


def goes_on(disk: SimulatedDisk, history: History, found: Said) -> bool:
    """Whether a journal can be mended, written on, and read again."""
    history.mend()
    end = history.end
    log = Log(PLACE, Durability.DISK, end.epoch + 1, end.last, end.chain, disk=disk)
    log.append(layout.INPUT, Sequence(end.last + 1), Nanos(end.time), b"after")
    log.close(end.time)
    return recovered(disk)[0] == [*found, b"after"]


# --- cut, and changed ----------------------------------------------------------------------------


def truncated(every: int) -> Iterator[Case]:
    """Cut a journal at its bytes: nothing after that was written."""
    files, writer = written(close=False)
    names = list(files)
    fault = f"truncated at {'every' if every == 1 else f'one in {every}'} byte"
    for place, name in enumerate(names):
        for size in range(place % every, len(files[name]) + 1, every):
            cut = {one: files[one] for one in names[:place]} | {name: files[name][:size]}
            kept = max(
                (said for file, end, said in writer.ends if (file, end) <= (name, size)), default=0
            )
            disk = a_disk(size, cut)
            found, history = recovered(disk)
            right = found == writer.said[:kept]
            if size % 16 == 0:
                right = right and goes_on(disk, history, found)
            yield Case(fault, PREFIX if right else WRONG, f"{name} cut at {size}")


def changed(files: Files, name: str, byte: int, bit: int, writer: Writer, fault: str) -> Case:
    """Turn one bit over and read: it must be refused at the record that it is in."""
    content = bytearray(files[name])
    content[byte] ^= 1 << bit
    disk = a_disk(byte, {**files, name: bytes(content)})
    what = f"bit {bit} of byte {byte} of {name}"
    found: Said = []
    try:
        recovered(disk, found)
    except JournalDamaged as damage:
        right = damage.path == str(PLACE / name) and damage.offset <= byte
        right = right and found == writer.said[: len(found)]
        return Case(fault, REFUSED if right else WRONG, f"{what}: {damage}")
    return Case(fault, WRONG, f"{what}: {len(found)} entries")


def flipped_records(every: int) -> Iterator[Case]:
    """Flip every bit of records of each kind: the first and the last of them in each file."""
    for close in (True, False):
        files, writer = written(close)
        for name, content in files.items():
            bits = [bit for begin, end in _selected(content) for bit in range(8 * begin, 8 * end)]
            for bit in bits[::every]:
                yield changed(files, name, bit // 8, bit % 8, writer, "bits of selected records")


def _selected(content: bytes) -> list[tuple[int, int]]:
    """Return the header, and the first and last record of each kind."""
    first: dict[int, tuple[int, int]] = {}
    last: dict[int, tuple[int, int]] = {}
    offset = layout.HEADER_BYTES
    while offset < len(content):
        record = layout.decode_record(content, offset)
        assert isinstance(record, layout.Record)
        first.setdefault(record.kind, (offset, record.end))
        last[record.kind] = (offset, record.end)
        offset = record.end
    return sorted({(0, layout.HEADER_BYTES), *first.values(), *last.values()})


def flipped_anywhere(cases: int) -> Iterator[Case]:
    """Flip random bits, of journals that were sealed and of journals after a crash."""
    chance = Chance(11, 3)
    for close in (True, False):
        files, writer = written(close)
        names = list(files)
        for _ in range(cases // 2):
            name = names[chance.below(len(names))]
            byte = chance.below(len(files[name]))
            yield changed(files, name, byte, chance.below(8), writer, "random bits")


# --- power ---------------------------------------------------------------------------------------


def torn(seeds: Iterable[int], durability: Durability = Durability.DISK) -> Iterator[Case]:
    """Lose power at a random step of a random journal, again and again, and recover each time."""
    for seed in seeds:
        disk = a_disk(seed)
        chance = Chance(seed, 4)
        fault = f"power lost, sectors of {_SECTORS[seed % 2]}"
        writer = Writer(disk, chance, (1, 2_000, _SEGMENT)[chance.below(3)], durability)
        disk.lose_power_after(chance.below(40))
        yield _after_power(disk, writer, chance, Case(fault, "", f"seed {seed}"))


def steps_of_power(seeds: int) -> Iterator[Case]:
    """Lose power in each step of creating, writing, rolling, sealing and mending."""
    for seed in range(seeds):
        for step in range(60):
            disk = a_disk(seed)
            chance = Chance(seed, 5)
            writer = Writer(disk, chance, 600)
            disk.lose_power_after(step)
            case = Case("power lost in each step", "", f"seed {seed}, step {step}")
            yield _after_power(disk, writer, chance, case, mend_steps=step % 7)


def _after_power(
    disk: SimulatedDisk, writer: Writer, chance: Chance, case: Case, mend_steps: int = -1
) -> Case:
    """Write until the power goes, and see what is left; it goes again while that is mended."""
    for _ in range(3):
        try:
            while True:
                writer.group()
        except PowerLost:
            disk.crash()
        outcome, end = _recover(disk, writer, chance, mend_steps)
        if end is None:
            return case._replace(outcome=outcome, what=f"{case.what}: {outcome}")
        writer.go_on(end)
        disk.lose_power_after(chance.below(12))
    return case._replace(outcome=PREFIX)


def _recover(
    disk: SimulatedDisk, writer: Writer, chance: Chance, mend_steps: int
) -> tuple[str, End | None]:
    """Recover, with the power lost once more while mending."""
    for steps in (mend_steps if mend_steps >= 0 else chance.below(6), 1 << 20):
        try:
            found, history = recovered(disk)
        except JournalError:
            return WRONG, None
        if judged(writer.said, writer.acknowledged, found) == WRONG:
            return WRONG, None
        disk.lose_power_after(steps)
        try:
            history.mend()
        except PowerLost:
            disk.crash()
            continue
        return PREFIX, history.end
    return WRONG, None


# --- errors --------------------------------------------------------------------------------------

ERRORS: Final = (
    ("write", errno.ENOSPC, "ENOSPC"),
    ("write", errno.EDQUOT, "EDQUOT"),
    ("write", errno.EIO, "EIO"),
    ("write", SHORT, "short write"),
    ("sync", errno.EIO, "EIO of a sync"),
    ("sync", errno.ENOSPC, "ENOSPC of a sync"),
    ("create", errno.ENOSPC, "ENOSPC of a new file"),
    ("sync_directory", errno.EIO, "EIO of a directory"),
)


def errors(calls: int = 60) -> Iterator[Case]:
    """Let each of the first calls fail, once or from there on, with a reserve and without one."""
    for call, error, name in ERRORS:
        for number in range(1, calls + 1):
            for variant in range(8):
                sticky, reserve, power = variant & 1, variant & 2, variant & 4
                disk = a_disk(number)
                writer = Writer(disk, Chance(number, 6), 700)
                kept = Reserve(PLACE, _RESERVE, 0, disk)
                if reserve:
                    kept.make()
                    writer.go_on(End(), kept)
                earlier = disk.trouble.calls.get(call, 0)
                disk.trouble.schedule(Fault(call, earlier + number, error, bool(sticky)))
                fault = f"{name}, {'from there on' if sticky else 'once'}"
                yield _after_error(disk, writer, bool(power), fault, f"call {number}, {variant}")


def _after_error(disk: SimulatedDisk, writer: Writer, power: bool, fault: str, what: str) -> Case:
    failed = False
    try:
        for _ in range(70):
            writer.group()
    except JournalError:
        failed = True
        _is_final(writer)
    disk.trouble.clear()
    disk.crash() if power else disk.kill()
    found, history = recovered(disk)
    outcome = judged(writer.said, writer.acknowledged, found)
    if not failed and len(found) < len(writer.said):
        outcome = WRONG
    if not goes_on(disk, history, found):
        outcome = WRONG
    return Case(fault, outcome, what)


def _is_final(writer: Writer) -> None:
    """Assert that a journal that failed takes nothing more."""
    with pytest.raises(JournalError, match="nothing more is taken"):
        writer.log.commit(Nanos(0))


def second_faults(seeds: int) -> Iterator[Case]:
    """Fail in each call of a recovery, and recover again (fault 25)."""
    fault = "a second fault during recovery"
    calls = ("names", "read", "stamp", "open", "truncate", "write", "sync", "close", "remove")
    for seed in range(seeds):
        for call in calls:
            for number in (1, 2, 3):
                disk = a_disk(seed)
                writer = Writer(disk, Chance(seed, 7), 900)
                disk.lose_power_after(9 + seed % 9)
                try:
                    while True:
                        writer.group()
                except PowerLost:
                    disk.crash()
                before = disk.trouble.calls.get(call, 0)
                disk.trouble.schedule(Fault(call, before + number, errno.EIO))
                _try_to_recover(disk)
                disk.trouble.clear()
                disk.crash()
                found, history = recovered(disk)
                right = goes_on(disk, history, found)
                outcome = judged(writer.said, writer.acknowledged, found) if right else WRONG
                yield Case(fault, outcome, f"seed {seed}, {call} {number}")


def _try_to_recover(disk: SimulatedDisk) -> None:
    said = ""
    try:
        recovered(disk)[1].mend()
    except JournalError as error:
        said = str(error)
    assert not said or "Input/output" in said, "it says what failed"
