"""The port that strategies are written against: all a strategy file needs is imported from here.

`Strategy` is what users subclass, `Context` is what they see and ask. Running strategies is the
business of `fairlead.strategy.host`, finding them that of `fairlead.strategy.loading`.
"""

from fairlead.machine.orders import Hold
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    BookStale,
    CancelRejected,
    FillBusted,
    InstrumentAdjusted,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderHeld,
    OrderOverfilled,
    OrderRefused,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderResumed,
    OrderRetried,
    OrderSuspended,
    OrderTimedOut,
    OrderTriggered,
    OrderUnknown,
    PositionChanged,
    ReplaceRejected,
    SlippageExceeded,
)
from fairlead.model.terms import (
    Contingency,
    Liquidity,
    OrderType,
    Peg,
    Side,
    Status,
    TimeInForce,
    Trigger,
)
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from fairlead.strategy.bars import Bar
from fairlead.strategy.context import Context
from fairlead.strategy.conversions import seconds
from fairlead.strategy.indicators import ATR, EMA, SMA, Volatility
from fairlead.strategy.order_terms import Bracket, OrderTerms, Pair
from fairlead.strategy.strategy import BookEvent, Strategy
from fairlead.strategy.views import BookView, ConditionsView, OrderView, PositionView, Touch

__all__ = [
    "ATR",
    "EMA",
    "SMA",
    "Bar",
    "BasisPoints",
    "BookChange",
    "BookEvent",
    "BookGap",
    "BookSnapshot",
    "BookStale",
    "BookView",
    "Bracket",
    "CancelRejected",
    "ConditionsView",
    "Context",
    "Contingency",
    "FillBusted",
    "Hold",
    "Instrument",
    "InstrumentAdjusted",
    "InstrumentId",
    "Liquidity",
    "Money",
    "Nanos",
    "OrderAccepted",
    "OrderCanceled",
    "OrderDoneForDay",
    "OrderExpired",
    "OrderFact",
    "OrderFilled",
    "OrderHeld",
    "OrderId",
    "OrderOverfilled",
    "OrderRefused",
    "OrderRejected",
    "OrderReplaced",
    "OrderResolved",
    "OrderResumed",
    "OrderRetried",
    "OrderSuspended",
    "OrderTerms",
    "OrderTimedOut",
    "OrderTriggered",
    "OrderType",
    "OrderUnknown",
    "OrderView",
    "Pair",
    "Peg",
    "PositionChanged",
    "PositionView",
    "Price",
    "Quantity",
    "Quote",
    "ReplaceRejected",
    "Side",
    "SlippageExceeded",
    "Status",
    "Strategy",
    "TimeInForce",
    "Touch",
    "Trade",
    "Trigger",
    "Volatility",
    "seconds",
]
