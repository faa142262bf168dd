"""Short sales: the mark, the locate and the price, at the last unit located and one beyond."""

from typing import Final

import pytest

from fairlead.model.inputs import (
    BookGap,
    Input,
    LocateChange,
    ShortSaleRestriction,
    TradingDayBegan,
)
from fairlead.model.outputs import SendOrder
from fairlead.model.risk_terms import ShortSale
from fairlead.model.units import AccountId, InstrumentId, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    NO_TIME,
    SELL,
    VENUE,
    accepted,
    canceled,
    filled,
    only,
    quote,
    rejected,
    replace,
    replaced,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import NOTHING, Twin, patient, profile

ONE: Final = InstrumentId(1)
TODAY: Final = 20240808
TOMORROW: Final = 20240809
AFTER: Final = 20240812
HELD: Final = (submit(1), accepted(1), filled(1, 8, "e1"))  # 8 long
OTHER: Final = StrategyId(2)


def day(date: int = TODAY, venue: str = VENUE) -> TradingDayBegan:
    """Return the beginning of a trading day."""
    return TradingDayBegan(date, venue)


def located(quantity: int, date: int = TODAY) -> LocateChange:
    """Return how much was located in all."""
    return LocateChange(AccountId(1), ONE, date, Quantity(quantity), "broker 7")


def restricted(active: bool = True, date: int = TODAY) -> ShortSaleRestriction:
    """Return the beginning or end of a short sale restriction."""
    return ShortSaleRestriction(ONE, active, date, NO_TIME)


def short_rig(*inputs: Input) -> Twin:
    """Return a machine on its first day, where a short sale needs a locate."""
    return Twin(patient(), profile(locate_required=True, marked=True), day(), *inputs)


def mark(rig: Twin, number: int, quantity: int) -> ShortSale:
    """Return how a sell is marked."""
    return only(SendOrder, rig.give(submit(number, SELL, quantity))).approved.short_sale


# --- the mark ------------------------------------------------------------------------------------


def test_a_sell_is_long_up_to_what_is_held_and_short_beyond_it() -> None:
    """Control 26, Reg SHO 200(g): from what is held."""
    for quantity, expected in ((7, ShortSale.LONG), (8, ShortSale.LONG), (9, ShortSale.SHORT)):
        assert mark(Twin(profile(marked=True), *HELD), 2, quantity) is expected


def test_other_sells_that_work_use_up_what_is_held() -> None:
    """Control 26: two sells of the same eight are not both long; buys that work are not held."""
    rig = Twin(profile(marked=True), *HELD, submit(2, BUY, 8))
    assert mark(rig, 3, 5) is ShortSale.LONG
    rig.restart()
    assert mark(rig, 4, 3) is ShortSale.LONG
    assert mark(rig, 5, 1) is ShortSale.SHORT
    rig.give(accepted(3), cancel_of(3), canceled(3))
    assert mark(rig, 6, 4) is ShortSale.LONG  # 8 less 3 and 1


def test_the_account_holds_not_the_strategy() -> None:
    """Control 26: what one strategy of an account holds another one sells long."""
    rig = Twin(profile(marked=True), *HELD)
    outputs = rig.give(submit(2**40, SELL, 8, strategy=OTHER))
    assert only(SendOrder, outputs).approved.short_sale is ShortSale.LONG


def test_buys_and_instruments_that_need_none_have_no_mark() -> None:
    """Control 26."""
    assert mark(Twin(), 1, 8) is ShortSale.NONE
    bought = Twin(profile(marked=True)).give(submit(1))
    assert only(SendOrder, bought).approved.short_sale is ShortSale.NONE


# --- the locate ----------------------------------------------------------------------------------


def test_what_is_located_may_be_sold_short_and_one_unit_more_may_not() -> None:
    """Controls 26 and 27, Reg SHO 203(b): drawn when the order leaves, over all orders."""
    rig = short_rig(located(10))
    assert rig.says_no(submit(1, SELL, 6)) == {}
    assert rig.says_no(submit(2, SELL, 4)) == {}
    rig.restart()
    assert rig.says_no(submit(3, SELL, 1)) == {"locate": (1, 0)}
    assert rig.says_no(located(11), submit(4, SELL, 2)) == {"locate": (2, 1)}
    assert rig.says_no(submit(5, SELL, 1)) == {}


def test_only_what_goes_beyond_the_position_is_drawn() -> None:
    """Control 26: 8 are held, so 10 need 2."""
    rig = short_rig(*HELD, located(1))
    assert rig.says_no(submit(2, SELL, 10)) == {"locate": (2, 1)}
    assert rig.says_no(submit(3, SELL, 9)) == {}
    assert rig.says_no(submit(4, SELL, 1)) == {"locate": (1, 0)}


@pytest.mark.parametrize(
    ("end", "back"),
    [
        ([rejected(1)], 10),
        ([accepted(1), cancel_of(1), canceled(1)], 10),
        ([accepted(1), filled(1, 4, "e1"), cancel_of(1), canceled(1)], 6),
        ([filled(1, 10, "e1")], 0),
        ([accepted(1), cancel_of(1)], 0),
    ],
    ids=["rejected", "canceled", "filled in part", "filled", "not canceled yet"],
)
def test_what_was_not_sold_comes_back_when_the_order_is_gone(end: list[Input], back: int) -> None:
    """Control 27: released on reject and cancel, of the part that is not filled."""
    rig = short_rig(located(10), submit(1, SELL, 10), *end)
    rig.restart()
    assert rig.says_no(submit(2, SELL, back + 1)) == {"locate": (back + 1, back)}
    if back:
        assert rig.says_no(submit(3, SELL, back)) == {}


def test_a_fill_that_comes_after_the_cancel_is_drawn_again() -> None:
    """Control 27: what was sold was sold."""
    rig = short_rig(located(10), submit(1, SELL, 10), accepted(1), cancel_of(1), canceled(1))
    rig.give(filled(1, 3, "late"))
    assert rig.says_no(submit(2, SELL, 8)) == {"locate": (8, 7)}


def test_an_order_sells_what_is_held_before_it_sells_short() -> None:
    """Control 26: 8 of 10 are long; filled for 8, the other 2 come back."""
    rig = short_rig(*HELD, located(2), submit(2, SELL, 10), accepted(2), filled(2, 8, "e2"))
    assert rig.says_no(cancel_of(2), canceled(2), submit(3, SELL, 3)) == {"locate": (3, 2)}
    assert rig.says_no(submit(4, SELL, 2)) == {}


def test_new_terms_need_what_they_add() -> None:
    """Control 27: until the venue agrees both may hold, so the larger counts."""
    rig = short_rig(located(10), submit(1, SELL, 6), accepted(1))
    assert rig.says_no(replace(1, 11)) == {"locate": (11, 10)}
    assert rig.says_no(replace(1, 10)) == {}
    assert rig.says_no(replaced(1, 10), submit(2, SELL, 1)) == {"locate": (1, 0)}


def test_new_terms_are_marked_anew_from_what_is_held_then() -> None:
    """Control 26: 8 and then 12 are held; of 14 that are sold 2 are short, and 8 are free again."""
    rig = short_rig(*HELD, located(10), submit(2, SELL, 10), accepted(2))
    rig.give(submit(3, BUY, 4), filled(3, 4, "e3"))
    assert rig.says_no(replace(2, 14)) == {}
    rig.give(replaced(2, 14), filled(2, 14, "e2"))
    assert rig.position().quantity == -2
    rig.restart()
    assert rig.says_no(submit(4, SELL, 9)) == {"locate": (9, 8)}
    assert rig.says_no(submit(5, SELL, 8)) == {}


@pytest.mark.parametrize(
    "inputs",
    [[], [located(10, TOMORROW)], [located(10, 20240807)]],
    ids=["none", "of tomorrow", "of yesterday"],
)
def test_without_a_locate_of_the_day_nothing_is_sold_short(inputs: list[Input]) -> None:
    """Control 26: missing and stale locates are none."""
    assert short_rig(*inputs).says_no(submit(1, SELL, 1)) == {"locate": (1, 0)}


def test_on_a_day_that_nobody_began_no_locate_counts() -> None:
    """B-RISK-13: the day is not known."""
    rig = Twin(profile(locate_required=True), located(10))
    assert rig.says_no(submit(1, SELL, 1)) == {"locate": (1, 0)}
    assert rig.says_no(day(TODAY, ""), submit(2, SELL, 1)) == {}


def test_a_day_has_a_pool_of_its_own() -> None:
    """Control 27: what was sold yesterday is past; what still works draws from today's."""
    rig = short_rig(located(10), submit(1, SELL, 4), filled(1, 4, "e1"), submit(2, SELL, 6))
    rig.give(accepted(2), filled(2, 1, "e2"), day(TOMORROW))
    assert rig.says_no(submit(3, SELL, 1)) == {"locate": (1, 0)}
    rig.give(located(10, TOMORROW))
    rig.restart()
    assert rig.says_no(submit(4, SELL, 6)) == {"locate": (6, 5)}
    assert rig.says_no(submit(5, SELL, 5)) == {}


def test_draws_of_a_day_are_forgotten_with_it() -> None:
    """They never grow beyond one day and what works."""
    rig = short_rig(located(100))
    for number in range(1, 11):
        rig.give(submit(number, SELL, 1), rejected(number))
    assert len(rig.machine.gate.pretrade.shorts.content()[1]) == 10  # type: ignore[arg-type]
    rig.give(day(TOMORROW))
    assert rig.machine.gate.pretrade.shorts.content()[1] == []


# --- the short sale restriction ------------------------------------------------------------------


@pytest.mark.parametrize(("price", "failed"), [(98, True), (99, True), (100, False), (101, False)])
def test_a_short_sale_under_restriction_is_priced_above_the_bid(price: int, failed: bool) -> None:
    """Control 26, Reg SHO 201: at the bid of 99 it is refused."""
    rig = Twin(patient(), day(), restricted())
    rig.restart()
    no = {"short_sale_price": (price, 100)} if failed else {}
    assert rig.says_no(submit(1, SELL, price=price)) == no


def test_at_the_market_nothing_is_sold_short_under_restriction() -> None:
    """Reg SHO 201: the edge of the collar lies below the bid."""
    assert Twin(restricted()).says_no(submit(1, SELL, price=0)) == {"short_sale_price": (90, 100)}


def test_what_is_held_is_sold_under_restriction() -> None:
    """Reg SHO 201 is about short sales alone."""
    rig = Twin(*HELD, restricted())
    assert rig.says_no(submit(2, SELL, 8, 99)) == {}
    assert rig.says_no(submit(3, SELL, 1, 99)) == {"short_sale_price": (99, 100)}
    assert rig.says_no(submit(4, BUY, 1, 99)) == {}


@pytest.mark.parametrize("blind", [BookGap(ONE, "lost"), quote(0, 101)], ids=["stale", "no bid"])
def test_without_a_bid_nobody_knows_what_lies_above_it(blind: Input) -> None:
    """B-RISK-13: missing and stale input fail."""
    assert Twin(restricted(), blind).says_no(submit(1, SELL))["short_sale_price"] == NOTHING


def test_a_restriction_holds_that_day_and_the_next_one() -> None:
    """Control 26: rest of the day and the next trading day, with its memory."""
    rig = Twin(patient(), day(), restricted())
    no = {"short_sale_price": (99, 100)}
    assert rig.says_no(submit(1, SELL, price=99)) == no
    assert rig.says_no(day(TOMORROW), submit(2, SELL, price=99)) == no
    rig.restart()
    assert rig.says_no(day(TOMORROW + 1, "ELSEWHERE"), submit(3, SELL, price=99)) == no
    assert rig.says_no(day(AFTER), submit(4, SELL, price=99)) == {}


def test_a_restriction_that_is_announced_before_its_day_counts_from_its_day() -> None:
    """Control 26: that day and the next one, whenever it was said; a day begun twice is one."""
    rig = Twin(patient(), day(TODAY, ""), restricted(date=TOMORROW), day(TOMORROW, ""))
    rig.give(day(AFTER, ""), day(AFTER, ""))
    rig.restart()
    assert rig.says_no(submit(1, SELL, price=99)) == {"short_sale_price": (99, 100)}
    assert rig.says_no(day(AFTER + 1, ""), submit(2, SELL, price=99)) == {}


def test_a_restriction_that_is_lifted_or_triggered_anew() -> None:
    """Control 26: triggered again on the next day it holds one day longer."""
    rig = Twin(patient(), day(), restricted(), restricted(False))
    assert rig.says_no(submit(1, SELL, price=99)) == {}
    rig.give(restricted(), day(TOMORROW), restricted(date=TOMORROW), day(AFTER))
    assert rig.says_no(submit(2, SELL, price=99)) == {"short_sale_price": (99, 100)}
    assert rig.says_no(day(AFTER + 1), submit(3, SELL, price=99)) == {}
