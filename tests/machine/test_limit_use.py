"""The use of limits as people read it is what the gate measures: not a second arithmetic."""

from fractions import Fraction
from math import ceil
from typing import Final

import pytest

from fairlead.machine.limit_use import OF_AN_ORDER, Use, uses
from fairlead.model.inputs import BookGap, TimePassed
from fairlead.model.outputs import FailedCheck
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import InstrumentId, Money, OrderId, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    SECOND,
    SELL,
    Rig,
    accepted,
    filled,
    limits,
    quote,
    submit,
)
from tests.machine.governed import MAIN, a_limit, change

CASH: Final = 10_000  # of the account; prices are 1.00, a lot is worth 1.00
# 50 of it, where 30 have lost a hundredth each at the bid; rounded up.
OF_EQUITY: Final = ceil(Fraction(50 * 10**6) / (CASH - Fraction(30, 100)))
STRATEGY: Final = Scope(ScopeKind.STRATEGY, "strategy 1")
VENUE: Final = Scope(ScopeKind.VENUE, "VENUE")
SCOPES: Final = (FIRM, MAIN, STRATEGY, VENUE, Scope(ScopeKind.INSTRUMENT, "ABCUSD"))
SCOPE_IDS: Final = [str(scope) for scope in SCOPES]


def a_rig(kind: LimitKind, whole: int = 1_000, scope: Scope = MAIN, window: int = 0) -> Rig:
    """Return a rig with one limit of a scope, long by 30, and 20 working on either side."""
    wide = {"order_notional_max": Money(10**9), "position_quantity_max": Quantity(10**6)}
    made = change(0, scope=scope, limits=(a_limit(kind, whole, window),))
    rig = Rig(limits(1, **wide), limits(2, **wide), made)
    rig.give(submit(1, BUY, 30), accepted(1), filled(1, 30, "e1"))
    rig.give(submit(2, BUY, 20), accepted(2), submit(3, SELL, 20, 101), accepted(3))
    return rig


def use(rig: Rig, kind: LimitKind) -> Use:
    """Return the use of the one limit of a kind."""
    [found] = [each for each in uses(rig.machine.state) if each.limit.kind is kind]
    return found


# kind, what of it is in use in millionths, where
USED: Final = [
    (LimitKind.POSITION_QUANTITY, 50 * 10**6, "ABCUSD"),  # 30 and 20 that buy
    (LimitKind.POSITION_VALUE, 50 * 10**6, "ABCUSD"),
    (LimitKind.POSITION_SHARE, OF_EQUITY, "ABCUSD"),
    (LimitKind.POSITIONS, 10**6, ""),
    (LimitKind.GROSS, 50 * 10**6, ""),
    (LimitKind.GROSS_SHARE, OF_EQUITY, ""),
    (LimitKind.CAPITAL, 50 * 10**6, ""),
    (LimitKind.NET_LONG_SHARE, OF_EQUITY, ""),
    (LimitKind.NET_SHORT_SHARE, 0, ""),  # 20 that sell, less 30: long whatever fills
    (LimitKind.SECTOR, 50 * 10**6, "unclassified"),
    (LimitKind.CURRENCY_SHARE, OF_EQUITY, "USD"),
    (LimitKind.INSTRUMENTS, 10**6, ""),
    (LimitKind.WORKING_ORDERS, 2 * 10**6, ""),
    (LimitKind.UNACKNOWLEDGED, 0, ""),
    (LimitKind.QUANTITY_DAY, 70 * 10**6, "ABCUSD"),  # 30, 20 and 20 were sent
    (LimitKind.VALUE_DAY, 70_200_000, ""),  # the sell at 1.01
]


@pytest.mark.parametrize(("kind", "measured", "where"), USED, ids=[row[0].name for row in USED])
@pytest.mark.parametrize("scope", SCOPES, ids=SCOPE_IDS)
def test_what_is_in_use_is_the_worst_case(
    scope: Scope, kind: LimitKind, measured: int, where: str
) -> None:
    """B-RISK-02: position and all that works, long and short separately."""
    found = use(a_rig(kind, scope=scope), kind)
    assert found.asked
    assert (found.measured, found.where) == (measured, where)
    assert found.node.scope == scope


@pytest.mark.parametrize(("kind", "measured"), [row[:2] for row in USED[:1] + USED[4:5]])
def test_the_next_order_is_measured_from_there_on(kind: LimitKind, measured: int) -> None:
    """What the gate measures of an order of 7 is the use, and 7."""
    rig = a_rig(kind)
    shown = use(rig, kind).measured
    trace: list[tuple[OrderId, FailedCheck, bool]] = []
    rig.machine.gate.trace = trace
    rig.give(submit(9, BUY, 7))
    asked: list[FailedCheck] = [
        check for _, check, _ in trace if check.check == kind.name.lower() and check.scope
    ]
    unit = 100 if kind is LimitKind.GROSS else 1  # cents
    assert shown == measured
    assert asked[0].measured == Fraction(measured, 10**6) * unit + 7 * unit


def test_what_is_exceeded_is_shown_beyond_its_limit() -> None:
    rig = a_rig(LimitKind.GROSS)
    rig.give(change(10))
    assert use(rig, LimitKind.GROSS).measured == 50 * 10**6


def test_a_window_forgets_what_is_older() -> None:
    rig = a_rig(LimitKind.VALUE_WINDOW, window=10 * SECOND)
    assert use(rig, LimitKind.VALUE_WINDOW).measured == 70_200_000
    rig.wait(10 * SECOND)
    rig.give(TimePassed())
    assert use(rig, LimitKind.VALUE_WINDOW).measured == 0


def test_a_price_that_moved_is_taken_in() -> None:
    rig = a_rig(LimitKind.GROSS)
    rig.give(quote(199, 201))
    assert use(rig, LimitKind.GROSS).measured == 100 * 10**6


def test_what_cannot_be_measured_is_not_invented() -> None:
    rig = a_rig(LimitKind.GROSS)
    rig.give(BookGap(InstrumentId(1), "lost"))
    found = use(rig, LimitKind.GROSS)
    assert (found.asked, found.measured) == (True, None)


def test_a_loss_is_in_use_and_a_profit_is_none() -> None:
    """Bought 30 at 1.00, worth the bid: a fall to 0.90 loses 3.00."""
    rig = a_rig(LimitKind.LOSS_DAY)
    rig.give(quote(100, 101))
    assert use(rig, LimitKind.LOSS_DAY).measured == 0
    rig.give(quote(90, 101))
    assert use(rig, LimitKind.LOSS_DAY).measured == 3 * 10**6


def test_what_each_order_is_held_to_is_never_in_use() -> None:
    for kind in OF_AN_ORDER:
        found = use(a_rig(kind, whole=0 if kind is LimitKind.DEPTH else 1_000), kind)
        assert (found.asked, found.measured) == (False, None)


def test_cash_is_used_by_what_is_left_when_all_that_buys_spot_is_paid() -> None:
    """Of the least that must be left, less is nearer."""
    rig = Rig(change(1, LimitKind.CASH), limits(2, order_notional_max=Money(10**9)))
    rig.give(submit(1, BUY, 10, 100, instrument=InstrumentId(2)), accepted(1, instrument=2))
    found = use(rig, LimitKind.CASH)
    assert found.measured == (CASH - 10 * 10) * 10**6  # a lot of instrument 2 is worth 10.00
    assert found.where == "account 1"


def test_of_several_instruments_the_one_that_uses_most_is_named() -> None:
    rig = a_rig(LimitKind.POSITION_VALUE)
    order = submit(9, SELL, 9, 100, instrument=InstrumentId(2), strategy=StrategyId(2))
    rig.give(order, accepted(9, instrument=2))
    found = use(rig, LimitKind.POSITION_VALUE)
    assert (found.measured, found.where) == (90 * 10**6, "XYZ/USD")


def test_a_scope_in_which_nothing_ever_was_uses_nothing() -> None:
    rig = Rig(change(60))
    found = use(rig, LimitKind.GROSS)
    assert (found.asked, found.measured, found.where) == (True, 0, "")


def test_looking_decides_nothing() -> None:
    """The next order is answered as if nobody had looked, and nobody is alerted by looking."""
    rig, unseen = a_rig(LimitKind.GROSS, 52), a_rig(LimitKind.GROSS, 52)
    uses(rig.machine.state)
    for order, quantity in ((8, 3), (9, 2)):
        assert rig.give(submit(order, BUY, quantity)) == unseen.give(submit(order, BUY, quantity))
    assert rig.machine.digest() == unseen.machine.digest()
    assert OrderId(9) in [each.order for each in rig.machine.orders.all_working()]
