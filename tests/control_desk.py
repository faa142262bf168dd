"""A desk that can be restarted: what the scenarios of single controls are played on.

It speaks the plain words of `tests/script_words.py`, and two more:

- `restart`: every input so far goes, through its bytes, into a second machine. Both must be the
  same to the bit. From then on the second one answers, and the first must answer alike for ever.
- `{...}`: an input as JSON, where there are no words for it.
"""

import json
from typing import Any

from fairlead.cli.script import Script
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input, encode_input, encode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output, PortfolioRiskMeasured
from fairlead.model.text import write
from fairlead.model.units import Nanos, Sequence
from tests.script_words import DESK, Desk

Line = tuple[Sequence, Nanos, bytes, bytes]


class Recorded(Script):
    """A script that keeps what it took and answered."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        super().__init__()
        self.lines: list[Line] = []
        self.before: list[Machine] = []  # those that were restarted

    def take(self, found: dict[str, Any]) -> tuple[Input, list[Output]]:
        """Apply the input of a line to the machine, and to those before it."""
        taken, outputs = super().take(found)
        line = (self.sequence, self.time, encode_input(taken), encode_outputs(outputs))
        self.lines.append(line)
        for machine in self.before:
            assert answered(machine, line) == line[3], "a restart has changed an answer"
            assert machine.digest() == self.machine.digest(), "a restart has changed the state"
        return taken, outputs

    def restart(self) -> None:
        """Go on with a machine that has lived through the same inputs."""
        self.before.append(self.machine)
        self.machine = Machine()
        for line in self.lines:
            assert answered(self.machine, line) == line[3], "a replay answers otherwise"
        assert self.machine.digest() == self.before[-1].digest(), "a replay ends elsewhere"

    def traced(self) -> dict[str, bool]:
        """Return the names of all checks that were asked, and whether each ever failed.

        The machine that keeps every check must answer as one that keeps only those that failed.
        """
        machine = Machine()
        trace = machine.state.gate.trace = []
        for line in self.lines:
            assert answered(machine, line) == line[3], "keeping every check changes an answer"
        names: dict[str, bool] = {}
        for _, check, passed in trace:
            names[check.check] = names.get(check.check, False) or not passed
        return names


def answered(machine: Machine, line: Line) -> bytes:
    """Return what a machine answers to an input that was recorded."""
    sequence, time, taken, _ = line
    return encode_outputs(machine.apply(sequence, time, decode_input(taken)))


class RestartedDesk(Desk):
    """A desk whose machine can be restarted."""

    script: Recorded

    def __init__(self) -> None:
        """Begin with a desk that trades, and keep what is said to it."""
        super().__init__()
        self.script = Recorded()
        for line in DESK:
            super().say(line)

    def say(self, line: str) -> list[str]:
        """Say a line; return what is answered."""
        if line == "restart":
            self.script.restart()
            return []
        return super().say(line)

    def spoken(self, line: str) -> dict[str, Any]:
        """Return the input that a line is, in text form."""
        if line.startswith("{"):
            said: dict[str, Any] = json.loads(line)
            return said
        return super().spoken(line)

    def answer(self, output: Output) -> str:
        """Return an output in plain words."""
        if not isinstance(output, PortfolioRiskMeasured):
            return super().answer(output)
        fields = write(output, self.script.names)
        words = (
            "measured {horizon} day: value at risk {value_at_risk}, shortfall {expected_shortfall}"
        )
        noted = f"; {output.problem}" if output.problem else ""
        return words.format_map(fields) + noted
