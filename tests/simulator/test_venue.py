"""Order entry, the same on every venue: what is refused and why, and the venue's day."""

import pytest

from fairlead.model.inputs import (
    BookChange,
    Input,
    Quote,
    Statement,
    VenueDisconnected,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
)
from fairlead.model.outputs import (
    Approved,
    Disconnect,
    QueryOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.statements import StatementCash
from fairlead.model.terms import OrderType, Status, TimeInForce
from fairlead.model.units import RATE_UNIT, Money, Price, Quantity
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import Handling
from tests.simulator.orders import (
    BUY,
    FOK,
    FROM_VENUE,
    INSTRUMENT,
    IOC,
    MARKET,
    SELL,
    START,
    TO_VENUE,
    all_of,
    approved,
    ask,
    at,
    cancel,
    query,
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
    "order_type_not_offered": approved(1, BUY, 100, 500, order_type=OrderType.STOP),
    "time_in_force_not_offered": approved(1, BUY, 100, 500, time_in_force=TimeInForce.DAY),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_an_order_that_breaks_a_rule_is_rejected_by_name(reason: str) -> None:
    exchange = open_exchange()
    exchange.act(SendOrder(REFUSED[reason]), OPENED)
    [(time, report)] = all_of(exchange)
    terms = REFUSED[reason]
    arrived = at(1_000 + TO_VENUE)
    assert report == VenueRejected(terms.order, terms.instrument, reason, arrived, False, 1)
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
    assert least <= sum(line.endswith(" turned_down") for line in told) <= most


def test_some_are_turned_down_for_good_and_some_for_now() -> None:
    quarter = RATE_UNIT // 4
    exchange = open_exchange(quick(rejection_rate=quarter, transient=quarter))
    for number in range(1, 1_001):
        exchange.act(send(number, BUY, 100, 500), OPENED)
    rejected = [one for _, one in all_of(exchange) if isinstance(one, VenueRejected)]
    for_now = [one for one in rejected if one.transient]
    assert 200 <= len(for_now) <= 300
    assert 200 <= len(rejected) - len(for_now) <= 300
    assert {one.reason for one in for_now} == {"venue_busy"}
    assert {one.reason for one in rejected if not one.transient} == {"turned_down"}


@pytest.mark.parametrize("rate", [-1, RATE_UNIT + 1])
def test_a_share_below_none_or_above_all_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"rejection_rate is {rate}"):
        quick(rejection_rate=rate)
    with pytest.raises(ValueError, match=f"transient_rejection_rate is {rate}"):
        quick(transient=rate)
    with pytest.raises(ValueError, match=f"together is {RATE_UNIT + 1}"):
        quick(rejection_rate=1, transient=RATE_UNIT)


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


# --- the same order again ------------------------------------------------------------------------


def test_an_order_that_was_turned_down_may_come_again_under_another_client_order_id() -> None:
    """S4-OMS-03: a retry is the same logical order."""
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 501, client_order="1-1-1"), OPENED)
    exchange.act(send(1, BUY, 100, 500, request=2, client_order="1-1-2"), OPENED)
    assert reports(exchange) == ["rejected 1 price_not_on_tick", "accepted 1"]


def test_a_client_order_id_is_taken_once_even_after_its_order_is_done() -> None:
    """B-OMS-13: never blindly resent."""
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    exchange.act(cancel(1), OPENED)
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    assert reports(exchange)[-1] == "rejected 1 duplicate_order"


def test_a_report_says_which_message_it_answers() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500), OPENED)
    exchange.act(send(1, BUY, 100, 500, request=2), OPENED)
    exchange.act(replace(1, BUY, 200, 500, request=3), OPENED)
    exchange.act(replace(1, BUY, 200, 501, request=4), OPENED)
    exchange.act(cancel(9, request=5), OPENED)
    exchange.act(send(3, BUY, 100, 501, request=6), OPENED)
    answers = [getattr(one, "request", 0) for _, one in all_of(exchange)]
    told = [answer for answer in answers if answer]
    assert told == [2, 3, 4, 5, 6]


def test_a_fill_says_how_much_is_filled_in_all() -> None:
    """B-EVT-01: the status follows from the cumulative quantity."""
    exchange = open_exchange()
    listing = exchange.listings[INSTRUMENT.instrument]
    exchange.act(send(1, BUY, 100, 500), OPENED)
    all_of(exchange)
    for quantity in (30, 50, 20):
        exchange.enter(listing, SELL, Price(500), Quantity(quantity), Handling.LIMIT, exchange.now)
    fills = [one for _, one in all_of(exchange) if isinstance(one, VenueFilled)]
    assert [one.cumulative for one in fills] == [30, 80, 100]


# --- queries -------------------------------------------------------------------------------------


def answer(exchange: Exchange, question: QueryOrder) -> VenueOrderStatus:
    """Return what the exchange answers to a query."""
    exchange.act(question, exchange.now)
    [found] = [one for _, one in all_of(exchange) if isinstance(one, VenueOrderStatus)]
    return found


def test_a_query_is_answered_with_what_the_order_is_and_takes_its_time() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    all_of(exchange)
    exchange.act(query(1, "1-1-1"), at(5_000))
    [(time, found)] = all_of(exchange)
    assert time == 5_000 + TO_VENUE + FROM_VENUE
    assert isinstance(found, VenueOrderStatus)
    assert (found.found, found.status, found.venue_order) == (True, Status.OPEN, "V000000001")
    assert (found.quantity, found.price, found.filled) == (100, 500, 0)
    assert found.venue_time == at(5_000 + TO_VENUE)


def test_a_query_for_what_never_came_finds_nothing() -> None:
    """Invariant 10: not found proves nothing; here the order was on its way."""
    exchange = open_exchange()
    assert not answer(exchange, query(1, "1-1-1")).found
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), exchange.now)
    all_of(exchange)
    assert answer(exchange, query(1, "1-1-1")).found


def test_a_query_finds_an_order_that_is_done_by_either_id() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    exchange.act(cancel(1), OPENED)
    all_of(exchange)
    for question in (query(1, "1-1-1"), query(1, "", "V000000001")):
        found = answer(exchange, question)
        assert (found.status, found.reason, found.filled) == (Status.CANCELED, "requested", 0)
    assert not answer(exchange, query(1, "1-1-1", "V000000007")).found


def test_each_attempt_at_an_order_is_a_record_of_its_own() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 501, client_order="1-1-1"), OPENED)
    all_of(exchange)
    assert not answer(exchange, query(1, "1-1-2")).found, "the second attempt never came"
    first = answer(exchange, query(1, "1-1-1"))
    assert (first.status, first.reason) == (Status.REJECTED, "price_not_on_tick")
    exchange.act(send(1, BUY, 100, 500, request=2, client_order="1-1-2"), exchange.now)
    all_of(exchange)
    assert answer(exchange, query(1, "1-1-2")).status is Status.OPEN


def test_after_a_replace_the_order_is_known_by_the_id_of_the_replace_and_keeps_the_venues() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    exchange.act(replace(1, BUY, 200, 495, client_order="1-1-2"), OPENED)
    all_of(exchange)
    found = answer(exchange, query(1, "1-1-2"))
    assert (found.quantity, found.price, found.venue_order) == (200, 495, "V000000001")
    assert answer(exchange, query(1, "1-1-2", "V000000001")).found


def test_an_order_that_filled_is_remembered_as_filled() -> None:
    exchange = open_exchange()
    listing = exchange.listings[INSTRUMENT.instrument]
    exchange.enter(listing, SELL, Price(500), Quantity(100), Handling.LIMIT, exchange.now)
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), exchange.now)
    all_of(exchange)
    found = answer(exchange, query(1, "1-1-1"))
    assert (found.status, found.filled) == (Status.FILLED, 100)


# --- statements ----------------------------------------------------------------------------------


def stated(exchange: Exchange, request: RequestStatement) -> Statement:
    """Return the statement that the exchange answers a request with."""
    exchange.act(request, exchange.now)
    [found] = [one for _, one in all_of(exchange) if isinstance(one, Statement)]
    return found


def test_a_statement_before_anything_happened_says_that_we_are_flat() -> None:
    statement = stated(open_exchange(quick(cash=10**12)), ask())
    assert (statement.orders, statement.fills, statement.positions) == ((), (), ())
    assert statement.cash == (StatementCash("USD", Money(10**12)),)
    assert (statement.account, statement.venue) == (1, "TEST")


def test_a_statement_is_as_of_when_the_request_arrived_and_follows_every_earlier_report() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500), OPENED)
    exchange.act(ask(), OPENED)
    heard = all_of(exchange)
    assert [type(one).__name__ for _, one in heard if not isinstance(one, BookChange | Quote)] == [
        "VenueAccepted",
        "Statement",
    ]
    time, statement = heard[-1]
    assert isinstance(statement, Statement)
    assert statement.as_of == at(1_000 + TO_VENUE)
    assert time == 1_000 + TO_VENUE + FROM_VENUE


def test_a_statement_has_the_orders_that_work_under_their_terms_of_now() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    exchange.act(send(2, BUY, 100, 495, client_order="1-2-1"), OPENED)
    exchange.act(replace(1, BUY, 300, 490, client_order="1-1-2"), OPENED)
    exchange.act(cancel(2), OPENED)
    statement = stated(exchange, ask())
    [line] = statement.orders or ()
    assert (line.order, line.client_order, line.venue_order) == (1, "1-1-2", "V000000001")
    assert (line.quantity, line.filled, line.price, line.side) == (300, 0, 490, BUY)


def test_a_statement_has_what_was_traded_and_what_it_left_us_with() -> None:
    exchange = open_exchange(quick(cash=10**12))
    listing = exchange.listings[INSTRUMENT.instrument]
    exchange.enter(listing, SELL, Price(500), Quantity(60), Handling.LIMIT, exchange.now)
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), exchange.now)
    heard = [one for _, one in all_of(exchange) if isinstance(one, VenueFilled)]
    statement = stated(exchange, ask())
    [fill] = statement.fills or ()
    [report] = heard
    for name in ("execution", "session_date", "price", "quantity", "fee", "venue_time", "order"):
        assert getattr(fill, name) == getattr(report, name)
    assert (fill.side, fill.client_order, fill.venue_order) == (BUY, "1-1-1", "V000000001")
    assert [(one.instrument, one.quantity) for one in statement.positions or ()] == [(1, 60)]
    # 60 at 5.00 are 300.000000, and 0.3 basis points of it 0.009000
    assert statement.cash == (StatementCash("USD", Money(10**12 - 300_000_000 - 9_000)),)
    [line] = statement.orders or ()
    assert (line.quantity, line.filled) == (100, 60)


def test_a_statement_for_another_account_covers_nothing_and_for_another_venue_has_no_lines() -> (
    None
):
    exchange = open_exchange(quick(cash=10**12))
    exchange.act(send(1, BUY, 100, 500), OPENED)
    other = stated(exchange, ask(account=2))
    assert (other.orders, other.fills, other.positions, other.cash) == (None,) * 4
    assert stated(exchange, ask(venue="ELSEWHERE")).orders == ()
    assert len(stated(exchange, ask(venue="")).orders or ()) == 1


# --- the end of a session -------------------------------------------------------------------------


def test_when_we_end_the_session_the_venue_cancels_what_works_and_says_only_that_it_ended() -> None:
    """B-KILL-01: cancel on disconnect is the last resort; what became of an order can be asked."""
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500, client_order="1-1-1"), OPENED)
    all_of(exchange)
    exchange.act(Disconnect("TEST", "killed"), at(5_000))
    heard = [
        (time, one) for time, one in all_of(exchange) if not isinstance(one, BookChange | Quote)
    ]
    assert heard == [(5_000 + TO_VENUE + FROM_VENUE, VenueDisconnected("TEST", "killed"))]
    assert not exchange.orders
    exchange.act(query(1, "1-1-1"), at(9_000))
    [(_, answered)] = all_of(exchange)
    assert isinstance(answered, VenueOrderStatus)
    assert (answered.status, answered.reason) == (Status.CANCELED, "session_ended")


def test_a_venue_without_cancel_on_disconnect_keeps_what_works() -> None:
    exchange = open_exchange(
        VenueConfig(
            order_latency=quick().order_latency,
            report_latency=quick().report_latency,
            data_latency=quick().data_latency,
            cancel_on_disconnect=False,
        )
    )
    exchange.act(send(1, BUY, 100, 500), OPENED)
    all_of(exchange)
    exchange.act(Disconnect("TEST", "killed"), at(5_000))
    assert [one for _, one in all_of(exchange)] == [VenueDisconnected("TEST", "killed")]
    assert list(exchange.orders) == [1]


def test_the_end_of_a_session_elsewhere_cancels_nothing_here() -> None:
    exchange = open_exchange()
    exchange.act(send(1, BUY, 100, 500), OPENED)
    all_of(exchange)
    exchange.act(Disconnect("OTHER", "killed"), at(5_000))
    assert [one for _, one in all_of(exchange)] == [VenueDisconnected("OTHER", "killed")]
    assert list(exchange.orders) == [1]
