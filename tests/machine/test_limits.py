"""Limits of scopes: set, taken away, versioned, and the digest by which they are attested."""

from fairlead.machine import limits as rules
from fairlead.machine.risk.tree import Node
from fairlead.model.inputs import DynamicLimitDefinition, OutsideValue
from fairlead.model.outputs import DynamicLimitChanged, RiskLimitsChanged
from fairlead.model.risk import DynamicLimit
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import Millionths, Quantity
from tests.machine.build import Rig, limits, only, rate
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
