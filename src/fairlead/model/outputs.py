"""What the machine answers to one input: facts (past tense) and actions (imperative).

One door to `order_facts.py`, `facts.py` and `actions.py`.
"""

from fairlead.model.actions import (
    Approved,
    CancelOrder,
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

Action = SendOrder | CancelOrder | ReplaceOrder | QueryOrder | RequestStatement
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
    "CancelOrder",
    "CancelRejected",
    "CashBooked",
    "CashExchanged",
    "CorrectionReversed",
    "DaySignedOff",
    "DayStarted",
    "Fact",
    "FailedCheck",
    "FillBusted",
    "FillDiscarded",
    "FillIgnored",
    "FillQuarantined",
    "InputRefused",
    "InstrumentAdjusted",
    "InstrumentConfirmed",
    "InstrumentReopened",
    "InstrumentUnconfirmed",
    "KillEngaged",
    "KillReleased",
    "LimitsAdjusted",
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
    "OrderResolved",
    "OrderResumed",
    "OrderRetried",
    "OrderSuspended",
    "OrderTimedOut",
    "OrderTriggered",
    "OrderUnknown",
    "Output",
    "PositionChanged",
    "PositionCorrected",
    "QueryOrder",
    "ReplaceOrder",
    "ReplaceRejected",
    "ReportFaulted",
    "RequestStatement",
    "SendOrder",
    "SlippageExceeded",
    "StatementReconciled",
    "StrategyDisabled",
    "TradingStarted",
    "TradingStopped",
]
