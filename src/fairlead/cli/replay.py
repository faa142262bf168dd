"""`fairlead replay`: the state as of then, from the journal alone."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from fairlead.cli.console import OUT, mistakes_in_one_line, print_json
from fairlead.cli.orders import SHOWN_MAX, orders_table
from fairlead.cli.past import Past, past
from fairlead.cli.points import Point, as_of, say_where_it_ends
from fairlead.cli.positions import money_view
from fairlead.cli.session_options import moment
from fairlead.cli.state import state_object
from fairlead.model.units import Sequence
from fairlead.readers.written import printable

_FLAGS: Final = ("killed", "stopped", "disabled", "closed", "state_digest", "outputs_digest")


def replay(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    to: Annotated[
        int | None, typer.Option(min=0, help="Up to and including this input; 0: before the first.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Up to and including this time (ISO 8601 UTC, or ns).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole state as JSON.")] = False,
) -> None:
    """Show what stood at a sequence or a time, computed again from the journal."""
    with mistakes_in_one_line():
        wanted = Point(
            None if to is None else Sequence(to), None if at is None else moment(at, "--at")
        )
        known = past(journal, wanted.to, wanted.at)
        say_where_it_ends(known, wanted)
        state = state_object(known.machine, known.names)
        state["outputs_digest"] = known.replayed.path.digest.hexadecimal()
        if json:
            print_json(state)
        else:
            _print(known, state)


def _print(known: Past, state: dict[str, Any]) -> None:
    replayed = known.replayed
    OUT.print(Text(as_of(replayed.last, replayed.time), style="bold"))
    OUT.print(money_view(state["positions"], state["accounts"], OUT))
    OUT.print()
    orders = known.machine.orders.all()
    live = [order for order in orders if order.live]
    shown = live[-SHOWN_MAX:]
    more = f"; the last {len(shown):,}" if len(shown) < len(live) else ""
    OUT.print(Text(f"{len(orders):,} orders, {len(live):,} of them open{more}"))
    if shown:
        OUT.print(orders_table(shown, known.machine, known.names, OUT.width))
    for each in state["breaks"]:
        if each["state"] == "open":
            told = f"BREAK {each['number']}, {each['kind'].replace('_', ' ')}: "
            told += f"ours {each['ours']}, theirs {each['theirs']}"
            OUT.print(Text(printable(told), style="bold red"))
    for name in _FLAGS:
        OUT.print(Text(f"{name.replace('_', ' ')}: {_cell(state[name])}"))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        told = (", ".join(str(part) for part in each.values()) for each in value)
        return printable("; ".join(told)) or "none"
    return str(value)
