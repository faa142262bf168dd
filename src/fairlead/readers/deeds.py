"""Who did what: every input that a person said, or a policy that acts for one, in order.

A reader of the journal. What a person says is an input like everything else, and names them; what
became of it is in the outputs. It keeps what is asked of it and counts nothing else.
"""

from typing import NamedTuple

from fairlead.model.inputs import Input
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.units import Nanos, Sequence


class Deed(NamedTuple):
    """What a person did, and why it changed nothing if it was refused."""

    sequence: Sequence
    time: Nanos
    person: str
    input: Input
    reason: str
    refused: str


class Deeds:
    """Keeps what persons did from an input on."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.all: list[Deed] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep an input that names a person."""
        deed = deed_of(sequence, time, input, outputs)
        if deed is not None:
            self.all.append(deed)


def deed_of(sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> Deed | None:
    """Return what a person did by an input, None where nobody did anything."""
    person = getattr(input, "person", "")
    if not person:
        return None
    reasons = [output.reason for output in outputs if isinstance(output, InputRefused)]
    told = getattr(input, "reason", "")
    return Deed(sequence, time, person, input, told, "; ".join(reasons))
