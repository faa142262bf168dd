"""A venue in another process, with the clock of a session that trades there."""

import os
from typing import Final

from fairlead.gateways.direct.world import DirectWorld
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.node.clock_watch import ClockSettings
from fairlead.node.present import NodeClock, Present
from fairlead.simulator.chance import Chance

_PAUSE_MIN = Nanos(50 * NANOS_PER_MILLISECOND)  # before the second attempt to connect
_DOUBLINGS_MAX = 5  # so at most 1.6 seconds, and by chance up to half as long again
_EPOCHS_MAX = 1_000_000  # of one journal


class VenueOutside:
    """Knows how to connect, and does so when it is told the epoch."""

    says_when_connected: Final = True

    def __init__(
        self,
        venue: str,
        address: Address,
        instruments: tuple[Instrument, ...],
        account: str,
        heartbeat: Nanos,
        clock: ClockSettings,
        *,
        spins: bool = False,
    ) -> None:
        """Take where it is, what it lists, who we are there, how the clock is watched, and whether
        the session waits awake.
        """
        self._account = account
        self._heartbeat = heartbeat
        self._instance = f"{os.getpid()}-{monotonic_ns()}"
        self.clock = NodeClock()
        self.world = DirectWorld(
            address,
            venue,
            instruments,
            self.clock.now,
            monotonic_ns,
            Pauses(os.getpid()),
            spins=spins,
        )
        self.present = Present(self.clock, self.world, clock)

    def begin(self, session: int, epoch: int, last_time: Nanos) -> None:
        """Let the clock go, and connect: recovery is over, and came up to a last time.

        What fences other nodes off is the number of the session and the epoch of its journal, so
        that a new session comes after all epochs of the one before.
        """
        assert 0 < epoch < _EPOCHS_MAX, "a journal is begun again less often"
        self.clock.go(last_time)
        heartbeat_ms = self._heartbeat // NANOS_PER_MILLISECOND
        self.world.begin(self._account, session * _EPOCHS_MAX + epoch, self._instance, heartbeat_ms)

    def close(self, reason: str) -> None:
        """End the session with the venue."""
        self.world.close(reason)


class Pauses:
    """How long to wait before each further attempt to connect: longer, and not all at once."""

    def __init__(self, seed: int) -> None:
        """Draw from a seed of its own: two nodes that lost one venue do not come back together."""
        self._chance = Chance(seed, 1)

    def __call__(self, attempts: int) -> Nanos:
        """Return the pause after so many attempts in a row."""
        pause = _PAUSE_MIN << min(max(attempts - 1, 0), _DOUBLINGS_MAX)
        return Nanos(pause + self._chance.below(pause // 2))
