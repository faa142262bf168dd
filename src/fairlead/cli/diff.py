"""`fairlead diff`: what changed between two points of a journal, or where two journals part."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.diff_view import Between, between_view, parting_view
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.past import JOURNALS, Past, Travel
from fairlead.cli.points import END, Point, as_of, point, say_where_it_ends
from fairlead.cli.state import state_object
from fairlead.cli.state_changes import Change, changes
from fairlead.journal.history import Entry
from fairlead.model import text
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from fairlead.node.reading import recorded
from fairlead.node.time_text import time_text
from fairlead.readers.deeds import Deeds
from fairlead.readers.parting import parting
from fairlead.stages.paper import newest_session


class _Following:
    """Counts inputs, and keeps what persons did, since it was last cleared."""

    def __init__(self) -> None:
        self.inputs: Counter[str] = Counter()
        self.deeds = Deeds()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        self.inputs[type(input).__name__] += 1
        self.deeds.follow(sequence, time, input, outputs)

    def clear(self) -> None:
        self.inputs.clear()
        self.deeds.all.clear()


def diff(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    a: Annotated[
        str, typer.Argument(help="From: the number of an input (0: before the first), or a time.")
    ] = "",
    b: Annotated[str, typer.Argument(help="To: likewise, or `end`.")] = END,
    against: Annotated[
        Path | None,
        typer.Option(help="Another journal: show the first input in which the two differ."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Show what changed between two points of a journal, and who did what between them."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        if against is not None:
            if a:
                fail("--against compares whole journals: leave the points out")
            _against(journal, against, json)
            return
        if not a:
            fail("expected a point to begin at: the number of an input, or a UTC time")
        begin, end = point(a, "A"), point(b, "B")
        _refuse_exchanged(begin, end)
        between = _between(journal, begin, end)
        if json:
            print_json(_content(between))
        else:
            OUT.print(between_view(between, OUT.width))


def _between(journal: Path, begin: Point, end: Point) -> Between:
    """Replay to both points, in one pass."""
    following = _Following()
    with Travel(journal, [following]) as travel:
        before = travel.until(*begin)
        old = state_object(before.machine, before.names)
        _refuse_backwards(before, end)
        following.clear()
        after = travel.until(*end)
    say_where_it_ends(after, end)
    new = state_object(after.machine, after.names)
    found = changes(old, new)
    return Between(before, after, dict(following.inputs), following.deeds.all, found)


def _refuse_exchanged(begin: Point, end: Point) -> None:
    """Fail where both points are numbers, or both times, and the second is the earlier one."""
    for one, other in zip(begin, end, strict=True):
        if one is not None and other is not None and other < one:
            fail("B lies before A: name the earlier point first")


def _refuse_backwards(before: Past, end: Point) -> None:
    """Fail where the second point lies before the first one, at which the journal stands."""
    last, time = before.replayed.last, before.replayed.time
    earlier = end.to is not None and end.to < last
    if earlier or (end.at is not None and end.at < time):
        there = time_text(end.at) if end.at is not None else f"input {end.to:,}"
        fail(
            f"B, {there}, lies before A, which is {as_of(last, time)}: name the earlier point first"
        )


def _content(between: Between) -> dict[str, Any]:
    before, after = between.before.replayed, between.after.replayed
    return {
        "journal": str(between.after.directory),
        "before": {"sequence": before.last, "time": before.time},
        "after": {"sequence": after.last, "time": after.time},
        "inputs": between.inputs,
        "deeds": [
            {
                "sequence": deed.sequence,
                "time": deed.time,
                "person": deed.person,
                "refused": deed.refused,
                "input": text.write(deed.input, between.after.names),
            }
            for deed in between.deeds
        ],
        "changes": [_change(each) for each in between.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    fields = {
        each.field: {"before": each.before, "after": each.after} for each in change.differences
    }
    return {
        "section": change.section,
        "name": change.name,
        "change": change.kind,
        "fields": fields,
    }


# --- two journals ---


def _against(journal: Path, other: Path, json: bool) -> None:
    ours, theirs = newest_session(journal), newest_session(other)
    names = Names()
    with ERR.status("comparing ...") as status:

        def progress(sequence: Sequence) -> None:
            status.update(f"comparing: {sequence:,} inputs ...")

        found = parting(recorded(ours), recorded(theirs), names, progress)
    if json:
        print_json(
            {
                "journals": [str(ours), str(theirs)],
                "compared": found.compared,
                "differs": found.what,
                "build_differs": found.build_differs,
                "time_differs": found.time_differs,
                "ours": _entry(found.ours, names),
                "theirs": _entry(found.theirs, names),
            }
        )
    else:
        OUT.print(Text(f"{ours} against {theirs}", style="bold"))
        OUT.print(parting_view(found, names))
    if found.what:
        raise typer.Exit(FOUND_WRONG)


def _entry(entry: Entry | None, names: Names) -> dict[str, Any] | None:
    if entry is None:
        return None
    outputs = decode_outputs(entry.outputs) if entry.outputs else []
    return {
        "sequence": entry.sequence,
        "time": entry.time,
        "input": text.write(decode_input(entry.input), names),
        "outputs": [text.write(output, names) for output in outputs],
    }
