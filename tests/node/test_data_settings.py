"""What market data is held to: from the keys of a configuration to rules of the machine."""

import pytest

from fairlead.model.quality import DataClass, QualityAction, QualityKind, QualityRule
from fairlead.model.units import InstrumentId, Nanos
from fairlead.node.data_settings import DataRuleSettings, DataSettings, standard_rules
from fairlead.node.errors import ConfigurationError
from fairlead.node.yaml_text import KeyPath
from tests.node.test_safety_settings import SNIPPETS, read

SECOND = 1_000_000_000
KIND, ACTION = QualityKind, QualityAction


def rules(text: str) -> tuple[QualityRule, ...]:
    """Return the rules of a `data` section; ABC is instrument 7."""
    return read(text).data.all_rules(identify)


def identify(symbol: str, path: KeyPath) -> InstrumentId:
    assert (symbol, path[-1]) == ("ABC", "instrument")
    return InstrumentId(7)


def test_the_example_of_the_specification_means_six_rules() -> None:
    assert rules(SNIPPETS["data"]) == (
        QualityRule(KIND.FRESHNESS, ACTION.ALERT, 7_200 * SECOND),
        QualityRule(KIND.COMPLETENESS, ACTION.WARN, 100, window=Nanos(60 * SECOND)),
        QualityRule(KIND.PRICE_LIMIT, ACTION.EXCLUDE, 500_000),
        QualityRule(KIND.PRICE_DEVIATION, ACTION.FLAG, 3_000_000, data=DataClass.TRADE),
        QualityRule(KIND.VOLUME_SPIKE, ACTION.FLAG, 10_000_000),
        QualityRule(KIND.DAYS_MISSING, ACTION.ALERT, 5),
    )


def test_what_is_not_written_is_not_asked() -> None:
    assert DataSettings().all_rules(identify) == ()
    assert rules("data: {anomaly_detection: {enabled: false, checks: [{type: gaps}]}}\n") == ()
    [freshness, limit] = rules("data: {validation: {max_age: 5s}}\n")
    assert (freshness.bound, freshness.action) == (5 * SECOND, ACTION.ALERT)
    assert limit.bound == 500_000


def test_an_anomaly_without_a_bound_has_the_usual_one() -> None:
    checks = "[{type: price_change}, {type: volume_spike}, {type: gaps}]"
    found = rules(f"data: {{anomaly_detection: {{checks: {checks}}}}}\n")
    assert [one.bound for one in found] == [3_000_000, 10_000_000, 5]


def test_a_rule_has_kind_bound_class_and_instrument() -> None:
    text = """\
data:
  rules:
    - {kind: latency, action: alert, span: 100ms, data: quote, instrument: ABC}
    - {kind: volume_spike, action: flag, number: 2.5x, samples: 30, window: 5m}
    - {kind: failed_share, action: block, share: 0.05}
    - {kind: clock_offset, action: warn, span: 0}
    - {kind: crossed, action: halt}
"""
    assert rules(text) == (
        QualityRule(KIND.LATENCY, ACTION.ALERT, SECOND // 10, DataClass.QUOTE, InstrumentId(7)),
        QualityRule(
            KIND.VOLUME_SPIKE, ACTION.FLAG, 2_500_000, samples=30, window=Nanos(300 * SECOND)
        ),
        QualityRule(KIND.FAILED_SHARE, ACTION.BLOCK, 50_000),
        QualityRule(KIND.CLOCK_OFFSET, ACTION.WARN, 0),
        QualityRule(KIND.CROSSED, ACTION.HALT),
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{kind: latency, action: alert}", "kind latency needs one"),
        ("{kind: latency, action: alert, share: 0.1}", "span, with kind latency"),
        ("{kind: crossed, action: flag, number: 1}", "no bound"),
        ("{kind: days_missing, action: flag, number: 1.5}", "a whole number"),
        ("{kind: nonsense, action: flag}", "expected freshness, completeness"),
        ("{kind: crossed, action: shout}", "expected flag, warn, alert"),
        ("{kind: volume_spike, action: flag, number: tenx}", "expected a number"),
        ("{kind: crossed, action: flag, samples: 1}", "expected 2 or more"),
    ],
)
def test_a_rule_that_means_nothing_is_told_with_its_line(rule: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rules(f"data:\n  rules:\n    - {rule}\n")
    first = str(caught.value).splitlines()[0]
    assert first.startswith("safety.yaml:3:")
    assert said in str(caught.value)


def test_every_kind_of_the_machine_can_be_written() -> None:
    field = DataRuleSettings.model_fields["kind"]
    assert [kind.name.lower() for kind in QualityKind] == list(field.annotation.__args__)  # type: ignore[union-attr]


def test_the_standard_rules_are_the_three_alerts_and_what_no_good_data_does() -> None:
    alerts = {(one.kind, one.bound) for one in standard_rules() if one.action is ACTION.ALERT}
    assert {
        (KIND.LATENCY, SECOND // 10),
        (KIND.FEED_GAP, 0),
        (KIND.FRESHNESS, SECOND),
    } <= alerts
