"""Workers as processes: how they are started, spoken to over rings, looked after and ended."""

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.errors import LineBroken, RingBroken
from fairlead.gateways.ring_line import RingLine
from fairlead.model import units
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.workers.crew import Member, Recorded
from fairlead.node.workers.messages import Garbage
from fairlead.node.workers.node_side import Line
from fairlead.node.workers.process import Hired, Job
from fairlead.node.workers.progress import Progress

_MODULE: Final = "fairlead.node.workers.process"
_LOOK_EVERY: Final = Nanos(5 * NANOS_PER_MILLISECOND)  # whether it lives: that asks the system
_ENDING_SECONDS: Final = 1.0  # a worker that was told has so long to say its last
_GONE_SECONDS: Final = 5.0  # one that was killed is gone by then


class Terms(NamedTuple):
    """How one worker runs."""

    strategies: tuple[Hired, ...]
    cores: tuple[int, ...]


class WorkerProcess:
    """One worker at the other end of a line."""

    def __init__(
        self, process: subprocess.Popen[bytes], line: RingLine, progress: Progress
    ) -> None:
        """Take a process that was started with its end."""
        self.line = line
        self._process = process
        self._progress = progress
        self._problem = ""
        self._looked = Nanos(0)

    def send(self, content: bytes) -> bool:
        """Send a message; return whether there was room for it."""
        if len(content) > self.line.message_bytes_max:
            return False
        try:
            return self.line.send(content)
        except LineBroken:
            return True  # it has ended; how, the next look says
        except RingBroken as broken:
            self._problem = f"breaks its ring: {broken}"
            return True

    def receive(self) -> bytes | None:
        """Return the next message, None where there is none. Raises `Garbage`."""
        try:
            message = self.line.receive()
        except LineBroken:
            return None
        except RingBroken as broken:
            raise Garbage(str(broken)) from broken
        if message is None:
            return None
        content = bytes(message)
        self.line.release()
        return content

    def progress(self) -> units.Sequence:
        """Return up to which input the worker has come."""
        return self._progress.now()

    def ended(self, now: Nanos) -> str:
        """Return how the worker ended; empty while it runs."""
        if self._problem or now - self._looked < _LOOK_EVERY:
            return self._problem
        self._looked = now
        code = self._process.poll()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            self._problem = how
        return self._problem

    def close(self) -> None:
        """End the worker, whatever it does."""
        self._process.kill()
        self.line.close()

    def finish(self) -> None:
        """Wait for a worker that knows that it is over; end it if it does not."""
        try:
            self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_GONE_SECONDS)


class Processes:
    """Starts workers as processes of this machine."""

    def __init__(
        self, terms: Mapping[str, Terms], key: Path | None, spins: bool, ring_bytes: int
    ) -> None:
        """Take how the worker of each name runs, and with which key a journal is opened."""
        self._terms = terms
        self._key = key
        self._spins = spins
        self._ring_bytes = ring_bytes
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def launch(self, member: Member, recorded: Recorded) -> Line:
        """Start a worker, and return before it has caught up. Raises `OSError`."""
        terms = self._terms[member.name]
        job = Job(
            terms.strategies,
            recorded.directory,
            recorded.last,
            self._key,
            terms.cores,
            self._spins,
        )
        line, ends = RingLine.make(self._ring_bytes)
        progress, page = Progress.make()
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module, nothing of others
                [sys.executable, "-m", _MODULE, *map(str, (*ends, page))],
                stdin=subprocess.PIPE,
                pass_fds=(*ends, page),
                process_group=0,  # what a terminal sends to the node is not for it
            )
        finally:
            ends.close()
            os.close(page)
        assert process.stdin is not None, "it was asked for"
        with process.stdin as told:
            pickle.dump(job, told)
        return WorkerProcess(process, line, progress)

    def wait(self, lines: Sequence[Line], span: Nanos) -> bool:
        """Return when a worker has sent something, when `wake` was called, or after a span;
        whether a worker has.
        """
        waiting = [line.line for line in lines if isinstance(line, WorkerProcess)]
        asleep = []
        try:
            for line in waiting:
                asleep.append(line)
                if not line.may_sleep():
                    return True
            bells: list[int | RingLine] = [self._bell, *waiting]
            select.select(bells, [], [], span / NANOS_PER_SECOND)
            return any(line.has_more() for line in waiting)
        except LineBroken:
            return True  # one has ended: who asks finds out
        finally:
            for line in asleep:
                line.woke()
            with suppress(BlockingIOError):
                os.eventfd_read(self._bell)

    def wake(self) -> None:
        """End the wait, or the next one. Any thread may call it."""
        os.eventfd_write(self._bell, 1)
