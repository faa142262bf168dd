"""The sections about policies: how orders are made and given up, reconciliation, marks.

What each of them says becomes an input at the beginning of a session, so that replay sees the same.
"""

from typing import Literal

from pydantic import Field

from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.terms import MarkPolicy, TimeoutAction
from fairlead.model.units import NANOS_PER_SECOND, BasisPoints, Nanos
from fairlead.node.settings import Duration, Name, Section


class OrderSettings(Section):
    """How an order of unset type is made, and when one that does not trade is given up."""

    limit_offset_bps: int = Field(default=5, ge=0, le=9999)
    timeout: Duration = Nanos(30 * NANOS_PER_SECOND)
    timeout_action: Literal["cancel", "keep"] = "cancel"
    max_retries: int = Field(default=3, ge=1, le=1000)
    retry_delay: Duration = Nanos(NANOS_PER_SECOND)
    max_slippage_bps: int = Field(default=20, ge=0, le=9999)
    answer_timeout: Duration = Nanos(5 * NANOS_PER_SECOND)
    all_orders: bool = False

    def policy(self) -> OrderPolicy:
        """Return the policy that this section says."""
        return OrderPolicy(
            limit_offset=BasisPoints(self.limit_offset_bps),
            timeout=self.timeout,
            timeout_action=TimeoutAction[self.timeout_action.upper()],
            attempts_max=self.max_retries,
            retry_delay=self.retry_delay,
            slippage_max=BasisPoints(self.max_slippage_bps),
            answer_timeout=self.answer_timeout,
            all_orders=self.all_orders,
        )


class ReconciliationSettings(Section):
    """When the venue is asked for statements, and what a difference leads to."""

    required: bool = True
    interval: Duration = Nanos(3_600 * NANOS_PER_SECOND)
    tolerance_bps: int = Field(default=0, ge=0, le=9999)
    auto_correct: bool = False
    owner: Name = "operations"

    def policy(self) -> ReconciliationPolicy:
        """Return the policy that this section says."""
        return ReconciliationPolicy(
            required=self.required,
            interval=self.interval,
            tolerance=BasisPoints(self.tolerance_bps),
            auto_correct=self.auto_correct,
            owner=self.owner,
        )


class MarkSettings(Section):
    """At which price open positions are valued, and how old it may be."""

    policy: Literal["touch", "mid", "last", "mark"] = "touch"
    age_max: Duration = Nanos(0)

    def kind(self) -> MarkPolicy:
        """Return the policy as a word of the model."""
        return MarkPolicy[self.policy.upper()]
