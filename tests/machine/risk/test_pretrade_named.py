"""Checks that people write: at the bound, beyond it, and where something is not known."""

from typing import Final

import pytest

from fairlead.machine.risk.pretrade_named import VOCABULARY
from fairlead.model.inputs import BookGap, Input, NamedCheckDefinition, Trade
from fairlead.model.outputs import InputRefused, OrderRefused
from fairlead.model.risk import NamedCheck
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import Unit
from fairlead.model.units import BasisPoints, InstrumentId, Money, Price, Quantity
from tests.machine.build import (
    BUY,
    NO_TIME,
    SECOND,
    SELL,
    accepted,
    filled,
    limits,
    only,
    quote,
    replace,
    submit,
)
from tests.machine.risk.twin import MAIN, MILLION, Twin, limit, patient, profile

ONE: Final = InstrumentId(1)
# Source document S4, "Order Validation".
PRICE: Final = "abs(order_price - last_price) / last_price < 0.05"
SIZE: Final = "order_value < max_order_value"
FLOOR: Final = "price > 1.0"
LIQUIDITY: Final = "order_size < avg_daily_volume * 0.01"


def check(condition: str, name: str = "A Check", message: str = "no") -> NamedCheckDefinition:
    """Return the definition of a check."""
    return NamedCheckDefinition(NamedCheck(name, condition, message), "ann", "as agreed")


def last(price: int) -> Trade:
    """Return a trade of others."""
    return Trade(ONE, Price(price), Quantity(1), BUY, "T", NO_TIME)


def answers(condition: str, *inputs: Input, **terms: object) -> bool:
    """Return whether an order passes a condition."""
    rig = Twin(limits(collar=BasisPoints(5_000)), *inputs, check(condition))
    failed = rig.says_no(submit(1, **terms))  # type: ignore[arg-type]
    assert not failed.keys() - {"A Check"}, failed
    return failed == {}


# --- the four of the source ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "passed"), [(96, True), (95, False), (104, True), (105, False), (100, True)]
)
def test_a_price_five_percent_from_the_last_is_too_far(price: int, passed: bool) -> None:
    """S4-RISK-01: strict, as the condition says: at 5 % it fails."""
    assert answers(PRICE, last(100), price=price) is passed


def test_without_a_last_price_the_price_check_fails() -> None:
    """S4-RISK-01: missing, and too old."""
    assert not answers(PRICE)
    rig = Twin(last(100), check(PRICE))
    assert rig.passes(submit(1))
    rig.wait(SECOND)
    rig.give(quote(99, 101))
    assert rig.passes(submit(2))  # at the age that the limits allow
    rig.wait(1)
    assert rig.says_no(quote(99, 101), submit(3)) == {"A Check": (None, 50_000)}


def test_a_market_order_counts_at_the_edge_of_its_collar() -> None:
    """B-RISK-15: it has no price, so the worst one it may get is held against the last."""
    inside = limits(collar=BasisPoints(400))
    assert Twin(inside, last(100), check(PRICE)).passes(submit(1, price=0))
    edge = limits(collar=BasisPoints(500))
    rig = Twin(edge, last(100), check(PRICE))
    assert rig.says_no(submit(1, price=0)) == {"A Check": (50_000, 50_000)}


@pytest.mark.parametrize(("most", "passed"), [(801, True), (800, False), (799, False)])
def test_an_order_value_at_the_most_is_too_much(most: int, passed: bool) -> None:
    """S4-RISK-02: strict; the tightest bound that is set, here a scope's, is the most."""
    tight = limit(LimitKind.ORDER_NOTIONAL, most * 10_000, MAIN)  # 8 at 100 are worth 8.00
    rig = Twin(tight, check(SIZE))
    failed = rig.says_no(submit(1))
    assert ("A Check" not in failed) is passed
    wide = limit(LimitKind.ORDER_NOTIONAL, 801 * 10_000, MAIN)
    own = Twin(wide, limits(order_notional_max=Money(800)), check(SIZE))
    assert own.says_no(submit(1)) == {"A Check": (8 * MILLION, 8 * MILLION)}


@pytest.mark.parametrize(("price", "passed"), [(101, True), (100, False), (99, False)])
def test_a_price_of_one_is_too_low(price: int, passed: bool) -> None:
    """S4-RISK-03: in whole units of the currency."""
    assert answers(FLOOR, price=price) is passed


def test_at_the_market_the_price_is_the_reference() -> None:
    """S4-RISK-03: the edge of the collar would hide a penny stock."""
    assert not answers(FLOOR, price=0)
    assert answers(FLOOR, quote(99, 102), price=0)


@pytest.mark.parametrize(("size", "passed"), [(9, True), (10, False), (11, False)])
def test_one_percent_of_the_volume_is_too_much(size: int, passed: bool) -> None:
    """S4-RISK-04: strict; of 1,000 that is 10."""
    volume = profile(average_daily_volume=1_000 * MILLION)
    assert answers(LIQUIDITY, volume, quantity=size) is passed
    assert answers(LIQUIDITY.replace("avg_daily_volume", "ADV"), volume, quantity=size) is passed


def test_a_volume_that_nobody_knows_fails() -> None:
    """S4-RISK-04: missing is not much."""
    assert not answers(LIQUIDITY)
    assert not answers(LIQUIDITY, profile(sector="metals"))


# --- everything that can be asked ----------------------------------------------------------------

TRUE: Final = [
    ("order_price == 1.00", {}),
    ("order_price == 1.50", {"price": 0}),
    ("order_price == 0.51", {"price": 0, "side": SELL}),
    ("order_size == 8 and order_quantity == 8", {}),
    ("order_value == 8", {}),
    ("max_order_value == 200", {}),
    ("buys and not sells", {}),
    ("sells and not buys", {"side": SELL}),
    ("at_market", {"price": 0}),
    ("not at_market and not reduces", {}),
    ("last_price == 0.97", {}),
    ("mid_price == 1.005 and reference_price == 1.005", {}),
    ("bid == 0.99 and ask == 1.02 and spread == 0.03", {}),
    ("bid_size == 7 and ask_size == 9", {}),
    ("quote_age == 0s", {}),
    ("previous_close == 1.25", {}),
    ("avg_daily_volume == 2.5 and ADV == 2.5", {}),
    ("position == 8", {}),
    ("position == 3", {"side": SELL, "quantity": 3}),
    ("equity == 10000", {}),
]
SEEN: Final = (
    last(97),
    quote(99, 102, 7, 9),
    profile(previous_close=1_250_000, average_daily_volume=2_500_000),
)


@pytest.mark.parametrize(("condition", "terms"), TRUE)
def test_what_a_condition_asks_for_is_what_is_so(condition: str, terms: dict[str, object]) -> None:
    """S4-RISK-07, B-RISK-11: in whole units of the currency and of the instrument."""
    assert answers(condition, *SEEN, **terms)
    assert not answers(f"not ({condition})", *SEEN, **terms)


def test_every_name_of_the_vocabulary_has_an_example() -> None:
    """Here, or below."""
    shown = " ".join(condition for condition, _ in TRUE) + "position_value position_share"
    assert [name for name in VOCABULARY if name not in shown] == []


def test_the_position_is_what_the_account_could_hold() -> None:
    """S4-RISK-05, B-RISK-02: with all that works on this side; as a share of the equity."""
    rig = Twin(submit(1), accepted(1), filled(1, 8, "e1"), submit(2))
    assert rig.says_no(check("position <= 24"), submit(3)) == {}
    assert rig.says_no(submit(4, quantity=1)) == {"A Check": (25 * MILLION, 24 * MILLION)}
    assert rig.says_no(submit(5, SELL, 32)) == {}
    assert rig.says_no(submit(6, SELL, 1)) == {"A Check": (25 * MILLION, 24 * MILLION)}
    rig.give(check("position_value <= 25 and position_share <= 0.00251"))  # of 10,000.00 at 1.00
    assert rig.says_no(submit(7, quantity=1)) == {}
    assert rig.says_no(submit(8, quantity=1)) == {"A Check": (None, None)}


@pytest.mark.parametrize(
    "condition",
    [
        "mid_price > 0",
        "bid > 0",
        "ask > 0",
        "bid_size >= 0",
        "ask_size >= 0",
        "spread >= 0",
        "quote_age >= 0s",
        "last_price > 0",
        "reference_price > 0",
        "order_value > 0",
        "position_value >= 0",
        "position_share >= 0",
    ],
)
def test_what_is_read_from_a_book_that_nobody_believes_is_not_known(condition: str) -> None:
    """S4-RISK-07, B-RISK-13: fail closed."""
    rig = Twin(last(100), BookGap(ONE, "lost"), check(condition))
    assert "A Check" in rig.says_no(submit(1))


@pytest.mark.parametrize("condition", ["mid_price > 0", "spread >= 0", "bid > 0"])
def test_half_a_touch_is_none(condition: str) -> None:
    """B-RISK-13: no middle without both sides."""
    assert not answers(condition, last(100), quote(0, 101))


@pytest.mark.parametrize("condition", ["previous_close > 0", "ADV > 0"])
def test_what_no_profile_says_is_not_known(condition: str) -> None:
    """B-RISK-13: fail closed."""
    assert not answers(condition)


def test_a_division_by_nothing_fails() -> None:
    """B-RISK-05: it has no value."""
    volume = profile(average_daily_volume=0)
    assert not answers("order_size / ADV < 1", volume)
    assert not answers("order_size / ADV >= 1", volume)


# --- how they are kept ---------------------------------------------------------------------------


def test_every_check_is_asked_and_every_failed_one_is_said() -> None:
    """S4-RISK-07, S1-RISK-09: with its name, its message, what was measured and the limit."""
    rig = Twin(check(FLOOR, "Price Floor", "Stock price below $1"), check(PRICE, "Price Check"))
    rig.give(check("order_size < 8 or sells", "Small", "too much"))
    rig.restart()
    refused = only(OrderRefused, rig.give(last(100), submit(1, price=99)))
    said = [(one.check, one.scope, one.measured, one.limit, one.unit) for one in refused.failed]
    assert said == [
        ("Price Floor", "Stock price below $1", 990_000, MILLION, Unit.SHARE),
        ("Small", "too much", None, None, Unit.NONE),
    ]


def test_a_duration_is_shown_as_one() -> None:
    """S1-RISK-10: in nanoseconds."""
    rig = Twin(patient(), check("quote_age < 2s"))
    rig.wait(2 * SECOND)
    refused = only(OrderRefused, rig.give(submit(1)))
    assert [(one.measured, one.limit, one.unit) for one in refused.failed] == [
        (2 * SECOND, 2 * SECOND, Unit.NANOS)
    ]


def test_a_check_is_defined_anew_and_taken_away_by_its_name() -> None:
    """S4-RISK-07, `enabled`: one without a condition is gone."""
    rig = Twin(check("order_size < 8"))
    assert rig.says_no(submit(1)).keys() == {"A Check"}
    assert rig.says_no(check("order_size < 9"), submit(2)) == {}
    assert rig.says_no(submit(3, quantity=9)).keys() == {"A Check"}
    rig.give(check(""))
    assert rig.says_no(submit(4, quantity=9)) == {}


def test_a_condition_that_means_nothing_is_refused_and_the_one_before_stays() -> None:
    """S4-RISK-07: unknown names fail when they are defined, with their place."""
    rig = Twin(check("order_size < 8"))
    refused = only(InputRefused, rig.give(check("order_sice < 9")))
    assert "order_sice" in refused.reason
    assert "'A Check'" in refused.reason
    assert rig.says_no(submit(1)).keys() == {"A Check"}


def test_new_terms_are_held_against_it_too() -> None:
    """S4-RISK-07: a replace is an order."""
    rig = Twin(submit(1), accepted(1), check("order_size <= 8"))
    assert rig.says_no(replace(1, 9)).keys() == {"A Check"}
    assert rig.says_no(replace(1, 7)) == {}
