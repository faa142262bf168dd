"""Configurations and readers for the tests of the stages."""

from typing import Any

from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence
from fairlead.node.configuration import Configuration
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.paper import default

SECOND = NANOS_PER_SECOND


def configuration(seconds: int = 40, **sections: Any) -> Configuration:
    """Return the demonstration, so many seconds long, with other sections."""
    plain = default()
    session = plain.session.model_copy(update={"duration": Nanos(seconds * SECOND)})
    return plain.model_copy(update={"session": session, **sections})


def full_speed() -> FullSpeed:
    """Return a pace that never waits."""
    return FullSpeed(StopRequest())


class Recorder:
    """Follows, and keeps what a test asks about: all but market data."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.inputs: list[Input] = []
        self.outputs: list[Output] = []
        self.times: list[Nanos] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        self.inputs.append(input)
        self.times.append(time)
        self.outputs.extend(outputs)

    def said(self, kind: type) -> list[Any]:
        """Return the inputs of a kind."""
        return [input for input in self.inputs if isinstance(input, kind)]

    def answered(self, kind: type) -> list[Any]:
        """Return the outputs of a kind."""
        return [output for output in self.outputs if isinstance(output, kind)]

    def time_of(self, kind: type) -> Nanos:
        """Return the time of the first input of a kind."""
        return next(
            time
            for time, input in zip(self.times, self.inputs, strict=True)
            if isinstance(input, kind)
        )
