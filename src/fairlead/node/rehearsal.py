"""What the world, the strategies and the calendar do again, held against what they did.

After a crash a session lives through its journal again. A world that repeats has to say what it
said, or nothing that follows is true (`WorldDiverged`). Strategies are user code: what they ask
otherwise is counted, and the journal counts. A market that is followed cannot repeat what it said:
the world is told it from the journal, and what it makes of it is compared. What has happened again
and is not found in the journal yet is owed: it was about to be written when the session ended.
"""

from collections import deque
from collections.abc import Callable, Collection
from typing import Any, Final, cast, get_args

from fairlead.journal.history import Entry
from fairlead.machine.machine import Machine
from fairlead.model.codec import encode_input
from fairlead.model.inputs import (
    CancelRequest,
    Input,
    MarketData,
    ReplaceRequest,
    Statement,
    StrategyFailed,
    SubmitRequest,
    TimePassed,
    TimerFired,
    TradingDayBegan,
    VenueConnected,
    VenueDisconnected,
    VenueReport,
)
from fairlead.model.units import Nanos, StrategyId
from fairlead.node.errors import WorldDiverged
from fairlead.simulator.followed import FollowedWorld
from fairlead.simulator.world import World
from fairlead.strategy.host import Host

REQUESTS: Final = (SubmitRequest, CancelRequest, ReplaceRequest, StrategyFailed)
# Looked up by type: asking an input whose instance it is costs ten times that.
_REQUESTS: Final = frozenset(REQUESTS)
_MARKET_DATA: Final = frozenset(get_args(MarketData))
_HAPPENINGS: Final = _MARKET_DATA | frozenset(get_args(VenueReport))
# What the world may say, and who opens a session or gives it a statement of elsewhere as well.
_SAID_BY_EITHER: Final = frozenset((VenueConnected, VenueDisconnected, Statement))


class Rehearsal:
    """One journal that is lived through again."""

    def __init__(
        self,
        machine: Machine,
        world: World,
        host: Host,
        days_begun: Callable[[], list[Input]],
        elsewhere: Collection[StrategyId] = (),
    ) -> None:
        """Take who says things again; `days_begun` gives the trading days that begin now. What the
        strategies `elsewhere` ask for their workers hold against the journal.
        """
        self._elsewhere = elsewhere
        self.time = Nanos(-1)  # of the turn at hand
        self.diverged = 0  # requests, timers, days that were not the recorded ones
        self.happened: deque[Input] = deque()  # what is not yet found in the journal
        self.timers: deque[Input] = deque()
        self.asked: deque[Input] = deque()
        self.days: deque[Input] = deque()
        self._machine = machine
        self._world = world
        self._host = host
        self._days_begun = days_begun

    @property
    def owes(self) -> bool:
        """Whether something has happened again that no input was met for."""
        return any((self.happened, self.timers, self.asked, self.days))

    def begin_turn(self, time: Nanos) -> None:
        """Let the world go on to the time of the next recorded input."""
        self.time = time
        self._ask_world_again()

    def meet(self, entry: Entry, input: Input) -> None:
        """Hold a recorded input against what happens again. Raises `WorldDiverged`."""
        kind = type(input)
        if kind in _REQUESTS or kind is TimerFired:
            self._meet_strategy(entry, input)
        elif kind is TimePassed:
            self._meet_due(entry)
        elif kind is TradingDayBegan:
            self._meet_day(entry)
        elif kind in _SAID_BY_EITHER:
            self._meet_either(entry)
        elif kind in _HAPPENINGS:
            self._meet_happening(entry, input)

    def _meet_strategy(self, entry: Entry, input: Any) -> None:
        """Meet what a strategy asked for, or its timer, unless it is elsewhere."""
        if input.strategy in self._elsewhere:
            return
        if type(input) is TimerFired:
            self._meet_timer(entry)
        else:
            self._meet_request(entry)

    def _meet_request(self, entry: Entry) -> None:
        if not _met(self.asked, entry):
            self.diverged += 1
            self.asked.clear()
            self._host.forget_requests()

    def _meet_timer(self, entry: Entry) -> None:
        if not self.timers:
            self.timers.extend(self._host.take(entry.time))
        if not _met(self.timers, entry):
            self.diverged += 1
            self.timers.clear()

    def _meet_due(self, entry: Entry) -> None:
        due = self._machine.next_due()
        if due is None or due > entry.time:
            self.diverged += 1

    def _meet_day(self, entry: Entry) -> None:
        self.days.extend(self._days_begun())
        if not _met(self.days, entry) and not self._meet_either(entry):
            self.diverged += 1
            self.days.clear()

    def _meet_either(self, entry: Entry) -> bool:
        """Take it for the world's if that says the same now; else somebody else had said it."""
        if not self.happened:
            self._ask_world_again()
        return _met(self.happened, entry)

    def _meet_happening(self, entry: Entry, input: Input) -> None:
        if not self._world.repeats:
            return
        if not self.happened:
            self._ask_world_again()
        if isinstance(self._world, FollowedWorld) and type(input) in _MARKET_DATA:
            self.happened.extend(self._world.hear(cast(MarketData, input), self.time))
        happened = self.happened.popleft() if self.happened else None
        if happened is None or encode_input(happened) != entry.input:
            raise WorldDiverged(entry.sequence, input, happened)

    def _ask_world_again(self) -> None:
        if self._world.repeats:
            self.happened.extend(self._world.take(self.time))


def _met(owed: deque[Input], entry: Entry) -> bool:
    """Take what is owed first, if it is the recorded input."""
    if owed and encode_input(owed[0]) == entry.input:
        owed.popleft()
        return True
    return False
