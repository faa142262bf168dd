"""The list of all commands: what it says of each, and what is loaded to say it."""

import subprocess
import sys

import pytest

from fairlead.cli.main import COMMANDS, loaded

# Slow to load or large, and needed by few: what is loaded here, every command pays for.
HEAVY = {
    *("alembic", "asyncio", "cryptography", "duckdb", "exchange_calendars", "httpx", "jinja2"),
    *("numpy", "pandas", "plotly", "pyarrow", "sqlalchemy", "websockets", "zstandard"),
}
LISTED = {
    *("fairlead", "fairlead.cli", "fairlead.cli.main"),
    *("fairlead.node", "fairlead.node.uncollected"),  # nothing but the collector's switch
}
SPEAKS_WEBSOCKET = "exchange"  # its door is one


def modules_after(code: str) -> set[str]:
    """Return the modules that a process of its own has loaded when it has run some code."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def ours(modules: set[str]) -> set[str]:
    """Return those of them that are of this package."""
    return {name for name in modules if name.split(".")[0] == "fairlead"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_own_help(name: str) -> None:
    assert loaded(name).help.split("\n\n")[0] == COMMANDS[name].what


def test_the_package_loads_nothing_of_itself_and_nothing_heavy() -> None:
    modules = modules_after("import fairlead")
    assert ours(modules) == {"fairlead"}
    assert not modules & (HEAVY | {"msgspec", "pydantic", "rich", "ruamel", "typer"})


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_the_list_of_commands_loads_none_of_them(asked: str) -> None:
    modules = modules_after(
        "import contextlib, io\n"
        "from fairlead.cli.main import main\n"
        f"import sys; sys.argv = ['fairlead', {asked!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()"
    )
    assert ours(modules) == LISTED
    assert not modules & (HEAVY | {"msgspec", "pydantic", "ruamel"})


def test_a_command_that_shows_the_record_loads_no_configuration() -> None:
    assert not modules_after("import fairlead.cli.status") & {"pydantic", "ruamel", "rich"}


def test_no_command_loads_what_few_of_them_need_before_it_is_needed() -> None:
    names = [name for name in COMMANDS if name != SPEAKS_WEBSOCKET]
    modules = modules_after(
        f"from fairlead.cli.main import loaded\nfor name in {names}:\n    loaded(name)"
    )
    assert "fairlead.cli.run" in modules
    assert not modules & HEAVY
