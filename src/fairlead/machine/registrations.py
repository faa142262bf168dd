"""Retiring names, setting flags, and the warnings that a person must look at before the open."""

from fairlead.machine.names import plain_name
from fairlead.machine.registry import FLAGS_MAX, WARNINGS_MAX
from fairlead.machine.requests import cancel_all
from fairlead.machine.state import State
from fairlead.model.inputs import (
    AcknowledgeCommand,
    FlagChange,
    RetireCommand,
    WarningRaised,
)
from fairlead.model.outputs import (
    FlagChanged,
    InputRefused,
    NameRetired,
    Output,
    StrategyDisabled,
    WarningAcknowledged,
    WarningOpened,
)
from fairlead.model.risk_terms import NamedThing
from fairlead.model.units import Nanos

_NOBODY = "it names no person or no reason"


def retire(state: State, command: RetireCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let a name never be used again; a strategy that has it now is taken off."""
    name = command.name.strip()
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("RetireCommand", _NOBODY))
    elif not name:
        outputs.append(InputRefused("RetireCommand", "it names nothing"))
    elif state.registry.is_retired(command.thing, name):
        outputs.append(InputRefused("RetireCommand", f"{name} is retired already"))
    else:
        state.registry.retire(command.thing, name, command.reason)
        outputs.append(NameRetired(command.thing, name, command.person, command.reason))
        if command.thing is NamedThing.STRATEGY:
            _take_off(state, name, time, outputs)


def flag(state: State, change: FlagChange, time: Nanos, outputs: list[Output]) -> None:
    """Set a flag. One that was retired is never set again, whatever it would mean now."""
    registry = state.registry
    if not change.person.strip():
        outputs.append(InputRefused("FlagChange", "it names no person"))
    elif registry.is_retired(NamedThing.FLAG, change.name):
        outputs.append(InputRefused("FlagChange", f"flag {change.name} is retired: take another"))
    elif not change.name.strip():
        outputs.append(InputRefused("FlagChange", "it names no flag"))
    elif change.name not in registry.flags and len(registry.flags) >= FLAGS_MAX:
        outputs.append(InputRefused("FlagChange", f"there are {FLAGS_MAX} flags already"))
    else:
        registry.flags[change.name] = change.value
        outputs.append(FlagChanged(change.name, change.value, change.person, change.reason))


def warning(state: State, raised: WarningRaised, time: Nanos, outputs: list[Output]) -> None:
    """Let a warning stand until a person has looked at it."""
    warnings = state.registry.warnings
    if not raised.name.strip():
        outputs.append(InputRefused("WarningRaised", "it has no name"))
    elif raised.name not in warnings and len(warnings) >= WARNINGS_MAX:
        outputs.append(InputRefused("WarningRaised", f"{WARNINGS_MAX} warnings stand already"))
    elif warnings.get(raised.name) != raised.text:
        warnings[raised.name] = raised.text
        outputs.append(WarningOpened(raised.name, raised.text))


def acknowledge(
    state: State, command: AcknowledgeCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Take in that a person has looked at a warning."""
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("AcknowledgeCommand", _NOBODY))
    elif command.name not in state.registry.warnings:
        outputs.append(InputRefused("AcknowledgeCommand", f"no warning {command.name} stands"))
    else:
        del state.registry.warnings[command.name]
        outputs.append(WarningAcknowledged(command.name, command.person, command.reason))


def start_problem(state: State) -> str:
    """Return why trading may not begin, empty if it may: warnings that nobody looked at."""
    standing = list(state.registry.warnings)
    if not standing:
        return ""
    more = f" and {len(standing) - 3} more" if len(standing) > 3 else ""
    return f"warnings stand that nobody acknowledged: {', '.join(standing[:3])}{more}"


def _take_off(state: State, name: str, time: Nanos, outputs: list[Output]) -> None:
    for definition in state.strategies.values():
        if plain_name(definition.name) == plain_name(name):
            reason = "its name is retired"
            if state.gate.disable(definition.strategy, reason):
                outputs.append(StrategyDisabled(definition.strategy, reason))
            cancel_all(state, definition.strategy, time, outputs)
