"""`fairlead story`: what happened to an order, to a position, on a day; from the journal alone."""

import typer

from fairlead.cli.day_story import day
from fairlead.cli.order import order
from fairlead.cli.position_story import position

app = typer.Typer(
    name="story",
    help="Tell what happened: to an order, to a position, on a trading day.",
    no_args_is_help=True,
)
for command in (order, position, day):
    app.command()(command)
