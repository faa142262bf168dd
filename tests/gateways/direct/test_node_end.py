"""The node's rules: nothing is sent twice, nothing of the venue is believed twice."""

import msgspec
import pytest

from fairlead.gateways.direct.frames import encoded, frames_from_node
from fairlead.gateways.direct.messages import (
    FromVenue,
    Heartbeat,
    LoggedOut,
    NotApplied,
    NumbersLost,
    Order,
    Probe,
    Published,
    RefreshRequest,
    Reported,
    ResendRequest,
)
from fairlead.gateways.direct.node_end import (
    Alarm,
    Arrived,
    Began,
    BooksLost,
    NeverRead,
    NodeEnd,
)
from fairlead.gateways.direct.venue_end import Account
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Price
from tests.gateways.direct.ends import NOW, Pair, accepted, account, cancel, node, quote, stands
from tests.simulator.orders import INSTRUMENT


def said(end: NodeEnd) -> list[object]:
    """Return what the node has said since the last time."""
    messages = frames_from_node().receive(bytes(end.outgoing))
    end.outgoing.clear()
    return messages


def heard(end: NodeEnd, *messages: FromVenue) -> list[object]:
    """Let the venue say something; return what it means."""
    return list(end.receive(b"".join(encoded(one) for one in messages), NOW))


def test_a_session_begins_and_carries_both_ways() -> None:
    pair = stands(node(), account())
    assert pair.events == [Began("")]
    pair.node.act(cancel(1), NOW)
    pair.settle()
    assert pair.applied == [Order(1, cancel(1))]
    pair.venue.report(accepted(1), NOW)
    pair.venue.publish(quote(100), NOW)
    pair.settle()
    assert pair.events[1:] == [Arrived(accepted(1)), Arrived(quote(100))]


def test_a_gap_is_asked_for_and_filled_in_order() -> None:
    end = stands(node(), account()).node
    assert heard(end, Reported(3, accepted(3)), Reported(4, accepted(4))) == []
    assert said(end) == [ResendRequest(1)]
    again = [Reported(number, accepted(number), again=True) for number in (1, 2, 3, 4)]
    assert heard(end, *again) == [Arrived(accepted(number)) for number in (1, 2, 3, 4)]
    assert heard(end, Reported(5, accepted(5))) == [Arrived(accepted(5))]


def test_a_heartbeat_tells_what_was_lost_at_the_end_however_often() -> None:
    end = stands(node(), account()).node
    for _ in range(3):
        assert heard(end, Heartbeat(3)) == []
        assert said(end) == [ResendRequest(1)]


def test_what_came_before_is_passed_over_if_it_says_so() -> None:
    """faults.md 9, 11: no double booking."""
    end = stands(node(), account()).node
    heard(end, Reported(1, accepted(1)))
    assert heard(end, Reported(1, accepted(1), again=True)) == []
    assert end.logged_in


def test_what_came_before_and_does_not_say_so_ends_the_session_with_an_alarm() -> None:
    end = stands(node(), account()).node
    heard(end, Reported(1, accepted(1)))
    (alarm,) = heard(end, Reported(1, accepted(1)), Reported(2, accepted(2)))
    assert alarm == Alarm("report 1 came again: 2 was expected")
    assert not end.logged_in
    assert said(end) == [LoggedOut("report 1 came again: 2 was expected")]


@pytest.mark.parametrize("reports", [0, 1, 60])
def test_a_venue_that_lost_its_numbers_is_taken_at_its_new_ones_with_an_alarm(reports: int) -> None:
    end, first = node(), account(run=1)
    pair = stands(end, first)
    for number in range(40):
        pair.venue.report(accepted(number), NOW)
    pair.settle()
    pair.cut()
    other: Account = account(run=2)
    other.begin(1, "a")
    for number in range(reports):
        other.report(accepted(number))
    pair = stands(end, other)
    (began,) = pair.events
    assert isinstance(began, Began)
    assert "numbers began again: report 41 was expected" in began.alarm
    pair.venue.report(accepted(7), NOW)
    end.act(cancel(7), NOW)
    pair.settle()
    assert pair.events[1:] == [Arrived(accepted(7))]
    assert [order.number for order in pair.applied] == [1]


def test_what_the_venue_never_read_is_told_and_not_sent_again() -> None:
    pair = stands(node(), account())
    for number in (1, 2, 3):
        pair.node.act(cancel(number), NOW)
        if number < 3:
            pair.node.outgoing[-4:-2] = b"!!"  # garbled on its way
    pair.settle()
    assert [order.number for order in pair.applied] == [3]
    assert pair.events[1:] == [NeverRead(cancel(1)), NeverRead(cancel(2))]


def test_after_a_new_login_nothing_is_sent_again_and_numbers_go_on_where_the_venue_stands() -> None:
    kept, end = account(), node()
    pair = stands(end, kept)
    for number in (1, 2, 3):
        end.act(cancel(number), NOW)
    pair.to_venue(most=len(encoded(Order(1, cancel(1)))))
    pair.cut()
    pair = stands(end, kept)
    assert pair.applied == []
    end.act(cancel(4), NOW)
    pair.settle()
    assert pair.applied == [Order(2, cancel(4))]
    assert heard(end, NotApplied(2, 9)) == [NeverRead(cancel(4))]


def test_lost_market_data_loses_the_books_and_asks_for_them() -> None:
    end = stands(node(), account()).node
    heard(end, Published(1, quote(100)))
    lost, arrived = heard(end, Published(4, quote(105)))
    assert lost == BooksLost("market data 2 to 3 was lost")
    assert arrived == Arrived(quote(105))
    assert said(end) == [RefreshRequest()]


def test_reports_that_are_not_kept_any_more_end_the_session_and_are_not_waited_for() -> None:
    end = stands(node(), account()).node
    assert heard(end, NumbersLost(9)) == []
    assert "reports 1 to 8 are not kept" in end.ended
    end.connected(NOW)
    (login,) = said(end)
    assert login.expected == 9  # type: ignore[attr-defined]


def test_other_instruments_than_ours_end_the_session_with_an_alarm() -> None:
    tick = msgspec.structs.replace(INSTRUMENT, price_tick=Price(1))
    for listed in ((), (tick,)):
        pair = Pair(node(), Account("TEST", "main", listed, 1))
        pair.settle()
        assert isinstance(pair.events[0], Alarm)
        assert not pair.node.logged_in


def test_fees_may_be_others() -> None:
    dearer = msgspec.structs.replace(INSTRUMENT, taker_fee=9_000)
    stands(node(), Account("TEST", "main", (dearer,), 1))


def test_what_no_record_can_hold_ends_the_session() -> None:
    end = stands(node(), account()).node
    line = encoded(Reported(1, accepted(1))).split(b" ", 1)[1]
    line = line.replace(b"[40,1,", b"[40,%d," % 2**70).rstrip(b"\n")
    from crc32c import crc32c

    assert end.receive(b"%08x %b\n" % (crc32c(line), line), NOW) == []
    assert end.ended or said(end) == []


def test_anything_before_the_login_is_answered_ends_it() -> None:
    for message in (Reported(1, accepted(1)), Published(1, quote(1)), Heartbeat(1)):
        end = node()
        end.connected(NOW)
        assert heard(end, message) == []
        assert "before the login was answered" in end.ended


def test_a_silent_venue_is_asked_and_given_up() -> None:
    end = stands(node(), account()).node
    said(end)
    end.tick(Nanos(NOW + 2 * NANOS_PER_SECOND))
    assert Probe(1) in said(end)
    end.tick(Nanos(NOW + 3 * NANOS_PER_SECOND))
    assert end.ended == "the venue is silent"


def test_a_venue_that_does_not_answer_a_login_is_given_up() -> None:
    end = node()
    end.connected(NOW)
    end.tick(Nanos(NOW + 2 * NANOS_PER_SECOND))
    end.tick(Nanos(NOW + 3 * NANOS_PER_SECOND))
    assert end.ended == "the venue is silent"


def test_two_ends_keep_each_other_alive() -> None:
    pair = stands(node(), account())
    for second in range(1, 60):
        now = Nanos(NOW + second * NANOS_PER_SECOND)
        pair.node.tick(now)
        pair.venue.tick(now)
        pair.settle(now)
    assert pair.node.logged_in
    assert pair.venue.logged_in


@pytest.mark.parametrize("late", [0, 1])
def test_a_node_that_stood_still_believes_nothing_that_waited_and_connects_anew(late: int) -> None:
    """Invariant 11: how old it is, nobody knows; two heartbeats without a look are too many."""
    pair = stands(node(heartbeat_ms=100), account())
    woke = Nanos(NOW + 200_000_000 + late)
    events = pair.node.receive(encoded(Published(1, quote(100))), woke)
    assert events == ([] if late else [Arrived(quote(100))])
    assert pair.node.ended == ("the node stood still for 200 ms" if late else "")
    assert pair.node.logged_in is not bool(late)


def test_a_node_that_looks_in_time_stands() -> None:
    end = stands(node(heartbeat_ms=100), account()).node
    for turn in range(2):
        end.tick(Nanos(NOW + 100_000_000 * turn))
    end.tick(Nanos(NOW + 250_000_000))
    assert end.logged_in
    end.tick(Nanos(NOW + 500_000_000))
    assert end.ended == "the node stood still for 250 ms"
