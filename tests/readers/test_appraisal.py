"""Which price an open position is valued at, by policy; and when there is none."""

from fractions import Fraction
from typing import Final

import pytest

from fairlead.machine.books import Book
from fairlead.model.inputs import Quote
from fairlead.model.terms import InstrumentKind, MarkPolicy
from fairlead.model.units import (
    FINE_UNIT,
    RATE_UNIT,
    Money,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)
from fairlead.readers.appraisal import Appraisal
from fairlead.readers.holdings import LedgerPosition, Trips
from tests.readers.sessions import ACCOUNT, SPOT, STRATEGY, instrument

TERMS: Final = instrument(SPOT, "ETH-USDT", InstrumentKind.SPOT)
UNIT: Final = TERMS.money_unit
NOW: Final = Nanos(1_000)


def quoted(bid: int, ask: int) -> Quote:
    """Return a touch; 0: nobody there."""
    sizes = [Quantity(9 if price else 0) for price in (bid, ask)]
    return Quote(SPOT, Price(bid), sizes[0], Price(ask), sizes[1], UpdateId(0), NOW)


def appraisal(policy: MarkPolicy = MarkPolicy.TOUCH, bid: int = 99, ask: int = 102) -> Appraisal:
    """Return an appraisal with a touch, a last trade at 100 and a mark of the venue at 103."""
    made = Appraisal()
    made.policy = policy
    book = made.books[SPOT] = Book(SPOT)
    book.quote(quoted(bid, ask), NOW)
    book.trade(Price(100), NOW)
    made.set_mark(SPOT, Price(103), NOW)
    return made


def holding(signed: int) -> LedgerPosition:
    """Return a position that was opened at 100."""
    position = LedgerPosition(STRATEGY, TERMS, ACCOUNT)
    position.trade(signed, Price(100), Money(0), Trips())
    return position


@pytest.mark.parametrize(
    ("policy", "long_twice", "short_twice"),
    [
        (MarkPolicy.TOUCH, 198, 204),
        (MarkPolicy.MID, 201, 201),
        (MarkPolicy.LAST, 200, 200),
        (MarkPolicy.MARK, 206, 206),
    ],
)
def test_each_policy_has_its_price(policy: MarkPolicy, long_twice: int, short_twice: int) -> None:
    """B-POS-07: exact, where a middle lies on a half too."""
    made = appraisal(policy)
    for position, twice in ((holding(3), long_twice), (holding(-3), short_twice)):
        assert made.mark(position, NOW) == (twice, "")
        worth, _ = made.worth(position, NOW)
        assert worth is not None
        assert Fraction(worth, FINE_UNIT) == Fraction(position.quantity * twice * UNIT, 2)


@pytest.mark.parametrize("policy", MarkPolicy)
def test_after_an_action_the_last_prices_are_worth_what_they_were(policy: MarkPolicy) -> None:
    """B-POS-08: three for two, then a dividend of 7 units of money on a thousand increments."""
    made, before = appraisal(policy), holding(2_000)
    worth, _ = made.worth(before, NOW)
    assert worth is not None
    made.split(TERMS, 3, 2)
    made.dividend(TERMS, Money(7))
    assert made.worth(holding(3_000), NOW) == (worth - FINE_UNIT * 21, "")
    made.books[SPOT].quote(quoted(50, 60), NOW)
    made.books[SPOT].trade(Price(55), NOW)
    made.set_mark(SPOT, Price(58), NOW)
    fresh, _ = made.worth(holding(3_000), NOW)
    assert fresh is not None
    price = {MarkPolicy.TOUCH: 50, MarkPolicy.LAST: 55, MarkPolicy.MARK: 58}.get(policy, 55)
    assert fresh == FINE_UNIT * 3_000 * price * UNIT


def test_the_price_that_is_shown_after_an_action_is_to_the_nearest_increment() -> None:
    made = appraisal(MarkPolicy.MARK)
    made.split(TERMS, 2, 1)
    assert made.mark(holding(2), NOW) == (2 * 52, "")  # 51.5, half to even


@pytest.mark.parametrize(
    ("policy", "signed", "bid", "ask", "reason"),
    [
        (MarkPolicy.TOUCH, 1, 0, 102, "nobody bids"),
        (MarkPolicy.TOUCH, -1, 99, 0, "nobody asks"),
        (MarkPolicy.MID, 1, 99, 0, "nobody asks"),
        (MarkPolicy.MID, -1, 0, 102, "nobody bids"),
        (MarkPolicy.TOUCH, 1, 102, 102, "crossed: bid 102 >= ask 102 (increments)"),
    ],
)
def test_a_side_that_is_needed_and_missing_is_named(
    policy: MarkPolicy, signed: int, bid: int, ask: int, reason: str
) -> None:
    """B-POS-07: never zero."""
    made = appraisal(policy, bid, ask)
    assert made.worth(holding(signed), NOW) == (None, f"ETH-USDT: {reason}")


def test_a_side_that_is_not_needed_may_be_missing() -> None:
    assert appraisal(bid=99, ask=0).mark(holding(1), NOW).twice == 198
    assert appraisal(bid=0, ask=102).mark(holding(-1), NOW).twice == 204
    assert appraisal(MarkPolicy.LAST, bid=0, ask=0).mark(holding(1), NOW).twice == 200


def test_what_was_never_said_is_no_price() -> None:
    made = Appraisal()
    made.books[SPOT] = Book(SPOT)
    reasons = []
    for policy in MarkPolicy:
        made.policy = policy
        reasons.append(made.mark(holding(1), NOW).reason)
    assert reasons == [
        "ETH-USDT: no market data yet",
        "ETH-USDT: no market data yet",
        "ETH-USDT: nobody has traded yet",
        "ETH-USDT: the venue has given no mark price",
    ]


@pytest.mark.parametrize("policy", MarkPolicy)
def test_a_mark_that_is_too_old_is_none(policy: MarkPolicy) -> None:
    """B-POS-07: as old as is allowed it still counts."""
    made = appraisal(policy)
    made.age_max = Nanos(50)
    assert made.mark(holding(1), Nanos(NOW + 50)).twice is not None
    late = made.mark(holding(1), Nanos(NOW + 51))
    assert late == (None, "ETH-USDT: its mark is 51 ns old, at most 50")


def test_a_rate_serves_both_ways_and_the_direct_one_first() -> None:
    made = Appraisal()
    assert made.rate("EUR", "USD") is None
    made.set_rate("USD", "EUR", RATE_UNIT // 2)
    inverse = made.rate("EUR", "USD")
    assert inverse is not None
    assert inverse.of(100) == 200
    made.set_rate("EUR", "USD", 3 * RATE_UNIT)
    direct = made.rate("EUR", "USD")
    assert direct is not None
    assert direct.of(100) == 300
