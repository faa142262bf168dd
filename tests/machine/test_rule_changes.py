"""Rules that are no limits: after trading began what may be looser needs two persons."""

from typing import Any, Final

import msgspec
import pytest

from fairlead.machine import rule_changes
from fairlead.machine.approvals import RuleChange
from fairlead.model.inputs import (
    Input,
    KillPolicyChange,
    NamedCheckDefinition,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    ReconciliationPolicyChange,
    RestrictionChange,
    ToleranceChange,
)
from fairlead.model.outputs import ChangeProposed, InputRefused, ProposalEnded
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.risk import (
    KillPolicy,
    NamedCheck,
    Permission,
    PreTradePolicy,
    Profile,
    Restriction,
)
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType
from fairlead.model.units import AccountId, InstrumentId, Millionths, Nanos, Quantity, StrategyId
from tests.machine.build import SET_UP, START, Rig, only
from tests.machine.governed import approval, proposed

WHO: Final = ("ann", "as agreed")
ONE: Final = InstrumentId(1)
MINE: Final = StrategyId(1)
LIMIT: Final = (OrderType.LIMIT,)
STRICT: Final = PreTradePolicy(
    permissions_required=True,
    order_types_forbidden=(OrderType.MARKET, OrderType.PEGGED),
    life_max=Nanos(60),
    instrument_resume_delay=Nanos(60),
)
KNOWN: Final = Profile(
    ONE,
    "tech",
    "A plc",
    Millionths(1_000),
    locate_required=True,
    marked=True,
    previous_close=Millionths(100),
    delta=Millionths(5),
    gamma=Millionths(6),
    vega=Millionths(7),
)


class Before(Rig):
    """A machine that was set up so, and then began to trade."""

    def __init__(self, *rules: Input) -> None:
        """Give the rules before the start."""
        super().__init__()
        self.machine = type(self.machine)()
        begins = SET_UP.index(START)
        self.give(*SET_UP[:begins], *rules, *SET_UP[begins:])


def waits(old: Input | None, new: Input) -> bool:
    """Return whether a change waits for a second person, and holds once one approved it."""
    rig = Before(*([old] if old is not None else []))
    outputs = rig.give(new)
    assert not any(isinstance(one, InputRefused) for one in outputs)
    before = rig.machine.gate.pretrade.content()
    if not any(isinstance(one, ChangeProposed) for one in outputs):
        return False
    outputs = rig.give(approval(proposed(outputs)))
    assert only(ProposalEnded, outputs).outcome == "approved"
    listed = isinstance(new, RestrictionChange | ReconciliationPolicyChange)
    other = isinstance(new, KillPolicyChange | ToleranceChange)
    assert listed or other or rig.machine.gate.pretrade.content() != before
    return True


def changed(old: Any, terms: dict[str, Any]) -> Any:
    """Return a policy or profile with other terms."""
    return msgspec.structs.replace(old, **terms)


@pytest.mark.parametrize(
    ("tighter", "looser"),
    [
        ({"duplicate_window": 500_000_001}, {"duplicate_window": 499_999_999}),
        ({}, {"self_trade": SelfTrade.ALLOW}),
        ({}, {"self_trade": SelfTrade.CANCEL_OLDEST}),  # which is stricter, nobody can tell
        ({}, {"permissions_required": False}),
        ({"order_types_forbidden": tuple(OrderType)}, {"order_types_forbidden": LIMIT}),
        ({"life_max": 59}, {"life_max": 61}),
        ({"life_max": 1}, {"life_max": 0}),
        ({"halt_resume_delay": 300_000_000_001}, {"halt_resume_delay": 0}),
        ({"instrument_resume_delay": 61}, {"instrument_resume_delay": 59}),
        ({"unacknowledged_age_max": 1}, {"unacknowledged_age_max": 0}),
        ({"unacknowledged_age_max": 1}, {"unacknowledged_age_max": 10_000_000_001}),
        ({"adverse_collar_only": False}, {"adverse_collar_only": True}),
        ({"outside_age_max": 1}, {"outside_age_max": 0}),
    ],
)
def test_each_key_of_the_policy_has_a_looser_side(
    tighter: dict[str, Any], looser: dict[str, Any]
) -> None:
    """RISK: an increase needs two persons, whatever it is an increase of."""
    old = PreTradePolicyChange(STRICT, *WHO)
    assert not waits(old, PreTradePolicyChange(changed(STRICT, tighter), *WHO))
    assert waits(old, PreTradePolicyChange(changed(STRICT, looser), *WHO))


def test_no_key_of_the_policy_is_forgotten() -> None:
    """A key that comes later is to be put into the table above."""
    names = {field.name for field in msgspec.structs.fields(PreTradePolicy)}
    assert len(names) == 10


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, False),
        ({"average_daily_volume": 999}, False),
        ({"average_daily_volume": None}, False),  # not known: what asks for it fails
        ({"average_daily_volume": 1_001}, True),
        ({"locate_required": False}, True),
        ({"marked": False}, True),
        ({"sector": "other"}, True),
        ({"issuer": "B plc"}, True),
        ({"previous_close": 101}, True),
        ({"delta": 4}, True),
        ({"gamma": 7}, True),
        ({"vega": 0}, True),
    ],
)
def test_each_key_of_a_profile_has_a_looser_side(terms: dict[str, Any], expected: bool) -> None:
    old, new = ProfileChange(KNOWN, *WHO), ProfileChange(changed(KNOWN, terms), *WHO)
    assert waits(old, new) is expected
    assert not waits(None, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, ({},), False),  # where nobody needs one, a permission is a restriction
        (({},), (), False),
        ((), ({},), True),
        (({"order_types": LIMIT},), ({},), True),
        (({},), ({"order_types": LIMIT},), False),
        (({"instruments": (1, 2)},), ({"instruments": (2,)},), False),
        (({"instruments": (2,)},), ({"instruments": (1, 2)},), True),
        (({"trader": "bob"},), ({"trader": "eve"},), True),
        (({"trader": "bob"},), ({"trader": ""},), True),
        (({"venues": ("VENUE",)},), ({"venues": ("VENUE", "B")},), True),
        (({"trader": "bob"}, {"trader": "eve"}), ({"trader": "eve"},), False),
    ],
)
def test_permissions_are_looser_where_one_names_more_than_any_did(
    old: tuple[dict[str, Any], ...] | None, new: tuple[dict[str, Any], ...], expected: bool
) -> None:
    """Control 25, RTS 6 15(5)."""
    given = [
        None
        if terms is None
        else PermissionChange(MINE, tuple(Permission(MINE, **each) for each in terms), *WHO)
        for terms in (old, new)
    ]
    assert given[1] is not None
    assert waits(given[0], given[1]) is expected


def test_a_first_permission_is_looser_where_nobody_trades_without_one() -> None:
    rig = Before(PreTradePolicyChange(STRICT, *WHO))
    proposed(rig.give(PermissionChange(MINE, (Permission(MINE),), *WHO)))


def test_what_comes_off_the_restricted_list_is_looser_and_so_is_leave_to_close() -> None:
    """Control 24."""
    listed = RestrictionChange(Restriction(ONE, AccountId(1)), True, *WHO)
    closing = RestrictionChange(Restriction(ONE, AccountId(1), None, True), True, *WHO)
    off = RestrictionChange(Restriction(ONE, AccountId(1)), False, *WHO)
    assert not waits(None, listed)
    assert waits(listed, off)
    assert waits(listed, closing)
    assert not waits(closing, listed)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (NamedCheck("Floor", "price > 1.0", "another message"), False),
        (NamedCheck("Floor", "price > 0.5"), True),
        (NamedCheck("Floor", ""), True),
        (NamedCheck("Other", "price > 0.5"), False),
    ],
)
def test_a_check_that_is_known_is_another_one_by_two_persons(
    new: NamedCheck, expected: bool
) -> None:
    """S4-RISK-07: which of two conditions is stricter, nobody can tell."""
    old = NamedCheckDefinition(NamedCheck("Floor", "price > 1.0"), *WHO)
    assert waits(old, NamedCheckDefinition(new, *WHO)) is expected


def test_a_check_that_could_not_be_asked_is_not_even_proposed() -> None:
    old = NamedCheckDefinition(NamedCheck("Floor", "price > 1.0"), *WHO)
    rig = Before(old)
    [refused] = rig.give(NamedCheckDefinition(NamedCheck("Floor", "price >"), *WHO))
    assert isinstance(refused, InputRefused)


def test_any_other_way_to_carry_out_kills_needs_two_persons() -> None:
    """KILL: whether it is gentler or harder, nobody can tell."""
    old = KillPolicyChange(KillPolicy(), *WHO)
    assert not waits(None, old)
    assert waits(old, KillPolicyChange(KillPolicy(stage_orders_max=5), *WHO))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"owner": "desk"}, False),
        ({"required": False}, True),
        ({"interval": 0}, True),
        ({"interval": 3_600 * 10**9 + 1}, True),
        ({"interval": 1}, False),
        ({"tolerance": 1}, True),
        ({"auto_correct": True}, True),
    ],
)
def test_each_key_of_reconciliation_has_a_looser_side(
    terms: dict[str, Any], expected: bool
) -> None:
    new = ReconciliationPolicyChange(changed(ReconciliationPolicy(), terms), *WHO)
    assert waits(None, new) is expected


@pytest.mark.parametrize(("old", "new", "expected"), [(2, 3, True), (2, 2, False), (2, 1, False)])
def test_a_wider_tolerance_is_looser(old: int, new: int, expected: bool) -> None:
    given = [ToleranceChange(ONE, Quantity(each), *WHO) for each in (old, new)]
    assert waits(*given) is expected
    assert waits(None, given[0])


def test_before_trading_begins_one_person_sets_everything() -> None:
    """CFG: a set-up is reviewed as a whole, and started by a named person."""
    rig = Before(PreTradePolicyChange(STRICT, *WHO), PreTradePolicyChange(PreTradePolicy(), *WHO))
    assert rig.machine.gate.pretrade.policy == PreTradePolicy()


def test_what_has_changed_since_it_was_proposed_is_proposed_anew() -> None:
    """RISK: an approval is of exactly what was looked at."""
    rig = Before(PreTradePolicyChange(STRICT, *WHO))
    first = proposed(rig.give(PreTradePolicyChange(PreTradePolicy(), *WHO)))
    rig.give(PreTradePolicyChange(changed(STRICT, {"life_max": 1}), *WHO))
    assert only(ProposalEnded, rig.give(approval(first))).outcome != "approved"
    assert rig.machine.gate.pretrade.policy.life_max == 1


def test_every_change_says_what_it_is_about() -> None:
    rig = Before(NamedCheckDefinition(NamedCheck("Floor", "price > 1.0"), *WHO))
    state = rig.machine.state
    changes: dict[str, RuleChange] = {
        "check Floor": NamedCheckDefinition(NamedCheck("Floor", ""), *WHO),
        "how orders are checked": PreTradePolicyChange(PreTradePolicy(), *WHO),
        "profile of ABCUSD": ProfileChange(KNOWN, *WHO),
        "permissions of strategy 1": PermissionChange(MINE, (), *WHO),
        "restriction of ABCUSD": RestrictionChange(Restriction(ONE), True, *WHO),
        "how kills are carried out": KillPolicyChange(KillPolicy(), *WHO),
        "how statements are reconciled": ReconciliationPolicyChange(ReconciliationPolicy(), *WHO),
        "tolerance of ABCUSD": ToleranceChange(ONE, Quantity(1), *WHO),
    }
    assert {rule_changes.subject(state, each) for each in changes.values()} == set(changes)
