"""A strategy's place at the host: what it listens to, what it asked for, and whether it may go on.

Requests are only ever appended to the host's outbox; nothing here can reach a gateway.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from fairlead.machine.machine import Machine
from fairlead.model.inputs import CancelRequest, ReplaceRequest, StrategyFailed, SubmitRequest
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, StrategyId
from fairlead.strategy.bars import BarBuilder, BarSize, SizedBarBuilder
from fairlead.strategy.errors import InvalidRequest, StrategyIsOff, TooManyRequests
from fairlead.strategy.failures import failure_line
from fairlead.strategy.feeds import AnyBarFeed, BarFeed, SizedBarFeed, TradeListener
from fairlead.strategy.outbox import Outbox, Request
from fairlead.strategy.routes import HANDLER_OF
from fairlead.strategy.sale_conditions import SaleConditions

REQUESTS_MAX: Final = 1_000  # nobody took: both sides canceled and sent anew in 250 instruments
COUNTER_BITS: Final = 40  # of an order id: a million orders a second for twelve days
BAR_TIMER_FIRST: Final = 1 << 32  # timers from here on close bars; those of strategies are below

Handler = Callable[..., None]


class Topic(IntEnum):
    """What a strategy can listen to, by instrument."""

    QUOTES = 1
    TRADES = 2
    BOOK = 3
    STALE = 4  # comes with any of the others
    ADJUSTMENT = 5  # likewise


_HANDLER_OF: Final = {
    Topic.QUOTES: "on_quote",
    Topic.TRADES: "on_trade",
    Topic.BOOK: "on_book",
    Topic.STALE: "on_stale",
    Topic.ADJUSTMENT: "on_adjustment",
}
_WITH_ANY: Final = (Topic.STALE, Topic.ADJUSTMENT)

_ASKED_FOR: Final[dict[type, Status]] = {
    CancelRequest: Status.CANCEL_PENDING,
    ReplaceRequest: Status.REPLACE_PENDING,
}


class Seat:
    """One strategy at the host. It is silent until `begin`."""

    def __init__(
        self,
        strategy_id: StrategyId,
        handlers: Mapping[str, Handler],
        modules: Mapping[str, str],
        machine: Machine,
        outbox: Outbox,
    ) -> None:
        """Take the handlers that the strategy wrote, and the files in which its mistakes are, by
        the names of their modules.
        """
        self.strategy_id = strategy_id
        self.handlers = handlers
        self.machine = machine
        self.outbox = outbox
        self.listening = False
        self.failure = ""
        self.requested: dict[OrderId, SubmitRequest] = {}  # until the machine has seen it
        self.changing: dict[OrderId, Status] = {}  # likewise: the status that was asked for
        self.asked = 0  # that nobody took yet
        self.topics: dict[InstrumentId, frozenset[Topic]] | None = None  # None: all of all
        self.bar_feeds: list[AnyBarFeed] = []
        self.on_fact = {
            kind: handlers[name] for kind, name in HANDLER_OF.items() if name in handlers
        }
        self.on_timer = handlers.get("on_timer")
        self.modules = modules
        self._last_id = OrderId(strategy_id << COUNTER_BITS)

    def begin(self) -> None:
        """Begin to listen, to everything until the strategy says to what."""
        self.listening = True
        self.topics = None
        self.bar_feeds.clear()
        self.outbox.forget_listeners()

    def follow(self, before: "Seat") -> None:
        """Take the place of a seat: no id that it gave is given again."""
        self._last_id = before._last_id

    def end(self) -> None:
        """Cease to listen; facts about own orders still come."""
        self.listening = False
        self.outbox.timers.drop(self.strategy_id)
        self.outbox.forget_listeners()

    def fail(self, error: BaseException) -> None:
        """Take the strategy off, and say so in place of all that it asked for."""
        if not self.failure:
            self.silence(failure_line(error, list(self.modules.values())))
            self.outbox.requests.append(StrategyFailed(self.strategy_id, self.failure))

    def silence(self, reason: str) -> None:
        """Take the strategy off: it hears nothing more, and what it asked for is thrown away."""
        self.failure = reason
        self.on_fact.clear()
        self.on_timer = None
        self.forget_requests()
        self.outbox.discard(self.strategy_id)
        self.end()

    def settle(self, request: Request) -> None:
        """Learn that the machine has seen a request."""
        if isinstance(request, SubmitRequest):
            self.requested.pop(request.order, None)
        elif isinstance(request, StrategyFailed):
            if not self.failure:
                self.silence(request.error)  # the node's verdict, not that of a handler
        elif self.changing.get(request.order) is _ASKED_FOR[type(request)]:
            del self.changing[request.order]

    def forget_requests(self) -> None:
        """Believe no more that what was asked for will reach the machine."""
        self.requested.clear()
        self.changing.clear()

    def new_order(self) -> OrderId:
        """Return an order id that was never used, not even before a restart."""
        used = self.machine.orders.last_id(self.strategy_id)
        self._last_id = OrderId(max(self._last_id, used) + 1)
        assert self._last_id >> COUNTER_BITS == self.strategy_id, "order ids carry their strategy"
        return self._last_id

    def request(self, request: Request) -> None:
        """Queue a request. Raises `StrategyIsOff`, and `TooManyRequests` with which it fails."""
        if self.failure:
            raise StrategyIsOff(f"this strategy failed and may ask for nothing: {self.failure}")
        if self.asked >= REQUESTS_MAX:
            error = TooManyRequests(f"more than {REQUESTS_MAX} requests at once")
            self.fail(error)  # here, and not where it is caught: a handler may swallow it
            raise error
        self.asked += 1
        self.outbox.requests.append(request)
        if isinstance(request, SubmitRequest):
            self.requested[request.order] = request
        elif isinstance(request, CancelRequest | ReplaceRequest):
            self.changing[request.order] = _ASKED_FOR[type(request)]

    def listener(self, topic: Topic, instrument: InstrumentId) -> Handler | None:
        """Return what hears a topic of an instrument, None if nothing does."""
        if not self.listening:
            return None
        subscribed = self._subscribed(topic, instrument)
        handler = self.handlers.get(_HANDLER_OF[topic]) if subscribed else None
        if topic is Topic.TRADES:
            feeds = [feed for feed in self.bar_feeds if feed.instrument == instrument]
            return TradeListener(feeds, handler, self.is_listening).hear if feeds else handler
        return handler

    def is_listening(self) -> bool:
        """Return whether market events may reach the strategy."""
        return self.listening

    def add_bars(
        self,
        instrument: Instrument,
        size: Nanos | BarSize,
        now: Nanos,
        gaps: bool,
        conditions: SaleConditions,
    ) -> None:
        """Build bars of an instrument from now on; asking twice builds them once."""
        on_bar = self.handlers.get("on_bar")
        if on_bar is None:
            raise InvalidRequest("this strategy has no on_bar to take the bars")
        number = instrument.instrument
        for feed in self.bar_feeds:
            if feed.instrument == number and feed.size == size:
                feed.conditions = conditions
                if isinstance(feed, BarFeed):
                    feed.builder.fill_gaps = gaps
                return
        if isinstance(size, BarSize):
            sized = SizedBarBuilder(instrument, size)
            feed = SizedBarFeed(sized, conditions, on_bar, self.is_listening)
        else:
            close_at = _BarTimer(self, BAR_TIMER_FIRST + len(self.bar_feeds)).set
            builder = BarBuilder(number, size, now, gaps)
            feed = BarFeed(builder, conditions, on_bar, close_at, self.is_listening)
        self.bar_feeds.append(feed)
        self.outbox.forget_listeners()

    def _subscribed(self, topic: Topic, instrument: InstrumentId) -> bool:
        if self.topics is None:
            return True
        topics = self.topics.get(instrument, frozenset())
        return bool(topics) if topic in _WITH_ANY else topic in topics


class _BarTimer:
    """The timer that closes the bars of one feed. An object, since a snapshot keeps no closure."""

    def __init__(self, seat: Seat, timer: int) -> None:
        self._seat = seat
        self._timer = timer

    def set(self, due: Nanos | None) -> None:
        """Set the timer, or cancel it."""
        seat = self._seat
        if due is None or not seat.listening:
            seat.outbox.timers.cancel(seat.strategy_id, self._timer)
        else:
            seat.outbox.timers.set(seat.strategy_id, self._timer, due)
