"""The tree of limits for people: what is used of each, and what restricts trading beside them."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from fairlead.cli.measured import bar, measured_text, span_phrase, used_percent
from fairlead.cli.risk_phrases import limit_text, scope_text
from fairlead.cli.tables import Column, fitting_table
from fairlead.readers.written import printable, time_text

Found = dict[str, Any]

_GOOD: Final = "green"
_NEAR: Final = "yellow"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_BAR_WIDTH: Final = 10
_COLUMNS: Final = [
    Column("limit"),
    Column("used", number=True),
    Column("most", number=True),
    Column("of it", number=True),
    Column("", 4),
    Column("warns at", 3, number=True),
    Column("where", 2),
    Column("state"),
]
_STYLES: Final = {"ended": "", "warning": _NEAR, "hard": _BAD, "unknown": _BAD, "none": _QUIET}
_STATES: Final = {"warning": "near", "hard": "AT LIMIT"}


def limits_view(content: Found, console: Console) -> RenderableType:
    """Return all of it, as its JSON object says."""
    drawn = console.is_terminal
    rows = list(_rows(content, drawn, console.options.ascii_only))
    columns = [column for column in _COLUMNS if column.name or drawn]
    parts: list[RenderableType] = [Text()]
    if rows:
        parts.append(fitting_table(columns, rows, console.width))
    silent = [scope_text(each["scope"]) for each in content["scopes"] if not each["limits"]]
    if silent:
        told = f"without limits of their own: {', '.join(silent)}"
        parts.append(Text(printable(told), style=_QUIET))
    for title, style, lines in _sections(content):
        if lines:
            parts += [Text(), Text(f"{title}: {len(lines):,}", style=style)]
            parts += [Padding(Text(printable(line)), (0, 0, 0, 2)) for line in lines]
    told = f"version {content['version']} of the tree; all limits have the digest"
    parts += [Text(), Text(f"{told} {content['digest']}", style=_QUIET)]
    return Group(*parts)


# --- the table ---


def _rows(content: Found, drawn: bool, plain: bool) -> Iterator[list[Text]]:
    for found in content["scopes"]:
        states = list(_restrictions(found["scope"], content))
        if not found["limits"] and not states:
            continue
        indent = "  " * found["depth"]
        name = Text(printable(indent + scope_text(found["scope"])), style="bold")
        if states:
            name.append(f"  {', '.join(states)}", style=_BAD)
        yield [name, *[Text()] * (7 if drawn else 6)]
        for limit in found["limits"]:
            yield _row(limit, indent, drawn, plain)


def _row(found: Found, indent: str, drawn: bool, plain: bool) -> list[Text]:
    style = _STYLES[found["level"]]
    name = found["limit"]
    if found["window"]:
        name += f" in {span_phrase(found['window'])}"
    share = found["used_share"]
    used = "each order" if found["level"] == "none" else measured_text(found["used"], found["unit"])
    least = ">= " if found["least"] else ""
    cells = [
        Text(f"{indent}  {name}"),
        Text(used or "unknown", style=style),
        Text(least + measured_text(found["hard"], found["unit"])),
        Text(used_percent(share) if share is not None else "", style=style),
    ]
    if drawn:
        drawing = "" if share is None else bar(share, _BAR_WIDTH, plain)
        cells.append(Text(drawing, style=style or _GOOD))
    state = _STATES.get(found["level"], "")
    if found["dynamic"]:
        state = ", ".join(part for part in (state, f"by {found['dynamic']}") if part)
    warning = measured_text(found["warning"], found["unit"])
    return [*cells, Text(warning), Text(printable(found["where"])), Text(printable(state), style)]


def _restrictions(scope: Found, content: Found) -> Iterator[str]:
    """Yield what keeps orders of a scope from leaving."""
    for kill in content["kills"]:
        if kill["scope"] == scope:
            yield "KILLED"
    for breaker in content["breakers"]:
        if breaker["scope"] == scope and breaker["state"] != "active":
            yield breaker["state"].upper().replace("_", " ")
    if any(each["scope"] == scope for each in content["losses_reached"]):
        yield "REDUCE ONLY"


# --- what stands beside it ---


def _sections(content: Found) -> Iterator[tuple[str, str, list[str]]]:
    registry = content["registry"]
    yield "warnings that nobody acknowledged", _BAD, [_named(one) for one in registry["warnings"]]
    yield "killed", _BAD, [_kill(each) for each in content["kills"]]
    tripped = [each for each in content["breakers"] if each["state"] != "active"]
    yield "breakers that restrict", _BAD, [_breaker(each) for each in tripped]
    reached = [
        f"{each['limit']} of {scope_text(each['scope'])}" for each in content["losses_reached"]
    ]
    yield "losses that are reached: only what reduces passes", _BAD, reached
    ready = [each for each in content["breakers"] if each["state"] == "active"]
    yield "breakers that are active", "", [_breaker(each) for each in ready]
    yield "dynamic limits", "", [_dynamic(each) for each in content["dynamic_limits"]]
    yield "waits for a second person", _NEAR, [_proposal(each) for each in content["proposals"]]
    yield "waits for its time", "", [_postponed(each) for each in content["postponed"]]
    yield "overrides that stand", _NEAR, [_override(each) for each in content["overrides"]]
    yield "restricted", "", [_restriction(each) for each in content["restricted"]]
    flags = [f"{name} = {value}" for name, value in registry["flags"].items()]
    yield "flags", "", flags
    retired = [f"{one['thing']} {one['name']}: {one['reason']}" for one in registry["retired"]]
    yield "retired names", "", retired


def _named(found: Found) -> str:
    return f"{found['name']}: {found['text']}"


def _kill(found: Found) -> str:
    by = f" by {found['source']}" if found["source"] else ""
    told = f"{scope_text(found['scope'])} to {found['mode']}, {found['step']}"
    return f"{told}; {found['person']}{by}: {found['reason']}"


def _breaker(found: Found) -> str:
    name, scope = found["breaker"] or "ordered", scope_text(found["scope"])
    state = found["state"].replace("_", " ")
    if found["condition"] is None:
        return f"{name}: {scope} is {state} since {time_text(found['since'])}"
    condition, reset = found["condition"], found["reset"].replace("_", " ")
    if found["state"] == "active":
        into = found["trips_into"].replace("_", " ")
        return f"{name}: {scope} becomes {into} if {condition}; reset {reset}"
    since = f"{state} since {time_text(found['since'])}, trip {found['trips']}"
    return f"{name}: {scope} is {since}: {condition}; reset {reset}"


def _dynamic(found: Found) -> str:
    limits = ", ".join(limit_text(each) for each in found["limits"])
    state = "APPLIES" if found["applied"] else "does not apply"
    told = f"{found['name']}: {state}; {scope_text(found['scope'])} {limits}"
    return f"{told} if {found['condition']}"


def _proposal(found: Found) -> str:
    told = f"{found['number']}. {found['what']}, digest {found['digest']}"
    asked = f"{found['person']}: {found['reason']}" if found["reason"] else found["person"]
    return f"{told}; {asked}; expires {time_text(found['expires'])}"


def _postponed(found: Found) -> str:
    change = found["change"]
    limits = [limit_text(each) for each in change["limits"]]
    limits += [f"no {kind}" for kind in change["removed"]]
    told = f"{scope_text(change['scope'])} {', '.join(limits)}"
    return f"{told} from {time_text(change['effective'])}; {change['person']}"


def _override(found: Found) -> str:
    terms = f"{found['side']} up to {found['quantity_max']} {found['instrument']}"
    told = f"{found['number']}. {found['strategy']}, {terms}: {', '.join(found['checks'])}"
    return f"{told}; {found['person']}; until {time_text(found['expires'])}"


def _restriction(found: Found) -> str:
    whose = f"account {found['account']}" if found["account"] else "the firm"
    side = {"buy": "buys of ", "sell": "sells of "}.get(found["side"] or "", "")
    closing = "; closing is allowed" if found["closing_allowed"] else ""
    return f"{side}{found['instrument']} for {whose}{closing}"
