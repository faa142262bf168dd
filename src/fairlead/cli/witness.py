"""`fairlead witness`: sign a journal from outside, with a key that the node does not have."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.switches import JsonOption
from fairlead.journal.errors import JournalDamaged
from fairlead.node.errors import CheckpointsDiffer
from fairlead.node.keys import SigningKey, load_key
from fairlead.node.notary import SigningPace
from fairlead.operations.witnessing import Witness, Witnessed
from fairlead.stages.paper import newest_session


def witness(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    key: Annotated[Path, typer.Option(help="The key that signs (`fairlead keys new`).")],
    copy: Annotated[
        list[Path], typer.Option(help="The directory that keeps what is signed; repeat it.")
    ],
    records: Annotated[int, typer.Option(min=1, help="Sign after so many inputs,")] = 10_000,
    seconds: Annotated[
        int, typer.Option(min=1, help="and so many seconds after something new.")
    ] = 60,
    once: Annotated[bool, typer.Option("--once", help="Sign what is there, and end.")] = False,
    json: JsonOption = False,
) -> None:
    """Follow a journal and sign how far it has come; never write to it.

    Exit code 1: the journal is damaged, or is not what was signed before. Nothing more is signed.
    """
    stop = threading.Event()
    pace = SigningPace(records, seconds)
    with mistakes_in_one_line():
        signing = load_key(key, journal)
        try:
            while not stop.is_set():
                directory = newest_session(journal)
                found = _witnessed(directory, journal, signing, copy, pace, stop, once)
                _print(found, json)
                if once:
                    return
        except (JournalDamaged, CheckpointsDiffer) as error:
            fail(str(error), FOUND_WRONG)


def _witnessed(
    directory: Path,
    place: Path,
    key: SigningKey,
    copies: list[Path],
    pace: SigningPace,
    stop: threading.Event,
    once: bool,
) -> Witnessed:
    """Sign one journal: to its end, or until it is to stop or another session began."""

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    def is_over() -> bool:
        return once or newest_session(place) != directory

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    signer = Witness(directory, key, tuple(copies), pace, _warn)
    try:
        signer.follow(stop, is_over)
    finally:
        witnessed = signer.close()
    return witnessed


def _print(found: Witnessed, json: bool) -> None:
    if json:
        content = found._asdict() | {
            "directory": str(found.directory),
            "checkpoints": [str(file) for file in found.checkpoints],
        }
        print_json(content)
        return
    files = ", ".join(map(str, found.checkpoints)) or "nowhere: there is nothing to sign"
    told = f"{found.directory}: {found.groups:,} groups up to input {found.last_sequence:,}"
    OUT.print(Text(f"{told}, signed in {files}"))


def _warn(text: str) -> None:
    ERR.print(f"warning: {text}", markup=False, style="yellow")
