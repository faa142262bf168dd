"""The life of an order as a picture: a line of time on the left, what happened on the right.

Every step says when it happened to the nanosecond, how long after the one before, by whom, what the
venue's clock said, each check with what was measured and what would have passed, what left, and
where the order stood after it. Text is folded between words alone.
"""

from typing import Final

from rich.console import Console
from rich.text import Text

from fairlead.cli.measured import check_name, measured_text, span_phrase
from fairlead.cli.phrases import input_phrase, line_phrase, output_phrase
from fairlead.model.decimals import decimal_text
from fairlead.model.forms import Scope
from fairlead.model.names import Names
from fairlead.model.outputs import AccountChanged, FailedCheck
from fairlead.model.terms import Status
from fairlead.model.text import record_form
from fairlead.model.units import InstrumentId, Nanos
from fairlead.readers.story import Check, Standing, Step
from fairlead.readers.written import time_text

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_CLOCK: Final = slice(11, 29)  # of an ISO time: hours to nanoseconds
_GUTTER: Final = 18  # as wide as a clock time
_INDENT: Final = "   "
_RAIL: Final = "\N{BOX DRAWINGS LIGHT VERTICAL}"
_DOT: Final = "\N{BLACK CIRCLE}"
_OVER: Final = (Status.CANCELED, Status.EXPIRED)
_ALARMS: Final = (Status.UNKNOWN, Status.REJECTED, Status.REFUSED)
_ROOM_MIN: Final = 20  # for words, however narrow the terminal
_ALARM_WORDS: Final = (
    *("UNKNOWN", "REJECTED", "REFUSED", "BREAK", "FAULT", "QUARANTINED", "OVER-", "KILLED"),
    *("HALTED", "CANCEL ONLY", "REDUCE ONLY", "AT ITS LIMIT", "WARNING"),
)


class Timeline:
    """Draws steps for a console."""

    def __init__(self, console: Console, names: Names, instrument: InstrumentId) -> None:
        """Take where it is drawn, and the instrument whose decimals the checks are counted in."""
        self._console = console
        self._names = names
        self._instrument = instrument
        plain = console.options.ascii_only
        self._rail, self._dot = ("|", "o") if plain else (_RAIL, _DOT)
        self._arrow = "=>" if plain else "\N{RIGHTWARDS ARROW}"
        self._before: Nanos | None = None
        self._stood: Standing | None = None

    def draw(self, steps: list[Step]) -> None:
        """Print the steps, one below the other."""
        day = ""
        for step in steps:
            told = time_text(step.time)
            if told[:10] != day:
                day = told[:10]
                self._console.print(Text(f"{day} UTC", style=_QUIET))
            self._draw_gap(step)
            self._draw_step(step, told[_CLOCK])
            self._before = step.time

    def _draw_gap(self, step: Step) -> None:
        """Say how long nothing happened."""
        if self._before is not None:
            span = span_phrase(Nanos(step.time - self._before))
            self._line(f"+ {span}", self._rail, Text(), _QUIET)

    def _draw_step(self, step: Step, clock: str) -> None:
        self._put(
            Text(f"{input_phrase(step.input, self._names)}", style="bold").append(
                f"  #{step.sequence}", style="not bold dim"
            ),
            clock,
        )
        self._put_venue_time(step)
        self._put_seen(step)
        self._put_lines(step)
        self._put_checks(step.checks)
        for output in step.outputs:
            if not isinstance(output, AccountChanged):
                self._put_indented(_alarmed(output_phrase(output, self._names)))
        if step.standing is not None and step.standing != self._stood:
            self._stood = step.standing
            self._put_indented(self._standing(step.standing))

    def _put_venue_time(self, step: Step) -> None:
        stamped, latency = step.venue_time, step.latency
        if not stamped or latency is None:
            return
        order = "before" if latency >= 0 else "after"
        span = span_phrase(Nanos(abs(latency)))
        told = f"venue time {time_text(stamped)[_CLOCK]}, {span} {order} ours"
        if latency == 0:
            told = f"venue time {time_text(stamped)[_CLOCK]}, the same as ours"
        self._put_indented(Text(told, style=_QUIET))

    def _put_seen(self, step: Step) -> None:
        """Say what the market showed, and what was held, when something was asked."""
        seen, terms = step.seen, self._names.instrument(self._instrument)
        if seen is None or terms is None:
            return
        touch = [
            f"{decimal_text(side[0][1], terms.quantity_decimals)} at"
            f" {decimal_text(side[0][0], terms.price_decimals)}"
            if side
            else "nobody"
            for side in (seen.bids, seen.asks)
        ]
        age = span_phrase(Nanos(step.time - seen.time))
        words = f"the book showed {touch[0]} bid, {touch[1]} asked"
        words += f", of input {seen.sequence}, {age} before" if seen.sequence else ""
        words += f"; held {decimal_text(seen.position, terms.quantity_decimals)}"
        self._put_indented(Text(words, style=_QUIET))
        if seen.problem:
            self._put_indented(Text(f"the book was STALE: {seen.problem}", style=_BAD))

    def _put_lines(self, step: Step) -> None:
        for line in step.lines:
            told = line_phrase(line, self._names, step.time)
            self._put_indented(Text(f"its line: {told}", style=_QUIET))

    # --- checks ---

    def _put_checks(self, checks: list[Check]) -> None:
        """Print a table: what was checked, what was measured, what would have passed."""
        if not checks:
            return
        failed = sum(not each.passed for each in checks)
        told = f"{len(checks)} checks, " + (f"{failed} FAILED" if failed else "all passed")
        self._put_indented(Text(told, style=_BAD if failed else _GOOD))
        rows = [("", "check", "measured", "limit")]
        for each in checks:
            mark = "ok" if each.passed else "NO"
            rows.append((mark, *self._told(each.check)))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for mark, name, measured, limit in rows:
            words = f"{mark:2}  {name:{widths[1]}}  {measured:>{widths[2]}}  {limit:>{widths[3]}}"
            style = _BAD if mark == "NO" else "" if mark else _QUIET
            self._put_indented(Text(words.rstrip(), style=style), "  ")

    def _told(self, check: FailedCheck) -> tuple[str, str, str]:
        scope = Scope(self._names, Nanos(0))
        scope.enter_instrument(self._instrument)
        written = record_form(FailedCheck).write(check, scope)
        measured, limit = (
            measured_text(written[each], written["unit"]) for each in ("measured", "limit")
        )
        return check_name(written), measured, limit

    # --- where it stands ---

    def _standing(self, standing: Standing) -> Text:
        terms = self._names.instrument(self._instrument)
        assert terms is not None, "an order is in an instrument that is known"
        decimals = terms.quantity_decimals
        filled = decimal_text(standing.filled, decimals)
        words = [standing.status.name.replace("_", " ")]
        words.append(f"{filled} of {decimal_text(standing.quantity, decimals)} filled")
        if standing.canceled:
            words.append(f"{decimal_text(standing.canceled, decimals)} canceled")
        if standing.cancel_wanted:
            words.append("a cancel is wanted as soon as the venue knows it")
        if standing.new_quantity:
            price = decimal_text(standing.new_price, terms.price_decimals)
            asked = decimal_text(standing.new_quantity, decimals)
            words.append(f"{asked} at {price} asked for and not answered")
        if standing.wanted_quantity:
            words.append(f"{decimal_text(standing.wanted_quantity, decimals)} wanted")
        return Text(f"{self._arrow} {', '.join(words)}", style=status_style(standing.status))

    # --- lines ---

    def _put_indented(self, words: Text, more: str = "") -> None:
        self._put(words, "", _INDENT + more)

    def _put(self, words: Text, clock: str, indent: str = "") -> None:
        """Print words beside the line of time, folded between words."""
        lead = Text(indent)
        room = max(
            _ROOM_MIN, self._console.width - _GUTTER - len(f" {self._dot} ") - len(indent) - 1
        )
        mark = self._dot if clock else self._rail
        for line in words.wrap(self._console, room):
            line.rstrip()
            self._line(clock, mark, lead + line if indent else line)
            clock, mark = "", self._rail

    def _line(self, left: str, mark: str, words: Text, style: str = "") -> None:
        line = Text(f"{left:>{_GUTTER}} ", style=style)
        line.append(mark, style=_QUIET)
        if words.plain:
            line.append(" ").append_text(words)
        self._console.print(line, soft_wrap=True)


def status_style(status: Status) -> str:
    """Return the colour of a status: red for what needs a person, green for filled."""
    if status is Status.FILLED:
        return _GOOD
    if status in _OVER:
        return _QUIET
    return _BAD if status in _ALARMS else ""


def _alarmed(phrase: str) -> Text:
    alarming = any(word in phrase for word in _ALARM_WORDS)
    return Text(phrase, style=_BAD if alarming else "")
