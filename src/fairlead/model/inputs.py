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
    AuctionIndication,
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    ExchangeRate,
    FeedSourceChanged,
    MarkPrice,
    QueuedOrders,
    Quote,
    Trade,
    TradeBusted,
    TradingDayBegan,
    TradingStatus,
)
from fairlead.model.portfolio import ReturnHistory
from fairlead.model.quality import AcceptDataCommand, DataQualityPolicyChange
from fairlead.model.record import Levels, Record
from fairlead.model.requests import (
    CancelRequest,
    ClockChecked,
    ReplaceRequest,
    StrategyFailed,
    SubmitRequest,
    TimePassed,
    TimerFired,
)
from fairlead.model.risk_inputs import (
    AcknowledgeCommand,
    ApproveCommand,
    AttestCommand,
    BreakerCommand,
    BreakerDefinition,
    DeclineCommand,
    DynamicLimitDefinition,
    ErrorReported,
    FlagChange,
    JournalSpaceBack,
    JournalSpaceLow,
    KillPolicyChange,
    LocateChange,
    MarketHalt,
    NamedCheckDefinition,
    OutsideValue,
    OverrideRequest,
    ParentEnd,
    ParentRequest,
    PermissionChange,
    PreTradePolicyChange,
    PriceBands,
    ProfileChange,
    RestrictionChange,
    RetireCommand,
    RiskLimitChange,
    SessionPhase,
    ShortSaleRestriction,
    StrategyStartCommand,
    WarningRaised,
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
    SnapshotTaken,
    StrategyDefinition,
    ToleranceChange,
)
from fairlead.model.venue_reports import (
    SendBlocked,
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
BookOrder = (
    BookOrderAdded | BookOrderExecuted | BookOrderReduced | BookOrderRemoved | BookOrderReplaced
)
MarketData = (
    Quote
    | Trade
    | TradeBusted
    | BookSnapshot
    | BookChange
    | BookGap
    | BookOrder
    | BookOrders
    | AuctionIndication
    | FeedSourceChanged
    | MarkPrice
    | TradingStatus
    | ExchangeRate
    | TradingDayBegan
    | OutsideValue
    | PriceBands
    | SessionPhase
    | MarketHalt
    | LocateChange
    | ShortSaleRestriction
    | ReturnHistory
)
StrategyRequest = SubmitRequest | CancelRequest | ReplaceRequest | ParentRequest | ParentEnd
Input = (
    NodeStarted
    | SnapshotTaken
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
    | SendBlocked
    | Statement
    | StrategyRequest
    | StrategyFailed
    | TimerFired
    | TimePassed
    | ClockChecked
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
    | RiskLimitChange
    | ProfileChange
    | PreTradePolicyChange
    | BreakerDefinition
    | DynamicLimitDefinition
    | NamedCheckDefinition
    | PermissionChange
    | RestrictionChange
    | ApproveCommand
    | DeclineCommand
    | OverrideRequest
    | AttestCommand
    | BreakerCommand
    | ErrorReported
    | RetireCommand
    | WarningRaised
    | AcknowledgeCommand
    | FlagChange
    | StrategyStartCommand
    | KillPolicyChange
    | DataQualityPolicyChange
    | AcceptDataCommand
    | JournalSpaceLow
    | JournalSpaceBack
)

__all__ = [
    "AcceptDataCommand",
    "AccountDefinition",
    "AcknowledgeCommand",
    "AdoptFillCommand",
    "ApproveCommand",
    "AssignBreakCommand",
    "AttestCommand",
    "AuctionIndication",
    "BookChange",
    "BookGap",
    "BookOrder",
    "BookOrderAdded",
    "BookOrderExecuted",
    "BookOrderReduced",
    "BookOrderRemoved",
    "BookOrderReplaced",
    "BookOrders",
    "BookSnapshot",
    "BreakerCommand",
    "BreakerDefinition",
    "CancelRequest",
    "CashConverted",
    "CashDividend",
    "CashMoved",
    "ClockChecked",
    "CloseBreakCommand",
    "CurrencyDefinition",
    "DataQualityPolicyChange",
    "DeclineCommand",
    "DynamicLimitDefinition",
    "ErrorReported",
    "ExchangeRate",
    "FeedSourceChanged",
    "FlagChange",
    "Input",
    "InstrumentDefinition",
    "InstrumentRenamed",
    "InstrumentSplit",
    "JournalSpaceBack",
    "JournalSpaceLow",
    "KillCommand",
    "KillPolicyChange",
    "Levels",
    "LimitChange",
    "LocateChange",
    "MarkPolicyChange",
    "MarkPrice",
    "MarketData",
    "MarketHalt",
    "MessageRateChange",
    "NamedCheckDefinition",
    "NodeStarted",
    "OrderPolicyChange",
    "OutsideValue",
    "OverrideRequest",
    "ParentEnd",
    "ParentRequest",
    "PermissionChange",
    "PositionCorrection",
    "PreTradePolicyChange",
    "PriceBands",
    "ProfileChange",
    "QueuedOrders",
    "Quote",
    "ReconcileCommand",
    "ReconciliationPolicyChange",
    "Record",
    "ReleaseCommand",
    "ReopenCommand",
    "ReplaceRequest",
    "ResolveOrderCommand",
    "RestrictionChange",
    "RetireCommand",
    "ReturnHistory",
    "ReverseCommand",
    "RiskLimitChange",
    "SendBlocked",
    "SessionPhase",
    "ShortSaleRestriction",
    "SignOffCommand",
    "SnapshotTaken",
    "StartCommand",
    "Statement",
    "StopCommand",
    "StrategyDefinition",
    "StrategyFailed",
    "StrategyRequest",
    "StrategyStartCommand",
    "StrategyStopCommand",
    "SubmitRequest",
    "TimePassed",
    "TimerFired",
    "ToleranceChange",
    "Trade",
    "TradeBusted",
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
    "WarningRaised",
]
