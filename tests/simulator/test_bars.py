"""Bars: known at their end, met at the next open, never more than a share of what traded."""

import random

import pytest

from fairlead.gateways.bar_trades import CONDITIONS, bar_trades
from fairlead.model.inputs import Input, Quote, Trade, VenueAccepted, VenueFilled
from fairlead.model.outputs import Action
from fairlead.model.units import (
    NANOS_PER_SECOND,
    RATE_UNIT,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
)
from fairlead.simulator.bars import BarConfig, BarWorld
from fairlead.simulator.recorded_book import RecordedConfig
from tests.simulator.orders import (
    BUY,
    FOK,
    INSTRUMENT,
    IOC,
    ONE,
    SELL,
    all_of,
    at,
    cancel,
    market,
    quick,
    replace,
    send,
    story,
)

MINUTE = 60 * NANOS_PER_SECOND
BPS = RATE_UNIT // 10_000
TEN_BPS = Rate(10 * BPS)
Prices = tuple[int, int, int, int]  # open, high, low, close
FLAT: Prices = (10_000, 10_000, 10_000, 10_000)


def bar(number: int, prices: Prices = FLAT, volume: int = 10_000) -> tuple[Nanos, list[Input]]:
    """Return the bar of a minute: all of it in the minute's last nanosecond."""
    time = at(number * MINUTE - 1)
    return time, [*bar_trades(InstrumentId(ONE), prices, volume, str(number), time)]


def world_of(
    *events: tuple[Nanos, list[Input]], slippage: int = 0, spread: int = 0, share: int = 10
) -> BarWorld:
    """Return a world of bars; `share` is the participation in percent."""
    config = RecordedConfig(venue=quick(), slippage=Rate(slippage))
    bars = BarConfig(spread=Rate(spread), participation=Rate(share * RATE_UNIT // 100))
    return BarWorld(iter(events), [INSTRUMENT], config, bars)


def lived(world: BarWorld, *actions: tuple[int, Action]) -> list[tuple[Nanos, Input]]:
    """Return all that reaches us where each action leaves at its time after the start."""
    heard: list[tuple[Nanos, Input]] = []
    for offset, action in actions:
        while (time := world.next_time()) is not None and time <= at(offset):
            heard += [(time, one) for one in world.take(time)]
        world.act(action, at(offset))
    return heard + [(at(offset), one) for offset, one in all_of(world)]


def said(world: BarWorld, *actions: tuple[int, Action]) -> list[str]:
    """Return what the reports say."""
    return story([one for _, one in lived(world, *actions)])


def test_bars_are_marked_as_the_readers_of_files_mark_them() -> None:
    trades = bar(1)[1]
    assert [one.conditions for one in trades if isinstance(one, Trade)] == [CONDITIONS]


def test_an_order_on_seeing_a_bar_takes_at_the_next_open_with_slippage_against_us() -> None:
    rising = (10_020, 10_090, 10_010, 10_080)
    events = (bar(1), bar(2, rising), bar(3))
    bought = said(world_of(*events, slippage=TEN_BPS), (MINUTE, market(1, BUY, 100)))
    sold = said(world_of(*events, slippage=TEN_BPS), (MINUTE, market(1, SELL, 100)))
    assert bought == ["accepted 1", "filled 1 100@10035 taker"]  # 10.02 more, up to the tick of 5
    assert sold == ["accepted 1", "filled 1 100@10005 taker"]


def test_who_takes_pays_half_the_spread_and_the_touch_shows_it() -> None:
    world = world_of(bar(1), bar(2), spread=20 * BPS)
    heard = lived(world, (MINUTE, market(1, BUY, 100)))
    assert story([one for _, one in heard])[1] == "filled 1 100@10010 taker"
    touches = [(one.bid_price, one.ask_price) for _, one in heard if isinstance(one, Quote)]
    assert touches == [(9_990, 10_010)] * 2


def test_what_became_of_an_order_is_told_before_the_bar_it_met_and_no_sooner() -> None:
    heard = lived(world_of(bar(1), bar(2), bar(3)), (MINUTE, market(1, BUY, 100)))
    fill = next(index for index, (_, one) in enumerate(heard) if isinstance(one, VenueFilled))
    assert heard[fill][0] == at(2 * MINUTE - 1)
    assert isinstance(heard[fill - 1][1], VenueAccepted)
    assert isinstance(heard[fill + 1][1], Trade)
    assert heard[fill + 1][0] == at(2 * MINUTE - 1)


def test_an_order_that_comes_within_a_bar_waits_for_the_next_one() -> None:
    events = (bar(1), bar(2, (9_000, 9_000, 9_000, 9_000)), bar(3), bar(4))
    assert said(world_of(*events), (MINUTE + MINUTE // 2, market(1, BUY, 100))) == [
        "accepted 1",
        "filled 1 100@10000 taker",
    ]


def test_an_order_before_anything_traded_is_rejected() -> None:
    assert said(world_of(bar(1), bar(2)), (10, market(1, BUY, 100))) == ["rejected 1 book_unknown"]


def test_what_waits_is_filled_where_the_bar_went_beyond_it() -> None:
    touched, beyond = (10_000, 10_000, 9_900, 10_000), (10_000, 10_000, 9_895, 10_000)
    order = send(1, BUY, 100, 9_900)
    assert said(world_of(bar(1), bar(2, touched)), (MINUTE, order)) == ["accepted 1"]
    assert said(world_of(bar(1), bar(2, beyond)), (MINUTE, order))[1:] == [
        "filled 1 100@9900 maker"
    ]
    up = (10_000, 10_105, 10_000, 10_000)
    assert said(world_of(bar(1), bar(2, up)), (MINUTE, send(1, SELL, 100, 10_100)))[1:] == [
        "filled 1 100@10100 maker"
    ]


def test_no_more_than_a_share_of_the_volume_is_ours_and_the_rest_waits() -> None:
    events = (bar(1), bar(2, volume=1_000), bar(3, (10_000, 10_000, 9_900, 10_000), 700))
    order = send(1, BUY, 500, 10_000)
    assert said(world_of(*events), (MINUTE, order)) == [
        *("accepted 1", "filled 1 100@10000 taker", "filled 1 70@10000 maker"),
    ]
    ioc = send(1, BUY, 500, 10_000, IOC)
    assert said(world_of(*events), (MINUTE, ioc))[1:] == [
        *("filled 1 100@10000 taker", "canceled 1 ioc"),
    ]
    fok = send(1, BUY, 500, 10_000, FOK)
    assert said(world_of(*events), (MINUTE, fok))[1:] == ["canceled 1 fok"]


def test_post_only_is_rejected_where_it_would_take_at_the_open() -> None:
    order = send(1, BUY, 100, 10_000, post_only=True)
    assert said(world_of(bar(1), bar(2)), (MINUTE, order)) == ["rejected 1 post_only_would_take"]


def test_a_cancel_within_a_bar_works_after_what_traded_in_it() -> None:
    beyond = (10_000, 10_000, 9_895, 10_000)
    order, later = (MINUTE, send(1, BUY, 100, 9_900)), MINUTE + MINUTE // 2
    assert said(world_of(bar(1), bar(2, beyond)), order, (later, cancel(1))) == [
        *("accepted 1", "filled 1 100@9900 maker", "cancelrejected 1 unknown_order"),
    ]
    assert said(world_of(bar(1), bar(2)), order, (later, cancel(1))) == [
        "accepted 1",
        "canceled 1 requested",
    ]
    assert said(world_of(bar(1), bar(2, beyond)), order, (MINUTE + 1_000, cancel(1))) == [
        *("accepted 1", "canceled 1 requested"),
    ]


def test_a_replace_is_looked_at_at_the_open_and_may_take_there() -> None:
    script = ((MINUTE, send(1, BUY, 100, 9_000)), (2 * MINUTE, replace(1, BUY, 100, 10_000)))
    assert said(world_of(bar(1), bar(2), bar(3)), *script) == [
        *("accepted 1", "replaced 1 100@10000", "filled 1 100@10000 taker"),
    ]


def test_of_a_single_trade_the_time_is_known() -> None:
    price = Price(10_000)
    ticks: list[tuple[Nanos, list[Input]]] = [
        (at(number * MINUTE), [Trade(ONE, price, Quantity(1_000), None, "t", at(0))])
        for number in (1, 2)
    ]
    late = 2 * MINUTE - 1_000
    assert said(world_of(*ticks), (late, market(1, BUY, 50)))[1:] == ["filled 1 50@10000 taker"]


def test_after_the_last_bar_orders_are_rejected_and_cancels_work() -> None:
    world = world_of(bar(1), bar(2))
    script = ((MINUTE, send(1, BUY, 100, 9_000)), (2 * MINUTE, send(2, BUY, 100, 9_000)))
    assert said(world, *script, (2 * MINUTE, cancel(1))) == [
        *("accepted 1", "rejected 2 recording_ended", "canceled 1 requested"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_however_senselessly_one_trades_each_fill_lies_in_its_bar_and_its_share(seed: int) -> None:
    chance = random.Random(seed)
    events, last = [], 10_000
    for number in range(1, 120):
        path = [last + 5 * chance.randrange(-20, 21) for _ in range(4)]
        events.append(
            bar(number, (path[0], max(path), min(path), path[-1]), 40 * chance.randrange(1, 200))
        )
        last = path[-1]
    world = world_of(*events, share=25)
    sent: dict[int, tuple[int, Nanos]] = {}
    actions: list[tuple[int, Action]] = []
    for number in range(1, 110):
        for _ in range(chance.randrange(3)):
            order, side = len(sent) + 1, chance.choice([BUY, SELL])
            price = 5 * chance.randrange(1_960, 2_040)
            offset = number * MINUTE + chance.choice([0, 100, MINUTE // 3])
            sent[order] = (price if side is BUY else -price, at(offset))
            actions.append((offset, send(order, side, 10 * chance.randrange(5, 90), price)))
        if sent and chance.random() < 0.3:
            actions.append((number * MINUTE, cancel(chance.choice(list(sent)))))
    heard = lived(world, *sorted(actions, key=lambda one: one[0]))
    fills = [(time, one) for time, one in heard if isinstance(one, VenueFilled)]
    assert len(fills) > 30
    ours: dict[int, int] = {}
    for _, fill in fills:
        index = (fill.venue_time - at(0)) // MINUTE
        trades = [one for one in events[index][1] if isinstance(one, Trade)]
        sign = 1 if fill.side is BUY else -1
        limit, left = sent[OrderId(fill.order)]
        assert fill.venue_time > left, "nobody trades before his order left"
        assert fill.price * sign <= limit, "no order trades through its price"
        assert min(one.price for one in trades) <= fill.price <= max(one.price for one in trades)
        ours[index] = ours.get(index, 0) + fill.quantity
    for index, quantity in ours.items():
        assert quantity * 4 <= sum(
            one.quantity for one in events[index][1] if isinstance(one, Trade)
        )


def test_what_is_not_recorded_yet_changes_nothing_that_is_told() -> None:
    """Cut off after any bar, the world has told the same up to there."""
    events = [bar(number, (10_000 + 5 * number,) * 4) for number in range(1, 8)]
    actions = [(number * MINUTE, market(number, BUY, 50)) for number in range(1, 7)]
    whole = lived(world_of(*events), *actions)
    for cut in range(2, 7):
        end = events[cut - 1][0]
        part = lived(world_of(*events[:cut]), *actions[: cut - 1])
        assert [one for one in part if one[0] <= end] == [one for one in whole if one[0] <= end]


@pytest.mark.parametrize(("spread", "share"), [(-1, 1), (RATE_UNIT, 1), (0, 0), (0, RATE_UNIT + 1)])
def test_terms_without_a_meaning_are_refused(spread: int, share: int) -> None:
    with pytest.raises(ValueError, match=f"found spread {spread} and participation {share}"):
        BarConfig(spread=Rate(spread), participation=Rate(share))
