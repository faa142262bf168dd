"""Instruments: terms under which money would not be exact are refused."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Price, Quantity, Rate
from tests.model.records import record

ABC = Instrument(
    InstrumentId(1),
    "ABC",
    "SIM",
    "USD",
    InstrumentKind.SPOT,
    price_decimals=2,
    quantity_decimals=3,
    money_decimals=8,
    price_tick=Price(5),
    quantity_lot=Quantity(10),
    quantity_min=Quantity(10),
    quantity_max=Quantity(10_000),
    notional_min=Money(0),
    maker_fee=Rate(0),
    taker_fee=Rate(0),
)


@given(record(Instrument))
def test_an_increment_of_price_on_one_of_quantity_is_whole_money(instrument: Instrument) -> None:
    decimals = instrument.price_decimals + instrument.quantity_decimals
    assert instrument.money_unit * 10**decimals == 10**instrument.money_decimals


def test_the_money_unit_of_two_and_three_decimals_in_eight_is_a_thousand() -> None:
    assert ABC.money_unit == 1_000


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("instrument", 0, "its id is 0"),
        ("price_decimals", -1, "between 0 and 12"),
        ("price_decimals", 13, "between 0 and 12"),
        ("quantity_decimals", 13, "between 0 and 12"),
        ("money_decimals", 4, "money_decimals is 4, expected"),
        ("money_decimals", 19, "at most 18"),
        ("price_tick", 0, "price_tick"),
        ("price_tick", -5, "price_tick"),
        ("quantity_lot", 0, "quantity_lot"),
        ("quantity_min", 0, "quantity_min"),
        ("quantity_min", 10_001, "quantity_min <= quantity_max"),
        ("quantity_max", 9, "quantity_min <= quantity_max"),
        ("notional_min", -1, "notional_min is negative"),
    ],
)
def test_terms_that_cannot_be_exact_are_refused(field: str, value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=rf"instrument 'ABC': .*{problem}"):
        msgspec.structs.replace(ABC, **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price_decimals", 5),
        ("money_decimals", 5),
        ("money_decimals", 18),
        ("quantity_min", 10_000),
        ("quantity_max", 10),
        ("maker_fee", -1),
    ],
)
def test_terms_at_the_bound_are_taken(field: str, value: Any) -> None:
    changed = msgspec.structs.replace(ABC, **{field: value})
    assert getattr(changed, field) == value
