"""A rig that can be begun anew: what it was given is given to a second machine."""

from typing import Any, Final

import msgspec

from fairlead.machine.approvals import RuleChange
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    ApproveCommand,
    Input,
    InstrumentDefinition,
    PreTradePolicyChange,
    ProfileChange,
    RiskLimitChange,
)
from fairlead.model.outputs import (
    ChangeProposed,
    FailedCheck,
    OrderRefused,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.risk import FIRM, Limit, PreTradePolicy, Profile, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind, SelfTrade
from fairlead.model.units import InstrumentId, Millionths, Nanos, OrderId, Sequence
from tests.machine.build import PERPETUAL, SECOND, Rig, limits, quote

MILLION: Final = 1_000_000
MAIN: Final = Scope(ScopeKind.ACCOUNT, "account 1")
MINE: Final = Scope(ScopeKind.STRATEGY, "strategy 1")
FAR: Final = InstrumentId(3)
NOTHING: Final = (None, None)
# A policy that asks nothing; a test switches on what it is about.
QUIET: Final = PreTradePolicy(
    duplicate_window=Nanos(0), self_trade=SelfTrade.ALLOW, unacknowledged_age_max=Nanos(0)
)


class Twin(Rig):
    """A machine, and all that it was ever given."""

    def __init__(self, *inputs: Input) -> None:
        """Apply the usual set-up, then `inputs`."""
        self.given: list[tuple[Nanos, Input]] = []
        super().__init__(*inputs)

    def give(self, *inputs: Input) -> list[Output]:
        """Apply inputs, and remember them. What is proposed of a rule, a second person approves."""
        outputs: list[Output] = []
        for each in inputs:
            self.given.append((self.time, each))
            found = super().give(each)
            outputs += found
            if isinstance(each, RuleChange) and found and isinstance(found[0], ChangeProposed):
                number, digest = found[0].number, found[0].digest
                outputs += self.give(ApproveCommand(number, digest, "bob", "as agreed"))
        return outputs

    def restart(self) -> None:
        """Go on with a machine that knows nothing but what was given: it is the same."""
        second = Machine()
        for number, (time, each) in enumerate(self.given, start=1):
            second.apply(Sequence(number), time, each)
        assert second.digest() == self.machine.digest()
        self.machine = second

    def shown(self, *inputs: Input) -> list[tuple[FailedCheck, bool]]:
        """Return every check that was asked of the orders among some inputs, passed or not."""
        trace: list[tuple[OrderId, FailedCheck, bool]] = []
        self.machine.gate.trace = trace
        self.give(*inputs)
        self.machine.gate.trace = None
        return [(check, passed) for _, check, passed in trace]

    def passes(self, *inputs: Input) -> bool:
        """Return whether the last input let an order or new terms of one leave."""
        found = self.give(*inputs)
        return any(isinstance(output, SendOrder | ReplaceOrder) for output in found)

    def says_no(self, *inputs: Input) -> dict[str, tuple[int | None, int | None]]:
        """Return what each failed check measured and its limit, empty if nothing was refused."""
        refused = [each for each in self.give(*inputs) if isinstance(each, OrderRefused)]
        if not refused:
            return {}
        [refusal] = refused
        return {failed.check: (failed.measured, failed.limit) for failed in refusal.failed}


def limit(
    kind: LimitKind, millionths: int, scope: Scope = FIRM, window: int = 0
) -> RiskLimitChange:
    """Return the limit of a scope."""
    made = Limit(kind, Millionths(millionths), window=Nanos(window))
    return RiskLimitChange(scope, (made,), "ann", "as agreed")


def policy(**terms: Any) -> PreTradePolicyChange:
    """Return a policy that asks for nothing but what `terms` say."""
    return PreTradePolicyChange(msgspec.structs.replace(QUIET, **terms), "ann", "as agreed")


def profile(number: int = 1, **terms: Any) -> ProfileChange:
    """Return what is known of an instrument."""
    return ProfileChange(Profile(InstrumentId(number), **terms), "ann", "as it is")


def patient(number: int = 1, **changes: Any) -> Input:
    """Return limits under which a quote is good for a day, and an order may be large."""
    return limits(number, reference_age_max=Nanos(86_400 * SECOND), **changes)


def far(**terms: Any) -> tuple[Input, ...]:
    """Return instrument 3, at a venue of its own, ready to trade."""
    made = msgspec.structs.replace(
        PERPETUAL, instrument=FAR, symbol="FAR", venue="ELSEWHERE", **terms
    )
    return (InstrumentDefinition(made), patient(3), quote(99, 101, instrument=3))
