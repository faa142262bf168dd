"""How the commands speak: results on standard output, mistakes in one line on the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import msgspec
import typer
from rich.console import Console

from fairlead.gateways.errors import GatewayError
from fairlead.journal.errors import JournalError
from fairlead.model.errors import UndecodableRecord
from fairlead.node.errors import NodeError
from fairlead.operations.errors import OperationError
from fairlead.readers.errors import ReaderError
from fairlead.simulator.errors import SimulatorError
from fairlead.stages.errors import StageError
from fairlead.strategy.errors import StrategyError

OUT = Console()
ERR = Console(stderr=True, highlight=False, soft_wrap=True)

USAGE = 2  # the exit code for what a person can mend
FOUND_WRONG = 1  # the exit code for a check that ran and found something


def print_json(content: object) -> None:
    """Print one JSON object on standard output, for machines that people look over the shoulder."""
    OUT.file.write(msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n")


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Say what is wrong on standard error and exit."""
    ERR.print(f"fairlead: {message}", markup=False, style="bold red")
    raise typer.Exit(code)


@contextmanager
def mistakes_in_one_line() -> Iterator[None]:
    """Turn the errors that a person can mend into one line and exit code 2; no stack trace."""
    try:
        yield
    except (
        NodeError,
        JournalError,
        UndecodableRecord,
        GatewayError,
        StrategyError,
        SimulatorError,
        ReaderError,
        StageError,
        OperationError,
    ) as error:
        fail(str(error))
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}")
