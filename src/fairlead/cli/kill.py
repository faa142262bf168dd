"""`fairlead kill`: stop everything, or a part of it, now.

The firm is stopped by the flag of the kill switch, which needs no node: it works while the node
hangs, is stopped, or does not run. A smaller scope is a command that a node has to obey.
"""

from typing import Annotated, Any, Final, Literal

import typer

from fairlead.cli.switches import (
    JOURNAL,
    NOT_CONFIRMED,
    USAGE,
    JournalOption,
    JsonOption,
    PersonOption,
    Place,
    answer_lines,
    named,
    node_line,
    print_found,
    refused,
    scope_of,
    standing_object,
    user,
    wait_until,
)
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.node import letters

_SOURCE: Final = "command line"
ModeName = Literal["block", "cancel", "flatten", "disconnect"]


def kill(
    reason: Annotated[str, typer.Option(help="Why. It is written down.")],
    journal: JournalOption = JOURNAL,
    scope: Annotated[
        str, typer.Option(help="firm, account:NAME, strategy:NAME, venue:NAME, instrument:NAME.")
    ] = "firm",
    mode: Annotated[
        ModeName,
        typer.Option(
            help="block: nothing new; cancel: and cancel all; flatten: and close what is held;"
            " disconnect: and end the sessions with the venues."
        ),
    ] = "cancel",
    person: PersonOption = "",
    wait: Annotated[float, typer.Option(help="Seconds to wait for the node to confirm.")] = 5.0,
    json: JsonOption = False,
) -> None:
    """Stop trading now: engages the kill switch, and says what the node did.

    Works while the node hangs or does not run. Only `fairlead release` lets trading go on.
    Exit code 0: stopped. 1: stopped, but a node that runs has not confirmed it. 2: not stopped.
    """
    kind, name = scope_of(scope)
    person = person or user()
    named(person, reason)
    place = Place(journal)
    wanted = Kill(
        person=person, reason=reason, source=_SOURCE, mode=Mode(mode), scope=kind, key=name
    )
    if kind == "firm":
        _kill_firm(place, wanted, wait, json)
    else:
        _kill_part(place, wanted, wait, json)


def _kill_firm(place: Place, wanted: Kill, wait: float, json: bool) -> None:
    now = place.clock.now()
    first = place.switch.engage(wanted, now, durable=False)  # before anything that may take time
    done = place.switch.engage(wanted, now)
    holds = first.holds or done.holds

    def confirmed() -> bool:
        node = place.node()
        return not node["runs"] or node.get("obeyed", 0) >= done.generation

    in_time = wait_until(confirmed, wait)
    standing, node = place.switch.look(), place.node()
    found: dict[str, Any] = {
        "killed": standing.engaged and holds,
        "confirmed": in_time,
        "latched": done.latched,
        "already": first.already,
        "switch": standing_object(standing),
        "node": node,
        "problems": list(done.problems),
    }
    print_found(found, _firm_lines(found, done.generation), json)
    if not found["killed"]:
        raise typer.Exit(USAGE)
    if not in_time:
        raise typer.Exit(NOT_CONFIRMED)


def _firm_lines(found: dict[str, Any], generation: int) -> list[str]:
    node = found["node"]
    if not found["killed"]:
        head = "NOT KILLED: neither the flag nor the latch could be written"
    else:
        again = ", as it was before" if found["already"] else ""
        disk = "on the disk" if found["latched"] else "NOT on the disk"
        head = f"KILLED{again}: kill {generation} is in the flag, and {disk}"
    lines = [head, *(f"  {problem}" for problem in found["problems"]), node_line(node)]
    if not node["runs"]:
        lines.append("nothing leaves a node that starts now; `fairlead status` shows it")
    elif not found["confirmed"]:
        lines.append(
            "the node has NOT confirmed: nothing new leaves it, but what works at the venues may"
            " not be canceled; look at `fairlead guard`, and at the venues themselves"
        )
    return lines


def _kill_part(place: Place, wanted: Kill, wait: float, json: bool) -> None:
    """Post the kill for the node; one that nobody answers stays for the next node that starts."""
    problem = place.switch.command(wanted, place.clock.now())
    content = {
        "type": "KillCommand",
        "person": wanted.person,
        "reason": wanted.reason,
        "scope": {"kind": wanted.scope, "name": wanted.key},
        "mode": wanted.mode.value,
        "source": wanted.source,
    }
    name = letters.post(place.box, content, place.clock.now())
    node = place.node()
    in_time = wait_until(
        lambda: letters.answer_to(place.box, name) is not None, wait if node["runs"] else 0
    )
    answer = letters.answer_to(place.box, name) if in_time else None
    done = answer is not None and not refused(answer)
    found: dict[str, Any] = {"killed": done, "answer": answer, "command": name, "node": node}
    if answer is not None:
        lines = answer_lines(answer)
    else:
        lines = [
            "NOT CONFIRMED: no node has answered; the next one to look takes it before anything"
            " else. To stop now: fairlead kill --scope firm"
        ]
    if problem:
        lines.append(problem)
    print_found(found, [*lines, node_line(node)], json)
    if not done:
        raise typer.Exit(NOT_CONFIRMED)
