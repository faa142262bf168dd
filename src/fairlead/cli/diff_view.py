"""What changed between two points, as a person reads it: who did what, orders, money, and the rest.

JSON has every field that differs; here are those that a person asks for. Nothing is rounded.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from fairlead.cli.measured import short_money, span_phrase
from fairlead.cli.past import Past
from fairlead.cli.phrases import input_phrase, output_phrase, terms_phrase
from fairlead.cli.points import as_of
from fairlead.cli.state_changes import Change, Difference
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.journal.history import Entry
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.names import Names
from fairlead.model.units import Nanos
from fairlead.readers.deeds import Deed
from fairlead.readers.parting import Parting
from fairlead.readers.written import grouped, printable, time_text

ROWS_MAX: Final = 40  # of each table: a person reads no more of one; JSON has all
_QUIET: Final = "dim"
_BAD: Final = "bold red"
_CLOCK: Final = slice(11, 29)  # of an ISO time: hours to nanoseconds
_INPUTS_MAX: Final = 6  # kinds of inputs that are counted by name
_ORDERS: Final = "orders"
# Of these sections a person sees these fields; of all others, all that differ.
_SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "positions": ("quantity", "average_cost", "realised", "unrealised", "fees", "mark_problem"),
    "accounts": (
        *("equity", "cash", "flows", "realised", "unrealised", "fees", "fx", "gross_exposure"),
        *("net_exposure", "daily_profit", "drawdown", "equity_problem", "identity"),
    ),
    "books": ("bid_price", "ask_price", "stale", "reason", "halted"),
    "breaks": ("kind", "state", "instrument", "ours", "theirs", "owner", "cause"),
}
_MONEY: Final = ("positions", "accounts")
_OF_AN_ORDER: Final = (
    *("status", "quantity", "price", "filled", "canceled", "average_price", "failure"),
    *("cancel_wanted", "wanted_quantity"),
)
_OVER: Final = ("filled", "canceled", "expired", "rejected", "refused")
_ONE: Final = {  # what one thing of a section is called
    **{name: name[:-1] for name in ("positions", "accounts", "books", "breaks", "breakers")},
    **{name: name[:-1] for name in ("kills", "proposals", "overrides", "dynamic_limits")},
    "strategies": "strategy",
}
_SPANS: Final = ("window", "age", "age_max", "reference_age_max")  # in nanoseconds
_COLUMNS: Final = [
    Column("what"),
    Column("field"),
    Column("before", number=True),
    Column("after", number=True),
    Column("change", 1, number=True),
]


class Between(NamedTuple):
    """Two points of a journal, what happened between them, and what it changed."""

    before: Past
    after: Past
    inputs: dict[str, int]
    deeds: list[Deed]
    changes: list[Change]


def between_view(between: Between, width: int) -> RenderableType:
    """Return all of it, section by section; a section without a change is not there."""
    parts: list[RenderableType] = list(_heading(between))
    parts += deeds_view(between.deeds, between.after.names)
    orders = [each for each in between.changes if each.section == _ORDERS]
    parts += _orders(orders)
    for sections, title in ((_MONEY, "positions and money"), (("books",), "books")):
        found = [each for each in between.changes if each.section in sections]
        parts += _table(title, found, width)
    apart = (_ORDERS, "books", *_MONEY)
    rest = [each for each in between.changes if each.section not in apart]
    parts += _table("limits, rules and everything else", rest, width)
    if not between.changes:
        parts.append(Text("nothing stands otherwise"))
    return Group(*parts)


def _heading(between: Between) -> Iterator[Text]:
    before, after = between.before.replayed, between.after.replayed
    begin = as_of(before.last, before.time).removeprefix("as of ")
    end = as_of(after.last, after.time).removeprefix("as of ")
    yield Text(f"from {begin} to {end}", style="bold")
    most = sorted(between.inputs.items(), key=lambda each: -each[1])
    told = [f"{count:,} {kind}" for kind, count in most[:_INPUTS_MAX]]
    told += [f"{len(most) - _INPUTS_MAX} other kinds"] if len(most) > _INPUTS_MAX else []
    span = f" in {span_phrase(Nanos(after.time - before.time))}" if before.last else ""
    counted = f"{sum(between.inputs.values()):,} inputs{span}"
    yield Text(f"{counted}: {', '.join(told)}" if told else counted)


def deeds_view(deeds: list[Deed], names: Names) -> Iterator[Text]:
    """Yield a line for each thing that a person did, the oldest first."""
    if not deeds:
        return
    yield _title("who did what")
    for deed in deeds[:ROWS_MAX]:
        line = Text(f"{time_text(deed.time)[_CLOCK]} #{deed.sequence:<6} ", style=_QUIET)
        line.append(input_phrase(deed.input, names), style="not dim")
        if deed.refused:
            line.append(printable(f"  REFUSED: {deed.refused}"), style="not dim bold red")
        yield line
    yield from _more(len(deeds))


# --- orders ---


def _orders(changes: list[Change]) -> Iterator[Text]:
    if not changes:
        return
    new = sum(each.kind == "new" for each in changes)
    ended = sum(_has_ended(each) for each in changes)
    yield _title(f"orders: {new:,} new, {len(changes) - new:,} changed, {ended:,} of them ended")
    for change in changes[:ROWS_MAX]:
        told = _new_order(change) if change.kind == "new" else _changed_order(change)
        yield Text(printable(f"{change.name}  {told}"))
    yield from _more(len(changes))


def _new_order(change: Change) -> str:
    found = {each.field: each.after for each in change.differences}
    words = [terms_phrase(found), f"{found['strategy']}"]
    status = str(found["status"]).replace("_", " ").upper()
    words.append(f"{status}, {found['filled']} filled")
    if found.get("average_price") is not None:
        words[-1] += f" at {found['average_price']}"
    words += [str(found["failure"])] if found.get("failure") else []
    return "new: " + "; ".join(words)


def _changed_order(change: Change) -> str:
    shown = [each for each in change.differences if each.field in _OF_AN_ORDER]
    verb = "ended" if _has_ended(change) else "changed"
    return f"{verb}: " + (", ".join(_step(each) for each in shown) or "messages alone")


def _has_ended(change: Change) -> bool:
    status = change.difference("status")
    return status is not None and status.after in _OVER


def _step(each: Difference) -> str:
    return f"{each.field.replace('_', ' ')} {_plain(each.before)} -> {_plain(each.after)}"


# --- the rest ---


def _table(title: str, changes: list[Change], width: int) -> Iterator[RenderableType]:
    rows = [row for change in changes for row in _rows(change)]
    if rows:
        yield _title(title)
        yield fitting_table(_COLUMNS, rows[:ROWS_MAX], width)
        yield from _more(len(rows))


def _rows(change: Change) -> Iterator[Row]:
    shown = _SHOWN.get(change.section)
    section = _ONE.get(change.section, change.section)
    what = f"{section} {change.name}".replace("_", " ").strip()
    for each in change.differences:
        if (shown is None or each.field in shown) and not _says_nothing(each):
            field = each.field.replace("_", " ")
            before, after = (_plain(value, each.field) for value in (each.before, each.after))
            cells = (what, field, before, after, _moved(each))
            yield [Text(printable(cell)) for cell in cells]


def _says_nothing(each: Difference) -> bool:
    """Whether a field is a part of the name, or of a new or a gone thing and empty."""
    is_name = each.field.startswith("scope.") or each.field.endswith(".kind")
    return is_name or {str(each.before), str(each.after)} <= {"None", "", "[]"}


def _plain(value: object, field: str = "") -> str:
    """Return a value as people read it; every digit but the zeros at the end."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return " ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, int) and field.rpartition(".")[2] in _SPANS:
        return span_phrase(Nanos(value))
    told = str(value)
    return grouped(short_money(told)) if "." in told and _number(told) is not None else told


def _moved(each: Difference) -> str:
    """Return by how much a number moved, empty for what is none."""
    before, after = _number(each.before), _number(each.after)
    if before is None or after is None:
        return ""
    moved = after - before
    return f"{'+' if moved > 0 else ''}{grouped(short_money(f'{moved:f}'))}"


def _number(value: object) -> Decimal | None:
    if not isinstance(value, str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _title(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _more(count: int) -> Iterator[Text]:
    if count > ROWS_MAX:
        yield Text(f"and {count - ROWS_MAX:,} more: --json has all", style=_QUIET)


# --- two journals ---


def parting_view(found: Parting, names: Names) -> RenderableType:
    """Return where two journals part, with what each of them says there."""
    parts: list[RenderableType] = []
    if found.build_differs:
        told = f"input {found.build_differs:,}: the node was started by another build"
        parts.append(Text(told, style="yellow"))
    if found.time_differs:
        told = f"input {found.time_differs:,}: the times differ from here on"
        parts.append(Text(told, style="yellow"))
    if not found.what:
        parts.append(Text(f"the same {found.compared:,} inputs and outputs", style="green"))
        return Group(*parts)
    first = found.ours or found.theirs
    assert first is not None, "where journals part, one of them has an input"
    words = {"input": "another input", "outputs": "the same input, other outputs"}
    told = words.get(found.what, "one of them ends")
    parts.append(Text(f"first difference: input {first.sequence:,}: {told}", style=_BAD))
    parts += _side("first", found.ours, names)
    parts += _side("second", found.theirs, names)
    return Group(*parts)


def _side(which: str, entry: Entry | None, names: Names) -> Iterable[Text]:
    if entry is None:
        return [Text(f"{which}: has ended")]
    record = decode_input(entry.input)
    outputs = decode_outputs(entry.outputs) if entry.outputs else []
    lines = [Text(f"{which}: {time_text(entry.time)}  {input_phrase(record, names)}")]
    lines += [Text(f"    {output_phrase(output, names)}") for output in outputs]
    return lines
