"""`fairlead quality`: a journal's market data in one table, and as JSON."""

import json
from pathlib import Path
from typing import Any

from tests.cli.journals import SETUP, START, journal
from tests.cli.sessions import fairlead

MILLISECOND = 1_000_000


def quote(bid: str, ask: str, venue_time: int = 0) -> dict[str, Any]:
    sides = {"bid_price": bid, "bid_quantity": 1, "ask_price": ask, "ask_quantity": 1}
    return {"type": "Quote", "instrument": "ABC", "venue_time": venue_time, "update": 0, **sides}


def rule(kind: str, action: str, bound: int = 0) -> dict[str, Any]:
    return {"kind": kind, "action": action, "bound": bound}


LINES = (
    *SETUP,
    {
        "type": "DataQualityPolicyChange",
        "rules": [rule("crossed", "block"), rule("price_limit", "exclude", 500_000)],
        "person": "ann",
    },
    quote("99.95", "100.05", START + 5 * MILLISECOND),
    {"type": "Trade", "instrument": "ABC", "price": "20", "quantity": 3, "trade_id": "1"}
    | {"aggressor": "buy", "venue_time": 0},
    {"type": "BookGap", "instrument": "ABC", "reason": "lost"},
    quote("100.10", "100.05"),
)


def test_what_came_was_passed_on_or_dropped_with_a_reason(tmp_path: Path) -> None:
    found = json.loads(
        fairlead("quality", journal(tmp_path / "j", LINES), "--json", directory=tmp_path).stdout
    )
    flows = {flow["data"]: flow for flow in found["data"]}
    assert set(flows) == {"book", "quote", "trade"}
    assert (flows["quote"]["came"], flows["quote"]["passed"]) == (2, 1)
    assert flows["quote"]["dropped"] == {"crossed": 1}
    assert flows["trade"]["dropped"] == {"price_limit": 1}
    assert flows["quote"]["delays"]["measured"] == 1
    assert found["gaps"] == {"ABC": 1}
    assert [(one["kind"], one["action"], one["times"]) for one in found["found"]] == [
        ("price_limit", "exclude", 1),
        ("crossed", "block", 1),
    ]
    [standing] = found["standing"]
    assert (standing["kind"], standing["left_out"], standing["measured"]) == (
        "crossed",
        True,
        "0.05",
    )


def test_a_person_sees_what_is_still_wrong(tmp_path: Path) -> None:
    result = fairlead(
        "quality",
        journal(tmp_path / "j", LINES),
        directory=tmp_path,
        environment={"COLUMNS": "250"},
    )
    assert result.returncode == 0
    page = Path(__file__).parents[2] / "docs" / "reference" / "data-quality.md"
    example = page.read_text("utf-8").split("```text\n")[-1].split("```")[0]
    assert [line.rstrip() for line in result.stdout.splitlines()] == example.splitlines()


def test_a_journal_without_market_data_says_so(tmp_path: Path) -> None:
    result = fairlead("quality", journal(tmp_path / "j", SETUP[:2]), directory=tmp_path)
    assert "no market data" in result.stdout
