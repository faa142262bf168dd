"""Orders that hang together, and a venue that answers for them in any order that it likes."""

from typing import Any, Final

from fairlead.machine.links import Links
from fairlead.machine.watched import Watched
from fairlead.model.inputs import Input, SubmitRequest, Trade
from fairlead.model.outputs import CancelOrder, Output, ReplaceOrder, SendOrder
from fairlead.model.terms import Contingency, OrderType, Side, Trigger
from fairlead.model.units import InstrumentId, OrderId, Price, Quantity
from tests.machine.build import (
    BUY,
    KILL,
    NO_TIME,
    SECOND,
    SELL,
    Rig,
    accepted,
    cancel,
    cancel_rejected,
    canceled,
    filled,
    quote,
    replace_rejected,
    replaced,
    submit,
)

FORGOTTEN: Final = (Links().content(), Watched().content())


def trade(price: int, instrument: int = 1) -> Trade:
    """Return a trade of others."""
    return Trade(InstrumentId(instrument), Price(price), Quantity(1), BUY, "", NO_TIME)


def stop(
    order: int,
    side: Side = SELL,
    quantity: int = 8,
    trigger_price: int = 95,
    trigger: Trigger = Trigger.TOUCH,
    **terms: Any,
) -> SubmitRequest:
    """Return the request for a stop by the touch; a `price` makes it a stop-limit."""
    price = terms.pop("price", 0)
    kind = OrderType.STOP_LIMIT if price else OrderType.STOP
    given = {"order_type": kind, "trigger_price": Price(trigger_price), "trigger": trigger}
    return submit(order, side, quantity, price, **{**given, **terms})


def trailing(order: int, side: Side = SELL, quantity: int = 8, **terms: Any) -> SubmitRequest:
    """Return the request for a trailing stop by the touch, without a first trigger price."""
    first = terms.pop("trigger_price", 0)
    return stop(order, side, quantity, first, order_type=OrderType.TRAILING_STOP, **terms)


def bracket(
    contingency: Contingency = Contingency.OUO, first: int = 1, quantity: int = 8
) -> tuple[SubmitRequest, ...]:
    """Return an entry that buys at 100, a limit at 105 and a stop at 95 that get out of it."""
    hangs: dict[str, Any] = {
        "after": OrderId(first),
        "group": OrderId(first + 1),
        "contingency": contingency,
        "reduce_only": True,
    }
    return (
        submit(first, BUY, quantity, 100),
        submit(first + 1, SELL, quantity, 105, **hangs),
        stop(first + 2, SELL, quantity, 95, **hangs),
    )


def limit_of_group(
    order: int, contingency: Contingency, side: Side = BUY, price: int = 98
) -> SubmitRequest:
    """Return a limit order of group 1."""
    return submit(order, side, 8, price, group=OrderId(1), contingency=contingency)


def remembered(rig: Rig) -> tuple[list[object], list[object]]:
    """Return what is kept of orders that hang together, and of watched ones."""
    return rig.machine.state.links.content(), rig.machine.state.watched.content()


def messages(outputs: list[Output]) -> list[tuple[str, int, int]]:
    """Return what goes to the venue: what, of which order, and for how much (0 for a cancel)."""
    found = []
    for one in outputs:
        if isinstance(one, SendOrder):
            found.append(("send", int(one.approved.order), int(one.approved.quantity)))
        elif isinstance(one, ReplaceOrder):
            found.append(("replace", int(one.approved.order), int(one.approved.quantity)))
        elif isinstance(one, CancelOrder):
            found.append(("cancel", int(one.order), 0))
    return found


def live(rig: Rig) -> list[int]:
    """Return the orders of which anything may still become."""
    return [int(order.order) for order in rig.machine.orders.all() if order.live]


class Counterparty:
    """A venue that keeps what it is sent, and answers what it is asked when the test says so."""

    def __init__(self) -> None:
        """Begin without any order."""
        self.quantities: dict[int, int] = {}  # of the orders that work, in the order they came
        self.sides: dict[int, Side] = {}
        self.fills: dict[int, int] = {}
        self.asked: dict[int, list[Output]] = {}  # messages that it has not answered yet
        self.executions = 0

    def take(self, outputs: list[Output]) -> None:
        """Take the messages among some outputs."""
        for output in outputs:
            if isinstance(output, SendOrder):
                number = int(output.approved.order)
                self.quantities[number] = output.approved.quantity
                self.sides[number] = output.approved.side
                self.fills[number] = 0
                self.asked[number] = [output]
            elif isinstance(output, CancelOrder):
                self.asked.setdefault(int(output.order), []).append(output)
            elif isinstance(output, ReplaceOrder):
                self.asked.setdefault(int(output.approved.order), []).append(output)

    def fill(self, number: int, quantity: int) -> list[Input]:
        """Fill some of an order, as far as it works."""
        left = self.quantities.get(number, 0) - self.fills.get(number, 0)
        quantity = min(quantity, left)
        if quantity < 1:
            return []
        self.executions += 1
        self.fills[number] += quantity
        if quantity == left:
            del self.quantities[number]
        return [filled(number, quantity, f"x{self.executions}")]

    def answer(self, number: int, agrees: bool) -> list[Input]:
        """Answer the oldest message about an order; what is done is not canceled or changed."""
        asked = self.asked.get(number)
        if not asked:
            return []
        message = asked.pop(0)
        works = number in self.quantities
        if isinstance(message, SendOrder):
            return [accepted(number)]
        if isinstance(message, ReplaceOrder):
            quantity = message.approved.quantity
            if not (works and agrees and quantity > self.fills[number]):
                return [replace_rejected(number)]
            self.quantities[number] = quantity
            return [replaced(number, quantity, message.approved.price)]
        if not (works and agrees):
            return [cancel_rejected(number)]
        del self.quantities[number]
        return [canceled(number)]


def play(rig: Rig, venue: Counterparty, step: tuple[str, int, int]) -> None:
    """Let one thing happen to two brackets, orders 1 to 3 and 4 to 6."""
    what, number, quantity = step
    if what == "wait":
        rig.wait(quantity * SECOND // 4)
    elif what == "cancel":
        venue.take(rig.give(cancel(number)))
    elif what in ("up", "down"):
        venue.take(rig.give(quote(99, 101) if what == "up" else quote(95, 96)))
    elif what == "late":
        venue.take(rig.give(quote(104, 106)))
    else:
        fills = what == "fill"
        answers = venue.fill(number, quantity) if fills else venue.answer(number, what == "answer")
        venue.take(rig.give(*answers))


def bring_to_an_end(rig: Rig, venue: Counterparty) -> None:
    """Let the venue answer all that it was asked, and a person end what is left."""
    for _ in range(200):
        rig.wait(2 * SECOND)
        venue.take(rig.give(quote(95, 96)))
        for number in list(venue.asked):
            venue.take(rig.give(*venue.answer(number, agrees=True)))
        for number in list(venue.quantities):
            if rig.order(number).order_type in (OrderType.STOP, OrderType.MARKET):
                venue.take(rig.give(*venue.fill(number, 100)))
        if not any(venue.asked.values()):
            venue.take(rig.give(KILL))
            if not live(rig):
                return
