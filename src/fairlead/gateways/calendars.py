"""When venues trade: sessions, half days and holidays, and the inputs that say so.

A calendar answers about days; a `SessionClock` turns them into inputs, each with its time, for a
backtest and for a live node alike. Exchanges come from the library exchange-calendars, loaded when
the first one is asked for: whoever trades around the clock needs nothing of it. Days are integers
yyyymmdd, as the venue counts them: a session of a future begins on the evening before.
"""

import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from heapq import merge
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol

from fairlead.gateways.errors import CalendarUnknown, ExtraMissing
from fairlead.model.inputs import Input, SessionPhase, TradingDayBegan
from fairlead.model.risk_terms import Phase
from fairlead.model.units import NANOS_PER_SECOND, Nanos

AROUND_THE_CLOCK: Final = "24/7"
PRE_OPEN: Final = Nanos(15 * 60 * NANOS_PER_SECOND)  # how long before the open a day begins

_DAY: Final = 86_400 * NANOS_PER_SECOND
_DAYS_AT_ONCE: Final = 31  # as far ahead as sessions are looked up
_CLOSED_DAYS_MAX: Final = 14  # no venue is closed for longer: who looks for a session looks so far

Events = Iterator[tuple[Nanos, list[Input]]]


class Session(NamedTuple):
    """One trading day of a venue."""

    day: int  # yyyymmdd
    opens: Nanos
    closes: Nanos
    is_half: bool = False  # it opens late or closes early
    pause: tuple[Nanos, Nanos] | None = None  # a break for lunch


class TradingCalendar(Protocol):
    """The trading days of a venue."""

    name: str
    zone: tzinfo  # of the venue's clocks

    def sessions(self, first: int, last: int) -> list[Session]:
        """Return the sessions of the days from `first` to `last`, both included.

        Raises `CalendarUnknown` where the calendar does not reach.
        """


def trading_calendar(name: str) -> TradingCalendar:
    """Return a calendar: `24/7`, or an exchange by its code, such as XNYS.

    Raises `CalendarUnknown`, and `ExtraMissing` where the library is not installed.
    """
    return _AroundTheClock() if name == AROUND_THE_CLOCK else _Exchange(name)


def trading_days(calendar: TradingCalendar, first: int, last: int) -> list[int]:
    """Return the trading days from `first` to `last`, both included."""
    return [session.day for session in calendar.sessions(first, last)] if first <= last else []


def trading_days_missed(calendar: TradingCalendar, before: int, after: int) -> list[int]:
    """Return the trading days between two days: what data of these two alone leaves out."""
    if before >= after:
        return []
    return trading_days(calendar, later_day(before, 1), later_day(after, -1))


def day_of(time: Nanos) -> int:
    """Return the UTC day of a time, as yyyymmdd."""
    return _day(datetime.fromtimestamp(time // NANOS_PER_SECOND, UTC).date())


def local_day(time: Nanos, zone: tzinfo) -> int:
    """Return the day of a time on a venue's clocks, as yyyymmdd."""
    return _day(datetime.fromtimestamp(time // NANOS_PER_SECOND, zone).date())


def later_day(day: int, days: int) -> int:
    """Return the day that comes so many days after another one; before it where negative."""
    return _day(_date(day) + timedelta(days=days))


def start_of(day: int) -> Nanos:
    """Return when a day begins in UTC."""
    began = datetime.combine(_date(day), datetime.min.time(), UTC)
    return Nanos(int(began.timestamp()) * NANOS_PER_SECOND)


class SessionClock:
    """What a calendar says over time, as inputs of one venue.

    A day begins `pre_open` before its session opens, with `TradingDayBegan` and the phase
    PRE_OPEN; the open is CONTINUOUS, a break and the close are CLOSED. Sessions that touch have
    nothing between them. Auctions are not told by calendars: a feed tells them, or nobody does.
    """

    def __init__(self, calendar: TradingCalendar, venue: str, pre_open: Nanos = PRE_OPEN) -> None:
        """Take the calendar and the venue that keeps it."""
        assert venue, "a session is of a venue"
        self.venue = venue
        self._calendar = calendar
        self._pre_open = pre_open

    def inputs_from(self, start: Nanos) -> Iterator[tuple[Nanos, Input]]:
        """Yield from `start` on, without end: first how things stand, then each change."""
        standing: dict[type, Input] = {}
        changes = self._changes(later_day(day_of(start), -_CLOSED_DAYS_MAX))
        for time, input in changes:
            if time > start:
                for kind in (TradingDayBegan, SessionPhase):
                    yield start, standing[kind]
                yield time, input
                break
            standing[type(input)] = input
        yield from changes

    def _changes(self, day: int) -> Iterator[tuple[Nanos, Input]]:
        for before, session in pairwise(self._sessions(day)):
            touches = before.closes >= session.opens
            begins = session.opens if touches else Nanos(session.opens - self._pre_open)
            if not touches:
                yield self._phase(before.closes, Phase.CLOSED)
                begins = max(begins, before.closes)
            yield begins, TradingDayBegan(session.day, self.venue)
            if not touches and begins < session.opens:
                yield self._phase(begins, Phase.PRE_OPEN)
            yield self._phase(session.opens, Phase.CONTINUOUS)
            if session.pause is not None:
                yield self._phase(session.pause[0], Phase.CLOSED)
                yield self._phase(session.pause[1], Phase.CONTINUOUS)

    def _sessions(self, day: int) -> Iterator[Session]:
        """Yield sessions from `day` on. Raises `CalendarUnknown` where the calendar ends."""
        while True:
            last = later_day(day, _DAYS_AT_ONCE)
            yield from self._calendar.sessions(day, last)
            day = later_day(last, 1)

    def _phase(self, time: Nanos, phase: Phase) -> tuple[Nanos, Input]:
        return time, SessionPhase(self.venue, phase, time)


def with_sessions(events: Events, clocks: Iterable[SessionClock]) -> Events:
    """Yield recorded events with what calendars say between them, in order of time.

    At equal times the calendar comes first. What it says ends with the recording.
    """
    first = next(events, None)
    if first is None:
        return
    said = merge(*(clock.inputs_from(first[0]) for clock in clocks), key=lambda each: each[0])
    upcoming = next(said, None)
    event: tuple[Nanos, list[Input]] | None = first
    while event is not None:
        while upcoming is not None and upcoming[0] <= event[0]:
            yield upcoming[0], [upcoming[1]]
            upcoming = next(said, None)
        yield event
        event = next(events, None)


class _AroundTheClock:
    """A venue that never closes: its days are those of UTC."""

    name = AROUND_THE_CLOCK
    zone: tzinfo = UTC

    def sessions(self, first: int, last: int) -> list[Session]:
        found = []
        while first <= last:
            opens = start_of(first)
            found.append(Session(first, opens, Nanos(opens + _DAY)))
            first = later_day(first, 1)
        return found


class _Exchange:
    """An exchange as the library knows it. Years are loaded as they are asked for."""

    def __init__(self, name: str) -> None:
        self._library = _library()
        if name not in self._library.get_calendar_names():
            raise CalendarUnknown(
                f"no calendar {name!r}, expected {AROUND_THE_CLOCK}, or the code of an exchange"
                " such as XNYS, XNAS, XLON, CMES"
            )
        self.name = name
        self.zone: tzinfo = self._quietly(name).tz
        self._sessions: dict[int, list[Session]] = {}  # by year

    def sessions(self, first: int, last: int) -> list[Session]:
        years = range(first // 10_000, last // 10_000 + 1)
        found = [session for year in years for session in self._year(year)]
        return [session for session in found if first <= session.day <= last]

    def _year(self, year: int) -> list[Session]:
        if year not in self._sessions:
            self._sessions[year] = self._loaded(year)
        return self._sessions[year]

    def _loaded(self, year: int) -> list[Session]:
        first, last = f"{year}-01-01", f"{year}-12-31"
        try:
            loaded = self._quietly(self.name, start=first, end=last)
        except ValueError as error:
            raise CalendarUnknown(f"calendar {self.name}: no year {year}: {error}") from error
        unusual = {*_days(loaded.early_closes), *_days(loaded.late_opens)}
        times = zip(
            _days(loaded.sessions),
            loaded.opens_nanos.tolist(),
            loaded.closes_nanos.tolist(),
            loaded.break_starts_nanos.tolist(),
            loaded.break_ends_nanos.tolist(),
            strict=True,
        )
        return [
            Session(
                day,
                Nanos(opens),
                Nanos(closes),
                day in unusual,
                (Nanos(pause), Nanos(ends)) if opens < pause < ends < closes else None,
            )
            for day, opens, closes, pause, ends in times
        ]

    def _quietly(self, name: str, **span: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the library asks of pandas is theirs
            return self._library.get_calendar(name, **span)


def _library() -> Any:
    """Return the module, which says nothing of its types."""
    try:
        import exchange_calendars
    except ImportError as error:
        raise ExtraMissing(
            "calendars of exchanges need the library exchange-calendars:"
            " pip install 'fairlead[calendars]'"
        ) from error
    return exchange_calendars


def _days(stamps: Any) -> list[int]:
    return [_day(stamp.date()) for stamp in stamps]


def _day(of: date) -> int:
    return of.year * 10_000 + of.month * 100 + of.day


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)
