"""Order entry, the same on every venue: what is refused and why, and the venue's day."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import Input, VenueRejected
from fairlead.model.outputs import Approved, SendOrder
from fairlead.model.units import RATE_UNIT, Nanos
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.venue import VenueConfig, session_date
from tests.simulator.orders import (
    BUY,
    FOK,
    FROM_VENUE,
    INSTRUMENT,
    IOC,
    MARKET,
    START,
    TO_VENUE,
    all_of,
    approved,
    at,
    cancel,
    quick,
    replace,
    send,
    story,
)

OPENED = at(1_000)  # the opening snapshot has reached us


def open_exchange(config: VenueConfig | None = None) -> Exchange:
    """Return an exchange that is open, with empty books, and has told so."""
    exchange = Exchange([INSTRUMENT], config or quick())
    exchange.open(START)
    all_of(exchange)
    return exchange


def reports(exchange: Exchange) -> list[str]:
    """Return what the exchange still reports."""
    return story([one for _, one in all_of(exchange)])


REFUSED = {
    "unknown_instrument": approved(1, BUY, 100, 500, instrument=2),
    "quantity_below_minimum": approved(1, BUY, 0, 500),
    "quantity_above_maximum": approved(1, BUY, 10_010, 500),
    "quantity_not_on_lot": approved(1, BUY, 101, 500),
    "price_not_positive": approved(1, BUY, 100, 0),
    "price_not_on_tick": approved(1, BUY, 100, 501),
    "notional_below_minimum": approved(1, BUY, 10, 500),
    "post_only_cannot_wait": approved(1, BUY, 100, 500, post_only=True, time_in_force=IOC),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_an_order_that_breaks_a_rule_is_rejected_by_name(reason: str) -> None:
    exchange = open_exchange()
    exchange.act(SendOrder(REFUSED[reason]), OPENED)
    [(time, report)] = all_of(exchange)
    terms = REFUSED[reason]
    assert report == VenueRejected(terms.order, terms.instrument, reason, at(1_000 + TO_VENUE))
    assert time == 1_000 + TO_VENUE + FROM_VENUE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (approved(1, BUY, -100, 500), "quantity_below_minimum"),
        (approved(1, BUY, 100, -500), "price_not_positive"),
        (approved(1, BUY, 100, 500, post_only=True, time_in_force=FOK), "post_only_cannot_wait"),
        (approved(1, BUY, 100, 0, order_type=MARKET, post_only=True), "post_only_cannot_wait"),
    ],
)
def test_absurd_terms_are_rejected(terms: Approved, reason: str) -> None:
    exchange = open_exchange()
    exchange.act(SendOrder(terms), OPENED)
    assert reports(exchange) == [f"rejected 1 {reason}"]


@pytest.mark.parametrize("quantity", [20, 10_000])
def test_terms_on_the_edge_of_the_rules_pass(quantity: int) -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, quantity, 500), OPENED)
    assert reports(exchange) == ["accepted 1"]


def test_the_id_of_a_working_order_is_not_taken_twice() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500), OPENED)
    exchange.act(send(1, BUY, 100, 505), OPENED)
    assert reports(exchange) == ["accepted 1", "rejected 1 duplicate_order"]


def test_a_cancel_of_an_unknown_or_finished_order_is_rejected() -> None:
    exchange = open_exchange()
    exchange.act(cancel(9), OPENED)
    exchange.act(send(1, BUY, 100, 500), OPENED)
    exchange.act(cancel(1), OPENED)
    exchange.act(cancel(1), OPENED)
    assert reports(exchange) == [
        "cancelrejected 9 unknown_order",
        "accepted 1",
        "canceled 1 requested",
        "cancelrejected 1 unknown_order",
    ]


def test_a_replace_that_breaks_a_rule_keeps_the_old_terms() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500), OPENED)
    exchange.act(replace(1, BUY, 100, 502), OPENED)
    exchange.act(replace(1, BUY, 105, 500), OPENED)
    exchange.act(replace(2, BUY, 100, 500), OPENED)
    exchange.act(replace(1, BUY, 100, 500, instrument=2), OPENED)
    assert reports(exchange) == [
        "accepted 1",
        "replacerejected 1 price_not_on_tick",
        "replacerejected 1 quantity_not_on_lot",
        "replacerejected 2 unknown_order",
        "replacerejected 1 unknown_order",
    ]
    assert exchange.listings[INSTRUMENT.instrument].book.levels(BUY, 9) == ((500, 100),)


@pytest.mark.parametrize(
    ("rate", "least", "most"),
    [(0, 0, 0), (RATE_UNIT // 4, 200, 300), (RATE_UNIT, 1_000, 1_000)],
)
def test_the_venue_turns_down_the_share_of_orders_that_was_asked_for(
    rate: int, least: int, most: int
) -> None:
    exchange = open_exchange(quick(rejection_rate=rate))
    for number in range(1, 1_001):
        exchange.act(send(number, BUY, 100, 500), OPENED)
    told = reports(exchange)
    assert len(told) == 1_000
    assert least <= sum(line.endswith(" venue_busy") for line in told) <= most


@pytest.mark.parametrize("rate", [-1, RATE_UNIT + 1])
def test_a_share_below_none_or_above_all_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"rejection_rate is {rate}"):
        quick(rejection_rate=rate)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed is -1"):
        quick(seed=-1)


def test_an_action_does_not_leave_in_the_past() -> None:
    exchange = open_exchange()
    exchange.take(at(2_000))
    with pytest.raises(AssertionError, match="has passed"):
        exchange.act(cancel(1), at(1_999))


def test_memory_of_an_order_ends_with_the_order() -> None:
    exchange = open_exchange()
    for number in range(1, 101):
        exchange.act(send(number, BUY, 100, 500), exchange.now)
        exchange.act(cancel(number), exchange.now)
        heard: list[Input] = [one for _, one in all_of(exchange)]
        assert len(story(heard)) == 2
    assert not exchange.orders
    assert not exchange.listings[INSTRUMENT.instrument].book.orders


@given(st.integers(-30_000 * 86_400, 100_000 * 86_400), st.integers(0, 10**9 - 1))
def test_the_session_date_is_the_day_in_utc(seconds: int, nanos: int) -> None:
    day = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)
    expected = day.year * 10_000 + day.month * 100 + day.day
    assert session_date(Nanos(seconds * 10**9 + nanos)) == expected


@pytest.mark.parametrize(
    ("seconds", "date"),
    [(0, 19700101), (951_782_400, 20000229), (1_709_251_199, 20240229), (1_709_251_200, 20240301)],
)
def test_the_session_date_knows_leap_days(seconds: int, date: int) -> None:
    assert session_date(Nanos(seconds * 10**9)) == date
