"""`fairlead limits`: the tree of limits, how far each is used, and what keeps orders from leaving.

From the journal alone: the gate that held the orders is asked. `explain` says what it would answer
to an order; `set`, `approve` and the rest are commands to a node that runs (`limit_commands.py`).
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from fairlead.cli.console import OUT, mistakes_in_one_line, print_json
from fairlead.cli.explain import explain
from fairlead.cli.limit_commands import approve, attest, decline, override, set_limits
from fairlead.cli.limits_view import limits_view
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.risk_objects import limits_digest, risk_object, scope_objects
from fairlead.cli.session_options import moment
from fairlead.model.units import Sequence


class Group(TyperGroup):
    """`limits` without a command of its own is `limits show`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # typer hides whose context it is
        """Put `show` where no command is named."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["show", *args])


app = typer.Typer(
    name="limits",
    cls=Group,
    help="Show limits and their use; explain what they answer to an order; change them.",
    no_args_is_help=False,
)


@app.command()
def show(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    to: Annotated[int | None, typer.Option(help="As of this input.")] = None,
    at: Annotated[str | None, typer.Option(help="As of this time (ISO 8601 UTC, or ns).")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show every limit that holds with its use at its worst case, and what restricts trading."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        known = past(
            journal,
            None if to is None else Sequence(to),
            None if at is None else moment(at, "--at"),
        )
        content = limits_content(known)
        if json:
            print_json(content)
            return
        OUT.print(Text(heading(known), style="bold"))
        OUT.print(limits_view(content, OUT))


def limits_content(known: Past) -> dict[str, Any]:
    """Return all of it as one object."""
    machine, names = known.machine, known.names
    risk = risk_object(machine, names)
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "version": machine.gate.tree.version,
        "digest": limits_digest(machine),
        "two_persons": machine.state.begun,
        "scopes": scope_objects(machine, names),
        **{name: risk[name] for name in risk if name not in ("limits", "message_rate")},
    }


app.command()(explain)
app.command("set")(set_limits)
for command in (approve, decline, attest, override):
    app.command()(command)
