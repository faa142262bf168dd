"""Both ends of the emergency line, without a socket: what is sent arrives, garbage is told."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.emergency_line import (
    LINE_BYTES_MAX,
    AllCanceled,
    Answer,
    Answered,
    Cancel,
    CancelAll,
    Canceled,
    EmergencyLine,
    Malformed,
    NotCanceled,
    Ping,
    Pong,
    VenueEnd,
    Why,
)

# Text without surrogates, which no encoding has.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    """Return the bytes cut at some places, as a network may bring them."""
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    return [content[a:b] for a, b in pairwise(places)]


def test_the_bytes_are_what_the_documentation_says() -> None:
    line, venue = EmergencyLine(), VenueEnd()
    assert line.cancel("1-7-1", "ETHUSDT") == (
        b'{"type":"cancel","number":1,"client_order":"1-7-1","symbol":"ETHUSDT"}\n'
    )
    assert line.cancel_all("killed by ann") == (
        b'{"type":"cancel_all","number":2,"reason":"killed by ann"}\n'
    )
    assert line.ping() == b'{"type":"ping","number":3}\n'
    assert venue.answer(Canceled(1)) == b'{"type":"canceled","number":1}\n'
    assert venue.answer(NotCanceled(1, Why.GONE, "filled")) == (
        b'{"type":"not_canceled","number":1,"why":"gone","text":"filled"}\n'
    )
    assert venue.answer(AllCanceled(2, 250)) == b'{"type":"all_canceled","number":2,"count":250}\n'
    assert venue.answer(Pong(3)) == b'{"type":"pong","number":3}\n'


@given(orders=st.lists(st.tuples(TEXT, TEXT), max_size=20), cuts=st.lists(st.integers(0, 9999)))
def test_every_cancel_arrives_in_order_however_the_bytes_are_cut(
    orders: list[tuple[str, str]], cuts: list[int]
) -> None:
    line, venue = EmergencyLine(), VenueEnd()
    content = b"".join(line.cancel(*order) for order in orders) + line.cancel_all("all")
    found = [request for piece in pieces(content, cuts) for request in venue.receive(piece)]
    expected = [Cancel(number, *order) for number, order in enumerate(orders, start=1)]
    assert found == [*expected, CancelAll(len(orders) + 1, "all")]
    assert line.unanswered == len(orders) + 1


@pytest.mark.parametrize("why", Why)
def test_an_answer_finds_what_was_asked(why: Why) -> None:
    line, venue = EmergencyLine(), VenueEnd()
    for content in (line.cancel("a", "X"), line.cancel("b", "X"), line.cancel_all("r")):
        venue.receive(content)
    line.ping()
    answers: list[Answer] = [NotCanceled(2, why, "t"), Pong(4), AllCanceled(3, 9), Canceled(1)]
    found = line.receive(b"".join(map(venue.answer, answers)))
    assert found == [
        Answered(Cancel(2, "b", "X"), answers[0]),
        Answered(Ping(4), answers[1]),
        Answered(CancelAll(3, "r"), answers[2]),
        Answered(Cancel(1, "a", "X"), answers[3]),
    ]
    assert line.unanswered == 0


@pytest.mark.parametrize("answer", [Canceled(2), Canceled(0), Pong(1), AllCanceled(1, 3)])
def test_an_answer_to_nothing_confirms_nothing(answer: Answer) -> None:
    line = EmergencyLine()
    line.cancel("a", "X")
    found = line.receive(VenueEnd().answer(answer))
    assert [type(one) for one in found] == [Malformed]
    assert line.unanswered == 1


def test_the_second_answer_to_one_question_is_told() -> None:
    line, venue = EmergencyLine(), VenueEnd()
    line.cancel("a", "X")
    found = line.receive(venue.answer(Canceled(1)) * 2)
    assert [type(one) for one in found] == [Answered, Malformed]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"GET / HTTP/1.1\r",
        b"\xff\xfe\x00",
        b"{}",
        b"null",
        b'{"type":"cancel"}',
        b'{"type":"cancel","number":"1","client_order":"a","symbol":"X"}',
        b'{"type":"flatten","number":1}',
        b"[" * 5_000,
        b"x" * (LINE_BYTES_MAX + 1),
        b"x" * (5 * LINE_BYTES_MAX),
    ],
)
def test_a_line_that_nobody_can_read_is_told_once_and_the_next_one_counts(garbage: bytes) -> None:
    content = garbage + b"\n" + EmergencyLine().cancel("a", "X")
    for size in (1, 1_000, len(content)):
        venue = VenueEnd()
        found = [
            one
            for begin in range(0, len(content), size)
            for one in venue.receive(content[begin : begin + size])
        ]
        assert [type(one) for one in found] == [Malformed, Cancel]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_break_either_end(chunks: list[bytes]) -> None:
    line, venue = EmergencyLine(), VenueEnd()
    line.cancel("a", "X")
    for chunk in chunks:
        line.receive(chunk)
        venue.receive(chunk)
    assert type(line.receive(b"\n" + VenueEnd().answer(Canceled(1)))[-1]) is Answered
    assert type(venue.receive(b"\n" + EmergencyLine().ping())[-1]) is Ping


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(["cancel", "cancel_all", "ping", "canceled", "not_canceled", "pong"])
FIELDS = st.fixed_dictionaries(
    {"type": KINDS},
    optional=dict.fromkeys(("number", "client_order", "symbol", "why", "text", "count"), JSON),
)


@given(st.lists(FIELDS, max_size=10))
def test_messages_with_absurd_fields_break_nothing(messages: list[dict[str, Any]]) -> None:
    content = b"".join(json.dumps(one).encode() + b"\n" for one in messages)
    assert len(EmergencyLine().receive(content)) == len(messages)
    assert len(VenueEnd().receive(content)) == len(messages)
