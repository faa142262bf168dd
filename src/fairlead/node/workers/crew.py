"""All workers of a node: a reader that shows them what was taken, and who asks for them.

To the session they are one more thing that comes from outside: it looks whether they ask for
something whenever it looks for commands, and takes what they ask for in the order in which it
comes. They are started when the journal is recovered, which they then live through by themselves,
and again when a person lets a strategy begin again whose worker is gone.
"""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import Final, NamedTuple, Protocol

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model import units
from fairlead.model.inputs import Input, StrategyFailed
from fairlead.model.outputs import Output, StrategyEnabled
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, StrategyId
from fairlead.node.path import Path
from fairlead.node.workers.messages import Over, Taken, answers_of, encode
from fairlead.node.workers.node_side import Line, NodeSide, Patience
from fairlead.strategy.outbox import LINES_MAX, LogLine

_LOOK: Final = Nanos(10 * NANOS_PER_MILLISECOND)  # while workers catch up: whether one has died


class Member(NamedTuple):
    """One worker: what it is called, and whose strategies it runs."""

    name: str
    strategies: tuple[StrategyId, ...]


class Recorded(NamedTuple):
    """The journal that a worker lives through before anything else: up to an input."""

    directory: FilePath
    last: units.Sequence


class Launcher(Protocol):
    """Starts workers, and waits for any of them."""

    def launch(self, member: Member, recorded: Recorded) -> Line:
        """Start a worker, and return before it has caught up. Raises `OSError`."""

    def wait(self, lines: Sequence[Line], span: Nanos) -> bool:
        """Return when a worker has sent something, when `wake` was called, or after a span;
        whether a worker has.
        """

    def wake(self) -> None:
        """End the wait, or the next one. Any thread may call it."""


class Crew:
    """The workers of one node."""

    def __init__(
        self,
        members: Sequence[Member],
        launcher: Launcher,
        patience: Patience,
        now: Callable[[], Nanos] = monotonic_ns,
    ) -> None:
        """Take who is to be started, and how; `now` is a clock that only goes forward."""
        self.members = tuple(members)
        self.strategies = frozenset(one for member in members for one in member.strategies)
        self._launcher = launcher
        self._patience = patience
        self._now = now
        self._path: Path | None = None  # None: the journal is not recovered yet
        self._directory = FilePath()
        self._sides: dict[str, NodeSide] = {}
        self._gone: list[Line] = []  # of workers that were ended; the system is to forget them
        self._owed: list[Input] = []
        self._wanted: list[Member] = []  # to be started again
        self._said: deque[LogLine] = deque(maxlen=LINES_MAX)
        self._failed: dict[StrategyId, StrategyFailed] = {}
        self._answers = 0
        self._served = False  # in the last look

    def begin(self, path: Path, directory: FilePath) -> None:
        """Start all workers on a journal that is recovered; return when they have caught up.

        One that cannot has failed: the session says so as soon as it begins.
        """
        assert self._path is None, "a crew begins once"
        self._path, self._directory = path, directory
        self._wanted.clear()
        self._answers = answers_of(path.digest)
        for member in self.members:
            self._start(member)
        while any(not side.is_ready and not side.fault for side in self._sides.values()):
            self._owed += self._asked(path.sequencer.last_time)
            self.wait(_LOOK)

    def follow(
        self, sequence: units.Sequence, time: Nanos, input: Input, outputs: list[Output]
    ) -> None:
        """Show every worker what was taken."""
        if type(input) is StrategyFailed and input.strategy in self.strategies:
            self._failed[input.strategy] = input
        for output in outputs:
            if type(output) is StrategyEnabled and output.strategy in self.strategies:
                self._failed.pop(output.strategy, None)
                self._wanted.append(self._member_of(output.strategy))
        if self._path is None:
            return  # workers read the journal by themselves
        if outputs:
            self._answers = answers_of(self._path.digest)
        message = encode(Taken(sequence, time, self._answers, input))
        for side in self._sides.values():
            side.show(sequence, message)

    def next_time(self) -> Nanos | None:
        """Return when the next timer of a worker runs out, None if there is none."""
        due = [side.timer.due for side in self._sides.values() if side.timer.strategy]
        return min(due, default=None)

    def take(self, time: Nanos) -> list[Input]:
        """Return what strategies ask for by a time, and which have failed with their worker.

        After something, nothing: the world has its turn, however much they ask for.
        """
        if self._served:
            self._served = False
            return []
        asked = self._asked(time)
        if self._owed:
            asked = [*self._owed, *asked]
            self._owed.clear()
        if self._wanted:
            self._start_again()
        self._served = bool(asked)
        return asked

    def wait(self, span: Nanos) -> bool:
        """Return when a worker asks for something, or after a span; whether one does."""
        lines = [side.line for side in self._sides.values() if not side.fault]
        return self._launcher.wait(lines, span)

    def wake(self) -> None:
        """End the wait, or the next one. Any thread may call it."""
        self._launcher.wake()

    @property
    def failures(self) -> tuple[StrategyFailed, ...]:
        """The strategies that failed and did not begin again, and why."""
        return tuple(self._failed.values())

    def log_lines(self) -> list[LogLine]:
        """Return what strategies said since the last call."""
        said = list(self._said)
        self._said.clear()
        return said

    def close(self) -> None:
        """End all workers, in order where they listen."""
        over = encode(Over())
        for side in self._sides.values():
            side.line.send(over)
        for side in self._sides.values():
            side.line.finish()
            side.drain(self._said.append)
            side.line.close()
        for line in self._gone:
            line.finish()
        self._sides.clear()
        self._gone.clear()

    def _asked(self, time: Nanos) -> list[Input]:
        now = self._now()
        asked: list[Input] = []
        for name, side in [*self._sides.items()]:
            asked += side.take(time, now, self._said.append)
            if side.fault:
                del self._sides[name]
                self._gone.append(side.line)
                asked += self._failures(self._member_named(name), side.fault)
        return asked

    def _failures(self, member: Member, reason: str) -> list[Input]:
        """Return that the strategies of a worker have failed, but for those that are off."""
        assert self._path is not None, "nobody works before the beginning"
        off = [strategy for strategy, _ in self._path.machine.gate.disabled()]
        return [StrategyFailed(one, reason) for one in member.strategies if one not in off]

    def _start(self, member: Member) -> None:
        """Start a worker on what is in the journal now."""
        path = self._path
        assert path is not None, "nobody works before the beginning"
        path.commit()
        recorded = Recorded(self._directory, path.sequencer.last)
        try:
            line = self._launcher.launch(member, recorded)
        except OSError as error:
            reason = f"its worker {member.name} cannot be started: {error}"
            self._owed += self._failures(member, reason)
            return
        place = (member.name, member.strategies, line, self._patience, recorded.last, self._now())
        self._sides[member.name] = NodeSide(*place)

    def _start_again(self) -> None:
        """Start the workers that are gone, of strategies that a person lets begin again."""
        wanted, self._wanted = self._wanted, []
        for member in wanted:
            if member.name not in self._sides:
                self._start(member)

    def _member_of(self, strategy: StrategyId) -> Member:
        return next(one for one in self.members if strategy in one.strategies)

    def _member_named(self, name: str) -> Member:
        return next(one for one in self.members if one.name == name)
