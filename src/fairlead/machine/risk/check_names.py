"""The names of our own checks, all in one place. No check that people write is called like one.

A refusal names the checks that failed, and an override the ones that it waives: a second check of
the same name would be taken for ours, and waived with it.
"""

from typing import Final

from fairlead.machine.risk.pretrade import CHECKS
from fairlead.model.risk_terms import BreakerState, LimitKind

_OF_REQUESTS: Final = (
    "account_currency",
    "account_money_decimals",
    "children_max",
    "display_quantity",
    "expire_time_absent",
    "expire_time_future",
    "expire_time_present",
    "group_alike",
    "group_and_contingency",
    "group_filled",
    "group_max",
    "iceberg_offered",
    "instrument_known",
    "order_id_new",
    "order_known",
    "order_limit",
    "order_open",
    "order_own",
    "order_type_offered",
    "order_working",
    "parent_instrument",
    "parent_live",
    "peg_absent",
    "peg_present",
    "post_only_can_rest",
    "quantity_above_filled",
    "strategy_known",
    "time_in_force_offered",
    "touch_present",
    "trader_named",
    "trail_absent",
    "trail_present",
    "trigger_price_absent",
    "trigger_price_present",
    "trigger_price_tick",
)
_OF_THE_GATE: Final = (
    "book_fresh",
    "break_open",
    "data_quality",
    "instrument_confirmed",
    "instrument_tradable",
    "killed",
    "limits_set",
    "message_rate",
    "orders_unknown",
    "strategy_disabled",
    "trading_stopped",
    "venue_connected",
)
_OF_ONE_ORDER: Final = (
    "notional_min",
    "order_notional_max",
    "order_quantity_max",
    "position_quantity_max",
    "price_absent",
    "price_collar",
    "price_collar_share",
    "price_present",
    "price_tick",
    "quantity_lot",
    "quantity_max",
    "quantity_min",
    "reduce_only",
    "reference_age",
    "reference_present",
)
_OF_PARENTS: Final = (
    "parent_known",
    "parent_notional",
    "parent_open",
    "parent_quantity",
    "parent_side",
)
_OF_STATES: Final = (
    "breakers",
    *(
        f"breaker_{state.name.lower()}"
        for state in BreakerState
        if state is not BreakerState.ACTIVE
    ),
)
_OF_LIMITS: Final = ("cash_left", *(kind.name.lower() for kind in LimitKind))

RESERVED: Final = tuple(
    dict.fromkeys(
        (
            *CHECKS,
            *_OF_REQUESTS,
            *_OF_THE_GATE,
            *_OF_ONE_ORDER,
            *_OF_PARENTS,
            *_OF_STATES,
            *_OF_LIMITS,
        )
    )
)
_RESERVED: Final = dict.fromkeys(RESERVED)


def is_reserved(name: str) -> bool:
    """Whether a name is that of a check of ours."""
    return name.strip() in _RESERVED
