"""A live market outside, for a session whose orders are filled by simulation: lines and a clock."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fairlead.gateways.arrivals import Arrivals
from fairlead.gateways.frame_recorder import FrameRecorder
from fairlead.gateways.live_line import Addresses, LiveLine
from fairlead.gateways.live_shell import LiveShell
from fairlead.gateways.live_venues import Limits, LiveVenue
from fairlead.model.inputs import BookGap, WarningRaised
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos
from fairlead.node.clock_watch import ClockSettings
from fairlead.node.present import HeldClock, NodeClock, Present
from fairlead.simulator.chance import Chance

STARTED: Final = "the node was started: the book begins anew"
_PAUSE_STREAM: Final = 1


class LiveMarket:
    """Knows where a market is heard of, and listens once recovery is over."""

    says_when_connected: Final = False  # our orders go to a venue that is simulated here

    def __init__(
        self,
        venue: LiveVenue,
        instruments: Sequence[Instrument],
        limits: Limits,
        addresses: Addresses,
        record: Path | None,
        clock: ClockSettings,
    ) -> None:
        """Take what is listened to, and where it is recorded, if it is."""
        self.venue = venue
        self.clock = HeldClock()
        self.arrivals = Arrivals([each.instrument for each in instruments])
        self._passing = NodeClock()
        self.present = Present(self._passing, self.arrivals, clock)
        self._record = record
        self.recorder: FrameRecorder | None = None
        self._addresses = addresses
        self.line = LiveLine(
            venue.feed(instruments, limits),
            Chance(os.getpid(), _PAUSE_STREAM).below,
            addresses=addresses,
        )
        self._shell = LiveShell(self.line, self.arrivals, self._passing.now)
        self._began = False

    def begin(self, session: int, epoch: int, last_time: Nanos) -> None:
        """Let the clock go, and listen: recovery is over, and came up to a last time."""
        del session, epoch
        self._passing.go(last_time)
        now = self._passing.now()
        self.clock.set(now)
        if last_time:
            instruments = self.line.feed.instruments
            self.arrivals.say([BookGap(one.instrument, STARTED) for one in instruments], now)
        if self._record is not None:
            self.recorder = FrameRecorder(self._record, self.venue.name, self._warn)
            self.line.keep(self.recorder)
        self._shell.start()
        self._began = True

    def close(self, reason: str) -> None:
        """Listen no more."""
        del reason
        if self._began:
            self._shell.close()
        if self.recorder is not None:
            self.recorder.close()

    def content(self) -> dict[str, Any]:
        """Return what came of the line, for a summary."""
        line, feed = self.line, self.line.feed.counts
        return {
            "source": self.venue.name,
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
            "left_out": self.arrivals.dropped,
            "delays": line.delays.as_json(),
            "recorded": 0 if self.recorder is None else self.recorder.frames,
            "recording_problem": "" if self.recorder is None else self.recorder.problem,
        }

    def _warn(self, text: str) -> None:
        """Let the journal say it: somebody has to hear of it while the session runs."""
        self.arrivals.say([WarningRaised(f"feed {self.venue.name}", text)], self.present.now())
