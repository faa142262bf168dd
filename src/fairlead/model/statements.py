"""What a venue or broker says it has of ours: the lines of a statement.

An order is named by our client order id, by the venue's own id, or (in a statement that was made by
hand) by our number; whichever is known is enough.
"""

import msgspec

from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)


class StatementOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An order that works at the venue."""

    instrument: InstrumentId
    side: Side
    quantity: Quantity  # in all, what is filled included
    filled: Quantity
    price: Price  # 0 for one without a limit
    order: OrderId = OrderId(0)
    client_order: str = ""
    venue_order: str = ""


class StatementFill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An execution."""

    instrument: InstrumentId
    execution: str
    session_date: int  # yyyymmdd of the venue's trading day
    side: Side
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: Liquidity
    venue_time: Nanos
    order: OrderId = OrderId(0)
    client_order: str = ""
    venue_order: str = ""


class StatementPosition(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the account holds of an instrument. One that is not in the statement is flat."""

    instrument: InstrumentId
    quantity: SignedQuantity


class StatementCash(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the account has of a currency."""

    currency: str
    amount: Money
