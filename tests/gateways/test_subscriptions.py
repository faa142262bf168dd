"""A subscription is a promise only when the venue has confirmed it."""

from collections.abc import Sequence

import msgspec

from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import (
    CONFIRMATION_TIME_MAX,
    MESSAGES_PER_SECOND,
    RENEWAL_PAUSE,
    TOPICS_PER_MESSAGE_MAX,
    Subscriptions,
    Topic,
    topics_of,
    venue_symbol,
)
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos
from tests.simulator.orders import INSTRUMENT

BEGAN = Nanos(1_000 * NANOS_PER_SECOND)


class Words:
    """A venue that is asked in plain words, many topics in a message."""

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        return [f"{request} + {' '.join(each.name for each in topics)}".encode()]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        return [f"{request} - {' '.join(each.name for each in topics)}".encode()]


def topic(name: str) -> Topic:
    return Topic(name, InstrumentId(1), DataClass.BOOK)


def begun(*names: str) -> Subscriptions:
    subscriptions = Subscriptions([topic(name) for name in names], Words())
    subscriptions.begin(BEGAN)
    return subscriptions


def later(nanos: int) -> Nanos:
    return Nanos(BEGAN + nanos)


def test_everything_is_asked_for_on_a_new_connection_and_once() -> None:
    subscriptions = begun("a", "b")
    assert subscriptions.outgoing() == [b"1 + a b"]
    assert subscriptions.outgoing() == []


def test_nothing_is_said_where_there_is_no_connection() -> None:
    subscriptions = Subscriptions([topic("a")], Words())
    subscriptions.renew(topic("a"), BEGAN)
    subscriptions.answer(b"pong")
    subscriptions.refuse("no")
    assert subscriptions.outgoing() == []
    assert subscriptions.failed == ""


def test_a_confirmed_subscription_is_fine_and_one_that_is_not_ends_the_connection() -> None:
    subscriptions = begun("a", "b")
    subscriptions.outgoing()
    assert subscriptions.confirm("a")
    assert not subscriptions.confirm("a")
    subscriptions.tick(later(CONFIRMATION_TIME_MAX))
    assert subscriptions.failed == ""
    subscriptions.tick(later(CONFIRMATION_TIME_MAX + 1))
    assert subscriptions.failed == "the venue confirmed no subscription to b within 15 seconds"


def test_an_answer_that_names_the_request_confirms_all_topics_of_it() -> None:
    subscriptions = begun("a", "b")
    subscriptions.outgoing()
    assert subscriptions.confirm_request(1) == (topic("a"), topic("b"))
    assert subscriptions.confirm_request(1) == subscriptions.confirm_request(99) == ()
    subscriptions.tick(later(CONFIRMATION_TIME_MAX + 1))
    assert subscriptions.failed == ""


def test_a_refusal_ends_the_connection_with_the_venues_words() -> None:
    subscriptions = begun("a")
    subscriptions.refuse("Invalid symbol NOTHING")
    subscriptions.refuse("another")
    assert subscriptions.failed == "the venue refused a subscription: Invalid symbol NOTHING"
    subscriptions.begin(BEGAN)
    assert subscriptions.failed == ""


def test_messages_leave_at_a_pace_and_wait_for_their_confirmation_from_then_on() -> None:
    names = [str(number) for number in range(6 * TOPICS_PER_MESSAGE_MAX)]
    subscriptions = begun(*names)
    assert len(subscriptions.outgoing()) == MESSAGES_PER_SECOND
    subscriptions.answer(b"pong")
    assert subscriptions.outgoing() == [b"pong"]
    for name in names[: MESSAGES_PER_SECOND * TOPICS_PER_MESSAGE_MAX]:
        subscriptions.confirm(name)
    subscriptions.tick(later(CONFIRMATION_TIME_MAX + 1))
    assert len(subscriptions.outgoing()) == 2
    subscriptions.tick(later(2 * CONFIRMATION_TIME_MAX))
    assert subscriptions.failed == ""
    subscriptions.tick(later(2 * CONFIRMATION_TIME_MAX + 2))
    assert "and others" in subscriptions.failed


def test_a_renewal_ends_and_begins_the_subscription_and_is_not_repeated_at_once() -> None:
    subscriptions = begun("a", "b")
    subscriptions.outgoing()
    subscriptions.confirm_request(1)
    subscriptions.renew(topic("a"), BEGAN)
    subscriptions.renew(topic("a"), BEGAN)
    assert subscriptions.outgoing() == [b"2 - a", b"3 + a"]
    subscriptions.renew(topic("a"), later(1))
    assert subscriptions.outgoing() == []
    subscriptions.tick(later(RENEWAL_PAUSE))
    assert subscriptions.outgoing() == [b"4 - a", b"5 + a"]
    subscriptions.tick(later(RENEWAL_PAUSE + CONFIRMATION_TIME_MAX + 1))
    assert "no subscription to a within" in subscriptions.failed


def test_what_broke_together_is_renewed_together() -> None:
    subscriptions = begun("a", "b", "c")
    subscriptions.outgoing()
    for name in ("a", "c"):
        subscriptions.renew(topic(name), later(1))
    assert subscriptions.outgoing() == [b"2 - a c", b"3 + a c"]


def test_pings_are_asked_once_in_a_while() -> None:
    subscriptions = begun()
    subscriptions.ping(b"ping", BEGAN)
    subscriptions.ping(b"ping", later(1))
    assert subscriptions.outgoing() == [b"ping"]
    subscriptions.ping(b"ping", later(RENEWAL_PAUSE))
    assert subscriptions.outgoing() == [b"ping"]


def test_a_symbol_is_the_venues_own_without_the_venue_behind_its_last_dot() -> None:
    named = [msgspec.structs.replace(INSTRUMENT, symbol=name) for name in ("A.B.VENUE", "ALONE")]
    assert [venue_symbol(each) for each in named] == ["A.B", "ALONE"]
    topics = topics_of(named, {"book": DataClass.BOOK, "trade": DataClass.TRADE})
    assert [each.name for each in topics] == [
        *("book:A.B", "trade:A.B"),
        *("book:ALONE", "trade:ALONE"),
    ]
    assert topics_of(named, {"x": DataClass.BOOK}, "{name}.{symbol}.raw")[0].name == "x.A.B.raw"
