"""A small session with limits of every scope, for tests and for the guide of limits."""

from typing import Any, Final

from tests.cli.journals import SETUP, START, report, request

DAY: Final = 86_400_000_000_000
MINUTE: Final = 60_000_000_000
FIRM: Final = {"kind": "firm"}
MAIN: Final = {"kind": "account", "name": "main"}
MM: Final = {"kind": "strategy", "name": "mm"}


def limit(kind: str, hard: str, **terms: Any) -> dict[str, Any]:
    """Return a limit in text form."""
    return {"kind": kind, "hard": hard, **terms}


def change(scope: dict[str, str], *limits: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """Return ann's change of limits of a scope."""
    return {
        "type": "RiskLimitChange",
        "scope": scope,
        "limits": list(limits),
        "person": "ann",
        **terms,
    }


def _with_desk(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "desk": "equities"} if line["type"] == "AccountDefinition" else line


SET: Final[tuple[dict[str, Any], ...]] = (
    change(
        FIRM, limit("gross_share", "1.5"), limit("loss_day_share", "0.03"), limit("cash", "50000")
    ),
    change(
        MAIN,
        limit("order_notional", "4000"),
        limit("position_share", "0.03"),
        limit("capital", "1000"),
        limit("value_window", "3000", window=MINUTE),
    ),
    change(MM, limit("position_quantity", "20"), limit("working_orders", "5")),
    {
        "type": "BreakerDefinition",
        "breaker": {
            "name": "daily_loss",
            "scope": FIRM,
            "condition": "daily_pnl < -0.03",
            "reset": "next_day",
        },
        "person": "ann",
    },
    {
        "type": "DynamicLimitDefinition",
        "dynamic": {
            "name": "volatile",
            "scope": FIRM,
            "condition": "vix > 30",
            "limits": [limit("gross_share", "1")],
        },
        "person": "ann",
    },
)
# Five lots were bought and three more are asked for: 800.00 of the 1,000.00 that the account may.
LIMITED: Final[tuple[dict[str, Any], ...]] = (
    *(_with_desk(line) for line in SETUP[:6]),
    {"type": "StrategyDefinition", "name": "trend", "account": "main"},
    *SET,
    *SETUP[6:],
    request(1),
    report("VenueAccepted", 1, venue_order="V1"),
    report("VenueFilled", 1, execution="e1", price="100.00", quantity=5, fee="0.25"),
    request(2, quantity=4, price="99.99"),
    change(FIRM, limit("gross_share", "2"), reason="a larger book"),
    change(MM, limit("position_quantity", "15"), reason="less over night", effective=START + DAY),
)
