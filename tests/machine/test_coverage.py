"""How far statements reach: what is kept until it is confirmed, and for no longer."""

from typing import Any

from fairlead.machine.coverage import NEVER_MOVED, Coverage
from fairlead.machine.executions import Execution
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId
from tests.machine.build import DAY, SECOND, VENUE, Rig, accepted, filled, submit
from tests.machine.venue_side import VenueSide, fill_line, statement

MAIN, OTHER = AccountId(1), AccountId(2)
ONE = InstrumentId(1)


def booked(name: str, **terms: Any) -> Execution:
    """Return an execution of order 1."""
    return Execution(filled(1, 3, name, **terms), OrderId(1))


def kept(rig: Rig) -> int:
    """Return how many executions nothing has confirmed yet."""
    return len(rig.machine.state.reconciliation.coverage.booked(MAIN, ""))


def test_an_execution_is_kept_until_a_statement_confirms_it() -> None:
    """One that it does not list, or lists otherwise, is kept."""
    rig = Rig(submit(1), accepted(1), *(filled(1, 1, f"e{number}") for number in range(4)))
    assert kept(rig) == 4
    rig.give(statement(SECOND, orders=(), positions=()))
    assert kept(rig) == 4
    lines = (fill_line(1, "e0", 1), fill_line(1, "e1", 2), fill_line(1, "e2", 1))
    rig.give(statement(SECOND, fills=lines))
    coverage = rig.machine.state.reconciliation.coverage
    assert [key[2] for key, _ in coverage.booked(MAIN, VENUE)] == ["e1", "e3"]


def test_what_is_kept_does_not_grow_with_history() -> None:
    """Invariant 14, DESIGN: between two statements there are as many as were booked since."""
    venue = VenueSide()
    largest = 0
    for order in range(1, 61):
        venue.open(order, 1, side=submit(1).side, quantity=1, price=100)
        venue.fill(order, 1, 0)
        largest = max(largest, kept(venue.rig))
        if order % 3 == 0:
            made = venue.statement(fills=tuple(venue.fills[-3:]))
            venue.rig.give(made)
            assert kept(venue.rig) == 0
    assert largest == 3


def test_executions_are_kept_by_account_and_venue() -> None:
    """A statement looks at its own alone; a broker's at all of the account."""
    coverage = Coverage()
    far = ("FAR", DAY, "e1")
    near = (VENUE, DAY, "e1")
    report = booked("e1")
    coverage.book(MAIN, near, report)
    coverage.book(MAIN, far, report)
    coverage.book(OTHER, near, report)
    assert coverage.booked(MAIN, VENUE) == [(near, report)]
    assert coverage.booked(MAIN, "") == [(near, report), (far, report)]
    assert coverage.booked(OTHER, "FAR") == []
    assert coverage.forget(MAIN, near) is report
    assert coverage.forget(MAIN, near) is None
    assert coverage.forget(OTHER, ("NOWHERE", DAY, "e1")) is None
    assert coverage.booked(MAIN, "") == [(far, report)]


def test_where_an_account_trades_is_remembered() -> None:
    """When everything is confirmed, too."""
    coverage = Coverage()
    key = (VENUE, DAY, "e1")
    coverage.book(MAIN, key, booked("e1"))
    coverage.forget(MAIN, key)
    assert coverage.trades_at(MAIN, VENUE)
    assert not coverage.trades_at(MAIN, "FAR")
    assert not coverage.trades_at(OTHER, VENUE)
    assert not coverage.trades_elsewhere(MAIN, VENUE)
    assert coverage.trades_elsewhere(MAIN, "FAR")


def test_what_moved_last_counts() -> None:
    """Confirmations come in any order."""
    coverage = Coverage()
    assert coverage.moved(MAIN, ONE) == coverage.cash_moved(MAIN, "USD") == NEVER_MOVED
    for time in (5, 3):
        coverage.move(MAIN, ONE, Nanos(time))
        coverage.move_cash(MAIN, "USD", Nanos(time))
    assert coverage.moved(MAIN, ONE) == coverage.cash_moved(MAIN, "USD") == 5
    assert coverage.moved(OTHER, ONE) == coverage.cash_moved(MAIN, "EUR") == NEVER_MOVED


def test_what_is_told_late_from_before_what_was_agreed_is_to_be_compared() -> None:
    """Invariant 6: the statement that agreed did not list it, so it was not, or it was withheld."""
    coverage = Coverage()
    coverage.agree(MAIN, VENUE, Nanos(10))
    late = (VENUE, DAY, "late")
    coverage.book(MAIN, late, booked("late", venue_time=Nanos(4)))
    assert coverage.agreed(MAIN, VENUE) == 3
    coverage.agree(MAIN, VENUE, Nanos(20))
    assert coverage.agreed(MAIN, VENUE) == 3
    coverage.forget(MAIN, late)
    coverage.agree(MAIN, VENUE, Nanos(30))
    assert coverage.agreed(MAIN, VENUE) == 30
    assert coverage.agreed(OTHER, VENUE) == coverage.agreed(MAIN, "") == 0


def test_what_was_agreed_reaches_no_further_back_than_to_what_is_in_question() -> None:
    """An execution of later leaves it as it was, for a venue as for a broker."""
    coverage = Coverage()
    for venue in (VENUE, ""):
        coverage.agree(MAIN, venue, Nanos(10))
    coverage.reach_back(MAIN, VENUE, Nanos(11))
    assert coverage.agreed(MAIN, VENUE) == coverage.agreed(MAIN, "") == 10
    coverage.reach_back(MAIN, VENUE, Nanos(0))
    assert coverage.agreed(MAIN, VENUE) == coverage.agreed(MAIN, "") == 0
