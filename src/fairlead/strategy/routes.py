"""Which handler of its strategy a fact reaches, and what comes before what.

What is not in a table here reaches no strategy.
"""

from typing import Final

from fairlead.model.outputs import (
    CancelRejected,
    FillBeyondLimit,
    FillBusted,
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
    OrderResized,
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

# Of facts about what is a strategy's own.
HANDLER_OF: Final[dict[type, str]] = {
    OrderFilled: "on_fill",
    FillBusted: "on_bust",
    OrderRefused: "on_order",
    OrderHeld: "on_order",
    OrderAccepted: "on_order",
    OrderRejected: "on_order",
    OrderRetried: "on_order",
    OrderTriggered: "on_order",
    OrderCanceled: "on_order",
    OrderExpired: "on_order",
    OrderReplaced: "on_order",
    CancelRejected: "on_order",
    ReplaceRejected: "on_order",
    OrderSuspended: "on_order",
    OrderResumed: "on_order",
    OrderDoneForDay: "on_order",
    OrderTimedOut: "on_order",
    SlippageExceeded: "on_order",
    FillBeyondLimit: "on_order",
    OrderUnknown: "on_order",
    OrderResolved: "on_order",
    OrderOverfilled: "on_order",
    OrderResized: "on_order",
    PositionChanged: "on_position",  # where no fill or bust in the same answer says why
}

_TURNS: Final = {"on_fill": 0, "on_bust": 0, "on_order": 1, "on_position": 2}
# When a fact is told: what moved the position first, and each kind in its own order.
TURN_OF: Final[dict[type, int]] = {kind: _TURNS[name] for kind, name in HANDLER_OF.items()}
