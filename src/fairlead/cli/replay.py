"""`fairlead replay`: the state as of then, from the journal alone."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import ERR, OUT, mistakes_in_one_line, print_json
from fairlead.cli.session_options import moment
from fairlead.cli.state import state_object
from fairlead.machine.orders import WORKING
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from fairlead.node.recovery import Replayed
from fairlead.node.recovery import replay as replay_journal
from fairlead.node.time_text import time_text
from fairlead.stages.paper import newest_session

_WORKING = [status.name.lower() for status in WORKING]


class _Naming:
    """A reader that learns what symbols, strategies and accounts are called."""

    def __init__(self) -> None:
        self.names = Names()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Learn the names of a definition."""
        self.names.learn(input)


def replay(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    to: Annotated[int | None, typer.Option(help="Up to and including this input.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Up to and including this time (ISO 8601 UTC, or ns).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole state as JSON.")] = False,
) -> None:
    """Show what stood at a sequence or a time, computed again from the journal."""
    with mistakes_in_one_line(), ERR.status("replaying ...") as status:

        def progress(sequence: Sequence) -> None:
            status.update(f"replaying: {sequence:,} inputs ...")

        naming = _Naming()
        replayed = replay_journal(
            newest_session(journal),
            None if to is None else Sequence(to),
            None if at is None else moment(at, "--at"),
            [naming],
            progress,
        )
        state = state_object(replayed.path.machine, naming.names)
        state["outputs_digest"] = replayed.path.digest.hexadecimal()
    if json:
        print_json(state)
        return
    _print(replayed, state)


def _print(replayed: Replayed, state: dict[str, object]) -> None:
    OUT.print(f"as of input {replayed.last:,}, {time_text(replayed.time)}", style="bold")
    for name in ("accounts", "positions"):
        for row in _objects(state, name):
            table = Table(show_header=False, box=None, title=name[:-1], title_justify="left")
            for key, value in row.items():
                table.add_row(Text(key.replace("_", " "), style="dim"), Text(_cell(value)))
            OUT.print(table)
    orders = _objects(state, "orders")
    working = [order for order in orders if order["status"] in _WORKING]
    OUT.print(f"{len(orders):,} orders, {len(working):,} of them working")
    for order in working:
        OUT.print("  " + " ".join(_cell(value) for value in order.values()), markup=False)
    for name in ("killed", "stopped", "disabled", "closed", "state_digest", "outputs_digest"):
        OUT.print(f"{name.replace('_', ' ')}: {_cell(state[name])}", markup=False)


def _objects(state: dict[str, object], name: str) -> list[dict[str, object]]:
    objects = state[name]
    assert isinstance(objects, list), "these are lists of objects"
    return objects


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value == [] else str(value)
