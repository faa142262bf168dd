"""The port that strategies are written against: all a strategy file needs is imported from here.

`Strategy` is what users subclass, `Context` is what they see and ask. Running strategies is the
business of `fairlead.strategy.host`, finding them that of `fairlead.strategy.loading`.
"""

from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    BookStale,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderOverfilled,
    OrderRefused,
    OrderRejected,
    OrderReplaced,
    OrderUnknown,
    ReplaceRejected,
)
from fairlead.model.terms import Liquidity, OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Money, Nanos, OrderId, Price, Quantity
from fairlead.strategy.bars import Bar
from fairlead.strategy.context import Context
from fairlead.strategy.conversions import seconds
from fairlead.strategy.indicators import ATR, EMA, SMA, Volatility
from fairlead.strategy.strategy import BookEvent, Strategy
from fairlead.strategy.views import BookView, OrderView, PositionView, Touch

__all__ = [
    "ATR",
    "EMA",
    "SMA",
    "Bar",
    "BookChange",
    "BookEvent",
    "BookGap",
    "BookSnapshot",
    "BookStale",
    "BookView",
    "CancelRejected",
    "Context",
    "Instrument",
    "InstrumentId",
    "Liquidity",
    "Money",
    "Nanos",
    "OrderAccepted",
    "OrderCanceled",
    "OrderExpired",
    "OrderFact",
    "OrderFilled",
    "OrderId",
    "OrderOverfilled",
    "OrderRefused",
    "OrderRejected",
    "OrderReplaced",
    "OrderType",
    "OrderUnknown",
    "OrderView",
    "PositionView",
    "Price",
    "Quantity",
    "Quote",
    "ReplaceRejected",
    "Side",
    "Status",
    "Strategy",
    "TimeInForce",
    "Touch",
    "Trade",
    "Volatility",
    "seconds",
]
