"""`fairlead data calendar`: the sessions of a venue, with half days, and the holidays between."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from fairlead.cli.console import OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.tables import Column, fitting_table
from fairlead.gateways.calendars import Session, later_day, trading_calendar
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_COLUMNS: Final = [Column("day"), Column("opens (UTC)"), Column("closes (UTC)"), Column("what")]
_WEEKEND: Final = 5  # Saturday, as Python counts the days of a week


def calendar(
    name: Annotated[str, typer.Argument(help="24/7, or an exchange by its code: XNYS, XLON, ...")],
    first: Annotated[str, typer.Option(help="From this day on, as yyyy-mm-dd.")],
    last: Annotated[str, typer.Option(help="Up to this day.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show when a venue trades: its sessions, half days and holidays."""
    with mistakes_in_one_line():
        days = day_number(first), day_number(last)
        sessions = trading_calendar(name).sessions(*days)
        holidays = _holidays(sessions)
    if json:
        print_json({"calendar": name, "sessions": [*map(_object, sessions)], "holidays": holidays})
        return
    rows = [_row(session) for session in sessions]
    rows += [[Text(_written(day)), Text("-"), Text("-"), Text("holiday")] for day in holidays]
    OUT.print(fitting_table(_COLUMNS, sorted(rows, key=lambda row: row[0].plain), OUT.width))


def day_number(text: str) -> int:
    """Return a day as yyyymmdd; end the command where the text is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no day, expected yyyy-mm-dd")
    return day.year * 10_000 + day.month * 100 + day.day


def _holidays(sessions: list[Session]) -> list[int]:
    """Return the days of the week on which a venue is closed, between sessions."""
    return [
        day
        for before, after in pairwise(sessions)
        for day in _between(before.day, after.day)
        if date.fromisoformat(_written(day)).weekday() < _WEEKEND
    ]


def _between(first: int, last: int) -> list[int]:
    found = []
    day = later_day(first, 1)
    while day < last:
        found.append(day)
        day = later_day(day, 1)
    return found


def _row(session: Session) -> list[Text]:
    what = "half day" if session.is_half else "session"
    opens, closes = _clock(session.opens, session.day), _clock(session.closes, session.day)
    return [Text(_written(session.day)), Text(opens), Text(closes), Text(what)]


def _object(session: Session) -> dict[str, Any]:
    return {
        "day": session.day,
        "opens": session.opens,
        "closes": session.closes,
        "half_day": session.is_half,
        "pause": session.pause,
    }


def _clock(time: Nanos, day: int) -> str:
    """Return the time of day, with its day where that is not the session's."""
    moment = datetime.fromtimestamp(time // NANOS_PER_SECOND, UTC)
    return f"{moment:%H:%M}" if f"{moment:%Y%m%d}" == str(day) else f"{moment:%Y-%m-%d %H:%M}"


def _written(day: int) -> str:
    return f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}"
