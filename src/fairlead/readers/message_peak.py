"""The busiest second: how many messages left, and how many executions came, at most within one.

What RTS 6 holds a tested capacity against. A second here is any second, not one of the clock: a
burst across its turn counts whole. Memory is as much as one second holds.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from fairlead.model.outputs import (
    CancelOrder,
    OrderFilled,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_MESSAGES: Final = frozenset((SendOrder, ReplaceOrder, CancelOrder))


class Busiest:
    """The most of one thing within a second, and when that second ended."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.time = Nanos(0)
        self._lately: deque[Nanos] = deque()

    def add(self, time: Nanos) -> None:
        """Count one more; times never go back."""
        lately = self._lately
        lately.append(time)
        while lately[0] <= time - NANOS_PER_SECOND:
            lately.popleft()
        if len(lately) > self.count:
            self.count, self.time = len(lately), time


class MessagePeak:
    """The busiest second of messages, and of executions."""

    def __init__(self) -> None:
        """Begin with none."""
        self.messages = Busiest()
        self.executions = Busiest()

    def count(self, time: Nanos, outputs: Iterable[Output]) -> None:
        """Take what the machine answered to one input."""
        for output in outputs:
            kind = type(output)
            if kind in _MESSAGES:
                self.messages.add(time)
            elif kind is OrderFilled:
                self.executions.add(time)
