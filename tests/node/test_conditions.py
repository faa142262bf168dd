"""Conditions are compiled when they are loaded, in the words of what they are about."""

import pytest

from fairlead.machine.risk.measures import OUTSIDE, vocabulary
from fairlead.model.risk_terms import ScopeKind
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.conditions import SCOPE_WORDS, misplaced, outside_names
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import read_model
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.safety_settings import SafetyFile


def test_every_word_of_every_scope_may_be_used() -> None:
    for scope in ScopeKind:
        assert vocabulary(scope, ()).keys() <= SCOPE_WORDS.keys()


def test_what_comes_from_outside_is_found_in_a_condition() -> None:
    assert outside_names("vix > 30 and drawdown > 0.1") == ["vix"]
    assert outside_names("max(index_change, vix) > 3") == ["index_change", "vix"]
    assert outside_names("daily_loss > 0.02 or not system_error") == []
    assert "vix" in OUTSIDE


def test_a_condition_may_use_the_outside_values_that_are_declared() -> None:
    text = (
        "risk:\n  outside_values: [vix, index_change]\n  circuit_breakers:\n"
        "    - {name: crash, trigger: index_change < -0.07}\n"
    )
    safety, _ = read_model(SafetyFile, text, "safety.yaml", {})
    assert list(safety.risk.unfed()) == []
    with pytest.raises(ConfigurationError) as caught:
        read_model(SafetyFile, text.replace(", index_change]", "]"), "safety.yaml", {})
    assert str(caught.value).startswith("safety.yaml:4:30: risk.circuit_breakers[0].trigger: found")


def test_a_place_is_that_of_the_character_however_the_text_is_written() -> None:
    for text, place in (
        ("name: a\ntrigger: drawdown > 0.1x\n", "2:24"),
        ("name: a\ntrigger: 'drawdown > 0.1x'\n", "2:25"),
        ('name: a\ntrigger: "drawdown > 0.1x"\n', "2:25"),
        ('name: a\ntrigger: "draw\\u0064own > 0.1x"\n', "2:10"),
        ("name: a\ntrigger: >\n  drawdown > 0.1x\n", "2:10"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            read_model(BreakerSettings, text, "b.yaml", {})
        assert str(caught.value).startswith(f"b.yaml:{place}: trigger: found"), text


def test_what_comes_from_the_environment_is_not_pointed_into() -> None:
    text = "name: a\ntrigger: ${RULE}\n"
    with pytest.raises(ConfigurationError) as caught:
        read_model(BreakerSettings, text, "b.yaml", {"RULE": "drawdown > 0.1x"})
    assert str(caught.value).startswith("b.yaml:2:10: trigger: found")


def test_a_scope_without_money_has_no_losses() -> None:
    assert misplaced(("condition",), "daily_loss > 0.1", ScopeKind.VENUE)
    assert not misplaced(("condition",), "reject_rate > 0.1", ScopeKind.VENUE)
    assert not misplaced(("condition",), "vix > 1", ScopeKind.INSTRUMENT)


def test_a_value_that_nobody_says_is_told() -> None:
    settings = RiskSettings(
        circuit_breakers=(BreakerSettings(name="a", condition="vix > 40"),),
    )
    assert list(settings.unfed()) == [(("circuit_breakers", 0, "condition"), "vix")]
    fed = settings.model_copy(update={"outside_values": ("vix",)})
    assert list(fed.unfed()) == []
