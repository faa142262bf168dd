"""A live market outside, for a session whose orders are filled by simulation: lines and a clock."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fairlead.gateways.arrivals import Arrivals
from fairlead.gateways.backup import PRIMARY, Backup
from fairlead.gateways.frame_recorder import FrameRecorder
from fairlead.gateways.live_line import Addresses, Listener, LiveLine
from fairlead.gateways.live_venues import Limits, LiveVenue
from fairlead.model.inputs import BookGap, FeedSourceChanged, Input, WarningRaised
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos
from fairlead.node.clock_watch import ClockSettings
from fairlead.node.present import HeldClock, NodeClock, Present
from fairlead.simulator.chance import Chance

if TYPE_CHECKING:
    from fairlead.gateways.live_shell import LiveShell

STARTED: Final = "the node was started: the book begins anew"
BEGINS: Final = "the session begins"


class Source(NamedTuple):
    """Where market data comes from, and what its instruments are called there."""

    venue: LiveVenue
    instruments: Sequence[Instrument]
    addresses: Addresses
    limits: Limits


class SourceLine:
    """One source: its line, the thread of it, and what is recorded."""

    def __init__(
        self, source: Source, number: int, listener: Listener, now: Callable[[], Nanos]
    ) -> None:
        """Take the source; nothing is connected yet. Raises `PlainConnection`."""
        self.source = source
        self.name = source.venue.name if number == PRIMARY else f"{source.venue.name} (backup)"
        self.line = LiveLine(
            source.venue.feed(source.instruments, source.limits),
            Chance(os.getpid(), 1 + number).below,
            addresses=source.addresses,
        )
        self.recorder: FrameRecorder | None = None
        self._number = number
        self._listener = listener
        self._now = now
        self._shell: LiveShell | None = None

    def begin(self, record: Path | None, warn: Callable[[str], None]) -> None:
        """Connect, and record what comes if it is to be."""
        from fairlead.gateways.live_shell import LiveShell

        if record is not None:
            name = self.source.venue.name + ("-backup" if self._number != PRIMARY else "")
            self.recorder = FrameRecorder(record, name, warn)
            self.line.keep(self.recorder)
        self._shell = LiveShell(self.line, self._listener, self._now)
        self._shell.start()

    def close(self) -> None:
        """Listen no more."""
        if self._shell is not None:
            self._shell.close()
        if self.recorder is not None:
            self.recorder.close()

    def content(self) -> dict[str, Any]:
        """Return what came of the line, for a summary."""
        line, feed = self.line, self.line.feed.counts
        return {
            "source": self.name,
            "connections": line.counts.connections,
            "ended": line.counts.ended,
            "snapshots": line.counts.fetched,
            "snapshot_failures": line.counts.fetch_failures,
            "frames": feed.frames,
            "inputs": feed.inputs,
            "dropped": feed.dropped,
            "waiting": feed.waiting,
            "gaps": feed.gaps,
            "balanced": feed.balanced,
            "delays": line.delays.as_json(),
            "recorded": 0 if self.recorder is None else self.recorder.frames,
            "recording_problem": "" if self.recorder is None else self.recorder.problem,
        }


class LiveMarket:
    """Knows where a market is heard of, and listens once recovery is over."""

    says_when_connected: Final = False  # our orders go to a venue that is simulated here

    def __init__(
        self,
        sources: Sequence[Source],
        backup: Backup | None,
        record: Path | None,
        clock: ClockSettings,
    ) -> None:
        """Take what is listened to, the first source first, and who judges between two."""
        assert len(sources) == (1 if backup is None else 2), "two sources have an arbiter"
        self.clock = HeldClock()
        self.arrivals = Arrivals([each.instrument for each in sources[PRIMARY].instruments])
        self.backup = backup
        self._passing = NodeClock()
        self.present = Present(self._passing, self.arrivals, clock)
        self._record = record
        one_at_a_time = threading.Lock()
        listeners: list[Listener] = [self.arrivals]
        if backup is not None:
            listeners = [
                _Judged(backup, number, self.arrivals, one_at_a_time)
                for number in range(len(sources))
            ]
        self.lines = [
            SourceLine(source, number, listeners[number], self._passing.now)
            for number, source in enumerate(sources)
        ]

    def begin(self, session: int, epoch: int, last_time: Nanos) -> None:
        """Let the clock go, and listen: recovery is over, and came up to a last time."""
        del session, epoch
        self._passing.go(last_time)
        now = self._passing.now()
        self.clock.set(now)
        first = self.lines[PRIMARY]
        for each in first.source.instruments:
            if last_time:
                self.arrivals.say([BookGap(each.instrument, STARTED)], now)
            if self.backup is None:
                self.arrivals.say([FeedSourceChanged(each.instrument, first.name, BEGINS)], now)
        for line in self.lines:
            line.begin(self._record, self._warn)

    def close(self, reason: str) -> None:
        """Listen no more."""
        del reason
        for line in self.lines:
            line.close()

    def content(self) -> dict[str, Any]:
        """Return what came of the lines, for a summary."""
        content: dict[str, Any] = {
            "lines": [line.content() for line in self.lines],
            "left_out": self.arrivals.dropped,
        }
        if self.backup is not None:
            counts = self.backup.counts
            content["backup"] = {
                "switches": counts.switches,
                "disputes": counts.disputes,
                "passed": counts.passed,
                "held_back": counts.held_back,
                "balanced": counts.balanced,
            }
        return content

    def _warn(self, text: str) -> None:
        """Let the journal say it: somebody has to hear of it while the session runs."""
        self.arrivals.say([WarningRaised("feed recording", text)], self.present.now())


class _Judged:
    """Hears one of two sources, and passes on what the arbiter lets through."""

    def __init__(
        self, backup: Backup, number: int, arrivals: Arrivals, one_at_a_time: threading.Lock
    ) -> None:
        self._backup = backup
        self._number = number
        self._arrivals = arrivals
        self._one_at_a_time = one_at_a_time

    def happened(self, inputs: Iterable[Input], time: Nanos) -> bool:
        """Take what came. Books that were lost here are known there: nobody is asked for them."""
        with self._one_at_a_time:
            passed = self._backup.happened(self._number, inputs, time)
            if time >= self._backup.next_time:
                passed += self._backup.tick(time)
            if self._arrivals.happened(passed, time):
                self._arrivals.happened(self._backup.books(), time)
        return False

    def died(self, error: BaseException) -> None:
        """Let the session end with it."""
        self._arrivals.died(error)
