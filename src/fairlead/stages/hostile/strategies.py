"""The strategies of a hostile world: one that is ordinary, and three that are not.

None of them draws chance: what they do follows from what they have seen.
"""

from typing import Final

from fairlead.model.inputs import Quote
from fairlead.model.terms import Status
from fairlead.model.units import Price, Quantity
from fairlead.strategy import Context, Strategy

_MANY: Final = Quantity(10**12)


class Ordinary(Strategy):
    """Rests orders a little away from the market, changes its mind now and then, and takes."""

    def on_start(self, context: Context) -> None:
        """Begin to count."""
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Ask for something at every other quote."""
        self.seen += 1
        turn = self.seen % 8
        working = context.working(quote.instrument)
        if turn in (1, 4):
            quantity = Quantity(1 + self.seen % 7)
            if quote.bid_price and self.seen % 3:
                context.buy(quote.instrument, quantity, Price(quote.bid_price - self.seen % 5))
            elif quote.ask_price:
                context.sell(quote.instrument, quantity, Price(quote.ask_price + self.seen % 5))
        elif turn == 3 and working:
            order = working[self.seen % len(working)]
            if order.status is Status.OPEN:
                context.replace(order.order, quantity=Quantity(order.quantity + self.seen % 3))
        elif turn == 6 and working:
            context.cancel(working[0].order)
        elif turn == 7 and self.seen % 5 == 0:
            context.sell(quote.instrument, Quantity(2))


class Hyperactive(Strategy):
    """Asks for more than anybody may have, at every quote, and cancels it all."""

    def on_start(self, context: Context) -> None:
        """Begin to count."""
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Ask, and ask again."""
        self.seen += 1
        if self.seen % 4:
            return
        if self.seen % 24 == 0:
            context.cancel_all()
        if quote.bid_price and quote.ask_price:
            for step in range(3):
                quantity = Quantity(6 + self.seen % 9)
                if (self.seen // 4 + step) % 2:
                    context.buy(quote.instrument, quantity, Price(quote.bid_price - step))
                else:
                    context.sell(quote.instrument, quantity, Price(quote.ask_price + step))


class Failing(Strategy):
    """Works for a while, with an order in the market, then breaks."""

    def on_start(self, context: Context) -> None:
        """Begin to count."""
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Ask once, and break at the sixtieth quote."""
        self.seen += 1
        if self.seen % 20 == 1 and quote.bid_price:
            context.buy(quote.instrument, Quantity(3), quote.bid_price)
        if self.seen == 60:
            raise RuntimeError("the model has no more parameters")


class Nonsensical(Strategy):
    """Asks for what cannot be: amounts and prices of another world, orders that are not its own."""

    def on_start(self, context: Context) -> None:
        """Begin to count."""
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Ask for one absurdity after the other."""
        self.seen += 1
        what = self.seen % 40
        if what == 5:
            context.buy(quote.instrument, _MANY, Price(1))
        elif what == 15:
            context.sell(quote.instrument, Quantity(1), Price(10**9))
        elif what == 25:
            context.buy(quote.instrument, Quantity(0), Price(100))
        elif what == 35:
            for order in context.working():
                context.replace(order.order, quantity=_MANY)
