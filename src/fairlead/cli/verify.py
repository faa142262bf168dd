"""`fairlead verify`: is this journal what was written, and does this build answer as it did?"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, mistakes_in_one_line, print_json
from fairlead.model.units import Sequence
from fairlead.node.recovery import Verdict
from fairlead.node.recovery import verify as verify_journal
from fairlead.stages.paper import newest_session


def verify(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a journal: checksums, hash chain, gaps, and every output computed again."""
    with mistakes_in_one_line():
        journal = newest_session(journal)
    with ERR.status(f"verifying {journal} ...") as status:

        def progress(sequence: Sequence) -> None:
            status.update(f"verifying {journal}: {sequence:,} inputs ...")

        verdict = verify_journal(journal, progress)
    if json:
        content = {**asdict(verdict), "directory": str(journal), "passed": verdict.passed}
        print_json(content)
    else:
        OUT.print(_table(verdict))
    if not verdict.passed:
        raise typer.Exit(FOUND_WRONG)


def _table(verdict: Verdict) -> Table:
    passed = verdict.passed
    table = Table(
        title=f"verify {verdict.directory}: {'passed' if passed else 'FAILED'}",
        title_style="bold green" if passed else "bold red",
        show_header=False,
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    if not passed:
        table.add_row("problem", verdict.problem)
        return table
    end = "sealed" if verdict.sealed else "not sealed: the writer did not end in order"
    if verdict.torn_bytes:
        end = f"torn: {verdict.torn_bytes:,} bytes that were never acknowledged"
    table.add_row("inputs", f"{verdict.inputs:,}, without a gap")
    table.add_row("segments, commits", f"{verdict.segments:,}, {verdict.commits:,}")
    table.add_row("bytes", f"{verdict.bytes_total:,}")
    table.add_row("end", end)
    table.add_row("chain", verdict.chain)
    table.add_row("outputs digest", verdict.outputs_digest)
    table.add_row("state digest", verdict.state_digest)
    return table
