"""What strategies ask for: out through the gate, or refused with every reason."""

import pytest

from fairlead.model.inputs import Input
from fairlead.model.outputs import Approved, CancelOrder, OrderRefused, ReplaceOrder, SendOrder
from fairlead.model.terms import OrderType, Status, TimeInForce
from fairlead.model.units import InstrumentId, Money, StrategyId
from tests.machine.build import (
    DISCONNECTED,
    KILL,
    SELL,
    Rig,
    accepted,
    account,
    cancel,
    canceled,
    filled,
    only,
    quote,
    rate,
    rejected,
    replace,
    replaced,
    sends_cancel,
    strategy,
    submit,
)

ONE = InstrumentId(1)


# --- new orders ----------------------------------------------------------------------------------


def test_an_order_that_passes_leaves_as_risk_approved_it() -> None:
    """Invariant 3, B-EVT-03: the whole order and what risk saw of it are in the action."""
    rig = Rig()
    request = submit(1, SELL, 8, 102, post_only=True, time_in_force=TimeInForce.GTC, tag="quote 7")
    approved = only(SendOrder, rig.give(request)).approved
    assert isinstance(approved, Approved)
    assert (approved.order, approved.strategy, approved.instrument) == (1, 1, 1)
    assert (approved.side, approved.order_type) == (SELL, OrderType.LIMIT)
    assert (approved.post_only, approved.time_in_force) == (True, TimeInForce.GTC)
    assert (approved.quantity, approved.price, approved.price_worst) == (8, 102, 102)
    assert (approved.reference_price, approved.notional) == (100, 816)
    assert approved.position_worst == -8
    assert (rig.status(1), rig.order(1).tag, rig.order(1).time) == (
        *(Status.SENT, "quote 7"),
        rig.time,
    )


def test_an_order_counts_from_the_moment_it_is_approved() -> None:
    """B-RISK-10: before anything of it was written, sent or answered."""
    rig = Rig()
    rig.give(submit(1))
    assert rig.working() == 8


def test_a_refused_order_is_kept_and_its_id_is_burned() -> None:
    """B-OMS-12, control 15: nothing leaves, nothing counts, and the id is used."""
    rig = Rig()
    assert "order_quantity_max" in rig.refused(submit(1, quantity=101))
    assert (rig.status(1), rig.working()) == (Status.REFUSED, 0)
    assert list(rig.refused(submit(1))) == ["order_id_new"]


@pytest.mark.parametrize(
    ("request_of", "failed"),
    [
        (submit(1, strategy=StrategyId(9)), ["strategy_known"]),
        (submit(1, instrument=InstrumentId(9)), ["instrument_known"]),
        (submit(0), ["order_id_new"]),
        (submit(-1), ["order_id_new"]),
        (submit(1, strategy=StrategyId(3)), ["account_currency"]),
        (submit(1, strategy=StrategyId(4)), ["account_money_decimals"]),
        (
            submit(0, strategy=StrategyId(9), instrument=InstrumentId(9)),
            ["strategy_known", "instrument_known", "order_id_new"],
        ),
    ],
)
def test_a_request_with_names_that_mean_nothing_is_refused_with_all_of_them(
    request_of: Input, failed: list[str]
) -> None:
    """B-OMS-14, invariant 12: an order nobody can account for never reaches the gate."""
    rig = Rig(
        account(2, currency="EUR"), account(3, money_decimals=8), strategy(3, 2), strategy(4, 3)
    )
    assert list(rig.refused(request_of)) == failed
    assert rig.machine.orders.all() == []


def test_ids_rise_within_a_strategy_and_are_unique_over_all() -> None:
    """Control 15: an id says who asked and when, also after a restart."""
    rig = Rig(submit(5), submit(3, strategy=StrategyId(2)))
    assert "order_id_new" in rig.refused(submit(4))
    assert "order_id_new" in rig.refused(submit(5, strategy=StrategyId(2)))
    only(SendOrder, rig.give(submit(6)))


def test_a_market_order_says_the_worst_price_it_may_trade_at() -> None:
    """Control 4: the edge of the collar, rounded to the inside."""
    rig = Rig(quote(99, 100))  # the mid is 99.5: 10 % around it are 89.55 and 109.45
    buy = only(SendOrder, rig.give(submit(1, price=0))).approved
    sell = only(SendOrder, rig.give(submit(2, SELL, price=0))).approved
    assert (buy.price, buy.price_worst, sell.price_worst) == (0, 109, 90)


# --- cancels -------------------------------------------------------------------------------------


def test_asking_twice_to_cancel_sends_one_message() -> None:
    """B-OMS-07: idempotent."""
    rig = Rig(submit(1), accepted(1))
    assert rig.give(cancel(1)) == [sends_cancel(1)]
    assert rig.give(cancel(1), cancel(1)) == []


@pytest.mark.parametrize(
    ("before", "request_of", "failed"),
    [
        ([], cancel(9), "order_known"),
        ([submit(1)], cancel(1, strategy=2), "order_own"),
        ([submit(1), rejected(1)], cancel(1), "order_working"),
        ([submit(1), accepted(1), canceled(1)], cancel(1), "order_working"),
        ([submit(1), accepted(1), filled(1, 8, "E1")], cancel(1), "order_working"),
        ([submit(1, quantity=999)], cancel(1), "order_working"),
    ],
)
def test_a_cancel_of_what_is_not_ones_own_working_order_is_refused(
    before: list[Input], request_of: Input, failed: str
) -> None:
    """S1-OMS-09: unknown, another strategy's, or done already."""
    rig = Rig(*before)
    [refused] = rig.give(request_of)
    assert isinstance(refused, OrderRefused)
    assert refused.request == "cancel"
    assert [check.check for check in refused.failed] == [failed]


def test_a_cancel_of_an_unknown_order_is_tried_and_proves_nothing() -> None:
    """Invariant 10: the message may get through; the order counts on."""
    rig = Rig(submit(1), accepted(1), DISCONNECTED)
    assert rig.give(cancel(1)) == [sends_cancel(1)]
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8)


def test_a_cancel_passes_where_no_order_would() -> None:
    """B-RISK-08: kill, stale book and closed instrument never stop a cancel."""
    rig = Rig(submit(1), accepted(1), filled(99, 1, "E9"), quote(101, 101))
    assert rig.give(cancel(1)) == [sends_cancel(1)]


def test_cancels_have_a_reserve_and_an_end() -> None:
    """Control 11: orders never starve cancels; a strategy gone wild is stopped all the same."""
    rig = Rig(rate(3, 1), submit(1), submit(2), submit(3))
    rig.give(accepted(1), accepted(2), accepted(3))
    assert rig.refused(submit(4)) == {"message_rate": (4, 3)}
    assert rig.give(cancel(1)) == [sends_cancel(1)]
    assert rig.refused(cancel(2)) == {"message_rate": (5, 4)}
    assert rig.status(2) is Status.OPEN


def test_a_kill_cancels_all_whatever_the_message_rate_says() -> None:
    """Control 39, S0 kill: nothing holds back what makes the risk smaller."""
    rig = Rig(rate(3, 0), *(submit(number) for number in (1, 2, 3)))
    rig.give(accepted(1), accepted(2), accepted(3))
    canceled_orders = [out for out in rig.give(KILL) if isinstance(out, CancelOrder)]
    assert [action.order for action in canceled_orders] == [1, 2, 3]


# --- replaces ------------------------------------------------------------------------------------


def test_a_replace_leaves_with_its_whole_quantity() -> None:
    """The total, what is filled included, as the venue will repeat it."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "E1"))
    approved = only(ReplaceOrder, rig.give(replace(1, 10, 101))).approved
    assert (approved.quantity, approved.price, approved.position_worst) == (10, 101, 10)
    assert rig.status(1) is Status.REPLACE_PENDING


@pytest.mark.parametrize(
    ("before", "request_of", "failed"),
    [
        ([], replace(9, 10), {"order_known": (None, None)}),
        ([], replace(1, 10, strategy=StrategyId(2)), {"order_own": (None, None)}),
        ([], replace(1, 10, instrument=InstrumentId(2)), {"order_own": (None, None)}),
        ([], replace(1, 10), {"order_open": (None, None)}),
        ([accepted(1), cancel(1)], replace(1, 10), {"order_open": (None, None)}),
        ([accepted(1), replace(1, 9)], replace(1, 10), {"order_open": (None, None)}),
        ([accepted(1), DISCONNECTED], replace(1, 10), {"order_open": (None, None)}),
        ([accepted(1), canceled(1)], replace(1, 10), {"order_open": (None, None)}),
        ([accepted(1), filled(1, 3, "E1")], replace(1, 3), {"quantity_above_filled": (3, 4)}),
        (
            [submit(2, price=0), accepted(2), filled(2, 3, "E1")],
            replace(2, 2),
            {"order_limit": (None, None), "quantity_above_filled": (2, 4)},
        ),
    ],
)
def test_a_replace_of_what_cannot_be_replaced_is_refused(
    before: list[Input], request_of: Input, failed: dict[str, tuple[int | None, int | None]]
) -> None:
    """B-OMS-03: only one's own open limit order, to more than is filled."""
    rig = Rig(submit(1), *before)
    working = rig.working()
    assert rig.refused(request_of) == failed
    assert rig.working() == working


def test_a_replace_passes_the_same_gate_as_an_order() -> None:
    """B-OMS-16, 15c3-5: new terms are a new decision, with all that failed."""
    rig = Rig(submit(1), accepted(1))
    assert list(rig.refused(replace(1, 101, 150))) == ["price_collar", "order_quantity_max"]
    assert (rig.status(1), rig.order(1).quantity, rig.working()) == (Status.OPEN, 8, 8)


def test_an_order_may_be_replaced_again_when_the_first_replace_is_answered() -> None:
    """One replace at a time, so that every answer has its question."""
    rig = Rig(submit(1), accepted(1), replace(1, 10), replaced(1, 10))
    only(ReplaceOrder, rig.give(replace(1, 12)))


def test_money_of_the_account_is_never_moved_by_a_request() -> None:
    """S1-POS-06: positions and cash follow fills, and nothing else."""
    rig = Rig(submit(1), accepted(1), replace(1, 10), cancel(1))
    assert rig.account().cash == Money(1_000_000)
    assert rig.machine.positions.all() == []
