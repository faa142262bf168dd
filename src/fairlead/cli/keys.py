"""`fairlead keys`: the keys that sign checkpoints, and the ones that seal a journal."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.console import OUT, mistakes_in_one_line, print_json
from fairlead.cli.switches import JsonOption
from fairlead.node.keys import load_key, new_key
from fairlead.node.sealing import new_journal_key

app = typer.Typer(
    name="keys",
    help="Make the keys that sign checkpoints or encrypt journals, and show a public half.",
    no_args_is_help=True,
)

FileArgument = Annotated[Path, typer.Argument(help="The key file; never below a journal.")]


class Kind(Enum):
    """What a key is for."""

    SIGNING = "signing"
    JOURNAL = "journal"


KindOption = Annotated[Kind, typer.Option(help="What it is for: to sign, or to encrypt a journal.")]


@app.command()
def new(file: FileArgument, kind: KindOption = Kind.SIGNING, json: JsonOption = False) -> None:
    """Make a key that only its owner may read; of one that signs, print the public half.

    A file that is there already is never written over. Put the public half where who checks finds
    it: not beside the journal. A journal without the key that encrypted it is lost: keep a copy.
    """
    with mistakes_in_one_line():
        if kind is Kind.SIGNING:
            _print(file, new_key(file).public, json)
            return
        new_journal_key(file)
    if json:
        print_json({"file": str(file), "kind": kind.value})
    else:
        OUT.print(f"{file}: made; without it what it encrypts is lost", markup=False)


@app.command()
def show(file: FileArgument, json: JsonOption = False) -> None:
    """Print the public half of a key."""
    with mistakes_in_one_line():
        _print(file, load_key(file).public, json)


def _print(file: Path, public: str, json: bool) -> None:
    if json:
        print_json({"file": str(file), "public_key": public})
    else:
        OUT.print(public, markup=False, highlight=False)
