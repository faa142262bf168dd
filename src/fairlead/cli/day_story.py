"""`fairlead story day [DATE]`: a trading day, from the journal alone.

Starts and stops, who did what, kills, breakers, limits, breaks, refusals by reason, what was
traded, and money by strategy and instrument as the day began and as it ended.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from fairlead.cli.console import ERR, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.diff_view import deeds_view
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import short_money
from fairlead.cli.money_objects import account_object, position_object
from fairlead.cli.past import JOURNALS, Past, Travel
from fairlead.cli.phrases import input_phrase, output_phrase
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.journal.history import History
from fairlead.model import text
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import Input, NodeStarted, VenueConnected, VenueDisconnected
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Nanos
from fairlead.node.errors import UnreadableText
from fairlead.node.time_text import parse_time
from fairlead.readers.day_story import COUNTS, SUBJECTS, DayStory, Event, Traded
from fairlead.readers.written import grouped, printable, time_text
from fairlead.simulator.days import DAY, next_day
from fairlead.stages.paper import newest_session

Found = dict[str, Any]

_DATE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", re.ASCII)
_CLOCK: Final = slice(11, 23)  # of an ISO time: to the millisecond
_INPUTS: Final = (NodeStarted, VenueConnected, VenueDisconnected)
_FIGURES: Final = ("quantity", "realised", "unrealised", "fees")  # of a position
_OF_AN_ACCOUNT: Final = ("equity", "cash", "realised", "unrealised", "fees", "flows")
_LINES_MAX: Final = 30  # of a subject, at either end: JSON has more
_RANKS: Final = {"fills": 2, "sent": 3, "refused": 4, "rejected": 5, "canceled": 6}
_TRADED: Final = [
    Column("strategy"),
    Column("instrument"),
    *(Column(name, number=True, rank=_RANKS.get(name, 9)) for name in COUNTS),
    Column("bought", number=True),
    Column("sold", number=True),
    Column("volume", 1, number=True),
]
_MONEY: Final = [
    Column("what"),
    Column("figure"),
    Column("as it began", number=True),
    Column("as it ended", number=True),
]


class _Told(NamedTuple):
    date: str
    before: Past
    after: Past
    story: DayStory
    began: Found  # positions and accounts before the first input of the day
    ended: Found


def day(
    date: Annotated[
        str, typer.Argument(help="The day (UTC): 2026-01-05; `last`: the last of the journal.")
    ] = "last",
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    json: Annotated[bool, typer.Option("--json", help="Print the day as JSON.")] = False,
) -> None:
    """Tell a trading day: starts, commands, kills, breakers, breaks, refusals, fills, money."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        told = _tell(journal, _begin(newest_session(journal), date))
        if json:
            print_json(_content(told))
        else:
            OUT.print(Group(*_parts(told, OUT.width)))


def _begin(directory: Path, date: str) -> Nanos:
    """Return when a day begins; fail where it is none, or the journal has nothing of it."""
    wanted = None if date == "last" else _midnight(date)
    first = last = None
    with ERR.status("looking for the day ..."):
        for entry in History(directory).entries():
            last = _day_of(entry.time)
            first = last if first is None else first
            if last == wanted:
                return last
    if first is None or last is None:
        fail(f"{directory}: has no inputs")
    if wanted is not None:
        days = _date(first) if first == last else f"{_date(first)} to {_date(last)}"
        fail(f"{directory}: nothing happened on {date}; the journal is of {days}")
    return last


def _midnight(date: str) -> Nanos:
    match = _DATE.fullmatch(date)
    try:
        return parse_time(f"{'-'.join(match.groups())}T00:00:00Z" if match else "")
    except UnreadableText:  # the 30th of February, too
        fail(f"DATE: found {date!r}, expected a day such as 2026-01-05, or `last`")


def _tell(journal: Path, begin: Nanos) -> _Told:
    """Replay to the beginning of a day, then through it."""
    story = DayStory(begin, Nanos(begin + DAY))
    with Travel(journal, [story]) as travel:
        before = travel.until(at=Nanos(begin - 1))
        began = _money(before)
        after = travel.until(at=Nanos(begin + DAY - 1))
    return _Told(_date(begin), before, after, story, began, _money(after))


def _money(known: Past) -> Found:
    machine, names = known.machine, known.names
    positions = machine.positions
    return {
        "positions": [position_object(each, machine, names) for each in positions.all()],
        "accounts": [account_object(each, machine) for each in positions.accounts()],
    }


def _day_of(time: Nanos) -> Nanos:
    return Nanos(next_day(time) - DAY)


def _date(time: Nanos) -> str:
    return time_text(time)[:10]


# --- for machines ---


def _content(told: _Told) -> Found:
    story, names = told.story, told.after.names
    return {
        "journal": str(told.after.directory),
        "date": told.date,
        "sequences": [told.before.replayed.last + 1, told.after.replayed.last],
        "inputs": dict(story.inputs),
        "deeds": [
            {
                "sequence": deed.sequence,
                "time": deed.time,
                "person": deed.person,
                "refused": deed.refused,
                "input": text.write(deed.input, names),
            }
            for deed in story.deeds.all
        ],
        "events": {subject: _events(told, subject) for subject in SUBJECTS},
        "refused": story.refused.counts(),
        "rejected": story.rejected.counts(),
        "traded": _traded(told),
        "began": told.began,
        "ended": told.ended,
    }


def _events(told: _Told, subject: str) -> Found:
    kept = told.story.events[subject]
    return {
        "count": kept.count,
        "dropped": kept.dropped,
        "events": [
            {
                "sequence": each.sequence,
                "time": each.time,
                "event": text.write(each.record, told.after.names),
            }
            for each in (*kept.first, *kept.last)
        ],
    }


def _traded(told: _Told) -> list[Found]:
    names, machine = told.after.names, told.after.machine
    found = []
    for (strategy, instrument), traded in told.story.traded.items():
        terms = machine.instruments.get(instrument)
        places = terms.quantity_decimals if terms else 0
        is_inverse = terms is None or terms.kind is InstrumentKind.INVERSE
        volume = None if is_inverse or not terms else decimal_text(traded.volume, _decimals(terms))
        found.append(
            {
                "strategy": names.strategies.name(strategy) if strategy else None,
                "instrument": names.instruments.name(instrument) if instrument else None,
                **_counts(traded),
                "bought": decimal_text(traded.bought, places),
                "sold": decimal_text(traded.sold, places),
                "volume": volume,
                "currency": terms.currency if terms else None,
            }
        )
    return found


def _decimals(terms: Any) -> int:
    return int(terms.money_decimals)


def _counts(traded: Traded) -> dict[str, int]:
    return {name: traded.counts[name] for name in COUNTS}


# --- for people ---


def _parts(told: _Told, width: int) -> Iterator[RenderableType]:
    story, names = told.story, told.after.names
    first, last = told.before.replayed.last + 1, told.after.replayed.last
    yield Text(f"{told.date} UTC, {told.after.directory}", style="bold")
    yield Text(f"inputs {first:,} to {last:,}")
    for subject in SUBJECTS:
        if subject == "venues":
            yield from deeds_view(story.deeds.all, names)
        yield from _subject(told, subject)
    yield from _tallies(told)
    rows = [_traded_row(each) for each in _traded(told)]
    if rows:
        yield _title("traded")
        yield fitting_table(_TRADED, rows, width)
    yield _title("money, as the day began and as it ended")
    yield fitting_table(_MONEY, list(_money_rows(told)), width)


def _subject(told: _Told, subject: str) -> Iterator[Text]:
    kept = told.story.events[subject]
    if not kept.count:
        return
    yield _title(subject)
    events = [*kept.first, *kept.last]
    shown = events if len(events) <= 2 * _LINES_MAX else _ends(events)
    for each in shown:
        clock = time_text(each.time)[_CLOCK]
        line = Text(f"{clock} #{each.sequence:<6} ", style="dim")
        yield line.append(_phrase(each.record, told.after.names), style="not dim")
    if kept.count > len(shown):
        yield Text(f"and {kept.count - len(shown):,} more in between", style="dim")


def _ends(events: list[Event]) -> list[Event]:
    return [*events[:_LINES_MAX], *events[-_LINES_MAX:]]


def _phrase(record: Input | Output, names: Names) -> str:
    if isinstance(record, NodeStarted):
        parts = [f"build {record.build[:12]}", f"configuration {record.configuration[:12]}"]
        words = [each for each in parts if not each.endswith(" ")]
        words += [f"stage {record.stage}"] if record.stage else []
        return printable(", ".join([f"a node starts, epoch {record.epoch}", *words]))
    if isinstance(record, _INPUTS):
        return input_phrase(record, names)
    return output_phrase(record, names)  # type: ignore[arg-type] # every other one is an output


def _tallies(told: _Told) -> Iterator[Text]:
    for title, tally in (
        ("refused by risk, by check", told.story.refused),
        ("rejected by the venue, by reason", told.story.rejected),
    ):
        counts = tally.counts()
        if counts:
            yield _title(title)
            yield from (Text(printable(f"{count:>6,}  {name}")) for name, count in counts.items())


def _traded_row(found: Found) -> Row:
    cells = [found["strategy"] or "none", found["instrument"] or ""]
    cells += [f"{found[name]:,}" for name in COUNTS]
    cells += [grouped(found["bought"]), grouped(found["sold"])]
    cells.append("" if found["volume"] is None else grouped(short_money(found["volume"])))
    return [Text(printable(cell)) for cell in cells]


def _money_rows(told: _Told) -> Iterator[Row]:
    """Yield the figures of positions, then of accounts, before and after."""
    before = {_holder(each): each for each in told.began["positions"]}
    for each in told.ended["positions"]:
        yield from _figures(_holder(each), before.get(_holder(each)), each, _FIGURES)
    accounts = {each["account"]: each for each in told.began["accounts"]}
    for each in told.ended["accounts"]:
        name = each["account"]
        yield from _figures(f"account {name}", accounts.get(name), each, _OF_AN_ACCOUNT)


def _figures(
    what: str, before: Found | None, after: Found, names: tuple[str, ...]
) -> Iterator[Row]:
    for name in names:
        was = "" if before is None else _amount(before[name])
        cells = (what, name, was, _amount(after[name]))
        yield [Text(printable(cell)) for cell in cells]
        what = ""  # told once


def _holder(found: Found) -> str:
    return f"{found['strategy'] or found['account'] + ', no strategy'} {found['instrument']}"


def _amount(amount: str | None) -> str:
    return "unknown" if amount is None else grouped(short_money(amount))


def _title(title: str) -> Text:
    return Text(f"\n{title}", style="bold")
