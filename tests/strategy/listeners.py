"""Strategies for tests of the host: they write down what they hear."""

from contextlib import suppress
from typing import Any

from fairlead.model.units import OrderId, Price, Quantity
from fairlead.strategy import Context, OrderFact, OrderFilled, Quote, Strategy, Trade
from fairlead.strategy.seat import REQUESTS_MAX
from tests.strategy.rig import AAA


class Listener(Strategy):
    """Writes down what it hears, in a list that several may share."""

    def __init__(self, heard: list[Any] | None = None, name: str = "") -> None:
        """Take a list to share, and a name to tell the listeners of it apart."""
        super().__init__()
        self.heard: list[Any] = [] if heard is None else heard
        self.name = name

    def note(self, event: object) -> None:
        """Keep an event, with the name of who heard it if there is one."""
        self.heard.append((self.name, event) if self.name else event)

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.note(quote)

    def on_trade(self, context: Context, trade: Trade) -> None:
        self.note(trade)

    def on_order(self, context: Context, fact: OrderFact) -> None:
        self.note(fact)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        self.note(fill)

    def on_stop(self, context: Context) -> None:
        self.note("stop")


class Buyer(Listener):
    """Buys one lot with its first quote."""

    bought = OrderId(0)

    def on_quote(self, context: Context, quote: Quote) -> None:
        super().on_quote(context, quote)
        if not self.bought:
            self.bought = context.buy(AAA, Quantity(10), Price(9_990))


class Broken(Listener):
    """Asks for an order with every quote; fails with the second."""

    quotes = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.quotes += 1
        context.buy(AAA, Quantity(10), Price(9_990))
        if self.quotes == 2:
            raise RuntimeError("no\nidea")


class Flood(Strategy):
    """Asks for more than the bound, and swallows what it is told."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        for _ in range(REQUESTS_MAX + 5):
            with suppress(Exception):
                context.buy(AAA, Quantity(1), Price(1))


def kinds(heard: list[Any]) -> list[type]:
    return [type(event) for event in heard]
