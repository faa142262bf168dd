"""How long journals are kept, and what must not go.

A journal is kept whole: it is read from its beginning. How long is written beside it when its
session starts, and can be made longer and never shorter. A legal hold keeps it beyond that until a
named person releases it. Whatever goes leaves a line that says what it was, who let it go and why.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalError, JournalLocked
from fairlead.journal.log import Lock
from fairlead.model.units import Nanos
from fairlead.node.retention import DEFAULT, locked_retention
from fairlead.operations.archive import read_through
from fairlead.operations.errors import RetentionRefused

HOLDS_NAME: Final = "holds.jsonl"
EXPIRED_NAME: Final = "expired.jsonl"


class Hold(msgspec.Struct, frozen=True):
    """One line: a hold was set, or released."""

    action: str  # "hold" or "release"
    name: str
    person: str
    reason: str
    time: int


class Expired(msgspec.Struct, frozen=True):
    """One line: a journal that is gone, and what it was."""

    session: str
    inputs: int
    epochs: int
    ended: int
    chain: str
    retention: int
    person: str
    reason: str
    time: int


class Fate(NamedTuple):
    """What becomes of a journal now: `kept` says why it stays, empty if it may go."""

    directory: Path
    ended: int
    until: int
    holds: list[Hold]
    kept: str


def hold(directory: Path, name: str, person: str, reason: str, now: Nanos) -> Hold:
    """Keep a journal, or all below a directory, until the hold of this name is released."""
    if any(one.name == name for one in holds(directory)):
        raise RetentionRefused(f"{directory}: a hold called {name} is there already")
    made = Hold("hold", name, person, reason, now)
    append_line(directory / HOLDS_NAME, msgspec.json.encode(made))
    return made


def release(directory: Path, name: str, person: str, reason: str, now: Nanos) -> Hold:
    """Release the hold of this name."""
    if not any(one.name == name for one in holds(directory)):
        raise RetentionRefused(f"{directory}: no hold called {name} here")
    made = Hold("release", name, person, reason, now)
    append_line(directory / HOLDS_NAME, msgspec.json.encode(made))
    return made


def holds(directory: Path) -> list[Hold]:
    """Return the holds that stand in a directory. Raises `RetentionRefused`."""
    standing: dict[str, Hold] = {}
    for line in hold_lines(directory):
        if line.action == "hold":
            standing[line.name] = line
        else:
            standing.pop(line.name, None)
    return list(standing.values())


def hold_lines(directory: Path) -> list[Hold]:
    """Return every line about holds: who set and released what, when and why."""
    path = directory / HOLDS_NAME
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        return [msgspec.json.decode(line, type=Hold) for line in lines]
    except msgspec.DecodeError as error:
        # What cannot be read may be a hold: nothing goes.
        raise RetentionRefused(f"{path}: cannot be read, so all is kept: {error}") from None


def fate(directory: Path, now: Nanos) -> Fate:
    """Return whether a journal may go. Raises `RetentionRefused` where that cannot be told."""
    known = locked_retention(directory)
    retention = known.retention if known is not None else DEFAULT
    files = [path for path in directory.iterdir() if path.is_file()]
    newest = max((path.stat().st_mtime_ns for path in files), default=0)
    try:
        ended = max(read_through(directory).time, newest)  # a simulated market has another time
    except JournalError as error:
        return Fate(directory, newest, newest + retention, [], f"cannot be read: {error}")
    standing = [*holds(directory), *holds(directory.parent)]
    until = ended + retention
    kept = ""
    if standing:
        kept = "held: " + ", ".join(f"{one.name} ({one.person}: {one.reason})" for one in standing)
    elif until > now:
        kept = "its time has not come"
    return Fate(directory, ended, until, standing, kept)


def expire(found: Fate, person: str, reason: str, now: Nanos) -> Expired:
    """Let a journal go, and leave a line that says what it was. Raises `RetentionRefused`."""
    again = fate(found.directory, now)
    if again.kept:
        raise RetentionRefused(f"{found.directory}: is kept: {again.kept}")
    directory = found.directory
    end = read_through(directory)
    made = Expired(
        directory.name,
        end.last,
        end.epoch,
        again.ended,
        end.chain.hex(),
        again.until - again.ended,
        person,
        reason,
        now,
    )
    try:
        held = Lock(directory)
    except JournalLocked as error:
        raise RetentionRefused(f"{directory}: a node writes it") from error
    try:
        append_line(directory.parent / EXPIRED_NAME, msgspec.json.encode(made))
        _remove(sorted(path for path in directory.rglob("*") if not path.is_dir()))
        for below in sorted(directory.rglob("*"), reverse=True):
            below.rmdir()
    finally:
        held.close()
    directory.rmdir()
    RealDisk().sync_directory(directory.parent)
    return made


def append_line(path: Path, line: bytes) -> None:
    """Append a line, durable on return. Raises `OSError`."""
    is_new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        content = line + b"\n"
        if os.write(file, content) != len(content):
            raise OSError(f"{path}: the line was not written whole")
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        RealDisk().sync_directory(path.parent)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
