"""What a moved market does to orders: stops fire, trails follow, slippage ends what is too late.

A stop that the machine keeps fires when the price of its kind reaches its trigger price: the last
trade, if it came after the order was held; the touch that it would trade against; or the middle,
compared exactly. The trigger price of a trailing stop follows the market at its distance, rounded
to the tick on the far side, and never goes back.

A book that is stale, crossed or one-sided fires nothing, and no stop fires into the void: while the
session is down, the instrument closed, the reference too old or the message rate used up it waits,
and fires with the first market after that which still reaches it. The last trade reaches it as long
as it is no older than the reference may be. What fired goes to the venue by `contingency.py`, in
the same step, when nothing else of its group works there.

Slippage is measured from the price of the decision: that of a stop is its trigger price.
"""

from typing import Final

from fairlead.machine.books import NEVER, Book
from fairlead.machine.orders import STOPS, Hold, Order
from fairlead.machine.requests import request_cancel, terms_of
from fairlead.machine.state import State
from fairlead.model.outputs import OrderTriggered, Output, SlippageExceeded
from fairlead.model.terms import OrderType, Side, Status, Trigger
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
    Price,
)

_BUY: Final = Side.BUY
_HELD: Final = Status.HELD
_CANCEL_PENDING: Final = Status.CANCEL_PENDING
_LAST: Final = Trigger.LAST
_TOUCH: Final = Trigger.TOUCH
_TRAILING_STOP: Final = OrderType.TRAILING_STOP
_ON_TRIGGER: Final = Hold.TRIGGER
# What becomes of a stop of the machine's own when it fires.
_FIRED: Final[dict[OrderType, OrderType]] = {
    OrderType.STOP: OrderType.MARKET,
    OrderType.STOP_LIMIT: OrderType.LIMIT,
    OrderType.TRAILING_STOP: OrderType.MARKET,
}
# Before a cancel that the venue turned down is asked for again: not at the speed of the wire.
PATIENCE: Final = Nanos(NANOS_PER_SECOND)


def traded(state: State, instrument: InstrumentId, time: Nanos, outputs: list[Output]) -> None:
    """Let the watched orders of an instrument see a trade of others."""
    state.watched.traded(instrument)
    moved(state, instrument, time, outputs)


def moved(state: State, instrument: InstrumentId, time: Nanos, outputs: list[Output]) -> None:
    """Let the watched orders of an instrument see the market as it is now."""
    book = state.books.get(instrument)
    assert book is not None, "every instrument has a book"
    if _is_blind(book):
        return
    for order in state.watched.of(instrument):
        _look(state, order, book, time, outputs)


def watch(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Watch an order that the market may move, from now on; any other no longer.

    What it finds is the first market that it sees: it may fire at once.
    """
    if not _is_moved_by_market(state, order):
        state.watched.remove(order)
    elif state.watched.add(order) and order.hold is _ON_TRIGGER:
        book = state.books.get(order.instrument)
        assert book is not None, "every instrument has a book"
        if not _is_blind(book):
            _look(state, order, book, time, outputs)


def has_fired(order: Order) -> bool:
    """Return whether an order is a stop of the machine's own that has fired."""
    return order.order_type in STOPS and order.sent_type is not order.order_type


def another_fired(state: State, order: Order) -> bool:
    """Return whether another of its group has fired, and is on its way."""
    for other in state.links.members(order):
        if other is not order and other.live and has_fired(other):
            return True
    return False


def is_leaving(order: Order) -> bool:
    """Return whether a live order was asked to cancel."""
    return order.status is _CANCEL_PENDING or order.cancel_wanted


def may_go(state: State, order: Order, time: Nanos) -> bool:
    """Return whether a held order could be sent now, if its own terms pass the gate.

    What does not pass for a reason of the moment is not thrown away: it waits for a better one.
    """
    book = state.books.get(order.instrument)
    limits = state.gate.limits(order.instrument)
    rate = state.gate.throttle.rate
    if book is None or book.stale or limits is None or rate is None:
        return False
    seen = book.last_time if _is_one_sided(book) else book.touch_time
    if seen == NEVER or time - seen > limits.reference_age_max:
        return False
    if state.gate.throttle.used(time) >= rate.count_max:
        return False
    terms = terms_of(state, order, order.quantity, order.price, time)
    terms.problem = state.reconciliation.gate_problem(order.instrument)
    terms.disconnected = terms.instrument.venue in state.disconnected
    return not state.gate.review_held(terms) and state.gate.pretrade.may_leave(terms)


def _is_moved_by_market(state: State, order: Order) -> bool:
    """Return whether the market may do something to an order, or let it do something."""
    if order.status is not _HELD:
        return order.working and order.conditions.slippage_max != 0
    if order.hold is Hold.PARENT:
        parent = state.orders.get(order.conditions.after)
        return parent is not None and parent.filled > 0 and order.order_type not in STOPS
    return order.hold is _ON_TRIGGER or order.hold is Hold.GROUP


def _is_one_sided(book: Book) -> bool:
    return book.bid_price == 0 or book.ask_price == 0


def _is_blind(book: Book) -> bool:
    """Return whether a book tells nothing that an order may be fired by."""
    return book.stale or _is_one_sided(book)


def _look(state: State, order: Order, book: Book, time: Nanos, outputs: list[Output]) -> None:
    if order.status is not _HELD:
        if order.working:
            _look_at_slippage(state, order, book, time, outputs)
    elif order.hold is _ON_TRIGGER and not has_fired(order):
        _look_at_trigger(state, order, book, time, outputs)
    else:
        state.changed.append(order)  # it may go now, where it could not before


def _look_at_trigger(
    state: State, order: Order, book: Book, time: Nanos, outputs: list[Output]
) -> None:
    """Let a trail follow, and fire what is reached; of a group one alone fires."""
    twice = _price_twice(state, order, book, time)
    if twice == 0:
        return
    conditions = order.conditions
    if order.order_type is _TRAILING_STOP:
        _follow(order, twice, state.instruments[order.instrument].price_tick)
    trigger_twice = 2 * conditions.trigger_price
    if trigger_twice == 0:
        return
    reached = twice >= trigger_twice if order.side is _BUY else twice <= trigger_twice
    if not reached or another_fired(state, order) or not may_go(state, order, time):
        return
    order.sent_type = _FIRED[order.order_type]
    price = Price(twice // 2)
    outputs.append(OrderTriggered(order.order, order.strategy, order.instrument, price))
    state.changed.append(order)


def _price_twice(state: State, order: Order, book: Book, time: Nanos) -> int:
    """Return twice the price that fires an order: a middle may lie on a half. 0 for none."""
    trigger = order.conditions.trigger
    if trigger is _LAST:
        limits = state.gate.limits(order.instrument)
        age_max = limits.reference_age_max if limits is not None else Nanos(0)
        fresh = state.watched.has_seen_trade(order) and time - book.last_time <= age_max
        said = book.last_exact  # and not carried over a split or dividend, and rounded
        return 2 * book.last_price if fresh and said else 0
    if trigger is _TOUCH:
        return 2 * (book.ask_price if order.side is _BUY else book.bid_price)
    return book.bid_price + book.ask_price


def _follow(order: Order, twice: int, tick: Price) -> None:
    """Move the trigger price of a trailing stop after the market, never back."""
    conditions = order.conditions
    share = conditions.trail_share
    unit = 2 * BASIS_POINTS_UNIT * tick
    if order.side is _BUY:
        exact = twice * (BASIS_POINTS_UNIT + share) + 2 * conditions.trail * BASIS_POINTS_UNIT
        trigger = -(-exact // unit) * tick
        if trigger < conditions.trigger_price or conditions.trigger_price == 0:
            conditions.trigger_price = Price(trigger)
    else:
        exact = twice * (BASIS_POINTS_UNIT - share) - 2 * conditions.trail * BASIS_POINTS_UNIT
        trigger = exact // unit * tick
        if trigger > conditions.trigger_price:
            conditions.trigger_price = Price(trigger)


def _look_at_slippage(
    state: State, order: Order, book: Book, time: Nanos, outputs: list[Output]
) -> None:
    """Cancel the rest of an order when the market went too far; said once."""
    conditions = order.conditions
    stops = order.order_type in STOPS
    decided = conditions.trigger_price if stops else order.decision_price
    market = book.ask_price if order.side is _BUY else book.bid_price
    against = market - decided if order.side is _BUY else decided - market
    if decided == 0 or against * BASIS_POINTS_UNIT <= conditions.slippage_max * decided:
        return
    first = state.watched.exceed(order)
    if first:
        names = (order.order, order.strategy, order.instrument)
        outputs.append(SlippageExceeded(*names, decided, market, conditions.slippage_max))
    if not is_leaving(order) and (first or time - order.updated >= PATIENCE):
        request_cancel(state, order, time, outputs)
