"""`fairlead quality`: what the market data of a journal was like, and what rules found in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from fairlead.cli.console import OUT, mistakes_in_one_line, print_json
from fairlead.cli.past import JOURNALS
from fairlead.cli.phrases import output_phrase
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.names import Names
from fairlead.model.quality import QualityAction, QualityKind
from fairlead.model.text import write
from fairlead.model.units import InstrumentId
from fairlead.node.reading import recorded
from fairlead.readers.quality import DataQuality, Flow
from fairlead.readers.written import time_text
from fairlead.stages.paper import newest_session

_COLUMNS: Final = [
    Column("instrument"),
    Column("data"),
    Column("came", number=True),
    Column("passed on", 2, number=True),
    Column("dropped", number=True),
    Column("why"),
    Column("last", 4),
    Column("delay min", 3, number=True),
    Column("median", 3, number=True),
    Column("max", 3, number=True),
    Column("negative", 1, number=True),
]
_FOUND: Final = [Column("instrument"), Column("found"), Column("action"), Column("times", 0, True)]
_EVERYWHERE: Final = "all of them"


def quality(
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show the quality of market data: what came, what was dropped and why, what rules found."""
    with mistakes_in_one_line():
        known, names = _read(newest_session(journal))
        if json:
            print_json(_content(known, names))
        else:
            _print(known, names)


def _read(directory: Path) -> tuple[DataQuality, Names]:
    known, names = DataQuality(), Names()
    for entry in recorded(directory):
        input = decode_input(entry.input)
        outputs = decode_outputs(entry.outputs) if entry.outputs else []
        names.learn(input)
        known.follow(entry.sequence, entry.time, input, outputs)
    assert all(flow.balanced for flow in known.flows.values()), "what came is accounted for"
    return known, names


def _content(known: DataQuality, names: Names) -> dict[str, Any]:
    return {
        "data": [
            {
                "instrument": _symbol(number, names),
                "data": data.name.lower(),
                "came": flow.came,
                "passed": flow.passed,
                "dropped": flow.dropped,
                "last": flow.last_time,
                "delays": flow.delays.as_json(),
            }
            for (number, data), flow in known.flows.items()
        ],
        "gaps": {_symbol(number, names): count for number, count in known.gaps.items()},
        "found": [
            {
                "instrument": _symbol(number, names),
                "kind": kind.name.lower(),
                "action": action.name.lower(),
                "times": count,
            }
            for (number, kind, action), count in known.found.items()
        ],
        "standing": [
            {"sequence": one.sequence, "time": one.time, **write(one.found, names)}
            for one in known.standing()
        ],
    }


def _print(known: DataQuality, names: Names) -> None:
    rows = [
        [Text(_symbol(number, names)), Text(data.name.lower()), *_cells(flow)]
        for (number, data), flow in known.flows.items()
    ]
    OUT.print(fitting_table(_COLUMNS, rows, OUT.width) if rows else "no market data")
    for number, count in known.gaps.items():
        OUT.print(f"{_symbol(number, names)}: gaps of its feed: {count:,}")
    found = [
        [Text(said) for said in (_symbol(number, names), *_words(kind, action), f"{count:,}")]
        for (number, kind, action), count in known.found.items()
    ]
    if found:
        OUT.print()
        OUT.print(fitting_table(_FOUND, found, OUT.width))
    for line in _standing(known, names):
        OUT.print(line)


def _cells(flow: Flow) -> Row:
    delays = flow.delays
    shares = [delays.min, delays.median, delays.max]
    return [
        Text(f"{flow.came:,}"),
        Text(f"{flow.passed:,}"),
        Text(f"{sum(flow.dropped.values()):,}"),
        Text(", ".join(f"{reason} {count:,}" for reason, count in flow.dropped.items())),
        Text(time_text(flow.last_time)),
        *(Text("" if share is None else f"{share / 1e6:,.3f} ms") for share in shares),
        Text(f"{delays.negative:,}", style="bold red" if delays.negative else ""),
    ]


def _standing(known: DataQuality, names: Names) -> Iterator[Text]:
    """Yield what is not over, the first line after an empty one."""
    for place, one in enumerate(known.standing()):
        before = "\n" if place == 0 else ""
        said = output_phrase(one.found, names)
        since = f"since {time_text(one.time)}, input {one.sequence:,}"
        yield Text(f"{before}STILL: {said}; {since}", style="bold red")


def _words(kind: QualityKind, action: QualityAction) -> tuple[str, str]:
    return kind.name.lower().replace("_", " "), action.name.lower()


def _symbol(number: InstrumentId, names: Names) -> str:
    return names.instruments.name(number) if number else _EVERYWHERE
