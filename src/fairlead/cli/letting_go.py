"""`fairlead breaker` and `fairlead acknowledge`: what stopped by rule goes on by a named person."""

from typing import Annotated, Final

import typer

from fairlead.cli.saying import WAIT, PersonOption, ReasonOption, WaitOption, say
from fairlead.cli.switches import JOURNAL, JournalOption, JsonOption, Place, refuse, scope_of
from fairlead.model.names import did_you_mean
from fairlead.model.risk_terms import BreakerState

_STATES: Final = [state.name.lower() for state in BreakerState]


def breaker(
    scope: Annotated[
        str, typer.Argument(help="firm, desk:NAME, account:NAME, strategy:NAME, venue:NAME, ...")
    ],
    state: Annotated[str, typer.Argument(help=f"One of {', '.join(_STATES)}.")],
    person: PersonOption,
    reason: ReasonOption,
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Put a scope into a state of its breaker; `active` lets go of what tripped there."""
    kind, name = scope_of(scope)
    if state not in _STATES:
        near = did_you_mean(state, _STATES) or f": one of {', '.join(_STATES)}"
        refuse(f"{state!r} is no state of a breaker{near}")
    content = {
        "type": "BreakerCommand",
        "scope": {"kind": kind, "name": name},
        "state": state,
    }
    say(Place(journal), content, person, reason, wait, json)


def acknowledge(
    name: Annotated[str, typer.Argument(help="Of the warning, as the node told it.")],
    person: PersonOption,
    reason: ReasonOption,
    journal: JournalOption = JOURNAL,
    wait: WaitOption = WAIT,
    json: JsonOption = False,
) -> None:
    """Say that a warning was looked at: until then no session below it may begin to trade."""
    content = {"type": "AcknowledgeCommand", "name": name}
    say(Place(journal), content, person, reason, wait, json)
