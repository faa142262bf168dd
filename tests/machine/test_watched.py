"""Which orders the market moves."""

from fairlead.machine.orders import Order
from fairlead.machine.watched import Watched
from fairlead.model.units import InstrumentId, Nanos
from tests.machine.build import submit

ONE = InstrumentId(1)
TWO = InstrumentId(2)
EMPTY = Watched().content()


def order(number: int, instrument: InstrumentId = ONE) -> Order:
    """Return an order."""
    return Order(submit(number, instrument=instrument), Nanos(1))


def test_an_instrument_is_watched_while_one_of_its_orders_is() -> None:
    """Asked with every quote: no order, no work."""
    watched = Watched()
    first, second = order(1), order(2)
    assert ONE not in watched
    assert (watched.add(first), watched.add(second)) == (True, True)
    assert ONE in watched
    assert TWO not in watched
    watched.remove(first)
    assert ONE in watched
    watched.remove(second)
    assert ONE not in watched


def test_the_orders_of_an_instrument_are_listed_oldest_first() -> None:
    """Invariant 2: in the order in which they came, whatever their numbers are."""
    watched = Watched()
    first, second, elsewhere = order(7), order(3), order(5, TWO)
    for one in (first, second, elsewhere):
        watched.add(one)
    assert watched.of(ONE) == [first, second]
    assert watched.of(TWO) == [elsewhere]
    assert watched.of(InstrumentId(3)) == []


def test_to_watch_twice_is_to_watch_once() -> None:
    """What it has seen stays seen."""
    watched = Watched()
    one = order(1)
    watched.add(one)
    watched.traded(ONE)
    assert not watched.add(one)
    assert watched.has_seen_trade(one)
    assert watched.of(ONE) == [one]


def test_only_a_trade_after_it_is_watched_is_seen_by_an_order() -> None:
    """B-EVT-13: by the order of the inputs, not by their times."""
    watched = Watched()
    early, late, elsewhere = order(1), order(2), order(3, TWO)
    watched.add(early)
    watched.add(elsewhere)
    watched.traded(ONE)
    watched.add(late)
    seen = [watched.has_seen_trade(one) for one in (early, late, elsewhere)]
    assert seen == [True, False, False]


def test_that_the_market_went_too_far_is_new_once() -> None:
    """S4-OMS-04: it is said once."""
    watched = Watched()
    one = order(1)
    watched.add(one)
    assert [watched.exceed(one), watched.exceed(one)] == [True, False]


def test_what_is_not_watched_any_more_is_forgotten_wholly() -> None:
    """Invariant 14: watched again, it begins anew."""
    watched = Watched()
    one = order(1)
    watched.add(one)
    watched.traded(ONE)
    watched.exceed(one)
    watched.remove(one)
    watched.remove(one)
    assert watched.content() == EMPTY
    watched.add(one)
    assert not watched.has_seen_trade(one)
    assert watched.exceed(one)


def test_the_content_tells_apart_what_a_later_output_may_depend_on() -> None:
    """Invariant 2: the state digest covers it."""
    watched = Watched()
    contents = [watched.content()]
    one = order(1)
    watched.add(one)
    contents.append(watched.content())
    watched.traded(ONE)
    contents.append(watched.content())
    watched.exceed(one)
    contents.append(watched.content())
    assert len({str(content) for content in contents}) == len(contents)
