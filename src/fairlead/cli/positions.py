"""`fairlead positions`: what is held, what it is worth, and how the accounts stand.

From the journal alone. What cannot be known is shown as such, with the reason: no number is
invented.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import OUT, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import DECIMALS_MIN, decimals_needed, short_money
from fairlead.cli.money_objects import account_object, position_object
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.tables import Column, fitting_table
from fairlead.model.decimals import decimal_text
from fairlead.readers.written import grouped, printable

Found = dict[str, Any]

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_COLUMNS: Final = [
    Column("account", 4),
    Column("strategy", 2),
    Column("instrument", 1),
    Column("quantity", number=True),
    Column("average", number=True),
    Column("mark", number=True),
    Column("value", 6, number=True),
    Column("realised", 1, number=True),
    Column("unrealised", number=True),
    Column("fees", 5, number=True),
    Column("currency", 3),
]
_PARTS: Final = (  # of the identity, with the sign that each has in it
    ("", "initial"),
    ("+ ", "flows"),
    ("+ ", "realised"),
    ("+ ", "unrealised"),
    ("- ", "fees"),
    ("+ ", "fx"),
)
_AMOUNTS: Final = ("value", "realised", "unrealised", "fees")  # of a position
_ACCOUNT_AMOUNTS: Final = (
    *("initial", "flows", "realised", "unrealised", "fees", "fx", "equity", "gross_exposure"),
    *("net_exposure", "daily_profit", "high_water", "drawdown", "drawdown_max"),
)
_SIGNED: Final = ("realised", "unrealised")  # red or green
_PERCENT_DECIMALS: Final = 2
_TIMES_DECIMALS: Final = 4
_NO_MARK: Final = "no mark"


def positions(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show positions and accounts: quantity, cost, mark, profit, cash, equity, and the identity."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        known = past(journal)
        content = _content(known)
        if json:
            print_json(content)
            return
        OUT.print(Text(heading(known), style="bold"))
        OUT.print(money_view(content["positions"], content["accounts"], OUT))


def money_view(positions: list[Found], accounts: list[Found], console: Console) -> RenderableType:
    """Return positions and accounts, as their JSON objects say, for a person."""
    parts: list[RenderableType] = [Text()]
    if positions:
        amounts = [each[name] for each in positions for name in _AMOUNTS]
        decimals = decimals_needed(amounts)
        rows = [_position_row(each, decimals) for each in positions]
        parts.append(fitting_table(_COLUMNS, rows, console.width))
        parts += [_no_mark(each) for each in positions if each["mark_problem"]]
    else:
        parts.append(Text("no positions"))
    for account in accounts:
        parts += [Text(), *_account(account, console.width)]
    return Group(*parts)


def _content(known: Past) -> Found:
    machine, names = known.machine, known.names
    marks = machine.state.marks
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "mark_policy": marks.policy.name.lower(),
        "mark_age_max": marks.age_max,
        "positions": [position_object(each, machine, names) for each in machine.positions.all()],
        "accounts": [account_object(each, machine) for each in machine.positions.accounts()],
    }


def _position_row(found: Found, decimals: int) -> list[Text]:
    names = [found["account"], found["strategy"] or "none", found["instrument"]]
    cells = [Text(printable(name)) for name in names]
    missing = bool(found["mark_problem"])
    cells.append(Text(grouped(found["quantity"])))
    cells.append(_price(found["average_cost"], "flat"))
    cells.append(Text(_NO_MARK, style=_BAD) if missing else _price(found["mark"], ""))
    cells += [_money(found[name], decimals, name in _SIGNED) for name in _AMOUNTS]
    cells.append(Text(printable(found["currency"])))
    return cells


def _no_mark(found: Found) -> Text:
    told = f"{found['instrument']} has no mark: {found['mark_problem']}"
    return Text(printable(told), style=_BAD)


def _account(found: Found, width: int) -> list[RenderableType]:
    basis = found["cost_basis"].replace("fifo", "FIFO").replace("average", "average cost")
    title = f"account {found['account']} ({found['currency']}, {basis})"
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style=_QUIET)
    table.add_column(justify="right")
    table.add_column(style=_QUIET, overflow="fold")
    for row in _account_rows(found):
        table.add_row(*row)
    parts: list[RenderableType] = [Text(printable(title), style="bold"), table]
    parts.append(_identity(found, width))
    if found["equity_problem"]:
        parts.append(Text(printable(f"equity is not known: {found['equity_problem']}"), style=_BAD))
    return parts


def _account_rows(found: Found) -> list[tuple[Text | str, ...]]:
    decimals = _decimals(found)
    rows: list[tuple[Text | str, ...]] = []
    for currency in found["currencies"]:
        rate = ""
        if currency["currency"] != found["currency"]:
            told = currency["rate"]
            rate = f"at {short_money(told)} {found['currency']}" if told else "at no known rate"
        name = printable(f"cash {currency['currency']}")
        rows.append((name, _money(currency["cash"], decimals), Text(printable(rate))))
    leverage = _share(found["leverage_basis_points"], _TIMES_DECIMALS)
    date = found["session_date"]
    drawdown = _share(found["drawdown_basis_points"], _PERCENT_DECIMALS)
    return [
        *rows,
        ("equity", _money(found["equity"], decimals), ""),
        ("gross exposure", _money(found["gross_exposure"], decimals), f"leverage {leverage}"),
        ("net exposure", _money(found["net_exposure"], decimals), ""),
        (
            "daily profit",
            _money(found["daily_profit"], decimals, True),
            f"of {date}" if date else "no day began",
        ),
        ("high-water mark", _money(found["high_water"], decimals), "without flows"),
        (
            "drawdown",
            _money(found["drawdown"], decimals),
            f"{drawdown} % of the equity at the high",
        ),
        ("worst drawdown", _money(found["drawdown_max"], decimals), ""),
    ]


def _identity(found: Found, width: int) -> Text:
    """Return the line that must hold, with its numbers, folded between its terms alone."""
    known = found["equity"] is not None
    verdict = "FAILS" if not found["identity"] else "holds" if known else "not known"
    decimals = _decimals(found)
    terms = [f"equity {_plain(found['equity'], decimals)} ="]
    terms += [f"{sign}{name} {_plain(found[name], decimals)}" for sign, name in _PARTS]
    terms[-1] += f": {verdict}"
    lines = [terms[0]]
    for term in terms[1:]:
        if len(lines[-1]) + 1 + len(term) <= width:
            lines[-1] += f" {term}"
        else:
            lines.append(f"  {term}")
    style = _BAD if not found["identity"] else _GOOD if known else ""
    return Text("\n".join(lines), style=style)


def _decimals(found: Found) -> int:
    """Return how many decimals the money of an account is shown in, so that it lines up."""
    cash = [each["cash"] for each in found["currencies"]]
    return decimals_needed([*cash, *(found[name] for name in _ACCOUNT_AMOUNTS)])


def _plain(amount: str | None, decimals: int) -> str:
    return "unknown" if amount is None else grouped(short_money(amount, decimals))


def _money(amount: str | None, decimals: int = DECIMALS_MIN, signed: bool = False) -> Text:
    if amount is None:
        return Text("unknown", style=_BAD)
    is_zero = not amount.strip("-0.")
    style = "" if is_zero or not signed else _BAD if amount.startswith("-") else _GOOD
    return Text(_plain(amount, decimals), style=style)


def _price(price: str | None, missing: str) -> Text:
    return Text(missing, style=_QUIET) if price is None else Text(grouped(short_money(price)))


def _share(basis_points: int | None, decimals: int) -> str:
    return "unknown" if basis_points is None else decimal_text(basis_points, decimals)
