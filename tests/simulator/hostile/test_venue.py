"""A venue that tells badly what it exactly has."""

from collections import Counter

from fairlead.model.inputs import (
    Input,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
)
from fairlead.model.outputs import CancelOrder, QueryOrder, RequestStatement
from fairlead.model.terms import Status
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.hostile.venue import HostileVenue, Temper
from fairlead.simulator.world import NEVER
from tests.simulator.hostile.parts import DAY, books, send

ONE = InstrumentId(1)


def venue(seed: int = 1, lies: bool = False) -> HostileVenue:
    """Return a venue whose line is good."""
    chance = Chance(seed, 5)
    line: Line[Input] = Line(chance, Nanos(1_000))
    line.heal()
    made = HostileVenue(chance, Temper(chance, lies), books(), line)
    made.now = Nanos(1_767_600_000 * 10**9)
    return made


def said(venue: HostileVenue) -> list[Input]:
    """Return what it has said since."""
    found = []
    while venue.reports.next_time != NEVER:
        found.append(venue.reports.take())
    return found


def kind() -> HostileVenue:
    """Return one that is forthcoming."""
    made = venue()
    made.heal()
    return made


def test_a_client_order_id_is_burned_and_each_message_is_remembered() -> None:
    """A copy that the network made enters nothing."""
    held = kind()
    held.act(1, send(1))
    held.act(1, send(1))
    assert len(held.books.orders) == 1
    assert [number for number, _ in held.received] == [1, 1]
    assert [type(one) for one in said(held)] == [VenueAccepted]


def test_it_answers_what_it_is_asked() -> None:
    held = kind()
    held.act(1, send(1))
    held.act(2, QueryOrder(OrderId(1), ONE, "1-1-1", ""))
    held.act(3, CancelOrder(OrderId(1), ONE, 2, "1-1-1"))
    held.act(4, RequestStatement(AccountId(1), "V", Nanos(0), "now"))
    names = [type(one).__name__ for one in said(held)]
    assert names == ["VenueAccepted", "VenueOrderStatus", "VenueCanceled", "Statement"]


def test_over_many_seeds_it_does_everything_that_venues_do() -> None:
    """And each of its books stays exact: positions are the executions that stand."""
    happened: Counter[str] = Counter()
    for seed in range(60):
        held = venue(seed, lies=seed % 2 == 1)
        for number in range(1, 30):
            held.act(number, send(number))
            held.trade()
            held.act_up()
            if number % 10 == 0:
                held.disconnected()
                held.connected()
        held.crash()
        filled = sum(order.filled for order in held.books.orders)
        assert filled == held.books.position(ONE)
        happened.update(held.happened)
    for what in (
        *("busted", "corrected", "lied", "silent about fills", "a fill that was not told"),
        *("rejected what it took", "never acknowledged", "replayed", "canceled on disconnect"),
    ):
        assert happened[what] > 5, what


def test_one_that_lies_says_that_it_does_not_find_what_it_has() -> None:
    answers = Counter[bool]()
    for seed in range(40):
        held = venue(seed, lies=True)
        held.books.place(send(1).approved)
        for number in range(10):
            held.act(number, QueryOrder(OrderId(1), ONE, "1-1-1", ""))
        answers.update(one.found for one in said(held) if isinstance(one, VenueOrderStatus))
    assert answers[True] > answers[False] > 0


def test_on_the_telephone_it_owns_up() -> None:
    """What never was is taken back, what was is told anew; an order in question is canceled."""
    held = kind()
    held.act(1, send(1))
    held.act(2, send(2))
    held.trade()
    [true] = list(held.books.fills.values())
    said(held)
    held.explain(OrderId(1), ONE, "L1", DAY)
    assert [type(one) for one in said(held)] == [VenueBusted]
    held.explain(true.order, ONE, true.execution, true.session_date)
    assert [type(one) for one in said(held)] == [VenueBusted, VenueFilled]
    held.explain(OrderId(1), ONE, "", 0)
    assert [type(one) for one in said(held)] == [VenueCanceled]
    held.cancel_stranger("1-2-1")
    assert held.books.alive() == []
    held.say_again()
    statuses = [one.status for one in said(held) if isinstance(one, VenueOrderStatus)]
    assert statuses == [order.status for order in held.books.orders]
    assert Status.OPEN not in statuses
    assert not any(isinstance(one, VenueRejected) for one in said(held))
