"""The command line. Every command is in its own file; this is the list of them.

Loading a command loads what it works with: for `run`, the whole node. So each is loaded when it is
called, and the list of all needs no more of it than its line here.
"""

import importlib
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

import fairlead
from fairlead.node.uncollected import uncollected


class Listed(NamedTuple):
    """A command in the list."""

    place: str  # the file in this room, and the function or the group in it
    what: str  # the first line of its help


COMMANDS: Final = {
    "run": Listed(
        "run:run",
        "Run a paper session: real data or a simulated market, real risk, real journal, no money.",
    ),
    "exchange": Listed(
        "exchange:exchange",
        "Run the simulated exchange until SIGTERM; nodes trade on it with `venue.kind: direct`.",
    ),
    "guard": Listed(
        "guard:guard",
        "Guard the firm: watch every trigger, and cancel what works while the node hangs or is "
        "gone.",
    ),
    "witness": Listed(
        "witness:witness", "Follow a journal and sign how far it has come; never write to it."
    ),
    "backtest": Listed(
        "backtest:backtest",
        "Run a strategy over recorded or simulated data; the same machine as in a paper session.",
    ),
    "lookahead": Listed(
        "lookahead:lookahead",
        "Look for look-ahead: what is decided on cut-off data must be what is decided on all of "
        "it.",
    ),
    "replay": Listed(
        "replay:replay",
        "Show what stood at a sequence or a time, computed again from the journal.",
    ),
    "verify": Listed(
        "verify:verify",
        "Check a journal: checksums, hash chain, gaps, what was signed, and every output again.",
    ),
    "kill": Listed(
        "kill:kill", "Stop trading now: engages the kill switch, and says what the node did."
    ),
    "release": Listed(
        "release:release",
        "Let trading go on after a kill. Look at positions and working orders first.",
    ),
    "status": Listed("status:status", "Show the kill switch and the heartbeat of the node."),
    "breaker": Listed(
        "letting_go:breaker",
        "Put a scope into a state of its breaker; `active` lets go of what tripped there.",
    ),
    "acknowledge": Listed(
        "letting_go:acknowledge",
        "Say that a warning was looked at: until then no session below it may begin to trade.",
    ),
    "audit": Listed(
        "audit:audit",
        "Show who did what, when, why and with whose approval, from the journal alone.",
    ),
    "diff": Listed(
        "diff:diff",
        "Show what changed between two points of a journal, and who did what between them.",
    ),
    "orders": Listed("orders:orders", "List the orders of a session, the newest last."),
    "order": Listed(
        "order:order",
        "Tell the whole story of an order: market, request, checks, sends, reports, fills, times.",
    ),
    "positions": Listed(
        "positions:positions",
        "Show positions and accounts: quantity, cost, mark, profit, cash, equity, and the "
        "identity.",
    ),
    "risk": Listed(
        "risk:risk",
        "Show value at risk, expected shortfall, beta and concentration of the accounts.",
    ),
    "quality": Listed(
        "quality:quality",
        "Show the quality of market data: what came, what was dropped and why, what rules found.",
    ),
    "reconcile": Listed(
        "reconcile:reconcile",
        "Compare a statement of orders, fills, positions and cash with a journal; write nothing.",
    ),
    "feed": Listed(
        "feed:feed",
        "Send recorded market data through the real feed handlers; print JSON lines.",
    ),
    "record": Listed(
        "record:record",
        "Record live market data: every frame with its receive time, snapshots, lost connections.",
    ),
    "script": Listed(
        "script:script",
        "Apply inputs from JSON lines to a fresh machine; print its outputs and final state.",
    ),
    "schema": Listed(
        "schema:schema",
        "Print the JSON Schema (2020-12) of every line that `fairlead script` reads or prints.",
    ),
    "simulate": Listed(
        "simulate:simulate",
        "Let nodes trade in a hostile world: network, venue, market data, clock, disk, people "
        "fail.",
    ),
    "doctor": Listed(
        "doctor:doctor",
        "Say what is running and why, and whether this machine is fit to run it.",
    ),
    "story": Listed(
        "story:app", "Tell what happened: to an order, to a position, on a trading day."
    ),
    "preflight": Listed("preflight:app", "Look at what has to hold before a session begins."),
    "capacity": Listed(
        "capacity:app", "What this machine can take: latency over load, measured and shown."
    ),
    "limits": Listed(
        "limits:app",
        "Show limits and their use; explain what they answer to an order; change them.",
    ),
    "drill": Listed("drill:app", "Try what must work on the worst day."),
    "keys": Listed(
        "keys:app",
        "Make the keys that sign checkpoints or encrypt journals, and show a public half.",
    ),
    "journal": Listed(
        "journal:app", "Look after journals: list, compress, hold, release, expire, repair."
    ),
    "sql": Listed("sql:app", "The journal as SQL tables and Parquet files."),
    "data": Listed("data:app", "Research data: the tick store, trading calendars."),
}


class OnDemand(TyperGroup):
    """Loads the command that is called, and no other."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that the first argument names, and what is left for it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else loaded(name), rest


def loaded(name: str) -> Any:
    """Return a command of the list, or a group of commands, loaded."""
    file, _, attribute = COMMANDS[name].place.partition(":")
    with uncollected():  # what is loaded stays
        found = getattr(importlib.import_module(f"fairlead.cli.{file}"), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


app = typer.Typer(
    name="fairlead",
    cls=OnDemand,
    help="Guides orders: paper sessions, backtests, and the journal that tells what happened.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a variable may hold a secret
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"fairlead {fairlead.__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Take what stands before a command."""
    del version  # the callback has done it


def _elsewhere() -> None:
    """Stand in the list for a command that is not loaded."""


for each, listed in COMMANDS.items():
    app.command(each, help=listed.what)(_elsewhere)


def main() -> None:
    """Run the command that was asked for."""
    app()


if __name__ == "__main__":
    main()
