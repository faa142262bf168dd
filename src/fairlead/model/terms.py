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
    STOP = 3  # at the market once the trigger price is reached
    STOP_LIMIT = 4  # at its limit once the trigger price is reached
    TRAILING_STOP = 5  # a stop whose trigger follows the market at a distance, and never goes back
    MARKET_TO_LIMIT = 6  # takes at the touch; what is left rests at that price
    PEGGED = 7  # its price follows the book; where the venue offers it
    UNSET = 8  # a limit at the touch, by the order policy


class TimeInForce(IntEnum):
    """How long an order works."""

    GTC = 1  # until it is canceled
    IOC = 2  # for one look at the book
    FOK = 3  # wholly and at once, or not at all
    DAY = 4  # until the trading day of its venue ends
    GTD = 5  # until a time that it names
    AT_OPEN = 6  # in the opening auction alone
    AT_CLOSE = 7  # in the closing auction alone


class Trigger(IntEnum):
    """Which price fires a stop: the last trade, the touch it would trade against, or the mid."""

    LAST = 1
    TOUCH = 2
    MID = 3


class Peg(IntEnum):
    """What the price of a pegged order follows: its own side, the middle, or the other side."""

    NONE = 0
    PRIMARY = 1
    MIDPOINT = 2
    MARKET = 3


class Contingency(IntEnum):
    """What becomes of the others of its group when an order fills."""

    NONE = 0
    OCO = 1  # one cancels the other
    OUO = 2  # one updates the other: what one fills, the others lose


class TimeoutAction(IntEnum):
    """What happens to an order that is not filled in time."""

    CANCEL = 1
    KEEP = 2  # it works on, and a fact says so


class Liquidity(IntEnum):
    """Whether a fill waited in the book (maker) or took from it (taker)."""

    MAKER = 1
    TAKER = 2


class InstrumentKind(IntEnum):
    """How a fill is paid: in full (spot), or by its profit and loss alone (perpetual, future).

    An inverse contract is worth a fixed amount of the quote currency and is paid in the base one:
    its value in money is quantity * multiplier / price.
    """

    SPOT = 1
    PERPETUAL = 2
    INVERSE = 3


class Status(IntEnum):
    """Where an order stands. `NEXT_STATUS` in `machine/lifecycle.py` has the legal steps."""

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
    HELD = 11  # in the machine: waits for its trigger, its parent or its next attempt
    TRIGGERED = 12  # a stop of the venue's own that has fired and works now
    SUSPENDED = 13  # at the venue, which does not match it for now
    DONE_FOR_DAY = 14  # at the venue, and not matched before the next trading day


class StopPolicy(IntEnum):
    """What happens to working orders when trading stops: canceled, or left at the venue."""

    CANCEL = 1
    KEEP = 2


class CostBasis(IntEnum):
    """Which cost a closing fill takes out: the average, or that of the oldest lots."""

    AVERAGE = 1
    FIFO = 2


class MarkPolicy(IntEnum):
    """At which price an open position is valued."""

    TOUCH = 1  # a long at the bid, a short at the ask: what closing would bring
    MID = 2
    LAST = 3
    MARK = 4  # the venue's own mark price


class CashKind(IntEnum):
    """Why cash moved without a fill. Deposits and withdrawals are flows; they are no profit."""

    DEPOSIT = 1
    WITHDRAWAL = 2
    FUNDING = 3
    DIVIDEND = 4
    BORROW = 5
    INTEREST = 6
    FEE = 7
    ADJUSTMENT = 8  # a correction of a difference to a statement


class BreakKind(IntEnum):
    """How our record and that of a venue or broker differ."""

    ORDER_NOT_AT_VENUE = 1  # we hold it for working, they do not
    ORDER_NOT_OURS = 2  # it works there, and we do not know it
    ORDER_DIFFERS = 3  # terms or filled quantity
    FILL_MISSED = 4  # they have it, or count it, and we do not
    FILL_NOT_AT_VENUE = 5  # we booked it, they do not have it
    FILL_DIFFERS = 6
    FILL_UNEXPLAINED = 7  # of an order that we do not know, or it contradicts what was booked
    POSITION_DIFFERS = 8
    CASH_DIFFERS = 9


class BreakState(IntEnum):
    """What became of a break."""

    OPEN = 1
    RESOLVED = 2  # the two records agree again, or evidence was booked
    EXPLAINED = 3  # a person gave the reason
    CORRECTED = 4  # our record was corrected


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
    SHARE = 7  # millionths
