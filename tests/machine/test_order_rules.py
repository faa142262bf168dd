"""What people set for layer 1: by name, and nothing that could not be true."""

from typing import Any, Final

import msgspec
import pytest

from fairlead.machine.risk.pretrade import CHECKS
from fairlead.machine.risk.pretrade_named import CHECKS_MAX
from fairlead.model.inputs import (
    Input,
    NamedCheckDefinition,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    RestrictionChange,
    StrategyStartCommand,
)
from fairlead.model.outputs import InputRefused, StrategyEnabled
from fairlead.model.risk import NamedCheck, Permission, PreTradePolicy, Profile, Restriction
from fairlead.model.risk_terms import LimitKind, SelfTrade
from fairlead.model.units import AccountId, InstrumentId, Millionths, Nanos, StrategyId
from tests.machine.build import FAILED, TAKEN_OFF, only, submit
from tests.machine.risk.twin import MILLION, MINE, Twin, limit

ONE: Final = InstrumentId(1)
NOWHERE: Final = InstrumentId(9)
WHO: Final = ("ann", "as agreed")
CHECK: Final = NamedCheck("Small", "order_size < 8", "too much")
GOOD: Final[list[Input]] = [
    ProfileChange(Profile(ONE, average_daily_volume=Millionths(0)), *WHO),
    PreTradePolicyChange(PreTradePolicy(), *WHO),
    NamedCheckDefinition(CHECK, *WHO),
    PermissionChange(StrategyId(1), (Permission(StrategyId(1), instruments=(ONE,)),), *WHO),
    RestrictionChange(Restriction(ONE, AccountId(1)), True, *WHO),
]
SPANS: Final = (
    "duplicate_window",
    "life_max",
    "halt_resume_delay",
    "instrument_resume_delay",
    "unacknowledged_age_max",
    "outside_age_max",
)


def reason(*inputs: Input) -> str:
    """Return why the last input is refused; whatever it says, it changed nothing."""
    rig = Twin(*inputs[:-1])
    before = rig.machine.gate.pretrade.content()
    refused = only(InputRefused, rig.give(inputs[-1]))
    assert refused.kind == type(inputs[-1]).__name__
    assert rig.machine.gate.pretrade.content() == before
    return refused.reason


@pytest.mark.parametrize("good", GOOD, ids=lambda each: type(each).__name__)
def test_a_change_by_a_named_person_holds_and_one_by_nobody_does_not(good: Input) -> None:
    """Control 48, B-CFG: every change has a name, and the state remembers it."""
    rig = Twin()
    before = rig.machine.gate.pretrade.content()
    assert rig.give(good) == []
    assert rig.machine.gate.pretrade.content() != before or isinstance(good, RestrictionChange)
    rig.restart()
    for nobody in ("", "  "):
        assert reason(msgspec.structs.replace(good, person=nobody)) == "it names no person"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(NOWHERE), "unknown instrument"),
        (Profile(ONE, average_daily_volume=Millionths(-1)), "the average daily volume is negative"),
        (Profile(ONE, previous_close=Millionths(0)), "the previous close is not above 0"),
    ],
)
def test_a_profile_that_cannot_be_true_is_refused(profile: Profile, expected: str) -> None:
    """B-RISK-13: absurd input is no input."""
    assert reason(ProfileChange(profile, *WHO)) == expected


@pytest.mark.parametrize("span", SPANS)
def test_a_span_of_time_below_zero_is_refused(span: str) -> None:
    """The policy before it stays."""
    policy = msgspec.structs.replace(PreTradePolicy(), **{span: Nanos(-1)})
    assert "negative" in reason(PreTradePolicyChange(policy, *WHO))


def test_where_nobody_set_a_policy_nothing_is_asked_but_a_resumed_market() -> None:
    """A journal from before there were policies means what it meant; a node sets one."""
    policy = Twin().machine.gate.pretrade.policy
    assert policy.self_trade is SelfTrade.ALLOW
    assert policy.duplicate_window == policy.unacknowledged_age_max == policy.life_max == 0
    assert policy.halt_resume_delay == PreTradePolicy().halt_resume_delay


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"name": " "}, "its name is empty, or longer than 100"),
        ({"name": "n" * 101}, "its name is empty, or longer than 100"),
        ({"name": "price_floor"}, "price_floor is a check of our own"),
        ({"condition": "1 < " + "1" * 497}, "its condition or message is longer than 500"),
        ({"message": "m" * 501}, "its condition or message is longer than 500"),
        ({"condition": " "}, "there is no check 'Small' to be taken away"),
        ({"condition": "order_size"}, "check 'Small': "),
        ({"condition": "order_size < bid"}, "check 'Small': "),
    ],
)
def test_a_check_that_could_not_be_asked_is_refused(terms: dict[str, Any], expected: str) -> None:
    """S4-RISK-07: at definition, with the reason."""
    check = msgspec.structs.replace(CHECK, **terms)
    assert reason(NamedCheckDefinition(check, *WHO)).startswith(expected)


def test_there_are_at_most_so_many_checks() -> None:
    """Every order is held against each; one that exists may be defined anew."""
    names = [msgspec.structs.replace(CHECK, name=f"check {number}") for number in range(CHECKS_MAX)]
    most = [NamedCheckDefinition(check, *WHO) for check in names]
    assert reason(*most, NamedCheckDefinition(CHECK, *WHO)) == f"there are {CHECKS_MAX} already"
    assert Twin(*most).give(most[7]) == []


def test_no_check_of_our_own_can_be_taken_for_one_that_people_wrote() -> None:
    """Their names are stable and each is there once."""
    assert len(set(CHECKS)) == len(CHECKS)
    assert all(name == name.lower() and name.isidentifier() for name in CHECKS)


@pytest.mark.parametrize(
    ("strategy", "permission", "expected"),
    [
        (9, None, "unknown strategy 9"),
        (1, Permission(StrategyId(2)), "a permission is of strategy 2"),
        (1, Permission(StrategyId(1), instruments=(ONE, NOWHERE)), "unknown instrument 9"),
    ],
)
def test_a_permission_of_what_nobody_knows_is_refused(
    strategy: int, permission: Permission | None, expected: str
) -> None:
    """Control 25."""
    permissions = (permission,) if permission is not None else ()
    assert reason(PermissionChange(StrategyId(strategy), permissions, *WHO)) == expected


@pytest.mark.parametrize(
    ("restriction", "listed", "expected"),
    [
        (Restriction(NOWHERE), True, "unknown instrument"),
        (Restriction(ONE, AccountId(9)), True, "unknown account 9"),
        (Restriction(ONE), False, "it is not on the list"),
    ],
)
def test_a_restriction_of_what_nobody_knows_is_refused(
    restriction: Restriction, listed: bool, expected: str
) -> None:
    """Control 24."""
    assert reason(RestrictionChange(restriction, listed, *WHO)) == expected


# --- who was taken off ---------------------------------------------------------------------------

LOOKED: Final = StrategyStartCommand(StrategyId(1), "ann", "it is repaired")


def test_a_named_person_with_a_reason_lets_a_strategy_trade_again() -> None:
    """Control 13, RTS 6 15(3): whatever took it off."""
    for taken_off in (FAILED, TAKEN_OFF):
        rig = Twin(taken_off)
        assert rig.says_no(submit(1)) == {"strategy_disabled": (None, None)}
        assert only(StrategyEnabled, rig.give(LOOKED)) == StrategyEnabled(
            StrategyId(1), "ann", "it is repaired"
        )
        rig.restart()
        assert rig.says_no(submit(2)) == {}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"person": ""}, "it names no person or no reason"),
        ({"reason": " "}, "it names no person or no reason"),
        ({"strategy": StrategyId(9)}, "unknown strategy 9"),
        ({"strategy": StrategyId(2)}, "the strategy is not off"),
    ],
)
def test_without_a_person_a_reason_or_a_strategy_nothing_is_let_on(
    terms: dict[str, Any], expected: str
) -> None:
    """Control 13."""
    rig = Twin(TAKEN_OFF)
    refused = only(InputRefused, rig.give(msgspec.structs.replace(LOOKED, **terms)))
    assert refused.reason == expected
    assert rig.says_no(submit(1)) == {"strategy_disabled": (None, None)}


def test_a_limit_of_the_tree_is_no_policy() -> None:
    """What is counted per scope is set by `RiskLimitChange` (control 10)."""
    rig = Twin(limit(LimitKind.WORKING_ORDERS, MILLION, MINE), *GOOD[1:2], submit(1))
    assert rig.says_no(submit(2, price=101)) == {"working_orders": (2, 1)}
