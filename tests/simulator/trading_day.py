"""An exchange with a day for tests: every order type and time in force, and time that is given."""

from typing import Any

import msgspec

from fairlead.model.inputs import Input
from fairlead.model.outputs import Action, SendOrder
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import Nanos, Price, Quantity
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.world import Handling
from tests.simulator.orders import INSTRUMENT, START, quick, send, story

HOUR = 3_600 * 10**9
SECOND = 10**9
ANYTHING = msgspec.structs.replace(
    INSTRUMENT,
    order_types=tuple(one for one in OrderType if one is not OrderType.UNSET),
    times_in_force=tuple(TimeInForce),
    icebergs=True,
)


def order(number: int, side: Side, quantity: int, price: int = 0, **terms: Any) -> SendOrder:
    """Return an order of any kind; `price_worst` is no bound unless it is given."""
    plain = send(number, side, quantity, price).approved
    terms = {"price_worst": Price(0), **terms}
    return SendOrder(msgspec.structs.replace(plain, **terms))


class Day:
    """An exchange that is open, and everything that was heard of it."""

    def __init__(self, start: int = START, **rules: Any) -> None:
        """Open at a time."""
        self.exchange = Exchange([ANYTHING], quick(cash=10**12), ExchangeRules(**rules))
        self.listing = self.exchange.listings[ANYTHING.instrument]
        self.now = Nanos(start)
        self.heard: list[Input] = []
        self.exchange.open(self.now)
        self.wait()

    def wait(self, nanos: int = 1_000) -> list[str]:
        """Let time pass; return the reports that came."""
        self.now = Nanos(self.now + nanos)
        heard = self.exchange.take(self.now)
        self.heard += heard
        return story(heard)

    def we(self, *actions: Action) -> list[str]:
        """Let us act, and wait for what comes of it at once."""
        for action in actions:
            self.exchange.act(action, self.now)
        return self.wait()

    def crowd(self, side: Side, quantity: int, price: int, **terms: Any) -> int:
        """Let the crowd enter an order."""
        handling = terms.pop("handling", Handling.LIMIT)
        return self.exchange.enter(
            self.listing, side, Price(price), Quantity(quantity), handling, self.now, **terms
        )

    def phase(self, phase: Phase) -> list[str]:
        """Put the instrument into another phase."""
        self.exchange.begin(self.listing, phase, self.now)
        return self.wait()

    def told(self, *kinds: type) -> list[Any]:
        """Return what was heard of some kinds."""
        return [one for one in self.heard if isinstance(one, kinds)]
