"""The vocabularies of risk: scopes, kinds of limits, states of breakers, modes of a kill.

The numbers are wire tags of the journal: they are stable, and one that is retired is never used
again.
"""

from enum import IntEnum


class ScopeKind(IntEnum):
    """What a limit, a breaker or a kill is about; from the widest to the narrowest."""

    FIRM = 1
    DESK = 2
    ACCOUNT = 3
    STRATEGY = 4
    VENUE = 5
    INSTRUMENT = 6


class LimitKind(IntEnum):
    """What is limited. Shares are of equity where nothing else is said.

    All are the most that is allowed, but PRICE_FLOOR, DEPTH and CASH, which are the least.
    """

    # Of one order.
    ORDER_QUANTITY = 1
    ORDER_NOTIONAL = 2
    ORDER_VOLUME_SHARE = 3  # of the average daily volume
    PRICE_COLLAR = 4  # distance from the reference, as a share of it
    PRICE_FLOOR = 5  # least price
    SPREAD = 6  # of the mid, when the order would cross it
    DEPTH = 7  # least quantity displayed at the other side's touch, when the order would take it
    # Of what is on its way.
    WORKING_ORDERS = 10
    UNACKNOWLEDGED = 11  # orders that the venue has not answered
    MESSAGES = 12  # in a window
    MESSAGES_DAY = 13
    REPEATED_EXECUTIONS = 14  # in a window, without a person in between
    ORDER_TO_TRADE = 15  # orders per trade, less one
    # Of a position, at its worst case, long and short separately.
    POSITION_QUANTITY = 20
    POSITION_VALUE = 21
    POSITION_SHARE = 22
    POSITIONS = 23  # how many
    # Of all positions, at their worst case.
    GROSS = 30
    GROSS_SHARE = 31
    NET_LONG_SHARE = 32
    NET_SHORT_SHARE = 33
    SECTOR = 34
    SECTOR_SHARE = 35
    CURRENCY_SHARE = 36
    CAPITAL = 37  # positions and open orders together
    CASH = 38  # least that is left when all that works is paid
    VALUE_WINDOW = 40  # of the orders sent in a window
    VALUE_DAY = 41
    QUANTITY_DAY = 42  # in one instrument
    INSTRUMENTS = 43  # how many may have positions or orders
    DELTA = 44
    GAMMA = 45
    VEGA = 46
    VALUE_AT_RISK_SHARE = 47
    EXPECTED_SHORTFALL_SHARE = 48
    # Of losses, as positive amounts.
    LOSS_DAY = 60
    LOSS_DAY_SHARE = 61
    LOSS_WEEK = 62
    LOSS_WEEK_SHARE = 63
    LOSS_MONTH = 64
    LOSS_MONTH_SHARE = 65
    DRAWDOWN = 66
    DRAWDOWN_SHARE = 67
    LOSS_RATE_SHARE = 68  # in a window
    LOSSES_IN_A_ROW = 69


class BreakerState(IntEnum):
    """What may still trade in a scope; a higher one is stricter."""

    ACTIVE = 0
    WARNING = 1  # smaller orders, tighter collars
    RECOVERY = 2  # like a warning, until it has held for a while
    REDUCE_ONLY = 3
    CANCEL_ONLY = 4
    HALTED = 5  # and what works is canceled


class ResetPolicy(IntEnum):
    """When a breaker that tripped lets go."""

    MANUAL = 1  # by a named person with a reason
    NEXT_DAY = 2  # with the next trading day
    COOL_DOWN = 3  # some time after its condition has ended


class KillMode(IntEnum):
    """How far a kill goes. Each mode does what those before it do."""

    BLOCK = 1  # nothing new leaves
    CANCEL = 2  # what works is canceled
    FLATTEN = 3  # what is left is closed, capped and in stages
    DISCONNECT = 4  # and the sessions with the venues end


class KillStep(IntEnum):
    """The order of work of a kill (B-KILL-01)."""

    BLOCKED = 1
    CANCELING = 2
    CANCELED = 3  # confirmed by the venues, or the deadline is past
    FLATTENING = 4
    VERIFIED = 5
    DISCONNECTED = 6
    DONE = 7


class SelfTrade(IntEnum):
    """What happens when an order would trade with one of our own."""

    CANCEL_NEWEST = 1  # the new one is refused
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4  # both lose what they would have traded
    ALLOW = 5  # the venue prevents it


class Phase(IntEnum):
    """The phase of a trading session."""

    CONTINUOUS = 1
    PRE_OPEN = 2
    OPENING_AUCTION = 3
    CLOSING_AUCTION = 4
    HALT_AUCTION = 5
    CLOSED = 6


class ShortSale(IntEnum):
    """How a sell is marked (Reg SHO 200(g))."""

    NONE = 0  # a buy, or an instrument that needs no mark
    LONG = 1
    SHORT = 2
    EXEMPT = 3


class AlertLevel(IntEnum):
    """How near a limit its use is."""

    ENDED = 0
    WARNING = 1
    HARD = 2


class NamedThing(IntEnum):
    """What has a name that is never used again once it is retired."""

    STRATEGY = 1
    FLAG = 2
