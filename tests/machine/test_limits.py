"""Limits of scopes: set, taken away, versioned, and the digest by which they are attested."""

from fractions import Fraction
from math import ceil, floor

import pytest

from fairlead.machine import limits as rules
from fairlead.machine.risk.tree import Node
from fairlead.model.inputs import DynamicLimitDefinition, OutsideValue
from fairlead.model.outputs import DynamicLimitChanged, RiskLimitsChanged
from fairlead.model.risk import DynamicLimit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import Millionths, Quantity
from tests.machine.actions import split
from tests.machine.build import Rig, limits, only, quote, rate, submit
from tests.machine.governed import MAIN, a_limit, change, removal

CALM = OutsideValue("vix", Millionths(20_000_000), Rig().time)
WILD = OutsideValue("vix", Millionths(31_000_000), Rig().time)
VOLATILE = DynamicLimitDefinition(
    DynamicLimit("volatile", MAIN, "vix > 30", (a_limit(LimitKind.GROSS, 20),)), "ann", "as agreed"
)


def node(rig: Rig) -> Node:
    """Return the node of the account."""
    found = rig.machine.gate.tree.find(MAIN)
    assert found is not None
    return found


def test_a_fact_says_what_holds_from_now_on_and_whose_wish_it_was() -> None:
    """S1-RISK-01: limits are inputs, and what follows from them is recorded."""
    rig = Rig()
    fact = only(RiskLimitsChanged, rig.give(change(60)))
    assert (fact.scope, fact.person, fact.reason) == (MAIN, "ann", "as agreed")
    assert [(limit.kind, limit.hard) for limit in fact.limits] == [(LimitKind.GROSS, 60_000_000)]
    assert fact.version == rig.machine.gate.tree.version


def test_the_version_grows_with_every_change_and_with_nothing_else() -> None:
    rig = Rig()
    versions = [only(RiskLimitsChanged, rig.give(change(whole))).version for whole in (60, 50, 40)]
    assert versions == [versions[0], versions[0] + 1, versions[0] + 2]


def test_limits_that_are_not_named_stay() -> None:
    rig = Rig(change(60), change(70, LimitKind.CAPITAL))
    assert sorted(node(rig).held) == [LimitKind.GROSS, LimitKind.CAPITAL]


def test_what_is_taken_away_holds_no_more() -> None:
    rig = Rig(change(60), change(70, LimitKind.CAPITAL), removal())
    assert list(node(rig).held) == [LimitKind.CAPITAL]


def test_what_was_never_set_may_be_taken_away_by_one_person() -> None:
    """It allows nothing that was not allowed."""
    only(RiskLimitsChanged, Rig().give(removal()))


def test_every_limit_is_in_the_digest_that_a_person_attests() -> None:
    digests = [
        rules.digest(Rig(*given).machine.state)
        for given in (
            (),
            (change(60),),
            (change(61),),
            (change(60, LimitKind.CAPITAL),),
            (limits(order_quantity_max=Quantity(99)),),
            (rate(999, 100),),
        )
    ]
    assert len(dict.fromkeys(digests)) == len(digests)
    assert rules.digest(Rig(change(60)).machine.state) == digests[1]


def test_an_increase_is_one_against_what_was_set_not_against_a_dynamic_limit() -> None:
    """While 20 applies by the market, 50 after 60 is still tighter, and 20 goes on to hold."""
    rig = Rig(change(60))
    rig.give(CALM, VOLATILE)
    assert only(DynamicLimitChanged, rig.give(WILD, change(50))).applied
    held = node(rig).limit(LimitKind.GROSS)
    assert held is not None
    assert held.hard == 20_000_000
    rig.give(CALM)
    held = node(rig).limit(LimitKind.GROSS)
    assert held is not None
    assert held.hard == 50_000_000


# --- splits ---------------------------------------------------------------------------------------

ABC = Scope(ScopeKind.INSTRUMENT, "ABCUSD")
QUANTITIES = (LimitKind.POSITION_QUANTITY, LimitKind.ORDER_QUANTITY, LimitKind.QUANTITY_DAY)


def of_abc(rig: Rig) -> dict[LimitKind, tuple[int, int | None]]:
    """Return the limits of the instrument as they were set: hard bound and warning."""
    found = rig.machine.gate.tree.find(ABC)
    assert found is not None
    return {kind: (one.hard, one.warning) for kind, one in found.limits.items()}


@pytest.mark.parametrize(("new", "old"), [(1, 10), (2, 1), (3, 7), (7, 3)])
def test_a_split_leaves_the_limits_of_an_instrument_allowing_what_they_allowed(
    new: int, old: int
) -> None:
    """B-RISK-13: rounded to the stricter side; money, shares and other scopes stay."""
    kinds = (*QUANTITIES, LimitKind.DEPTH, LimitKind.PRICE_FLOOR, LimitKind.POSITION_VALUE)
    given = [
        change(0, kind, ABC, limits=(a_limit(kind, 11, warning=11),), reason="as agreed")
        for kind in kinds
    ]
    elsewhere = change(100, LimitKind.POSITION_QUANTITY)
    rig = Rig(elsewhere, *given)
    ratio = Fraction(11_000_000 * new, old)
    fact = only(RiskLimitsChanged, rig.give(split(new, old)))
    down, up = floor(ratio), ceil(ratio)
    floor_price = ceil(Fraction(11_000_000 * old, new))
    expected = {
        **dict.fromkeys(QUANTITIES, (down, down)),
        LimitKind.DEPTH: (up, up),
        LimitKind.PRICE_FLOOR: (floor_price, floor_price),
    }
    assert of_abc(rig) == expected | {LimitKind.POSITION_VALUE: (11_000_000, 11_000_000)}
    assert {one.kind: (one.hard, one.warning) for one in fact.limits} == expected
    assert (fact.scope, fact.version) == (ABC, rig.machine.gate.tree.version)
    held = node(rig).limit(LimitKind.POSITION_QUANTITY)
    assert held is not None
    assert held.hard == 100_000_000


def test_after_a_reverse_split_the_next_order_is_held_to_the_new_units() -> None:
    """B-RISK-13: the tightest on the path is found anew."""
    rig = Rig(change(50, LimitKind.ORDER_QUANTITY, ABC))
    rig.give(submit(1, quantity=50), split(1, 10), quote(990, 1010))
    assert rig.refused(submit(2, quantity=6, price=1_000))["order_quantity"] == (6, 5)


def test_a_dynamic_limit_of_the_instrument_is_split_whether_it_applies_or_not() -> None:
    """B-RISK-13: also when it applies again later."""
    kind = LimitKind.POSITION_QUANTITY
    dynamic = DynamicLimit("volatile", ABC, "vix > 30", (a_limit(kind, 50, warning=40),))
    rig = Rig()
    rig.give(CALM, DynamicLimitDefinition(dynamic, "ann", "as agreed"), split(1, 2), WILD)
    found = rig.machine.gate.tree.find(ABC)
    assert found is not None
    held = found.limit(kind)
    assert held is not None
    assert (held.hard, held.warning) == (25_000_000, 20_000_000)
    rig.give(split(1, 5, reference="the second"))
    held = found.limit(kind)
    assert held is not None
    assert (held.hard, held.warning) == (5_000_000, 4_000_000)


def test_a_split_without_limits_of_its_instrument_says_nothing_of_limits() -> None:
    outputs = Rig(change(60)).give(split(2, 1))
    assert not [one for one in outputs if isinstance(one, RiskLimitsChanged)]
