"""One desk of a drill: a machine with its own gate, the last mile, an eager venue, virtual time.

Nothing here has a socket, a journal or a clock, and nothing of it is shared with a session that
trades. The same fault gives the same result, however often.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, cast, get_args

from fairlead.gateways.last_mile import KillFlag, LastMile, NoSwitch
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    Input,
    Quote,
    SessionPhase,
    StartCommand,
    SubmitRequest,
    TimePassed,
    TradingDayBegan,
)
from fairlead.model.outputs import Action, Output, SendOrder
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    StrategyId,
    UpdateId,
)
from fairlead.node.wire import Wire
from fairlead.operations.knight_log import Log, Result, layer_of
from fairlead.operations.knight_settings import (
    ASK,
    BID,
    QUOTED,
    SECOND,
    STANDARD,
    Settings,
    last_mile_limits,
    set_up,
)
from fairlead.operations.knight_venue import SESSION_DATE, EagerVenue

OPENING: Final = Nanos(1_343_827_800 * SECOND)  # 1 August 2012, 9:30 in New York
QUOTE_EVERY: Final = Nanos(100 * NANOS_PER_MILLISECOND)
PERSON: Final = "the drill"
BEGIN: Final = StartCommand(PERSON, "the drill begins")
_DEPTH: Final = Quantity(1_000)
_ACTIONS: Final = get_args(Action)


class Ask(NamedTuple):
    """What a fault wants, and when, counted from its beginning."""

    after: Nanos
    input: Input


Fault = Iterable[Ask]


class Desk:
    """What trades, or is kept from it."""

    def __init__(
        self,
        settings: Settings = STANDARD,
        switch: KillFlag | None = None,
        before: tuple[Input, ...] = (),
    ) -> None:
        """Set a machine up, take what comes before the start, and ask for the start."""
        self.time = OPENING
        self.settings = settings
        self.machine = Machine()
        self.venue = EagerVenue()
        self.last_mile = LastMile(last_mile_limits(settings), switch or NoSwitch())
        self.wire = Wire(self.venue, self.last_mile)
        self.log = Log()
        self._quote_time = OPENING
        self.give(*set_up(settings), *before, BEGIN, TradingDayBegan(SESSION_DATE))
        self.advance(OPENING)

    def give(self, *inputs: Input) -> list[Output]:
        """Take inputs now; return the outputs of all of them."""
        outputs: list[Output] = []
        for input in inputs:
            outputs += self._take(input)
            while self.wire.blocked:
                outputs += self._take(self.wire.blocked.popleft())
        return outputs

    def advance(self, until: Nanos) -> None:
        """Let time go by, with everything that happens meanwhile."""
        while (time := self._next_time()) <= until:
            self.time = max(time, self.time)
            due = self.machine.next_due()
            if due is not None and due <= self.time:
                self.give(TimePassed())
            self.give(*self.venue.take(self.time))
            if self._quote_time <= self.time:
                self._quote_time = Nanos(self._quote_time + QUOTE_EVERY)
                self.give(*(_quote(instrument, self.time) for instrument in QUOTED))
        self.time = until

    def play(self, fault: Fault, span: Nanos) -> None:
        """Live through a fault, from now on, for a span of time."""
        start = self.time
        self.log.begin(start)
        for ask in fault:
            if ask.after >= span:
                break
            self.advance(Nanos(start + ask.after))
            self.give(ask.input)
        self.advance(Nanos(start + span))

    def result(self, name: str, cause: str) -> Result:
        """Return what came of the last fault."""
        log, ledger = self.log, self.venue.ledger
        after, check = log.stop or (None, "")
        return Result(
            name=name,
            cause=cause,
            asked=log.asked,
            sent=log.sent,
            refused=log.refusals(),
            fills=ledger.fills,
            gross=ledger.gross_most,
            loss=ledger.loss_most,
            stopped_after=after,
            stopped_by=check,
            stopped_in=layer_of(check) if check else "",
            alarms=tuple(log.alarms),
            facts=tuple(log.facts),
        )

    def _take(self, input: Input) -> list[Output]:
        outputs = self.machine.apply(Sequence(self.machine.state.sequence + 1), self.time, input)
        self.wire.observe(input)
        self.log.take(input, outputs, self.time)
        if isinstance(input, SessionPhase):
            self.venue.enter(input.phase, self.time)
        for output in outputs:
            if isinstance(output, _ACTIONS):
                self._leave(cast(Action, output))
        return outputs

    def _leave(self, action: Action) -> None:
        held_back = len(self.wire.blocked)
        self.wire.leave(action, self.time)
        if isinstance(action, SendOrder) and len(self.wire.blocked) == held_back:
            self.log.left()

    def _next_time(self) -> Nanos:
        times = [self._quote_time, self.machine.next_due(), self.venue.next_time()]
        return min(time for time in times if time is not None)


def loop(rate: int, ask: Callable[[int], Input]) -> Iterator[Ask]:
    """Want something so many times a second, for ever; the first one is number 1."""
    number = 0
    while True:
        yield Ask(Nanos(number * SECOND // rate), ask(number + 1))
        number += 1


def child_quantity(number: int) -> int:
    """Return the quantity of a child order: about 100, seldom the same soon again."""
    return 86 + number * 11 % 29


def order(
    number: int,
    quantity: int,
    *,
    side: Side = Side.BUY,
    price: int = 0,
    parent: int = 0,
    strategy: int = 1,
    instrument: int = 1,
) -> SubmitRequest:
    """Return what a strategy asks for; a price of 0 makes it a market order."""
    return SubmitRequest(
        StrategyId(strategy),
        OrderId(number),
        InstrumentId(instrument),
        side,
        OrderType.LIMIT if price else OrderType.MARKET,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(price),
        parent=OrderId(parent),
    )


def _quote(instrument: InstrumentId, time: Nanos) -> Quote:
    return Quote(instrument, BID, _DEPTH, ASK, _DEPTH, UpdateId(0), time)
