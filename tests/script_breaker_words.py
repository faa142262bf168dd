"""The words of scenario scripts for breakers, dynamic limits, losses and what comes from outside.

`tests/script_words.py` has all others. Spans of time are said as `5s` or `500ms`.
"""

import re
from typing import Any

from tests.script_risk_words import PERSON, Made, terms_of

BREAKER_ANSWERS = {
    "DataQualityFound": "DATA {kind}: {measured} against {limit}; {action}, left out: {left_out}",
    "DataQualityRestored": "data is good again: {kind}, found {found} times",
    "BreakerChanged": "BREAKER {breaker} puts {where} into {after}: {cause}",
    "BreakerEscalated": "ESCALATED: breaker {breaker} of {where} has tripped {trips} times",
    "DynamicLimitChanged": "dynamic limit {name} of {where} applies: {applied}; {cause}",
}


def breaker_input(line: str) -> dict[str, Any] | None:
    """Return the input that a line is, in text form; None if it says something else."""
    for saying, made in SAYINGS:
        if found := re.fullmatch(saying, line):
            kind, terms = made(found)
            return {"type": kind, **terms}
    return None


def scope_of(words: str) -> dict[str, str]:
    """Return a scope: `account main`."""
    kind, _, name = words.partition(" ")
    return {"kind": kind, "name": name}


def _breaker(found: re.Match[str]) -> Made:
    breaker: dict[str, Any] = {"name": found[1], "scope": scope_of(found[2]), "state": found[3]}
    breaker |= {"condition": found[4], **terms_of(found[5] or ""), "recovered": found[6] or ""}
    return "BreakerDefinition", {"breaker": breaker, **PERSON}


def _dynamic(found: re.Match[str]) -> Made:
    limits = [{"kind": found[3], "hard": found[4]}]
    dynamic: dict[str, Any] = {"name": found[1], "scope": scope_of(found[2]), "limits": limits}
    dynamic |= {"condition": found[5], "recovered": found[6] or ""}
    return "DynamicLimitDefinition", {"dynamic": dynamic, **PERSON}


def _outside(found: re.Match[str]) -> Made:
    value = None if found[2] == "unknown" else found[2]
    return "OutsideValue", {"name": found[1], "value": value}


def _put(found: re.Match[str]) -> Made:
    terms = {"scope": scope_of(found[1]), "state": found[2]}
    return "BreakerCommand", {**terms, **PERSON}


def _let_go(found: re.Match[str]) -> Made:
    terms = {"scope": scope_of(found[1]), "state": "active"}
    return "BreakerCommand", {**terms, "person": "ann", "reason": found[2] or ""}


def _error(found: re.Match[str]) -> Made:
    return "ErrorReported", {"source": found[1], "text": found[2]}


def _clock(found: re.Match[str]) -> Made:
    """Say how far the machine's time of day is from ours, in microseconds."""
    apart = int(found[1].replace(",", "")) * 1_000
    ours = 10**15
    wall = ours + (apart if found[2] == "ahead" else -apart)
    return "ClockChecked", {"ours": ours, "wall": wall, "source": "the machine"}


def _data_rules(found: re.Match[str]) -> Made:
    """Say rules of market data: `crossed block, freshness alert 2s data quote`."""
    rules: list[dict[str, Any]] = []
    for rule in found[1].split(", "):
        kind, action, *rest = rule.split()
        bound = rest.pop(0) if len(rest) % 2 else "0"
        terms = terms_of(" ".join(["bound", bound, *rest]))
        numbers = {name: int(said) for name, said in terms.items() if str(said).isdigit()}
        rules.append({"kind": kind, "action": action, **terms, **numbers})
    return "DataQualityPolicyChange", {"rules": rules, **PERSON}


def _believe(found: re.Match[str]) -> Made:
    return "AcceptDataCommand", {"instrument": "ABC", "person": "ann", "reason": found[1]}


SAYINGS = (
    (r"data held to (.+)", _data_rules),
    (r"believe the data because (.+)", _believe),
    (
        r"breaker (\w+) of (firm|\w+ \w+): (\w+) if ([^;]+)(?:; (?!over)([^;]+))?"
        r"(?:; over if ([^;]+))?",
        _breaker,
    ),
    (
        r"dynamic (\w+) of (firm|\w+ \w+): at most (\w+) (\S+) if ([^;]+)(?:; over if ([^;]+))?",
        _dynamic,
    ),
    (r"outside (\w+) (\S+)", _outside),
    (r"put (firm|\w+ \w+) into (\w+)", _put),
    (r"let (firm|account \w+|strategy \w+|venue \w+|instrument \w+) go(?: because (.+))?", _let_go),
    (r"error of (\w+): (.+)", _error),
    (r"the wall clock is ([0-9,]+) us (behind|ahead)", _clock),
)
