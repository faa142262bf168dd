"""What is to be done: orders and questions to venues.

An action may leave only after its input is in the journal. `SendOrder` and `ReplaceOrder` are made
from `Approved` alone, and only the risk gate makes an `Approved` (`machine/risk/gate.py`;
`tests/test_tidy.py` holds it to that).
"""

from fairlead.model.record import Record
from fairlead.model.risk_terms import ShortSale
from fairlead.model.terms import OrderType, Peg, Side, TimeInForce, Unit
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)


class FailedCheck(Record, frozen=True):
    """One check that said no:

    what was measured, and what would have passed. `None` where nothing could be measured.
    """

    check: str
    measured: int | None
    limit: int | None
    unit: Unit
    scope: str = ""  # whose limit it is, where it is not the instrument's: "account main"


class Approved(Record, frozen=True):
    """An order as risk let it pass, with what risk saw. Made by the risk gate alone."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Quantity
    price: Price  # 0 for a market order
    price_worst: Price  # the worst price it may trade at: its limit, or the edge of the collar
    reference_price: Price
    notional: Money
    position_worst: (
        SignedQuantity  # position if every working order on this side, this one included, fills
    )
    request: int = 1  # the number of this message about the order; reports name it
    client_order: str = ""  # what the venue knows this message by: never used again
    trigger_price: Price = Price(0)
    display_quantity: Quantity = Quantity(0)
    reduce_only: bool = False
    expire_time: Nanos = Nanos(0)
    peg: Peg = Peg.NONE
    peg_offset: Price = Price(0)
    parent: OrderId = OrderId(0)
    parent_quantity: Quantity = Quantity(0)  # of the whole parent; 0: it has no bound of quantity
    closing: bool = False  # it closes a position after a kill
    short_sale: ShortSale = ShortSale.NONE


class SendOrder(Record, frozen=True, tag=200):
    """Send a new order to its venue."""

    approved: Approved

    def __post_init__(self) -> None:
        """Refuse to exist without a risk decision."""
        assert isinstance(self.approved, Approved), "SendOrder is made from Approved alone"


class CancelOrder(Record, frozen=True, tag=201):
    """Ask the venue to cancel."""

    order: OrderId
    instrument: InstrumentId
    request: int = 0
    client_order: str = ""


class ReplaceOrder(Record, frozen=True, tag=202):
    """Ask the venue for other terms; `approved.quantity` is the total, what is filled included."""

    approved: Approved

    def __post_init__(self) -> None:
        """Refuse to exist without a risk decision."""
        assert isinstance(self.approved, Approved), "ReplaceOrder is made from Approved alone"


class QueryOrder(Record, frozen=True, tag=203):
    """Ask the venue what became of an order."""

    order: OrderId
    instrument: InstrumentId
    client_order: str
    venue_order: str


class RequestStatement(Record, frozen=True, tag=204):
    """Ask a venue for a statement: working orders, fills since a time, positions, cash."""

    account: AccountId
    venue: str
    fills_since: Nanos
    reason: str


class Disconnect(Record, frozen=True, tag=205):
    """End the session with a venue: the last step of a kill."""

    venue: str
    reason: str
