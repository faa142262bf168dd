"""Changes of limits and what persons say about them, for tests: ann proposes, bob approves."""

from typing import Any, Final

import msgspec

from fairlead.model.inputs import (
    ApproveCommand,
    DeclineCommand,
    OverrideRequest,
    RiskLimitChange,
)
from fairlead.model.outputs import ChangeProposed, Output
from fairlead.model.risk import Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import Side
from fairlead.model.units import (
    InstrumentId,
    Millionths,
    Nanos,
    Quantity,
    StrategyId,
)
from tests.machine.build import SECOND, only

MAIN: Final = Scope(ScopeKind.ACCOUNT, "account 1")
DAY: Final = 86_400 * SECOND  # how long a proposal waits


def a_limit(kind: LimitKind, whole: int, window: int = 0, warning: int | None = None) -> Limit:
    """Return a limit in whole units."""
    near = None if warning is None else Millionths(warning * 1_000_000)
    return Limit(kind, Millionths(whole * 1_000_000), near, Nanos(window))


def change(
    whole: int, kind: LimitKind = LimitKind.GROSS, scope: Scope = MAIN, **terms: Any
) -> RiskLimitChange:
    """Return ann's change of one limit of a scope."""
    found = RiskLimitChange(scope, (a_limit(kind, whole),), "ann", "as agreed")
    return msgspec.structs.replace(found, **terms)


def removal(kind: LimitKind = LimitKind.GROSS) -> RiskLimitChange:
    """Return ann's wish that a limit be taken away."""
    return RiskLimitChange(MAIN, (), "ann", "it is in the way", (kind,))


def approval(proposed: ChangeProposed, person: str = "bob", **terms: Any) -> ApproveCommand:
    """Return a person's approval of exactly what was proposed."""
    command = ApproveCommand(proposed.number, proposed.digest, person, "looked at it")
    return msgspec.structs.replace(command, **terms)


def refusal(number: int, person: str = "bob") -> DeclineCommand:
    """Return a person's no to what was proposed."""
    return DeclineCommand(number, person, "not now")


def an_override(*checks: str, expires: int, **terms: Any) -> OverrideRequest:
    """Return ann's wish that checks be waived for one buy of strategy 1 in instrument 1."""
    found = OverrideRequest(
        StrategyId(1),
        InstrumentId(1),
        Side.BUY,
        Quantity(500),
        checks,
        Nanos(expires),
        "ann",
        "a client's block",
    )
    return msgspec.structs.replace(found, **terms)


def proposed(outputs: list[Output]) -> ChangeProposed:
    """Return the one proposal among outputs."""
    return only(ChangeProposed, outputs)
