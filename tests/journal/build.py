"""Small journals for tests: written by the real writer, read by the real reader, cut and forged."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal import format as layout
from fairlead.journal.history import End, History
from fairlead.journal.log import SEGMENT_BYTES, Durability, Log
from fairlead.model.units import Nanos
from fairlead.model.units import Sequence as Number


class Written(NamedTuple):
    """One input and its outputs, as they go into a journal."""

    sequence: int
    time: int
    input: bytes
    outputs: bytes = b""


class Mark(NamedTuple):
    """Where a commit ended: the file, its length then, and how many entries were in the journal."""

    path: Path
    end: int
    entries: int


SCHEMA: Final = b"what it means"
# Three groups of different sizes; some inputs have outputs, two happen at the same time.
GROUPS: Final = (
    (Written(1, 10, b"first", b"A"), Written(2, 10, b"second")),
    (Written(3, 20, b"third", b"B"),),
    (Written(4, 30, b"4"), Written(5, 30, b""), Written(6, 35, b"sixth", b"C" * 9)),
)
ALL: Final = tuple(one for group in GROUPS for one in group)


def a_log(
    directory: Path, end: End | None = None, epoch: int = 0, segment_bytes: int = SEGMENT_BYTES
) -> Log:
    """Return a writer that goes on after `end`."""
    end = end or End()
    return Log(
        directory,
        Durability.PROCESS,
        epoch or end.epoch + 1,
        end.last,
        end.chain,
        segment_bytes,
        schema=SCHEMA,
    )


def put(log: Log, group: Iterable[Written]) -> None:
    """Append a group and commit it."""
    time = Nanos(0)
    for one in group:
        time = Nanos(one.time)
        log.append(layout.INPUT, Number(one.sequence), time, one.input)
        if one.outputs:
            log.append(layout.OUTPUTS, Number(one.sequence), time, one.outputs)
    log.commit(time)


def write(
    directory: Path,
    groups: Sequence[Sequence[Written]] = GROUPS,
    segment_bytes: int = 1,
    close: bool = True,
) -> list[Mark]:
    """Write a journal: by default a segment for each group. Return where the commits ended."""
    directory.mkdir(parents=True, exist_ok=True)
    log = a_log(directory, segment_bytes=segment_bytes)
    marks = []
    entries = 0
    for group in groups:
        put(log, group)
        entries += len(group)
        path = segments(directory)[-1]
        after = records(path)[-1]
        end = after[0] if after[1].kind == layout.SEAL else after[1].end
        marks.append(Mark(path, end, entries))
    if close:
        log.close(Nanos(groups[-1][-1].time))
    return marks


def segments(directory: Path) -> list[Path]:
    """Return the files of a journal."""
    return sorted(directory.glob("*.journal"))


def read(directory: Path) -> tuple[list[Written], End]:
    """Return what is in a journal, and its end."""
    history = History(directory)
    found = [
        Written(entry.sequence, entry.time, entry.input, entry.outputs)
        for entry in history.entries()
    ]
    return found, history.end


def mend(directory: Path) -> End:
    """Read a journal to its end, mend it, and return the end."""
    history = History(directory)
    for _ in history.entries():
        pass
    history.mend()
    return history.end


def copy(directory: Path, to: Path) -> Path:
    """Return a fresh copy of a journal."""
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(directory, to)
    return to


def cut(directory: Path, path: Path, size: int) -> None:
    """Leave a journal as a crash at a byte leaves it: nothing of it was written after that."""
    for other in segments(directory):
        if other.name > path.name:
            other.unlink()
    with (directory / path.name).open("r+b") as file:
        file.truncate(size)


def flip(path: Path, byte: int, bit: int) -> None:
    """Turn one bit of a file over."""
    content = bytearray(path.read_bytes())
    content[byte] ^= 1 << bit
    path.write_bytes(content)


def records(path: Path) -> list[tuple[int, layout.Record]]:
    """Return the records of a segment with the offsets at which they begin."""
    content = path.read_bytes()
    found = []
    offset = layout.HEADER_BYTES
    while offset < len(content):
        record = layout.decode_record(content, offset)
        assert isinstance(record, layout.Record)
        found.append((offset, record))
        offset = record.end
    return found


def forge(
    directory: Path, *recorded: tuple[int, int, int, bytes | None], epoch: int = 1, first: int = 1
) -> Path:
    """Write a segment record by record after its schema, with checksums that hold; return it.

    A record is (kind, sequence, time, payload); `None` as payload is the chain as it must be.
    """
    directory.mkdir(parents=True, exist_ok=True)
    chain = layout.GENESIS
    content = layout.Header(epoch, Number(first), chain).encode()
    group = layout.encode_record(layout.SCHEMA, Number(first), Nanos(0), SCHEMA)
    content += group
    for kind, sequence, time, payload in recorded:
        if kind == layout.COMMIT:
            chain, group = layout.next_chain(chain, group), b""
        made = layout.encode_record(
            kind, Number(sequence), Nanos(time), chain if payload is None else payload
        )
        content += made
        group += made if kind not in (layout.COMMIT, layout.SEAL) else b""
    path = directory / f"{first:020d}.journal"
    path.write_bytes(content)
    return path


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the right to write everywhere, where we have it."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
