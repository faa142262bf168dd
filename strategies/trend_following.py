"""Follow a trend: enter where a fast average crosses a slow one, leave at the next cross or a stop.

One position at a time. Its size is such that the stop, `stop_atr` average ranges away, costs about
`risk`. The stop follows the closes and never retreats. Orders are limits through the touch by
`reach_bps`, filled at once or not at all: an entry that was missed is not chased, an exit is tried
again until the position is flat.

What is held and what is on its way is asked of the context and never remembered, so partial fills,
late fills, fills that are taken back and a restart with an open position need no case of their own:
a position without a stop gets one with the next bar.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from fairlead.strategy import (
    ATR,
    EMA,
    Bar,
    Context,
    InstrumentAdjusted,
    Nanos,
    OrderCanceled,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    PositionChanged,
    Price,
    Quantity,
    Quote,
    Side,
    Strategy,
    TimeInForce,
    Touch,
    seconds,
)

Period = Annotated[int, msgspec.Meta(ge=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
BPS = 1e-4
RETRY = seconds(1)  # after an order that did not fill wholly: not with every quote


class TrendFollowing(Strategy):
    """Follow the trend of one instrument."""

    class Parameters(Strategy.Parameters, frozen=True):
        """What may be set; money and quantities as people write them."""

        instrument: str
        bar_seconds: Positive = 60.0
        fast: Period = 10  # bars
        slow: Period = 30  # bars
        atr_period: Period = 14  # bars
        stop_atr: Positive = 3.0
        risk: Decimal = Decimal(100)  # in the instrument's currency
        quantity_max: Decimal = Decimal(10)
        reach_bps: Positive = 5.0
        allow_short: bool = False

        def __post_init__(self) -> None:
            """Refuse a cross that could not happen, and sizes of nothing. Raises `ValueError`."""
            if self.fast >= self.slow:
                raise ValueError(f"fast is {self.fast}, expected below slow, which is {self.slow}")
            if self.risk <= 0 or self.quantity_max <= 0:
                raise ValueError("risk and quantity_max are expected above 0")

    parameters: Parameters
    trend: int  # 1 up, -1 down, 0 not known yet
    stop: float | None

    def on_start(self, context: Context) -> None:
        """Begin flat in mind; whatever is held is managed from the first warm bar on."""
        parameters = self.parameters
        self.terms = context.instrument(parameters.instrument)
        self.instrument = self.terms.instrument
        self.quantity_max = context.quantity(self.instrument, parameters.quantity_max)
        self.leaving = False
        self.retry_at = context.time
        self.begin()
        context.subscribe(self.instrument, trades=False, book=False)
        context.subscribe_bars(self.instrument, seconds(parameters.bar_seconds))
        context.cancel_all(self.instrument)

    def on_bar(self, context: Context, bar: Bar) -> None:
        """Look for a cross, move the stop along, and act."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if self.atr.update(bar) is None or fast is None or slow is None:
            return
        trend = (fast > slow) - (fast < slow)
        if trend and trend != self.trend:
            crossed = self.trend != 0  # the first known trend began nobody knows when
            self.trend = trend
            self.entry = trend if crossed and (trend > 0 or self.parameters.allow_short) else 0
        self.trail(self.position(context), bar.close)
        self.act(context)

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Watch the stop, and go on with what is not done."""
        touch = context.quote(quote.instrument)
        if touch is not None and self.stop is not None and not self.leaving:
            position = self.position(context)
            mark = touch.bid_price if position > 0 else touch.ask_price
            self.leaving = position != 0 and (mark - self.stop) * position <= 0
        self.act(context)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Put a stop under a new position; take the other side after leaving one."""
        position = self.position(context)
        if position == 0:
            self.stop, self.leaving = None, False
        elif self.stop is None:
            self.trail(position, fill.price)
        self.act(context)

    def on_position(self, context: Context, position: PositionChanged) -> None:
        """Take a corrected position as it is: its stop comes with the next bar."""
        self.stop, self.leaving = None, False

    def on_adjustment(self, context: Context, adjustment: InstrumentAdjusted) -> None:
        """Begin anew after a corporate action: older prices would cross by themselves."""
        self.begin()

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Wait a little after an order that did not fill wholly."""
        if isinstance(fact, OrderRefused | OrderRejected | OrderCanceled | OrderExpired):
            self.retry_at = Nanos(context.time + RETRY)

    def on_stop(self, context: Context) -> None:
        """Want nothing any more; a position that is held stays, as the log says."""
        held = context.decimal_quantity(self.instrument, self.position(context))
        context.log(f"holds {held} {self.terms.symbol}")
        self.trend, self.entry, self.leaving = 0, 0, False

    def begin(self) -> None:
        """Know nothing yet of the trend; a position that is held gets its stop when it is known."""
        parameters = self.parameters
        self.fast, self.slow = EMA(parameters.fast), EMA(parameters.slow)
        self.atr = ATR(parameters.atr_period)
        self.trend = 0
        self.entry = 0  # the direction of a position that is still to be taken
        self.stop = None

    def act(self, context: Context) -> None:
        """Leave what should not be held, or take what should; one order at a time."""
        position = self.position(context)
        if not self.entry and not self.leaving and position * self.trend >= 0:
            return
        touch = context.quote(self.instrument)
        if touch is None or context.time < self.retry_at or context.working(self.instrument):
            return
        if position:
            if self.leaving or position * self.trend < 0:
                quantity = min(abs(position), self.terms.quantity_max)
                self.send(context, touch, -position, Quantity(quantity), "exit")
            return
        direction, self.entry, self.leaving = self.entry, 0, False
        quantity = self.size(context)
        if direction and quantity:
            self.send(context, touch, direction, Quantity(quantity), "entry")

    def send(
        self, context: Context, touch: Touch, direction: int, quantity: Quantity, tag: str
    ) -> None:
        """Send a limit through the touch that fills at once or not at all."""
        side = Side.BUY if direction > 0 else Side.SELL
        if side is Side.BUY:
            limit = touch.ask_price * (1 + self.parameters.reach_bps * BPS)
            price, submit = context.round_price_up(self.instrument, limit), context.buy
        else:
            limit = touch.bid_price * (1 - self.parameters.reach_bps * BPS)
            price, submit = context.round_price_down(self.instrument, limit), context.sell
        submit(self.instrument, quantity, price, time_in_force=TimeInForce.IOC, tag=tag)

    def size(self, context: Context) -> Quantity:
        """Return how much may be taken so that the stop costs `risk`; 0 if that is too little."""
        distance = max(self.parameters.stop_atr * (self.atr.value or 0.0), self.terms.price_tick)
        money = int(self.parameters.risk * 10**self.terms.money_decimals)
        quantity = min(money / (distance * self.terms.money_unit), self.quantity_max)
        rounded = context.round_quantity_down(self.instrument, quantity)
        return rounded if rounded >= self.terms.quantity_min else Quantity(0)

    def trail(self, position: int, price: Price) -> None:
        """Set the stop of a position, or move it along with the price, never back."""
        if self.atr.value is None:
            return  # a position from before: its stop comes with the first warm bar
        distance = self.parameters.stop_atr * self.atr.value
        if position > 0:
            self.stop = max(price - distance, self.stop or 0.0)
        elif position < 0:
            self.stop = min(price + distance, self.stop or float("inf"))
        else:
            self.stop = None

    def position(self, context: Context) -> int:
        """Return what is held: long above 0, short below."""
        return context.position(self.instrument).quantity
