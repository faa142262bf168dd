"""Our orders against a market that is happening: recorded rules, fed by what comes as it comes.

*The problem.* Paper trading on live data is a simulated venue in a real market. After a crash the
venue has to stand where it stood: an order of ours that worked there works, a fill that was told
was, and none is made up. But a market cannot be asked to happen again.

*What is done.* All that this world ever knew is in the journal: what came from outside are its
market data, and our actions are there as well. So it is a function of both, as any simulated venue
is, and is rehearsed: what came over the line is given to it from the journal (`hear`), everything
else it says by itself, and is held against what it had said.

For that, market data counts at the time of the turn that took it, as it is journaled, one input
after the other; and what the venue does up to that time it does before. An order that reaches the
venue in the very nanosecond of a turn was there first.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from fairlead.model.inputs import Input, MarketData
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.world import NEVER

NOT_YET: Final = Nanos(NEVER - 1)  # nothing is known to come, and something may


class Line(Protocol):
    """Where what happens in the market comes from. Silent until recovery is over."""

    def next_time(self) -> Nanos:
        """Return when the next arrival came; not before `NOT_YET` if nothing waits."""

    def take(self, time: Nanos) -> list[Input]:
        """Return what came up to a time, in order."""


class FollowedWorld(RecordedWorld):
    """The world of a paper session on live data."""

    def __init__(self, line: Line, instruments: list[Instrument], config: RecordedConfig) -> None:
        """Begin before anything came."""
        nothing: Iterator[tuple[Nanos, list[Input]]] = iter(())
        super().__init__(nothing, instruments, config)
        self.line = line

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us. It never ends by itself."""
        time = super().next_time()
        assert time is not None, "what may come has no end"
        return min(time, self.line.next_time())

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us: what the venue says, then what came."""
        inputs = super().take(time)
        for came in self.line.take(time):
            if isinstance(came, MarketData):
                inputs.extend(self.hear(came, time))
            else:
                inputs.append(came)
        return inputs

    def hear(self, input: Input, time: Nanos) -> list[Input]:
        """Let the market move at `time`, which is not before the last; return what reaches us."""
        assert self._event_time == NOT_YET, "one thing happens after the other"
        self._event_time, self._event = time, [input]
        return super().take(time)

    def _read(self) -> None:
        """Know of nothing that comes next."""
        self._event_time, self._event = NOT_YET, []
