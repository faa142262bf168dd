"""Limits: what would let everything pass is refused."""

from typing import Any

import msgspec
import pytest

from fairlead.model.limits import Limits, MessageRate
from fairlead.model.units import BasisPoints, InstrumentId, Money, Nanos, Quantity

LIMITS = Limits(
    InstrumentId(1), Quantity(10), Money(1_000), Quantity(20), BasisPoints(500), Nanos(1)
)
RATE = MessageRate(10, 2, Nanos(1))


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("order_quantity_max", -1, "negative"),
        ("order_notional_max", -1, "negative"),
        ("position_quantity_max", -1, "negative"),
        ("collar", -1, "collar"),
        ("collar", 10_000, "collar"),
        ("reference_age_max", 0, "reference_age_max"),
    ],
)
def test_limits_that_bound_nothing_are_refused(field: str, value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=rf"limits of instrument 1: .*{problem}"):
        msgspec.structs.replace(LIMITS, **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("order_quantity_max", 0), ("collar", 0), ("collar", 9_999), ("reference_age_max", 1)],
)
def test_limits_at_the_bound_are_taken(field: str, value: Any) -> None:
    assert getattr(msgspec.structs.replace(LIMITS, **{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value"), [("count_max", -1), ("cancel_reserve", -1), ("window", 0)]
)
def test_a_message_rate_that_means_nothing_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match="message rate"):
        msgspec.structs.replace(RATE, **{field: value})
