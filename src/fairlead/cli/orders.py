"""`fairlead orders`: the orders of a session, from the journal alone."""

from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import RenderableType
from rich.text import Text

from fairlead.cli.console import OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.order_objects import order_object
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.tables import Column, fitting_table
from fairlead.cli.timeline import status_style
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model.names import Directory, Names, did_you_mean
from fairlead.model.terms import Status
from fairlead.readers.written import printable, time_text

SHOWN_MAX: Final = 50  # rows of the table where nobody says otherwise; JSON has all
_STATUSES: Final = {status.name.lower(): status for status in Status}
_COLUMNS: Final = [
    Column("order"),
    Column("time", 4),
    Column("strategy", 2),
    Column("instrument", 1),
    Column("side"),
    Column("type", 5),
    Column("in force", 6),
    Column("quantity", number=True),
    Column("price", number=True),
    Column("filled", number=True),
    Column("average", 3, number=True),
    Column("status"),
    Column("venue order", 7),
]
_CLOCK: Final = slice(11, 23)  # of an ISO time: to the millisecond


class Wanted(NamedTuple):
    """Which orders are asked for; empty means any."""

    strategy: str
    instrument: str
    only_open: bool
    status: str


def orders(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    strategy: Annotated[str, typer.Option(help="Of this strategy alone.")] = "",
    instrument: Annotated[str, typer.Option(help="In this instrument alone.")] = "",
    open_: Annotated[
        bool, typer.Option("--open", help="Alone those that work or wait in the machine.")
    ] = False,
    status: Annotated[str, typer.Option(help="In this status alone: filled, unknown, ...")] = "",
    limit: Annotated[
        int | None, typer.Option(min=0, help="At most so many, the newest; 0: all.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the orders as JSON.")] = False,
) -> None:
    """List the orders of a session, the newest last."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        known = past(journal)
        wanted = Wanted(strategy, instrument, open_, status.lower().replace(" ", "_"))
        _refuse_unknown(wanted, known.names)
        matching = [
            order for order in known.machine.orders.all() if _matches(order, wanted, known.names)
        ]
        shown_max = limit if limit is not None else 0 if json else SHOWN_MAX
        shown = matching[-shown_max:] if shown_max else matching
        if json:
            print_json(_content(known, matching, shown))
        else:
            _print(known, matching, shown)


def orders_table(orders: list[Order], machine: Machine, names: Names, width: int) -> RenderableType:
    """Return a table of orders that fits into `width`."""
    rows = [_row(order, order_object(order, machine, names)) for order in orders]
    return fitting_table(_COLUMNS, rows, width)


def _refuse_unknown(wanted: Wanted, names: Names) -> None:
    """Fail where a name or a status is asked for that there is not."""
    _refuse_unknown_name("--strategy", wanted.strategy, names.strategies)
    _refuse_unknown_name("--instrument", wanted.instrument, names.instruments)
    if wanted.status and wanted.status not in _STATUSES:
        near = did_you_mean(wanted.status, list(_STATUSES))
        fail(f"--status: found {wanted.status!r}, expected one of {', '.join(_STATUSES)}{near}")


def _refuse_unknown_name(option: str, name: str, known: Directory) -> None:
    if name and known.number(name) is None:
        near = did_you_mean(name, known.all()) or f": one of {', '.join(known.all()) or 'none'}"
        fail(f"{option}: nothing in this journal is called {name!r}{near}")


def _matches(order: Order, wanted: Wanted, names: Names) -> bool:
    return (
        (not wanted.strategy or order.strategy == names.strategies.number(wanted.strategy))
        and (
            not wanted.instrument or order.instrument == names.instruments.number(wanted.instrument)
        )
        and (not wanted.only_open or order.live)
        and (not wanted.status or order.status is _STATUSES[wanted.status])
    )


def _content(known: Past, matching: list[Order], shown: list[Order]) -> dict[str, Any]:
    machine = known.machine
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "orders_total": len(machine.orders.all()),
        "matching": len(matching),
        "orders": [order_object(order, machine, known.names) for order in shown],
    }


def _print(known: Past, matching: list[Order], shown: list[Order]) -> None:
    machine = known.machine
    total, live = len(machine.orders.all()), sum(order.live for order in matching)
    OUT.print(Text(heading(known), style="bold"))
    told = (
        f"{len(matching):,} of {total:,} orders" if len(matching) < total else f"{total:,} orders"
    )
    earlier = (
        f"; the last {len(shown):,}, --limit 0 shows all" if len(shown) < len(matching) else ""
    )
    OUT.print(Text(f"{told}, {live:,} open{earlier}"))
    if shown:
        OUT.print(orders_table(shown, machine, known.names, OUT.width))


def heading(known: Past) -> str:
    """Return which journal is shown, and as of when."""
    as_of = time_text(known.replayed.time)
    return printable(f"{known.directory} as of input {known.replayed.last:,}, {as_of}")


def _row(order: Order, found: dict[str, Any]) -> list[Text]:
    at_market = order.price == 0
    texts = [
        str(order.order),
        time_text(order.time)[_CLOCK],
        found["strategy"],
        found["instrument"],
        found["side"],
        _word(found["order_type"]),
        _word(found["time_in_force"]),
        found["quantity"],
        "" if at_market else found["price"],
        found["filled"],
        found["average_price"] or "",
    ]
    cells = [Text(printable(text)) for text in texts]
    cells.append(Text(_word(found["status"]), style=status_style(order.status)))
    return [*cells, Text(printable(found["venue_order"]))]


def _word(word: str) -> str:
    return word.replace("_", " ")
