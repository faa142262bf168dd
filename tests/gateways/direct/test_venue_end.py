"""The venue's rules: one sender, nothing applied twice, nothing kept from who asks for it."""

from fairlead.gateways.direct import venue_end
from fairlead.gateways.direct.frames import encoded, frames_from_venue
from fairlead.gateways.direct.messages import (
    Heartbeat,
    LoggedOut,
    Login,
    NotApplied,
    NumbersLost,
    Order,
    Probe,
    Reported,
)
from fairlead.gateways.direct.venue_end import GARBLED_MAX, VenueEnd
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from tests.gateways.direct.ends import (
    ACCOUNT,
    NOW,
    VENUE,
    Pair,
    accepted,
    account,
    cancel,
    node,
    stands,
)

LATER = Nanos(NOW + 60 * NANOS_PER_SECOND)


def said(end: VenueEnd) -> list[object]:
    """Return what the venue has said since the last time."""
    messages = frames_from_venue().receive(bytes(end.outgoing))
    end.outgoing.clear()
    return messages


def test_an_older_epoch_is_refused_for_ever() -> None:
    """S0-ARCH I7: the fence, also after the later node has gone."""
    kept = account()
    stands(node(epoch=5), kept).cut()
    old = Pair(node(epoch=4), kept)
    old.settle()
    assert not old.node.logged_in
    assert "epoch 4 is over: epoch 5" in old.node.ended
    assert list(kept.alarms)


def test_a_later_epoch_puts_the_earlier_one_out() -> None:
    kept = account()
    old = stands(node(epoch=1), kept)
    new = stands(node(epoch=2), kept)
    assert old.venue.ended
    old.node.act(cancel(1), NOW)
    old.to_venue()
    assert old.applied == []
    old.to_node()
    assert "epoch 2 has logged in" in old.node.ended
    assert new.node.logged_in


def test_another_process_of_the_same_epoch_is_refused() -> None:
    kept = account()
    stands(node(epoch=1, instance="a"), kept)
    other = Pair(node(epoch=1, instance="b"), kept)
    other.settle()
    assert "belongs to another process" in other.node.ended


def test_the_same_process_takes_over_its_own_dead_connection() -> None:
    kept, end = account(), node()
    dead = stands(end, kept)
    again = Pair(end, kept)
    again.settle()
    assert end.logged_in
    assert dead.venue.ended


def test_who_is_not_logged_in_gets_nothing() -> None:
    for message in (Order(1, cancel(1)), Probe(1), Heartbeat(1)):
        end = VenueEnd(account(), NOW)
        assert end.receive(encoded(message), NOW) == []
        assert end.ended == "log in first"


def test_who_connects_and_says_nothing_makes_room() -> None:
    end = VenueEnd(account(), NOW)
    end.tick(end.next_time)
    assert said(end) == []
    end.tick(LATER)
    assert end.ended == "nobody logged in"


def test_a_wrong_venue_an_unknown_account_and_a_wild_heart_are_refused() -> None:
    for login, why in (
        (Login("X", ACCOUNT, 1, "a", 1, 1_000), "this is"),
        (Login(VENUE, "x", 1, "a", 1, 1_000), "not known here"),
        (Login(VENUE, ACCOUNT, 0, "a", 1, 1_000), "epoch 0 is over"),
        (Login(VENUE, ACCOUNT, 1, "a", 1, 0), "a heartbeat every 0 ms"),
    ):
        end = VenueEnd(account(), NOW)
        end.receive(encoded(login), NOW)
        assert why in end.ended


def test_what_was_lost_before_a_message_is_told_never_to_be_applied() -> None:
    """The later message is applied: an order is never asked for again."""
    pair = stands(node(), account())
    assert [one.number for one in pair.venue.receive(encoded(Order(4, cancel(4))), NOW)] == [4]
    assert said(pair.venue) == [NotApplied(1, 3)]
    assert pair.venue.receive(encoded(Order(5, cancel(5))), NOW)[0].number == 5


def test_a_message_that_came_before_ends_the_session_and_is_not_applied() -> None:
    kept = account()
    pair = stands(node(), kept)
    pair.venue.receive(encoded(Order(1, cancel(1))), NOW)
    assert (
        pair.venue.receive(encoded(Order(1, cancel(1))) + encoded(Order(2, cancel(2))), NOW) == []
    )
    assert said(pair.venue) == [LoggedOut("message 1 came again: 2 was expected")]
    assert list(kept.alarms)


def test_garbage_is_skipped_up_to_a_bound() -> None:
    pair = stands(node(), account())
    pair.venue.receive(b"garbage\n" * GARBLED_MAX, NOW)
    assert pair.venue.logged_in
    pair.venue.receive(b"garbage\n", NOW)
    assert "garbled" in pair.venue.ended


def test_reports_are_kept_while_nobody_is_connected_and_sent_again_as_such() -> None:
    kept, end = account(), node()
    pair = stands(end, kept)
    pair.venue.report(accepted(1), NOW)
    pair.cut()
    assert kept.report(accepted(2)) == b""
    pair = Pair(end, kept)
    pair.to_venue()
    again = said(pair.venue)[1:]
    assert again == [Reported(1, accepted(1), again=True), Reported(2, accepted(2), again=True)]


def test_an_epoch_begins_to_count_anew() -> None:
    kept = account()
    pair = stands(node(epoch=1), kept)
    pair.venue.report(accepted(1), NOW)
    pair = Pair(node(epoch=2), kept)
    pair.to_venue()
    assert len(said(pair.venue)) == 1
    assert (kept.expected, kept.next_number) == (1, 1)


def test_what_is_not_kept_any_more_is_told() -> None:
    kept = account()
    stands(node(), kept).cut()
    for number in range(venue_end.REPORTS_MAX + 3):
        kept.report(accepted(number))
    first, second, *rest = kept.kept(1)
    assert first == NumbersLost(4)
    assert second == Reported(4, accepted(3), again=True)
    assert len(rest) == venue_end.REPORTS_MAX - 1


def test_a_silent_node_is_asked_and_given_up() -> None:
    pair = stands(node(), account())
    said(pair.venue)
    pair.venue.tick(Nanos(NOW + 2 * NANOS_PER_SECOND))
    assert Probe(1) in said(pair.venue)
    pair.venue.tick(Nanos(NOW + 3 * NANOS_PER_SECOND))
    assert pair.venue.ended == "the node is silent"
