"""What happens when a rule trips, and when it lets go: the words for it, and what they mean."""

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, Strict, ValidationInfo

from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import BreakerState, ResetPolicy, ScopeKind
from fairlead.model.units import Nanos
from fairlead.node.settings import duration_of, refuse
from fairlead.node.time_text import duration_text

ActionName = Literal[
    "halt",
    "halt_trading",
    "halt_new_trades",
    "cancel_only",
    "reduce_only",
    "pause",
    "reduce",
    "flatten",
    "flatten_positions",
    "kill",
    "alert_only",
    "alert",
    "notify_admin",
]
Severity = Literal["info", "warning", "critical", "emergency"]

# The state that each action puts its scope in. To alert changes nothing.
_STATES: Final[dict[str, BreakerState]] = {
    "halt": BreakerState.HALTED,
    "halt_trading": BreakerState.HALTED,
    "halt_new_trades": BreakerState.HALTED,
    "cancel_only": BreakerState.CANCEL_ONLY,
    "reduce_only": BreakerState.REDUCE_ONLY,
    "pause": BreakerState.REDUCE_ONLY,
    "reduce": BreakerState.WARNING,
    "flatten": BreakerState.HALTED,
    "flatten_positions": BreakerState.HALTED,
    "kill": BreakerState.HALTED,
    "alert_only": BreakerState.ACTIVE,
    "alert": BreakerState.ACTIVE,
    "notify_admin": BreakerState.ACTIVE,
}
_RESETS: Final = {
    "manual": ResetPolicy.MANUAL,
    "next_trading_day": ResetPolicy.NEXT_DAY,
    "next_day": ResetPolicy.NEXT_DAY,
}
_SCOPES: Final = {kind.name.lower(): kind for kind in ScopeKind}
_EXPECTED_RESET: Final = "manual, next_trading_day or a duration such as 15m"
_EXPECTED_SCOPE: Final = "firm, or a desk, account, strategy, venue or instrument and its name"


class Reaction(NamedTuple):
    """What a rule does when it trips."""

    state: BreakerState
    flatten: bool
    kills: bool


def reaction(actions: tuple[str, ...]) -> Reaction:
    """Return what several actions come to: the strictest state, and whether positions go."""
    state = max(_STATES[action] for action in actions)
    flatten = any(action.startswith("flatten") for action in actions)
    return Reaction(state, flatten, "kill" in actions)


def reset_policy(reset: str | Nanos) -> tuple[ResetPolicy, Nanos]:
    """Return the policy that a reset says, and how long it cools down."""
    if isinstance(reset, str):
        return _RESETS[reset], Nanos(0)
    return ResetPolicy.COOL_DOWN, reset


def scope_of(text: str) -> Scope:
    """Return the scope that a text such as `firm` or `account main` says."""
    kind, _, name = text.partition(" ")
    return FIRM if kind == "firm" else Scope(_SCOPES[kind], name)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _reset(value: object, info: ValidationInfo) -> str | Nanos:
    if isinstance(value, str) and value in _RESETS:
        return value
    if isinstance(value, str) and value[:1].isalpha():
        refuse(_EXPECTED_RESET)
    duration = duration_of(value, info)
    if not isinstance(duration, int) or duration == 0:
        refuse(_EXPECTED_RESET)
    return Nanos(duration)


def _reset_text(reset: str | Nanos) -> str:
    return reset if isinstance(reset, str) else duration_text(reset)


def _scope(value: object) -> str:
    if not isinstance(value, str):
        refuse(_EXPECTED_SCOPE)
    kind, _, name = value.partition(" ")
    if kind not in _SCOPES or (kind == "firm") != (name == "") or name != name.strip():
        refuse(_EXPECTED_SCOPE)
    return value


Actions = Annotated[
    tuple[ActionName, ...], BeforeValidator(_several), Strict(False), Field(min_length=1)
]
Reset = Annotated[str | Nanos, PlainValidator(_reset), PlainSerializer(_reset_text)]
ScopeName = Annotated[str, PlainValidator(_scope)]
