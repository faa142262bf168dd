"""`fairlead limits set, approve, decline, attest, override`: changes, as commands to a node.

What is looser than before waits for a second person, who names the number and the digest that the
first one was told. Without a node that runs nothing is changed: its configuration sets limits.
"""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import typer

from fairlead.cli.console import mistakes_in_one_line
from fairlead.cli.saying import WAIT, PersonOption, ReasonOption, WaitOption, say
from fairlead.cli.session_options import duration, moment
from fairlead.cli.switches import (
    JOURNAL,
    JournalOption,
    JsonOption,
    Place,
    refuse,
    scope_of,
)
from fairlead.model.decimals import InexactAmount, decimal_text, exact_amount
from fairlead.model.forms import MILLIONTHS_DECIMALS
from fairlead.model.names import did_you_mean
from fairlead.model.risk_terms import LimitKind

_KINDS: Final = [kind.name.lower() for kind in LimitKind]
_PERCENT_DECIMALS: Final = MILLIONTHS_DECIMALS - 2


def set_limits(
    scope: Annotated[
        str, typer.Argument(help="firm, desk:NAME, account:NAME, strategy:NAME, venue:NAME, ...")
    ],
    person: PersonOption,
    reason: ReasonOption,
    limit: Annotated[
        list[str] | None,
        typer.Argument(help="KIND=MOST[,WARNING][/WINDOW], as gross_share=150% or value_day=1e6."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="Take this limit away; looser than any.")
    ] = None,
    effective: Annotated[str, typer.Option("--from", help="From this time on.")] = "",
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Set limits of a scope. What is tighter holds at once; what is looser waits for another."""
    kind, name = scope_of(scope)
    with mistakes_in_one_line():
        change = {
            "type": "RiskLimitChange",
            "scope": {"kind": kind, "name": name},
            "limits": [_limit(each) for each in limit or ()],
            "removed": [_kind(each) for each in remove or ()],
            "effective": moment(effective, "--from") if effective else 0,
        }
    if not change["limits"] and not change["removed"]:
        refuse("found no limit, expected KIND=MOST or --remove KIND")
    say(Place(journal), change, person, reason, wait, json)


def approve(
    number: Annotated[int, typer.Argument(help="Of the proposal, as `fairlead limits` shows it.")],
    digest: Annotated[str, typer.Argument(help="Of the proposal: approved is exactly that.")],
    person: PersonOption,
    reason: ReasonOption,
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Approve what another person proposed."""
    content = {"type": "ApproveCommand", "number": number, "digest": digest}
    say(Place(journal), content, person, reason, wait, json)


def decline(
    number: Annotated[int, typer.Argument(help="Of the proposal, as `fairlead limits` shows it.")],
    person: PersonOption,
    reason: ReasonOption,
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Decline what was proposed, or withdraw one's own."""
    content = {"type": "DeclineCommand", "number": number}
    say(Place(journal), content, person, reason, wait, json)


def attest(
    digest: Annotated[str, typer.Argument(help="Of all limits, as `fairlead limits` shows it.")],
    person: PersonOption,
    reason: ReasonOption,
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Attest the limits exactly as they stand. It is recorded."""
    content = {"type": "AttestCommand", "digest": digest}
    say(Place(journal), content, person, reason, wait, json)


def override(
    strategy: Annotated[str, typer.Argument(help="Whose order.")],
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    quantity: Annotated[str, typer.Argument(help="At most.")],
    instrument: Annotated[str, typer.Argument(help="In which instrument.")],
    check: Annotated[list[str], typer.Option(help="That is waived; once for each.")],
    person: PersonOption,
    reason: ReasonOption,
    span: Annotated[str, typer.Option("--for", help="How long it stands, unused.")] = "10m",
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Propose that checks be waived for one order. It always needs a second person."""
    place = Place(journal)
    with mistakes_in_one_line():
        expires = place.clock.now() + duration(span, "--for")
    content = {
        "type": "OverrideRequest",
        "strategy": strategy,
        "instrument": instrument,
        "side": side,
        "quantity_max": quantity,
        "checks": check,
        "expires": expires,
    }
    say(place, content, person, reason, wait, json)


# --- limits as people write them ---


def _limit(said: str) -> dict[str, Any]:
    """Return a limit from `KIND=MOST[,WARNING][/WINDOW]`."""
    kind, equals, rest = said.partition("=")
    if not equals:
        refuse(f"found {said!r}, expected KIND=MOST[,WARNING][/WINDOW]")
    bounds, _, window = rest.partition("/")
    hard, _, warning = bounds.partition(",")
    found = {"kind": _kind(kind), "hard": _amount(hard), "window": 0, "warning": None}
    if warning:
        found["warning"] = _amount(warning)
    if window:
        found["window"] = duration(window, kind)
    return found


def _kind(said: str) -> str:
    if said not in _KINDS:
        near = did_you_mean(said, _KINDS) or f": one of {', '.join(_KINDS)}"
        refuse(f"{said!r} is no kind of limit{near}")
    return said


def _amount(said: str) -> str:
    """Return an amount as a limit holds it: `3%` is 0.03."""
    percent = said.endswith("%")
    decimals = _PERCENT_DECIMALS if percent else MILLIONTHS_DECIMALS
    try:
        number = Decimal(said.removesuffix("%").replace("_", ""))
        return decimal_text(exact_amount(number, decimals), MILLIONTHS_DECIMALS)
    except (InvalidOperation, InexactAmount):
        refuse(f"found {said!r}, expected a number with at most {decimals} decimals, as 1500 or 3%")
