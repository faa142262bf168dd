"""How long a journal is kept: written beside it when its session starts.

The configuration may change, and the files may be somewhere else by then; so it stands where the
journal stands. It can be made longer and never shorter.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from fairlead.journal.disk import RealDisk
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.errors import RetentionUnreadable

LOCK_NAME: Final = "retention.json"
DEFAULT: Final = Nanos(7 * 365 * 86_400 * NANOS_PER_SECOND)


class RetentionLock(msgspec.Struct, frozen=True):
    """How long a journal is kept after its end, in nanoseconds; which stage it is of; since when
    that holds.
    """

    retention: int
    stage: str
    since: int


def lock_retention(directory: Path, retention: Nanos, stage: str, now: Nanos) -> RetentionLock:
    """Write down how long a journal is kept, if that is longer than what stands there.

    Raises `RetentionUnreadable` and `OSError`.
    """
    before = locked_retention(directory)
    if before is not None and before.retention >= retention:
        return before
    made = RetentionLock(retention, stage, now)
    _write_whole(directory / LOCK_NAME, msgspec.json.encode(made) + b"\n")
    return made


def locked_retention(directory: Path) -> RetentionLock | None:
    """Return how long a journal is kept; None where nobody said. Raises `RetentionUnreadable`."""
    path = directory / LOCK_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=RetentionLock)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise RetentionUnreadable(f"{path}: cannot be read: {error}") from error


def _write_whole(path: Path, content: bytes) -> None:
    aside = path.with_name(path.name + ".new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    RealDisk().sync_directory(path.parent)
