"""What waits for the session has a bound, and what is left out is a gap."""

import threading

import pytest

from fairlead.gateways.arrivals import FULL, NONE_YET, OLD, TAKEN_MAX, WAITED_MAX, Arrivals
from fairlead.model.inputs import BookGap, Input, MarkPrice, WarningRaised
from fairlead.model.units import InstrumentId, Nanos, Price

ONE, TWO = InstrumentId(1), InstrumentId(2)


def mark(number: int) -> MarkPrice:
    return MarkPrice(ONE, Price(number), Nanos(0))


def test_what_came_is_taken_in_order_up_to_a_time() -> None:
    arrivals = Arrivals([ONE])
    assert arrivals.next_time() == NONE_YET
    arrivals.happened([mark(1), mark(2)], Nanos(5))
    arrivals.happened([mark(3)], Nanos(7))
    assert arrivals.next_time() == 5
    assert arrivals.take(Nanos(4)) == []
    assert arrivals.take(Nanos(6)) == [mark(1), mark(2)]
    assert arrivals.take(Nanos(9)) == [mark(3)]


def test_a_turn_takes_no_more_than_it_may() -> None:
    arrivals = Arrivals([ONE])
    arrivals.happened([mark(n) for n in range(TAKEN_MAX + 3)], Nanos(5))
    assert len(arrivals.take(Nanos(5))) == TAKEN_MAX
    assert arrivals.next_time() == 5
    assert len(arrivals.take(Nanos(5))) == 3


def test_what_finds_no_room_is_left_out_until_the_books_begin_anew() -> None:
    arrivals = Arrivals([ONE, TWO], arrivals_max=3)
    warning = WarningRaised("feed", "text")
    assert not arrivals.happened([mark(n) for n in range(5)], Nanos(1))
    assert not arrivals.happened([mark(6), warning], Nanos(2))
    assert arrivals.dropped == 3
    gaps: list[Input] = [BookGap(ONE, FULL), BookGap(TWO, FULL)]
    assert arrivals.take(Nanos(3)) == [mark(0), mark(1), mark(2), *gaps, warning]
    assert arrivals.happened([], Nanos(4))  # there is room: now the books are wanted
    assert not arrivals.happened([mark(7)], Nanos(5))
    assert arrivals.take(Nanos(5)) == [mark(7)]


def test_the_queue_never_grows_beyond_its_bound() -> None:
    arrivals = Arrivals([ONE, TWO], arrivals_max=10)
    for n in range(1_000):
        arrivals.happened([mark(n)], Nanos(n))
    assert arrivals.high_water == 12
    assert arrivals.dropped == 990


def test_what_has_waited_for_too_long_is_of_the_past() -> None:
    arrivals = Arrivals([ONE])
    warning = WarningRaised("feed", "text")
    arrivals.happened([mark(1), warning, mark(2)], Nanos(1))
    late = Nanos(2 + WAITED_MAX)
    assert arrivals.take(late) == [warning, BookGap(ONE, OLD)]
    assert arrivals.dropped == 2
    assert arrivals.happened([], late)


def test_a_wait_ends_when_something_comes() -> None:
    arrivals = Arrivals([ONE])
    threading.Thread(target=lambda: arrivals.happened([mark(1)], Nanos(1))).start()
    assert arrivals.wait(Nanos(60 * 10**9))
    assert not Arrivals([ONE]).wait(Nanos(0))


def test_nobody_goes_on_deaf() -> None:
    arrivals = Arrivals([ONE])
    arrivals.died(ValueError("our mistake"))
    with pytest.raises(RuntimeError, match="has died"):
        arrivals.take(Nanos(1))
    with pytest.raises(RuntimeError, match="has died"):
        arrivals.wait(Nanos(60 * 10**9))
