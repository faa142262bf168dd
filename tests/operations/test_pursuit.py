"""Everything that works is canceled, until the venue or the journal says that it is gone."""

from fairlead.gateways.emergency_line import (
    AllCanceled,
    Answer,
    Answered,
    Cancel,
    CancelAll,
    Canceled,
    NotCanceled,
    Why,
)
from fairlead.model.units import NANOS_PER_SECOND, Nanos, OrderId
from fairlead.operations.pursuit import PAUSE_MAX, Pursuit, Volley
from fairlead.operations.working_orders import WorkingOrder


def order(number: int, venue: str = "A", requests: int = 1, session: str = "s") -> WorkingOrder:
    """Return a working order that was sent and then replaced so often."""
    ids = tuple(f"1-{number}-{request}" for request in range(1, requests + 1))
    return WorkingOrder(venue, "X", session, OrderId(number), ids)


def at(seconds: float) -> Nanos:
    """Return a time."""
    return Nanos(int(seconds * NANOS_PER_SECOND))


def said(pursuit: Pursuit, client_order: str, answer: Answer, venue: str = "A") -> None:
    """Let a venue answer to a cancel."""
    pursuit.answered(venue, Answered(Cancel(1, client_order, "X"), answer))


def all_canceled(pursuit: Pursuit, venue: str = "A") -> None:
    """Let a venue say that it canceled all."""
    pursuit.answered(venue, Answered(CancelAll(1, "r"), AllCanceled(1, 0)))


CANCELED = Canceled(1)


def no(why: Why) -> Answer:
    """Return that an order was not canceled."""
    return NotCanceled(1, why)


def test_all_venues_get_their_orders_at_once_and_cancel_all_after_them() -> None:
    """B-KILL-01: cancel all, then confirm."""
    one, two, three = order(1), order(2, "B"), order(3)
    volleys = Pursuit(["A", "B", "C"]).due([one, two, three], at(0))
    assert volleys == {
        "A": Volley(1, [one, three], True),
        "B": Volley(1, [two], True),
        "C": Volley(1, [], True),
    }


def test_what_is_confirmed_is_not_sent_again_and_the_rest_is_with_longer_pauses() -> None:
    """B-KILL-02: best effort, verified."""
    pursuit, orders = Pursuit(["A"]), [order(1), order(2)]
    pursuit.due(orders, at(0))
    said(pursuit, "1-1-1", CANCELED)
    assert pursuit.due(orders, at(0.9)) == {}
    assert pursuit.due(orders, at(1)) == {"A": Volley(2, [orders[1]], True)}
    assert pursuit.due(orders, at(2.9)) == {}
    assert pursuit.due(orders, at(3)) == {"A": Volley(3, [orders[1]], True)}
    times = [0.0]
    time = at(3)
    for _ in range(2_000):
        time = Nanos(time + NANOS_PER_SECOND // 10)
        if pursuit.due(orders, time):
            times.append(time / NANOS_PER_SECOND)
    assert times[-1] - times[-2] == PAUSE_MAX / NANOS_PER_SECOND


def test_an_order_that_comes_to_light_later_goes_at_once() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1)], at(0))
    assert pursuit.due([order(1), order(2)], at(0.1)) == {"A": Volley(1, [order(2)], False)}
    assert pursuit.due([order(1), order(2)], at(0.2)) == {}


def test_an_order_that_is_replaced_meanwhile_is_canceled_by_its_new_id() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1)], at(0))
    replaced = order(1, requests=2)
    assert pursuit.due([replaced], at(0.1)) == {"A": Volley(1, [replaced], False)}
    said(pursuit, "1-1-2", CANCELED)
    assert pursuit.standing("A").canceled == 1


def test_two_confirmed_cancels_of_all_and_no_order_left_make_a_venue_done() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1)], at(0))
    all_canceled(pursuit)
    said(pursuit, "1-1-1", CANCELED)
    assert not pursuit.standing("A").done
    assert pursuit.due([order(1)], at(1)) == {"A": Volley(2, [], True)}
    all_canceled(pursuit)
    assert pursuit.done
    assert pursuit.due([order(1)], at(100)) == {}


def test_cancel_all_alone_confirms_no_order() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1)], at(0))
    all_canceled(pursuit)
    all_canceled(pursuit)
    assert pursuit.standing("A").unanswered == 1
    assert pursuit.due([order(1)], at(1)) == {"A": Volley(2, [order(1)], False)}


def test_gone_confirms_and_unknown_and_refused_do_not() -> None:
    """DESIGN invariant 10: "not found" proves nothing."""
    pursuit, orders = Pursuit(["A"]), [order(number) for number in (1, 2, 3, 4)]
    pursuit.due(orders, at(0))
    for client_order, why in (("1-1-1", Why.GONE), ("1-2-1", Why.UNKNOWN), ("1-3-1", Why.REFUSED)):
        said(pursuit, client_order, no(why))
    standing = pursuit.standing("A")
    found = (standing.gone, standing.unknown, standing.refused, standing.unanswered)
    assert found == (1, 1, 1, 1)
    assert standing.unconfirmed == 3
    assert pursuit.due(orders, at(1))["A"].orders == orders[1:]


def test_of_a_replaced_order_the_newest_id_counts_and_any_id_that_was_canceled() -> None:
    pursuit, one, two = Pursuit(["A"]), order(1, requests=2), order(2, requests=2)
    pursuit.due([one, two], at(0))
    said(pursuit, "1-1-1", no(Why.GONE))  # it was replaced: that says nothing of the new one
    assert pursuit.standing("A").gone == 0
    said(pursuit, "1-1-2", no(Why.GONE))
    said(pursuit, "1-2-2", no(Why.UNKNOWN))  # the replace never arrived
    said(pursuit, "1-2-1", CANCELED)
    standing = pursuit.standing("A")
    assert (standing.gone, standing.canceled, standing.unknown) == (1, 1, 0)


def test_the_journal_confirms_too() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1), order(2)], at(0))
    pursuit.due([order(2)], at(0.1))
    assert pursuit.standing("A").gone == 1


def test_the_same_number_in_two_sessions_is_two_orders() -> None:
    pursuit = Pursuit(["A"])
    both = [order(1, session="0001"), order(1, session="0002")]
    assert pursuit.due(both, at(0)) == {"A": Volley(1, both, True)}
    assert pursuit.standing("A").working == 2


def test_one_venue_that_does_nothing_changes_nothing_for_another() -> None:
    """S0-RES-01: one venue's stall does not block others."""
    pursuit, orders = Pursuit(["A", "B"]), [order(1, "A"), order(2, "B")]
    pursuit.due(orders, at(0))
    said(pursuit, "1-2-1", CANCELED, "B")
    all_canceled(pursuit, "B")
    pursuit.due(orders, at(1))
    all_canceled(pursuit, "B")
    standings = {one.venue: one.done for one in pursuit.standings()}
    assert standings == {"A": False, "B": True}


def test_orders_at_a_venue_without_a_line_are_told_and_never_done() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1, "Z"), order(2, "Z")], at(0))
    all_canceled(pursuit)
    all_canceled(pursuit)
    assert pursuit.without_line == {"Z": 2}
    assert not pursuit.done
    pursuit.due([], at(1))
    assert pursuit.done


def test_an_answer_about_an_order_that_nobody_asked_for_changes_nothing() -> None:
    pursuit = Pursuit(["A"])
    pursuit.due([order(1)], at(0))
    said(pursuit, "9-9-9", CANCELED)
    assert pursuit.standing("A").canceled == 0


def test_an_order_that_cannot_be_named_is_left_to_cancel_all_and_not_confirmed_by_it() -> None:
    nameless = order(1, requests=0)
    pursuit = Pursuit(["A"])
    assert pursuit.due([nameless], at(0)) == {"A": Volley(1, [nameless], True)}
    all_canceled(pursuit)
    all_canceled(pursuit)
    assert pursuit.standing("A").unanswered == 1
