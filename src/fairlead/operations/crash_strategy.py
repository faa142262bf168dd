"""The strategy of the crash drill: it asks all the time, so that a kill meets much on its way.

It makes no money and is not meant to. Every few milliseconds it takes the next instrument and the
next deed of its round: quote, move a quote, take, cancel. What it does depends on what it sees and
on the number of the deed alone, so a restart finds it where it stands.
"""

from decimal import Decimal

from fairlead.strategy import (
    Context,
    Instrument,
    OrderView,
    Price,
    Quantity,
    Side,
    Status,
    Strategy,
    Touch,
    seconds,
)

DEEDS = 4  # of a round, for each instrument
WORKING_MAX = 6  # orders of one instrument; beyond, the oldest goes
QUANTITIES = 7  # how many different ones
MOVE, TAKE, CANCEL = 1, 2, 3  # what the deeds of a round are; the others quote


class Restless(Strategy):
    """Quotes, moves, takes and cancels, one after the other."""

    class Parameters(Strategy.Parameters, frozen=True):
        """What may be set."""

        quantity: Decimal = Decimal(10)  # the smallest order
        every_seconds: float = 0.005  # from one deed to the next
        ticks: int = 3  # so many prices behind the touch are quoted

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Begin the first round."""
        self.deeds = 0
        context.set_timer(seconds(self.parameters.every_seconds))

    def on_timer(self, context: Context, timer: int) -> None:
        """Do the next deed."""
        self.deeds += 1
        instruments = context.instruments
        round_, place = divmod(self.deeds, len(instruments))
        self.act(context, instruments[place], round_ % DEEDS)
        context.set_timer(seconds(self.parameters.every_seconds), timer)

    def act(self, context: Context, terms: Instrument, deed: int) -> None:
        """Quote, move, take or cancel."""
        touch = context.quote(terms.instrument)
        if touch is None:
            return
        working = [one for one in context.working(terms.instrument) if one.status is Status.OPEN]
        if working and (deed == CANCEL or len(working) > WORKING_MAX):
            context.cancel(working[0].order)
        elif working and deed == MOVE:
            self.move(context, terms, working[-1])
        else:
            self.ask(context, terms, touch, takes=deed == TAKE)

    def ask(self, context: Context, terms: Instrument, touch: Touch, *, takes: bool) -> None:
        """Ask for an order: at the other side of the market, or behind our own."""
        behind = terms.price_tick * (self.deeds % self.parameters.ticks)
        smallest = context.quantity(terms.instrument, self.parameters.quantity)
        quantity = Quantity(smallest * (1 + self.deeds % QUANTITIES))
        if self.side(context, terms) is Side.BUY:
            price = touch.ask_price if takes else Price(touch.bid_price - behind)
            context.buy(terms.instrument, quantity, price)
        else:
            price = touch.bid_price if takes else Price(touch.ask_price + behind)
            context.sell(terms.instrument, quantity, price)

    def side(self, context: Context, terms: Instrument) -> Side:
        """Return the side that brings the position nearer to zero; without one, each in turn."""
        held = context.position(terms.instrument).quantity
        if held:
            return Side.SELL if held > 0 else Side.BUY
        return Side.BUY if self.deeds % 2 else Side.SELL

    def move(self, context: Context, terms: Instrument, order: OrderView) -> None:
        """Put an order one tick up or down."""
        step = terms.price_tick if self.deeds % 2 else -terms.price_tick
        context.replace(order.order, price=Price(order.price + step))
