"""Where our record and that of a venue or broker differ, and what is not confirmed: the state.

A difference is known by its kind and by what it is about (account, instrument, order, item, session
date). Seen again it is the same break, however often. What is over stays on record; what a
statement costs depends on what is open alone. `breaks.py` changes all this and says so in facts.
"""

from typing import Final, TypeVar

from fairlead.machine.coverage import Coverage
from fairlead.machine.days import Days
from fairlead.machine.executions import ExecutionKey
from fairlead.model.inputs import VenueFilled
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.terms import BreakKind, BreakState, Side
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId, Quantity

# Kind, account, instrument, order, item, session date.
Place = tuple[BreakKind, AccountId, InstrumentId, OrderId, str, int]

Numbered = TypeVar("Numbered", AccountId, InstrumentId)

_OPEN: Final = BreakState.OPEN
_EXPLAINED: Final = BreakState.EXPLAINED


class Difference:
    """Something that the two records do not have in common."""

    def __init__(self, place: Place, ours: str, theirs: str, venue_time: Nanos = Nanos(0)) -> None:
        """Take what it is about, and what each side has."""
        self.place = place
        self.ours = ours
        self.theirs = theirs
        self.venue_time = venue_time  # of the execution that it is about


class Break:
    """One difference, from the first time that it was seen to its end."""

    def __init__(
        self, number: int, place: Place, ours: str, theirs: str, owner: str, opened: Nanos
    ) -> None:
        """Begin open."""
        self.number = number
        self.kind, self.account, self.instrument, self.order, self.item, self.session_date = place
        self.ours = ours
        self.theirs = theirs
        self.owner = owner
        self.opened = opened
        self.venue_time = Nanos(0)  # of the execution that it is about
        self.state = BreakState.OPEN
        self.closed = Nanos(0)
        self.cause = ""

    @property
    def place(self) -> Place:
        """What it is known by."""
        return (
            self.kind,
            self.account,
            self.instrument,
            self.order,
            self.item,
            self.session_date,
        )

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        return [
            [self.number, *self.place],
            [self.ours, self.theirs, self.owner, self.opened, self.venue_time],
            [self.state, self.closed, self.cause],
        ]


class Quarantined:
    """A fill that could not be booked and waits for a person."""

    def __init__(
        self, report: VenueFilled, account: AccountId, side: Side | None, time: Nanos
    ) -> None:
        """Take what the venue said, and the side if it is known."""
        self.report = report
        self.account = account  # 0 where nobody knows whose it is
        self.side = side
        self.time = time
        self.numbers: list[int] = []  # of the breaks that are about it

    def says(self, report: VenueFilled) -> bool:
        """Whether a report is this one again."""
        return same_fill(self.report, report)

    def is_of(self, report: VenueFilled) -> bool:
        """Whether a report that was booked is this execution, whatever order it named before."""
        held = (self.report.instrument, self.report.price, self.report.quantity)
        return held == (report.instrument, report.price, report.quantity)

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        return [self.report, self.account, self.side, self.time, self.numbers]


class Reconciliation:
    """Breaks, fills in quarantine, and the instruments that nothing has confirmed."""

    def __init__(self) -> None:
        """Begin with nothing known and nothing open."""
        self.policy = ReconciliationPolicy()
        self.coverage = Coverage()
        self.days = Days()
        self.tolerances: dict[InstrumentId, Quantity] = {}
        self.quarantine: dict[ExecutionKey, list[Quarantined]] = {}
        self.settled: dict[ExecutionKey, list[VenueFilled]] = {}  # a person adopted or discarded it
        self.units_changed: dict[InstrumentId, Nanos] = {}  # by a split
        self.connected: dict[str, Nanos] = {}  # venues whose session stands, and since when
        self.asked: dict[tuple[AccountId, str], bool] = {}  # statements that have not come yet
        self.next_statement = Nanos(0)  # by the clock; 0: none
        self.unconfirmed: dict[InstrumentId, bool] = {}  # and whether it waits for its breaks alone
        self.compared: dict[str, dict[AccountId, bool]] = {}  # since the venue connected
        self._breaks: dict[int, Break] = {}
        self._open: dict[Place, Break] = {}
        self._explained: dict[Place, Break] = {}
        self._open_in: dict[InstrumentId, int] = {}
        self._open_of: dict[AccountId, int] = {}

    # --- what the risk gate asks ---

    def gate_problem(self, instrument: InstrumentId) -> str:
        """Return the check that closes an instrument, empty if none does."""
        if self._open_in and instrument in self._open_in:
            return "break_open"
        if self.unconfirmed and self.policy.required and instrument in self.unconfirmed:
            return "instrument_confirmed"
        return ""

    # --- breaks ---

    @property
    def any_open(self) -> bool:
        """Whether any break is open."""
        return bool(self._open)

    def add(self, place: Place, ours: str, theirs: str, opened: Nanos) -> Break:
        """Open a break, which has the next number."""
        assert place not in self._open, "a difference has one break"
        number = len(self._breaks) + 1
        added = Break(number, place, ours, theirs, self.policy.owner, opened)
        self._breaks[number] = self._open[place] = added
        self._explained.pop(place, None)
        _count(self._open_in, added.instrument, 1)
        _count(self._open_of, added.account, 1)
        return added

    def close(self, known: Break, state: BreakState, cause: str, time: Nanos) -> None:
        """Let a break be over."""
        assert known.state is _OPEN, "a break is over once"
        known.state = state
        known.cause = cause
        known.closed = time
        del self._open[known.place]
        _count(self._open_in, known.instrument, -1)
        _count(self._open_of, known.account, -1)
        if state is _EXPLAINED:
            self._explained[known.place] = known

    def find(self, place: Place) -> Break | None:
        """Return the open break about something, None if there is none."""
        return self._open.get(place)

    def explained(self, place: Place, ours: str, theirs: str) -> Break | None:
        """Return the break in which a person explained just this difference, None if none did."""
        known = self._explained.get(place)
        return known if known is not None and (known.ours, known.theirs) == (ours, theirs) else None

    def forget_explained(self, place: Place) -> None:
        """Let a difference that came to an end be a new one if it comes again."""
        self._explained.pop(place, None)

    def any_break(self, number: int) -> Break | None:
        """Return a break, open or over, None if there never was one of this number."""
        return self._breaks.get(number)

    def break_of(self, number: int) -> Break | None:
        """Return an open break, None if there is none of this number."""
        known = self._breaks.get(number)
        return known if known is not None and known.state is _OPEN else None

    def all(self) -> list[Break]:
        """Return every break that ever was, oldest first."""
        return list(self._breaks.values())

    def open_breaks(self) -> list[Break]:
        """Return the open breaks, oldest first."""
        return list(self._open.values())

    def explained_breaks(self) -> list[Break]:
        """Return the breaks that a person explained and that no statement has ended since."""
        return list(self._explained.values())

    def open_in(self, instrument: InstrumentId) -> int:
        """Return how many breaks are open in an instrument."""
        return self._open_in.get(instrument, 0)

    def open_of(self, account: AccountId) -> int:
        """Return how many breaks of an account are open."""
        return self._open_of.get(account, 0)

    # --- what others tell of ---

    def moved(self, account: AccountId, instrument: InstrumentId, time: Nanos) -> None:
        """A position moved without an execution, by our time."""
        self.coverage.move(account, instrument, time)

    def cash_moved(self, account: AccountId, currency: str, time: Nanos) -> None:
        """Cash moved without an execution, by our time."""
        self.coverage.move_cash(account, currency, time)

    def split(self, instrument: InstrumentId, new: int, old: int, time: Nanos) -> None:
        """The units of an instrument changed; a tolerance goes with them, rounded down."""
        self.units_changed[instrument] = time
        if instrument in self.tolerances:
            self.tolerances[instrument] = Quantity(self.tolerances[instrument] * new // old)

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [self.policy, list(self.tolerances.items()), list(self.units_changed.items())],
            self.coverage.content(),
            self.days.content(),
            [[*key, [one.content() for one in held]] for key, held in self.quarantine.items()],
            [[*key, reports] for key, reports in self.settled.items()],
            [list(self.connected.items()), [list(place) for place in self.asked]],
            [self.next_statement, list(self.unconfirmed.items())],
            [[venue, list(accounts)] for venue, accounts in self.compared.items()],
            [known.content() for known in self._breaks.values()],
            [known.number for known in self._explained.values()],
        ]


def same_fill(one: VenueFilled, other: VenueFilled) -> bool:
    """Whether two reports of one execution say the same."""
    return (one.order, one.instrument, one.price, one.quantity, one.fee) == (
        other.order,
        other.instrument,
        other.price,
        other.quantity,
        other.fee,
    )


def _count(counts: dict[Numbered, int], key: Numbered, change: int) -> None:
    """Change a count; what comes to 0 is not kept."""
    after = counts.get(key, 0) + change
    assert after >= 0, "nothing is closed that was not open"
    if after:
        counts[key] = after
    else:
        del counts[key]
