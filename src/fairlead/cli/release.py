"""`fairlead release`: a named person lets trading go on after a kill."""

from typing import Annotated, Any

import typer

from fairlead.cli.switches import (
    JOURNAL,
    NOT_CONFIRMED,
    JournalOption,
    JsonOption,
    Place,
    answer_lines,
    named,
    node_line,
    print_found,
    refuse,
    refused,
    scope_of,
    standing_object,
    wait_until,
)
from fairlead.node import letters


def release(
    person: Annotated[str, typer.Option(help="Who releases it, by name.")],
    reason: Annotated[str, typer.Option(help="Why it is safe. It is written down.")],
    journal: JournalOption = JOURNAL,
    scope: Annotated[
        str, typer.Option(help="firm, account:NAME, strategy:NAME, venue:NAME, instrument:NAME.")
    ] = "firm",
    wait: Annotated[float, typer.Option(help="Seconds to wait for the node's answer.")] = 5.0,
    json: JsonOption = False,
) -> None:
    """Let trading go on after a kill. Look at positions and working orders first.

    A node that runs takes it as a command; without one, the next node that starts does.
    Exit code 0: released. 1: not released; it stays killed. 2: nothing was tried.
    """
    kind, name = scope_of(scope)
    named(person, reason)
    place = Place(journal)
    if place.switch.node_runs():
        found, lines = _ask(place, person, reason, (kind, name), wait)
    elif kind == "firm":
        found, lines = _by_hand(place, person, reason)
    else:
        refuse(f"no node runs below {place.directory}: only the firm can be released without one")
    node = place.node()
    found = {**found, "switch": standing_object(place.switch.look()), "node": node}
    print_found(found, [*lines, node_line(node)], json)
    if not found["released"]:
        raise typer.Exit(NOT_CONFIRMED)


def _ask(
    place: Place, person: str, reason: str, scope: tuple[str, str], wait: float
) -> tuple[dict[str, Any], list[str]]:
    """Post the release; what no node answers is withdrawn, and nothing is released."""
    content = {
        "type": "ReleaseCommand",
        "person": person,
        "reason": reason,
        "scope": {"kind": scope[0], "name": scope[1]},
    }
    name = letters.post(place.box, content, place.clock.now())

    def answered() -> bool:
        return letters.answer_to(place.box, name) is not None

    if not wait_until(answered, wait) and letters.withdraw(place.box, name):
        line = "NOT RELEASED: the node does not answer; the command was withdrawn"
        return {"released": False, "answer": None}, [line]
    if not wait_until(answered, wait):
        line = "NOT CONFIRMED: the node took the command and does not answer; see `fairlead status`"
        return {"released": False, "answer": None}, [line]
    answer = letters.answer_to(place.box, name)
    assert answer is not None, "it was answered"
    standing = place.switch.look()
    done = not refused(answer) and (scope[0] != "firm" or not standing.engaged)
    lines = answer_lines(answer)
    lines.insert(0, "RELEASED" if done else "NOT RELEASED")
    if scope[0] == "firm" and standing.engaged:
        lines.append(f"the kill switch is engaged: {standing.why}")
    return {"released": done, "answer": answer}, lines


def _by_hand(place: Place, person: str, reason: str) -> tuple[dict[str, Any], list[str]]:
    done = place.switch.release(person, reason, place.clock.now())
    if done.released:
        line = "RELEASED: the next node that starts takes it, in your name"
    else:
        line = f"NOT RELEASED: {done.problem}"
    return {"released": done.released, "answer": None}, [line]
