"""By order: our place in the queue is exact, and nobody before us is passed."""

import os
import random
from collections.abc import Iterator

import pytest

from fairlead.model.inputs import Input, VenueFilled
from fairlead.model.outputs import Action
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, OrderId, Price, Quantity
from fairlead.simulator.queue_models import QueueModel
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.recorded_orders import RecordedOrders
from tests.simulator.by_order import (
    Entry,
    Naive,
    added,
    executed,
    reduced,
    removed,
    replaced,
    stream,
    whole,
)
from tests.simulator.orders import (
    BUY,
    INSTRUMENT,
    IOC,
    SELL,
    at,
    cancel,
    quick,
    replace,
    send,
    story,
)
from tests.simulator.recordings import change, gap, played, quote, snapshot, trade

SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "6"))
BOOK = whole((1, BUY, 100, 500), (2, BUY, 50, 500), (3, BUY, 70, 495), (4, SELL, 80, 510))
QUIET = added(99, BUY, 10, 400)
QUIET_TOO = added(98, BUY, 10, 400)
OURS = send(1, BUY, 40, 500)


def test_an_order_behind_n_is_filled_only_after_n_traded_or_left() -> None:
    behind = added(5, BUY, 200, 500)
    start: list[Input | Action] = [BOOK, OURS, QUIET, behind]
    before: list[Input | Action] = [executed(1, 100), removed(2)]
    assert played(*start, *before) == ["accepted 1"]
    assert played(*start, *before, executed(5, 30))[1:] == ["filled 1 30@500 maker"]
    assert played(*start, executed(1, 100), executed(5, 30))[1:] == []  # 2 still stands before us


@pytest.mark.parametrize(
    "leaving",
    [
        [executed(1, 100), executed(2, 50)],
        [removed(1), removed(2)],
        [reduced(1, 60), executed(1, 40), replaced(2, 6, 50, 500)],
        [replaced(1, 1, 300, 500), reduced(2, 50)],  # it keeps its number, and loses its place
    ],
)
def test_however_those_before_us_leave_we_are_next(leaving: list[Input]) -> None:
    behind = added(5, BUY, 200, 500)
    told = played(BOOK, OURS, QUIET, behind, *leaving, executed(5, 10))
    assert told == ["accepted 1", "filled 1 10@500 maker"]


def test_who_leaves_behind_us_does_not_move_us() -> None:
    behind = [added(5, BUY, 200, 500), added(6, BUY, 200, 500)]
    script: list[Input | Action] = [BOOK, OURS, QUIET, *behind, removed(5), reduced(6, 100)]
    assert played(*script, executed(1, 100), executed(2, 49)) == ["accepted 1"]
    assert played(*script, executed(1, 100), executed(2, 50), executed(6, 1))[1:] == [
        "filled 1 1@500 maker"
    ]


def test_an_order_that_is_reduced_keeps_its_place() -> None:
    script: list[Input | Action] = [BOOK, OURS, QUIET, added(5, BUY, 10, 500), reduced(2, 49)]
    assert played(*script, executed(1, 100), executed(5, 10)) == ["accepted 1"]
    assert played(*script, executed(1, 100), executed(2, 1), executed(5, 10))[1:] == [
        "filled 1 10@500 maker"
    ]


def test_a_trade_at_a_worse_price_meets_us_first_where_nobody_is_left_before_us() -> None:
    empty: list[Input] = [removed(1), removed(2)]
    assert played(BOOK, OURS, QUIET, *empty, executed(3, 70))[1:] == ["filled 1 40@500 maker"]
    assert played(BOOK, OURS, QUIET, executed(3, 70))[1:] == []  # no such trade with 1 and 2 there


def test_inside_the_spread_we_are_first() -> None:
    assert played(BOOK, send(1, BUY, 40, 505), QUIET, executed(1, 25))[1:] == [
        "filled 1 25@505 maker"
    ]


def test_who_comes_to_sell_at_our_price_would_have_met_us() -> None:
    assert played(BOOK, send(1, BUY, 40, 505), QUIET, added(7, SELL, 30, 505))[1:] == [
        "filled 1 30@505 maker"
    ]


def test_what_an_order_of_ours_got_still_stands_before_the_next_one() -> None:
    first, second = send(1, BUY, 20, 500), send(2, BUY, 20, 500)
    between, last = added(5, BUY, 50, 500), added(6, BUY, 100, 500)
    script: list[Input | Action] = [
        *(BOOK, first, QUIET, between, second, QUIET_TOO, last),
        *(executed(1, 100), executed(2, 50), executed(5, 50)),  # 20 of the 50 were ours
    ]
    told = ["accepted 1", "accepted 2", "filled 1 20@500 maker"]
    assert played(*script, executed(6, 20)) == told
    assert played(*script, executed(6, 25)) == [*told, "filled 2 5@500 maker"]


def test_what_we_took_is_gone_for_good_and_not_until_the_level_changes() -> None:
    take = [send(number, SELL, 120, 500, IOC) for number in (1, 2)]
    told = played(BOOK, take[0], QUIET, added(5, BUY, 10, 500), take[1], QUIET)
    assert told == [
        *("accepted 1", "filled 1 120@500 taker"),
        *("accepted 2", "filled 2 40@500 taker", "canceled 2 ioc"),
    ]


def test_the_shares_that_we_took_are_the_oldest_and_leave_with_their_orders() -> None:
    orders = RecordedOrders()
    for number in (1, 2):
        orders.add(number, BUY, Price(500), Quantity(50))
    orders.consume(BUY, Price(500), Quantity(60))
    orders.take_off(1, Quantity(50))
    queue = orders.at(BUY, Price(500))
    assert queue is not None
    assert (queue.quantity, queue.taken) == (50, 10)
    orders.take_off(2, Quantity(50))
    assert orders.at(BUY, Price(500)) is None


def test_over_a_gap_we_stay_behind_those_who_were_before_us_and_before_those_who_came() -> None:
    book = whole((1, BUY, 30, 500), (9, BUY, 500, 500))
    script: list[Input | Action] = [BOOK, OURS, QUIET, gap(), book]
    assert played(*script, executed(1, 29), executed(9, 10)) == ["accepted 1"]
    assert played(*script, executed(1, 30), executed(9, 10))[1:] == ["filled 1 10@500 maker"]


def test_while_the_book_is_lost_nothing_fills_and_new_orders_are_rejected() -> None:
    told = played(
        BOOK,
        OURS,
        QUIET,
        gap(),
        executed(1, 100),
        executed(3, 70),
        send(2, BUY, 50, 500),
        QUIET_TOO,
    )
    assert told == ["accepted 1", "rejected 2 book_unknown"]


def test_changes_that_cannot_be_true_move_nothing() -> None:
    absurd: list[Input] = [
        *(executed(77, 10), reduced(77, 10), removed(77), replaced(77, 78, 10, 500)),
        *(added(1, BUY, 1, 500), added(50, BUY, 0, 500), executed(1, 0), reduced(2, -5)),
    ]
    told = played(BOOK, OURS, *absurd, executed(1, 100), executed(2, 49))
    assert told == ["accepted 1"]


def test_where_orders_are_recorded_levels_and_quotes_move_nothing() -> None:
    noise: list[Input] = [
        *(quote((505, 10), (506, 10)), change(bids=((500, 0),)), snapshot(((400, 1),), ())),
        trade(SELL, 500, 500),
    ]
    told = played(BOOK, OURS, *noise, executed(1, 100), executed(2, 50), executed(3, 15))
    assert told == ["accepted 1", "filled 1 15@500 maker"]


def test_a_replace_that_grows_goes_behind_everybody() -> None:
    bigger = replace(1, BUY, 60, 500)
    script: list[Input | Action] = [BOOK, OURS, QUIET, added(5, BUY, 10, 500), bigger, QUIET_TOO]
    left = [executed(1, 100), executed(2, 50)]
    assert played(*script, *left, executed(5, 10))[-1] == "replaced 1 60@500"
    behind = added(6, BUY, 40, 500)
    assert played(*script, behind, *left, executed(5, 10), executed(6, 40))[-1] == (
        "filled 1 40@500 maker"
    )


# --- against the naive model ----------------------------------------------------------------------


Fills = list[tuple[int, int]]  # our order, quantity


def both(seed: int, length: int, at_once: int) -> Iterator[tuple[Fills, Fills]]:
    """Yield the fills so far of the world and of the naive model, after every change.

    With at most so many orders of ours `at_once`.
    """
    chance = random.Random(seed)
    changes = list(stream(seed, length))
    step = NANOS_PER_MILLISECOND
    events: list[tuple[Nanos, list[Input]]] = [(at(step), [whole()])]
    events += [(at(step * number), [one]) for number, one in enumerate(changes, 2)]
    world = RecordedWorld(iter(events), [INSTRUMENT], RecordedConfig(venue=quick()))
    naive, ours, fills = Naive(), 0, Fills()
    for number, one in enumerate(changes, 2):
        heard = world.take(at(step * (number - 1) + 1_000))
        price = 5 * chance.randrange(96, 101)
        sends = len(world.orders) < at_once and chance.random() < 0.3
        if sends:
            ours += 1
            world.act(send(ours, BUY, 10 * chance.randrange(3, 9), price), world.now)
        elif world.orders and chance.random() < 0.05:
            oldest = next(iter(world.orders))
            world.act(cancel(oldest), world.now)
            naive.cancel(oldest)
        naive.apply(one)
        heard += world.take(at(step * number + 500))
        if sends:
            order = world.orders[OrderId(ours)]
            naive.join(BUY, price, Entry(ours, order.quantity, naive.now, ours=True))
        fills += [(int(one.order), int(one.quantity)) for one in heard if type(one) is VenueFilled]
        yield fills, naive.fills


@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_order_of_ours_is_filled_as_a_naive_model_says_fill_by_fill(seed: int) -> None:
    for fills, expected in both(seed, 1_500, at_once=1):
        assert fills == expected
    assert len(fills) > 5


@pytest.mark.parametrize("seed", range(SEEDS))
def test_several_orders_of_ours_are_never_filled_sooner_than_a_naive_model_says(seed: int) -> None:
    for fills, expected in both(seed, 1_500, at_once=8):
        assert sum(quantity for _, quantity in fills) <= sum(quantity for _, quantity in expected)
    assert len(fills) > 10


def test_the_queue_model_does_not_matter_where_orders_are_known() -> None:
    changes = list(stream(3, 600))
    scripts: list[list[str]] = []
    for model in QueueModel:
        script: list[Input | Action] = [whole(), *changes[:200], OURS, *changes[200:]]
        scripts.append(played(*script, queue_model=model))
    assert all(one == scripts[0] for one in scripts)


def test_nothing_recorded_before_an_order_arrives_can_fill_it() -> None:
    events: list[tuple[Nanos, list[Input]]] = [
        (at(10), [BOOK]),
        (at(2_000), [removed(1), removed(2)]),
        (at(3_000), [executed(3, 70)]),
    ]
    world = RecordedWorld(iter(events), [INSTRUMENT], RecordedConfig(venue=quick()))
    world.take(at(2_950))
    world.act(send(1, BUY, 40, 500), at(2_950))  # arrives at 3,050
    assert story(world.take(at(9_000))) == ["rejected 1 recording_ended"]
