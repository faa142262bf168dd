"""Make a market: quote both sides around the mid, and lean against the inventory.

The quotes stand `half_spread_bps` from a centre. The centre is the mid, moved against the position
in proportion to it: long, both quotes move down, so that the next fill is more likely a sale. At
`position_max` they have moved by `skew_bps`, and the side that would add is not quoted. This is the
linear form of Avellaneda and Stoikov's reservation price (High-frequency trading in a limit order
book, 2008), with the skew given instead of derived from risk aversion and volatility.

At most one order per side is alive, and nothing is sent while one is on its way, so the position
can never pass `position_max`. Orders are found again after a restart, because nothing is remembered
that the context does not know. What was refused or rejected is tried again at the next refresh, and
not before.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from fairlead.strategy import (
    BookEvent,
    BookStale,
    Context,
    FillBusted,
    Instrument,
    InstrumentId,
    OrderFact,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderView,
    PositionChanged,
    Price,
    Quantity,
    Quote,
    ReplaceRejected,
    Side,
    Status,
    Strategy,
    Touch,
    seconds,
)

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
BPS = 1e-4


class Market:
    """One instrument that is quoted, and what was last seen of it."""

    def __init__(
        self, context: Context, terms: Instrument, quantity: Decimal, most: Decimal
    ) -> None:
        """Take the order size and the position cap as people write them."""
        self.terms = terms
        self.instrument: InstrumentId = terms.instrument
        self.quantity = context.quantity(self.instrument, quantity)
        self.position_max = context.quantity(self.instrument, most)
        self.touch: tuple[Price, Price] | None = None
        self.blocked: set[Side] = set()  # refused or rejected: not tried again before the refresh


class MarketMaking(Strategy):
    """Quote both sides of every instrument that it is given."""

    class Parameters(Strategy.Parameters, frozen=True):
        """What may be set; one basis point is a hundredth of a percent of the mid."""

        instruments: tuple[str, ...] = ()  # symbols; none means all
        quantity: Decimal = Decimal(1)  # of each quote
        position_max: Decimal | None = None  # none means five quotes
        half_spread_bps: Positive = 2.0
        skew_bps: NotNegative = 2.0  # how far the quotes have moved at position_max
        tolerance_bps: NotNegative = 0.5  # a quote that is off by no more than this stays
        refresh_seconds: Positive = 1.0
        quote_age_max_seconds: Positive = 5.0  # an older touch is not quoted against

        def __post_init__(self) -> None:
            """Refuse sizes that could never trade. Raises `ValueError`."""
            if not 0 < self.quantity <= self.cap:
                raise ValueError(
                    f"quantity is {self.quantity} and position_max is {self.cap},"
                    " expected 0 < quantity <= position_max"
                )

        @property
        def cap(self) -> Decimal:
            """The largest position, long or short."""
            return 5 * self.quantity if self.position_max is None else self.position_max

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Choose the instruments; quote with the first touch."""
        chosen = self.parameters.instruments
        terms = [context.instrument(symbol) for symbol in chosen] or list(context.instruments)
        self.markets = {
            one.instrument: Market(context, one, self.parameters.quantity, self.parameters.cap)
            for one in terms
        }
        for instrument in self.markets:
            context.subscribe(instrument, trades=False)
        context.set_timer(seconds(self.parameters.refresh_seconds))

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Follow the market."""
        self.look(context, self.markets[quote.instrument])

    def on_book(self, context: Context, event: BookEvent) -> None:
        """Follow the market where the venue sends levels."""
        self.look(context, self.markets[event.instrument])

    def on_stale(self, context: Context, stale: BookStale) -> None:
        """Pull the quotes: nobody knows what the market is."""
        self.look(context, self.markets[stale.instrument])

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Lean against the new position."""
        self.lean(context, fill.instrument)

    def on_bust(self, context: Context, bust: FillBusted) -> None:
        """Lean no longer against what was taken back."""
        self.lean(context, bust.instrument)

    def on_position(self, context: Context, position: PositionChanged) -> None:
        """Lean against what was corrected."""
        self.lean(context, position.instrument)

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Go on with what the venue or risk said."""
        market = self.markets.get(fact.instrument)
        order = context.order(fact.order)
        if market is None or order is None:
            return
        refused = fact.request if isinstance(fact, OrderRefused) else ""
        kept = refused == "replace" or isinstance(fact, ReplaceRejected)
        if refused == "submit" or isinstance(fact, OrderRejected):
            market.blocked.add(order.side)
        elif kept and order.status is Status.OPEN:
            market.blocked.add(order.side)
            context.cancel(order.order)  # it stands at a price that is no longer wanted
        elif refused != "cancel":
            self.requote(context, market)

    def on_timer(self, context: Context, timer: int) -> None:
        """Refresh: try again what was refused, top up what was filled, pull what is too old."""
        for market in self.markets.values():
            market.blocked.clear()
            self.requote(context, market, top_up=True)
        context.set_timer(seconds(self.parameters.refresh_seconds), timer)

    def on_stop(self, context: Context) -> None:
        """Quote nothing any more; what becomes of the working orders is the node's policy."""
        for instrument, market in self.markets.items():
            held = context.decimal_quantity(instrument, context.position(instrument).quantity)
            context.log(f"holds {held} {market.terms.symbol}")
        self.markets = {}

    def lean(self, context: Context, instrument: InstrumentId) -> None:
        """Quote anew where the position is another one."""
        if instrument in self.markets:
            self.requote(context, self.markets[instrument])

    def look(self, context: Context, market: Market) -> None:
        """Quote anew if the touch is another one."""
        touch = context.quote(market.instrument)
        seen = None if touch is None else (touch.bid_price, touch.ask_price)
        if seen != market.touch:
            market.touch = seen
            self.requote(context, market)

    def requote(self, context: Context, market: Market, top_up: bool = False) -> None:
        """Bring both quotes to where they should be, or pull them if that is not known."""
        touch = context.quote(market.instrument)
        age_max = seconds(self.parameters.quote_age_max_seconds)
        if touch is None or context.time - touch.time > age_max:
            context.cancel_all(market.instrument)
            return
        position = context.position(market.instrument).quantity
        working = context.working(market.instrument)
        for side in (Side.BUY, Side.SELL):
            price = self.price(context, market, side, touch, position)
            quantity = self.quantity(context, market, side, position) if price > 0 else Quantity(0)
            orders = [order for order in working if order.side is side]
            self.keep(context, market, side, price, quantity, orders, top_up)

    def price(
        self, context: Context, market: Market, side: Side, touch: Touch, position: int
    ) -> Price:
        """Return where a side should be quoted: never through the other side of the market."""
        inventory = max(-1.0, min(1.0, position / market.position_max))
        centre = touch.mid * (1 - self.parameters.skew_bps * BPS * inventory)
        half_spread = touch.mid * self.parameters.half_spread_bps * BPS
        tick = market.terms.price_tick
        if side is Side.BUY:
            bid = context.round_price_down(market.instrument, centre - half_spread)
            return Price(min(bid, touch.ask_price - tick))
        ask = context.round_price_up(market.instrument, centre + half_spread)
        return Price(max(ask, touch.bid_price + tick))

    def quantity(self, context: Context, market: Market, side: Side, position: int) -> Quantity:
        """Return how much a side may quote without passing the position cap; 0 for nothing."""
        room = market.position_max - (position if side is Side.BUY else -position)
        quantity = context.round_quantity_down(market.instrument, min(market.quantity, room))
        return quantity if quantity >= market.terms.quantity_min else Quantity(0)

    def keep(
        self,
        context: Context,
        market: Market,
        side: Side,
        price: Price,
        quantity: Quantity,
        orders: list[OrderView],
        top_up: bool,
    ) -> None:
        """Have one order of this side at the price: place, replace, cancel, or leave it alone."""
        if not orders:
            if quantity and side not in market.blocked:
                submit = context.buy if side is Side.BUY else context.sell
                submit(market.instrument, quantity, price, post_only=True)
            return
        for spare in orders[1:]:
            if spare.status is Status.OPEN:
                context.cancel(spare.order)
        order = orders[0]
        if order.status is not Status.OPEN:
            return  # something is on its way; what comes of it is a fact that leads back here
        if quantity == 0:
            context.cancel(order.order)
        elif side not in market.blocked and self.is_off(order, price, quantity, top_up):
            context.replace(order.order, quantity=Quantity(order.filled + quantity), price=price)

    def is_off(self, order: OrderView, price: Price, quantity: Quantity, top_up: bool) -> bool:
        """Whether an order is too far off, too large, or (at a refresh) used up by half."""
        if abs(order.price - price) > price * self.parameters.tolerance_bps * BPS:
            return True
        return order.leaves > quantity or (top_up and order.leaves * 2 < quantity)
