"""The names that conditions of these tests use, and what is often asked of them."""

from fractions import Fraction
from typing import Final

import pytest

from fairlead.machine.risk.errors import RuleError
from fairlead.machine.risk.rules import Kind, Rule, Value, compile_rule

VOCABULARY: Final = {
    "price": Kind.PRICE,
    "order_price": Kind.PRICE,
    "last_price": Kind.PRICE,
    "order_value": Kind.MONEY,
    "max_order_value": Kind.MONEY,
    "order_size": Kind.QUANTITY,
    "avg_daily_volume": Kind.QUANTITY,
    "mtd_return": Kind.SHARE,
    "daily_pnl": Kind.SHARE,
    "daily_loss": Kind.SHARE,
    "max_divergence": Kind.SHARE,
    "net_exposure": Kind.SHARE,
    "vix": Kind.NUMBER,
    "error_count_1h": Kind.NUMBER,
    "data_age": Kind.DURATION,
    "system_error": Kind.TRUTH,
    "process_alive": Kind.TRUTH,
}
YES: Final[Value] = (1, 1)
NO: Final[Value] = (0, 1)


def rule(text: str) -> Rule:
    """Return a condition over the names of this page."""
    return compile_rule(text, VOCABULARY)


def exact(text: str) -> Value:
    """Return a decimal as a value."""
    return Fraction(text).as_integer_ratio()


def holds(text: str, **values: str) -> bool | None:
    """Return what a condition says of decimal values."""
    return rule(text).holds({name: exact(value) for name, value in values.items()})


def refusal(text: str) -> str:
    """Return why a condition is refused; empty if it is not."""
    try:
        rule(text)
    except RuleError as error:
        return str(error)
    return ""


def caret(text: str) -> str:
    """Return the place of the error as it is shown."""
    with pytest.raises(RuleError) as raised:
        rule(text)
    return raised.value.caret()
