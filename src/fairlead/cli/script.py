"""`fairlead script`: try any case from outside. Inputs as JSON lines in, outputs and state out.

A fresh machine, no journal, no clock: a line happens when it says, or a millisecond after the one
before. The same script gives the same lines and the same digests every time.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, BinaryIO, Final

import typer

from fairlead.cli.console import USAGE, fail
from fairlead.cli.lines import until_the_reader_leaves, write_line
from fairlead.cli.state import state_object
from fairlead.machine.machine import Machine
from fairlead.model import text
from fairlead.model.codec import encode_outputs
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import Count, Place, Scope
from fairlead.model.inputs import Input
from fairlead.model.names import Names, did_you_mean
from fairlead.model.outputs import Output
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, Sequence
from fairlead.node.path import OutputsDigest

STEP: Final = Nanos(NANOS_PER_MILLISECOND)  # from line to line, where a line does not say its time
TIME_MAX: Final = Nanos(2**63 - 1)


class Script:
    """A machine and the lines that drive it."""

    def __init__(self) -> None:
        """Begin with a machine that knows nothing, at time 0."""
        self.machine = Machine()
        self.names = Names()
        self.sequence = Sequence(0)
        self.time = Nanos(0)
        self._digest = OutputsDigest()

    def take(self, found: dict[str, Any]) -> tuple[Input, list[Output]]:
        """Apply the input of a line. Raises `UnreadableText`, and then nothing has happened."""
        time = self._time(found)
        fields = {name: value for name, value in found.items() if name != "time"}
        taken = text.read_input(fields, self.names, time)
        self.sequence = Sequence(self.sequence + 1)
        self.time = time
        outputs = self.machine.apply(self.sequence, time, taken)
        if outputs:
            self._digest.add(self.sequence, encode_outputs(outputs))
        return taken, outputs

    def state(self) -> dict[str, Any]:
        """Return the state of the machine and both digests."""
        state = state_object(self.machine, self.names)
        return {**state, "outputs_digest": self._digest.hexadecimal()}

    def digests(self) -> dict[str, Any]:
        """Return how many inputs there were, and both digests."""
        return {
            "inputs": self.sequence,
            "state_digest": self.machine.digest(),
            "outputs_digest": self._digest.hexadecimal(),
        }

    def _time(self, found: dict[str, Any]) -> Nanos:
        time = Nanos(self.time + STEP)
        if "time" in found:
            place = Place(Scope(self.names, self.time), "time")
            time = Count("Nanoseconds.", signed=False).read(found["time"], place)
        if time < self.time:
            raise UnreadableText("time", str(time), f"{self.time} or later: time never goes back")
        if time > TIME_MAX:
            raise UnreadableText("time", str(time), f"at most {TIME_MAX} nanoseconds")
        return time


def script(
    file: Annotated[str, typer.Argument(help="Inputs as JSON lines; - is standard input.")],
    echo: Annotated[bool, typer.Option("--echo", help="Print every input, too.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Report a bad line and go on; exit 2 at the end.")
    ] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Print the digests alone.")] = False,
    state: Annotated[
        str, typer.Option(help="Of the final state these parts alone: orders,positions,...")
    ] = "",
) -> None:
    """Apply inputs from JSON lines to a fresh machine; print its outputs and final state.

    One input per line: {"type": "KillCommand", "person": "ann"}. `fairlead schema` describes all.
    A line may say its "time" in nanoseconds; time never goes back. Empty lines and lines that begin
    with # or // are ignored. A line that cannot be read stops the script with exit code 2.
    """
    parts = _parts(state)
    with until_the_reader_leaves():
        if not _run(file, echo, keep_going, digest, parts):
            raise typer.Exit(USAGE)


def _parts(wanted: str) -> list[str]:
    """Return the parts of the state that are asked for; none means all."""
    known = list(Script().state())
    parts = [part.strip() for part in wanted.split(",") if part.strip()]
    for part in parts:
        if part not in known:
            near = did_you_mean(part, known)
            fail(f"--state: found {part!r}, expected some of {', '.join(known)}{near}")
    return parts


def _run(file: str, echo: bool, keep_going: bool, digest: bool, parts: list[str]) -> bool:
    """Return whether every line could be read."""
    all_read = True
    run = Script()
    with _open(file) as lines:
        for number, line in _inputs(lines):
            try:
                taken, outputs = run.take(text.read_object(line))
            except UnreadableText as error:
                all_read = False
                if not keep_going:
                    sys.stdout.flush()
                    typer.echo(f"{_shown(file)}:{number}: {error}", err=True)
                    return False
                write_line(_bad_line(number, error))
                continue
            if not digest:
                _report(run, taken, outputs, echo)
    if digest:
        write_line({"type": "digest", **run.digests()})
    else:
        write_line({"type": "state", **_only(run.state(), parts)})
    return all_read


def _only(state: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    """Return the parts that are asked for, and as of when they stand."""
    kept = {*parts, "sequence", "time"} if parts else set(state)
    return {name: value for name, value in state.items() if name in kept}


def _report(run: Script, taken: Input, outputs: list[Output], echo: bool) -> None:
    if echo:
        written = text.write(taken, run.names)
        write_line({"sequence": run.sequence, "time": run.time, "input": written})
    for output in outputs:
        write_line({"sequence": run.sequence, **text.write(output, run.names)})


def _bad_line(number: int, error: UnreadableText) -> dict[str, Any]:
    return {
        "type": "error",
        "line": number,
        "field": error.field,
        "found": error.found,
        "expected": error.expected,
    }


def _inputs(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that say something, with their numbers."""
    for number, line in enumerate(lines, start=1):
        content = line.strip()
        if content and not content.startswith((b"#", b"//")):
            yield number, content


def _open(file: str) -> BinaryIO:
    """Open the script. A file that cannot be opened is one line on standard error, exit code 2."""
    if file == "-":
        return sys.stdin.buffer
    try:
        return open(file, "rb")
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def _shown(file: str) -> str:
    return "standard input" if file == "-" else file
