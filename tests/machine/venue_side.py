"""A venue that keeps its own record, and the statements it makes: lines with short names.

The record is kept apart from the machine's, so that the two can be compared. What is traded in
instrument 1 (a perpetual) is traded at 100, so it makes no profit; instrument 2 is spot, and paid
in full at 10 units of money per price and quantity.
"""

from typing import Any

import msgspec

from fairlead.model.inputs import Input, Statement, VenueAccepted, VenueCanceled, VenueFilled
from fairlead.model.outputs import BreakChanged, BreakClosed, BreakOpened, Output
from fairlead.model.statements import (
    StatementCash,
    StatementFill,
    StatementOrder,
    StatementPosition,
)
from fairlead.model.terms import BreakKind, Liquidity, Side, Status
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)
from tests.machine.build import (
    BUY,
    CASH,
    DAY,
    VENUE,
    Rig,
    accepted,
    filled,
    instrument,
    limits,
    quote,
    submit,
)

SPOT_UNIT = 10
NOW = 10**9  # the time of a rig
LATER = NOW + 10


def statement(as_of: int, **terms: Any) -> Statement:
    """Return a statement of account 1 that covers nothing but what `terms` say."""
    made = Statement(AccountId(1), VENUE, Nanos(as_of))
    return msgspec.structs.replace(made, **terms)


def order_line(order: int, quantity: int = 8, price: int = 100, **terms: Any) -> StatementOrder:
    """Return the line of a working order that nothing is filled of."""
    line = StatementOrder(
        InstrumentId(1), BUY, Quantity(quantity), Quantity(0), Price(price), OrderId(order)
    )
    return msgspec.structs.replace(line, **terms)


def fill_line(
    order: int, execution: str, quantity: int, price: int = 100, **terms: Any
) -> StatementFill:
    """Return the line of an execution without a fee."""
    line = StatementFill(
        InstrumentId(1),
        execution,
        DAY,
        BUY,
        Price(price),
        Quantity(quantity),
        Money(0),
        Liquidity.MAKER,
        Nanos(0),
        OrderId(order),
    )
    return msgspec.structs.replace(line, **terms)


def position_line(quantity: int, instrument: int = 1) -> StatementPosition:
    """Return the line of a position."""
    return StatementPosition(InstrumentId(instrument), SignedQuantity(quantity))


def cash_line(amount: int, currency: str = "USD") -> StatementCash:
    """Return the line of a currency."""
    return StatementCash(currency, Money(amount))


def breaks_in(outputs: list[Output]) -> list[Output]:
    """Return what was said of breaks."""
    kinds = (BreakOpened, BreakChanged, BreakClosed)
    return [output for output in outputs if isinstance(output, kinds)]


def opened(*then: Input) -> Rig:
    """Return a rig with order 1, buy 8 at 100, open at the venue, and what came after."""
    return Rig(submit(1), accepted(1), *then)


def breaks_of(rig: Rig, **sections: Any) -> list[tuple[BreakKind, str, str]]:
    """Return kind, ours and theirs of the breaks that a later statement opens."""
    rig.wait(LATER - rig.time)
    outputs = rig.give(statement(LATER, **sections))
    found = [output for output in outputs if isinstance(output, BreakOpened)]
    return [(one.kind, one.ours, one.theirs) for one in found]


def far() -> tuple[Input, ...]:
    """Return a perpetual of another venue, ready to trade, and an order there with a fill."""
    terms = {"instrument": InstrumentId(3), "symbol": "FAR", "venue": "FAR"}
    at: dict[str, Any] = {"instrument": InstrumentId(3)}
    return (
        instrument(**terms),
        limits(3),
        quote(99, 101, instrument=3),
        submit(5, **at),
        accepted(5, instrument=3),
        filled(5, 4, "f1", **at),
    )


class VenueSide:
    """A rig, and what its venue has."""

    def __init__(self) -> None:
        """Begin with nothing traded."""
        self.rig = Rig()
        self.orders: dict[int, StatementOrder] = {}
        self.fills: list[StatementFill] = []

    def tell(self, *inputs: Input) -> None:
        """Give the rig something, a moment later."""
        self.rig.wait(1)
        self.rig.give(*inputs)

    def open(self, order: int, instrument: int, side: Side, quantity: int, price: int) -> None:
        """Let strategy 1 send an order, and take it."""
        terms = {"instrument": InstrumentId(instrument)}
        self.tell(submit(order, side, quantity, price, **terms))
        venue_order = f"V{order}"
        self.orders[order] = order_line(
            0, quantity, price, side=side, venue_order=venue_order, **terms
        )
        self.tell(
            VenueAccepted(OrderId(order), InstrumentId(instrument), venue_order, self.rig.time)
        )
        assert self.rig.status(order) is Status.OPEN, "what the venue has, we have"

    def fill(self, order: int, quantity: int, fee: int, told: bool = True) -> None:
        """Fill some of a working order, and tell the rig or forget to."""
        line = self.orders[order]
        execution = f"E{len(self.fills) + 1}"
        self.rig.wait(1)
        fill = fill_line(
            0,
            execution,
            quantity,
            line.price,
            instrument=line.instrument,
            side=line.side,
            fee=Money(fee),
            venue_time=self.rig.time,
            venue_order=line.venue_order,
        )
        self.fills.append(fill)
        filled = Quantity(line.filled + quantity)
        self.orders[order] = msgspec.structs.replace(line, filled=filled)
        if filled == line.quantity:
            del self.orders[order]
        if told:
            self.tell(
                VenueFilled(
                    OrderId(order),
                    line.instrument,
                    execution,
                    DAY,
                    line.price,
                    Quantity(quantity),
                    Money(fee),
                    Liquidity.MAKER,
                    fill.venue_time,
                )
            )

    def cancel(self, order: int) -> None:
        """Cancel an order, by the venue's own doing."""
        line = self.orders.pop(order)
        self.tell(VenueCanceled(OrderId(order), line.instrument, "done", self.rig.time))

    def position(self, instrument: int) -> int:
        """Return what the fills add up to."""
        return sum(
            fill.quantity if fill.side is BUY else -fill.quantity
            for fill in self.fills
            if fill.instrument == instrument
        )

    def cash(self) -> int:
        """Return what is left of the cash after fees and what was paid in full."""
        paid = sum(
            (fill.quantity if fill.side is BUY else -fill.quantity) * fill.price * SPOT_UNIT
            for fill in self.fills
            if fill.instrument == 2
        )
        return CASH - paid - sum(fill.fee for fill in self.fills)

    def statement(self, **terms: Any) -> Statement:
        """Return a true statement of everything, made a moment after all that happened."""
        self.rig.wait(1)
        made = statement(
            self.rig.time,
            orders=tuple(self.orders.values()),
            fills=tuple(self.fills),
            positions=tuple(
                position_line(self.position(number), number)
                for number in (1, 2)
                if self.position(number)
            ),
            cash=(cash_line(self.cash()),),
        )
        return msgspec.structs.replace(made, **terms)
