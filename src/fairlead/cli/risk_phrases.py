"""What the inputs and facts of risk say, as lines that a trader can read: templates and values.

See `phrases.py` for the form of a template.
"""

from typing import Any, Final

from fairlead.cli.measured import check_text, measured_text, span_phrase
from fairlead.cli.units_of_limits import unit_of
from fairlead.model.risk_terms import LimitKind

_REASON: Final = "[: {reason}]"
_MONEY: Final = "money"
RISK_INPUTS: Final = {
    "LimitChange": "{person} sets the limits of {of}" + _REASON,
    "MessageRateChange": "{person} sets the message rate" + _REASON,
    "RiskLimitChange": (
        "{person} sets limits of {scope}[: {limits}][; removes {removed}][; from {effective}]"
        + _REASON
    ),
    "ProfileChange": "{person} describes {of}" + _REASON,
    "PreTradePolicyChange": "{person} sets how orders are checked" + _REASON,
    "BreakerDefinition": "{person} defines breaker {of}" + _REASON,
    "DynamicLimitDefinition": "{person} defines dynamic limit {of}" + _REASON,
    "NamedCheckDefinition": "{person} defines check {of}" + _REASON,
    "PermissionChange": "{person} sets what {strategy} may trade" + _REASON,
    "RestrictionChange": "{person} [{?listed}restricts][{?not_listed}frees] {of}" + _REASON,
    "DataQualityPolicyChange": "{person} sets what market data is held to" + _REASON,
    "AcceptDataCommand": "{person} believes the market data of {instrument}" + _REASON,
    "OutsideValue": "{name} from outside is {value}",
    "PriceBands": "the venue trades {instrument} within {lower} to {upper}",
    "SessionPhase": "{venue} is in the phase {phase}",
    "MarketHalt": (
        "[{?halted}the market halts, level {level}][{?not_halted}the market resumes][ at {venue}]"
        + _REASON
    ),
    "LocateChange": "{account} has located {quantity} {instrument} for {session_date}",
    "ShortSaleRestriction": (
        "short sales of {instrument} are [{?active}restricted][{?not_active}free again]"
    ),
    "ParentRequest": (
        "{strategy} opens [{?basket}basket {order}][{?in_one}parent {order}: {side} {quantity}"
        " {instrument}][, worth at most {notional_max}]" + _REASON
    ),
    "ParentEnd": "{strategy} ends parent {order}",
    "KillCommand": "{person} kills {scope}, to {mode}" + _REASON,
    "ReleaseCommand": "{person} releases {scope}" + _REASON,
    "StartCommand": "{person} lets trading begin" + _REASON,
    "StrategyStartCommand": "{person} lets {strategy} trade again" + _REASON,
    "ApproveCommand": "{person} approves proposal {number}" + _REASON,
    "DeclineCommand": "{person} declines proposal {number}" + _REASON,
    "OverrideRequest": (
        "{person} asks to waive {checks} for one order of {strategy}, {side} up to {quantity_max}"
        " {instrument}" + _REASON
    ),
    "AttestCommand": "{person} attests the limits {digest}" + _REASON,
    "BreakerCommand": "{person} puts {scope} into {state}" + _REASON,
    "ClockChecked": "our clock is held against {source}, which says {wall}",
    "ErrorReported": "{source} reports an error[: {text}]",
    "RetireCommand": "{person} retires {thing} {name}" + _REASON,
    "WarningRaised": "a warning is raised, {name}[: {text}]",
    "AcknowledgeCommand": "{person} acknowledges warning {name}" + _REASON,
    "FlagChange": "{person} sets flag {name} to {value}" + _REASON,
    "JournalSpaceLow": "the journal has little ROOM: {free_bytes} bytes are free at {path}",
    "JournalSpaceBack": "the journal has room again: {free_bytes} bytes are free at {path}",
    "KillPolicyChange": "{person} sets how kills are carried out" + _REASON,
}
RISK_OUTPUTS: Final = {
    "RiskLimitsChanged": (
        "limits of {scope} hold, version {version}[: {limits}][; no more {removed}]"
    ),
    "ChangeProposed": (
        "WAITS for a second person as proposal {number}: {what}, digest {digest}, until {expires}"
    ),
    "ProposalEnded": "proposal {number} is {outcome}[ by {person}]" + _REASON,
    "LimitAlert": "{limit} of {scope} is {level}: {measured} of {hard}",
    "BreakerChanged": "[breaker {breaker}: ]{scope} is {after}, was {before}[: {cause}]",
    "BreakerEscalated": "breaker {breaker} tripped {trips} times: {scope} is to be KILLED",
    "KillEngaged": "KILLED: {scope}, to {mode}, by {person}[ through {source}]" + _REASON,
    "KillReleased": "{scope} is released by {person}" + _REASON,
    "KillStepped": "kill of {scope}, {step}: {done} done, {left} left[; {note}]",
    "DynamicLimitChanged": (
        "dynamic limit {name} of {scope} applies[{?not_applied} no more][: {cause}]"
    ),
    "OverrideUsed": "left under override {number}, which waives {checks}",
    "NameRetired": "{thing} {name} is never used again" + _REASON,
    "OrderResized": "leaves with {quantity} instead of {asked}[: {cause}]",
    "ParentChanged": (
        "[{?basket}basket][{?in_one}parent] {order} is {state}[{?in_one}, {filled} of {quantity}"
        " filled][, worth at most {notional_max}]"
    ),
    "SelfTradePrevented": "would have traded with order {other} of ours: {action}",
    "ClockAlert": (
        "our clock is {offset} [{?ahead}ahead][{?not_ahead}behind] of the machine's: {level},"
        " from {bound} on"
    ),
    "DataQualityFound": (
        "market data[ of {where}], {what}: {measured} against {limit}[{?left_out}, LEFT OUT]"
        "[; {detail}]"
    ),
    "DataQualityRestored": ("market data[ of {where}], {what}: good again after {found}"),
    "LimitsAttested": "limits {digest} are attested by {person}" + _REASON,
    "FlagChanged": "flag {name} is {value}, says {person}" + _REASON,
    "StrategyEnabled": "{strategy} may trade again, says {person}" + _REASON,
    "WarningOpened": "WARNING {name}[: {text}]",
    "WarningAcknowledged": "warning {name} is acknowledged by {person}" + _REASON,
    "TradingStarted": "trading begins, says {person}" + _REASON,
    "TradingStopped": "trading ends, says {person}" + _REASON,
    "InputRefused": "{kind} is REFUSED" + _REASON,
    "OrderRefused": "{request} REFUSED[: {failed}]",
    "Disconnect": "the session with {venue} is to end" + _REASON,
}
_TIMES: Final = {"price_deviation": " deviations", "volume_spike": " times the mean"}
_LEVELS: Final = {"ended": "well below again", "warning": "near", "hard": "AT ITS LIMIT"}
_STRICT: Final = ("reduce_only", "cancel_only", "halted")
_SWITCHES: Final = ("listed", "halted", "active", "applied", "ahead")
_SUBJECTS: Final = {  # what a definition is about, and the field of it that is its name
    "limits": "instrument",
    "profile": "instrument",
    "breaker": "name",
    "dynamic": "name",
    "check": "name",
    "restriction": "instrument",
}


def scope_text(scope: dict[str, Any]) -> str:
    """Return a scope as people say it: `account main`."""
    return f"{scope['kind']} {scope['name']}".strip()


def limit_text(limit: dict[str, Any]) -> str:
    """Return a limit in text form as people read it: `gross_share 150 %`."""
    unit = unit_of(LimitKind[limit["kind"].upper()])
    window = f" in {span_phrase(limit['window'])}" if limit["window"] else ""
    return f"{limit['kind']} {measured_text(limit['hard'], unit)}{window}"


def risk_values(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a record of risk as a person reads them."""
    values: dict[str, Any] = {}
    if isinstance(found.get("scope"), dict):
        values["scope"] = scope_text(found["scope"])
    for field, inner in _SUBJECTS.items():
        if isinstance(found.get(field), dict):
            values["of"] = found[field][inner]
    if isinstance(found.get("limits"), list):
        values["limits"] = ", ".join(limit_text(each) for each in found["limits"])
    for field in ("removed", "checks"):
        if isinstance(found.get(field), list):
            values[field] = ", ".join(found[field])
    values |= {f"not_{each}": not found[each] for each in _SWITCHES if each in found}
    return values | _special_values(name, found)


def _special_values(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that only records of one name have so."""
    if name in ("ParentRequest", "ParentChanged"):
        basket = found["instrument"] == "#0"
        return {"basket": basket, "in_one": not basket}
    if name == "LimitAlert":
        return _alert(found)
    if name == "BreakerChanged":
        return {each: _state(found[each]) for each in ("before", "after")}
    if name == "OutsideValue":
        value = found["value"]
        return {"value": "not known" if value is None else measured_text(value, "number")}
    if name in ("DataQualityFound", "DataQualityRestored"):
        return _data_quality(found)
    if name == "OrderRefused":
        return {"failed": "; ".join(check_text(each) for each in found["failed"])}
    return {}


def _data_quality(found: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule of market data found, and of which market."""
    kind = found["kind"].replace("_", " ")
    values = {
        "where": "" if found["instrument"] == "#0" else found["instrument"],
        "what": kind if found["data"] == "any" else f"{kind} of {found['data']}s",
    }
    if "limit" in found:
        times = _TIMES.get(found["kind"], "")
        unit = "number" if times else found["unit"]
        values["measured"] = measured_text(found["measured"], unit) + times
        values["limit"] = measured_text(found["limit"], unit) + times
    return values


def _alert(found: dict[str, Any]) -> dict[str, Any]:
    unit = unit_of(LimitKind[found["kind"].upper()])
    measured = "what cannot be measured"
    if found["measured"] is not None:
        measured = measured_text(found["measured"], unit)
    hard = measured_text(found["hard"], unit)
    level = _LEVELS[found["level"]]
    return {"limit": found["kind"], "level": level, "measured": measured, "hard": hard}


def _state(word: str) -> str:
    plain = word.replace("_", " ")
    return plain.upper() if word in _STRICT else plain
