"""`fairlead positions`: what is held and worth, and the identity with its numbers."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import SETUP, journal, report, request
from tests.cli.sessions import fairlead

BOUGHT: list[dict[str, Any]] = [
    *SETUP,
    request(1),
    report("VenueAccepted", 1, venue_order="V1"),
    report("VenueFilled", 1, execution="e1", price="100.00", quantity=5, fee="0.25"),
    report("VenueFilled", 1, execution="e2", price="99.90", quantity=3, fee="0.15"),
    request(2, side="sell", quantity=4, price="100.20"),
    report("VenueFilled", 2, execution="e3", price="100.20", quantity=4, fee="0.20"),
]
GAP = {"type": "BookGap", "instrument": "ABC", "reason": "lost"}
DEPOSIT = {
    "type": "CashMoved",
    "account": "main",
    "currency": "USD",
    "kind": "deposit",
    "amount": "1000",
    "reference": "d1",
    "person": "ann",
    "reason": "more to trade with",
}


def positions(tmp_path: Path, lines: list[dict[str, Any]], *options: str) -> Result:
    """Run `fairlead positions` over a journal of these lines."""
    journal(tmp_path / "0001", lines)
    result = CliRunner().invoke(app, ["positions", str(tmp_path), *options])
    assert result.exit_code == 0, result.output
    return result


def found(tmp_path: Path, lines: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the only position and the only account."""
    content = json.loads(positions(tmp_path, lines, "--json").stdout)
    (position,), (account,) = content["positions"], content["accounts"]
    return position, account


def with_basis(lines: list[dict[str, Any]], basis: str) -> list[dict[str, Any]]:
    """Return the lines with another cost basis of the account."""
    return [
        {**line, "cost_basis": basis} if line["type"] == "AccountDefinition" else line
        for line in lines
    ]


def equity_of_parts(account: dict[str, Any]) -> Decimal:
    """Return the equity that the parts of an account make up."""
    parts = {name: Decimal(account[name]) for name in ("initial", "flows", "realised", "fx")}
    return sum(parts.values()) + Decimal(account["unrealised"]) - Decimal(account["fees"])


def test_a_position_says_what_it_cost_is_worth_and_earned(tmp_path: Path) -> None:
    position, account = found(tmp_path, BOUGHT)
    # 5 at 100.00 and 3 at 99.90 cost 799.70, 99.9625 each; 4 sold at 100.20 earn 0.95.
    assert position["quantity"] == "4"
    assert position["average_cost"] == "99.962500"
    assert position["mark"] == "99.950000"  # a long is worth the bid
    assert position["value"] == "399.80000000"
    assert position["realised"] == "0.95000000"
    assert position["unrealised"] == "-0.05000000"
    assert position["fees"] == "0.60000000"
    assert position["lots"] is None
    assert account["cash"] == "99600.50000000"  # 100000 - 799.70 + 400.80 - 0.60
    assert account["equity"] == "100000.30000000"


def test_under_fifo_the_oldest_lots_go_first_and_the_open_ones_are_listed(tmp_path: Path) -> None:
    position, account = found(tmp_path, with_basis(BOUGHT, "fifo"))
    assert account["cost_basis"] == "fifo"
    assert position["lots"] == [
        {"quantity": "1", "price": "100.000000", "cost": "100.00000000"},
        {"quantity": "3", "price": "99.900000", "cost": "299.70000000"},
    ]
    assert position["realised"] == "0.80000000"  # 4 bought at 100.00, sold at 100.20
    assert position["average_cost"] == "99.925000"
    assert account["equity"] == "100000.30000000"  # whatever the basis


def test_equity_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    _, account = found(tmp_path, [*BOUGHT, DEPOSIT])
    assert account["flows"] == "1000.00000000"
    assert account["equity"] == "101000.30000000"
    assert equity_of_parts(account) == Decimal(account["equity"])
    assert account["identity"] is True


def test_exposure_is_compared_with_equity(tmp_path: Path) -> None:
    _, account = found(tmp_path, BOUGHT)
    assert account["gross_exposure"] == account["net_exposure"] == "399.80000000"
    assert account["leverage_basis_points"] == 40  # 399.80 of 100000.30


def test_a_deposit_is_no_profit_and_hides_no_drawdown(tmp_path: Path) -> None:
    day = {"type": "TradingDayBegan", "session_date": 20240808}
    quote = {"type": "Quote", "instrument": "ABC", "bid_price": "99.00", "ask_price": "99.10"}
    fall = {**quote, "bid_quantity": 5, "ask_quantity": 5}
    _, account = found(tmp_path, [*BOUGHT, day, fall, DEPOSIT])
    # At 99.00 the four lost 0.95 each since 99.95, where the day began: 3.80.
    assert (account["session_date"], account["daily_profit"]) == (20240808, "-3.80000000")
    assert account["high_water"] > "100000.3"
    drawdown = Decimal(account["high_water"]) + 1000 - Decimal(account["equity"])
    assert Decimal(account["drawdown"]) == drawdown


def test_what_has_no_mark_is_unknown_with_the_reason(tmp_path: Path) -> None:
    position, account = found(tmp_path, [*BOUGHT, GAP])
    assert position["mark"] is position["value"] is position["unrealised"] is None
    assert position["mark_problem"] == "lost"
    assert account["equity"] is account["unrealised"] is account["gross_exposure"] is None
    assert account["equity_problem"] == "ABC: lost"
    assert account["realised"] == "0.95000000"  # what is known stays known


def test_several_currencies_are_shown_each_and_at_their_rate(tmp_path: Path) -> None:
    lines = [
        *BOUGHT,
        {"type": "CurrencyDefinition", "account": "main", "currency": "EUR"},
        {"type": "ExchangeRate", "currency": "EUR", "quote_currency": "USD", "rate": "1.10"},
        {
            "type": "CashConverted",
            "account": "main",
            "paid_currency": "USD",
            "paid": "1100",
            "received_currency": "EUR",
            "received": "999",
            "reference": "c1",
            "person": "ann",
            "reason": "for the listing there",
        },
        {"type": "ExchangeRate", "currency": "EUR", "quote_currency": "USD", "rate": "1.20"},
    ]
    _, account = found(tmp_path, lines)
    assert [each["currency"] for each in account["currencies"]] == ["USD", "EUR"]
    euros = account["currencies"][1]
    assert (euros["cash"], euros["rate"]) == ("999.00000000", "1.20000000")
    assert account["fx"] == "98.80000000"  # 999 at 1.20 for 1100
    assert equity_of_parts(account) == Decimal(account["equity"])


def test_a_trader_reads_the_identity_with_its_numbers(tmp_path: Path) -> None:
    shown = positions(tmp_path, [*BOUGHT, DEPOSIT]).stdout
    told = " ".join(shown.split())
    assert (
        "equity 101,000.30 = initial 100,000.00 + flows 1,000.00 + realised 0.95"
        " + unrealised -0.05 - fees 0.60 + fx 0.00: holds"
    ) in told


def test_a_trader_reads_what_is_not_known_and_why(tmp_path: Path) -> None:
    told = " ".join(positions(tmp_path, [*BOUGHT, GAP]).stdout.split())
    assert "no mark" in told
    assert "ABC has no mark: lost" in told
    assert "equity is not known: ABC: lost" in told
    assert "equity unknown = initial 100,000.00" in told
    assert told.endswith("not known equity is not known: ABC: lost")


def test_without_a_position_the_accounts_are_shown(tmp_path: Path) -> None:
    shown = positions(tmp_path, list(SETUP)).stdout
    assert "no positions" in shown
    assert "account main (USD, average cost)" in shown


@pytest.mark.parametrize("columns", [80, 100])
def test_it_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    journal(tmp_path / "var" / "journal" / "0001", BOUGHT)
    done = fairlead("positions", directory=tmp_path, environment={"COLUMNS": str(columns)})
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.splitlines()) <= columns
    (row,) = (line for line in done.stdout.splitlines() if "99.9625" in line)
    assert {"4", "99.9625", "99.95", "0.95", "-0.05"} <= set(row.split())


def test_a_place_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["positions", str(tmp_path)])
    assert result.exit_code == 2
    assert "no journal here" in result.stderr
