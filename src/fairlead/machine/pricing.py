"""With which type, price and time in force an order goes to its venue.

What a venue has of its own it gets as it was asked for. What it lacks the machine makes of what
every venue has: a fired stop is a market or limit order; an order of unset type is a limit beyond
the touch, rounded away from giving more than asked; market-to-limit is a limit at the touch; a day
or a date is kept by the machine, which cancels in time.
"""

from typing import Final

from fairlead.machine.books import Book
from fairlead.machine.risk.terms import Terms
from fairlead.machine.state import DEFAULT_POLICY, State
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import FailedCheck
from fairlead.model.terms import OrderType, Side, TimeInForce, Unit
from fairlead.model.units import BASIS_POINTS_UNIT, BasisPoints, Price

_BUY: Final = Side.BUY
_MARKET: Final = OrderType.MARKET
_LIMIT: Final = OrderType.LIMIT
_GTC: Final = TimeInForce.GTC
_DAY: Final = TimeInForce.DAY
_GTD: Final = TimeInForce.GTD
# What goes to a venue that does not have the type.
_EMULATED: Final[dict[OrderType, OrderType]] = {
    OrderType.STOP: OrderType.MARKET,
    OrderType.STOP_LIMIT: OrderType.LIMIT,
    OrderType.TRAILING_STOP: OrderType.MARKET,
    OrderType.MARKET_TO_LIMIT: OrderType.LIMIT,
    OrderType.UNSET: OrderType.LIMIT,
}


def price_of(state: State, terms: Terms, instrument: Instrument, book: Book) -> FailedCheck | None:
    """Put into `terms` what the venue will get; return why there is no price for it, None if so."""
    order = terms.order
    kept = order.time_in_force is _DAY or order.time_in_force is _GTD
    if kept and order.time_in_force not in instrument.times_in_force:
        terms.time_in_force = _GTC
    if order.sent_type is not order.order_type:  # it was sent as this before, or has fired
        terms.order_type = order.sent_type
        return None
    if order.order_type in instrument.order_types:
        return None
    terms.order_type = _EMULATED.get(order.order_type, order.order_type)
    if order.order_type is OrderType.UNSET:
        policy = state.policy_of(order) or DEFAULT_POLICY
        return _beyond_touch(terms, instrument, book, policy.limit_offset)
    if order.order_type is OrderType.MARKET_TO_LIMIT:
        return _beyond_touch(terms, instrument, book, BasisPoints(0))
    return None


def _beyond_touch(
    terms: Terms, instrument: Instrument, book: Book, offset: BasisPoints
) -> FailedCheck | None:
    """Price a buy at the ask plus the offset, a sell at the bid less it; rounded to the safe side.

    The safe side is the one that pays less or receives more. A tick is never rounded past the
    touch: there the order still trades.
    """
    if terms.price:
        return None  # it named its own
    tick = instrument.price_tick
    buys = terms.order.side is _BUY
    touch = book.ask_price if buys else book.bid_price
    if book.stale or touch <= 0:
        return FailedCheck("touch_present", None, None, Unit.NONE)
    terms.price = price_beyond(touch, buys, tick, offset)
    return None


def price_beyond(touch: Price, buys: bool, tick: Price, offset: BasisPoints) -> Price:
    """Return the price so far beyond the touch of the other side, rounded to the safe side."""
    if buys:
        return Price(touch * (BASIS_POINTS_UNIT + offset) // BASIS_POINTS_UNIT // tick * tick)
    exact = touch * (BASIS_POINTS_UNIT - offset)
    return Price(-(-exact // (BASIS_POINTS_UNIT * tick)) * tick)
