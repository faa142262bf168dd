"""What the tests of a hostile world put together: instruments, orders, books."""

from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved, SendOrder
from fairlead.model.terms import InstrumentKind, OrderType, Side, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Price,
    Quantity,
    Rate,
    SignedQuantity,
    StrategyId,
)
from fairlead.simulator.hostile.books import VenueBooks

CASH = Money(1_000_000)
DAY = 20260105


def instrument(number: int, price_decimals: int = 2) -> Instrument:
    """Return a spot instrument of the venue."""
    return Instrument(
        InstrumentId(number),
        f"N{number}",
        "V",
        "USD",
        InstrumentKind.SPOT,
        price_decimals,
        0,
        2,
        Price(1),
        Quantity(1),
        Quantity(1),
        Quantity(100),
        Money(0),
        Rate(0),
        Rate(0),
    )


INSTRUMENTS = [instrument(1), instrument(2, 1)]


def approved(order: int, quantity: int = 10, request: int = 1, side: Side = Side.BUY) -> Approved:
    """Return an order in instrument 1 at 100.00."""
    return Approved(
        OrderId(order),
        StrategyId(1),
        InstrumentId(1),
        side,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(10_000),
        Price(10_000),
        Price(10_000),
        Money(quantity * 10_000),
        SignedQuantity(quantity),
        request,
        f"1-{order}-{request}",
    )


def send(order: int, quantity: int = 10) -> SendOrder:
    """Return the message that enters an order."""
    return SendOrder(approved(order, quantity))


def books() -> VenueBooks:
    """Return books with nothing in them but cash."""
    return VenueBooks(INSTRUMENTS, AccountId(1), CASH)
