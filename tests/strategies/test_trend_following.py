"""The trend follower: when it enters and leaves, how much it takes, and what can go wrong."""

import itertools
from typing import Any

import pytest

from fairlead.model.inputs import BookGap, InstrumentSplit, VenueDisconnected
from fairlead.model.outputs import Approved
from fairlead.model.terms import Side, TimeInForce
from fairlead.model.units import StrategyId
from fairlead.strategy.errors import InvalidParameters
from fairlead.strategy.host import Host
from strategies.trend_following import TrendFollowing
from tests.strategy.rig import AAA, BBB, SECOND, Rig

UP = (10_000, 9_990, 9_980, 9_970, 9_960, 10_050)  # falls, then crosses up with the last
DOWN = (10_020, 9_950, 9_850)  # crosses down with the last


def follower(**parameters: Any) -> TrendFollowing:
    """Return a follower of AAA on bars of ten seconds with short averages."""
    given = {
        "instrument": "AAA",
        "bar_seconds": 10,
        "fast": 2,
        "slow": 4,
        "atr_period": 3,
        "stop_atr": 2,
        "risk": 100,
        "quantity_max": 50,
    }
    return TrendFollowing.with_parameters({**given, **parameters})


def bars(rig: Rig, *closes: int) -> None:
    """Let one bar close at each price, with a market around it."""
    for close in closes:
        rig.quote(close - 1, close + 1)
        rig.trade(close)
        rig.advance((rig.time // (10 * SECOND) + 1) * 10 * SECOND)


def following(**parameters: Any) -> Rig:
    """Return a rig in which a follower has just seen its first cross, up."""
    rig = Rig(follower(**parameters)).start()
    bars(rig, *UP)
    return rig


def last(rig: Rig) -> Approved:
    """Return the order that was sent last."""
    return rig.sent()[-1]


def fill(rig: Rig, quantity: int | None = None) -> None:
    """Execute the order that was sent last; cancel what is not filled, as IOC does."""
    order = last(rig)
    quantity = order.quantity if quantity is None else quantity
    if quantity:
        rig.fill(order.order, order.price, quantity)
    if quantity < order.quantity:
        rig.cancel(order.order)


# --- entering and leaving -------------------------------------------------------------------------


def test_it_enters_when_the_fast_average_crosses_the_slow_one() -> None:
    rig = following()
    (entry,) = rig.sent()
    assert (entry.side, entry.time_in_force) == (Side.BUY, TimeInForce.IOC)
    assert entry.price == 10_057  # five basis points through the ask of 100.51, rounded up


def test_a_trend_that_began_before_anybody_looked_is_not_joined() -> None:
    rig = Rig(follower()).start()
    bars(rig, 10_000, 10_010, 10_020, 10_030, 10_040, 10_050)
    assert rig.sent() == []


def test_its_size_is_such_that_the_stop_costs_the_risk() -> None:
    rig = following(risk=10)
    distance = 2 * _atr(UP) / 100  # in dollars
    assert last(rig).quantity == int(10 / distance * 1_000)


def test_its_size_is_never_above_the_cap_and_nothing_below_a_lot() -> None:
    assert last(following(quantity_max="1.5")).quantity == 1_500
    assert following(risk="0.00001").sent() == []


def test_it_leaves_when_the_averages_cross_back() -> None:
    rig = following(stop_atr=50)
    fill(rig)
    bars(rig, *DOWN)
    leave = last(rig)
    assert (leave.side, leave.quantity) == (Side.SELL, rig.position())
    fill(rig)
    assert rig.position() == 0
    assert len(rig.sent()) == 2  # no short unless allowed


def test_where_allowed_it_goes_short_after_it_has_left() -> None:
    rig = following(stop_atr=50, allow_short=True)
    fill(rig)
    bars(rig, *DOWN)
    fill(rig)
    short = last(rig)
    assert len(rig.sent()) == 3
    assert short.side is Side.SELL
    fill(rig)
    assert rig.position() == -short.quantity


def test_it_leaves_at_the_stop_within_the_bar() -> None:
    rig = following()
    fill(rig)
    stop = last(rig).price - 2 * _atr(UP)
    rig.quote(int(stop) + 1, int(stop) + 3)
    assert len(rig.sent()) == 1
    rig.quote(int(stop), int(stop) + 2)
    assert (last(rig).side, last(rig).quantity) == (Side.SELL, rig.position())


def test_the_stop_follows_the_closes_and_never_retreats() -> None:
    rig = following()
    fill(rig)
    bars(rig, 10_200, 10_300, 10_250)
    assert len(rig.sent()) == 1
    rig.quote(10_060, 10_062)  # above the entry, and far below the highest close
    assert last(rig).side is Side.SELL


def test_after_a_stop_it_waits_for_the_next_cross() -> None:
    rig = following()
    fill(rig)
    rig.quote(9_700, 9_702)
    fill(rig)
    bars(rig, 10_050, 10_060, 10_070)
    assert len(rig.sent()) == 2


def test_it_has_no_eyes_for_other_instruments() -> None:
    rig = following()
    rig.quote(1, 2, BBB)
    rig.trade(1, instrument=BBB)
    assert len(rig.sent()) == 1


# --- when things go wrong -------------------------------------------------------------------------


def test_an_entry_that_was_missed_is_not_chased() -> None:
    rig = following()
    fill(rig, 0)
    bars(rig, 10_060, 10_070, 10_080)
    assert len(rig.sent()) == 1


def test_an_entry_that_was_filled_in_part_is_kept_and_guarded() -> None:
    rig = following()
    fill(rig, 100)
    rig.advance(rig.time + 2 * SECOND)
    rig.quote(9_700, 9_702)
    assert (last(rig).side, last(rig).quantity) == (Side.SELL, 100)


def test_an_exit_is_tried_again_until_nothing_is_held_but_not_with_every_quote() -> None:
    rig = following()
    fill(rig)
    held = rig.position()
    rig.quote(9_700, 9_702)
    fill(rig, 100)
    rig.quote(9_699, 9_701)
    assert len(rig.sent()) == 2
    rig.advance(rig.time + SECOND)
    rig.quote(9_698, 9_700)
    assert last(rig).quantity == held - 100
    rig.reject(last(rig).order)
    rig.advance(rig.time + SECOND)
    rig.quote(9_990, 10_000)  # the stop was hit: a better price does not change that
    fill(rig)
    assert rig.position() == 0


def test_an_entry_that_was_taken_back_leaves_no_stop_for_the_next_one() -> None:
    rig = following()
    fill(rig)
    rig.bust(last(rig).order, execution=1)
    bars(rig, 9_000, 8_000, 7_000, 8_500, 9_000)  # far below the stop of what was taken back
    assert (rig.position(), len(rig.sent())) == (0, 2)
    fill(rig)
    rig.quote(8_990, 8_992)
    assert [one.side for one in rig.sent()] == [Side.BUY, Side.BUY]


def test_an_exit_that_was_taken_back_is_guarded_from_the_next_bar_on() -> None:
    rig = following()
    fill(rig)
    held = rig.position()
    rig.quote(9_700, 9_702)
    fill(rig)
    rig.bust(last(rig).order, execution=2)
    bars(rig, 10_060)
    assert (rig.position(), len(rig.sent())) == (held, 2)
    rig.quote(9_000, 9_002)
    assert (last(rig).side, last(rig).quantity) == (Side.SELL, held)
    assert len(rig.sent()) == 3


def test_a_corrected_position_gets_its_stop_with_the_next_bar() -> None:
    rig = following()
    fill(rig)
    rig.correct(5, 10_000)
    rig.quote(9_000, 9_002)
    assert len(rig.sent()) == 1
    bars(rig, 10_060)
    rig.quote(9_000, 9_002)
    assert (last(rig).side, last(rig).quantity) == (Side.SELL, rig.position())


def test_a_split_is_no_cross() -> None:
    rig = following(stop_atr=50)
    fill(rig)
    held = rig.position()
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    assert rig.position() == 2 * held
    bars(rig, 5_030, 5_030, 5_031, 5_031)  # half of what it was: no fall
    assert len(rig.sent()) == 1
    bars(rig, 5_000, 4_950)
    assert (last(rig).side, last(rig).quantity) == (Side.SELL, 2 * held)


def test_what_risk_refuses_is_no_endless_loop() -> None:
    rig = Rig(follower(stop_atr=0.0001), collar=1).start()
    bars(rig, *UP)
    assert len(rig.refused()) == 1
    rig.quote(10_048, 10_050)
    assert len(rig.refused()) == 1


def test_it_waits_while_the_book_is_not_to_be_believed() -> None:
    rig = following()
    fill(rig)
    rig.run(BookGap(AAA, "lost"))
    rig.trade(9_000)
    rig.advance(rig.time + 10 * SECOND)
    assert len(rig.sent()) == 1
    rig.quote(9_000, 9_002)
    assert last(rig).side is Side.SELL


def test_an_order_of_unknown_outcome_is_waited_for() -> None:
    rig = following()
    rig.run(VenueDisconnected("VENUE", "cable"))
    rig.advance(rig.time + 5 * SECOND)
    bars(rig, *DOWN)
    assert len(rig.sent()) == 1
    fill(rig)  # it had been filled after all
    rig.reconnect()
    rig.advance(rig.time + 5 * SECOND)
    rig.quote(9_700, 9_702)
    assert last(rig).side is Side.SELL


def test_after_the_stop_it_asks_for_nothing_and_says_what_it_holds() -> None:
    rig = following()
    rig.host.stop(rig.time)
    fill(rig, 100)
    assert len(rig.sent()) == 1
    assert [line.text for line in rig.host.log_lines()] == ["holds 0.000 AAA"]


@pytest.mark.parametrize("price", [10_049, 9_000])
def test_after_a_restart_a_position_gets_a_stop_with_the_first_warm_bar(price: int) -> None:
    rig = following(stop_atr=3)
    fill(rig)
    rig.host = Host(rig.machine)
    rig.host.add(StrategyId(1), follower(stop_atr=3))
    rig.host.start(rig.time)
    rig.quote(9_000, 9_002)
    assert len(rig.sent()) == 1  # it knows no stop yet
    bars(rig, 10_000, 10_010, 10_020, 10_030, 10_040, 10_050)
    rig.quote(price, price + 2)
    assert len(rig.sent()) == (2 if price == 9_000 else 1)


def test_orders_that_are_left_from_before_are_canceled_at_the_start() -> None:
    rig = following()
    rig.accept(last(rig).order)
    rig.host = Host(rig.machine)
    rig.host.add(StrategyId(1), follower())
    rig.host.start(rig.time)
    rig.drain()
    assert rig.canceled() == [last(rig).order]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fast": 30, "slow": 30}, "fast is 30, expected below slow, which is 30"),
        ({"risk": 0}, "risk and quantity_max are expected above 0"),
        ({"bar_seconds": 0}, "'bar_seconds' is 0, expected a number > 0"),
        ({"slow": 0.5}, "'slow' is 0.5, expected a whole number"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameters, match=message):
        follower(**parameters)


def _atr(closes: tuple[int, ...], period: int = 3) -> float:
    """Return the average true range of bars that open, trade and close at one price each."""
    ranges = [0.0, *(abs(b - a) for a, b in itertools.pairwise(closes))]
    average = sum(ranges[:period]) / period
    for one in ranges[period:]:
        average += (one - average) / period
    return average
