"""A session on a terminal: the same result as in JSON and HTML, laid out for a person.

Everything that came from outside is printed as it is, never as markup, and never as an escape
sequence.
"""

from collections.abc import Mapping
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fairlead.model.units import Nanos
from fairlead.readers.result import (
    AccountResult,
    ChangesResult,
    DataResult,
    OrdersResult,
    PositionResult,
    SessionResult,
)
from fairlead.readers.written import grouped, printable, span_text

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_UNDEFINED: Final = "no mark"
EVENTS_SHOWN_MAX: Final = 12
REASONS_SHOWN_MAX: Final = 8


def summary_text(result: SessionResult, width: int = 100) -> str:
    """Return the summary as plain text without colours, `width` columns wide."""
    console = Console(width=width, color_system=None, force_terminal=False, record=False)
    with console.capture() as capture:
        console.print(summary_view(result))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def summary_view(result: SessionResult) -> RenderableType:
    """Return the summary for a terminal."""
    parts: list[RenderableType] = [_heading(result), _accounts(result.accounts)]
    if result.positions:
        parts.append(_positions(result.positions))
    parts.append(_counts(result))
    if result.events:
        parts.append(_events(result))
    parts.append(_verdict(result))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(result: SessionResult) -> Text:
    span = result.span
    line = Text()
    line.append(printable(", ".join(result.stages) or "session"), style="bold")
    line.append(f"  {span.inputs:,} inputs", style="bold")
    if span.inputs:
        line.append(f", {span.first_sequence:,} to {span.last_sequence:,}")
        line.append(
            f", {_milliseconds(span.first_time)} + {span_text(Nanos(span.span_ns))}", style=_QUIET
        )
    return line


def _accounts(accounts: list[AccountResult]) -> Table:
    """Return a column for each account: amounts are long, and there are few accounts."""
    names = [f"{account.account} ({account.currency})" for account in accounts]
    table = _table([""], names)
    table.add_row("initial", *(_amount(account.initial) for account in accounts))
    if any(account.flows.strip("-0.") for account in accounts):
        table.add_row("flows", *(_amount(account.flows) for account in accounts))
    table.add_row("realised", *(_amount(account.realised, True) for account in accounts))
    table.add_row("unrealised", *(_amount(account.unrealised, True) for account in accounts))
    table.add_row("fees", *(_amount(account.fees) for account in accounts))
    if any(len(account.currencies) > 1 for account in accounts):
        table.add_row("fx", *(_amount(account.fx, True) for account in accounts))
    table.add_row("equity", *(_amount(account.equity) for account in accounts))
    table.add_row("profit", *(_amount(account.profit, True) for account in accounts))
    return table


def _positions(positions: list[PositionResult]) -> Table:
    names = ["strategy", "instrument"]
    table = _table(names, ["position", "average", "mark", "realised", "unrealised", "fills"])
    for position in positions:
        flat = position.average_price is None
        table.add_row(
            _outside(position.strategy),
            _outside(position.instrument),
            _amount(_short(position.quantity)),
            _amount(_short(position.average_price), missing="flat"),
            _amount(position.mark, missing="" if flat else _UNDEFINED),
            _amount(_short(position.realised), signed=True),
            _amount(_short(position.unrealised), signed=True),
            f"{position.fills:,}",
        )
    return table


def _counts(result: SessionResult) -> Table:
    """Return what was counted, one subject a line; what did not happen is left out."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style=_QUIET, no_wrap=True)
    table.add_column(overflow="fold")
    fills = result.fills
    table.add_row("market data", _market(result))
    table.add_row("orders", _orders(result.orders))
    _add_tally(table, "  refused by", result.orders.refused_by_check)
    _add_tally(table, "  rejected for", result.orders.rejected_by_reason)
    table.add_row("cancels", _changes(result.cancels))
    _add_tally(table, "  rejected for", result.cancels.rejected_by_reason)
    if result.replaces.requested:
        table.add_row("replaces", _changes(result.replaces))
        _add_tally(table, "  refused by", result.replaces.refused_by_check)
    table.add_row("fills", f"{fills.count:,}: {fills.maker:,} maker, {fills.taker:,} taker")
    unusual = {
        "taken back": fills.busted,
        "late": fills.late,
        "over-filled": fills.overfilled,
        "seen before": fills.ignored,
        "quarantined": fills.quarantined,
    }
    _add_tally(table, "  of note", {what: count for what, count in unusual.items() if count})
    _add_tally(table, "  quarantined for", fills.quarantined_by_reason)
    _add_tally(table, "faults", result.faults)
    if result.breaks.opened:
        table.add_row("breaks", f"{result.breaks.opened:,} opened")
        _add_tally(table, "  closed as", result.breaks.closed)
        for text in result.breaks.open_now:
            table.add_row("  open", _outside(text, _BAD))
    _add_data(table, result.data)
    return table


def _market(result: SessionResult) -> str:
    kinds = {
        "quotes": "Quote",
        "trades": "Trade",
        "book changes": "BookChange",
        "snapshots": "BookSnapshot",
    }
    counts = [(what, result.inputs.get(kind, 0)) for what, kind in kinds.items()]
    return ", ".join(f"{count:,} {what}" for what, count in counts if count) or "none"


def _orders(orders: OrdersResult) -> str:
    outcomes = {
        "filled": orders.filled,
        "canceled": orders.canceled,
        "expired": orders.expired,
        "rejected": orders.rejected,
        "refused again": orders.refused_again,
        "working": orders.working,
        "UNKNOWN": orders.unknown,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in outcomes.items() if count)
    requested = f"{orders.requested:,} requested: {orders.sent:,} sent, {orders.refused:,} refused"
    for what, count in (("withdrawn", orders.withdrawn), ("held", orders.held)):
        requested += f", {count:,} {what}" if count else ""
    return f"{requested}; of those sent {told}" if told else requested


def _changes(changes: ChangesResult) -> str:
    return (
        f"{changes.requested:,} requested: {changes.refused:,} refused;"
        f" {changes.sent:,} sent, {changes.rejected:,} rejected by the venue"
    )


def _add_data(table: Table, data: DataResult) -> None:
    if data.books_stale:
        told = f"stale {data.books_stale:,}, restored {data.books_restored:,}, gaps {data.gaps:,}"
        table.add_row("books", told)
        _add_tally(table, "  stale for", data.stale_by_reason)
    if data.inputs_refused:
        table.add_row("inputs refused", f"{data.inputs_refused:,}")
        _add_tally(table, "  refused for", data.refused_by_reason)
    for symbol, reason in data.stale_now.items():
        table.add_row("stale at the end", _outside(f"{symbol}: {reason}", _BAD))


def _add_tally(table: Table, name: str, counts: Mapping[str, int]) -> None:
    if counts:
        shown = list(counts.items())[:REASONS_SHOWN_MAX]
        told = ", ".join(f"{count:,} x {what}" for what, count in shown)
        others = sum(counts.values()) - sum(count for _, count in shown)
        table.add_row(name, _outside(f"{told}, {others:,} others" if others else told))


def _events(result: SessionResult) -> Table:
    table = _table(["time", "what", ""], [])
    shown = result.events[-EVENTS_SHOWN_MAX:]
    earlier = len(result.events) - len(shown) + result.events_dropped
    if earlier:
        table.add_row("", "", f"{earlier:,} earlier")
    for event in shown:
        table.add_row(_milliseconds(event.time), event.what, _outside(event.text))
    return table


def _verdict(result: SessionResult) -> Group:
    """Return what was checked, and what came of it: the lines that must be green."""
    lines: list[Text] = []
    for account in result.accounts:
        identity = account.identity
        paid, earned = grouped(identity.paid_and_received), grouped(identity.profit_and_loss)
        told = f"equity of {account.account}: {paid} paid and received"
        ending = "ties out" if identity.holds else f"but {earned} profit and loss"
        lines.append(_check(identity.holds, f"{told}, {ending}"))
        if identity.at_cost:
            told = f"     without a mark, at cost: {account.mark_missing}"
            lines.append(_outside(told, _BAD))
    lines.append(_check(result.orders.ties_out, "every order has exactly one outcome"))
    agrees = result.disagreement_count == 0
    lines.append(_check(agrees, "the machine's positions and cash are those of the record"))
    lines.extend(_outside(f"     {each}", _BAD) for each in result.disagreements)
    if result.killed:
        lines.append(Text("KILLED: nothing new leaves until a named person releases", style=_BAD))
    for name, reason in result.disabled.items():
        lines.append(_outside(f"disabled: {name}: {reason}", _BAD))
    return Group(*(Padding(line, 0) for line in lines))


def _milliseconds(time: str) -> str:
    """Return an ISO time as people read it: a space for the T, and no more than milliseconds."""
    return time.replace("T", " ")[: len("2024-08-08 00:00:00.000")]


def _check(holds: bool, told: str) -> Text:
    return _outside(f"{'ok  ' if holds else 'FAIL'} {told}", _GOOD if holds else _BAD)


def _outside(text: str, style: str = "") -> Text:
    """Return text from outside: a `Text` is never read as markup."""
    return Text(printable(text), style=style)


def _table(names: list[str], numbers: list[str]) -> Table:
    """Return a table of columns with names, which may fold, and with numbers, which may not."""
    table = Table(box=None, header_style=_QUIET, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold", min_width=len(name))
    for number in numbers:
        table.add_column(_outside(number), justify="right", no_wrap=True)
    return table


def _short(amount: str | None) -> str | None:
    """Return an amount without the zeros at its end, but those of the first two decimals."""
    whole, point, decimals = (amount or "").partition(".")
    shortened = f"{whole}{point}{decimals[:2]}{decimals[2:].rstrip('0')}"
    return amount and shortened


def _amount(amount: str | None, signed: bool = False, missing: str = _UNDEFINED) -> Text:
    if amount is None:
        return Text(missing, style=_QUIET if missing != _UNDEFINED else _BAD)
    is_zero = not amount.strip("-0.")
    style = "" if is_zero or not signed else _BAD if amount.startswith("-") else _GOOD
    return Text(grouped(amount), style=style)
