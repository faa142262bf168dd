"""Corporate actions: what is held moves with them, what it is worth does not. To the last part.

Expectations are exact rationals, computed beside the machine: an account is worth its initial cash,
less all that was paid, plus all that was received, plus what its positions are worth at the mark.
"""

from fractions import Fraction
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.performance import figures
from fairlead.machine.valuation import equity
from fairlead.model.inputs import (
    Input,
    MarkPolicyChange,
    MarkPrice,
    Statement,
    ToleranceChange,
    Trade,
)
from fairlead.model.outputs import (
    AccountChanged,
    BookStale,
    BreakOpened,
    CashBooked,
    InputRefused,
    InstrumentAdjusted,
    LimitsAdjusted,
    Output,
    PositionChanged,
    ReportFaulted,
)
from fairlead.model.statements import StatementCash, StatementPosition
from fairlead.model.terms import CashKind, CostBasis, InstrumentKind, MarkPolicy, Side
from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)
from tests.machine.actions import Action, Twin, dividend, renamed, split, traded
from tests.machine.build import (
    BUY,
    CASH,
    NO_TIME,
    SECOND,
    SELL,
    Rig,
    accepted,
    account,
    busted,
    instrument,
    limits,
    only,
    quote,
    strategy,
    submit,
)

ONE: Final = InstrumentId(1)
TWO: Final = InstrumentId(2)
FIRST: Final = AccountId(1)
MANY: Final = {"order_quantity_max": Quantity(10**6), "position_quantity_max": Quantity(10**6)}
NO_CAPS: Final = (
    limits(1, order_notional_max=Money(10**12), **MANY),
    limits(2, order_notional_max=Money(10**12), **MANY),
)


def everything(rig: Rig) -> list[object]:
    """Return all that the machine knows but the number of the last input and its time."""
    return rig.machine.state._content()[1:]


def worth(rig: Rig, number: int = 1) -> int | None:
    """Return what an account is worth."""
    found = rig.machine.positions.account(AccountId(number))
    assert found is not None
    return equity(rig.machine.state, found)


# --- what everybody is worth ----------------------------------------------------------------------


quantities = st.integers(-60, 60).filter(bool).map(lambda lots: lots * 12)
actions = st.lists(
    st.tuples(
        st.sampled_from(["split", "split", "dividend", "rename"]),
        st.sampled_from([1, 2]),
        st.integers(1, 12),
        st.integers(1, 12),
    ),
    max_size=6,
)


@given(
    st.sampled_from(MarkPolicy),
    st.lists(
        st.tuples(st.sampled_from([1, 3]), st.sampled_from([1, 2]), quantities),
        min_size=1,
        max_size=4,
    ),
    actions,
)
def test_no_action_makes_or_loses_anything(
    policy: MarkPolicy,
    trades: list[tuple[int, int, int]],
    actions: list[tuple[str, int, int, int]],
) -> None:
    """B-POS-08: under each mark policy, of longs and shorts, of both cost bases and kinds.

    Strategy 3 trades for an account that keeps its lots first in, first out.
    """
    rig, twin = Rig(account(2, cost_basis=CostBasis.FIFO), strategy(3, 2), *NO_CAPS), Twin()
    for number in (1, 2):
        mark = MarkPrice(InstrumentId(number), Price(102), NO_TIME)
        last = Trade(InstrumentId(number), Price(100), Quantity(1), BUY, "", NO_TIME)
        rig.give(mark, last)
    rig.give(MarkPolicyChange(policy, Nanos(0), "ann", "as agreed"))
    for number, (who, where, signed) in enumerate(trades, 1):
        side = BUY if signed > 0 else SELL
        rig.give(*traded(number, side, abs(signed), 100, where, who))
        twin.trade(2 if who == 3 else 1, where, signed, 100)
    before = [twin.worth(1, policy), twin.worth(2, policy)]
    assert [worth(rig, 1), worth(rig, 2)] == before
    for number, (kind, where, first, second) in enumerate(actions):
        outputs = give(rig, twin, kind, where, first, second, f"reference {number}")
        assert twin.worth(1, policy) == before[0]
        assert [worth(rig, 1), worth(rig, 2)] == before, (kind, where, first, second, outputs)
    for (mine, where), quantity in twin.held.items():
        who = StrategyId(3 if mine == 2 else 1)
        assert rig.machine.positions.get(who, InstrumentId(where)).quantity == quantity


def give(
    rig: Rig, twin: Twin, kind: str, where: int, first: int, second: int, reference: str
) -> list[Output]:
    """Let an action happen to the machine and to its twin; what is refused, to neither."""
    if kind == "rename":
        return rig.give(renamed(reference, where, reference))
    if kind == "dividend":
        twin.dividend(where, first * second)
        return rig.give(dividend(first * second, where, reference))
    if first != second and twin.divides(where, first, second):
        twin.split(where, first, second)
        return rig.give(split(first, second, where, reference=reference))
    before = everything(rig)
    [refused] = rig.give(split(first, second, where, reference=reference))
    assert isinstance(refused, InputRefused)
    assert everything(rig) == before
    return [refused]


def test_an_action_is_no_new_high_and_no_drawdown() -> None:
    """B-POS-10: not even for a moment between the cash of a dividend and the lower price."""
    rig = Rig(*traded(1, BUY, 100), quote(120, 121), quote(110, 111))
    before = figures(rig.machine.state, rig.account())
    assert before.drawdown == 1_000
    rig.give(dividend(30), split(3, 1), split(1, 2, reference="S2"), dividend(7, reference="D2"))
    assert figures(rig.machine.state, rig.account()) == before


# --- splits ---------------------------------------------------------------------------------------


def test_a_split_tells_what_it_changed() -> None:
    """The action, what it did to the position and the limits, and that no price is to be read."""
    rig = Rig(*traded(1, BUY, 8))
    assert rig.give(split(2, 1)) == [
        InstrumentAdjusted(ONE, "split 2 for 1", "S"),
        PositionChanged(StrategyId(1), ONE, SignedQuantity(16), Money(800), Money(0), Money(0)),
        LimitsAdjusted(ONE, Quantity(200), Quantity(400)),
        BookStale(ONE, "corporate action: split 2 for 1"),
    ]
    assert rig.machine.positions.net(ONE) == 16


def test_limits_allow_after_a_split_what_they_allowed_before_rounded_down() -> None:
    """100 and 200 of the old units are 66 and 133 whole ones of three halves."""
    rig = Rig()
    adjusted = only(LimitsAdjusted, rig.give(split(2, 3)))
    assert adjusted == LimitsAdjusted(ONE, Quantity(66), Quantity(133))
    rig.give(quote(149, 151))
    assert rig.refused(submit(1, BUY, 67, 150))["order_quantity_max"] == (67, 66)


def test_a_tolerance_is_counted_in_the_new_units_too() -> None:
    """Control 44: what may differ from a statement differs by as much, rounded down."""
    rig = Rig(ToleranceChange(ONE, Quantity(5), "ann", "as agreed"))
    rig.give(split(1, 2))
    assert rig.machine.state.reconciliation.tolerances[ONE] == 2


def test_an_instrument_without_limits_has_none_after_a_split() -> None:
    """Nothing is invented that would let orders through."""
    third = instrument(instrument=InstrumentId(3), symbol="NEW")
    outputs = Rig(third).give(split(2, 1, 3))
    assert [type(output) for output in outputs] == [InstrumentAdjusted]


@pytest.mark.parametrize(("side", "quantity"), [(BUY, 7), (SELL, -7)])
@pytest.mark.parametrize("where", [1, 2])
def test_a_fraction_is_sold_at_the_price_that_the_split_names(
    side: Side, quantity: int, where: int
) -> None:
    """B-POS-08: 5 become 7 and a half. The half brings 70, or (for a short) costs as much.

    It was worth two thirds of the mark: what it brought beyond that is made or lost, and no more.
    """
    unit = 10 if where == 2 else 1
    rig = Rig(*traded(1, side, 5, 100, where))
    sign = 1 if side is BUY else -1
    mark = 99 if side is BUY else 101
    assert worth(rig) == CASH + sign * 5 * (mark - 100) * unit
    rig.give(split(3, 2, where, lieu=70))
    position = rig.position(1, where)
    assert position.quantity == quantity
    cost = Fraction(500 * unit, 15)  # of a half out of seven and a half
    assert position.realised_fine == sign * FINE_UNIT * (35 * unit - cost)
    assert position.open_cost_fine == sign * FINE_UNIT * (500 * unit - cost)
    made = sign * Fraction(1, 2) * (70 - Fraction(2, 3) * mark) * unit
    assert worth(rig) == round(CASH + sign * 5 * (mark - 100) * unit + made)


def test_a_position_that_is_all_fraction_is_closed_out() -> None:
    """One share, ten for one: nothing is left of it but money."""
    rig = Rig(*traded(1, BUY, 4, 100, 2))
    rig.give(split(1, 10, 2, lieu=1_000))
    assert rig.position(1, 2).quantity == 0
    assert rig.machine.positions.open_in(TWO) == []
    assert rig.account().cash == worth(rig) == CASH


def test_a_split_that_leaves_a_fraction_names_its_price_or_is_refused() -> None:
    """What a fraction brings is nobody's guess."""
    rig = Rig(*traded(1, BUY, 5))
    before = everything(rig)
    [refused] = rig.give(split(3, 2))
    assert refused == InputRefused(
        "InstrumentSplit", "strategy 1 is left with a fraction, and it has no price"
    )
    assert everything(rig) == before


def test_four_for_two_is_two_for_one() -> None:
    """5 shares come out whole, and no fraction is sold."""
    rig = Rig(*traded(1, BUY, 5))
    rig.give(split(4, 2))
    assert (rig.position().quantity, rig.position().realised) == (10, 0)


def test_a_fill_from_before_a_split_is_not_taken_back_after_it() -> None:
    """Control 46: a bust would book old units; a break says that the position differs."""
    rig = Rig(*traded(1, BUY, 8))
    rig.give(split(2, 1))
    outputs = rig.give(busted(1, "E1"))
    assert "before a split" in only(ReportFaulted, outputs).reason
    assert only(BreakOpened, outputs).theirs == "fill E1 taken back"
    assert rig.position().quantity == 16


# --- dividends ------------------------------------------------------------------------------------


def test_a_dividend_is_paid_to_longs_and_by_shorts() -> None:
    """B-POS-08: and is part of the profit of each position."""
    rig = Rig(*traded(1, BUY, 8), *traded(2, SELL, 3, who=2))
    outputs = rig.give(dividend(5))
    booked = [output for output in outputs if isinstance(output, CashBooked)]
    kind = CashKind.DIVIDEND
    assert booked == [
        CashBooked(FIRST, "USD", kind, Money(40), "D", StrategyId(1), ONE),
        CashBooked(FIRST, "USD", kind, Money(-15), "D", StrategyId(2), ONE),
    ]
    assert (rig.position(1).realised, rig.position(2).realised) == (40, -15)
    assert rig.account().cash == CASH + 25
    assert outputs[0] == InstrumentAdjusted(ONE, "dividend 0.05", "D")
    assert outputs[-1] == BookStale(ONE, "corporate action: dividend 0.05")
    changes = [output for output in outputs if isinstance(output, AccountChanged)]
    assert [change.cash for change in changes] == [CASH + 40, CASH + 25]


def test_a_dividend_on_part_of_a_unit_is_kept_to_the_last_part() -> None:
    """B-POS-12: a thousandth of 5 smallest units of money, seven times; rounded where it is said.

    Half to even: after 100 of them half a unit reads 0, after 300 one and a half read 2.
    """
    fine = instrument(
        instrument=InstrumentId(3), symbol="FINE", quantity_decimals=3, money_decimals=5
    )
    rig = Rig(account(3, money_decimals=5), strategy(3, 3), fine, limits(3, **MANY))
    rig.give(quote(99, 101, 10**6, 10**6, instrument=3), *traded(1, BUY, 1, 100, 3, 3))
    for number in range(1, 301):
        changed = rig.give(dividend(5, 3, f"D{number}"))
        cash = only(AccountChanged, changed).cash
        assert cash == round(Fraction(CASH * 1) + Fraction(5 * number, 1_000)), number
    position = rig.machine.positions.get(StrategyId(3), InstrumentId(3))
    assert position.realised_fine == FINE_UNIT * 3 // 2


def test_nobody_holding_it_a_dividend_moves_prices_alone() -> None:
    """And says so."""
    outputs = Rig().give(dividend(5))
    assert [type(output) for output in outputs] == [InstrumentAdjusted, BookStale]


# --- names ----------------------------------------------------------------------------------------


def test_a_renamed_instrument_is_the_same_instrument() -> None:
    """Positions, orders and book stay; the book is believed on."""
    rig = Rig(*traded(1, BUY, 8), submit(2))
    before = worth(rig)
    assert rig.give(renamed("NEWNAME")) == [InstrumentAdjusted(ONE, "renamed NEWNAME", "R")]
    assert rig.machine.instruments[ONE].symbol == "NEWNAME"
    assert (worth(rig), rig.position().quantity, rig.working()) == (before, 8, 8)
    book = rig.machine.books.get(ONE)
    assert book is not None
    assert not book.stale


def test_a_name_that_was_given_up_is_free() -> None:
    """Symbols are unique at any one time."""
    rig = Rig(renamed("NEWNAME"))
    old = only(InstrumentAdjusted, rig.give(renamed("ABCUSD", 2, "R2")))
    assert old.action == "renamed ABCUSD"


# --- prices and orders ----------------------------------------------------------------------------


def test_orders_wait_for_the_first_price_after_an_action() -> None:
    """Invariant 11: a price that nobody has said is no reference."""
    rig = Rig(split(2, 1))
    assert "book_fresh" in rig.refused(submit(1, BUY, 8, 50))
    rig.give(quote(49, 51), submit(2, BUY, 8, 50))
    assert rig.working() == 8


def test_what_works_is_counted_in_the_new_units() -> None:
    """Invariant 8: nobody gains headroom by a split."""
    rig = Rig(submit(1, BUY, 8, 100), submit(2, SELL, 5, 100), accepted(2))
    rig.give(split(3, 1))
    assert (rig.working(BUY), rig.working(SELL)) == (24, 15)


def test_a_statement_from_before_an_action_opens_no_break() -> None:
    """Control 44: it has the old units and the old cash, and could not know."""
    rig = Rig(*traded(1, BUY, 8))
    before = Statement(
        FIRST,
        "",
        Nanos(rig.time),
        positions=(StatementPosition(ONE, SignedQuantity(8)),),
        cash=(StatementCash("USD", CASH),),
    )
    rig.wait(SECOND)
    rig.give(split(2, 1), dividend(5))
    assert not any(isinstance(one, BreakOpened) for one in rig.give(before))
    rig.wait(SECOND)
    opened = rig.give(msgspec.structs.replace(before, as_of=rig.time))
    assert sum(isinstance(one, BreakOpened) for one in opened) == 2


# --- what is refused ------------------------------------------------------------------------------

REFUSED: Final[list[tuple[Input, str]]] = [
    (split(2, 1, 7), "unknown instrument"),
    (split(2, 1, reference=" "), "it has no reference"),
    (split(0, 1), f"new and old are not between 1 and {INCREMENTS_MAX}"),
    (split(2, -1), f"new and old are not between 1 and {INCREMENTS_MAX}"),
    (split(INCREMENTS_MAX + 1, 1), f"new and old are not between 1 and {INCREMENTS_MAX}"),
    (split(3, 3), "it changes nothing"),
    (split(2, 1, lieu=-1), f"lieu_price is not between 0 and {INCREMENTS_MAX} increments"),
    (split(2, 1, 3), "an inverse contract has no units that could be split"),
    (dividend(5, 7), "unknown instrument"),
    (dividend(5, reference=""), "it has no reference"),
    (dividend(0), f"the amount is not between 1 and {MONEY_MAX} units of money"),
    (dividend(MONEY_MAX + 1), f"the amount is not between 1 and {MONEY_MAX} units of money"),
    (dividend(MONEY_MAX), f"it takes money beyond {MONEY_MAX} units"),
    (dividend(5, 3), "an inverse contract has no units that could be paid for"),
    (renamed("NEW", 7), "unknown instrument"),
    (renamed("NEW", reference=""), "it has no reference"),
    (renamed(" "), "its symbol is empty or taken"),
    (renamed("XYZ/USD"), "its symbol is empty or taken"),
    (renamed("ABCUSD"), "its symbol is empty or taken"),
]


@pytest.mark.parametrize(("action", "reason"), REFUSED)
def test_what_cannot_be_true_changes_nothing(action: Input, reason: str) -> None:
    """Each "no" names its reason."""
    inverse = instrument(instrument=InstrumentId(3), symbol="INV", kind=InstrumentKind.INVERSE)
    rig = Rig(inverse, *traded(1, BUY, 8))
    before = everything(rig)
    assert rig.give(action) == [InputRefused(type(action).__name__, reason)]
    assert everything(rig) == before


@pytest.mark.parametrize("action", [split(2, 1), dividend(5), renamed("NEW")])
def test_an_action_is_booked_once_by_its_reference(action: Action) -> None:
    """B-OMS-10, for corporate actions: a repetition is no second split. Others are others."""
    rig = Rig(*traded(1, BUY, 8), action)
    before = everything(rig)
    [refused] = rig.give(action)
    assert isinstance(refused, InputRefused)
    assert refused.reason.endswith("was booked before")
    assert everything(rig) == before
    outputs = rig.give(split(2, 1, 2, reference=action.reference))
    assert isinstance(outputs[0], InstrumentAdjusted)


def test_what_all_holders_receive_together_must_be_writable() -> None:
    """Either of two strategies could take half of what a record holds, both cannot."""
    half = Money(MONEY_MAX // 2)
    rig = Rig(*traded(1, BUY, 1), *traded(2, BUY, 1, who=2))
    [refused] = rig.give(dividend(half))
    assert refused == InputRefused("CashDividend", f"it takes money beyond {MONEY_MAX} units")
    rig.give(*traded(3, SELL, 1, who=2))
    assert isinstance(rig.give(dividend(half))[0], InstrumentAdjusted)


def test_a_dividend_that_no_part_of_money_is_fine_enough_for_is_refused() -> None:
    """B-POS-12: money is exact or it is not booked."""
    finest = instrument(
        instrument=InstrumentId(3),
        symbol="FINE",
        price_decimals=0,
        quantity_decimals=12,
        money_decimals=12,
    )
    rig = Rig(account(3, money_decimals=12), strategy(3, 3), finest, limits(3, **MANY))
    rig.give(quote(99, 101, 10**6, 10**6, instrument=3), *traded(1, BUY, 1, 100, 3, 3))
    [refused] = rig.give(dividend(1, 3))
    assert isinstance(refused, InputRefused)
    assert refused.reason.startswith("it does not come out in fine parts of money")
    assert isinstance(rig.give(dividend(12_500, 3))[0], InstrumentAdjusted)


def test_fractions_that_could_not_be_written_down_are_refused_until_there_is_a_price() -> None:
    """A record holds 64 bits, the fractions of a carried price must fit in."""
    rig = Rig()
    primes = [999_983, 999_979, 999_961, 999_959]
    for number, prime in enumerate(primes[:3]):
        rig.give(split(prime, prime - 1, reference=f"S{number}"))
    why = f"the last prices would be fractions beyond {MONEY_MAX}: give new ones first"
    beyond = dividend(999_959, reference="D")
    assert rig.give(split(primes[3], primes[3] - 1)) == [InputRefused("InstrumentSplit", why)]
    assert rig.give(beyond) == [InputRefused("CashDividend", why)]
    rig.give(quote(99, 101), Trade(ONE, Price(100), Quantity(1), BUY, "", NO_TIME))
    outputs = rig.give(split(primes[3], primes[3] - 1))
    assert isinstance(outputs[0], InstrumentAdjusted)
