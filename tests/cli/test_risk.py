"""`fairlead risk`: what positions may lose, by the histories of the journal or of a file."""

import json
import math
import random
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import journal, shown

LAST = date(2024, 8, 7)  # the day before the journal
PEOPLE = {"person": "ann", "reason": "carried over"}


def instrument(symbol: str) -> dict[str, Any]:
    """Return the definition of an instrument."""
    terms = {"symbol": symbol, "price_decimals": 2, "quantity_decimals": 0}
    return {"type": "InstrumentDefinition", "instrument": terms}


def book(symbol: str, bid: str, ask: str) -> dict[str, Any]:
    """Return the book of an instrument."""
    sides = {"bids": [[bid, 10]], "asks": [[ask, 10]]}
    return {"type": "BookSnapshot", "instrument": symbol, **sides}


def held(symbol: str, quantity: int, price: str) -> dict[str, Any]:
    """Return a position of the strategy."""
    what = {"account": "main", "strategy": "mm", "instrument": symbol}
    return {
        "type": "PositionCorrection",
        **what,
        "quantity": quantity,
        "price": price,
        **PEOPLE,
    }


FLAT: list[dict[str, Any]] = [
    {"type": "NodeStarted", "epoch": 1},
    {"type": "AccountDefinition", "name": "main", "cash": "100000", "money_decimals": 2},
    *[
        {
            "type": "InstrumentDefinition",
            "instrument": {**instrument(symbol)["instrument"], "money_decimals": 2},
        }
        for symbol in ("ABC", "XYZ")
    ],
    {"type": "StrategyDefinition", "name": "mm", "account": "main", "trader": "ann"},
    book("ABC", "99.95", "100.05"),
    book("XYZ", "49.90", "50.10"),
]
HELD: list[dict[str, Any]] = [*FLAT, held("ABC", 500, "100.00"), held("XYZ", -300, "50.00")]
ABC_VALUE, XYZ_VALUE = Fraction("49975.00"), Fraction("-15030.00")  # at the bid, at the ask


def a_market(count: int = 250) -> dict[str, list[Fraction]]:
    """Return returns of an index and of two instruments that follow it, with eight decimals."""
    chance = random.Random(4)
    rows = [[chance.randrange(-2_000_000, 2_000_001) for _ in range(3)] for _ in range(count)]
    market = {
        "INDEX": [index for index, _, _ in rows],
        "ABC": [index + own // 2 for index, own, _ in rows],
        "XYZ": [index // 2 + own // 2 for index, _, own in rows],
    }
    return {symbol: [Fraction(each, 10**8) for each in column] for symbol, column in market.items()}


def days(count: int) -> list[date]:
    """Return so many days until the one before the journal."""
    return [LAST - timedelta(count - 1 - each) for each in range(count)]


def returns_file(path: Path, market: dict[str, list[Fraction]]) -> Path:
    """Write returns, those of one day together."""
    lines = ["date,symbol,return"]
    for place, day in enumerate(days(len(market["ABC"]))):
        lines += [f"{day},{name},{float(column[place]):.8f}" for name, column in market.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


def a_history(returns: Iterable[Fraction], **whose: str) -> dict[str, Any]:
    """Return a history as a line of a script."""
    texts = [f"{float(each):.8f}" for each in returns]
    dates = [int(day.strftime("%Y%m%d")) for day in days(len(texts))]
    return {"type": "ReturnHistory", "dates": dates, "returns": texts, **whose}


def risk(tmp_path: Path, lines: list[dict[str, Any]], *options: object) -> Result:
    """Run `fairlead risk` over a journal of these lines."""
    if not (tmp_path / "0001").exists():
        journal(tmp_path / "0001", lines)
    environment = {"COLUMNS": "120"}
    arguments = ["risk", str(tmp_path), *map(str, options)]
    return CliRunner().invoke(app, arguments, env=environment)


def found(tmp_path: Path, lines: list[dict[str, Any]], *options: object) -> dict[str, Any]:
    """Return what is said of the only account."""
    result = risk(tmp_path, lines, *options, "--json")
    assert result.exit_code == 0, result.output
    (account,) = json.loads(result.stdout)["accounts"]
    return dict(account)


def profits_of(market: dict[str, list[Fraction]]) -> list[Fraction]:
    """Return what the positions would have made each day."""
    pairs = zip(market["ABC"], market["XYZ"], strict=True)
    return [ABC_VALUE * one + XYZ_VALUE * other for one, other in pairs]


def cents(amount: Fraction) -> str:
    """Return money as it is written."""
    return f"{round(amount * 100) / 100:.2f}"


def order_statistic(profits: list[Fraction], tail: Fraction) -> str:
    """Return the value at risk."""
    return cents(-sorted(profits)[math.ceil(len(profits) * tail) - 1])


@pytest.mark.parametrize(("confidence", "tail"), [("0.95", 20), ("0.99", 100), ("0.9", 10)])
def test_both_horizons_are_those_of_the_file(tmp_path: Path, confidence: str, tail: int) -> None:
    """S0-RISK-11, S1-RISK-12."""
    market = a_market(600)
    path = returns_file(tmp_path / "returns.csv", market)
    account = found(tmp_path, HELD, "--returns", path, "--confidence", confidence)
    one, five = account["measured"]
    profits = profits_of(market)
    windows = [sum(profits[place : place + 5], Fraction(0)) for place in range(596)]
    assert (one["horizon"], one["days"], one["dropped"]) == (1, 600, 0)
    assert one["value_at_risk"] == order_statistic(profits, Fraction(1, tail))
    assert five["value_at_risk"] == order_statistic(windows, Fraction(1, tail))


def test_the_histories_of_the_journal_serve_where_no_file_is_given(tmp_path: Path) -> None:
    market = a_market()
    lines = [
        *HELD,
        {"type": "TradingDayBegan", "session_date": 20240808},
        a_history(market["ABC"], instrument="ABC"),
        a_history(market["XYZ"], instrument="XYZ"),
        a_history(market["INDEX"], benchmark="INDEX"),
    ]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    path = returns_file(tmp_path / "returns.csv", market)
    recorded = found(tmp_path / "a", lines)
    given = found(tmp_path / "b", HELD, "--returns", path, "--benchmark", "INDEX")
    assert recorded["measured"] == given["measured"]
    assert recorded["measured"][0]["beta"] is not None


def test_the_histories_of_the_journal_may_be_too_old(tmp_path: Path) -> None:
    market = a_market()
    lines = [
        *HELD,
        {"type": "TradingDayBegan", "session_date": 20240818},
        a_history(market["ABC"], instrument="ABC"),
        a_history(market["XYZ"], instrument="XYZ"),
    ]
    result = risk(tmp_path, lines)
    assert "not known: the histories end on 20240807, 11 days ago, at most 10" in result.stdout


def test_from_prices_no_return_spans_a_day_that_is_missing(tmp_path: Path) -> None:
    """B-VAR-04: the day after a gap has no return either."""
    lines = ["date,symbol,price"]
    for place, day in enumerate(days(30)):
        lines.append(f"{day:%Y%m%d},XYZ,{100 + place}")
        if place != 10:
            lines.append(f"{day:%Y%m%d},ABC,{Fraction(100) * 2 ** (place % 2)}")
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(lines) + "\n")
    account = found(tmp_path, HELD, "--returns", path, "--prices", "--horizon", "1")
    (one,) = account["measured"]
    # 29 returns of XYZ; ABC has none on the tenth day and on the one after.
    assert (one["days"], one["dropped"]) == (27, 2)
    # ABC halves every other day; ceil(27 * 0.05) = 2.
    falls = [Fraction(-1, 2) * ABC_VALUE + XYZ_VALUE / (99 + place) for place in range(2, 30, 2)]
    assert one["value_at_risk"] == cents(-sorted(falls)[1])


def test_a_limit_is_compared_with_the_value_at_risk(tmp_path: Path) -> None:
    """S0-RISK-10: below, at and above."""
    path = returns_file(tmp_path / "returns.csv", a_market())
    options = ("--returns", path, "--horizon", "1")
    at_risk = Fraction(found(tmp_path, HELD, *options)["measured"][0]["value_at_risk"])
    used = []
    for limit in (at_risk + 1, at_risk - 1):
        account = found(tmp_path, HELD, *options, "--limit", cents(limit))
        used.append(Fraction(account["measured"][0]["utilisation"]))
    assert used[0] < 1 < used[1]
    assert used[1] == pytest.approx(float(at_risk / (at_risk - 1)), abs=1e-4)


def test_what_has_no_history_is_named_and_has_no_number(tmp_path: Path) -> None:
    market = a_market()
    path = returns_file(tmp_path / "returns.csv", {"ABC": market["ABC"]})
    result = risk(tmp_path, HELD, "--returns", path)
    assert result.exit_code == 0
    assert "not known: no return history of XYZ" in result.stdout
    assert result.stdout.count("unknown") == 8  # four figures of two horizons
    account = found(tmp_path, HELD, "--returns", path)
    assert account["measured"][0]["value_at_risk"] is None
    shares = [Fraction(each["share"]) for each in account["instruments"]]
    gross = ABC_VALUE - XYZ_VALUE
    assert shares == [round(ABC_VALUE / gross, 8), round(-XYZ_VALUE / gross, 8)]


def test_too_few_days_have_no_number(tmp_path: Path) -> None:
    """B-VAR-01: and the reason says how many it takes."""
    path = returns_file(tmp_path / "returns.csv", a_market(99))
    result = risk(tmp_path, HELD, "--returns", path)
    needed = "not known: too few samples: 99 days, at least 100 for a horizon of 5"
    assert needed in result.stdout
    one, five = found(tmp_path, HELD, "--returns", path)["measured"]
    assert one["value_at_risk"] is not None
    assert five["value_at_risk"] is None


def test_who_holds_nothing_risks_nothing(tmp_path: Path) -> None:
    result = risk(tmp_path, FLAT)
    assert result.exit_code == 0
    assert "nothing is held" in result.stdout
    assert found(tmp_path, FLAT)["measured"][0]["value_at_risk"] == "0.00"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--confidence", "1"), "the confidence is not between 0.5 and 1, both excluded"),
        (("--confidence", "95 %"), "--confidence: found '95 %', expected a decimal number"),
        (("--horizon", "0"), "the horizon is not from 1 to 250 days"),
        (("--horizon", "1;5"), "--horizon: found '1;5', expected days with commas between them"),
        (("--limit", "much"), "--limit: found 'much', expected a decimal number"),
        (("--limit", "-1"), "--limit: found '-1', expected 0 or more"),
        (("--prices",), "--prices: expected --returns FILE with them"),
        (("--returns", "gone.csv"), "gone.csv: No such file or directory"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    result = risk(tmp_path, HELD, *options)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"fairlead: {message}")
    assert result.stderr.count("\n") == 1


def test_the_reference_shows_what_is_printed(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "portfolio-risk.md"
    journal(tmp_path / "var" / "journal" / "0001", HELD)
    returns_file(tmp_path / "returns.csv", a_market())
    examples = shown(page.read_text(), tmp_path)
    assert len(examples) == 2
    for command, printed, really in examples:
        assert really == printed, command
