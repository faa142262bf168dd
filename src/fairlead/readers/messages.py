"""What left: every message to a venue about an order, with its time, to hold two runs together."""

from typing import Final

from fairlead.model.inputs import Input
from fairlead.model.outputs import CancelOrder, Output, ReplaceOrder, SendOrder
from fairlead.model.units import Nanos, Sequence

Message = SendOrder | ReplaceOrder | CancelOrder
_MESSAGES: Final = (SendOrder, ReplaceOrder, CancelOrder)


class Messages:
    """Keeps all messages of a run."""

    def __init__(self) -> None:
        """Begin with none."""
        self.all: list[tuple[Nanos, Message]] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep what an input let out."""
        self.all += [(time, output) for output in outputs if isinstance(output, _MESSAGES)]


def same_until(ours: Messages, theirs: Messages) -> int | None:
    """Return how many messages two runs share before they part, None if they do not part."""
    for place, (one, other) in enumerate(zip(ours.all, theirs.all, strict=False)):
        if one != other:
            return place
    shorter = min(len(ours.all), len(theirs.all))
    return None if len(ours.all) == len(theirs.all) else shorter
