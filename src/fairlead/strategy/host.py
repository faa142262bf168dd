"""The host: it shows strategies what happened and collects what they ask for, and keeps them apart.

Called after an input was applied and committed, once per input and in order; what strategies ask
for is drained and applied before the next input is delivered. Given the same calls, everything here
happens the same way again: a rehearsal after a restart makes the same calls and compares the
requests with the journal.

An exception in a handler takes that strategy off: its requests of this delivery are thrown away, a
`StrategyFailed` is queued in their place, and it hears nothing more. A `KeyboardInterrupt` is a
person, and passes through.

The path of a quote is `deliver`: two look-ups, then the handlers of those who listen, and nothing
else. Who listens is found once per kind of event and instrument, and found again after somebody
subscribed, failed or stopped.
"""

import sys
from typing import Any, Final, cast, get_args

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrderExecuted,
    BookOrders,
    BookSnapshot,
    CancelRequest,
    Input,
    Quote,
    ReplaceRequest,
    StrategyFailed,
    SubmitRequest,
    TimerFired,
    Trade,
)
from fairlead.model.outputs import (
    BookStale,
    InputRefused,
    InstrumentAdjusted,
    Output,
    PositionChanged,
    StrategyDisabled,
)
from fairlead.model.units import InstrumentId, Nanos, Price, StrategyId
from fairlead.strategy.context import Context
from fairlead.strategy.errors import USER_FAILURES
from fairlead.strategy.outbox import LogLine, Outbox, Request
from fairlead.strategy.routes import HANDLER_OF, TURN_OF
from fairlead.strategy.seat import BAR_TIMER_FIRST, COUNTER_BITS, Handler, Seat, Topic
from fairlead.strategy.strategy import Strategy
from fairlead.strategy.timers import NEVER

STRATEGY_ID_MAX: Final = (1 << (63 - COUNTER_BITS)) - 1  # an order id has to fit 63 bits

_QUOTE: Final = Quote
_REQUESTS: Final = frozenset((SubmitRequest, CancelRequest, ReplaceRequest, StrategyFailed))
# In this order strategies are told what the machine answered to one input: a corporate action, what
# became of their orders, their positions, the rest. A refusal is told to nobody.
_OF_AN_ORDER: Final = 1
_MOVED: Final = 2
_PARTS: Final[dict[type, int]] = {
    InstrumentAdjusted: 0,
    **dict.fromkeys(HANDLER_OF, _OF_AN_ORDER),
    PositionChanged: _MOVED,
    BookStale: 3,
    StrategyDisabled: 3,
    InputRefused: 4,
}

Listener = tuple[Handler, Context, Seat]


class Listeners:
    """Who hears one topic, by instrument and in the order of the ids; found at the first use."""

    def __init__(self, topic: Topic, seats: dict[StrategyId, tuple[Seat, Context]]) -> None:
        """Find listeners among `seats`."""
        self._topic = topic
        self._seats = seats
        self._found: dict[InstrumentId, tuple[Listener, ...]] = {}

    def of(self, instrument: InstrumentId) -> tuple[Listener, ...]:
        """Return who hears the topic of an instrument."""
        found = self._found.get(instrument)
        if found is None:
            found = self._found[instrument] = self._find(instrument)
        return found

    def clear(self) -> None:
        """Forget who was found: something has changed."""
        self._found.clear()

    def _find(self, instrument: InstrumentId) -> tuple[Listener, ...]:
        found: list[Listener] = []
        for seat, context in self._seats.values():
            handler = seat.listener(self._topic, instrument)
            if handler is not None:
                found.append((handler, context, seat))
        return tuple(found)


class Host:
    """Runs strategies over one machine, in the order of their ids."""

    def __init__(self, machine: Machine) -> None:
        """Serve `machine`, which is only read."""
        self._machine = machine
        self._seats: dict[StrategyId, tuple[Seat, Context]] = {}
        self._outbox = Outbox(self._forget_listeners)
        self._started = False
        self.timers = self._outbox.timers
        self._quotes = Listeners(Topic.QUOTES, self._seats)
        books = Listeners(Topic.BOOK, self._seats)
        self._stale = Listeners(Topic.STALE, self._seats)
        self._adjustment = Listeners(Topic.ADJUSTMENT, self._seats)
        self._positions_heard = False  # whether anybody has an `on_position`
        self._listeners: dict[type, Listeners] = {
            Quote: self._quotes,
            Trade: Listeners(Topic.TRADES, self._seats),
            BookSnapshot: books,
            BookChange: books,
            BookGap: books,
            BookOrders: books,
            **dict.fromkeys(get_args(BookOrder), books),
        }

    def add(self, strategy_id: StrategyId, strategy: Strategy) -> None:
        """Give a strategy a seat. All are added before the start."""
        assert not self._started, "strategies are added before the start"
        assert 1 <= strategy_id <= STRATEGY_ID_MAX, f"{strategy_id} is no strategy id"
        assert strategy_id not in self._seats, f"strategy {strategy_id} has a seat"
        self._seat(strategy_id, strategy)
        for key in sorted(self._seats):
            self._seats[key] = self._seats.pop(key)

    def modules(self) -> dict[str, str]:
        """Return the modules that the strategies are written in, each with its file."""
        return {
            name: file for seat, _ in self._seats.values() for name, file in seat.modules.items()
        }

    def start(self, time: Nanos) -> None:
        """Let all strategies begin. After a stop they begin anew, unless they were taken off."""
        self._started = True
        off = [strategy for strategy, _ in self._machine.gate.disabled()]
        for seat, context in self._seats.values():
            assert not seat.listening, "a host starts once, and once after each stop"
            if seat.failure or seat.strategy_id in off:
                continue
            self._begin(seat, context, time)

    def renew(self, strategy_id: StrategyId, strategy: Strategy, time: Nanos) -> None:
        """Give the seat of a strategy that was taken off to a new one, which begins where that had
        begun.
        """
        before, _ = self._seats[strategy_id]
        assert not before.listening, "who is taken off listens no more"
        seat, context = self._seat(strategy_id, strategy)
        seat.follow(before)
        if self._started:
            self._begin(seat, context, time)

    def take_off(self, strategy_id: StrategyId, reason: str) -> None:
        """Take a strategy off for what is no mistake of a handler. Nothing is asked for it."""
        seat, _ = self._seats[strategy_id]
        if not seat.failure:
            seat.silence(reason)

    def stop(self, time: Nanos) -> None:
        """Let all strategies end; after this they hear of their own orders alone."""
        for seat, context in self._seats.values():
            _end(seat, context, time)

    def deliver(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Show strategies an input: their own order facts first, fills leading, then itself."""
        kind = type(input)
        listeners = self._quotes if kind is _QUOTE else self._listeners.get(kind)
        if listeners is None:
            self._deliver_other(time, input, outputs)
            return
        if outputs and not self._deliver_outputs(time, outputs):
            return  # the machine refused it: nobody may believe it
        event: Any = input
        if kind is BookOrderExecuted:
            self._deliver_execution(time, cast(BookOrderExecuted, input))
        for handler, context, seat in listeners.of(event.instrument):
            context.time = time
            try:
                handler(context, event)
            except KeyboardInterrupt:
                raise
            except USER_FAILURES as error:
                seat.fail(error)

    def hears_quotes(self, instrument: InstrumentId) -> bool:
        """Return whether anybody wants to see the quotes of an instrument."""
        return len(self._quotes.of(instrument)) > 0

    @property
    def asks(self) -> bool:
        """Whether strategies have asked for anything that nobody has taken."""
        return len(self._outbox.requests) > 0

    def requests(self) -> list[Request]:
        """Return what strategies asked for since the last call, in order."""
        queue = self._outbox.requests
        drained = [*queue]
        for request in queue:
            self._seats[request.strategy][0].asked = 0
        queue.clear()
        return drained

    def forget_requests(self) -> None:
        """Learn that requests were dropped, not taken: a rehearsal that went another way."""
        for seat, _ in self._seats.values():
            seat.forget_requests()

    def next_time(self) -> Nanos | None:
        """Return when the next timer runs out or the next bar closes, None if there is neither."""
        time = self._outbox.timers.next_time
        return None if time == NEVER else time

    def next_timer(self) -> tuple[Nanos, StrategyId, int] | None:
        """Return the timer that runs out next: when, whose, and its number."""
        return self._outbox.timers.first()

    def take(self, time: Nanos) -> list[Input]:
        """Return the timers that ran out at or before `time`, as inputs to journal and deliver."""
        return [*self._outbox.timers.take(time)]

    def log_lines(self) -> list[LogLine]:
        """Return what strategies said since the last call."""
        lines = list(self._outbox.lines)
        self._outbox.lines.clear()
        return lines

    @property
    def log_lines_dropped(self) -> int:
        """How many lines gave way because nobody read them."""
        return self._outbox.lines_dropped

    @property
    def failures(self) -> tuple[StrategyFailed, ...]:
        """The strategies that failed, by id, and why."""
        return tuple(
            StrategyFailed(seat.strategy_id, seat.failure)
            for seat, _ in self._seats.values()
            if seat.failure
        )

    def _seat(self, strategy_id: StrategyId, strategy: Strategy) -> tuple[Seat, Context]:
        handlers = {name: getattr(strategy, name) for name in sorted(strategy.handlers)}
        seat = Seat(strategy_id, handlers, _modules(strategy), self._machine, self._outbox)
        context = Context(seat, strategy.parameters)
        self._seats[strategy_id] = seat, context
        self._positions_heard |= "on_position" in handlers
        return seat, context

    def _begin(self, seat: Seat, context: Context, time: Nanos) -> None:
        seat.begin()
        on_start = seat.handlers.get("on_start")
        if on_start is not None:
            _run(seat, context, time, on_start)

    def _deliver_execution(self, time: Nanos, execution: BookOrderExecuted) -> None:
        """Tell who hears trades that an order in the book has traded, if its price is known."""
        book = self._machine.books.get(execution.instrument)
        price = Price(0) if book is None else book.traded_at(execution)
        if book is None or not price:
            return
        trade = Trade(
            execution.instrument,
            price,
            execution.quantity,
            book.last_aggressor,
            execution.trade_id,
            execution.venue_time,
        )
        for handler, context, seat in self._listeners[Trade].of(execution.instrument):
            _run(seat, context, time, handler, trade)

    def _deliver_other(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Deliver what is no market data."""
        request: Any = input
        if type(input) in _REQUESTS and request.strategy in self._seats:
            self._seats[request.strategy][0].settle(request)
        if outputs:
            self._deliver_outputs(time, outputs)
        if type(input) is TimerFired:
            self._deliver_timer(time, input)

    def _deliver_outputs(self, time: Nanos, outputs: list[Output]) -> bool:
        """Deliver what the machine answered; return False if it refused the input."""
        facts: list[Any] = []
        others: list[Any] = []
        for output in outputs:
            part = _PARTS.get(type(output))
            if part == _OF_AN_ORDER:
                facts.append(output)
            elif part is not None and (part != _MOVED or self._positions_heard):
                others.append(output)
        if others:
            return self._deliver_all(time, facts, others)
        self._deliver_facts(time, facts)
        return True

    def _deliver_all(self, time: Nanos, facts: list[Any], others: list[Any]) -> bool:
        """Deliver the facts of orders in their place among all else."""
        told: tuple[list[Any], ...] = ([], facts, [], [], [])
        for output in others:
            told[_PARTS[type(output)]].append(output)
        adjustments, facts, moved, news, refused = told
        for adjustment in adjustments:
            self._deliver_adjustment(time, adjustment)
        if moved:
            facts.extend(_without_fills(moved, facts))
        self._deliver_facts(time, facts)
        for one in news:
            self._deliver_news(time, one)
        return not refused

    def _deliver_facts(self, time: Nanos, facts: list[Any]) -> None:
        if len(facts) > 1:
            facts.sort(key=_turn)
        for fact in facts:
            self._deliver_fact(time, fact)

    def _deliver_fact(self, time: Nanos, fact: Any) -> None:
        owner = self._seats.get(fact.strategy)
        if owner is None:
            return
        seat, context = owner
        handler = seat.on_fact.get(type(fact))
        if handler is not None:
            _run(seat, context, time, handler, fact)

    def _deliver_adjustment(self, time: Nanos, news: InstrumentAdjusted) -> None:
        """Tell of a corporate action; no bar mixes the prices from before and after it."""
        for seat, context in self._seats.values():
            for feed in seat.bar_feeds:
                if feed.instrument == news.instrument and seat.listening:
                    _run(seat, context, time, feed.restart)
        for handler, context, seat in self._adjustment.of(news.instrument):
            _run(seat, context, time, handler, news)

    def _deliver_news(self, time: Nanos, news: Any) -> None:
        if type(news) is BookStale:
            for handler, context, seat in self._stale.of(news.instrument):
                _run(seat, context, time, handler, news)
        elif type(news) is StrategyDisabled and news.strategy in self._seats:
            _end(*self._seats[news.strategy], time)

    def _deliver_timer(self, time: Nanos, fired: TimerFired) -> None:
        owner = self._seats.get(fired.strategy)
        if owner is None or not self._outbox.timers.fire(fired.strategy, fired.timer, time):
            return
        seat, context = owner
        if fired.timer >= BAR_TIMER_FIRST:
            _run(seat, context, time, seat.bar_feeds[fired.timer - BAR_TIMER_FIRST].close)
        elif seat.on_timer is not None:
            _run(seat, context, time, seat.on_timer, fired.timer)

    def _forget_listeners(self) -> None:
        for listeners in self._listeners.values():
            listeners.clear()
        self._stale.clear()
        self._adjustment.clear()


def _run(seat: Seat, context: Context, time: Nanos, handler: Handler, *event: object) -> None:
    context.time = time
    try:
        handler(context, *event)
    except KeyboardInterrupt:
        raise
    except USER_FAILURES as error:
        seat.fail(error)


def _end(seat: Seat, context: Context, time: Nanos) -> None:
    if seat.listening:
        on_stop = seat.handlers.get("on_stop")
        if on_stop is not None:
            _run(seat, context, time, on_stop)
        seat.end()


def _modules(strategy: Strategy) -> dict[str, str]:
    """Return the modules in which the strategy is written, those of its own base classes too, each
    with its file.
    """
    kinds = type(strategy).__mro__
    theirs = kinds.index(Strategy)
    names = [kind.__module__ for kind in kinds[:theirs]]
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in names}
    return {name: file for name, file in files.items() if file}


def _turn(fact: Any) -> tuple[StrategyId, int]:
    """Order facts by strategy, what moved its position first; the rest stays in its order."""
    return fact.strategy, TURN_OF[type(fact)]


def _without_fills(moved: list[Any], facts: list[Any]) -> list[Any]:
    """Return the changes of positions that no fill and no bust among the facts explains."""
    told = {(fact.strategy, fact.instrument) for fact in facts if TURN_OF[type(fact)] == 0}
    return [change for change in moved if (change.strategy, change.instrument) not in told]
