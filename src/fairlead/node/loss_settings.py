"""Loss limits in a configuration. Losses are positive: 0.03 is three percent lost, 10000 is money.

Each span has a share and an amount of money, both with a warning before the hard bound; what is
reached first counts. A hard bound stops what adds risk until a person resets it; with an `action`
it also trips a breaker.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import Field

from fairlead.model.risk import Breaker, Limit
from fairlead.model.risk_terms import LimitKind, ResetPolicy
from fairlead.model.units import Millionths, Nanos
from fairlead.node.reaction_settings import Actions, Reset, reaction, reset_policy, scope_of
from fairlead.node.settings import (
    Amount,
    Contradiction,
    PositiveDuration,
    Section,
    millionths,
    spelled,
)
from fairlead.node.yaml_text import KeyPath


class LossLimitSettings(Section):
    """The limits of the losses of one span."""

    warning: Amount | None = Field(default=None, le=1)
    hard: Amount | None = Field(default=None, le=1)
    warning_value: Amount | None = None
    hard_value: Amount | None = None
    action: Actions | None = None
    reset: Reset = "manual"

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the warnings that would come with the halt, or after it (B-RISK-14)."""
        for warning, hard in (("warning", "hard"), ("warning_value", "hard_value")):
            early, late = getattr(self, warning), getattr(self, hard)
            if early is not None and late is not None and early >= late:
                yield Contradiction((warning,), f"less than {hard}: a warning comes before")

    def over(self, profile: "LossLimitSettings") -> "LossLimitSettings":
        """Return these limits, with those of a profile where nothing is said."""
        known = {**profile.said(), **self.said()}
        for warning, hard in (("warning", "hard"), ("warning_value", "hard_value")):
            own = self.model_fields_set
            if hard in own and warning not in own:
                known[warning] = None  # as a share of the hard bound
        return LossLimitSettings.model_validate(known)

    def said(self) -> dict[str, object]:
        """Return the keys that are set."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}

    def limits(self, share: LimitKind, value: LimitKind) -> Iterator[Limit]:
        """Return the limits that are set: the one of the share, the one of the amount."""
        for kind, hard, warning in (
            (share, self.hard, self.warning),
            (value, self.hard_value, self.warning_value),
        ):
            if hard is not None:
                yield Limit(kind, millionths(hard), _bound(warning))


class RapidLossSettings(Section):
    """The limit of the losses within a window, as a share of equity."""

    warning: Amount | None = Field(default=None, le=1)
    hard: Amount = Field(le=1)
    window: PositiveDuration

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a warning that would come with the halt."""
        if self.warning is not None and self.warning >= self.hard:
            yield Contradiction(("warning",), "less than hard: a warning comes before")

    def limit(self) -> Limit:
        """Return it as a limit."""
        hard, warning = millionths(self.hard), _bound(self.warning)
        return Limit(LimitKind.LOSS_RATE_SHARE, hard, warning, self.window)


class LossesInARowSettings(Section):
    """How many trades one after another may lose."""

    warning: int | None = Field(default=None, ge=1, le=1000)
    hard: int = Field(ge=1, le=1000)

    def limit(self) -> Limit:
        """Return it as a limit."""
        warning = _bound(Decimal(self.warning)) if self.warning is not None else None
        return Limit(LimitKind.LOSSES_IN_A_ROW, millionths(Decimal(self.hard)), warning)


# Each span, what its losses are called in conditions, and its kinds of limits.
_SPANS: Final = (
    ("daily", LimitKind.LOSS_DAY_SHARE, LimitKind.LOSS_DAY),
    ("weekly", LimitKind.LOSS_WEEK_SHARE, LimitKind.LOSS_WEEK),
    ("monthly", LimitKind.LOSS_MONTH_SHARE, LimitKind.LOSS_MONTH),
    ("drawdown", LimitKind.DRAWDOWN_SHARE, LimitKind.DRAWDOWN),
)
SHARE_WORDS: Final = {
    "daily": "daily_loss",
    "weekly": "weekly_loss",
    "monthly": "monthly_loss",
    "drawdown": "drawdown",
}


class LossSettings(Section):
    """The limits of losses: per span, within a window, and one after another."""

    daily: LossLimitSettings | None = None
    weekly: LossLimitSettings | None = None
    monthly: LossLimitSettings | None = None
    drawdown: LossLimitSettings | None = None
    rapid_loss: RapidLossSettings | None = None
    consecutive_losses: LossesInARowSettings | None = Field(
        default=None, validation_alias=spelled("consecutive_losses", "max_consecutive_losses")
    )

    def over(self, profile: "LossSettings") -> "LossSettings":
        """Return these limits, with those of a profile where nothing is said."""
        known: dict[str, object] = {}
        for name in LossSettings.model_fields:
            own, other = getattr(self, name), getattr(profile, name)
            both = isinstance(own, LossLimitSettings) and isinstance(other, LossLimitSettings)
            known[name] = own.over(other) if both else own if own is not None else other
        return LossSettings.model_validate(known)

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits that are set, in the order of their kinds."""
        found: list[Limit] = []
        for name, share, value in _SPANS:
            span: LossLimitSettings | None = getattr(self, name)
            if span is not None:
                found.extend(span.limits(share, value))
        if self.rapid_loss is not None:
            found.append(self.rapid_loss.limit())
        if self.consecutive_losses is not None:
            found.append(self.consecutive_losses.limit())
        return tuple(sorted(found, key=lambda limit: limit.kind))

    def shareless(self) -> Iterator[KeyPath]:
        """Return the actions that no share trips: breakers count shares."""
        for name, _, _ in _SPANS:
            span: LossLimitSettings | None = getattr(self, name)
            if span is not None and span.action is not None and span.hard is None:
                yield (name, "action")

    def breakers(self, scope: str) -> Iterator[Breaker]:
        """Return the breakers of the spans that say what happens at their hard bound."""
        for name, _, _ in _SPANS:
            span: LossLimitSettings | None = getattr(self, name)
            if span is None or span.action is None:
                continue
            assert span.hard is not None, "`shareless` names actions without a share"
            condition = f"{SHARE_WORDS[name]} > {span.hard:f}"
            yield _breaker(f"loss_limits.{name}", scope, condition, span)


def _breaker(name: str, scope: str, condition: str, span: LossLimitSettings) -> Breaker:
    assert span.action is not None, "a breaker comes of an action"
    does = reaction(span.action)
    policy, cool_down = reset_policy(span.reset)
    assert policy is not ResetPolicy.COOL_DOWN or cool_down > Nanos(0), "a cool-down takes time"
    return Breaker(
        name if scope == "firm" else f"{name} of {scope}",
        scope_of(scope),
        condition,
        does.state,
        policy,
        cool_down,
        flatten=does.flatten,
        kills=does.kills,
    )


def _bound(warning: Decimal | None) -> Millionths | None:
    return millionths(warning) if warning is not None else None
