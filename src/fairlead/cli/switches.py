"""What `kill`, `release` and `status` share: the switch of a journal, and the node beside it.

They must work when much else does not, and start at once: this imports no machine, no strategy, no
configuration, and nothing that draws.
"""

import os
import pwd
import sys
import time as sleeping
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from fairlead.cli.lines import write_line
from fairlead.gateways.kill_files import SWITCH_NAME, place_of
from fairlead.gateways.kill_flag import Standing, Switch
from fairlead.journal.sequencer import WallClock, monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.letters import BOX_NAME

USAGE: Final = 2
NOT_CONFIRMED: Final = 1
SCOPES: Final = ("firm", "desk", "account", "strategy", "venue", "instrument")
_POLL_SECONDS: Final = 0.01

JournalOption = Annotated[
    Path, typer.Option(help="The journal whose node is meant: the --journal of `fairlead run`.")
]
JOURNAL: Final = Path("var/journal")  # as in a configuration that does not say
PersonOption = Annotated[str, typer.Option(help="Who says so.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Place:
    """Where the switch and the commands of a node are."""

    def __init__(self, journal: Path) -> None:
        """Open what is there; a place where nothing ever ran is a mistake, and is said."""
        self.directory = place_of(journal)
        if not self.directory.is_dir():
            refuse(f"{self.directory}: no journal here; say where the node writes: --journal DIR")
        self.clock = WallClock()
        self.switch = Switch(self.directory / SWITCH_NAME, now=self.clock.now(), mapped=False)
        self.box = self.directory / BOX_NAME

    def node(self) -> dict[str, Any]:
        """Return what there is to know of the node."""
        beat = self.switch.heartbeat()
        found: dict[str, Any] = {"runs": self.switch.node_runs()}
        if beat is not None:
            found["pid"] = beat.pid
            found["heartbeat_age_ns"] = max(0, monotonic_ns() - beat.monotonic)
            found["obeyed"] = beat.obeyed
            found["working"] = beat.working
        return found


def user() -> str:
    """Return who runs this command, as the system knows them."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def refuse(message: str) -> NoReturn:
    """Say what is wrong on standard error, and exit as for a mistake of who called."""
    sys.stderr.write(f"fairlead: {message}\n")
    raise typer.Exit(USAGE)


def scope_of(text: str) -> tuple[str, str]:
    """Return the kind and the name of a scope as people write it: `firm`, `strategy:maker`."""
    kind, _, name = text.partition(":")
    if kind not in SCOPES or (kind == "firm") != (name == ""):
        expected = ", ".join(["firm", *(f"{kind}:NAME" for kind in SCOPES[1:])])
        refuse(f"--scope: found {text!r}, expected one of {expected}")
    return kind, name


def named(person: str, reason: str) -> None:
    """Refuse a person or a reason that says nothing."""
    if not person.strip() or not reason.strip():
        refuse("--person and --reason: expected a name and a reason")


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is done; return whether it was in time."""
    deadline = monotonic_ns() + int(seconds * NANOS_PER_SECOND)
    while not done():
        if monotonic_ns() >= deadline:
            return False
        sleeping.sleep(_POLL_SECONDS)
    return True


def standing_object(standing: Standing) -> dict[str, Any]:
    """Return how a switch stands, for JSON."""
    kill = standing.kill
    return {
        "engaged": standing.engaged,
        "why": standing.why,
        "mode": standing.mode.value if standing.engaged else "",
        "generation": standing.generation,
        "person": kill.person if kill is not None else "",
        "reason": kill.reason if kill is not None else "",
        "source": kill.source if kill is not None else "",
        "time": standing.time,
        "problems": list(standing.problems),
    }


def node_line(node: dict[str, Any]) -> str:
    """Return in one line what there is to know of the node."""
    if "pid" not in node:
        return "a node starts or is beside another one" if node["runs"] else "no node runs"
    age = f"{node['heartbeat_age_ns'] / NANOS_PER_SECOND:.1f} s old"
    if not node["runs"]:
        return f"node {node['pid']} is DEAD and did not end in order; its heartbeat is {age}"
    obeyed = f"obeyed kill {node['obeyed']}" if node["obeyed"] else "not killed"
    return f"node {node['pid']}: heartbeat {age}, {obeyed}, {node['working']} orders work"


def print_found(found: dict[str, Any], lines: list[str], json: bool) -> None:
    """Print the lines for people, or the object for machines."""
    if json:
        write_line(found)
    else:
        sys.stdout.write("\n".join(lines) + "\n")


def answer_lines(answer: dict[str, Any]) -> list[str]:
    """Return what the node answered to a command, a line for each thing."""
    if "error" in answer:
        return [f"the node refuses it: {answer['error']}"]
    lines = []
    for output in answer["outputs"]:
        said = ", ".join(f"{key} {value}" for key, value in output.items() if key != "type")
        lines.append(f"  {output['type']}: {said}")
    return [f"the node took it as input {answer['sequence']}", *lines]


def refused(answer: dict[str, Any]) -> bool:
    """Return whether the node did not do what was asked."""
    outputs = answer.get("outputs", [])
    return "error" in answer or any(one["type"] == "InputRefused" for one in outputs)
