"""`fairlead data`: research data, from files of any format to a store that is checked."""

from typing import Final

import typer

from fairlead.cli.data_calendar import calendar

app: Final = typer.Typer(
    name="data", help="Research data: the tick store, trading calendars.", no_args_is_help=True
)
app.command()(calendar)
