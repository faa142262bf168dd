"""Policies: a rule that would let everything pass, or nothing, is refused."""

from typing import Any

import msgspec
import pytest

from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.terms import TimeoutAction


def test_an_order_policy_that_says_nothing_is_the_one_of_the_requirements() -> None:
    """OMS: 5 basis points beyond the touch, 30 s, then cancel; 3 attempts; 20 basis points."""
    policy = OrderPolicy()
    assert (policy.limit_offset, policy.slippage_max, policy.attempts_max) == (5, 20, 3)
    assert (policy.timeout, policy.timeout_action) == (30_000_000_000, TimeoutAction.CANCEL)
    assert not policy.all_orders


def test_a_reconciliation_policy_that_says_nothing_is_the_strictest() -> None:
    """B-CFG-03: nothing is corrected by itself unless a person switches it on."""
    policy = ReconciliationPolicy()
    assert policy.required
    assert policy.tolerance == 0
    assert not policy.auto_correct


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("timeout", -1, "a span of time is negative"),
        ("retry_delay", -1, "a span of time is negative"),
        ("answer_timeout", -1, "a span of time is negative"),
        ("limit_offset", -1, "0 to 9999 basis points"),
        ("limit_offset", 10_000, "0 to 9999 basis points"),
        ("slippage_max", -1, "0 to 9999 basis points"),
        ("slippage_max", 10_000, "0 to 9999 basis points"),
        ("attempts_max", 0, "attempts_max is 0, expected 1 or more"),
    ],
)
def test_an_order_policy_that_means_nothing_is_refused(
    field: str, value: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=rf"order policy: .*{problem}"):
        msgspec.structs.replace(OrderPolicy(), **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout", 0),
        ("retry_delay", 0),
        ("answer_timeout", 0),
        ("limit_offset", 0),
        ("limit_offset", 9_999),
        ("slippage_max", 9_999),
        ("attempts_max", 1),
    ],
)
def test_an_order_policy_at_the_bound_is_taken(field: str, value: Any) -> None:
    assert getattr(msgspec.structs.replace(OrderPolicy(), **{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("interval", -1, "interval is negative"),
        ("tolerance", -1, "0 to 9999 basis points"),
        ("tolerance", 10_000, "0 to 9999 basis points"),
    ],
)
def test_a_reconciliation_policy_that_means_nothing_is_refused(
    field: str, value: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=rf"reconciliation policy: .*{problem}"):
        msgspec.structs.replace(ReconciliationPolicy(), **{field: value})


@pytest.mark.parametrize(("field", "value"), [("interval", 0), ("tolerance", 9_999)])
def test_a_reconciliation_policy_at_the_bound_is_taken(field: str, value: Any) -> None:
    changed = msgspec.structs.replace(ReconciliationPolicy(), **{field: value})
    assert getattr(changed, field) == value
