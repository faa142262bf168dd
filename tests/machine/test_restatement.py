"""What corporate actions make of orders: in the new units, to the safe side, or canceled."""

from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.orders import Order
from fairlead.machine.restatement import Ratio
from fairlead.model.inputs import Input, SubmitRequest, Trade
from fairlead.model.outputs import CancelOrder, OrderCanceled, OrderReplaced, Output
from fairlead.model.terms import OrderType, Side, Status
from fairlead.model.units import (
    INCREMENTS_MAX,
    InstrumentId,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)
from tests.machine.actions import dividend, split
from tests.machine.build import (
    BUY,
    DISCONNECTED,
    NO_TIME,
    SELL,
    Rig,
    accepted,
    filled,
    instrument,
    limits,
    only,
    quote,
    replace,
    replaced,
    submit,
)

THIRD: Final = InstrumentId(3)


def stop(
    order: int, side: Side, trigger: int, price: int = 0, quantity: int = 8, **terms: Any
) -> SubmitRequest:
    """Return the request for a stop order, or with a price for a stop-limit order."""
    return submit(
        order,
        side,
        quantity,
        price,
        order_type=OrderType.STOP_LIMIT if price else OrderType.STOP,
        trigger_price=Price(trigger),
        **terms,
    )


def replacements(outputs: list[Output]) -> list[tuple[int, int, int]]:
    """Return which orders work under which terms now."""
    found = [output for output in outputs if isinstance(output, OrderReplaced)]
    return [(fact.order, fact.quantity, fact.price) for fact in found]


def trigger(order: Order) -> int:
    """Return the trigger price of an order."""
    return order.conditions.trigger_price


def in_lots(**terms: Any) -> list[Input]:
    """Return instrument 3 that trades in ticks of 5 and lots of 10, with its limits and touch."""
    grid = {"price_tick": Price(5), "quantity_lot": Quantity(10), "quantity_min": Quantity(10)}
    return [
        instrument(instrument=THIRD, symbol="LOTS", **{**grid, **terms}),
        limits(3, order_notional_max=2**60),
        quote(95, 105, instrument=3),
    ]


# --- splits ---------------------------------------------------------------------------------------


def test_orders_go_on_in_the_new_units() -> None:
    """What works at the venue is there in the new units too; nothing is sent."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), submit(2, SELL, 6, 102))
    outputs = rig.give(split(2, 1))
    assert replacements(outputs) == [(1, 16, 50), (2, 12, 51)]
    assert not any(isinstance(output, CancelOrder) for output in outputs)
    assert rig.status(1) is Status.OPEN
    rig.give(quote(49, 51), filled(1, 16, "E1", 50))
    assert rig.status(1) is Status.FILLED


def test_what_was_filled_is_counted_in_the_new_units() -> None:
    """B-OMS-01: and the average price is what was paid for them, exactly."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), filled(1, 3, "E1", 100), filled(1, 1, "E2", 97))
    rig.give(split(3, 1))
    order = rig.order(1)
    assert (order.quantity, order.filled, order.leaves) == (24, 12, 12)
    assert Fraction(order.filled_cost, order.filled) == Fraction(397, 4) / 3
    assert rig.working() == 12


@pytest.mark.parametrize(
    ("side", "price", "new", "old", "after"),
    [
        (BUY, 100, 3, 1, 33),
        (SELL, 100, 3, 1, 34),
        (BUY, 101, 2, 1, 50),
        (SELL, 101, 2, 1, 51),
        (BUY, 100, 1, 4, 400),
        (SELL, 102, 2, 1, 51),
        (BUY, 98, 3, 2, 65),
        (SELL, 101, 3, 2, 68),
    ],
)
def test_a_limit_is_rounded_to_the_side_that_pays_less_or_receives_more(
    side: Side, price: int, new: int, old: int, after: int
) -> None:
    """A buy down, a sell up."""
    rig = Rig(submit(1, side, 8, price))
    assert replacements(rig.give(split(new, old))) == [(1, 8 * new // old, after)]


@pytest.mark.parametrize(
    ("side", "price", "after"), [(BUY, 105, 55), (SELL, 95, 45), (BUY, 110, 55), (SELL, 90, 45)]
)
def test_no_stop_fires_because_of_the_rounding(side: Side, price: int, after: int) -> None:
    """A buy stop is rounded up, a sell stop down, to the tick."""
    rig = Rig(*in_lots(), stop(1, side, price, instrument=THIRD, quantity=20))
    outputs = rig.give(split(2, 1, 3))
    assert rig.status(1) is Status.HELD
    assert replacements(outputs) == [(1, 40, 0)]
    assert trigger(rig.order(1)) == after


def test_no_stop_fires_because_the_last_trade_was_rounded() -> None:
    """97 and 96 both come to 32 in thirds: the stop waits for a trade in the new units."""
    rig = Rig(stop(1, SELL, 96))
    rig.give(Trade(InstrumentId(1), Price(97), Quantity(1), BUY, "", NO_TIME), split(3, 1))
    rig.give(quote(32, 34))
    assert rig.status(1) is Status.HELD
    rig.give(Trade(InstrumentId(1), Price(32), Quantity(1), BUY, "", NO_TIME))
    assert rig.status(1) is Status.SENT


def test_both_prices_of_a_stop_limit_change() -> None:
    """The trigger and the limit behind it."""
    rig = Rig(stop(1, SELL, 96, 95))
    rig.give(split(2, 1))
    assert (trigger(rig.order(1)), rig.order(1).price) == (48, 48)


def test_a_trail_keeps_its_share_of_the_market() -> None:
    """The distance is a price too, and never becomes nothing."""
    trails = {"order_type": OrderType.TRAILING_STOP}
    rig = Rig(
        submit(1, SELL, 8, 0, trail=Price(6), **trails),
        submit(2, SELL, 8, 0, trail=Price(1), **trails),
    )
    rig.give(split(3, 1))
    assert [rig.order(number).conditions.trail for number in (1, 2)] == [2, 1]


def test_an_iceberg_shows_whole_lots() -> None:
    """At least one of them."""
    ice = in_lots(icebergs=True)
    show = {"instrument": THIRD, "display_quantity": Quantity(10)}
    rig = Rig(*ice, submit(1, BUY, 40, 95, **show), submit(2, BUY, 80, 95, **show))
    rig.give(split(1, 2, 3), split(7, 2, 3, reference="S2"))
    assert [rig.order(n).conditions.display_quantity for n in (1, 2)] == [30, 30]


def test_a_replace_that_is_not_answered_is_in_the_new_units_as_well() -> None:
    """Whichever of the two comes out, it is counted at its worst case."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), replace(1, 12, 99))
    assert rig.working() == 12
    rig.give(split(2, 1))
    assert (rig.order(1).new_quantity, rig.order(1).new_price, rig.working()) == (24, 49, 24)
    rig.give(replaced(1, 24, 49))
    assert (rig.status(1), rig.order(1).quantity) == (Status.OPEN, 24)


def test_what_the_venue_counted_and_what_is_wanted_are_in_the_new_units() -> None:
    """The cumulative quantity of reports, and a quantity that waits until it can be asked for."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), filled(1, 3, "E1", cumulative=Quantity(3)))
    rig.order(1).wanted_quantity = Quantity(6)
    rig.give(split(2, 1))
    assert (rig.order(1).cumulative, rig.order(1).wanted_quantity) == (6, 12)


def test_an_order_of_unknown_outcome_is_adjusted_and_stays_unknown() -> None:
    """Invariant 10: it counts both ways, in today's units."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), DISCONNECTED)
    rig.give(split(2, 1))
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 16)


def test_the_price_of_the_decision_changes_with_the_others() -> None:
    """Slippage is measured from it."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1))
    assert rig.order(1).decision_price == 100
    rig.give(split(8, 1))
    assert rig.order(1).decision_price == 12  # 12.5, half to even


# --- what does not come out -----------------------------------------------------------------------


def test_an_order_that_does_not_come_out_in_whole_lots_is_asked_to_cancel() -> None:
    """Until it is gone it counts as the next whole number: 5 are seven and a half, so 8."""
    rig = Rig(submit(1, BUY, 5, 100), accepted(1))
    outputs = rig.give(split(3, 2))
    assert only(CancelOrder, outputs).order == 1
    assert (rig.status(1), rig.working()) == (Status.CANCEL_PENDING, 8)
    assert replacements(outputs) == [(1, 8, 66)]


def test_a_fraction_that_was_filled_is_counted_down() -> None:
    """Invariant 8: 1 of 3 filled, one for two: what may still trade is one at most, not less."""
    rig = Rig(submit(1, BUY, 3, 100), accepted(1), filled(1, 1, "E1"), submit(2, SELL, 1, 102))
    rig.give(split(1, 2, lieu=200))
    assert (rig.order(1).quantity, rig.order(1).filled, rig.working()) == (2, 0, 2)
    assert rig.status(1) is Status.CANCEL_PENDING


def test_a_held_order_that_does_not_come_out_is_gone_at_once() -> None:
    """Nothing of it is at a venue, and it says why."""
    rig = Rig(stop(1, SELL, 96, quantity=5))
    gone = only(OrderCanceled, rig.give(split(3, 2)))
    assert gone == OrderCanceled(
        OrderId(1),
        StrategyId(1),
        InstrumentId(1),
        Quantity(8),
        "after the split it is not a whole number of lots: 3 for 2",
    )


@pytest.mark.parametrize(
    ("new", "old", "why"),
    [
        (1, 4, "20 are 5: half a lot"),
        (1, 2, "20 are 10: below the least"),
        (4, 1, "20 are 80: above the most"),
        (20, 1, "95 are 4.75: below a tick"),
    ],
)
def test_an_order_that_the_venue_would_not_take_is_asked_to_cancel(
    new: int, old: int, why: str
) -> None:
    """In lots, within the bounds of the quantity, at a price of at least one tick."""
    grid = in_lots(quantity_min=Quantity(20), quantity_max=Quantity(60 if new == 4 else 1_000))
    rig = Rig(*grid, submit(1, BUY, 20, 95, instrument=THIRD), accepted(1, 3))
    outputs = rig.give(split(new, old, 3))
    assert only(CancelOrder, outputs).order == 1, why
    assert rig.order(1).price > 0, "without a price it would be a market order"


def test_what_was_filled_or_asked_for_must_come_out_in_lots_too() -> None:
    """20 are 30, but 10 that were filled are 15, and 30 that were asked for are 45."""
    here = {"instrument": THIRD}
    orders = [submit(number, BUY, 20, 95, **here) for number in (1, 2, 3)]
    rig = Rig(*in_lots(), *orders, *(accepted(number, 3) for number in (1, 2, 3)))
    rig.give(filled(2, 10, "E1", 95, **here), replace(3, 30, 95, **here))
    outputs = rig.give(split(3, 2, 3))
    gone = [output.order for output in outputs if isinstance(output, CancelOrder)]
    assert gone == [2, 3]


def test_a_price_beyond_all_numbers_is_asked_to_cancel() -> None:
    """A reverse split may take it there."""
    rig = Rig(
        instrument(
            instrument=THIRD, symbol="DEAR", quantity_max=Quantity(10**9), price_tick=Price(1)
        ),
        limits(3, order_quantity_max=2**60, order_notional_max=2**60, position_quantity_max=2**60),
        quote(INCREMENTS_MAX - 2, INCREMENTS_MAX, instrument=3),
        submit(1, BUY, 1_000, INCREMENTS_MAX - 2, instrument=THIRD),
        accepted(1, 3),
    )
    assert only(CancelOrder, rig.give(split(1, 10, 3))).order == 1


# --- dividends ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "price", "after"), [(5, 100, 95), (7, 100, 90), (1, 100, 95), (10, 105, 95)]
)
def test_a_buy_limit_falls_by_the_dividend_rounded_down_to_the_tick(
    amount: int, price: int, after: int
) -> None:
    """As exchanges do: the market will stand lower, and that is no bargain."""
    rig = Rig(*in_lots(), submit(1, BUY, 20, price, instrument=THIRD), accepted(1, 3))
    assert replacements(rig.give(dividend(amount, 3))) == [(1, 20, after)]


def test_a_sell_stop_falls_by_the_dividend_with_its_limit() -> None:
    """The market falls by the dividend, and means nothing by it."""
    rig = Rig(stop(1, SELL, 96), stop(2, SELL, 96, 95))
    assert replacements(rig.give(dividend(4))) == [(1, 8, 0), (2, 8, 91)]
    assert [trigger(rig.order(number)) for number in (1, 2)] == [92, 92]


def test_sell_limits_buy_stops_and_market_orders_stay() -> None:
    """A dividend makes nobody worse off there."""
    rig = Rig(
        submit(1, SELL, 8, 102),
        stop(2, BUY, 104),
        stop(3, BUY, 104, 105),
        submit(4, BUY, 8, 0),
    )
    assert replacements(rig.give(dividend(4))) == []
    assert [rig.order(number).price for number in (1, 2, 3, 4)] == [102, 0, 105, 0]
    assert [trigger(rig.order(number)) for number in (2, 3)] == [104, 104]


def test_a_dividend_lowers_what_a_replace_has_asked_for() -> None:
    """And the price of the decision."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), replace(1, 12, 99))
    rig.give(dividend(4))
    order = rig.order(1)
    assert (order.price, order.new_price, order.decision_price) == (96, 95, 96)


@pytest.mark.parametrize("amount", [100, 101, 10**6])
def test_an_order_of_which_the_dividend_leaves_no_price_is_asked_to_cancel(amount: int) -> None:
    """It keeps its price until it is gone: 0 would be a market order."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1), stop(2, SELL, 96))
    outputs = rig.give(dividend(amount))
    assert only(CancelOrder, outputs).order == 1
    assert only(OrderCanceled, outputs).order == 2
    assert rig.order(1).price == 100


# --- ratios ---------------------------------------------------------------------------------------

numbers = st.integers(1, 10**6)


@given(numbers, numbers, st.integers(0, 10**15), st.integers(1, 1_000))
def test_a_ratio_rounds_as_exact_rationals_do(new: int, old: int, amount: int, step: int) -> None:
    """Quantities up and down, prices up, down and to the nearest, on any grid."""
    ratio = Ratio(new, old)
    quantity, price = Fraction(amount * new, old), Fraction(amount * old, new)
    assert ratio.up(Quantity(amount)) == -(-quantity // 1)
    assert ratio.down(Quantity(amount)) == quantity // 1
    assert ratio.divides(amount, step) is (quantity % step == 0)
    assert ratio.price_up(Price(amount), Price(step)) == -(-price // step) * step
    assert ratio.price_down(Price(amount), Price(step)) == (
        max(price // step, 1) * step if amount else 0
    )
    assert ratio.nearest(Price(amount)) == (max(round(price), 1) if amount else 0)
