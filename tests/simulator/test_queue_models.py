"""Cancels by level: which part of them is thought to have stood before us."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.simulator.queue_models import POWER_MAX, QueueModel, canceled_ahead
from fairlead.simulator.recorded_book import RecordedConfig

SHARES = st.integers(0, 10**12)


def ahead(model: QueueModel, canceled: int, front: int, back: int, power: int = 2) -> int:
    """Return what was canceled before us, counted in single increments."""
    return canceled_ahead(model, canceled, front, back, 1, power)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (QueueModel.PESSIMISTIC, 0),
        (QueueModel.PROPORTIONAL, 100 * 300 // 400),
        (QueueModel.POWER, 100 * 300**2 // (300**2 + 100**2)),
        (QueueModel.LOGARITHMIC, int(100 * log(301) / (log(301) + log(101)))),
    ],
)
def test_each_model_says_which_part_of_a_cancel_stood_before_us(
    model: QueueModel, expected: int
) -> None:
    assert ahead(model, 100, 300, 100) == expected


def test_a_power_of_one_is_proportional() -> None:
    assert ahead(QueueModel.POWER, 77, 13, 200, power=1) == ahead(
        QueueModel.PROPORTIONAL, 77, 13, 200
    )


def test_a_higher_power_lets_the_longer_part_cancel_more() -> None:
    moved = [ahead(QueueModel.POWER, 200, 300, 100, power=n) for n in range(1, POWER_MAX + 1)]
    assert moved == sorted(moved)
    assert moved[0] == 150
    assert moved[-1] == 199


def test_the_logarithm_counts_lots_and_not_decimals() -> None:
    coarse = canceled_ahead(QueueModel.LOGARITHMIC, 100, 300, 100, 1, 1)
    fine = canceled_ahead(QueueModel.LOGARITHMIC, 100_000, 300_000, 100_000, 1_000, 1)
    assert fine // 1_000 == coarse


def test_less_than_a_lot_before_and_behind_us_moves_nothing() -> None:
    assert canceled_ahead(QueueModel.LOGARITHMIC, 5, 5, 5, 10, 1) == 0


@given(st.sampled_from(QueueModel), SHARES, SHARES, SHARES)
def test_nobody_is_moved_further_than_to_the_front_or_by_more_than_left(
    model: QueueModel, canceled: int, front: int, back: int
) -> None:
    canceled = min(canceled, front + back)
    assert 0 <= ahead(model, canceled, front, back) <= min(front, canceled)


@pytest.mark.parametrize("power", [0, POWER_MAX + 1])
def test_a_power_out_of_range_is_refused(power: int) -> None:
    with pytest.raises(ValueError, match=f"queue_power is {power}"):
        RecordedConfig(queue_power=power)
