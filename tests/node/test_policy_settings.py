"""The sections about policies say what the policies of the model say, and nothing looser."""

import pytest
from pydantic import ValidationError

from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.terms import MarkPolicy, TimeoutAction
from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import read
from fairlead.node.policy_settings import MarkSettings, OrderSettings, ReconciliationSettings

PLAIN = "venue: {kind: recorded, files: [a]}\naccount: {currency: USD, cash: 1}\n"


def configuration(text: str) -> Configuration:
    return read(PLAIN + text, "a.yaml", {})


def test_what_is_not_set_is_as_in_the_model() -> None:
    """S4-OMS-01 to 04: 5 basis points, 30 s and cancel, 3 attempts, 20 basis points."""
    plain = configuration("")
    assert plain.orders.policy() == OrderPolicy()
    assert plain.reconciliation.policy() == ReconciliationPolicy()
    assert (plain.marks.kind(), plain.marks.age_max) == (MarkPolicy.TOUCH, 0)


def test_every_value_of_the_order_policy_can_be_set() -> None:
    text = (
        "orders:\n  limit_offset_bps: 7\n  timeout: 2m\n  timeout_action: keep\n"
        "  max_retries: 4\n  retry_delay: 250ms\n  max_slippage_bps: 30\n"
        "  answer_timeout: 3s\n  all_orders: true\n"
    )
    policy = configuration(text).orders.policy()
    assert (policy.limit_offset, policy.slippage_max, policy.attempts_max) == (7, 30, 4)
    assert (policy.timeout, policy.timeout_action) == (120_000_000_000, TimeoutAction.KEEP)
    assert (policy.retry_delay, policy.answer_timeout) == (250_000_000, 3 * NANOS_PER_SECOND)
    assert policy.all_orders


def test_every_value_of_the_reconciliation_policy_can_be_set() -> None:
    text = (
        "reconciliation: {required: false, interval: 0s, tolerance_bps: 100,"
        " auto_correct: true, owner: desk}\n"
    )
    policy = configuration(text).reconciliation.policy()
    assert (policy.required, policy.interval, policy.tolerance) == (False, 0, 100)
    assert (policy.auto_correct, policy.owner) == (True, "desk")


@pytest.mark.parametrize("policy", MarkPolicy)
def test_every_mark_can_be_chosen(policy: MarkPolicy) -> None:
    text = f"marks: {{policy: {policy.name.lower()}, age_max: 2s}}\n"
    marks = configuration(text).marks
    assert (marks.kind(), marks.age_max) == (policy, 2 * NANOS_PER_SECOND)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("orders: {limit_offset_bps: 10000}", "orders.limit_offset_bps"),
        ("orders: {max_slippage_bps: -1}", "orders.max_slippage_bps"),
        ("orders: {max_retries: 0}", "orders.max_retries"),
        ("orders: {timeout_action: sell}", "orders.timeout_action"),
        ("orders: {timeout: -1s}", "orders.timeout"),
        ("reconciliation: {tolerance_bps: 10000}", "reconciliation.tolerance_bps"),
        ("reconciliation: {owner: ''}", "reconciliation.owner"),
        ("reconciliation: {required: yes}", "reconciliation.required"),
        ("marks: {policy: bid}", "marks.policy"),
    ],
)
def test_a_value_that_means_nothing_is_named(text: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"a.yaml:3:.*: {key}: found"):
        configuration(text)


@pytest.mark.parametrize("section", [OrderSettings, ReconciliationSettings, MarkSettings])
def test_a_policy_is_frozen(
    section: type[OrderSettings] | type[ReconciliationSettings] | type[MarkSettings],
) -> None:
    settings = section()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, next(iter(section.model_fields)), 0)
