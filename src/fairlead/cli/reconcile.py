"""`fairlead reconcile STATEMENT`: a venue's or broker's statement held against a journal, offline.

The journal is applied again, and the statement is given to the machine that stands at its end: the
same step that a session takes. Nothing is written, and nothing of it stays.
"""

from collections.abc import Iterable
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, cast

import typer
from rich.padding import Padding
from rich.text import Text

from fairlead.cli.break_objects import break_object
from fairlead.cli.console import FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import span_phrase
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.phrases import output_phrase
from fairlead.machine.differences import Break
from fairlead.model import text
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import shown
from fairlead.model.inputs import Statement
from fairlead.model.outputs import (
    BreakClosed,
    InputRefused,
    OrderFilled,
    OrderResolved,
    Output,
    PositionCorrected,
    StatementReconciled,
)
from fairlead.model.terms import BreakKind, BreakState
from fairlead.model.units import AccountId, Nanos, Sequence
from fairlead.readers.written import printable, time_text

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_STATEMENT: Final = "Statement"
_UNIT_GAP: Final = 1_000  # seconds, milliseconds and microseconds all lie further off than this
_SECTIONS: Final = ("orders", "fills", "positions", "cash")
_SECTION_OF: Final = {
    BreakKind.ORDER_NOT_AT_VENUE: "orders",
    BreakKind.ORDER_NOT_OURS: "orders",
    BreakKind.ORDER_DIFFERS: "orders",
    BreakKind.FILL_MISSED: "fills",
    BreakKind.FILL_NOT_AT_VENUE: "fills",
    BreakKind.FILL_DIFFERS: "fills",
    BreakKind.POSITION_DIFFERS: "positions",
    BreakKind.CASH_DIFFERS: "cash",
}


class Compared(NamedTuple):
    """A statement, what the machine answered to it, and the breaks that are open after it."""

    statement: Statement
    outputs: list[Output]
    open_before: list[int]  # the numbers of the breaks of the account
    open_after: list[Break]
    explained: list[Break]  # differences that a person explained, and that are still there

    @property
    def verdict(self) -> StatementReconciled:
        """The machine's count."""
        return next(one for one in self.outputs if isinstance(one, StatementReconciled))

    @property
    def agrees(self) -> bool:
        """Whether nothing differs, and nothing had to be booked to make it so."""
        return self.verdict.differences == self.verdict.booked == 0

    @property
    def opened(self) -> list[Break]:
        """The breaks that it would open."""
        return [each for each in self.open_after if each.number not in self.open_before]

    @property
    def seen_again(self) -> list[Break]:
        """The breaks that were open before, and that the statement shows again."""
        return [each for each in self._left_open if self._speaks_of(each)]

    @property
    def not_covered(self) -> list[Break]:
        """The breaks that were open before, and that the statement says nothing about."""
        return [each for each in self._left_open if not self._speaks_of(each)]

    @property
    def ended(self) -> list[BreakClosed]:
        """How breaks that were open before would end."""
        closed = (each for each in self.outputs if isinstance(each, BreakClosed))
        return [each for each in closed if each.number in self.open_before]

    def of_kind(self, kind: type[Output]) -> list[Output]:
        """Return the outputs of a kind."""
        return [each for each in self.outputs if isinstance(each, kind)]

    @property
    def _left_open(self) -> list[Break]:
        return [each for each in self.open_after if each.number in self.open_before]

    def _speaks_of(self, known: Break) -> bool:
        """Whether the statement covers what a break is about; what it had ended is not open."""
        if known.kind is BreakKind.FILL_UNEXPLAINED:
            listed = self.statement.fills or ()
            return any(line.execution == known.item for line in listed)
        return getattr(self.statement, _SECTION_OF[known.kind]) is not None


def reconcile(
    statement: Annotated[
        Path, typer.Argument(help="A statement as JSON, or several as JSON lines.")
    ],
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Compare a statement of orders, fills, positions and cash with a journal; write nothing.

    Exit code 0 when all agrees, 1 when there are differences, 2 for what cannot be read.
    """
    with mistakes_in_one_line(), until_the_reader_leaves():
        found = _read(statement)
        known = past(journal)
        compared = [_compare(known, *each) for each in found]
        agrees = all(each.agrees for each in compared)
        if json:
            print_json(_content(known, compared, agrees))
        else:
            _print(known, compared, agrees)
    if not agrees:
        raise typer.Exit(FOUND_WRONG)


# --- reading and comparing ---


def _read(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects of a file, each with its place: the whole file is one, or each line is."""
    content = path.read_bytes()
    lines = [
        (number, line)
        for number, line in enumerate(content.splitlines(), start=1)
        if line.strip() and not line.strip().startswith((b"#", b"//"))
    ]
    if not lines:
        fail(f"{path}: found nothing, expected a statement: a JSON object")
    try:
        return [(str(path), text.read_object(b"\n".join(line for _, line in lines)))]
    except UnreadableText as error:
        if not _is_object(lines[0][1]):
            fail(f"{path}: {_where(content)}{error}")
    return [(f"{path}:{number}", _object(f"{path}:{number}", line)) for number, line in lines]


def _is_object(line: bytes) -> bool:
    try:
        text.read_object(line)
    except UnreadableText:
        return False
    return True


def _object(place: str, line: bytes) -> dict[str, Any]:
    try:
        return text.read_object(line)
    except UnreadableText as error:
        fail(f"{place}: {error}")


def _where(content: bytes) -> str:
    """Return the line at which a file stops being JSON."""
    try:
        loads(content)
    except JSONDecodeError as error:
        return f"line {error.lineno}, "
    except UnicodeDecodeError:
        return ""
    return ""


def _compare(known: Past, place: str, found: dict[str, Any]) -> Compared:
    """Let the machine at the end of a journal take a statement."""
    machine, names = known.machine, known.names
    state = machine.state
    kind = found.get("type", _STATEMENT)
    if kind != _STATEMENT:
        fail(f'{place}: type: found {shown(kind)}, expected "{_STATEMENT}"')
    try:
        read = text.read_input({"type": _STATEMENT, **found}, names, state.time)
    except UnreadableText as error:
        fail(f"{place}: {error}")
    statement = cast(Statement, read)
    _refuse_nothing(place, statement, state.time)
    before = [each.number for each in _open_breaks(known, statement.account)]
    time = Nanos(max(state.time, statement.as_of))  # when it could have come at the earliest
    outputs = machine.apply(Sequence(state.sequence + 1), time, statement)
    for output in outputs:
        if isinstance(output, InputRefused):
            fail(f"{place}: the machine refuses the statement: {output.reason}")
    explained = [
        each
        for each in state.reconciliation.explained_breaks()
        if each.account == statement.account
    ]
    after = _open_breaks(known, statement.account)
    return Compared(statement, outputs, before, after, explained)


def _refuse_nothing(place: str, statement: Statement, now: Nanos) -> None:
    """Refuse what nothing could differ from: no sections, or a time in the wrong unit."""
    if all(getattr(statement, section) is None for section in _SECTIONS):
        fail(f"{place}: it covers nothing, expected at least one of {', '.join(_SECTIONS)}")
    if statement.as_of * _UNIT_GAP <= now:
        fail(
            f"{place}: as_of: found {statement.as_of}, which is long before the journal,"
            " expected nanoseconds since the epoch"
        )


def _open_breaks(known: Past, account: AccountId) -> list[Break]:
    """Return the open breaks of an account, and of fills that nobody knows whose they are."""
    found = known.machine.state.reconciliation.open_breaks()
    return [each for each in found if each.account in (account, 0)]


# --- for machines ---


def _content(known: Past, compared: list[Compared], agrees: bool) -> dict[str, Any]:
    return {
        "journal": str(known.directory),
        "agrees": agrees,
        "statements": [_statement(known, each) for each in compared],
    }


def _statement(known: Past, compared: Compared) -> dict[str, Any]:
    machine, names = known.machine, known.names
    verdict = compared.verdict

    def objects(breaks: list[Break]) -> list[dict[str, Any]]:
        return [break_object(each, machine, names) for each in breaks]

    def written(kind: type[Output]) -> list[dict[str, Any]]:
        return [text.write(each, names) for each in compared.of_kind(kind)]

    return {
        "account": names.accounts.name(verdict.account),
        "venue": verdict.venue,
        "source": verdict.source,
        "as_of": verdict.as_of,
        "agrees": compared.agrees,
        "covered": _covered(compared.statement),
        "compared": verdict.compared,
        "booked": verdict.booked,
        "differences": verdict.differences,
        "differences_by_kind": _by_kind(compared),
        "open_breaks": verdict.open_breaks,
        "would_open": objects(compared.opened),
        "seen_again": objects(compared.seen_again),
        "not_covered": objects(compared.not_covered),
        "would_close": [text.write(each, names) for each in compared.ended],
        "explained": objects(compared.explained),
        "would_book": written(OrderFilled),
        "would_resolve": written(OrderResolved),
        "would_correct": written(PositionCorrected),
    }


def _covered(statement: Statement) -> dict[str, int | None]:
    """Return how many lines each section has, None where it is not covered."""
    sections = {name: getattr(statement, name) for name in _SECTIONS}
    return {name: None if lines is None else len(lines) for name, lines in sections.items()}


def _by_kind(compared: Compared) -> dict[str, int]:
    """Count what differs by kind; a missed fill that can be booked differs, too."""
    counts: dict[str, int] = {}
    kinds = [each.kind for each in (*compared.opened, *compared.seen_again, *compared.explained)]
    kinds += [BreakKind.FILL_MISSED] * compared.verdict.booked
    for kind in kinds:
        counts[kind.name.lower()] = counts.get(kind.name.lower(), 0) + 1
    return counts


# --- for people ---


def _print(known: Past, compared: list[Compared], agrees: bool) -> None:
    OUT.print(Text(heading(known), style="bold"))
    for each in compared:
        OUT.print()
        _print_statement(known, each)
    OUT.print()
    told = "both sides agree" if agrees else "THE RECORDS DIFFER; nothing was written"
    OUT.print(Text(told, style=_GOOD if agrees else _BAD))


def _print_statement(known: Past, compared: Compared) -> None:
    verdict, names = compared.verdict, known.names
    source = f" from {verdict.source}" if verdict.source else ""
    venue = f" at {verdict.venue}" if verdict.venue else ""
    title = f"statement of {names.accounts.name(verdict.account)}{venue}{source}"
    OUT.print(Text(printable(f"{title} as of {time_text(verdict.as_of)}"), style="bold"))
    covered = _covered(compared.statement)
    sections = (
        f"{name} {'not covered' if lines is None else lines}" for name, lines in covered.items()
    )
    OUT.print(Text(f"its lines: {', '.join(sections)}", style=_QUIET))
    counts = f"{verdict.compared:,} lines of both sides compared, {verdict.differences:,} differ"
    OUT.print(Text(counts, style=_BAD if verdict.differences else _GOOD))
    told = {
        "fills that would be booked": _phrases(compared.of_kind(OrderFilled), known),
        "orders that would be known again": _phrases(compared.of_kind(OrderResolved), known),
        "positions that the policy would correct": _phrases(
            compared.of_kind(PositionCorrected), known
        ),
        "breaks that would open": _break_lines(compared.opened, known),
        "breaks that were open, and are seen again": _break_lines(compared.seen_again, known),
        "open breaks that it says nothing about": _break_lines(compared.not_covered, known),
        "breaks that would end": [output_phrase(each, names) for each in compared.ended],
        "differences that a person explained": _break_lines(compared.explained, known),
    }
    for title, lines in told.items():
        _print_section(title, lines)


def _print_section(title: str, lines: list[str]) -> None:
    if lines:
        OUT.print(Text(f"{title}: {len(lines):,}"))
        for line in lines:
            OUT.print(Padding(Text(printable(line)), (0, 0, 0, 2)))


def _phrases(outputs: Iterable[Output], known: Past) -> list[str]:
    return [f"{_about(output)}{output_phrase(output, known.names)}" for output in outputs]


def _about(output: Output) -> str:
    if isinstance(output, OrderFilled):
        return f"order {output.order}, execution {output.execution}: "
    return f"order {output.order}: " if isinstance(output, OrderResolved) else ""


def _break_lines(breaks: list[Break], known: Past) -> list[str]:
    return [_break_line(each, known) for each in breaks]


def _break_line(each: Break, known: Past) -> str:
    """Return what a break is about, what both sides have, and who looks after it since when."""
    about = [each.kind.name.lower().replace("_", " ")]
    if each.instrument:
        about.append(known.names.instruments.name(each.instrument))
    about += [f"order {each.order}"] if each.order else []
    about += [each.item] if each.item else []
    age = Nanos(known.machine.state.time - each.opened)
    ending = f"for {each.owner}" + (f", open for {span_phrase(age)}" if age else "")
    if each.state is not BreakState.OPEN:
        ending = f"explained by {each.cause}"
    return f"{each.number}. {', '.join(about)}: ours {each.ours}, theirs {each.theirs}; {ending}"
