"""Closing positions after a kill: in stages, capped, and only what is certain."""

import msgspec
import pytest

from fairlead.model.inputs import Input, KillPolicyChange, TimePassed
from fairlead.model.risk import KillPolicy
from fairlead.model.risk_terms import KillStep
from fairlead.model.terms import OrderType, Status, TimeInForce
from fairlead.model.units import BasisPoints, Money, Nanos, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    FAILED,
    KILL,
    SECOND,
    SELL,
    STOP,
    UNCONFIRMED,
    VENUE,
    accepted,
    canceled,
    limits,
    quote,
    rejected,
    submit,
)
from tests.machine.street import (
    CLOSING,
    FLATTEN,
    MM,
    PLACES,
    TO_THE_END,
    WIDE,
    Street,
    cancels,
    closings,
    ended,
    kinds,
    notes,
    steps,
    wide,
)

FRESH = quote(99, 101, 100, 100)


# --- what leaves ----------------------------------------------------------------------------------


def test_what_closes_is_capped_takes_at_once_and_has_ids_of_its_own() -> None:
    """B-KILL-01: close-only, capped. The strategy's own ids are not used up."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.takes = False
    street.give(quote(1_000, 1_004, 10, 10))
    [first] = closings(street.give(FLATTEN))
    assert (first.side, first.quantity, first.price) == (SELL, 2, 995)  # a quarter of 10; 0.5 %
    assert (first.order_type, first.time_in_force) == (OrderType.LIMIT, TimeInForce.IOC)
    assert first.order == CLOSING + 1
    assert street.rig.machine.orders.last_id(StrategyId(1)) == 1
    assert street.rig.refused(submit(first.order + 1))["order_id_new"] == (None, None)


def test_a_short_position_is_bought_back() -> None:
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, -9)
    outputs = street.give(FLATTEN) + street.pass_time()
    assert {one.side for one in closings(outputs)} == {BUY}
    assert street.position() == 0


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (FRESH, 25),  # a quarter of what is shown
        (limits(order_quantity_max=Quantity(7)), 7),
        (limits(order_notional_max=Money(900)), 9),
        (quote(99, 101, 1, 1), 1),  # never less than the least that may be traded
    ],
)
def test_no_closing_order_is_larger_than_any_limit_or_the_share_of_what_is_shown(
    change: Input, most: int
) -> None:
    """S0-RISK-13, controls 3 and 4: the rest waits for the next stage."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 90)
    street.hold(2, 1, 1, 80)
    street.takes = False
    [first] = closings(street.give(FRESH, change, FLATTEN))
    assert most // 2 < first.quantity <= most


def test_positions_are_closed_in_stages_of_a_few_orders_of_the_strategies_in_turn() -> None:
    """S0-RISK-13, control 42: not all at once, and never two in one instrument."""
    policy = KillPolicyChange(KillPolicy(stage_orders_max=2), "ann", "gently")
    street = Street(*WIDE, policy)
    for number, place in enumerate(PLACES, 1):
        street.hold(number * 10, *place, 5)
    street.takes = False
    market = [quote(99, 101, instrument=one) for one in (1, 2, 3)]
    stages = [
        closings(street.give(FLATTEN)),
        *[closings(street.wait(1, *market)) for _ in range(5)],
    ]
    for stage in stages:
        assert len({one.instrument for one in stage}) == len(stage) == 2
    turns = [[one.strategy for one in stage] for stage in stages]
    assert turns == [[1, 2], [3, 1], [2, 3]] * 2


def test_a_stage_lasts() -> None:
    """S0-RISK-13: what the market shows anew is not taken at the speed of the wire."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    assert len(closings(street.give(FLATTEN))) == 1
    street.rig.wait(SECOND - 1)
    assert closings(street.give(FRESH, TimePassed())) == []
    street.rig.wait(1)
    assert len(closings(street.give(TimePassed()))) == 1


def test_the_next_stage_waits_until_the_last_one_is_answered_or_has_had_its_time() -> None:
    """What is not answered counts in full, and does not keep the others for ever."""
    street = Street(*WIDE, KillPolicyChange(KillPolicy(stage_orders_max=1), "ann", "one by one"))
    street.hold(1, 1, 1, 9)
    street.hold(2, 2, 2, 9)
    street.deaf[CLOSING + 1] = True
    market = (FRESH, quote(99, 101, instrument=2))
    assert [one.strategy for one in closings(street.give(FLATTEN))] == [1]
    assert closings(street.wait(4, *market)) == []
    assert [one.strategy for one in closings(street.wait(1, *market))] == [2]
    assert next(iter(street.rig.machine.gate.kills.closing)) == CLOSING + 1
    assert street.rig.status(CLOSING + 1) is Status.SENT


def test_what_a_partial_fill_leaves_is_closed_by_the_next_stage() -> None:
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.takes = False
    [first] = closings(street.give(FLATTEN))
    assert first.quantity == 2
    street.give(street.fill(first.order, 1, 99))  # a fill after the cancel: late, and booked
    assert street.position() == 8
    street.takes = True
    street.pass_time()
    assert street.position() == 0


def test_an_order_that_the_venue_turns_down_is_tried_again_until_the_deadline() -> None:
    """B-KILL-02: best effort, and what is left is told."""
    policy = KillPolicyChange(KillPolicy(flatten=Nanos(5 * SECOND)), "ann", "soon")
    street = Street(UNCONFIRMED, policy)
    street.hold(1, 1, 1, 9)
    street.deaf = {CLOSING + number: True for number in range(1, 9)}
    outputs = street.give(FLATTEN)
    sent = closings(outputs)
    for _ in range(5):
        outputs += street.give(rejected(sent[-1].order)) + street.wait(1, FRESH)
        sent = closings(outputs)
    assert len(sent) == 5
    ending = [(KillStep.FLATTENING, 1), (KillStep.VERIFIED, 1), (KillStep.DONE, 1)]
    assert steps(outputs)[-3:] == ending


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (quote(102, 101), "the book is stale"),
        (quote(0, 101), "nobody is on the other side"),
        (DISCONNECTED, "venue_connected"),
    ],
)
def test_without_a_price_that_can_be_believed_an_instrument_waits_and_is_told(
    trouble: Input, reason: str
) -> None:
    """Fail closed: never a wild price."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    outputs = street.give(trouble, FLATTEN) + street.wait(301)
    assert closings(outputs) == []
    assert street.position() == 9
    assert f"left: ABCUSD of strategy 1 ({reason})" in notes(outputs)


def test_an_old_price_is_no_price() -> None:
    """Reference age: the touch was confirmed too long ago."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.rig.wait(2 * SECOND)
    assert closings(street.give(FLATTEN)) == []
    assert len(closings(street.wait(1, FRESH))) == 1


def test_a_price_beyond_the_collar_is_brought_to_the_touch() -> None:
    """The collar holds for a kill too."""
    street = Street(UNCONFIRMED, KillPolicyChange(_offset(2_000), "ann", "boldly"))
    street.hold(1, 1, 1, 9)
    street.takes = False
    [sent] = closings(street.give(quote(1_000, 1_004, 100, 100), FLATTEN))
    assert sent.price == 1_000


def _offset(points: int) -> KillPolicy:
    return KillPolicy(price_offset=BasisPoints(points))


def test_an_instrument_with_an_order_that_nobody_knows_about_is_not_touched() -> None:
    """Invariant 10: what may still fill is not certain."""
    street = Street(UNCONFIRMED, submit(1, SELL, 4, 102), accepted(1))
    street.hold(2, 1, 1, 9)
    street.give(DISCONNECTED, CONNECTED)
    assert street.rig.status(1) is Status.UNKNOWN
    street.deaf[1] = True
    outputs = street.give(FLATTEN) + street.wait(306, FRESH)
    assert closings(outputs) == []
    assert "left: ABCUSD of strategy 1 (orders_unknown)" in notes(outputs)


def test_what_may_still_sell_counts_as_sold() -> None:
    """S3-KILL-01: a cancel that fails does not save the position, as far as it is certain."""
    street = Street(UNCONFIRMED, submit(1, SELL, 4, 105), accepted(1))
    street.hold(2, 1, 1, 9)
    street.deaf[1] = True
    outputs = street.give(FLATTEN) + street.wait(10, FRESH)
    assert (KillStep.CANCELED, 1) in steps(outputs)
    assert sum(one.quantity for one in closings(outputs)) == 5
    assert street.position() == 4


def test_what_strategies_of_an_account_hold_against_each_other_is_flat_already() -> None:
    """Control 42: two sales that are one purchase the other way round help nobody."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.hold(2, 2, 1, -6)
    outputs = street.give(FLATTEN) + street.pass_time()
    assert [one.strategy for one in closings(outputs)] == [1] * len(closings(outputs))
    assert (street.position(1), street.position(2)) == (6, -6)
    assert steps(outputs)[-1] == (KillStep.DONE, 0)


def test_a_killed_strategy_closes_nothing_that_others_of_its_account_hold_against_it() -> None:
    """Selling it would make a position of the account, not close one: it is told instead."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.hold(2, 2, 1, -9)
    outputs = street.give(msgspec.structs.replace(FLATTEN, scope=MM)) + street.pass_time()
    assert closings(outputs) == []
    reason = "others of its account hold as much against it"
    assert f"left: ABCUSD of strategy 1 ({reason})" in notes(outputs)
    assert street.rig.machine.next_due() is None, "nothing that could change is waited for"


def test_a_fill_that_comes_after_the_kill_is_booked_and_closed() -> None:
    """A cancel was confirmed, and the fill came before it at the venue."""
    street = wide(positions=False)
    street.give(FLATTEN)
    street.pass_time()
    outputs = street.give(street.fill(11, 3, 97)) + street.pass_time()
    assert sum(one.quantity for one in closings(outputs)) == 3
    assert kinds(outputs) == [KillStep.FLATTENING, KillStep.VERIFIED, KillStep.DONE]
    assert street.position() == 0


def test_a_strategy_that_failed_is_flattened_like_any_other() -> None:
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.give(FAILED, STOP)
    street.give(msgspec.structs.replace(FLATTEN, scope=MM))
    street.pass_time()
    assert street.position() == 0


def test_positions_are_closed_only_by_those_who_may_where_somebody_is_named() -> None:
    """Control 39: flattening is an authority of its own; all else is obeyed."""
    policy = KillPolicyChange(KillPolicy(flatten_by=("zoe",)), "ann", "as the rules say")
    street = Street(UNCONFIRMED, policy)
    street.hold(1, 1, 1, 9)
    outputs = street.give(TO_THE_END) + street.pass_time()
    assert closings(outputs) == []
    assert "positions stay: ann may not have them closed" in notes(outputs)
    assert ended(outputs) == [VENUE]
    street.give(CONNECTED, msgspec.structs.replace(FLATTEN, person="zoe"))
    street.pass_time()
    assert street.position() == 0


def test_who_kills_the_firm_without_flattening_stops_the_flattening_of_a_part() -> None:
    """The widest kill decides: a flattening that goes wrong can be stopped."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 90)
    street.give(FRESH, msgspec.structs.replace(FLATTEN, scope=MM))
    before = street.position()
    assert 0 < before < 90
    outputs = street.give(KILL) + street.pass_time(20 * SECOND)
    assert closings(outputs) == []
    assert street.position() == before


def test_a_fill_that_comes_while_the_sessions_end_is_closed_as_far_as_can_be() -> None:
    """It is never forgotten: what cannot be closed any more is told."""
    street = Street(UNCONFIRMED, submit(1, BUY, 8, 97), accepted(1))
    street.hangs_up = False
    street.give(TO_THE_END)
    assert street.rig.machine.next_due() is not None
    outputs = street.give(street.fill(1, 3, 97))
    assert len(closings(outputs)) == 1
    outputs += street.wait(3, FRESH)
    assert street.position() == 0
    assert ended(outputs) == [VENUE]


def test_who_may_have_positions_closed_can_say_so_while_the_sessions_end() -> None:
    """What a person without that authority has begun does not keep it from its turn."""
    policy = KillPolicyChange(KillPolicy(flatten_by=("zoe",)), "ann", "as the rules say")
    street = Street(UNCONFIRMED, policy)
    street.hold(1, 1, 1, 2)
    street.hangs_up = False
    assert ended(street.give(TO_THE_END)) == [VENUE]
    street.give(msgspec.structs.replace(FLATTEN, person="zoe"))
    assert street.position() == 0


def test_a_closing_order_that_is_never_answered_is_asked_about_for_ever() -> None:
    """It may still trade: nobody may forget it when the time for closing is over."""
    policy = KillPolicyChange(KillPolicy(flatten=Nanos(5 * SECOND)), "ann", "soon")
    street = Street(UNCONFIRMED, policy)
    street.hold(1, 1, 1, 2)
    street.deaf[CLOSING + 1] = True
    outputs = street.give(FLATTEN, accepted(CLOSING + 1)) + street.wait(5, FRESH)
    assert steps(outputs)[-1] == (KillStep.DONE, 2)
    assert CLOSING + 1 in cancels(street.wait(5, FRESH))
    street.give(canceled(CLOSING + 1))
    street.wait(5)
    assert street.rig.machine.next_due() is None
