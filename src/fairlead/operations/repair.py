"""Puts the segment of a copy in the place of a damaged or missing one, if it continues the chain.

A segment says what the chain was before it, and each of its commits what it is after; so a copy
either fits between its neighbours or is another history. What was there is put aside, never
thrown away. A tail that is gone is no matter of this: what a copy has beyond the end of a journal
may be what another node wrote.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal import format as layout
from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalDamaged, JournalError
from fairlead.journal.history import History
from fairlead.journal.log import SEGMENT_SUFFIX, Lock
from fairlead.journal.packed import Segments, packed_path
from fairlead.node.attestation import Attestation
from fairlead.node.checkpoints import checkpoint_files, read_checkpoints
from fairlead.operations.errors import RepairRefused

ASIDE_NAME: Final = "damaged"  # the directory below the journal that keeps what was replaced
_ROUNDS_MAX: Final = 10_000  # segments; each round repairs one

Step = Callable[[str], None]


class Repaired(NamedTuple):
    """One segment that was put in."""

    path: Path
    source: Path
    what: str  # was wrong
    aside: Path | None  # where the damaged one is; None where it was missing


def repair(directory: Path, copy: Path, step: Step) -> Iterator[Repaired]:
    """Repair a journal from a copy, one segment after the other, until it reads to its end.

    Raises `RepairRefused` and `JournalError`; what was put in before stays.
    """
    lock = Lock(directory)
    try:
        for _ in range(_ROUNDS_MAX):
            step(f"reading {directory}")
            damage = _first_damage(directory)
            if damage is None:
                return
            yield _replaced(directory, copy, *damage)
    finally:
        lock.close()


def _first_damage(directory: Path) -> tuple[Path, JournalDamaged] | None:
    """Return the segment that is to be replaced, and what is wrong with it or in its place."""
    history = History(directory)
    try:
        for _ in history.entries():
            pass
    except JournalDamaged as error:
        found = Path(error.path)
        expected = directory / f"{history.end.last + 1:020d}{SEGMENT_SUFFIX}"
        is_missing = error.offset == 0 and found.name > expected.name
        return (expected if is_missing else _plain(found)), error
    return None


def _replaced(directory: Path, copy: Path, path: Path, error: JournalDamaged) -> Repaired:
    source = copy / path.name
    if not source.exists():
        source = packed_path(source)
    if not source.exists():
        raise RepairRefused(f"{copy}: has no {path.name}, which is to replace: {error}")
    _refuse_another(directory, source, path)
    aside = _put_aside(directory, path)
    made = directory / source.name
    partly = made.with_name(made.name + ".new")
    shutil.copyfile(source, partly)
    with partly.open("rb") as file:
        os.fsync(file.fileno())
    partly.replace(made)
    RealDisk().sync_directory(directory)
    return Repaired(made, source, error.what, aside)


def _refuse_another(directory: Path, source: Path, path: Path) -> None:
    """Raise `RepairRefused` unless the copy's segment fits between those before and after it."""
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch)
        for before in directory.iterdir():
            if before.name.partition(".")[0] < path.name.partition(".")[0] and _is_segment(before):
                (trial / before.name).symlink_to(before.resolve())
        (trial / source.name).symlink_to(source.resolve())
        history = History(trial)
        signed = Attestation(directory, read_checkpoints(checkpoint_files(directory)), None)
        history.show_to(signed)
        try:
            for _ in history.entries():
                pass
        except JournalError as error:
            told = str(error).replace(str(trial / path.name), str(source))
            raise RepairRefused(f"{source}: does not continue the chain: {told}") from error
        end = history.end
    _refuse_unsigned(source, signed)
    _refuse_another_end(source, path)
    following = _header_after(directory, path)
    if following is None or following.first > end.last + 1:
        return  # the last one, or the one between is missing as well: its turn comes
    if (following.first, following.chain) != (end.last + 1, end.chain):
        raise RepairRefused(
            f"{source}: ends with input {end.last}; the segment after it goes on from input"
            f" {following.first} with another chain: it is another history"
        )


def _refuse_unsigned(source: Path, signed: Attestation) -> None:
    """Raise `RepairRefused` where what was signed beside the journal is not what the copy has."""
    for finding in signed.finish():
        if finding.kind != "truncated":  # what follows is not part of the trial
            raise RepairRefused(f"{source}: is not what was signed: {finding.told()}")


def _refuse_another_end(source: Path, path: Path) -> None:
    """Raise `RepairRefused` where the last whole commit of what is damaged is not in the copy."""
    try:
        damaged = Segments(RealDisk()).read(path)
    except (OSError, JournalError):
        return  # missing, or not to be unpacked: it says nothing
    chain, offset = b"", layout.find_closing_record(damaged, 0)
    while offset >= 0:
        record = layout.decode_record(damaged, offset)
        assert isinstance(record, layout.Record), "what was found can be read"
        chain, offset = record.payload, layout.find_closing_record(damaged, offset)
    if chain and chain not in Segments(RealDisk()).read(_plain(source)):
        raise RepairRefused(
            f"{source}: does not have the last commit of {path.name}: it is another history"
        )


def _header_after(directory: Path, path: Path) -> layout.Header | None:
    segments = Segments(RealDisk())
    names = [name for name in segments.names(directory) if name.endswith(SEGMENT_SUFFIX)]
    later = [name for name in names if name > path.name]
    if not later:
        return None
    try:
        content = segments.read_part(directory / later[0], 0, layout.HEADER_BYTES)
        return layout.decode_header(content)
    except (JournalError, layout.BadHeader):
        return None  # it is damaged as well: its turn comes


def _put_aside(directory: Path, path: Path) -> Path | None:
    """Put what is there aside, compressed or not; return where the damaged one is now."""
    aside = None
    for found in (path, packed_path(path)):
        if found.exists():
            place = directory / ASIDE_NAME
            place.mkdir(exist_ok=True)
            count = len(list(place.iterdir()))
            aside = place / f"{found.name}.{count + 1}"
            found.replace(aside)
    return aside


def _plain(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".gz"))


def _is_segment(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(SEGMENT_SUFFIX)
