"""Price floor, share of volume, and what is counted: working, unanswered, messages per trade."""

import msgspec
import pytest

from fairlead.model.inputs import BookGap, Input, ReplaceRequest
from fairlead.model.outputs import CancelOrder, LimitAlert
from fairlead.model.risk_terms import AlertLevel, LimitKind
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    SECOND,
    SELL,
    accepted,
    canceled,
    filled,
    only,
    quote,
    rejected,
    replace,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import (
    FAR,
    MAIN,
    MILLION,
    MINE,
    Twin,
    far,
    limit,
    patient,
    policy,
    profile,
)

FLOOR = limit(LimitKind.PRICE_FLOOR, MILLION)  # 1.00 a unit: 100 increments
OTHER = StrategyId(2)


def working(most: int, **terms: object) -> Input:
    """Return a limit of working orders of strategy 1."""
    return msgspec.structs.replace(limit(LimitKind.WORKING_ORDERS, most * MILLION, MINE), **terms)


# --- price floor ---------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
def test_a_price_at_the_floor_passes_and_one_below_does_not(side: Side) -> None:
    """S4-RISK-03, "no penny stocks": equality passes."""
    rig = Twin(FLOOR)
    assert rig.says_no(submit(1, side, price=101)) == {}
    assert rig.says_no(submit(2, side, price=100)) == {}
    rig.restart()
    assert rig.says_no(submit(3, side, price=99)) == {"price_floor": (99, 100)}


def test_at_the_market_the_reference_is_held_against_the_floor() -> None:
    """S4-RISK-03: not the edge of the collar, which lies above it for a buy."""
    rig = Twin(FLOOR)
    assert rig.says_no(submit(1, price=0)) == {}
    rig.give(quote(98, 101))  # the middle is 99.5
    assert rig.says_no(submit(2, price=0)) == {"price_floor": (99, 100)}


def test_without_a_reference_nobody_knows_the_price_of_a_market_order() -> None:
    """B-RISK-13: missing and stale input fail."""
    rig = Twin(FLOOR, BookGap(InstrumentId(1), "lost"))
    assert rig.says_no(submit(1, price=0))["price_floor"] == (None, 100)
    rig = Twin(FLOOR)
    rig.wait(SECOND + 1)
    assert rig.says_no(submit(1, price=0))["price_floor"] == (None, 100)


def test_what_has_become_a_penny_stock_may_be_left() -> None:
    """B-RISK-08: a sell that reduces passes, one unit more does not."""
    rig = Twin(FLOOR, submit(1, price=101), accepted(1), filled(1, 8, "e1", 101))
    rig.give(quote(94, 96))
    assert rig.says_no(submit(2, SELL, 9, 95)) == {"price_floor": (95, 100)}
    assert rig.says_no(submit(3, SELL, 8, 95)) == {}


# --- share of the average daily volume -----------------------------------------------------------


def volume_rig(*inputs: Input) -> Twin:
    """Return a machine where an order may be 10 % of the average daily volume."""
    return Twin(limit(LimitKind.ORDER_VOLUME_SHARE, 100_000), *inputs)


def test_an_order_of_a_tenth_of_the_volume_passes_and_one_unit_more_does_not() -> None:
    """S0-RISK-02, control 6: equality passes."""
    rig = volume_rig(profile(average_daily_volume=500 * MILLION))
    assert rig.says_no(submit(1, quantity=49)) == {}
    assert rig.says_no(submit(2, quantity=50)) == {}
    rig.restart()
    assert rig.says_no(submit(3, quantity=51)) == {"volume_share": (102_000, 100_000)}


def test_a_share_just_beyond_the_limit_is_never_measured_as_the_limit() -> None:
    """Control 6: it is rounded up."""
    rig = volume_rig(profile(average_daily_volume=500 * MILLION - 1))
    assert rig.says_no(submit(1, quantity=50)) == {"volume_share": (100_001, 100_000)}


@pytest.mark.parametrize("volume", [None, 0])
def test_a_volume_that_nobody_knows_refuses(volume: int | None) -> None:
    """S0-RISK-02: unknown ADV rejects; so does none at all."""
    assert volume_rig().says_no(submit(1)) == {"volume_share": (None, 100_000)}
    rig = volume_rig(profile(average_daily_volume=volume))
    assert rig.says_no(submit(1)) == {"volume_share": (None, 100_000)}


# --- working orders ------------------------------------------------------------------------------


def test_as_many_orders_work_as_the_limit_says_and_one_more_does_not() -> None:
    """Control 10: counted from when they leave."""
    rig = Twin(working(3), submit(1), submit(2))
    assert rig.says_no(submit(3)) == {}
    rig.restart()
    assert rig.says_no(submit(4)) == {"working_orders": (4, 3)}


def test_room_comes_back_when_the_venue_says_that_an_order_is_gone() -> None:
    """Control 10: not when it is asked to cancel; a reject and a fill give room as well."""
    rig = Twin(working(1), submit(1), accepted(1), cancel_of(1))
    assert rig.says_no(submit(2)) == {"working_orders": (2, 1)}
    rig.give(canceled(1))
    assert rig.passes(submit(3))
    assert rig.passes(rejected(3), submit(4))
    assert rig.says_no(accepted(4), filled(4, 7, "e1"), submit(5)) == {"working_orders": (2, 1)}
    assert rig.passes(filled(4, 1, "e2"), submit(6))


def test_every_scope_counts_the_orders_that_are_in_it() -> None:
    """Control 10: an account over its strategies and instruments, a strategy its own."""
    rig = Twin(limit(LimitKind.WORKING_ORDERS, 3 * MILLION, MAIN), working(2))
    assert rig.passes(submit(1), submit(2))
    assert rig.says_no(submit(3)) == {"working_orders": (3, 2)}
    two = InstrumentId(2)
    assert rig.passes(submit(2**40, strategy=OTHER, instrument=two))
    assert rig.says_no(submit(2**40 + 1, strategy=OTHER)) == {"working_orders": (4, 3)}


def test_new_terms_are_no_order_more() -> None:
    """Control 10: a replace passes where a new order would not."""
    rig = Twin(working(1), submit(1), accepted(1))
    request: ReplaceRequest = replace(1, 9)
    assert rig.passes(request)


def test_a_limit_warns_at_seventy_percent_of_it() -> None:
    """The tree of limits: 7 of 10 orders."""
    rig = Twin(working(10))
    for number in range(1, 7):
        assert not [one for one in rig.give(submit(number)) if isinstance(one, LimitAlert)]
    alert = only(LimitAlert, rig.give(submit(7)))
    assert (alert.level, alert.measured) == (AlertLevel.WARNING, 7 * MILLION)


# --- orders without an answer --------------------------------------------------------------------


def test_a_venue_that_does_not_answer_gets_no_more_than_the_limit() -> None:
    """Control 34: more than N orders without an acknowledgement."""
    rig = Twin(limit(LimitKind.UNACKNOWLEDGED, 2 * MILLION), submit(1))
    assert rig.passes(submit(2))
    rig.restart()
    assert rig.says_no(submit(3)) == {"unacknowledged": (3, 2)}
    assert rig.passes(accepted(1), submit(4))
    assert rig.passes(rejected(2), submit(5))


def test_an_order_without_an_answer_pauses_its_venue_when_it_is_too_old() -> None:
    """Control 34: at the age it passes; other venues go on, and cancels leave."""
    rig = Twin(policy(unacknowledged_age_max=Nanos(5 * SECOND)), patient(), *far())
    rig.give(submit(1), accepted(1), submit(2))
    rig.wait(5 * SECOND)
    assert rig.passes(submit(3))
    rig.wait(1)
    rig.restart()
    assert rig.says_no(submit(4)) == {"unacknowledged_age": (5 * SECOND + 1, 5 * SECOND)}
    assert rig.says_no(replace(1, 9)) == {"unacknowledged_age": (5 * SECOND + 1, 5 * SECOND)}
    assert rig.passes(submit(5, instrument=FAR))
    assert only(CancelOrder, rig.give(cancel_of(1))).order == 1
    assert rig.passes(accepted(2), submit(6))


def test_an_order_whose_outcome_nobody_knows_was_never_answered() -> None:
    """Control 34: a session that breaks and stands again answers nothing."""
    rig = Twin(policy(unacknowledged_age_max=Nanos(5 * SECOND)), patient(), patient(2))
    rig.give(submit(1), DISCONNECTED, CONNECTED)
    rig.wait(5 * SECOND + 1)
    failed = rig.says_no(submit(2, instrument=InstrumentId(2)))
    assert failed["unacknowledged_age"] == (5 * SECOND + 1, 5 * SECOND)


# --- messages per trade --------------------------------------------------------------------------


def test_messages_per_trade_reach_the_limit_and_go_no_further() -> None:
    """Control 12, RTS 9: messages / trades - 1; before the first as if that was about to come."""
    rig = Twin(limit(LimitKind.ORDER_TO_TRADE, 3 * MILLION, MINE))
    rig.give(submit(1), accepted(1), cancel_of(1), canceled(1), submit(2), accepted(2))
    assert rig.says_no(replace(2, 9)) == {}
    rig.restart()
    assert rig.says_no(submit(3)) == {"order_to_trade": (4 * MILLION, 3 * MILLION)}
    rig.give(filled(2, 1, "e1"), filled(2, 1, "e2"))  # two trades are good for eight messages
    for number in range(4, 8):
        assert rig.passes(submit(number, quantity=1))
    assert rig.says_no(submit(8)) == {"order_to_trade": (3_500_000, 3 * MILLION)}
    assert rig.passes(submit(9, SELL, 2))  # it reduces


def test_a_quantity_in_parts_of_a_unit_is_held_to_its_share() -> None:
    """Control 6: 0.50 of 5.00 whole units are a tenth."""
    rig = Twin(
        limit(LimitKind.ORDER_VOLUME_SHARE, 100_000),
        *far(price_decimals=0, quantity_decimals=2, quantity_max=Quantity(10_000)),
        profile(3, average_daily_volume=5 * MILLION),
    )
    assert rig.says_no(submit(1, quantity=50, instrument=FAR)) == {}
    assert rig.says_no(submit(2, quantity=51, instrument=FAR)) == {
        "volume_share": (102_000, 100_000)
    }
