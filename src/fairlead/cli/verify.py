"""`fairlead verify`: is this journal what was written, and does this build answer as it did?"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import (
    ERR,
    FOUND_WRONG,
    OUT,
    fail,
    mistakes_in_one_line,
    print_json,
)
from fairlead.model.units import Nanos, Sequence
from fairlead.node.checkpoints import checkpoint_files, read_checkpoints
from fairlead.node.keys import public_key
from fairlead.node.time_text import time_text
from fairlead.operations.verification import Examined, Signatures, examine
from fairlead.stages.paper import newest_session


def verify(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(help="What was signed: a file, or a second place; repeat it for several."),
    ] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(
            help="The public key that signed, in hex or as a file; repeat it for several."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="The bytes and signatures alone, without a replay.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a journal: checksums, hash chain, gaps, what was signed, and every output again.

    Without --checkpoints those beside the journal are taken. They prove something only with the
    --public-key from elsewhere: who writes a journal anew can write checkpoints by another key.
    """
    with mistakes_in_one_line():
        journal = newest_session(journal)
        signatures = _signatures(journal, checkpoints or [], public_key)
        examined = _examined(journal, signatures, quick)
    if json:
        print_json(_content(examined, signatures))
    else:
        OUT.print(_table(examined, signatures))
    if not examined.passed:
        raise typer.Exit(FOUND_WRONG)


def _signatures(journal: Path, places: list[Path], keys: list[str] | None) -> Signatures:
    files = checkpoint_files(journal)
    for place in places:
        if not place.exists():
            fail(f"--checkpoints: {place}: no such file or directory")
        files += [file for file in checkpoint_files(journal, place) if file not in files]
    publics = None if keys is None else [public_key(key) for key in keys]
    return Signatures(read_checkpoints(files), publics)


def _examined(journal: Path, signatures: Signatures, quick: bool) -> Examined:
    doing = "reading"
    with ERR.status(f"{doing} {journal} ...") as status:

        def step(name: str) -> None:
            nonlocal doing
            doing = name

        def progress(sequence: Sequence) -> None:
            status.update(f"{doing} {journal}: {sequence:,} inputs ...")

        return examine(journal, signatures, quick, step, progress)


def _content(examined: Examined, signatures: Signatures) -> dict[str, Any]:
    verdict, confirmed = examined.verdict, examined.confirmed
    return {
        **asdict(verdict),
        "directory": str(verdict.directory),
        "passed": examined.passed,
        "replayed": examined.replayed,
        "findings": [finding._asdict() for finding in examined.findings],
        "checkpoints": examined.checkpoints,
        "signatures_checked": signatures.publics is not None and examined.checkpoints > 0,
        "confirmed": None
        if confirmed is None
        else {
            "groups": confirmed.size,
            "last_sequence": confirmed.last_sequence,
            "time": confirmed.time,
            "root": confirmed.root,
            "key": confirmed.key,
        },
    }


def _table(examined: Examined, signatures: Signatures) -> Table:
    verdict, passed = examined.verdict, examined.passed
    table = Table(
        title=f"verify {verdict.directory}: {'passed' if passed else 'FAILED'}",
        title_style="bold green" if passed else "bold red",
        show_header=False,
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for finding in examined.findings:
        table.add_row(finding.kind.replace("_", " "), Text(finding.told()))
    if not examined.findings and not verdict.passed:
        table.add_row("problem", Text(verdict.problem))
    if verdict.passed:
        _add_figures(table, examined)
    table.add_row("signed", _signed(examined, signatures))
    return table


def _add_figures(table: Table, examined: Examined) -> None:
    verdict = examined.verdict
    end = "sealed" if verdict.sealed else "not sealed: the writer did not end in order"
    if verdict.torn_bytes:
        end = f"torn: {verdict.torn_bytes:,} bytes that were never acknowledged"
    table.add_row("inputs", f"{verdict.inputs:,}, without a gap")
    table.add_row("segments, commits", f"{verdict.segments:,}, {verdict.commits:,}")
    table.add_row("bytes", f"{verdict.bytes_total:,}")
    table.add_row("end", end)
    table.add_row("chain", verdict.chain)
    if examined.replayed:
        table.add_row("outputs digest", verdict.outputs_digest)
        table.add_row("state digest", verdict.state_digest)
    else:
        table.add_row("outputs", "not computed again")


def _signed(examined: Examined, signatures: Signatures) -> str:
    confirmed = examined.confirmed
    if not examined.checkpoints:
        return "never: a tail that is gone, or a journal written anew, could not be told"
    if confirmed is None:
        return f"{examined.checkpoints:,} checkpoints, none of which this journal fits"
    time = time_text(Nanos(confirmed.time))
    told = f"up to input {confirmed.last_sequence:,} ({time}), {examined.checkpoints:,} checkpoints"
    if signatures.publics is None:
        return f"{told}; the signatures are not checked: give --public-key"
    return f"{told}, by {confirmed.key[:16]}..."
