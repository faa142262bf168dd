"""The process of a worker: `python -m fairlead.node.workers.process`, started by a node alone.

It is handed its line as two descriptors and a third for its progress, reads on its standard input
what it is to do, lives through the journal, says that it has caught up, and goes on with what the
node shows it. It ends when the node says so, when the node is gone, and when it cannot go on.
"""

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from fairlead.gateways.errors import LineBroken
from fairlead.gateways.ring_line import RingEnds, RingLine
from fairlead.journal.history import Entry
from fairlead.journal.tail import Tail
from fairlead.model.codec import decode_input
from fairlead.model.inputs import StrategyFailed
from fairlead.model.units import Sequence, StrategyId
from fairlead.node.apart import schedule_normally
from fairlead.node.collector import collect_young, collected_when_idle
from fairlead.node.reading import Reading
from fairlead.node.sealing import JournalKeys
from fairlead.node.workers.messages import Broke, Message, Over, decode_from_node, encode
from fairlead.node.workers.progress import Progress
from fairlead.node.workers.worker_end import MakeStrategy, WorkerEnd
from fairlead.strategy.loading import load

_LOOK_SECONDS: Final = 0.1  # asleep, between looks whether the node is there
_SEND_SECONDS: Final = 1.0  # likewise, while there is no room
_BROKEN: Final = 3  # the exit code of one that has said why


class Hired(NamedTuple):
    """A strategy of a worker: whose it is, where its code is, what it is told."""

    strategy: StrategyId
    source: str
    parameters: dict[str, Any]


class Job(NamedTuple):
    """What a worker is to do."""

    strategies: tuple[Hired, ...]
    journal: Path
    last: Sequence  # the input up to which it lives through the journal
    key: Path | None  # that opens it
    cores: tuple[int, ...]  # the only ones that it may use; empty for those of the node
    spins: bool  # while it has nothing to do


class Desk:
    """A worker at its line."""

    def __init__(self, job: Job, line: RingLine, progress: Progress) -> None:
        """Make the strategies. Raises `StrategyError` and `JournalError`."""
        self._job = job
        self._line = line
        self._progress = progress
        made_by = {one.strategy: _maker(one) for one in job.strategies}
        self._end = WorkerEnd(made_by, self._failed())

    def run(self) -> None:
        """Work until the node says that it is over. Raises `LineBroken` when the node is gone."""
        self._catch_up()
        with collected_when_idle(waits=True):
            while (message := self._next()) is not None:
                told = decode_from_node(bytes(message))
                self._line.release()
                if isinstance(told, Over):
                    return
                for answer in self._end.take(told):
                    self.send(answer)
                self._progress.set(told.sequence)

    def send(self, message: Message) -> None:
        """Send a message, when there is room for it. Raises `LineBroken`."""
        content = encode(message)
        while not self._line.send_within(content, _SEND_SECONDS):
            pass  # the node is behind; if it is gone, the line says so

    def _next(self) -> memoryview | None:
        while (message := self._line.receive()) is None:
            if self._job.spins:
                os.sched_yield()  # where there are fewer cores than who spin, the others go on
            else:
                collect_young()
                self._line.wait(_LOOK_SECONDS)
        return message

    def _catch_up(self) -> None:
        """Live through the journal again. Raises `JournalError`."""
        for entry in self._recorded():
            self._end.live_again(entry)
            self._progress.set(entry.sequence)
        for owed in self._end.catch_up():
            self.send(owed)

    def _failed(self) -> dict[StrategyId, Sequence]:
        """Return with which input strategies have failed, those that ever did, the last time."""
        failed = {}
        for entry in self._recorded():
            input = decode_input(entry.input)
            if isinstance(input, StrategyFailed):
                failed[input.strategy] = entry.sequence
        return {
            one.strategy: failed[one.strategy]
            for one in self._job.strategies
            if one.strategy in failed
        }

    def _recorded(self) -> Iterator[Entry]:
        """Yield what was taken before we were started; what was since comes over the line."""
        tail = Tail(self._job.journal)
        reading = Reading(cipher=JournalKeys(files=[self._job.key] if self._job.key else []))
        while tail.last < self._job.last:
            entries = tail.read()
            assert entries, f"the journal has input {self._job.last}"
            for entry in entries:
                if entry.sequence <= self._job.last:
                    yield reading.current(entry)


def _maker(hired: Hired) -> MakeStrategy:
    kind = load(hired.source)
    return lambda: kind.with_parameters(hired.parameters)


def main() -> None:
    """Do what the node has written on the standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person ends the node, and the node ends us
    memory, bell, page = map(int, sys.argv[1:])
    line = RingLine.take(RingEnds(memory, bell))
    progress = Progress.take(page)
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - the node wrote it, on a pipe
    os.dup2(2, 1)  # the standard output is the node's: what strategies print is for people
    schedule_normally()
    if job.cores:
        os.sched_setaffinity(0, job.cores)
    sys.exit(_work(job, line, progress))


def _work(job: Job, line: RingLine, progress: Progress) -> int:
    desk: Desk | None = None
    try:
        desk = Desk(job, line, progress)
        desk.run()
    except LineBroken:
        return 0  # the node is gone: nobody is there to tell
    except Exception as error:  # noqa: BLE001 - the loop: whatever it is, the node is to know
        line.send_within(encode(Broke(f"cannot go on: {type(error).__name__}: {error}")), 1.0)
        return _BROKEN
    return 0


if __name__ == "__main__":
    main()
