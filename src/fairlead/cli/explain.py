"""`fairlead limits explain ORDER.json`: what every check of the gate would answer to an order.

The journal is applied again, and the machine at its end takes the request as if it came now. What
is told is what that machine recorded, check by check in the order of the gate. Nothing is written.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, cast

import typer
from rich.text import Text

from fairlead.cli.console import FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import check_text, measured_text
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.phrases import output_phrase, terms_phrase
from fairlead.cli.risk_objects import check_object
from fairlead.cli.session_options import moment
from fairlead.cli.tables import Column, fitting_table
from fairlead.machine.machine import Machine
from fairlead.model import text
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import shown
from fairlead.model.inputs import SubmitRequest
from fairlead.model.outputs import (
    LimitAlert,
    OrderHeld,
    OrderRefused,
    Output,
    OverrideUsed,
    SelfTradePrevented,
    SendOrder,
)
from fairlead.model.units import OrderId, Sequence, StrategyId
from fairlead.readers.story import Check, Story
from fairlead.readers.written import printable

_REQUEST: Final = "SubmitRequest"
_GOOD: Final = "green"
_NEAR: Final = "yellow"
_BAD: Final = "bold red"
_ALSO: Final = (OverrideUsed, LimitAlert, SelfTradePrevented)  # told beside the verdict
_COLUMNS: Final = [
    Column(""),
    Column("check"),
    Column("scope", 1),
    Column("measured", number=True),
    Column("limit", number=True),
]


class Explained(NamedTuple):
    """A request, what the machine answered, and every check on the way."""

    request: SubmitRequest
    checks: list[Check]
    outputs: list[Output]

    @property
    def verdict(self) -> str:
        """What would become of it, in a word."""
        words = {SendOrder: "approved", OrderHeld: "held", OrderRefused: "refused"}
        found = [words[type(each)] for each in self.outputs if type(each) in words]
        assert found, "a request is sent, held or refused"
        return found[0]


def explain(
    order: Annotated[
        str, typer.Argument(help="A SubmitRequest as JSON (`fairlead schema`); - is standard input")
    ],
    journal: Annotated[
        Path, typer.Option(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    to: Annotated[int | None, typer.Option(help="As of this input.")] = None,
    at: Annotated[str | None, typer.Option(help="As of this time (ISO 8601 UTC, or ns).")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what every check would answer to an order now. Nothing is sent or written.

    Exit code 0: it would leave, or wait in the machine. 1: it would be refused. 2: no such order.
    """
    with mistakes_in_one_line(), until_the_reader_leaves():
        found = _read(order)
        known = past(
            journal,
            None if to is None else Sequence(to),
            None if at is None else moment(at, "--at"),
        )
        explained = explained_order(known, _place(order), found)
        if json:
            print_json(_content(known, explained))
        else:
            _print(known, explained)
    if explained.verdict == "refused":
        raise typer.Exit(FOUND_WRONG)


def explained_order(known: Past, place: str, found: dict[str, Any]) -> Explained:
    """Let the machine at the end of a journal take a request; fail for what is none."""
    machine = known.machine
    kind = found.get("type", _REQUEST)
    if kind != _REQUEST:
        fail(f'{place}: type: found {shown(kind)}, expected "{_REQUEST}"')
    fields = {"type": _REQUEST, "order": _free_number(machine, known, found), **found}
    try:
        request = cast(SubmitRequest, text.read_input(fields, known.names, machine.state.time))
    except UnreadableText as error:
        fail(f"{place}: {error}")
    story = Story(machine, request.order)
    sequence, time = Sequence(machine.state.sequence + 1), machine.state.time
    outputs = machine.apply(sequence, time, request)
    story.follow(sequence, time, request, outputs)
    also = [each for each in outputs if isinstance(each, _ALSO)]
    step = story.steps[-1]
    mine = [each for each in step.outputs if each not in also]
    return Explained(request, step.checks, [*mine, *also])


def _free_number(machine: Machine, known: Past, found: dict[str, Any]) -> int:
    """Return a number that the strategy has not used, for who names none."""
    name = found.get("strategy")
    strategy = StrategyId(known.names.strategies.number(name) or 0 if isinstance(name, str) else 0)
    number = OrderId(machine.orders.last_id(strategy) + 1)
    while machine.orders.is_burned(strategy, number):
        number = OrderId(number + 1)
    return number


def _read(order: str) -> dict[str, Any]:
    content = sys.stdin.buffer.read() if order == "-" else Path(order).read_bytes()
    try:
        return text.read_object(content)
    except UnreadableText as error:
        fail(f"{_place(order)}: {error}")


def _place(order: str) -> str:
    return "standard input" if order == "-" else order


def _content(known: Past, explained: Explained) -> dict[str, Any]:
    names = known.names
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "request": text.write(explained.request, names),
        "verdict": explained.verdict,
        "failed": [check_text(each) for each in _checks(known, explained, passed=False)],
        "checks": _checks(known, explained),
        "outputs": [text.write(each, names) for each in explained.outputs],
    }


def _checks(known: Past, explained: Explained, passed: bool | None = None) -> list[dict[str, Any]]:
    instrument = explained.request.instrument
    return [
        {**check_object(each.check, known.names, instrument), "passed": each.passed}
        for each in explained.checks
        if passed in (None, each.passed)
    ]


def _print(known: Past, explained: Explained) -> None:
    request = text.write(explained.request, known.names)
    OUT.print(Text(heading(known), style="bold"))
    OUT.print(Text(printable(f"{request['strategy']} asks to {terms_phrase(request)}")))
    OUT.print()
    rows = [_row(each) for each in _checks(known, explained)]
    OUT.print(fitting_table(_COLUMNS, rows, OUT.width))
    OUT.print()
    failed = [check_text(each) for each in _checks(known, explained, passed=False)]
    styles = {"approved": _GOOD, "held": _NEAR, "refused": _BAD}
    verdict = explained.verdict
    told = verdict.upper() + (f": {'; '.join(failed)}" if verdict == "refused" else "")
    OUT.print(Text(printable(told), style=styles[verdict]))
    for output in explained.outputs:
        if not isinstance(output, OrderRefused):
            OUT.print(Text(printable(output_phrase(output, known.names))))


def _row(check: dict[str, Any]) -> list[Text]:
    style = "" if check["passed"] else _BAD
    numbers = [measured_text(check[each], check["unit"]) for each in ("measured", "limit")]
    if check["limit"] is not None and check["measured"] is None:
        numbers[0] = "unknown"
    words = ["ok" if check["passed"] else "NO", check["check"], check["scope"], *numbers]
    return [Text(printable(word), style=style) for word in words]
