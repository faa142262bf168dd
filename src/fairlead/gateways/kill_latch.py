"""The latch: who engaged and released the kill switch, as lines that survive a crash.

One JSON object a line, only ever appended, each on the disk before it counts. The order of lines
does not matter, their generations do: what was engaged at a generation stands until a release
names that generation or a later one. A line that cannot be read makes the whole unreadable, and
what cannot be read is killed.
"""

import os
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from fairlead.model.units import Nanos

LATCH_NAME: Final = "latch.jsonl"
LATCH_BYTES_MAX: Final = 16 * 1024 * 1024  # more than people kill in a lifetime: no latch of ours
FIRM: Final = "firm"
_UNREADABLE_KEPT: Final = 8  # copies of latches that could not be read; the last one is overwritten


class Mode(Enum):
    """How far a kill goes, in the words of the files; `KillMode` in numbers. Each mode does what
    those before it do.
    """

    BLOCK = "block"  # no new orders, working ones stay
    CANCEL = "cancel"  # and cancel what works
    FLATTEN = "flatten"  # and close what is held, with close-only capped orders
    DISCONNECT = "disconnect"  # and end the sessions with the venues


class Event(Enum):
    """What a line says."""

    CREATED = "created"  # the first line: there is a switch
    ENGAGED = "engaged"
    RELEASED = "released"
    TAKEN = "taken"  # a node obeyed that release: it is not obeyed a second time
    COMMANDED = "commanded"  # a kill of less than the firm, for the machine to obey


class Kill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who wants what stopped, and why."""

    person: str
    reason: str
    source: str  # the trigger: command line, http, slack, watchdog, kill file, node, ...
    mode: Mode = Mode.CANCEL
    scope: str = FIRM  # firm, account, strategy, venue, instrument
    key: str = ""  # which of them


class LatchLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the latch."""

    event: Event
    generation: int
    time: Nanos  # wall time, as the writer said
    kill: Kill


class LatchState(msgspec.Struct, frozen=True, kw_only=True):
    """What the latch says. `problem` is not empty where it cannot be believed: killed."""

    generation: int = 0  # the highest that any line names
    engaged: LatchLine | None = None  # the newest kill of the firm that nobody released
    untaken: LatchLine | None = None  # a release that no node obeyed, and no kill followed
    problem: str = ""

    @property
    def killed(self) -> bool:
        """Whether the firm stays killed, for all that the latch knows."""
        return self.engaged is not None or self.problem != ""


class Latch:
    """The latch file of one switch directory. Holds nothing open."""

    def __init__(self, directory: Path) -> None:
        """Take the switch directory; nothing is read or made yet."""
        self.path = directory / LATCH_NAME

    def exists(self) -> bool:
        """Whether there is a latch, readable or not."""
        return os.path.lexists(self.path)

    def signature(self) -> tuple[int, int, int]:
        """Return what changes when the file does: to look without reading. Raises `OSError`."""
        found = os.stat(self.path)
        return found.st_ino, found.st_size, found.st_mtime_ns

    def read(self) -> LatchState:
        """Return what all lines say together; what cannot be read is a problem, never an error."""
        try:
            content = self._content()
            lines = [_line(line) for line in content.split(b"\n") if line]
        except FileNotFoundError:
            return LatchState(problem=f"{self.path}: the latch is missing")
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            return LatchState(problem=f"{self.path}: the latch cannot be read: {error}")
        if not lines:
            return LatchState(problem=f"{self.path}: the latch is empty")
        return _state(lines)

    def append(self, line: LatchLine) -> None:
        """Write a line to the disk; two processes at once are safe. Raises `OSError`."""
        # It begins with a line feed too: what was torn before it stays a line of its own.
        content = b"\n" + msgspec.json.encode(line) + b"\n"
        made = not self.exists()
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o660)
        try:
            written = os.write(file, content)
            if written != len(content):
                raise OSError(f"{self.path}: {written} of {len(content)} bytes were written")
            os.fsync(file)
        finally:
            os.close(file)
        if made:
            sync_directory(self.path.parent)

    def set_aside(self) -> None:
        """Move a latch that cannot be read out of the way; it is kept. Raises `OSError`."""
        for number in range(_UNREADABLE_KEPT):
            kept = self.path.with_name(f"latch-unreadable-{number}.jsonl")
            if not os.path.lexists(kept) or number == _UNREADABLE_KEPT - 1:
                os.replace(self.path, kept)
                break
        sync_directory(self.path.parent)

    def _content(self) -> bytes:
        file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            content = bytearray()
            while part := os.read(file, 1024 * 1024):
                content += part
                if len(content) > LATCH_BYTES_MAX:
                    raise OSError(f"it is larger than {LATCH_BYTES_MAX} bytes")
            return bytes(content)
        finally:
            os.close(file)


def sync_directory(directory: Path) -> None:
    """Make what was created or renamed in a directory durable. Raises `OSError`."""
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _line(content: bytes) -> LatchLine:
    return msgspec.json.decode(content, type=LatchLine)


def _state(lines: list[LatchLine]) -> LatchState:
    generation = max(line.generation for line in lines)
    released = [line.generation for line in lines if line.event is Event.RELEASED]
    standing = [
        line
        for line in lines
        if line.event is Event.ENGAGED and line.generation > max(released, default=0)
    ]
    decided = [line for line in lines if line.event is not Event.COMMANDED]
    untaken = decided[-1] if decided and decided[-1].event is Event.RELEASED else None
    return LatchState(
        generation=generation, engaged=standing[-1] if standing else None, untaken=untaken
    )
