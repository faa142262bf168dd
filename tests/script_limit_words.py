"""The words of scenario scripts for who may change limits, and for parents of orders.

`bob approves 1` names the digest that was told, `bob approves 1 as 00ff` another one. Limits
themselves are set by `at most ...` (`tests/script_risk_words.py`).
"""

import re
from typing import Any

from fairlead.cli.script import Script
from fairlead.machine import limits
from fairlead.model.units import NANOS_PER_SECOND
from tests.script_risk_words import Made

LIMIT_ANSWERS = {
    "PortfolioRiskMeasured": "{horizon} days of {account}: may lose {value_at_risk} ({problem})",
    "ChangeProposed": "WAITS as {number}: {what}, by {person}",
    "ProposalEnded": "proposal {number} is {outcome}{by}: {reason}",
    "LimitsAttested": "limits attested by {person}",
    "OverrideUsed": "left under override {number}: {waived} waived",
    "NameRetired": "retired {thing} {name}: {reason}",
    "FillBeyondLimit": "BEYOND LIMIT fill {execution} of {order} at {price}, limit {limit}",
    "FlagChanged": "flag {name} is {value}",
    "WarningOpened": "WARNING {name}: {text}",
    "WarningAcknowledged": "warning {name} acknowledged by {person}",
    "ParentChanged": "parent {order} {state}, {filled} of {quantity} filled",
}
REASON = "a test"


def limit_input(line: str, about: dict[str, str], script: Script) -> dict[str, Any] | None:
    """Return the input that a line is, in text form; None if it says something else."""
    for saying, made in SAYINGS:
        if found := re.fullmatch(saying, line):
            kind, terms = made(found, about, script)
            return {"type": kind, **terms}
    return None


def told(fields: dict[str, Any]) -> dict[str, str]:
    """Return what answers say in other words than their fields do."""
    by = f" by {fields['person']}" if fields.get("person") else ""
    return {"by": by, "waived": ", ".join(fields.get("checks", ()))}


def _person(name: str) -> dict[str, str]:
    return {"person": name, "reason": REASON}


def _approves(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    number = int(found[2])
    proposal = script.machine.state.approvals.get(number)
    digest = found[3] or (proposal.digest if proposal is not None else "")
    return "ApproveCommand", {"number": number, "digest": digest, **_person(found[1])}


def _declines(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "DeclineCommand", {"number": int(found[2]), **_person(found[1])}


def _attests(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    digest = found[2] or limits.digest(script.machine.state)
    return "AttestCommand", {"digest": digest, **_person(found[1])}


def _lifts(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    kind, _, name = found[3].partition(" ")
    terms = {"scope": {"kind": kind, "name": name}, "limits": [], "removed": [found[2]]}
    return "RiskLimitChange", {**terms, **_person(found[1])}


def _later(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    kind, _, name = found[4].partition(" ")
    effective = script.time + int(found[1]) * NANOS_PER_SECOND
    limit = {"kind": found[2], "hard": found[3]}
    terms = {"scope": {"kind": kind, "name": name}, "limits": [limit], "effective": effective}
    return "RiskLimitChange", {**terms, **_person("ann")}


def _waives(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    terms = {
        "strategy": about["strategy"],
        "instrument": about["instrument"],
        "checks": found[2].split(", "),
        "side": found[3],
        "quantity_max": found[4],
        "expires": script.time + int(found[5]) * NANOS_PER_SECOND,
    }
    return "OverrideRequest", {**terms, **_person(found[1])}


def _retires(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "RetireCommand", {"thing": found[2], "name": found[3], **_person(found[1])}


def _flag(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "FlagChange", {"name": found[2], "value": found[3], **_person(found[1])}


def _warning(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "WarningRaised", {"name": found[1], "text": found[2]}


def _space(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    terms = {"path": "journal", "free_bytes": found[2]}
    if found[1] == "back":
        return "JournalSpaceBack", terms
    cancels = found[3] is None
    return "JournalSpaceLow", {**terms, "free_bytes_min": 1_000, "cancels": cancels}


def _acknowledges(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "AcknowledgeCommand", {"name": found[2], **_person(found[1])}


def _parent(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    terms = {"strategy": about["strategy"], "order": found[1], "side": found[2]}
    bounds = {"quantity": found[3], "notional_max": found[4] or "0"}
    return "ParentRequest", {**terms, "instrument": about["instrument"], **bounds}


def _end(found: re.Match[str], about: dict[str, str], script: Script) -> Made:
    return "ParentEnd", {"strategy": about["strategy"], "order": found[1]}


SAYINGS = (
    (r"(\w+) approves (\d+)(?: as (\w+))?", _approves),
    (r"(\w+) declines (\d+)", _declines),
    (r"(\w+) attests(?: (\w+))?", _attests),
    (r"(\w+) lifts (\w+) of (firm|\w+ \w+)", _lifts),
    (r"in (\d+)s at most (\w+) (\S+) of (firm|\w+ \w+)", _later),
    (r"(\w+) asks to waive (.+) for one (buy|sell) of (\S+) within (\d+)s", _waives),
    (r"(\w+) retires (strategy|flag) (\w+)", _retires),
    (r"(\w+) sets flag (\w+) to (\w+)", _flag),
    (r"warning (\w+): (.+)", _warning),
    (r"(\w+) acknowledges (\w+)", _acknowledges),
    (r"journal space (low|back): (\d+)( and orders stay)?", _space),
    (r"parent (\d+) (buy|sell) (\S+)(?: worth (\S+))?", _parent),
    (r"end parent (\d+)", _end),
)
