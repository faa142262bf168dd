"""Dynamic limits: applied, ended with hysteresis, by what cannot be measured too, and by whom."""

from typing import Final

from fairlead.model.inputs import Input, OutsideValue, TimePassed
from fairlead.model.outputs import DynamicLimitChanged, Output
from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.units import Nanos
from tests.machine.build import NO_TIME, SECOND, Rig, accepted, cancel, canceled, only, submit
from tests.machine.governed import approval, proposed
from tests.machine.risk.limited import (
    a_rig,
    at_bid,
    breaker,
    changes,
    dynamic,
    limit,
    lose,
    millionths,
    passes,
    refusals,
)
from tests.machine.risk.twin import policy

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


# --- how long a value from outside is believed ----------------------------------------------------

A_DAY: Final = 86_400 * SECOND


def test_a_value_from_outside_that_is_too_old_is_not_known_and_the_stricter_limit_holds() -> None:
    """B-RISK-13: missing and stale are one; at exactly its age it is still believed."""
    rig = a_rig(vix("29.0"), dynamic("vix > 30", LimitKind.POSITION_QUANTITY, "10"))
    rig.give(*lose(1))
    rig.wait(A_DAY)
    assert not [one for one in rig.give(TimePassed()) if isinstance(one, DynamicLimitChanged)]
    rig.wait(1)
    applied = only(DynamicLimitChanged, rig.give(TimePassed()))
    assert (applied.applied, applied.cause) == (True, "vix > 30: vix not known")
    rig.restart()
    assert not only(DynamicLimitChanged, rig.give(vix("29.0"))).applied


def test_a_machine_wakes_by_itself_when_a_value_that_is_asked_for_becomes_too_old() -> None:
    """B-RISK-13: nothing else needs to happen."""
    rig = a_rig(vix("29.0"), OutsideValue("unasked", millionths("1"), NO_TIME))
    rig.wait(SECOND)
    rig.give(dynamic("vix > 30", LimitKind.POSITION_QUANTITY, "10"))
    assert rig.machine.state.deadlines.next_time == rig.time - SECOND + A_DAY + 1
    rig.give(vix(None))
    assert rig.machine.state.deadlines.next_time > rig.time + A_DAY + 1


def test_a_breaker_trips_when_nobody_has_said_the_value_for_too_long() -> None:
    rig = a_rig(vix("29.0"), breaker("vix > 40", state=REDUCE_ONLY))
    rig.wait(A_DAY + 1)
    assert changes(rig.give(TimePassed())) == [("test", "firm", REDUCE_ONLY)]


def test_how_long_it_is_believed_is_set_and_0_is_for_ever() -> None:
    """B-RISK-13: a shorter time holds at once for what was said before."""
    given = dynamic("vix > 30", LimitKind.POSITION_QUANTITY, "10")
    rig = a_rig(vix("29.0"), given)
    rig.loosen(policy(outside_age_max=Nanos(0)))
    rig.wait(1_000 * A_DAY)
    assert not [one for one in rig.give(TimePassed()) if isinstance(one, DynamicLimitChanged)]
    assert only(DynamicLimitChanged, rig.give(policy(outside_age_max=Nanos(SECOND)))).applied
