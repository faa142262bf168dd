"""The port of everything that follows the path: each input with what the machine answered to it."""

from typing import Protocol

from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence


class Reader(Protocol):
    """One who looks on: changes nothing of what it is shown, and has no way back into the path."""

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take in an input that was applied, and its outputs."""
