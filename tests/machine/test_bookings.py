"""What was booked by hand or by policy, and what may still be undone of it."""

import pytest

from fairlead.machine.bookings import Corrections
from fairlead.model.inputs import CashMoved, PositionCorrection
from fairlead.model.terms import CashKind
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Price,
    Sequence,
    SignedQuantity,
    StrategyId,
)

ONE, TWO = InstrumentId(1), InstrumentId(2)
FIRST, SECOND = Sequence(7), Sequence(9)


def correction(instrument: InstrumentId = ONE) -> PositionCorrection:
    """Return a correction of a position."""
    terms = (SignedQuantity(5), Price(100), "ann", "as the statement says")
    return PositionCorrection(AccountId(1), StrategyId(1), instrument, *terms)


MOVED = CashMoved(AccountId(1), "USD", CashKind.DEPOSIT, Money(5), "R", "ann", "wired")


def test_an_input_may_book_several() -> None:
    """A statement that a policy corrects by: they are undone together, in order."""
    corrections = Corrections()
    corrections.add(FIRST, correction(ONE))
    corrections.add(FIRST, correction(TWO))
    corrections.add(SECOND, MOVED)
    assert corrections.made(FIRST) == [correction(ONE), correction(TWO)]
    assert corrections.made(SECOND) == [MOVED]
    assert corrections.made(Sequence(8)) == []


def test_what_is_closed_says_why_and_the_first_reason_stands() -> None:
    """Undone or overtaken, it stays what it was first."""
    corrections = Corrections()
    corrections.add(FIRST, correction())
    assert corrections.closed(FIRST) == ""
    corrections.close(FIRST, "undone")
    corrections.close_positions(ONE, "split")
    assert corrections.closed(FIRST) == "undone"


def test_a_split_closes_the_positions_of_its_instrument_alone() -> None:
    """Cash has no units that could change."""
    corrections = Corrections()
    corrections.add(FIRST, correction(ONE))
    corrections.add(SECOND, correction(TWO))
    corrections.add(SECOND, MOVED)
    corrections.close_positions(ONE, "split")
    assert (corrections.closed(FIRST), corrections.closed(SECOND)) == ("split", "")
    corrections.close_positions(TWO, "split")
    assert corrections.closed(SECOND) == "split"


def test_a_reference_is_burned_for_its_instrument() -> None:
    """Two instruments may have the same action of one firm under one reference."""
    corrections = Corrections()
    corrections.use_reference(ONE, "S", FIRST)
    assert corrections.is_used(ONE, "S")
    assert not corrections.is_used(TWO, "S")
    with pytest.raises(AssertionError, match="booked once"):
        corrections.use_reference(ONE, "S", SECOND)


def test_all_of_it_is_part_of_the_state() -> None:
    """What was booked, what is closed, and which references are burned."""
    corrections = Corrections()
    seen = [corrections.content()]
    corrections.add(FIRST, correction())
    seen.append(corrections.content())
    corrections.close(FIRST, "undone")
    seen.append(corrections.content())
    corrections.use_reference(ONE, "S", FIRST)
    seen.append(corrections.content())
    assert all(one != other for number, one in enumerate(seen) for other in seen[:number])
