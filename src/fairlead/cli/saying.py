"""A command to a node that runs, and its answer: posted, awaited, printed, withdrawn if unheard."""

from typing import Annotated, Any, Final

import typer

from fairlead.cli.phrases import output_phrase
from fairlead.cli.switches import (
    NOT_CONFIRMED,
    Place,
    answer_lines,
    named,
    node_line,
    print_found,
    refuse,
    refused,
    wait_until,
)
from fairlead.model import text
from fairlead.model.errors import UnreadableText
from fairlead.model.names import Names
from fairlead.node import letters
from fairlead.readers.written import printable

PersonOption = Annotated[str, typer.Option(help="Who says so, by name.")]
ReasonOption = Annotated[str, typer.Option(help="Why. It is written down.")]
WaitOption = Annotated[float, typer.Option(help="Seconds to wait for the node's answer.")]
WAIT: Final = 5.0


def say(
    place: Place, content: dict[str, Any], person: str, reason: str, wait: float, json: bool
) -> None:
    """Post a command and print the answer; what nobody answers is withdrawn."""
    named(person, reason)
    if not place.switch.node_runs():
        refuse(f"no node runs below {place.directory}: nothing is changed")
    content = {**content, "person": person, "reason": reason}
    name = letters.post(place.box, content, place.clock.now())

    def answered() -> bool:
        return letters.answer_to(place.box, name) is not None

    if wait_until(answered, wait) or (
        not letters.withdraw(place.box, name) and wait_until(answered, wait)
    ):
        answer = letters.answer_to(place.box, name)
        assert answer is not None, "it was answered"
        lines = _lines(answer)
    else:
        answer = None
        lines = [
            "NOT DONE: the node does not answer; see `fairlead status`",
            node_line(place.node()),
        ]
    done = answer is not None and not refused(answer)
    print_found({"done": done, "answer": answer}, lines, json)
    if not done:
        raise typer.Exit(NOT_CONFIRMED)


def _lines(answer: dict[str, Any]) -> list[str]:
    """Return what the node answered, in people's words where no names are needed for them."""
    names = Names()
    try:
        outputs = [text.read_output(each, names) for each in answer.get("outputs", ())]
    except UnreadableText:
        outputs = []
    if not outputs:
        return answer_lines(answer)
    said = [printable(output_phrase(each, names)) for each in outputs]
    return [f"the node took it as input {answer['sequence']}", *(f"  {line}" for line in said)]
