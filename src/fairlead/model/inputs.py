"""Everything that can happen outside.

Each input gets one number, is written down once, and is applied once.

Records are encoded as arrays that begin with their tag (`model/codec.py`). A tag is never used
again for another meaning; a field is only ever added at the end, with a default. Text with decimals
exists in `model/text.py` alone.
"""

from fairlead.model.commands import (
    AdoptFillCommand,
    AssignBreakCommand,
    CashConverted,
    CashDividend,
    CashMoved,
    CloseBreakCommand,
    InstrumentRenamed,
    InstrumentSplit,
    KillCommand,
    PositionCorrection,
    ReconcileCommand,
    ReleaseCommand,
    ReopenCommand,
    ResolveOrderCommand,
    ReverseCommand,
    SignOffCommand,
    StartCommand,
    StopCommand,
    StrategyStopCommand,
)
from fairlead.model.market_data import (
    BookChange,
    BookGap,
    BookSnapshot,
    ExchangeRate,
    MarkPrice,
    Quote,
    Trade,
    TradingDayBegan,
    TradingStatus,
)
from fairlead.model.record import Levels, Record
from fairlead.model.requests import (
    CancelRequest,
    ReplaceRequest,
    StrategyFailed,
    SubmitRequest,
    TimePassed,
    TimerFired,
)
from fairlead.model.setup import (
    AccountDefinition,
    CurrencyDefinition,
    InstrumentDefinition,
    LimitChange,
    MarkPolicyChange,
    MessageRateChange,
    NodeStarted,
    OrderPolicyChange,
    ReconciliationPolicyChange,
    StrategyDefinition,
    ToleranceChange,
)
from fairlead.model.venue_reports import (
    Statement,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueCancelRejected,
    VenueConnected,
    VenueCorrected,
    VenueDisconnected,
    VenueDoneForDay,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
    VenueResumed,
    VenueSuspended,
    VenueTriggered,
)

VenueReport = (
    VenueAccepted
    | VenueRejected
    | VenueFilled
    | VenueCanceled
    | VenueCancelRejected
    | VenueReplaced
    | VenueReplaceRejected
    | VenueExpired
    | VenueTriggered
    | VenueSuspended
    | VenueResumed
    | VenueDoneForDay
    | VenueBusted
    | VenueCorrected
    | VenueOrderStatus
)
MarketData = (
    Quote
    | Trade
    | BookSnapshot
    | BookChange
    | BookGap
    | MarkPrice
    | TradingStatus
    | ExchangeRate
    | TradingDayBegan
)
StrategyRequest = SubmitRequest | CancelRequest | ReplaceRequest
Input = (
    NodeStarted
    | AccountDefinition
    | InstrumentDefinition
    | StrategyDefinition
    | LimitChange
    | MessageRateChange
    | OrderPolicyChange
    | ReconciliationPolicyChange
    | ToleranceChange
    | MarkPolicyChange
    | CurrencyDefinition
    | MarketData
    | VenueReport
    | VenueDisconnected
    | VenueConnected
    | Statement
    | StrategyRequest
    | StrategyFailed
    | TimerFired
    | TimePassed
    | KillCommand
    | ReleaseCommand
    | StopCommand
    | StrategyStopCommand
    | StartCommand
    | ReopenCommand
    | AdoptFillCommand
    | ResolveOrderCommand
    | CloseBreakCommand
    | AssignBreakCommand
    | PositionCorrection
    | CashMoved
    | CashConverted
    | ReverseCommand
    | InstrumentSplit
    | CashDividend
    | InstrumentRenamed
    | ReconcileCommand
    | SignOffCommand
)

__all__ = [
    "AccountDefinition",
    "AdoptFillCommand",
    "AssignBreakCommand",
    "BookChange",
    "BookGap",
    "BookSnapshot",
    "CancelRequest",
    "CashConverted",
    "CashDividend",
    "CashMoved",
    "CloseBreakCommand",
    "CurrencyDefinition",
    "ExchangeRate",
    "Input",
    "InstrumentDefinition",
    "InstrumentRenamed",
    "InstrumentSplit",
    "KillCommand",
    "Levels",
    "LimitChange",
    "MarkPolicyChange",
    "MarkPrice",
    "MarketData",
    "MessageRateChange",
    "NodeStarted",
    "OrderPolicyChange",
    "PositionCorrection",
    "Quote",
    "ReconcileCommand",
    "ReconciliationPolicyChange",
    "Record",
    "ReleaseCommand",
    "ReopenCommand",
    "ReplaceRequest",
    "ResolveOrderCommand",
    "ReverseCommand",
    "SignOffCommand",
    "StartCommand",
    "Statement",
    "StopCommand",
    "StrategyDefinition",
    "StrategyFailed",
    "StrategyRequest",
    "StrategyStopCommand",
    "SubmitRequest",
    "TimePassed",
    "TimerFired",
    "ToleranceChange",
    "Trade",
    "TradingDayBegan",
    "TradingStatus",
    "VenueAccepted",
    "VenueBusted",
    "VenueCancelRejected",
    "VenueCanceled",
    "VenueConnected",
    "VenueCorrected",
    "VenueDisconnected",
    "VenueDoneForDay",
    "VenueExpired",
    "VenueFilled",
    "VenueOrderStatus",
    "VenueRejected",
    "VenueReplaceRejected",
    "VenueReplaced",
    "VenueReport",
    "VenueResumed",
    "VenueSuspended",
    "VenueTriggered",
]
