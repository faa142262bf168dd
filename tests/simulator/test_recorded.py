"""Our orders against a recording: never lucky, never too soon, never more than was there."""

import pytest

from fairlead.model.inputs import (
    BookChange,
    Input,
    Statement,
    VenueAccepted,
    VenueFilled,
    VenueOrderStatus,
)
from fairlead.model.outputs import Action
from fairlead.model.terms import Liquidity, Status
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.simulator.errors import RecordingError
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from tests.simulator.orders import (
    BUY,
    FOK,
    FROM_VENUE,
    INSTRUMENT,
    IOC,
    SELL,
    START,
    TO_VENUE,
    all_of,
    ask,
    at,
    cancel,
    market,
    query,
    quick,
    replace,
    send,
    story,
)
from tests.simulator.recordings import (
    Stage,
    change,
    gap,
    played,
    quote,
    recording,
    snapshot,
    trade,
)

BOOK = snapshot(((500, 100), (495, 200)), ((510, 100), (515, 200)))
QUIET = change(bids=((400, 0),))  # an event that changes nothing


# --- arrival --------------------------------------------------------------------------------------


def test_an_order_is_looked_at_on_the_first_event_strictly_after_its_arrival() -> None:
    stage = Stage(BOOK, send(1, BUY, 50, 510), QUIET)
    reports = [(time, one) for time, one in stage.play() if story([one])]
    looked = 2 * NANOS_PER_MILLISECOND
    assert [(time - START, type(one)) for time, one in reports] == [
        (looked + FROM_VENUE, VenueAccepted),
        (looked + FROM_VENUE, VenueFilled),
    ]
    assert getattr(reports[0][1], "venue_time", 0) == at(looked)


@pytest.mark.parametrize(
    ("after_arrival", "end"), [(0, "canceled 1 ioc"), (1, "filled 1 50@505 taker")]
)
def test_an_event_at_the_time_of_arrival_came_before_the_order(
    after_arrival: int, end: str
) -> None:
    arrival = 1_000 + TO_VENUE
    events: list[tuple[Nanos, list[Input]]] = [
        (at(10), [BOOK]),
        (at(arrival + after_arrival), [change(asks=((505, 100),))]),
        (at(arrival + 50), [change(asks=((505, 0),))]),
    ]
    world = RecordedWorld(iter(events), [INSTRUMENT], RecordedConfig(venue=quick()))
    world.take(at(1_000))
    world.act(send(1, BUY, 50, 505, IOC), at(1_000))
    assert story([one for _, one in all_of(world)]) == ["accepted 1", end]


def test_the_tick_that_triggered_an_order_never_fills_it() -> None:
    cheap = change(asks=((505, 100),))
    gone = change(asks=((505, 0),))
    assert played(BOOK, cheap, send(1, BUY, 50, 505, IOC), gone, QUIET) == [
        "accepted 1",
        "canceled 1 ioc",
    ]


def test_a_trade_that_an_order_was_too_late_for_does_not_fill_it() -> None:
    assert played(BOOK, send(1, BUY, 50, 505), trade(SELL, 500, 500), QUIET) == ["accepted 1"]


# --- taking ---------------------------------------------------------------------------------------


def test_a_marketable_order_takes_what_is_displayed_level_by_level_and_its_rest_waits() -> None:
    assert played(BOOK, send(1, BUY, 400, 515), QUIET, QUIET) == [
        "accepted 1",
        "filled 1 100@510 taker",
        "filled 1 200@515 taker",
    ]


@pytest.mark.parametrize(
    ("order", "end"),
    [
        (send(1, BUY, 150, 510, IOC), "canceled 1 ioc"),
        (market(1, BUY, 150, price_worst=510), "canceled 1 no_liquidity"),
    ],
)
def test_the_rest_of_ioc_and_market_orders_is_canceled(order: Action, end: str) -> None:
    assert played(BOOK, order, QUIET) == ["accepted 1", "filled 1 100@510 taker", end]


def test_a_market_order_without_a_worst_price_takes_the_whole_side() -> None:
    assert played(BOOK, market(1, SELL, 400), QUIET) == [
        "accepted 1",
        "filled 1 100@500 taker",
        "filled 1 200@495 taker",
        "canceled 1 no_liquidity",
    ]


def test_fill_or_kill_takes_all_or_nothing() -> None:
    assert played(BOOK, send(1, BUY, 310, 515, FOK), QUIET) == ["accepted 1", "canceled 1 fok"]
    assert played(BOOK, send(1, BUY, 110, 515, FOK), QUIET) == [
        "accepted 1",
        "filled 1 100@510 taker",
        "filled 1 10@515 taker",
    ]


def test_what_we_took_is_gone_until_the_level_is_updated() -> None:
    take = [send(number, BUY, 80, 510, IOC) for number in (1, 2, 3)]
    assert played(BOOK, take[0], QUIET, take[1], QUIET, take[2], change(asks=((510, 90),))) == [
        "accepted 1",
        "filled 1 80@510 taker",
        "accepted 2",
        "filled 2 20@510 taker",
        "canceled 2 ioc",
        "accepted 3",
        "filled 3 80@510 taker",
    ]


def test_a_quote_that_repeats_a_level_does_not_refill_it() -> None:
    same = quote((500, 90), (510, 100))
    take = [send(number, BUY, 100, 510, IOC) for number in (1, 2)]
    assert played(BOOK, take[0], QUIET, same, take[1], same)[2:] == ["accepted 2", "canceled 2 ioc"]


def test_an_order_of_ours_in_the_way_ends_the_taking() -> None:
    assert played(
        BOOK, send(1, SELL, 50, 515), QUIET, send(2, BUY, 400, 520), QUIET, send(3, SELL, 50, 500)
    ) == [
        "accepted 1",
        "accepted 2",
        "filled 2 100@510 taker",
        "canceled 2 self_trade",
        "rejected 3 recording_ended",
    ]


# --- waiting --------------------------------------------------------------------------------------


def test_an_order_joins_behind_what_is_displayed_and_trades_move_it_to_the_front() -> None:
    assert played(
        BOOK,
        send(1, BUY, 50, 500),
        QUIET,
        trade(SELL, 60, 500),
        trade(SELL, 40, 500),  # the 100 ahead are gone
        trade(SELL, 20, 500),
        trade(SELL, 500, 500),
    ) == ["accepted 1", "filled 1 20@500 maker", "filled 1 30@500 maker"]


def test_one_trade_uses_up_what_is_ahead_and_fills_with_the_rest() -> None:
    assert played(BOOK, send(1, BUY, 50, 500), QUIET, trade(SELL, 130, 500)) == [
        "accepted 1",
        "filled 1 30@500 maker",
    ]


def test_inside_the_spread_an_order_is_first() -> None:
    assert played(BOOK, send(1, BUY, 50, 505), QUIET, trade(SELL, 10, 505)) == [
        "accepted 1",
        "filled 1 10@505 maker",
    ]


def test_trades_of_the_own_side_or_at_worse_prices_do_not_fill() -> None:
    assert played(
        BOOK,
        send(1, BUY, 50, 505),
        QUIET,
        trade(BUY, 500, 505),
        trade(BUY, 500, 500),
        trade(SELL, 500, 510),
    ) == ["accepted 1"]


def test_a_trade_through_the_price_fills_up_to_what_it_brought() -> None:
    assert played(BOOK, send(1, BUY, 50, 500), QUIET, trade(SELL, 20, 495)) == [
        "accepted 1",
        "filled 1 20@500 maker",
    ]


def test_one_trade_is_not_given_to_two_orders_of_ours() -> None:
    assert played(
        BOOK,
        send(1, BUY, 50, 505),
        send(2, BUY, 50, 505),
        send(3, BUY, 50, 500),
        QUIET,
        trade(SELL, 70, 505),
        trade(SELL, 45, 495),
    ) == [
        "accepted 1",
        "accepted 2",
        "accepted 3",
        "filled 1 50@505 maker",
        "filled 2 20@505 maker",
        "filled 2 30@505 maker",
        "filled 3 15@500 maker",
    ]


def test_the_other_side_at_our_price_fills_us_up_to_what_it_displays() -> None:
    assert played(
        BOOK,
        send(1, BUY, 50, 505),
        QUIET,
        change(asks=((505, 20),)),
        QUIET,  # the same 20 are not there twice
        change(asks=((500, 70),), bids=((500, 0),)),
    ) == ["accepted 1", "filled 1 20@505 maker", "filled 1 30@505 maker"]


def test_sells_wait_and_fill_as_buys_do() -> None:
    assert played(
        BOOK,
        send(1, SELL, 50, 510),
        QUIET,
        trade(BUY, 110, 510),
        trade(BUY, 15, 515),
        change(bids=((510, 10),), asks=((510, 0),)),
    ) == [
        "accepted 1",
        "filled 1 10@510 maker",
        "filled 1 15@510 maker",
        "filled 1 10@510 maker",
    ]


def test_a_waiting_order_pays_as_a_maker() -> None:
    stage = Stage(BOOK, send(1, BUY, 50, 505), QUIET, trade(SELL, 50, 505))
    [fill] = [one for _, one in stage.play() if isinstance(one, VenueFilled)]
    assert (fill.liquidity, fill.fee) == (Liquidity.MAKER, -5_050)
    assert fill.session_date == 20240809


# --- post-only, replace, cancel -------------------------------------------------------------------


def test_post_only_is_rejected_if_it_would_take_when_it_is_looked_at() -> None:
    cheap = change(asks=((505, 10),))
    order = send(1, BUY, 50, 505, post_only=True)
    assert played(BOOK, order, cheap) == ["rejected 1 post_only_would_take"]
    assert played(BOOK, cheap, order, change(asks=((505, 0),))) == ["accepted 1"]


def test_post_only_is_rejected_if_it_would_trade_with_ours() -> None:
    orders = [send(1, SELL, 50, 505), send(2, BUY, 50, 505, post_only=True)]
    assert played(BOOK, *orders, QUIET) == ["accepted 1", "rejected 2 post_only_would_take"]


def test_a_replace_waits_for_the_next_event_as_an_order_does() -> None:
    cheap, gone = change(asks=((505, 100),)), change(asks=((505, 0),))
    assert played(BOOK, send(1, BUY, 50, 500), cheap, replace(1, BUY, 50, 505), gone) == [
        "accepted 1",
        "replaced 1 50@505",
    ]


def test_a_replace_loses_the_place_only_if_it_asks_for_more() -> None:
    script: list[Input | Action] = [BOOK, send(1, BUY, 50, 500), QUIET, trade(SELL, 90, 500)]
    assert played(*script, replace(1, BUY, 30, 500), QUIET, trade(SELL, 20, 500)) == [
        "accepted 1",
        "replaced 1 30@500",
        "filled 1 10@500 maker",
    ]
    assert played(*script, replace(1, BUY, 50, 500), QUIET, trade(SELL, 20, 500)) == [
        "accepted 1",
        "replaced 1 50@500",
        "filled 1 10@500 maker",
    ]
    assert played(*script, replace(1, BUY, 60, 500), QUIET, trade(SELL, 20, 500)) == [
        "accepted 1",
        "replaced 1 60@500",
    ]


def test_a_replace_that_crosses_takes() -> None:
    assert played(BOOK, send(1, BUY, 50, 500), QUIET, replace(1, BUY, 50, 510), QUIET) == [
        "accepted 1",
        "replaced 1 50@510",
        "filled 1 50@510 taker",
    ]


def test_a_replace_that_comes_after_the_fill_is_rejected() -> None:
    assert played(
        BOOK, send(1, BUY, 50, 505), QUIET, replace(1, BUY, 40, 500), trade(SELL, 40, 505), QUIET
    ) == ["accepted 1", "filled 1 40@505 maker", "replacerejected 1 quantity_already_filled"]
    assert played(
        BOOK, send(1, BUY, 50, 505), QUIET, replace(1, BUY, 40, 500), trade(SELL, 50, 505), QUIET
    ) == ["accepted 1", "filled 1 50@505 maker", "replacerejected 1 unknown_order"]


def test_a_post_only_order_is_not_replaced_into_taking() -> None:
    assert played(
        BOOK, send(1, BUY, 50, 500, post_only=True), QUIET, replace(1, BUY, 50, 510), QUIET
    ) == ["accepted 1", "replacerejected 1 post_only_would_take"]


def test_a_cancel_works_on_arrival_even_before_the_order_was_looked_at() -> None:
    assert played(BOOK, send(1, BUY, 50, 510), cancel(1), QUIET) == [
        "accepted 1",
        "canceled 1 requested",
    ]
    assert played(BOOK, send(1, BUY, 50, 500), replace(1, BUY, 60, 500), cancel(1), QUIET) == [
        "accepted 1",
        "canceled 1 requested",
        "replacerejected 1 unknown_order",
    ]


def test_a_canceled_order_does_not_fill() -> None:
    assert played(BOOK, send(1, BUY, 50, 505), QUIET, cancel(1), trade(SELL, 50, 505)) == [
        "accepted 1",
        "canceled 1 requested",
    ]


# --- a book that is not known ---------------------------------------------------------------------


def test_before_the_first_snapshot_orders_are_rejected() -> None:
    assert played(
        quote((500, 10), (510, 10)), change(asks=((505, 10),)), send(1, BUY, 50, 510), BOOK, QUIET
    ) == ["rejected 1 book_unknown"]


def test_after_a_gap_new_orders_are_rejected_and_waiting_ones_wait() -> None:
    assert played(
        BOOK,
        send(1, BUY, 50, 505),
        QUIET,
        gap(),
        send(2, BUY, 50, 500),
        trade(SELL, 500, 495),
        change(asks=((505, 500),)),
        snapshot(((500, 10),), ((510, 10),)),
        trade(SELL, 20, 505),
    ) == ["accepted 1", "rejected 2 book_unknown", "filled 1 20@505 maker"]


def test_after_a_gap_no_more_is_ahead_than_the_new_book_displays() -> None:
    for displayed, fills in ((30, ["filled 1 20@500 maker"]), (900, [])):
        again = snapshot(((500, displayed),), ((510, 10),))
        script = (BOOK, send(1, BUY, 50, 500), QUIET, gap(), again, trade(SELL, 50, 500))
        assert played(*script) == ["accepted 1", *fills]


def test_an_order_that_had_arrived_before_a_gap_is_looked_at_after_it() -> None:
    assert played(BOOK, send(1, BUY, 50, 510), gap(), QUIET, BOOK) == [
        "accepted 1",
        "filled 1 50@510 taker",
    ]


def test_a_crossed_book_fills_nobody() -> None:
    crossed, mended = change(asks=((490, 100),)), change(asks=((490, 0),))
    assert played(BOOK, send(1, BUY, 50, 510, IOC), crossed, mended) == [
        "accepted 1",
        "filled 1 50@510 taker",
    ]


def test_absurd_data_fills_nobody() -> None:
    absurd: list[Input] = [
        trade(SELL, 100, 0),
        trade(SELL, -5, 505),
        change(asks=((-5, 100), (505, -100))),
    ]
    assert played(BOOK, send(1, BUY, 50, 505), QUIET, *absurd) == ["accepted 1"]


# --- the recording --------------------------------------------------------------------------------


def test_the_recording_reaches_us_unchanged_whatever_we_do() -> None:
    stage = Stage(
        BOOK, send(1, BUY, 400, 515), QUIET, trade(SELL, 5, 495), gap(), quote((1, 1), (2, 1))
    )
    heard = [(time, one) for time, one in stage.play() if not story([one])]
    assert heard == [(time, one) for time, [one] in stage.events]


def test_reports_come_before_market_data_of_the_same_time() -> None:
    look = at(5_000)
    events: list[tuple[Nanos, list[Input]]] = [
        (at(10), [BOOK]),
        (look, [QUIET]),
        (Nanos(look + FROM_VENUE), [QUIET]),
    ]
    world = RecordedWorld(iter(events), [INSTRUMENT], RecordedConfig(venue=quick()))
    world.take(at(10))
    world.act(send(1, BUY, 50, 500), at(10))
    world.take(look)
    assert [type(one) for one in world.take(Nanos(look + FROM_VENUE))] == [
        VenueAccepted,
        BookChange,
    ]


def test_at_the_end_what_nobody_looked_at_is_rejected_and_cancels_still_work() -> None:
    world = recording([BOOK, QUIET])
    world.take(at(NANOS_PER_MILLISECOND))
    world.act(send(1, BUY, 50, 500), at(NANOS_PER_MILLISECOND))
    world.take(at(2 * NANOS_PER_MILLISECOND))
    end = at(2 * NANOS_PER_MILLISECOND)
    for action in (send(2, BUY, 50, 500), replace(1, BUY, 60, 500), cancel(1)):
        world.act(action, end)
    assert story([one for _, one in all_of(world)]) == [
        "accepted 1",
        "rejected 2 recording_ended",
        "replacerejected 1 recording_ended",
        "canceled 1 requested",
    ]
    assert world.next_time() is None


def test_an_order_still_unseen_when_the_recording_ends_is_rejected() -> None:
    other = BookChange(INSTRUMENT.instrument, (), (), QUIET.update, Nanos(0))
    stage = Stage(BOOK, send(1, BUY, 50, 500))
    assert story([one for _, one in stage.play()]) == ["rejected 1 recording_ended"]
    stage = Stage(BOOK, send(1, BUY, 50, 500), gap(), other)
    assert story([one for _, one in stage.play()]) == ["rejected 1 recording_ended"]


def test_an_empty_recording_is_over_at_once() -> None:
    assert recording([]).next_time() is None


def test_a_recording_that_goes_back_in_time_is_refused() -> None:
    events: list[tuple[Nanos, list[Input]]] = [(at(20), [BOOK]), (at(10), [QUIET])]
    world = RecordedWorld(iter(events), [INSTRUMENT], RecordedConfig(venue=quick()))
    with pytest.raises(RecordingError, match="goes back in time"):
        world.take(at(20))


def test_inputs_of_unlisted_instruments_pass_through() -> None:
    stranger = change(bids=((500, 1),))
    world = RecordedWorld(iter([(START, [stranger])]), [], RecordedConfig(venue=quick()))
    assert world.take(START) == [stranger]


# --- questions ------------------------------------------------------------------------------------


def test_an_order_that_nobody_has_looked_at_is_not_known_yet() -> None:
    """Invariant 10: a query that finds nothing proves nothing."""
    order = send(1, BUY, 50, 500, client_order="1-1-1")
    stage = Stage(BOOK, order, query(1, "1-1-1"), ask(), QUIET, query(1, "1-1-1"), ask(), QUIET)
    told = [one for _, one in stage.play()]
    answers = [one for one in told if isinstance(one, VenueOrderStatus)]
    assert [(one.found, one.status) for one in answers] == [
        (False, Status.UNKNOWN),
        (True, Status.OPEN),
    ]
    statements = [one for one in told if isinstance(one, Statement)]
    assert [[line.order for line in one.orders or ()] for one in statements] == [[], [1]]


def test_questions_are_answered_after_the_recording_has_ended() -> None:
    told = [one for _, one in Stage(BOOK, QUIET, ask(), query(7)).play()]
    assert [type(one) for one in told[-2:]] == [Statement, VenueOrderStatus]
