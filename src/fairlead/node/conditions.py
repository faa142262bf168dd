"""Conditions in a configuration: compiled when it is loaded, so that a wrong one never runs.

What is wrong with one is said at the very character. Which names a condition may use depends on
what it is about: an order that is checked, a scope that is watched, or the health of the node.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from fairlead.machine.risk.measures import OUTSIDE, vocabulary
from fairlead.machine.risk.pretrade_named import VOCABULARY
from fairlead.machine.risk.rules import RESERVED, Kind, RuleError, compile_rule
from fairlead.machine.risk.rules_tokens import tokens
from fairlead.model.risk import CONDITION_LENGTH_MAX
from fairlead.model.risk_terms import ScopeKind
from fairlead.node.settings import Contradiction, Origin, refuse
from fairlead.node.yaml_text import KeyPath

# Everything that is measured in any scope. Losses are positive shares, profits and returns signed.
SCOPE_WORDS: Final[Mapping[str, Kind]] = {
    name: kind for scope in ScopeKind for name, kind in vocabulary(scope, ()).items()
}
# What a health check may ask.
HEALTH_WORDS: Final[Mapping[str, Kind]] = {
    "broker_ping": Kind.TRUTH,
    "data_age": Kind.DURATION,
    "position_reconciliation": Kind.TRUTH,
    "process_alive": Kind.TRUTH,
}


def outside_names(condition: str) -> list[str]:
    """Return what a condition, compiled before, asks of the outside world."""
    names = [token.text for token in tokens(condition) if token.is_name]
    return [
        name
        for name in names
        if (name not in RESERVED and name not in SCOPE_WORDS) or name in OUTSIDE
    ]


def misplaced(path: KeyPath, condition: str, scope: ScopeKind) -> list[Contradiction]:
    """Return what a condition asks that is not measured in a scope of this kind."""
    try:
        compile_rule(condition, vocabulary(scope, outside_names(condition)))
    except RuleError as error:
        return [Contradiction(path, error.message, place=(error.line, error.column))]
    return []


def _compiled(text: str, words: Mapping[str, Kind]) -> str:
    if len(text) > CONDITION_LENGTH_MAX:
        refuse(f"a condition of at most {CONDITION_LENGTH_MAX} characters")
    try:
        compile_rule(text, words)
    except RuleError as error:
        found = {"place": (error.line, error.column), "message": error.message}
        raise PydanticCustomError("condition", "no condition", found) from None
    return text


def _of_scope(text: str, info: ValidationInfo) -> str:
    outside = info.context.outside if isinstance(info.context, Origin) else ()
    return _compiled(text, {**SCOPE_WORDS, **dict.fromkeys(outside, Kind.NUMBER)})


def _of_order(text: str) -> str:
    return _compiled(text, VOCABULARY)


def _of_health(text: str) -> str:
    return _compiled(text, HEALTH_WORDS)


OrderCondition = Annotated[str, AfterValidator(_of_order)]
ScopeCondition = Annotated[str, AfterValidator(_of_scope)]
HealthCondition = Annotated[str, AfterValidator(_of_health)]
