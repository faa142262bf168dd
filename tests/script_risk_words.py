"""The words of scenario scripts for layer 1 of risk: policies, lists, sessions, bands, limits.

`tests/script_words.py` has all others. Spans of time are said as `5s` or `500ms`.
"""

import re
from typing import Any

from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND

PERSON = {"person": "ann", "reason": "a test"}
LISTS = ("instruments", "venues", "order_types", "order_types_forbidden")


def risk_input(line: str, about: dict[str, str]) -> dict[str, Any] | None:
    """Return the input that a line is, in text form; None if it says something else."""
    for saying, made in SAYINGS:
        if found := re.fullmatch(saying, line):
            kind, terms = made(found, about)
            return {"type": kind, **terms}
    return None


Made = tuple[str, dict[str, Any]]


def terms_of(words: str) -> dict[str, Any]:
    """Return what is said in pairs of words: `life_max 5s marked yes instruments ABC,XYZ`."""
    said = words.split()
    terms: dict[str, Any] = dict(zip(said[::2], said[1::2], strict=True))
    for name, value in terms.items():
        if span := re.fullmatch(r"(\d+)(ms|s)", value):
            terms[name] = nanos(span)
        elif value in ("yes", "no"):
            terms[name] = value == "yes"
        elif name in LISTS:
            terms[name] = value.split(",")
    return terms


def nanos(span: re.Match[str]) -> int:
    """Return a span of time in nanoseconds."""
    return int(span[1]) * (NANOS_PER_SECOND if span[2] == "s" else NANOS_PER_MILLISECOND)


def _policy(found: re.Match[str], about: dict[str, str]) -> Made:
    return "PreTradePolicyChange", {"policy": terms_of(found[1]), **PERSON}


def _profile(found: re.Match[str], about: dict[str, str]) -> Made:
    profile = {"instrument": about["instrument"], **terms_of(found[1])}
    return "ProfileChange", {"profile": profile, **PERSON}


def _permit(found: re.Match[str], about: dict[str, str]) -> Made:
    strategy = about["strategy"]
    permissions = [{"strategy": strategy, **terms_of(found[2] or "")}] if found[1] else []
    return "PermissionChange", {"strategy": strategy, "permissions": permissions, **PERSON}


def _restrict(found: re.Match[str], about: dict[str, str]) -> Made:
    restriction: dict[str, Any] = {"instrument": about["instrument"]}
    if found[2]:
        restriction["side"] = found[2].strip()
    restriction["closing_allowed"] = bool(found[3])
    listed = found[1] == "restrict"
    return "RestrictionChange", {"restriction": restriction, "listed": listed, **PERSON}


def _check(found: re.Match[str], about: dict[str, str]) -> Made:
    check = {"name": found[1], "condition": found[2] or "", "message": found[3] or ""}
    return "NamedCheckDefinition", {"check": check, **PERSON}


def _bands(found: re.Match[str], about: dict[str, str]) -> Made:
    terms = {"lower": found[1], "upper": found[2], "limit_state": bool(found[3])}
    return "PriceBands", {"instrument": about["instrument"], **terms}


def _phase(found: re.Match[str], about: dict[str, str]) -> Made:
    terms: dict[str, Any] = {"venue": found[1], "phase": found[2]}
    if found[3]:
        terms["instrument"] = about["instrument"]
    return "SessionPhase", terms


def _halt(found: re.Match[str], about: dict[str, str]) -> Made:
    return "MarketHalt", {"venue": "", "level": 1, "halted": found[1] == "halts"}


def _located(found: re.Match[str], about: dict[str, str]) -> Made:
    terms = {"account": "main", "instrument": about["instrument"]}
    return "LocateChange", {**terms, "quantity": found[1], "session_date": int(found[2])}


def _shorts(found: re.Match[str], about: dict[str, str]) -> Made:
    terms = {"active": found[1] == "restricted", "session_date": int(found[2])}
    return "ShortSaleRestriction", {"instrument": about["instrument"], **terms}


def _limit(found: re.Match[str], about: dict[str, str]) -> Made:
    limit: dict[str, Any] = {"kind": found[1], "hard": found[2]}
    if found[3]:
        limit["window"] = int(found[3]) * NANOS_PER_SECOND
    scope, _, name = found[4].partition(" ")
    return "RiskLimitChange", {"scope": {"kind": scope, "name": name}, "limits": [limit], **PERSON}


def _let_on(found: re.Match[str], about: dict[str, str]) -> Made:
    terms = {"strategy": about["strategy"], "person": "ann", "reason": found[1] or ""}
    return "StrategyStartCommand", terms


def _history(found: re.Match[str], about: dict[str, str]) -> Made:
    said = found[1].split()
    terms: dict[str, Any] = {"dates": [int(date) for date in said[::2]], "returns": said[1::2]}
    return "ReturnHistory", {"instrument": about["instrument"], **terms}


SAYINGS = (
    (r"pretrade policy (.+)", _policy),
    (r"profile (.+)", _profile),
    (r"(permit) all(?: (.+))?", _permit),
    (r"()permit nothing", _permit),
    (r"(restrict|unrestrict)( buy| sell)?( but to close)?", _restrict),
    (r'check "(.+?)":(?: (.+?))?(?:; (.+))?', _check),
    (r"bands (\S+) to (\S+)( in a limit state)?", _bands),
    (r"phase of (\w+) is (\w+)()", _phase),
    (r"phase at (\w+) is (\w+)( for one)", _phase),
    (r"market (halts|resumes)", _halt),
    (r"located (\S+) on (\d+)", _located),
    (r"short sales (restricted|free) on (\d+)", _shorts),
    (r"at most (\w+) (\S+)(?: within (\d+)s)? of (firm|\w+ \w+)", _limit),
    (r"let it trade(?: because (.+))?", _let_on),
    (r"history (.+)", _history),
)
