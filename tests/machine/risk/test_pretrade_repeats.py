"""Duplicate orders, and strategies that trade on and on with nobody looking."""

from typing import Any, Final

import pytest

from fairlead.model.inputs import Input, StrategyStartCommand, SubmitRequest, VenueRejected
from fairlead.model.outputs import CancelOrder, OrderRefused, StrategyDisabled, StrategyEnabled
from fairlead.model.policies import OrderPolicy
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import OrderType, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, StrategyId
from tests.machine.build import (
    POLICY,
    SECOND,
    SELL,
    accepted,
    account,
    busted,
    canceled,
    expired,
    filled,
    only,
    rejected,
    replace,
    replaced,
    strategy,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import MILLION, MINE, Twin, limit, patient, policy

WINDOW: Final = SECOND // 2
OTHER: Final = StrategyId(2)
FIRST_OF_OTHER: Final = 2**40
SAME: Final = {"duplicate_order": (0, WINDOW)}


def twice_rig(*inputs: Input) -> Twin:
    """Return a machine that takes the same order twice in half a second for one too many."""
    return Twin(policy(duplicate_window=Nanos(WINDOW)), *inputs)


# --- duplicates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "failed"),
    [(0, True), (WINDOW - 1, True), (WINDOW, False), (WINDOW + 1, False)],
)
def test_the_same_order_within_the_window_is_refused(age: int, failed: bool) -> None:
    """Control 14, 15c3-5(c)(1)(ii): at the window it passes."""
    rig = twice_rig(submit(1))
    rig.wait(age)
    rig.restart()
    assert rig.says_no(submit(2)) == ({"duplicate_order": (age, WINDOW)} if failed else {})


@pytest.mark.parametrize(
    "terms",
    [
        {"side": SELL},
        {"quantity": 9},
        {"price": 101},
        {"instrument": InstrumentId(2)},
        {"order_type": OrderType.UNSET, "price": 0},
    ],
    ids=["side", "quantity", "price", "instrument", "type"],
)
def test_an_order_that_differs_in_anything_is_no_duplicate(terms: dict[str, Any]) -> None:
    """Control 14."""
    rig = twice_rig(POLICY, submit(1))
    assert rig.says_no(submit(2, **terms)) == {}


def test_the_same_order_of_another_account_is_none_and_of_another_strategy_is() -> None:
    """Control 14: an account cannot want it twice, whoever asks."""
    rig = twice_rig(account(2), strategy(3, account=2), submit(1))
    assert rig.passes(submit(3 * 2**40, strategy=StrategyId(3)))
    assert rig.says_no(submit(FIRST_OF_OTHER, strategy=OTHER)) == SAME


@pytest.mark.parametrize(
    "end",
    [[rejected(1)], [accepted(1), cancel_of(1), canceled(1)], [accepted(1), expired(1)]],
    ids=["rejected", "canceled", "expired"],
)
def test_what_ended_without_a_fill_may_be_asked_for_again(end: list[Input]) -> None:
    """Control 14: a market maker pulls a quote and shows it again."""
    rig = twice_rig(submit(1), *end)
    assert rig.says_no(submit(2)) == {}


@pytest.mark.parametrize(
    "end",
    [
        [filled(1, 8, "e1")],
        [filled(1, 1, "e1"), canceled(1)],
        [accepted(1), cancel_of(1)],
    ],
    ids=["filled", "filled in part", "not canceled yet"],
)
def test_what_traded_or_may_still_trade_is_not_asked_for_again(end: list[Input]) -> None:
    """Control 14: that is the order that somebody sent twice by mistake."""
    rig = twice_rig(submit(1), *end)
    assert rig.says_no(submit(2)) == SAME


def test_what_was_refused_never_left_and_is_no_earlier_order() -> None:
    """Control 14: the first that passes is the first."""
    rig = twice_rig(patient(), submit(1, quantity=900))
    assert rig.says_no(submit(2, quantity=900)).keys() == {
        "order_quantity_max",
        "order_notional_max",
        "position_quantity_max",
    }


def test_an_order_that_was_moved_leaves_its_place_free_and_fills_another() -> None:
    """Control 14: what counts is where it stands now, and where it may."""
    rig = twice_rig(submit(1), accepted(1))
    assert rig.passes(replace(1, 8, 101))
    assert rig.says_no(submit(2, price=101)) == SAME
    assert rig.says_no(submit(3, price=100)) == SAME  # the venue has not agreed yet
    assert rig.says_no(replaced(1, 8, 101), submit(4, price=100)) == {}


def test_new_terms_of_an_order_are_no_new_order() -> None:
    """Control 14: two quotes of a ladder may come to stand at one price."""
    rig = twice_rig(submit(1), accepted(1), submit(2, price=99), accepted(2))
    assert rig.says_no(replace(2, 8, 100)) == {}


def test_market_orders_are_compared_without_a_price() -> None:
    """Control 14: the runaway loop sends those."""
    rig = twice_rig(submit(1, price=0))
    assert rig.says_no(submit(2, price=0)) == SAME


def test_another_attempt_of_one_order_is_no_duplicate_of_itself() -> None:
    """Control 14: the venue said that it has not taken it."""
    now: VenueRejected = rejected(1, transient=True)
    tried = SubmitRequest(
        StrategyId(1),
        submit(1).order,
        InstrumentId(1),
        submit(1).side,
        OrderType.UNSET,
        TimeInForce.GTC,
        False,
        submit(1).quantity,
        submit(1).price,
    )
    short = OrderPolicy(retry_delay=Nanos(1))
    rig = twice_rig(type(POLICY)(short, "ann", "as agreed"))
    rig.give(tried, now)
    rig.wait(1)
    assert rig.passes(submit(2, SELL))
    assert rig.order(1).attempts == 2
    assert rig.order(1).working


def test_without_a_window_nothing_is_a_duplicate() -> None:
    """Control 14: 0 switches it off, and on again nothing of before counts."""
    rig = twice_rig(submit(1), policy())
    assert rig.says_no(submit(2)) == {}
    assert rig.says_no(policy(duplicate_window=Nanos(WINDOW)), submit(3)) == {}
    assert rig.says_no(submit(4)) == SAME


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """It never grows beyond what one window holds."""
    rig = twice_rig(patient())
    sizes = []
    for number in range(1, 41):
        rig.wait(WINDOW // 4)
        rig.give(submit(number, quantity=number))
        sizes.append(len(rig.machine.gate.pretrade.duplicates))
    assert max(sizes) == 4


# --- repeated executions -------------------------------------------------------------------------

THREE: Final = limit(LimitKind.REPEATED_EXECUTIONS, 3 * MILLION, MINE, 10 * SECOND)
LOOKED: Final = StrategyStartCommand(StrategyId(1), "ann", "it is what it should do")


def trade(rig: Twin, number: int) -> list[Any]:
    """Let an order leave and fill; return all that came of the fill."""
    assert rig.passes(submit(number, quantity=1))
    return rig.give(filled(number, 1, f"e{number}"))


def trading_rig(*inputs: Input) -> Twin:
    """Return a machine where three orders may trade in ten seconds."""
    return Twin(THREE, patient(), *inputs)


def test_a_strategy_that_trades_once_too_often_is_taken_off_until_a_person_looks() -> None:
    """Control 13, RTS 6 15(3): its orders are canceled, and a named person lets it on again."""
    rig = trading_rig(submit(1), accepted(1))
    for number in range(2, 5):
        assert not [one for one in trade(rig, number) if isinstance(one, StrategyDisabled)]
    assert rig.passes(submit(5, quantity=1))
    rig.restart()
    outputs = rig.give(filled(5, 1, "e5"))
    off = only(StrategyDisabled, outputs)
    assert (off.strategy, off.reason) == (
        1,
        "4 orders traded within 10 s, at most 3 may before a person looks",
    )
    assert [one.order for one in outputs if isinstance(one, CancelOrder)] == [1]
    rig.restart()
    assert rig.says_no(submit(6)) == {
        "strategy_disabled": (None, None),
        "repeated_executions": (4, 3),
    }
    on = only(StrategyEnabled, rig.give(LOOKED))
    assert (on.strategy, on.person) == (1, "ann")
    assert rig.passes(submit(7))


def test_what_lies_a_window_back_counts_no_more() -> None:
    """Control 13: at the window it is out of it."""
    rig = trading_rig(*[submit(number, quantity=1) for number in range(1, 6)])
    rig.give(filled(1, 1, "e1"))
    rig.wait(10 * SECOND)
    found = rig.give(filled(2, 1, "e2"), filled(3, 1, "e3"), filled(4, 1, "e4"))
    assert not [one for one in found if isinstance(one, StrategyDisabled)]
    rig.wait(10 * SECOND - 1)
    assert only(StrategyDisabled, rig.give(filled(5, 1, "e5"))).strategy == 1


def test_what_is_shown_of_a_window_is_what_lies_in_it() -> None:
    """Control 13: also where nothing traded since."""
    rig = trading_rig(submit(1, quantity=1), filled(1, 1, "e1"))
    for wait, count in ((10 * SECOND - 1, 1), (1, 0)):
        rig.wait(wait)
        shown = rig.shown(submit(20 - count, quantity=1))
        assert [one.measured for one, _ in shown if one.check == "repeated_executions"] == [count]


def test_an_order_that_fills_in_parts_traded_once() -> None:
    """Control 13: it is the re-entry that counts, not how many others it met; a bust is none."""
    rig = trading_rig(submit(1))
    for number in range(8):
        rig.give(filled(1, 1, f"e{number}"))
    rig.give(busted(1, "e3"))
    assert rig.passes(submit(2))


def test_another_strategy_is_not_taken_off() -> None:
    """Control 13: it counts for itself, also where the limit is the firm's."""
    rig = Twin(limit(LimitKind.REPEATED_EXECUTIONS, MILLION, window=SECOND), patient())
    trade(rig, 1)
    request = submit(FIRST_OF_OTHER, quantity=1, strategy=OTHER)
    assert rig.passes(request)
    assert not rig.says_no(filled(FIRST_OF_OTHER, 1, "o1"), submit(2, quantity=1))
    assert only(StrategyDisabled, rig.give(filled(2, 1, "e2"))).strategy == 1
    assert rig.passes(submit(FIRST_OF_OTHER + 1, strategy=OTHER))


def test_the_times_that_are_kept_are_bounded_by_the_limit() -> None:
    """A strategy that is off fills what it has at the venue; that costs no memory."""
    rig = trading_rig(*[submit(number, quantity=1) for number in range(1, 21)])
    rig.give(*[filled(number, 1, f"e{number}") for number in range(1, 21)])
    assert rig.machine.gate.pretrade.repeats.count(StrategyId(1)) == 4


def test_the_refusal_of_a_disabled_strategy_names_who_it_is() -> None:
    """S1-RISK-09: a list of all failed checks."""
    rig = trading_rig()
    for number in range(1, 5):
        trade(rig, number)
    refused = only(OrderRefused, rig.give(submit(9)))
    assert [check.check for check in refused.failed] == ["strategy_disabled", "repeated_executions"]
