"""`fairlead risk`: what the positions of a journal may lose, and how concentrated they are.

From the positions at the end of the journal, and the return histories in it or in a file. What
cannot be measured is shown as such, with the reason: no number is invented.
"""

from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from fairlead.cli.console import OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import decimals_needed, short_money
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.return_file import read_histories
from fairlead.cli.tables import Column, fitting_table
from fairlead.machine import portfolio, valuation
from fairlead.machine.accounts import Account
from fairlead.machine.portfolio import Sample, Terms
from fairlead.machine.risk.histories import Histories
from fairlead.machine.risk.portfolio import terms_problem
from fairlead.model import text
from fairlead.model.decimals import InexactAmount, decimal_text, exact_amount
from fairlead.model.forms import RATE_DECIMALS
from fairlead.model.units import (
    MILLIONTHS,
    RATE_UNIT,
    Money,
    Rate,
    divide_half_even,
    rounded,
)
from fairlead.readers.written import grouped, printable, rounded_text

Found = dict[str, Any]

_BAD: Final = "bold red"
_QUIET: Final = "dim"
_FIGURES: Final = (
    *("value_at_risk", "expected_shortfall"),
    *("normal_value_at_risk", "normal_shortfall"),
)
_COLUMNS: Final = [
    Column("horizon"),
    Column("value at risk", number=True),
    Column("shortfall", number=True),
    Column("normal value at risk", 2, number=True),
    Column("normal shortfall", 3, number=True),
    Column("limit", 1, number=True),
    Column("used", number=True),
]
_NAMES: Final = [
    Column("instrument"),
    Column("value", number=True),
    Column("of gross", number=True),
]
_LIMITED: Final = (portfolio.CONFIDENCE, portfolio.HORIZON)  # what limits in a journal are about
_PERCENT: Final = 100
_PERCENT_DECIMALS: Final = 2
_BETA_DECIMALS: Final = 4


class Question(NamedTuple):
    """What is asked of every account."""

    histories: Histories
    today: int | None  # None: the histories are as old as the person wants them
    confidence: Rate
    horizons: list[int]
    benchmark: str
    limit: str


def risk(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    returns: Annotated[
        Path | None,
        typer.Option(help="A CSV of date,symbol,return, in the place of the journal's histories."),
    ] = None,
    prices: Annotated[
        bool, typer.Option("--prices", help="The CSV has date,symbol,price.")
    ] = False,
    confidence: Annotated[str, typer.Option(help="Between 0.5 and 1.")] = "0.95",
    horizon: Annotated[str, typer.Option(help="Trading days, with commas between them.")] = "1,5",
    benchmark: Annotated[
        str, typer.Option(help="What beta is measured against: the first in the journal.")
    ] = "",
    limit: Annotated[
        str, typer.Option(help="The most value at risk, in money of the account.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show value at risk, expected shortfall, beta and concentration of the accounts."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        rate, horizons = _terms(confidence, horizon)
        if prices and returns is None:
            fail("--prices: expected --returns FILE with them")
        known = past(journal)
        state = known.machine.state
        histories, today = state.histories, None
        if returns is None:
            today = portfolio.today(state)
            benchmark = benchmark or next(iter(histories.benchmarks()), "")
        else:
            histories = read_histories(returns, prices, known.names, benchmark)
        question = Question(histories, today, rate, horizons, benchmark, limit)
        content = _content(known, question, returns)
        if json:
            print_json(content)
            return
        OUT.print(Text(heading(known), style="bold"))
        OUT.print(risk_view(content, OUT))


def risk_view(content: Found, console: Console) -> RenderableType:
    """Return the risk of every account, as its JSON object says, for a person."""
    parts: list[RenderableType] = []
    for found in content["accounts"]:
        parts += [Text(), *_account_view(found, content["confidence"], console.width)]
    return Group(*parts)


def _terms(confidence: str, horizon: str) -> tuple[Rate, list[int]]:
    try:
        rate = Rate(exact_amount(confidence, RATE_DECIMALS))
    except InexactAmount as error:
        fail(f"--confidence: found {confidence!r}, expected {error}")
    try:
        horizons = [exact_amount(each.strip(), 0) for each in horizon.split(",")]
    except InexactAmount:
        fail(f"--horizon: found {horizon!r}, expected days with commas between them: 1,5")
    for each in horizons:
        problem = terms_problem(rate, each)
        if problem:
            fail(problem)
    return rate, horizons


def _content(known: Past, question: Question, returns: Path | None) -> Found:
    accounts = known.machine.positions.accounts()
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "returns": None if returns is None else str(returns),
        "confidence": decimal_text(question.confidence, RATE_DECIMALS),
        "accounts": [_account_object(known, each, question) for each in accounts],
    }


def _account_object(known: Past, account: Account, question: Question) -> Found:
    state, names = known.machine.state, known.names
    sample = portfolio.sampled(state, account, question.histories, question.today)
    equity = valuation.equity(state, account)
    decimals = account.money_decimals
    measured = []
    for horizon in question.horizons:
        limit = _limit(question.limit, decimals)
        if limit is None and (question.confidence, horizon) == _LIMITED:
            limit = portfolio.limit_of(state, account)
        terms = Terms(question.confidence, horizon, question.benchmark, limit)
        fact = portfolio.measure(state, account, sample, terms, question.histories)
        found = text.write(fact, names)
        measured.append({name: found[name] for name in found if name not in ("type", "account")})
    return {
        "account": account.name,
        "currency": account.currency,
        "equity": None if equity is None else decimal_text(equity, decimals),
        "value_problem": sample.value_problem,
        "instruments": _instruments(known, sample, decimals),
        "measured": measured,
    }


def _limit(written: str, decimals: int) -> Money | None:
    if not written:
        return None
    try:
        limit = exact_amount(written, decimals)
    except InexactAmount as error:
        fail(f"--limit: found {written!r}, expected {error}")
    if limit < 0:
        fail(f"--limit: found {written!r}, expected 0 or more")
    return Money(limit)


def _instruments(known: Past, sample: Sample, decimals: int) -> list[Found]:
    """Describe what is held, the largest first, with its share of the gross value."""
    gross = sum(abs(value) for value in sample.values)
    held = sorted(
        zip(sample.instruments, sample.values, strict=True), key=lambda each: -abs(each[1])
    )
    return [
        {
            "instrument": known.names.instruments.name(instrument),
            "value": decimal_text(rounded(value), decimals),
            "share": decimal_text(
                divide_half_even(abs(value) * RATE_UNIT, gross) if gross else 0, RATE_DECIMALS
            ),
        }
        for instrument, value in held
    ]


def _account_view(found: Found, confidence: str, width: int) -> list[RenderableType]:
    title = f"account {found['account']} ({found['currency']})"
    parts: list[RenderableType] = [Text(printable(title), style="bold")]
    first = found["measured"][0]
    parts.append(Text(printable(_sample_text(found, first, confidence)), style=_QUIET))
    amounts = [each[name] for each in found["measured"] for name in (*_FIGURES, "limit")]
    decimals = decimals_needed(amounts)
    rows = [_row(each, decimals) for each in found["measured"]]
    parts.append(fitting_table(_COLUMNS, rows, width))
    problems = {each["problem"]: True for each in found["measured"] if each["problem"]}
    parts += [Text(printable(f"not known: {problem}"), style=_BAD) for problem in problems]
    parts.append(_beta(first))
    if found["instruments"]:
        parts += _concentration(found, first, width)
    return parts


def _sample_text(found: Found, first: Found, confidence: str) -> str:
    told = f"losses are positive; confidence {confidence.rstrip('0')}"
    if not found["instruments"] and not found["value_problem"]:
        return f"{told}; nothing is held"
    if first["days"]:
        told += f"; {first['days']:,} days until {first['as_of']}"
        told += f", {first['dropped']:,} dates DROPPED" if first["dropped"] else ", none dropped"
    return told


def _row(found: Found, decimals: int) -> list[Text]:
    days = found["horizon"]
    cells = [Text("1 day" if days == 1 else f"{days} days")]
    cells += [_money(found[name], decimals, "unknown") for name in _FIGURES]
    cells.append(_money(found["limit"], decimals, "none"))
    if found["limit"] is None:
        return [*cells, Text("")]
    return [*cells, _used(found["utilisation"])]


def _used(utilisation: str | None) -> Text:
    """Return the use of a limit in percent, every digit of it: rounded it could look kept."""
    if utilisation is None:
        return Text("unknown", style=_BAD)
    percent = exact_amount(utilisation, 6)
    return Text(
        f"{grouped(decimal_text(percent, 4))} %", style=_BAD if percent > MILLIONTHS else ""
    )


def _money(amount: str | None, decimals: int, missing: str) -> Text:
    if amount is None:
        return Text(missing, style=_QUIET if missing == "none" else _BAD)
    return Text(grouped(short_money(amount, decimals)))


def _beta(found: Found) -> Text:
    if found["beta"] is None:
        return Text(printable(f"beta is not known: {found['beta_problem']}"), style=_QUIET)
    beta = rounded_text(exact_amount(found["beta"], RATE_DECIMALS), RATE_DECIMALS, _BETA_DECIMALS)
    return Text(printable(f"beta {beta} to {found['benchmark']}"))


def _concentration(found: Found, first: Found, width: int) -> list[RenderableType]:
    rows = [
        [
            Text(printable(each["instrument"])),
            Text(grouped(short_money(each["value"]))),
            Text(_percent(each["share"])),
        ]
        for each in found["instruments"]
    ]
    herfindahl = rounded_text(
        exact_amount(first["herfindahl"], RATE_DECIMALS), RATE_DECIMALS, _BETA_DECIMALS
    )
    told = (
        f"largest name {_percent(first['largest'])},"
        f" largest five {_percent(first['largest_five'])}, Herfindahl {herfindahl}"
    )
    return [Text(told), fitting_table(_NAMES, rows, width)]


def _percent(share: str) -> str:
    parts = exact_amount(share, RATE_DECIMALS) * _PERCENT
    return f"{rounded_text(parts, RATE_DECIMALS, _PERCENT_DECIMALS)} %"
