"""Where `fairlead` begins. The guard starts without loading the other commands: it stays small.

So do the commands that stop and release: what is wrong with another one cannot keep them back.
"""

import sys
from typing import Final

EMERGENCY: Final = ("kill", "release", "status")


def main() -> None:
    """Run the command that was asked for."""
    if sys.argv[1:2] == ["guard"]:
        _guard_alone(sys.argv[2:])
    elif sys.argv[1:] and sys.argv[1] in EMERGENCY:
        from fairlead.cli.emergency import app

        app(prog_name="fairlead")
    else:
        from fairlead.cli.main import main as every_command

        every_command()


def _guard_alone(arguments: list[str]) -> None:
    import typer

    from fairlead.cli.guard import guard

    app = typer.Typer(pretty_exceptions_show_locals=False, add_completion=False)
    app.command()(guard)
    app(args=arguments, prog_name="fairlead guard")
