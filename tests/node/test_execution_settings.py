"""The section `execution` says what `orders` and `reconciliation` say."""

import pytest

from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.execution_settings import ExecutionSettings
from fairlead.node.loading import read
from fairlead.node.policy_settings import OrderSettings, ReconciliationSettings

PLAIN = "venue: {kind: recorded, files: [a]}\naccount: {currency: USD, cash: 1}\n"


def configuration(text: str) -> Configuration:
    return read(PLAIN + text, "a.yaml", {})


def test_what_is_not_said_is_as_in_the_other_section() -> None:
    plain = ExecutionSettings()
    assert plain.orders(OrderSettings(max_retries=7)).max_retries == 7
    assert plain.reconciled(ReconciliationSettings(tolerance_bps=3)).tolerance_bps == 3


def test_orders_and_slippage_become_orders() -> None:
    """S4-OMS-01 to 04."""
    own = configuration(
        "execution:\n  order_settings: {default_type: limit, limit_offset_bps: 6,"
        " timeout_seconds: 45, timeout_action: keep, max_retries: 2}\n"
        "  slippage_protection: {max_slippage_bps: 30, action_on_breach: cancel}\n"
    )
    orders = own.execution.orders(own.orders)
    assert (orders.limit_offset_bps, orders.timeout) == (6, 45 * 10**9)
    assert (orders.timeout_action, orders.max_retries) == ("keep", 2)
    assert orders.max_slippage_bps == 30


@pytest.mark.parametrize(
    ("frequency", "seconds"), [("hourly", 3_600), ("daily", 86_400), ("15m", 900)]
)
def test_a_frequency_is_a_word_or_a_span(frequency: str, seconds: int) -> None:
    """B-CFG-02."""
    text = f"execution: {{reconciliation: {{frequency: {frequency}, tolerance: 0.01}}}}\n"
    own = configuration(text)
    reconciled = own.execution.reconciled(own.reconciliation)
    assert (reconciled.interval, reconciled.tolerance_bps) == (seconds * 10**9, 100)
    assert not reconciled.auto_correct


def test_nothing_is_corrected_by_itself_unless_it_is_said() -> None:
    """B-CFG-03."""
    text = "execution: {reconciliation: {on_mismatch: [alert, auto_correct]}}\n"
    own = configuration(text)
    assert own.execution.reconciled(own.reconciliation).auto_correct


def test_one_thing_is_said_under_one_name() -> None:
    text = "orders: {max_retries: 2}\nexecution: {order_settings: {max_retries: 3}}\n"
    with pytest.raises(ConfigurationError) as caught:
        configuration(text)
    assert str(caught.value) == (
        "a.yaml:4:13: execution.order_settings: found this key, expected it under orders alone"
    )
