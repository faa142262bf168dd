"""What a line does when, in a time of its own: no socket, no clock, no sleep."""

from typing import Any

import pytest

from fairlead.gateways.feed import SnapshotRequest
from fairlead.gateways.live_line import (
    FETCHES_MAX,
    MALFORMED_IN_A_ROW_MAX,
    PAUSE_MIN,
    PAUSE_SPAN_MAX,
    PAUSE_SPAN_MIN,
    REASONS_MAX,
    RETRY_AFTER_MAX,
    STOOD_LONG,
    Connect,
    Fetch,
    HangUp,
    LiveLine,
    Say,
)
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot
from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from tests.gateways.live_feeds import (
    CONFIRM_MAX,
    HAVE,
    ONE,
    READY,
    SECOND,
    SILENCE_MAX,
    SUBSCRIBE,
    NumberedFeed,
    change,
    snapshot,
)

NOON = Nanos(1_700_000_000 * SECOND)


def at(seconds: float) -> Nanos:
    return Nanos(NOON + round(seconds * SECOND))


def line_of(below: Any = None) -> LiveLine:
    return LiveLine(NumberedFeed(), below or (lambda most: most - 1))


def connected(line: LiveLine, seconds: float = 0) -> Fetch:
    """Bring a line to where it waits for its snapshot."""
    assert line.deeds(at(seconds)) == [Connect("wss://venue.test")]
    line.connected(at(seconds))
    assert line.deeds(at(seconds)) == [Say(SUBSCRIBE)]
    assert line.received(READY, at(seconds)) == []
    (fetch,) = line.deeds(at(seconds))
    assert isinstance(fetch, Fetch)
    return fetch


def test_a_line_connects_subscribes_fetches_and_goes_on() -> None:
    line = line_of()
    fetch = connected(line)
    assert fetch.request == SnapshotRequest(ONE, "https://venue.test")
    (book,) = line.fetched(fetch, snapshot(4), at(1))
    assert isinstance(book, BookSnapshot)
    (moved,) = line.received(change(5), at(1))
    assert isinstance(moved, BookChange)
    assert line.deeds(at(1)) == [Say(HAVE)]
    assert line.deeds(at(1)) == []
    assert line.delays.median is not None
    assert line.feed.counts.balanced


def test_a_line_that_breaks_is_a_gap_and_is_made_again_with_a_new_snapshot() -> None:
    line = line_of()
    line.fetched(connected(line), snapshot(4), at(1))
    assert line.ended("reset", at(2)) == [BookGap(ONE, "reset")]
    assert line.deeds(at(2)) == []
    again = line.next_time
    assert line.deeds(Nanos(again - 1)) == []
    fetch = connected(line, (again - NOON) / SECOND)
    (book,) = line.fetched(fetch, snapshot(9), again)
    assert isinstance(book, BookSnapshot)
    assert line.counts.ended == {"reset": 1}
    assert line.counts.connections == 2


def test_pauses_grow_and_stay_below_their_bound() -> None:
    line = line_of()
    longest = [line.pause(attempts) for attempts in range(1, 30)]
    assert longest[0] == PAUSE_MIN + PAUSE_SPAN_MIN - 1
    assert longest == sorted(longest)
    assert longest[1] - PAUSE_MIN + 1 == 2 * PAUSE_SPAN_MIN
    assert longest[-1] == PAUSE_MIN + PAUSE_SPAN_MAX - 1


def test_pauses_are_spread_over_all_of_their_span() -> None:
    line = line_of(Chance(7, 1).below)
    pauses = [line.pause(4) - PAUSE_MIN for _ in range(400)]
    span = 8 * PAUSE_SPAN_MIN
    quarters = [sum(n * span <= 4 * each < (n + 1) * span for each in pauses) for n in range(4)]
    assert sum(quarters) == 400
    assert min(quarters) > 60


def test_attempts_that_fail_wait_longer_each_time() -> None:
    line = line_of()
    time, pauses = NOON, []
    for _ in range(6):
        assert line.deeds(time) == [Connect("wss://venue.test")]
        assert line.deeds(time) == []
        assert line.next_time > at(10**6)
        assert line.ended("refused", time) == []
        pauses.append(line.next_time - time)
        time = line.next_time
    assert pauses == sorted(pauses)
    assert pauses[-1] > 20 * pauses[0]


@pytest.mark.parametrize(("stood", "grows"), [(STOOD_LONG - 1, True), (STOOD_LONG, False)])
def test_only_a_connection_that_stood_begins_at_the_shortest_pause(stood: int, grows: bool) -> None:
    line = line_of()
    time = NOON
    for _ in range(3):
        line.deeds(time)
        line.ended("refused", time)
        time = line.next_time
    line.deeds(time)
    line.connected(time)
    ended = Nanos(time + stood)
    line.ended("reset", ended)
    assert (line.next_time - ended > PAUSE_MIN + PAUSE_SPAN_MIN) is grows


def test_a_subscription_that_is_not_confirmed_ends_the_connection() -> None:
    line = line_of()
    line.deeds(NOON)
    line.connected(NOON)
    line.deeds(NOON)
    assert line.next_time == NOON + CONFIRM_MAX
    assert line.tick(line.next_time) == []
    assert line.deeds(line.next_time) == [HangUp("not confirmed")]
    assert line.deeds(line.next_time) == []  # once


def test_a_silent_line_is_a_gap_and_given_up() -> None:
    line = line_of()
    line.fetched(connected(line), snapshot(4), at(1))
    silent = Nanos(at(1) + SILENCE_MAX)
    assert line.tick(Nanos(silent - 1)) == []
    assert line.tick(silent) == [BookGap(ONE, "silent")]
    assert line.deeds(silent) == [HangUp("silent")]
    assert line.ended("silent", silent) == []  # said already


def test_a_failed_fetch_is_tried_again() -> None:
    line = line_of()
    fetch = connected(line)
    line.fetch_failed(fetch, "HTTP 500", at(1))
    assert line.deeds(at(1)) == []
    line.tick(at(2))
    (again,) = line.deeds(at(2))
    assert isinstance(again, Fetch)
    assert line.counts.fetch_failures == {"HTTP 500": 1}


def test_a_venue_that_wants_not_to_be_asked_is_not_asked() -> None:
    line = line_of()
    fetch = connected(line)
    line.fetch_failed(fetch, "HTTP 429", at(1), Nanos(30 * SECOND))
    line.received(change(1), at(2))
    line.tick(at(2))
    assert line.deeds(at(2)) == []
    line.received(change(1), at(11))
    assert line.next_time <= at(31)
    line.received(change(1), at(20))
    line.received(change(1), at(29))
    assert line.deeds(at(30.9)) == []
    (again,) = line.deeds(at(31))
    assert isinstance(again, Fetch)


def test_a_ban_without_end_has_one() -> None:
    line = line_of()
    fetch = connected(line)
    line.fetch_failed(fetch, "HTTP 418", at(1), Nanos(10**9 * SECOND))
    for second in range(2, 602, 5):
        line.received(change(1), at(second))
        line.tick(at(second))
        assert line.deeds(at(second)) == []
    assert line.deeds(Nanos(at(1) + RETRY_AFTER_MAX)) != []


def test_an_answer_to_an_earlier_connection_says_nothing() -> None:
    line = line_of()
    late = connected(line)
    line.ended("reset", at(1))
    assert line.fetched(late, snapshot(4), at(2)) == []
    connected(line, 10)
    assert line.fetched(late, snapshot(4), at(11)) == []
    assert line.feed.needs_snapshots == (ONE,)
    line.fetch_failed(late, "late", at(11))
    assert line.counts.late_answers == 3


def test_frames_that_nobody_can_read_are_counted_and_in_the_end_given_up_on() -> None:
    line = line_of()
    connected(line)
    for _ in range(MALFORMED_IN_A_ROW_MAX - 1):
        assert line.received(b"\xff garbage", at(1)) == []
    assert line.deeds(at(1)) == []
    line.received(b"\xff garbage", at(1))
    (hang_up,) = line.deeds(at(1))
    assert hang_up == HangUp(f"{MALFORMED_IN_A_ROW_MAX} frames in a row could not be read")
    assert line.records.malformed == {"json": MALFORMED_IN_A_ROW_MAX}
    assert line.feed.counts.balanced


def test_one_good_frame_begins_the_count_of_garbage_anew() -> None:
    line = line_of()
    connected(line)
    for _ in range(3):
        for _ in range(MALFORMED_IN_A_ROW_MAX - 1):
            line.received(b"{", at(1))
        line.received(change(1), at(1))
    assert line.deeds(at(1)) == []


def test_who_is_behind_begins_anew() -> None:
    line = line_of()
    line.fetched(connected(line), snapshot(4), at(1))
    line.give_up("the node was behind")
    assert line.deeds(at(1)) == [HangUp("the node was behind")]
    assert line.received(change(5), at(1)) != []  # what still came
    assert line.ended("the node was behind", at(1)) == [BookGap(ONE, "the node was behind")]


def test_reasons_are_bounded() -> None:
    line = line_of()
    time = NOON
    for number in range(3 * REASONS_MAX):
        line.deeds(time)
        line.ended(f"reason {number}", time)
        time = line.next_time
    assert len(line.counts.ended) == REASONS_MAX + 1
    assert sum(line.counts.ended.values()) == 3 * REASONS_MAX


def test_not_more_snapshots_are_fetched_at_once_than_a_venue_likes() -> None:
    line = line_of()
    connected(line)
    feed = line.feed
    feed.snapshot_requests = lambda: [SnapshotRequest(ONE, "https://venue.test")] * 7  # type: ignore[method-assign]
    assert len(line.deeds(at(1))) == FETCHES_MAX - 1  # one is on its way
