"""What market data is held to in a configuration, as rules of the machine.

`data.validation` and `data.anomaly_detection` have the keys of the specification; `data.rules` has
all kinds, classes and actions. What is not written is not asked.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, Strict

from fairlead.model.quality import DataClass, QualityAction, QualityKind, QualityRule
from fairlead.model.units import (
    MILLIONTHS,
    NANOS_PER_MILLISECOND,
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
)
from fairlead.node.settings import (
    Amount,
    Contradiction,
    Duration,
    PositiveDuration,
    Section,
    millionths,
)
from fairlead.node.yaml_text import KeyPath

Identify = Callable[[str, KeyPath], InstrumentId]  # of a symbol at a place below `data`
Action = Literal["flag", "warn", "alert", "exclude", "block", "halt"]

_MINUTE: Final = Nanos(60 * NANOS_PER_SECOND)
_SPANS: Final = ("freshness", "latency", "clock_offset", "out_of_order")
_SHARES: Final = ("price_limit", "failed_share", "split_missed")
_NUMBERS: Final = ("completeness", "price_deviation", "volume_spike", "days_missing")
_FACTORS: Final = ("price_deviation", "volume_spike")  # those of them that may have decimals
# What is usual, and what the example of the specification has.
_DEVIATIONS: Final = Decimal(3)
_TIMES: Final = Decimal(10)
_DAYS: Final = 5
_FAILED_WINDOW: Final = Nanos(300 * NANOS_PER_SECOND)


def _times(value: object) -> object:
    """Return the number in `10x`."""
    is_factor = isinstance(value, str) and value.endswith("x")
    text = str(value)[:-1]
    whole, _, rest = text.partition(".")
    is_number = whole.isdecimal() and (rest.isdecimal() or rest == "")
    return Decimal(text) if is_factor and is_number else value


class DataValidationSettings(Section):
    """What all data is held to."""

    max_age: PositiveDuration = Nanos(7_200 * NANOS_PER_SECOND)
    stale_action: Action = "alert"
    min_assets: int = Field(default=0, ge=0)
    missing_action: Action = "warn"
    missing_after: PositiveDuration = _MINUTE  # from the start on: by then all must have come
    price_change_limit: Amount = Decimal("0.5")
    price_check_action: Action = "exclude"

    def rules(self) -> Iterator[QualityRule]:
        """Return what is asked."""
        kind, action = QualityKind.FRESHNESS, _action(self.stale_action)
        yield QualityRule(kind, action, self.max_age)
        if self.min_assets:
            kind, action = QualityKind.COMPLETENESS, _action(self.missing_action)
            yield QualityRule(kind, action, self.min_assets, window=self.missing_after)
        kind, action = QualityKind.PRICE_LIMIT, _action(self.price_check_action)
        yield QualityRule(kind, action, millionths(self.price_change_limit))


class AnomalyCheckSettings(Section):
    """One kind of anomaly that is looked for, in trades."""

    type: Literal["price_change", "volume_spike", "gaps"]
    threshold: Annotated[Amount, BeforeValidator(_times)] | None = None
    max_gap: int | None = Field(default=None, ge=1)
    action: Action = "flag"

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a bound that belongs to another type."""
        other = "threshold" if self.type == "gaps" else "max_gap"
        if getattr(self, other) is not None:
            expected = "max_gap" if self.type == "gaps" else "threshold"
            yield Contradiction((other,), f"{expected}, with type {self.type}", about="key")

    def rule(self) -> QualityRule:
        """Return what is asked."""
        action = _action(self.action)
        if self.type == "gaps":
            return QualityRule(QualityKind.DAYS_MISSING, action, self.max_gap or _DAYS)
        usual = _DEVIATIONS if self.type == "price_change" else _TIMES
        bound = millionths(usual if self.threshold is None else self.threshold)
        if self.type == "price_change":
            kind = QualityKind.PRICE_DEVIATION
            return QualityRule(kind, action, bound, data=DataClass.TRADE)
        return QualityRule(QualityKind.VOLUME_SPIKE, action, bound)


class AnomalySettings(Section):
    """Which anomalies are looked for."""

    enabled: bool = True
    checks: Annotated[tuple[AnomalyCheckSettings, ...], Strict(False)] = ()


class DataRuleSettings(Section):
    """One rule: what is asked of which data, from where on it is found, and what follows."""

    kind: Literal[
        "freshness",
        "completeness",
        "price_limit",
        "price_deviation",
        "volume_spike",
        "days_missing",
        "crossed",
        "locked",
        "latency",
        "clock_offset",
        "feed_gap",
        "out_of_order",
        "revised",
        "failed_share",
        "split_missed",
    ]
    action: Action
    span: Duration | None = None
    share: Amount | None = None
    number: Annotated[Amount, BeforeValidator(_times)] | None = None
    data: Literal["any", "quote", "trade", "book", "mark", "daily"] = "any"
    instrument: str | None = None
    samples: int = Field(default=100, ge=2, le=10_000)
    window: PositiveDuration = _MINUTE

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a bound that is missing, or that its kind does not have."""
        needed = self._bound()
        for name in ("span", "share", "number"):
            if name != needed and getattr(self, name) is not None:
                expected = f"{needed}, with kind {self.kind}" if needed else "no bound"
                yield Contradiction((name,), expected, about="key")
        if needed and getattr(self, needed) is None:
            yield Contradiction((needed,), f"it: kind {self.kind} needs one")
        is_factor = self.kind in _FACTORS
        if self.number is not None and not is_factor and self.number != int(self.number):
            yield Contradiction(("number",), "a whole number")

    def rule(self, instrument: InstrumentId) -> QualityRule:
        """Return what is asked; `instrument` is that of the symbol, 0 where there is none."""
        return QualityRule(
            QualityKind[self.kind.upper()],
            _action(self.action),
            self._bound_of_rule(),
            DataClass[self.data.upper()],
            instrument,
            self.samples,
            self.window,
        )

    def _bound(self) -> str:
        """Return which key the bound of its kind has, empty if it has none."""
        if self.kind in _SPANS:
            return "span"
        if self.kind in _SHARES:
            return "share"
        return "number" if self.kind in _NUMBERS else ""

    def _bound_of_rule(self) -> int:
        if self.span is not None:
            return self.span
        if self.share is not None:
            return millionths(self.share)
        if self.number is None:
            return 0
        return millionths(self.number) if self.kind in _FACTORS else int(self.number)


class DataSettings(Section):
    """How data is held against what it should be."""

    validation: DataValidationSettings | None = None  # None: nothing of it is asked
    anomaly_detection: AnomalySettings = AnomalySettings()
    rules: Annotated[tuple[DataRuleSettings, ...], Strict(False)] = Field(
        default=(), max_length=900
    )

    def all_rules(self, identify: Identify) -> tuple[QualityRule, ...]:
        """Return all that is written; `identify` finds the instrument of a symbol."""
        found: list[QualityRule] = []
        if self.validation is not None:
            found += self.validation.rules()
        if self.anomaly_detection.enabled:
            found += [check.rule() for check in self.anomaly_detection.checks]
        for index, one in enumerate(self.rules):
            instrument = InstrumentId(0)
            if one.instrument is not None:
                instrument = identify(one.instrument, ("rules", index, "instrument"))
            found.append(one.rule(instrument))
        return tuple(found)


def standard_rules() -> tuple[QualityRule, ...]:
    """Return what a recording is looked at with where nobody says anything else.

    The three alerts of the specification, and what no good market data does.
    """
    kind, act = QualityKind, QualityAction
    return (
        QualityRule(kind.LATENCY, act.ALERT, 100 * NANOS_PER_MILLISECOND),
        QualityRule(kind.FEED_GAP, act.ALERT),
        QualityRule(kind.FRESHNESS, act.ALERT, NANOS_PER_SECOND, data=DataClass.QUOTE),
        QualityRule(kind.CROSSED, act.BLOCK),
        QualityRule(kind.LOCKED, act.FLAG),
        QualityRule(kind.CLOCK_OFFSET, act.WARN, 0),
        QualityRule(kind.OUT_OF_ORDER, act.FLAG, 0),
        QualityRule(kind.PRICE_LIMIT, act.EXCLUDE, MILLIONTHS // 2),
        QualityRule(kind.SPLIT_MISSED, act.BLOCK, MILLIONTHS // 100),
        QualityRule(kind.REVISED, act.FLAG),
        QualityRule(kind.FAILED_SHARE, act.ALERT, MILLIONTHS // 20, window=_FAILED_WINDOW),
    )


def _action(name: Action) -> QualityAction:
    return QualityAction[name.upper()]
