"""Trading breakers, dynamic limits and market-wide halts in a configuration.

A breaker without `reset` stays until a person resets it. A condition that cannot be measured counts
as holding. Alert-only breakers change nothing but are recorded when they trip; they let go by
themselves.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from fairlead.model.risk import FIRM, Breaker, DynamicLimit, Scope
from fairlead.model.risk_terms import BreakerState, ResetPolicy
from fairlead.model.units import MILLIONTHS, NANOS_PER_SECOND, Millionths, Nanos
from fairlead.node.conditions import ScopeCondition
from fairlead.node.limit_settings import RiskLimitSettings
from fairlead.node.reaction_settings import (
    Actions,
    Reset,
    ScopeName,
    Severity,
    reaction,
    reset_policy,
    scope_of,
)
from fairlead.node.settings import (
    Amount,
    Contradiction,
    Duration,
    Section,
    millionths,
    refuse,
    spelled,
)

NAME_LENGTH_MAX: Final = 64
ALERT_COOL_DOWN: Final = Nanos(60 * NANOS_PER_SECOND)  # so long an alert stays after its cause


def _titled(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > NAME_LENGTH_MAX:
        refuse(f"a name of 1 to {NAME_LENGTH_MAX} printable characters")
    return text


Title = Annotated[str, AfterValidator(_titled)]


class BreakerSettings(Section):
    """A rule that restricts trading in a scope while, and after, its condition holds."""

    name: Title
    condition: ScopeCondition = Field(validation_alias=spelled("condition", "trigger"))
    action: Actions = ("halt",)
    reset: Reset = "manual"
    scope: ScopeName = "firm"
    enabled: bool = True
    recovered: ScopeCondition | None = None
    recovery: Duration = Nanos(0)
    size_share: Amount = Field(default=Decimal("0.5"), le=1)
    collar_share: Amount = Field(default=Decimal("0.5"), le=1)
    max_trips: int = Field(default=3, ge=0, le=1000)

    @property
    def alerts_only(self) -> bool:
        """Whether it changes nothing but is recorded."""
        return reaction(self.action).state is BreakerState.ACTIVE

    def breaker(self) -> Breaker:
        """Return it as the machine holds it."""
        does = reaction(self.action)
        policy, cool_down = reset_policy(self.reset)
        if self.alerts_only:
            scope, recovered = scope_of(self.scope), self.recovered or ""
            return _alert(self.name, scope, self.condition, cool_down, recovered)
        return Breaker(
            self.name,
            scope_of(self.scope),
            self.condition,
            does.state,
            policy,
            cool_down,
            self.recovered or "",
            self.recovery,
            millionths(self.size_share),
            millionths(self.collar_share),
            self.max_trips,
            does.flatten,
            does.kills,
        )


class AlertRuleSettings(Section):
    """A condition that people are told about. It changes nothing."""

    condition: ScopeCondition = Field(validation_alias=spelled("condition", "trigger"))
    severity: Severity
    name: Title | None = None

    def breaker(self) -> Breaker:
        """Return it as a breaker that alerts only."""
        name = f"alert {self.severity}: {self.name or self.condition}"
        return _alert(name[:NAME_LENGTH_MAX], FIRM, self.condition)


class DynamicLimitSettings(Section):
    """Limits that hold while a condition does. They only tighten: the tightest limit wins."""

    condition: ScopeCondition = Field(validation_alias=spelled("condition", "trigger"))
    action: RiskLimitSettings
    name: Title | None = None
    scope: ScopeName = "firm"
    recovered: ScopeCondition | None = None

    @property
    def title(self) -> str:
        """Return what it is called: its name, else its condition."""
        return self.name or self.condition[:NAME_LENGTH_MAX]

    def contradictions(self) -> Iterator[Contradiction]:
        """Return an action that does nothing."""
        if not self.action.limits():
            yield Contradiction(("action",), "at least one limit")

    def dynamic(self) -> DynamicLimit:
        """Return it as the machine holds it."""
        limits = self.action.limits()
        return DynamicLimit(
            self.title, scope_of(self.scope), self.condition, limits, self.recovered or ""
        )


class MarketHaltSettings(Section):
    """What is done about the halts of exchanges: nothing is sent until some time after them."""

    enabled: bool = True
    resume_delay: Duration = Nanos(300 * NANOS_PER_SECOND)
    instrument_resume_delay: Duration = Nanos(0)


def _alert(
    name: str, scope: Scope, condition: str, cool_down: Nanos = Nanos(0), recovered: str = ""
) -> Breaker:
    """Return a breaker that alerts: a warning that leaves sizes and collars as they are."""
    return Breaker(
        name,
        scope,
        condition,
        BreakerState.WARNING,
        ResetPolicy.COOL_DOWN,
        cool_down or ALERT_COOL_DOWN,
        recovered,
        size_share=Millionths(MILLIONTHS),
        collar_share=Millionths(MILLIONTHS),
        trips_max=0,
    )
