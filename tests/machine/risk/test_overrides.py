"""Overrides: named checks waived for one order, by two persons, for a time (RTS 6 Art 15(6))."""

from typing import Any, Final

import msgspec
import pytest

from fairlead.machine.risk.overrides import OVERRIDABLE, OVERRIDES_MAX, Overrides
from fairlead.model.inputs import ApproveCommand, Input, OverrideRequest, SubmitRequest
from fairlead.model.outputs import InputRefused, OrderRefused, OverrideUsed, SendOrder
from fairlead.model.units import InstrumentId, Nanos, OrderId, Quantity, StrategyId
from tests.machine.build import (
    KILL,
    SECOND,
    SELL,
    STARTED,
    STOP,
    TAKEN_OFF,
    Rig,
    accepted,
    limits,
    only,
    replace,
    submit,
)
from tests.machine.governed import an_override, approval, proposed

TOO_MUCH: Final = "order_quantity_max"  # 100
LARGE: Final = 150


def large(order: int, **terms: Any) -> SubmitRequest:
    """Return a request for more than one order may have."""
    return submit(order, **{"quantity": LARGE, **terms})


def allowed(*checks: str, span: int = 100 * SECOND, **terms: Any) -> Rig:
    """Return a rig in which ann and bob have waived checks for one order."""
    wide = {"position_quantity_max": Quantity(2_000)}
    rig = Rig(limits(reference_age_max=Nanos(10_000 * SECOND), **wide))
    request = an_override(*(checks or (TOO_MUCH,)), expires=rig.time + span, **terms)
    rig.give(approval(proposed(rig.give(request))))
    return rig


def passes(rig: Rig, *inputs: Input) -> bool:
    """Return whether the last input let an order out."""
    return isinstance(rig.give(*inputs)[-1], SendOrder | OverrideUsed)


def test_one_order_leaves_although_a_check_says_no() -> None:
    rig = allowed()
    outputs = rig.give(large(1))
    assert only(SendOrder, outputs).approved.quantity == LARGE
    used = only(OverrideUsed, outputs)
    assert (used.order, used.checks) == (OrderId(1), (TOO_MUCH,))


def test_it_is_used_once() -> None:
    rig = allowed()
    assert passes(rig, large(1))
    assert rig.refused(large(2)) == {TOO_MUCH: (LARGE, 100)}
    assert rig.machine.gate.overrides.standing(rig.time) == []


def test_it_is_used_up_under_the_number_that_it_was_proposed_with() -> None:
    """Who reads the journal finds the two persons by it."""
    rig = allowed()
    rig.give(approval(proposed(rig.give(an_override("spread", expires=rig.time + SECOND)))))
    assert only(OverrideUsed, rig.give(large(1))).number == 1


def test_an_order_that_needs_none_uses_none() -> None:
    rig = allowed()
    assert passes(rig, submit(1, quantity=100))
    assert passes(rig, large(2))


def test_it_stands_until_it_expires_and_not_longer() -> None:
    rig = allowed(span=100 * SECOND)
    rig.wait(100 * SECOND)
    assert passes(rig, large(1))
    late = allowed(span=100 * SECOND)
    late.wait(100 * SECOND + 1)
    assert TOO_MUCH in late.refused(large(1))


def test_every_failed_check_must_be_waived() -> None:
    rig = allowed()
    assert set(rig.refused(large(1, price=150))) == {TOO_MUCH, "order_notional_max", "price_collar"}
    both = allowed(TOO_MUCH, "order_notional_max", "price_collar")
    assert only(OverrideUsed, both.give(large(1, price=150))).checks == (
        "price_collar",
        TOO_MUCH,
        "order_notional_max",
    )


@pytest.mark.parametrize(
    "terms",
    [
        {"side": SELL},
        {"quantity": 501},
        {"strategy": StrategyId(2)},
        {"instrument": InstrumentId(2)},
    ],
    ids=str,
)
def test_it_is_for_one_strategy_instrument_side_and_quantity(terms: dict[str, Any]) -> None:
    checks = (TOO_MUCH, "order_notional_max", "price_collar")
    rig = allowed(*checks)
    outputs = rig.give(large(1, **terms))
    assert isinstance(outputs[-1], OrderRefused)
    assert passes(rig, large(2))


@pytest.mark.parametrize(
    "check",
    [
        *("killed", "trading_stopped", "strategy_disabled", "limits_set", "book_fresh"),
        *("reference_age", "message_rate", "orders_unknown", "venue_connected", "restricted"),
        *("position_quantity_max", "gross", "gross_share", "capital", "self_trade", "locate"),
        *("loss_day", "loss_day_share", "drawdown", "breaker_halted", "quantity_max", "nonsense"),
    ],
)
def test_what_cannot_be_waived_is_not_even_proposed(check: str) -> None:
    """What says that nothing is known, or that a layer has shut, is nobody's to waive."""
    assert check not in OVERRIDABLE
    rig = Rig()
    [refused] = rig.give(an_override(TOO_MUCH, check, expires=rig.time + SECOND))
    assert isinstance(refused, InputRefused)
    assert refused.reason.startswith(f"{check} cannot be waived")


@pytest.mark.parametrize("shut", [KILL, STOP, TAKEN_OFF], ids=lambda shut: type(shut).__name__)
def test_no_override_gets_past_a_layer_that_has_shut(shut: Input) -> None:
    rig = allowed(*OVERRIDABLE)
    rig.give(shut)
    assert TOO_MUCH in rig.refused(large(1))


def test_an_override_needs_two_persons_like_anything_looser() -> None:
    rig = Rig()
    waits = proposed(rig.give(an_override(TOO_MUCH, expires=rig.time + SECOND)))
    [refused] = rig.give(approval(waits, " ANN"))
    assert isinstance(refused, InputRefused)
    assert TOO_MUCH in rig.refused(large(1))


def test_before_trading_began_it_needs_two_persons_too() -> None:
    assert Rig().machine.state.begun
    rig = Rig()
    rig.machine.state.begun = False
    proposed(rig.give(an_override(TOO_MUCH, expires=rig.time + SECOND)))


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"person": " "}, "it names no person or no reason"),
        ({"reason": " "}, "it names no person or no reason"),
        ({"checks": ()}, "it names no check"),
        ({"strategy": StrategyId(9)}, "its strategy or instrument is not known"),
        ({"instrument": InstrumentId(9)}, "its strategy or instrument is not known"),
        ({"expires": Nanos(SECOND)}, "it has expired before it began"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(terms: dict[str, Any], reason: str) -> None:
    rig = Rig()
    [refused] = rig.give(an_override(TOO_MUCH, **{"expires": rig.time + 1, **terms}))
    assert isinstance(refused, InputRefused)
    assert refused.reason == reason


def test_what_would_have_expired_is_not_approved() -> None:
    rig = Rig()
    waits = proposed(rig.give(an_override(TOO_MUCH, expires=rig.time + SECOND)))
    rig.wait(SECOND + 1)
    [refused] = rig.give(approval(waits))
    assert isinstance(refused, InputRefused)
    assert refused.reason == "the override would have expired already"


def test_a_replace_uses_no_override() -> None:
    """It is for a new order: a working one is made larger by nobody's leave."""
    rig = allowed()
    rig.give(submit(1, quantity=90), accepted(1))
    assert rig.refused(replace(1, LARGE)) == {TOO_MUCH: (LARGE, 100)}
    assert passes(rig, large(2))


def test_it_stands_after_a_restart() -> None:
    rig = allowed()
    rig.give(msgspec.structs.replace(STARTED, epoch=2))
    assert [each.number for each in rig.machine.gate.overrides.standing(rig.time)] == [1]


def test_how_many_stand_is_bounded_and_expired_ones_go_first() -> None:
    overrides = Overrides()
    for number in range(OVERRIDES_MAX):
        overrides.grant(number, _until(100 if number % 2 else 10), Nanos(0))
    overrides.grant(OVERRIDES_MAX, _until(100), Nanos(50))
    assert len(overrides.standing(Nanos(50))) == OVERRIDES_MAX // 2 + 1
    for number in range(OVERRIDES_MAX):
        overrides.grant(number, _until(100), Nanos(50))
    assert len(overrides.standing(Nanos(50))) == OVERRIDES_MAX


def _until(expires: int) -> OverrideRequest:
    return an_override(TOO_MUCH, expires=expires)


def test_the_digest_of_an_approval_is_that_of_the_override() -> None:
    rig = Rig()
    first = proposed(rig.give(an_override(TOO_MUCH, expires=rig.time + SECOND)))
    larger = an_override(TOO_MUCH, expires=rig.time + SECOND, quantity_max=Quantity(501))
    second = proposed(rig.give(larger))
    [refused] = rig.give(ApproveCommand(second.number, first.digest, "bob", "looked"))
    assert isinstance(refused, InputRefused)
