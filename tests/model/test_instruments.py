"""Instruments: terms under which money would not be exact are refused."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind, OrderType, TimeInForce
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


CONTRACT = {  # terms that fit 18 money decimals, whatever they are together
    "price_decimals": st.integers(0, 6),
    "quantity_decimals": st.integers(0, 6),
    "multiplier": st.integers(1, 10**6),
    "multiplier_decimals": st.integers(0, 6),
    "money_decimals": st.just(18),
}


def of_one(decimals: int) -> Fraction:
    """Return how much one increment of so many decimals is."""
    return Fraction(1, 10**decimals)


def contract(kind: InstrumentKind, terms: dict[str, int]) -> Instrument:
    return msgspec.structs.replace(ABC, kind=kind, **terms)


@given(record(Instrument).filter(lambda one: one.kind is not InstrumentKind.INVERSE))
def test_an_increment_of_price_on_one_of_quantity_is_whole_money(instrument: Instrument) -> None:
    """B-POS-08: the multiplier of a contract is part of what a price is worth."""
    price, quantity = of_one(instrument.price_decimals), of_one(instrument.quantity_decimals)
    multiplier = instrument.multiplier * of_one(instrument.multiplier_decimals)
    worth = price * quantity * multiplier / of_one(instrument.money_decimals)
    assert instrument.money_unit == worth


@given(
    st.sampled_from([InstrumentKind.SPOT, InstrumentKind.PERPETUAL]),
    st.fixed_dictionaries(CONTRACT),
)
def test_a_multiplier_with_decimals_is_part_of_the_money_unit(
    kind: InstrumentKind, terms: dict[str, int]
) -> None:
    instrument = contract(kind, terms)
    price, quantity = of_one(terms["price_decimals"]), of_one(terms["quantity_decimals"])
    multiplier = terms["multiplier"] * of_one(terms["multiplier_decimals"])
    assert instrument.money_unit * of_one(18) == price * quantity * multiplier


@given(st.fixed_dictionaries(CONTRACT), st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_value_of_an_inverse_contract_is_its_money_unit_divided_by_the_price(
    terms: dict[str, int], price: int, quantity: int
) -> None:
    """B-POS-08: a hundred dollars in bitcoin at 50000 are 0.002 bitcoin."""
    instrument = contract(InstrumentKind.INVERSE, terms)
    value = (
        quantity
        * of_one(terms["quantity_decimals"])
        * terms["multiplier"]
        * of_one(terms["multiplier_decimals"])
        / (price * of_one(terms["price_decimals"]))
    )
    assert Fraction(instrument.money_unit * quantity, price) * of_one(18) == value


def test_one_inverse_contract_of_a_hundred_dollars_is_worth_two_thousandths_at_50000() -> None:
    terms = {"price_decimals": 1, "quantity_decimals": 0, "money_decimals": 8, "multiplier": 100}
    instrument = contract(InstrumentKind.INVERSE, terms)
    assert Fraction(instrument.money_unit, 50_000_0) == 200_000  # of 10**-8


def test_an_option_on_a_hundred_shares_moves_a_hundred_times_its_price() -> None:
    option = msgspec.structs.replace(ABC, multiplier=100, quantity_decimals=0)
    assert option.money_unit == 100 * 10**6  # a cent on each of a hundred shares, of 10**-8


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
        ("multiplier", 0, "multiplier must be at least 1"),
        ("multiplier", -1, "multiplier must be at least 1"),
        ("multiplier_decimals", -1, "0 to 12 decimals"),
        ("multiplier_decimals", 13, "0 to 12 decimals"),
        ("multiplier_decimals", 4, "at least the decimals .*: 2 [+] 3 [+] 4"),
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
        ("multiplier", 1_000),
        ("multiplier_decimals", 3),
        ("quantity_min", 10_000),
        ("quantity_max", 10),
        ("maker_fee", -1),
    ],
)
def test_terms_at_the_bound_are_taken(field: str, value: Any) -> None:
    changed = msgspec.structs.replace(ABC, **{field: value})
    assert getattr(changed, field) == value


def test_the_price_of_an_inverse_contract_may_be_finer_than_its_money() -> None:
    terms = {"kind": InstrumentKind.INVERSE, "price_decimals": 8, "money_decimals": 3}
    assert msgspec.structs.replace(ABC, **terms).money_unit == 10**8
    with pytest.raises(ValueError, match="money_decimals is 3"):
        msgspec.structs.replace(ABC, price_decimals=8, money_decimals=3)


def test_what_nothing_is_said_of_is_what_most_venues_take() -> None:
    assert ABC.order_types == (OrderType.MARKET, OrderType.LIMIT)
    assert ABC.times_in_force == (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
    assert not ABC.icebergs
