"""Dynamic limits: applied, ended with hysteresis, by what cannot be measured too, and by whom."""

from typing import Final

from fairlead.model.inputs import Input, OutsideValue, TimePassed
from fairlead.model.outputs import DynamicLimitChanged, Output
from fairlead.model.risk_terms import BreakerState, LimitKind
from tests.machine.build import NO_TIME, SECOND, Rig, accepted, cancel, canceled, only, submit
from tests.machine.governed import approval, proposed
from tests.machine.risk.limited import (
    a_rig,
    at_bid,
    changes,
    dynamic,
    limit,
    lose,
    millionths,
    passes,
    refusals,
)

ACTIVE: Final = BreakerState.ACTIVE
REDUCE_ONLY: Final = BreakerState.REDUCE_ONLY


def vix(value: str | None) -> OutsideValue:
    """Return a volatility index, or that nobody knows it."""
    return OutsideValue("vix", None if value is None else millionths(value), NO_TIME)


def second(rig: Rig, given: Input) -> list[Output]:
    """Return what comes of a change that a second person approves."""
    return rig.give(approval(proposed(rig.give(given))))


def test_a_dynamic_limit_applies_and_ends_by_its_hysteresis() -> None:
    """S4-RISK-09: mtd_return < -0.05 -> max_position; recorded both ways."""
    given = dynamic(
        "mtd_return < -0.0005", LimitKind.POSITION_QUANTITY, "10", recovered="mtd_return > -0.0002"
    )
    rig = a_rig(given, *lose(100))
    rig.give(at_bid(95))
    assert passes(rig, submit(2, quantity=11))
    outputs = rig.give(at_bid(94), submit(3, quantity=11))
    applied = only(DynamicLimitChanged, outputs)
    assert (applied.applied, applied.cause) == (True, "mtd_return < -0.0005: mtd_return -0.0006")
    assert [check for check, *_ in refusals(outputs)] == ["position_quantity"]
    rig.restart()
    rig.give(at_bid(98))
    rig.wait(SECOND)
    assert rig.give(TimePassed()) == []
    assert refusals(rig.give(submit(4, quantity=11))) != []
    outputs = rig.give(at_bid(99), submit(5, quantity=11))
    assert not only(DynamicLimitChanged, outputs).applied
    assert refusals(outputs) == []


def test_the_gross_exposure_is_less_while_the_vix_is_high_or_not_known() -> None:
    """S4-RISK-10: vix > 30 -> gross 1.5, missing VIX -> the stricter limit."""
    rig = a_rig(limit(LimitKind.GROSS_SHARE, "0.02"))
    rig.give(dynamic("vix > 30", LimitKind.GROSS_SHARE, "0.015"))
    quantities = {None: 150, "30": 200, "30.000001": 150}
    for number, (value, most) in enumerate(quantities.items()):
        rig.wait(SECOND)
        rig.give(vix(value))
        over, at = (
            submit(10 * number + 1, quantity=most + 1),
            submit(10 * number + 2, quantity=most),
        )
        assert [check for check, *_ in refusals(rig.give(over))] == ["gross_share"]
        assert passes(rig, at)
        rig.give(accepted(10 * number + 2))
        rig.give(cancel(10 * number + 2), canceled(10 * number + 2))


def test_a_dynamic_limit_that_is_defined_anew_is_asked_anew() -> None:
    """The old limit ends with the old definition."""
    rig = a_rig(vix("31"), dynamic("vix > 30", LimitKind.POSITION_QUANTITY, "10"))
    outputs = second(rig, dynamic("vix > 40", LimitKind.POSITION_QUANTITY, "10"))
    assert not only(DynamicLimitChanged, outputs).applied
    assert passes(rig, submit(1, quantity=11))


def test_a_loss_limit_may_be_dynamic() -> None:
    """What a dynamic limit brings is asked with the same input."""
    rig = a_rig(vix("12"), *lose(300))
    rig.give(dynamic("vix > 30", LimitKind.LOSS_DAY, "2"))
    assert passes(rig, submit(2, quantity=1))
    assert changes(rig.give(vix("31"))) == [("loss_day", "firm", REDUCE_ONLY)]
    assert changes(rig.give(vix("12"))) == [("loss_day", "firm", ACTIVE)]


def test_a_dynamic_limit_that_is_another_needs_two_persons_and_the_same_one_none() -> None:
    """Control 48."""
    rig = a_rig(vix("12"), dynamic("vix > 30", LimitKind.GROSS, "5"))
    assert rig.give(dynamic("vix > 30", LimitKind.GROSS, "5")) == []
    again = proposed(rig.give(dynamic("vix > 30", LimitKind.GROSS, "4")))
    assert again.what == "dynamic limit test"
