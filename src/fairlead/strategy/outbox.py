"""What leaves the strategies: requests, timers and lines for people, in order."""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from fairlead.model.inputs import CancelRequest, ReplaceRequest, StrategyFailed, SubmitRequest
from fairlead.model.units import Nanos, StrategyId
from fairlead.strategy.timers import Timers

LINES_MAX: Final = 1_000  # that nobody has read yet: a screen shows fewer; the oldest are dropped
LINE_LENGTH_MAX: Final = 500

Request = SubmitRequest | CancelRequest | ReplaceRequest | StrategyFailed


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """A line that a strategy wrote for people."""

    time: Nanos
    strategy: StrategyId
    text: str


class Outbox:
    """What all strategies asked for and nobody has taken yet."""

    def __init__(self, forget_listeners: Callable[[], None]) -> None:
        """Call `forget_listeners` whenever a strategy begins or ceases to listen to something."""
        self.requests: list[Request] = []
        self.timers = Timers()
        self.lines: deque[LogLine] = deque(maxlen=LINES_MAX)
        self.lines_dropped = 0
        self.forget_listeners = forget_listeners

    def log(self, time: Nanos, strategy: StrategyId, text: str) -> None:
        """Keep a line until somebody reads it; the oldest gives way when there are too many."""
        self.lines_dropped += len(self.lines) == LINES_MAX
        self.lines.append(LogLine(time, strategy, text[:LINE_LENGTH_MAX]))

    def discard(self, strategy: StrategyId) -> None:
        """Throw away what a strategy asked for and nobody has taken yet."""
        self.requests[:] = [request for request in self.requests if request.strategy != strategy]
