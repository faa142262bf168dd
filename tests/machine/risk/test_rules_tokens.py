"""Numbers and their units, as they are written in a condition."""

from fractions import Fraction
from typing import Final

import pytest

from tests.machine.risk.conditions import rule

SECOND: Final = 10**9
WRITTEN: Final = [
    ("net_exposure == 5%", Fraction(5, 100)),
    ("net_exposure == 0.5%", Fraction(5, 1000)),
    ("net_exposure == 20bps", Fraction(2, 1000)),
    ("net_exposure == 2.5bps", Fraction(25, 100_000)),
    ("vix == 1_000_000.25", Fraction(100_000_025, 100)),
    ("vix == -0.050", Fraction(-5, 100)),
    ("vix == 0.1 + 0.2", Fraction(3, 10)),
    ("vix == 1 / 3 + 1 / 3 + 1 / 3", Fraction(1)),
    ("vix == 2 + 3 * 4 - 6 / 3", Fraction(12)),
    ("vix == (2 + 3) * -(4 - 6) / 4", Fraction(5, 2)),
    ("vix == 8 / 4 / 2 - 1 - 1", Fraction(-1)),
    ("vix == max(1, 3, 2) - min(1, 3, 2)", Fraction(2)),
    ("vix == abs(2 - 5) + abs(5 - 2) + abs(0)", Fraction(6)),
    ("vix == 1 / -4", Fraction(-1, 4)),
    ("data_age == 300ms", Fraction(300 * 10**6)),
    ("data_age == 60s", Fraction(60 * SECOND)),
    ("data_age == 5m", Fraction(300 * SECOND)),
    ("data_age == 2h", Fraction(7200 * SECOND)),
    ("data_age == 1d", Fraction(86_400 * SECOND)),
    ("data_age == 1.5h", Fraction(5400 * SECOND)),
    ("data_age == 2 * 1h + 30m - 1d / 4", Fraction(-12_600 * SECOND)),
    ("data_age\n\t ==\r\n2h", Fraction(7200 * SECOND)),
]


@pytest.mark.parametrize(("text", "value"), WRITTEN)
def test_a_number_is_exactly_what_is_written(text: str, value: Fraction) -> None:
    """B-CFG-02, B-RISK-11: units are part of the number, and no float is on the way."""
    compiled = rule(text)
    [name] = compiled.names
    assert compiled.holds({name: value.as_integer_ratio()}) is True
    for near in (value + Fraction(1, 10**20), value - Fraction(1, 10**20)):
        assert compiled.holds({name: near.as_integer_ratio()}) is False
