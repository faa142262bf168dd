"""What the machine answers to one input: facts (past tense) and actions (imperative).

One door to `order_facts.py`, `facts.py`, `risk_facts.py`, `portfolio.py` and `actions.py`.
"""

from fairlead.model.actions import (
    Approved,
    CancelOrder,
    Disconnect,
    FailedCheck,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.facts import (
    AccountChanged,
    BookRestored,
    BookStale,
    BreakChanged,
    BreakClosed,
    BreakOpened,
    CashBooked,
    CashExchanged,
    CorrectionReversed,
    DaySignedOff,
    DayStarted,
    InputRefused,
    InstrumentAdjusted,
    InstrumentConfirmed,
    InstrumentReopened,
    InstrumentUnconfirmed,
    KillEngaged,
    KillReleased,
    LimitsAdjusted,
    PositionChanged,
    PositionCorrected,
    StatementReconciled,
    StrategyDisabled,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.order_facts import (
    CancelRejected,
    FillBeyondLimit,
    FillBusted,
    FillDiscarded,
    FillIgnored,
    FillQuarantined,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
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
    ReplaceRejected,
    ReportFaulted,
    SlippageExceeded,
)
from fairlead.model.portfolio import PortfolioRiskMeasured
from fairlead.model.quality import DataQualityFound, DataQualityRestored
from fairlead.model.risk_facts import (
    BreakerChanged,
    BreakerEscalated,
    ChangeProposed,
    ClockAlert,
    DynamicLimitChanged,
    FlagChanged,
    KillStepped,
    LimitAlert,
    LimitsAttested,
    NameRetired,
    OrderResized,
    OverrideUsed,
    ParentChanged,
    ProposalEnded,
    RiskLimitsChanged,
    SelfTradePrevented,
    StrategyEnabled,
    WarningAcknowledged,
    WarningOpened,
)

Action = SendOrder | CancelOrder | ReplaceOrder | QueryOrder | RequestStatement | Disconnect
OrderFact = (
    OrderRefused
    | OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderCanceled
    | OrderExpired
    | OrderReplaced
    | CancelRejected
    | ReplaceRejected
    | OrderUnknown
    | OrderOverfilled
    | OrderHeld
    | OrderTriggered
    | OrderSuspended
    | OrderResumed
    | OrderDoneForDay
    | FillBusted
    | OrderRetried
    | OrderTimedOut
    | OrderResolved
    | SlippageExceeded
    | FillBeyondLimit
    | OrderResized
)
Fact = (
    OrderFact
    | FillIgnored
    | FillQuarantined
    | ReportFaulted
    | PositionChanged
    | AccountChanged
    | BookStale
    | BookRestored
    | DataQualityFound
    | DataQualityRestored
    | InputRefused
    | StrategyDisabled
    | KillEngaged
    | KillReleased
    | TradingStopped
    | TradingStarted
    | InstrumentReopened
    | FillDiscarded
    | PositionCorrected
    | CashBooked
    | CashExchanged
    | BreakOpened
    | BreakChanged
    | BreakClosed
    | StatementReconciled
    | InstrumentUnconfirmed
    | InstrumentConfirmed
    | DayStarted
    | DaySignedOff
    | InstrumentAdjusted
    | CorrectionReversed
    | LimitsAdjusted
    | WarningOpened
    | WarningAcknowledged
    | RiskLimitsChanged
    | ChangeProposed
    | ProposalEnded
    | LimitAlert
    | BreakerChanged
    | BreakerEscalated
    | KillStepped
    | DynamicLimitChanged
    | OverrideUsed
    | NameRetired
    | ParentChanged
    | SelfTradePrevented
    | ClockAlert
    | LimitsAttested
    | FlagChanged
    | StrategyEnabled
    | PortfolioRiskMeasured
)
Output = Fact | Action

__all__ = [
    "AccountChanged",
    "Action",
    "Approved",
    "BookRestored",
    "BookStale",
    "BreakChanged",
    "BreakClosed",
    "BreakOpened",
    "BreakerChanged",
    "BreakerEscalated",
    "CancelOrder",
    "CancelRejected",
    "CashBooked",
    "CashExchanged",
    "ChangeProposed",
    "ClockAlert",
    "CorrectionReversed",
    "DataQualityFound",
    "DataQualityRestored",
    "DaySignedOff",
    "DayStarted",
    "Disconnect",
    "DynamicLimitChanged",
    "Fact",
    "FailedCheck",
    "FillBeyondLimit",
    "FillBusted",
    "FillDiscarded",
    "FillIgnored",
    "FillQuarantined",
    "FlagChanged",
    "InputRefused",
    "InstrumentAdjusted",
    "InstrumentConfirmed",
    "InstrumentReopened",
    "InstrumentUnconfirmed",
    "KillEngaged",
    "KillReleased",
    "KillStepped",
    "LimitAlert",
    "LimitsAdjusted",
    "LimitsAttested",
    "NameRetired",
    "OrderAccepted",
    "OrderCanceled",
    "OrderDoneForDay",
    "OrderExpired",
    "OrderFact",
    "OrderFilled",
    "OrderHeld",
    "OrderOverfilled",
    "OrderRefused",
    "OrderRejected",
    "OrderReplaced",
    "OrderResized",
    "OrderResolved",
    "OrderResumed",
    "OrderRetried",
    "OrderSuspended",
    "OrderTimedOut",
    "OrderTriggered",
    "OrderUnknown",
    "Output",
    "OverrideUsed",
    "ParentChanged",
    "PortfolioRiskMeasured",
    "PositionChanged",
    "PositionCorrected",
    "ProposalEnded",
    "QueryOrder",
    "ReplaceOrder",
    "ReplaceRejected",
    "ReportFaulted",
    "RequestStatement",
    "RiskLimitsChanged",
    "SelfTradePrevented",
    "SendOrder",
    "SlippageExceeded",
    "StatementReconciled",
    "StrategyDisabled",
    "StrategyEnabled",
    "TradingStarted",
    "TradingStopped",
    "WarningAcknowledged",
    "WarningOpened",
]
