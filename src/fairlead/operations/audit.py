"""What the guard did, as JSON lines: for the disk and for whoever watches. Best effort.

A disk that is full or hangs, and a pipe that nobody reads, must not keep a cancel waiting. So each
place that is written to has a thread and a bound of its own, and says how much it lost.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.model.units import Nanos

WAITING_MAX: Final = 10_000  # lines; a kill of thousands of orders makes some dozens
AGAIN_SECONDS: Final = 0.5  # after a write that failed
_CLOSE_SECONDS: Final = 2

Line = dict[str, Any]


class Sink:
    """Writes lines to one place, in their order, and never makes anybody wait."""

    def __init__(self, name: str, write: Callable[[bytes], None]) -> None:
        """Take what writes; it may raise `OSError`."""
        self.name = name
        self.lost = 0  # lines that were not written
        self.problem = ""
        self._write = write
        self._lines: deque[bytes] = deque()
        self._more = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Take a line; where too many wait, it is lost and counted."""
        with self._more:
            if len(self._lines) >= WAITING_MAX:
                self.lost += 1
                return
            self._lines.append(line)
            self._more.notify()

    def close(self) -> None:
        """Let what waits be written, for a moment."""
        with self._more:
            self._closing = True
            self._more.notify()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        torn = False
        while True:
            with self._more:
                while not self._lines and not self._closing:
                    self._more.wait()
                lines = list(self._lines)
            if not lines:
                return
            # What was torn by a failure stays a line of its own.
            content = b"\n" * torn + b"".join(lines)
            try:
                self._write(content)
            except (OSError, ValueError) as error:
                self.problem = str(error)
                torn = not isinstance(error, FileNotFoundError)
                with self._more:
                    if self._closing:
                        return
                    self._more.wait(AGAIN_SECONDS)
                continue
            torn = False
            with self._more:
                self.problem = ""
                for _ in lines:
                    self._lines.popleft()


class Audit:
    """Tells everything to all sinks."""

    def __init__(self, sinks: list[Sink]) -> None:
        """Take the sinks."""
        self._sinks = sinks

    @property
    def problems(self) -> list[str]:
        """What could not be written, and where."""
        return [
            f"{sink.name}: {sink.problem or 'it is written again'}; {sink.lost} lines lost"
            for sink in self._sinks
            if sink.problem or sink.lost
        ]

    def tell(self, event: str, time: Nanos, **more: object) -> None:
        """Write one event with the time of day, in nanoseconds since 1970."""
        line = msgspec.json.encode({"time": time, "event": event, **more}) + b"\n"
        for sink in self._sinks:
            sink.put(line)

    def close(self) -> None:
        """Let what waits be written, for a moment."""
        for sink in self._sinks:
            sink.close()


def to_file(path: Path) -> Callable[[bytes], None]:
    """Return what appends to a file, durable on return; made anew if somebody removes it."""

    def write(content: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        file = os.open(path, flags, 0o640)
        try:
            _write_all(file, content)
            os.fsync(file)
        finally:
            os.close(file)

    return write


def to_output(show: Callable[[Line], str] | None) -> Callable[[bytes], None]:
    """Return what writes to the standard output: JSON lines, or what `show` makes of them."""

    def write(content: bytes) -> None:
        if show is not None:
            lines = [show(msgspec.json.decode(line)) for line in content.splitlines()]
            content = "".join(f"{line}\n" for line in lines).encode()
        _write_all(sys.stdout.fileno(), content)

    return write


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        written = os.write(file, rest)
        rest = rest[written:]
