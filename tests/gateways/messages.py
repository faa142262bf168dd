"""Messages to venues and their reports, for the tests of the last mile.

An `Approved` is made here without a gate: the last mile must hold whatever a machine says.
"""

import msgspec

from fairlead.gateways.last_mile import KillFlag, LastMile
from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.model.actions import Approved, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.instruments import Instrument
from fairlead.model.setup import InstrumentDefinition
from fairlead.model.terms import (
    InstrumentKind,
    Liquidity,
    OrderType,
    Side,
    TimeInForce,
)
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    SignedQuantity,
    StrategyId,
)
from fairlead.model.venue_reports import (
    VenueCanceled,
    VenueExpired,
    VenueFilled,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)

SECOND = NANOS_PER_SECOND
SPOT, OTHER, INVERSE, EURO = (InstrumentId(number) for number in (1, 2, 3, 4))
PRICE = 100


class Flag:
    """A kill switch that a test sets by hand."""

    def __init__(self) -> None:
        """Begin released."""
        self.engaged = False
        self.closing_allowed = False


def instrument(
    number: InstrumentId, currency: str = "USD", kind: InstrumentKind = InstrumentKind.SPOT
) -> Instrument:
    """Return an instrument in which one unit at a price of one is worth one unit of money."""
    return Instrument(
        instrument=number,
        symbol=f"S{number}",
        venue="SIM",
        currency=currency,
        kind=kind,
        price_decimals=0,
        quantity_decimals=0,
        money_decimals=0,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(10**9),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


BOUNDS = InstrumentBounds(
    order_quantity_max=Quantity(100),
    order_notional_max=Money(100 * PRICE),
    window_quantity_max=Quantity(1_000),
)
LIMITS = LastMileLimits(
    instruments=dict.fromkeys((SPOT, OTHER, INVERSE, EURO), BOUNDS),
    orders_per_second_max=50,
    window=Nanos(10 * SECOND),
    window_notional_max=Money(1_000 * PRICE),
    day_notional_max=Money(10_000 * PRICE),
)


def last_mile(flag: KillFlag | None = None, **changes: object) -> LastMile:
    """Return a last mile that knows the instruments, with some of its limits changed."""
    limits = msgspec.structs.replace(LIMITS, **changes)
    guard = LastMile(limits, flag or Flag())
    for number, currency, kind in (
        (SPOT, "USD", InstrumentKind.SPOT),
        (OTHER, "USD", InstrumentKind.SPOT),
        (INVERSE, "BTC", InstrumentKind.INVERSE),
        (EURO, "EUR", InstrumentKind.SPOT),
    ):
        guard.reported(InstrumentDefinition(instrument(number, currency, kind)))
    return guard


def approved(
    order: int,
    quantity: int = 10,
    price: int = PRICE,
    parent: int = 0,
    parent_quantity: int = 0,
    *,
    side: Side = Side.BUY,
    where: InstrumentId = SPOT,
    request: int = 1,
    notional: int = 0,
    closing: bool = False,
) -> Approved:
    """Return what a gate would have let pass."""
    return Approved(
        OrderId(order),
        StrategyId(1),
        where,
        side,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(price),
        Price(price),
        Price(PRICE),
        Money(notional),
        SignedQuantity(0),
        request,
        f"1-{order}-{request}",
        parent=OrderId(parent),
        parent_quantity=Quantity(parent_quantity),
        closing=closing,
    )


def send(order: int, quantity: int = 10, price: int = PRICE, **more: object) -> SendOrder:
    """Return a new order."""
    return SendOrder(approved(order, quantity, price, **more))  # type: ignore[arg-type]


def child(order: int, quantity: int, parent: int, of: int, **more: object) -> SendOrder:
    """Return a child of a parent of so many."""
    made = approved(order, quantity, parent=parent, parent_quantity=of, **more)  # type: ignore[arg-type]
    return SendOrder(made)


def replace(order: int, quantity: int = 10, price: int = PRICE, **more: object) -> ReplaceOrder:
    """Return other terms for an order."""
    more = {"request": 2, **more}
    return ReplaceOrder(approved(order, quantity, price, **more))  # type: ignore[arg-type]


def cancel(order: int) -> CancelOrder:
    """Return a cancel."""
    return CancelOrder(OrderId(order), SPOT)


def filled(order: int, quantity: int, execution: str = "", where: int = SPOT) -> VenueFilled:
    """Return an execution; each has its own id unless it is said."""
    return VenueFilled(
        OrderId(order),
        InstrumentId(where),
        execution or f"{order}-{quantity}",
        20_260_105,
        Price(PRICE),
        Quantity(quantity),
        Money(0),
        Liquidity.TAKER,
        Nanos(0),
    )


def canceled(order: int, where: int = SPOT) -> VenueCanceled:
    """Return that the order is gone."""
    return VenueCanceled(OrderId(order), InstrumentId(where), "", Nanos(0))


def expired(order: int) -> VenueExpired:
    """Return that the order's time is over."""
    return VenueExpired(OrderId(order), SPOT, Nanos(0))


def rejected(order: int, request: int = 0) -> VenueRejected:
    """Return that the venue said no."""
    return VenueRejected(OrderId(order), SPOT, "no", Nanos(0), request=request)


def replaced(order: int, quantity: int, request: int = 2) -> VenueReplaced:
    """Return that the order works under other terms."""
    return VenueReplaced(
        OrderId(order), SPOT, Quantity(quantity), Price(PRICE), Nanos(0), request=request
    )


def replace_rejected(order: int, request: int = 2) -> VenueReplaceRejected:
    """Return that the order keeps its terms."""
    return VenueReplaceRejected(OrderId(order), SPOT, "no", Nanos(0), request)
