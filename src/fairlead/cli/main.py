"""The command line. Every command is a function in its own file; this is the list of them."""

from typing import Annotated

import typer

import fairlead
from fairlead.cli.audit import audit
from fairlead.cli.backtest import backtest
from fairlead.cli.data import app as data
from fairlead.cli.diff import diff
from fairlead.cli.doctor import doctor
from fairlead.cli.drill import app as drill
from fairlead.cli.emergency import COMMANDS as EMERGENCY
from fairlead.cli.exchange import exchange
from fairlead.cli.feed import feed
from fairlead.cli.guard import guard
from fairlead.cli.journal import app as journal
from fairlead.cli.keys import app as keys
from fairlead.cli.letting_go import acknowledge, breaker
from fairlead.cli.limits import app as limits
from fairlead.cli.lookahead import lookahead
from fairlead.cli.order import order
from fairlead.cli.orders import orders
from fairlead.cli.positions import positions
from fairlead.cli.preflight import app as preflight
from fairlead.cli.quality import quality
from fairlead.cli.reconcile import reconcile
from fairlead.cli.record import record
from fairlead.cli.replay import replay
from fairlead.cli.risk import risk
from fairlead.cli.run import run
from fairlead.cli.schema import schema
from fairlead.cli.script import script
from fairlead.cli.simulate import simulate
from fairlead.cli.sql import app as sql
from fairlead.cli.story import app as story
from fairlead.cli.verify import verify
from fairlead.cli.witness import witness

app = typer.Typer(
    name="fairlead",
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


_SESSIONS = (run, exchange, guard, witness, backtest, lookahead, replay, verify)
_RECORD = (audit, diff, orders, order, positions, risk, quality, reconcile)
_TOOLS = (feed, record, script, schema, simulate, doctor)
for command in (*_SESSIONS, *EMERGENCY, breaker, acknowledge, *_RECORD, *_TOOLS):
    app.command()(command)
app.add_typer(story)
app.add_typer(preflight)
app.add_typer(limits)
app.add_typer(drill)
app.add_typer(keys)
app.add_typer(journal)
app.add_typer(sql)
app.add_typer(data)


def main() -> None:
    """Run the command that was asked for."""
    app()


if __name__ == "__main__":
    main()
