"""The closed vocabularies of the field: sides, order types, times in force, statuses.

The numbers are wire tags of the journal: they are stable, and one that is retired is never used
again.
"""

from enum import IntEnum


class Side(IntEnum):
    """Which way a trade moves the position."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How the price of an order is found."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """How long an order works: until canceled, for one look at the book, or wholly at once."""

    GTC = 1
    IOC = 2
    FOK = 3


class Liquidity(IntEnum):
    """Whether a fill waited in the book (maker) or took from it (taker)."""

    MAKER = 1
    TAKER = 2


class InstrumentKind(IntEnum):
    """How a fill is paid: in full (spot), or by its profit and loss alone (perpetual)."""

    SPOT = 1
    PERPETUAL = 2


class Status(IntEnum):
    """Where an order stands. `NEXT_STATUS` in `machine/orders.py` has the legal steps."""

    SENT = 1  # released to the venue, not yet acknowledged (FIX: pending new)
    OPEN = 2  # working at the venue, filled in part or not at all (FIX: new, partially filled)
    CANCEL_PENDING = 3  # asked to cancel, still working
    REPLACE_PENDING = 4  # asked to change, still working under its old terms
    UNKNOWN = 5  # its outcome is not known: counted at its worst case, never treated as dead
    FILLED = 6
    CANCELED = 7
    REJECTED = 8  # the venue said no
    EXPIRED = 9
    REFUSED = 10  # our risk said no; it never left


class StopPolicy(IntEnum):
    """What happens to working orders when trading stops: canceled, or left at the venue."""

    CANCEL = 1
    KEEP = 2


class Unit(IntEnum):
    """What the numbers of a failed check are counted in, so that a reader can write them as a
    person would.
    """

    NONE = 0
    COUNT = 1
    PRICE = 2
    QUANTITY = 3
    MONEY = 4
    NANOS = 5
    BASIS_POINTS = 6
