"""What market data may be held to, and what needs a second person."""

from pathlib import Path

import pytest

from fairlead.model.inputs import DataQualityPolicyChange
from fairlead.model.outputs import ChangeProposed, InputRefused, ProposalEnded
from fairlead.model.quality import DataClass, QualityAction, QualityKind, QualityRule
from fairlead.model.units import InstrumentId, Nanos
from tests.machine.build import Rig
from tests.machine.quality_rig import (
    ALERT,
    BLOCK,
    EXCLUDE,
    FLAG,
    MILLION,
    ONE,
    SECOND,
    policy,
    rule,
)

OLD = (
    rule(QualityKind.FRESHNESS, ALERT, 2 * SECOND),
    rule(QualityKind.COMPLETENESS, ALERT, 2),
    rule(QualityKind.PRICE_LIMIT, EXCLUDE, MILLION // 2),
)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (rule(QualityKind.FRESHNESS, FLAG, -1), "its bound is negative or absurd"),
        (rule(QualityKind.PRICE_LIMIT, FLAG, 10**13), "its bound is negative or absurd"),
        (rule(QualityKind.CROSSED, FLAG, instrument=InstrumentId(9)), "unknown instrument"),
        (rule(QualityKind.SPLIT_MISSED, FLAG, 60_000), "its bound is above 50000 millionths"),
        (
            rule(QualityKind.PRICE_DEVIATION, FLAG, 1, samples=1),
            "samples is 1, expected 2 to 10000",
        ),
        (rule(QualityKind.VOLUME_SPIKE, FLAG, 1, window=Nanos(0)), "its window is no span of time"),
        (
            rule(QualityKind.CROSSED, FLAG, data=DataClass.TRADE),
            "it is about quote, book, not about trade",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_its_number(
    wrong: QualityRule, reason: str
) -> None:
    name = wrong.kind.name.lower()
    refused = InputRefused("DataQualityPolicyChange", f"rule 2, {name}: {reason}")
    assert Rig().give(policy(OLD[0], wrong)) == [refused]


def test_a_policy_names_a_person_and_not_a_thousand_rules() -> None:
    nobody = DataQualityPolicyChange(OLD, "", "why")
    assert Rig().give(nobody) == [InputRefused("DataQualityPolicyChange", "it names no person")]
    many = Rig().give(policy(*[OLD[0]] * 1_001))
    assert many == [InputRefused("DataQualityPolicyChange", "1001 rules, expected at most 1000")]


@pytest.mark.parametrize(
    ("new", "waits"),
    [
        (OLD, False),
        ((*OLD, rule(QualityKind.CROSSED, BLOCK)), False),
        ((rule(QualityKind.FRESHNESS, BLOCK, SECOND), *OLD[1:]), False),
        ((OLD[0], rule(QualityKind.COMPLETENESS, ALERT, 3), OLD[2]), False),
        (OLD[1:], True),
        ((), True),
        ((rule(QualityKind.FRESHNESS, ALERT, 3 * SECOND), *OLD[1:]), True),
        ((rule(QualityKind.FRESHNESS, FLAG, 2 * SECOND), *OLD[1:]), True),
        ((rule(QualityKind.FRESHNESS, ALERT, 1, data=DataClass.QUOTE), *OLD[1:]), True),
        ((rule(QualityKind.FRESHNESS, ALERT, 1, instrument=ONE), *OLD[1:]), True),
        ((OLD[0], rule(QualityKind.COMPLETENESS, ALERT, 1), OLD[2]), True),
        ((*OLD[:2], rule(QualityKind.PRICE_LIMIT, EXCLUDE, MILLION // 2, samples=5)), True),
    ],
)
def test_what_may_find_less_waits_for_a_second_person(
    new: tuple[QualityRule, ...], waits: bool
) -> None:
    rig = Rig()
    assert rig.give(policy(*OLD)) == []
    outputs = rig.give(policy(*new))
    if not waits:
        assert outputs == []
        assert rig.machine.state.quality.rules == new
        return
    [proposed] = outputs
    assert isinstance(proposed, ChangeProposed)
    assert proposed.what == "what market data is held to"
    assert rig.machine.state.quality.rules == OLD


def test_a_second_person_lets_it_hold() -> None:
    rig = Rig(policy(*OLD))
    outputs = rig.loosen(policy(OLD[0]))
    assert isinstance(outputs[0], ProposalEnded)
    assert rig.machine.state.quality.rules == OLD[:1]


def test_the_reference_says_all_kinds_and_shows_what_the_script_answers() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "reference" / "data-quality.md").read_text("utf-8")
    for kind in QualityKind:
        assert f"`{kind.name.lower()}`" in page
    for action in QualityAction:
        assert f"`{action.name.lower()}`" in page
    example = page.split("```text\n")[1].split("```")[0]
    assert example in (root / "tests" / "scripts" / "data_quality.txt").read_text("utf-8")
