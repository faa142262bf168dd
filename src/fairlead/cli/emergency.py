"""The commands that must work when much else does not: they are loaded without all the others."""

from typing import Final

import typer

from fairlead.cli.kill import kill
from fairlead.cli.release import release
from fairlead.cli.status import status

COMMANDS: Final = (kill, release, status)

app = typer.Typer(
    name="fairlead",
    pretty_exceptions_show_locals=False,
    add_completion=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command()(command)
