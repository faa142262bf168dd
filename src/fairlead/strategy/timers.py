"""The timers of all strategies: which are set, which is next, which have run out.

A timer that ran out becomes an input (`TimerFired`), is numbered and journaled, and only its
delivery reaches the strategy. Until then it can still be canceled or set anew, and then its firing
is void. What is set depends on what was delivered and on nothing else, so a rehearsal that only
delivers ends with the same timers.
"""

from heapq import heapify, heappop, heappush
from typing import Final

from fairlead.model.inputs import TimerFired
from fairlead.model.units import Nanos, StrategyId
from fairlead.strategy.errors import TooManyTimers

TIMERS_MAX: Final = (
    1_000  # of one strategy: one per order of a large book; more is a leak of timer numbers
)
NEVER: Final = Nanos(2**62 - 1)  # the largest integer that mypyc keeps unboxed
_SLACK: Final = 64  # dead entries that are not worth a sweep


class Timers:
    """Timers by strategy and number; one number is set at most once."""

    def __init__(self) -> None:
        """Begin with none."""
        self.next_time = NEVER  # when the next one runs out
        self._set: dict[StrategyId, dict[int, Nanos]] = {}
        self._taken: dict[StrategyId, dict[int, Nanos]] = {}  # on their way through the journal
        self._heap: list[tuple[Nanos, StrategyId, int]] = []  # may hold dead entries, never on top

    def set(self, strategy: StrategyId, timer: int, due: Nanos) -> None:
        """Set a timer, or set it anew. Raises `TooManyTimers`."""
        mine = self._set.setdefault(strategy, {})
        if timer not in mine and len(mine) >= TIMERS_MAX:
            raise TooManyTimers(
                f"more than {TIMERS_MAX} timers are set at once; use a timer's number again"
            )
        self._taken.get(strategy, {}).pop(timer, None)
        if mine.get(timer) != due:
            mine[timer] = due
            heappush(self._heap, (due, strategy, timer))
            self._sweep()

    def cancel(self, strategy: StrategyId, timer: int) -> None:
        """Cancel a timer; nothing happens if it is not set."""
        self._taken.get(strategy, {}).pop(timer, None)
        if self._set.get(strategy, {}).pop(timer, None) is not None:
            self._sweep()

    def drop(self, strategy: StrategyId) -> None:
        """Cancel all timers of a strategy."""
        self._taken.pop(strategy, None)
        self._set.pop(strategy, None)
        self._sweep()

    def first(self) -> tuple[Nanos, StrategyId, int] | None:
        """Return the timer that runs out next: when, whose, and its number."""
        return self._heap[0] if self._heap else None

    def take(self, time: Nanos) -> list[TimerFired]:
        """Return the firings of all timers due at or before `time`, by time, strategy, number."""
        fired: list[TimerFired] = []
        while self._heap and self._heap[0][0] <= time:
            due, strategy, timer = heappop(self._heap)
            del self._set[strategy][timer]
            self._taken.setdefault(strategy, {})[timer] = due
            fired.append(TimerFired(strategy, timer))
            self._sweep()
        return fired

    def fire(self, strategy: StrategyId, timer: int, time: Nanos) -> bool:
        """Use a timer up as it is delivered; return False if it was canceled or set anew."""
        if self._taken.get(strategy, {}).pop(timer, None) is not None:
            return True
        mine = self._set.get(strategy, {})
        due = mine.get(timer)
        if due is None or due > time:
            return False
        del mine[timer]  # a rehearsal: the firing comes from the journal, nobody took it here
        self._sweep()
        return True

    def _sweep(self) -> None:
        heap = self._heap
        while heap and self._set.get(heap[0][1], {}).get(heap[0][2]) != heap[0][0]:
            heappop(heap)
        if len(heap) > _SLACK and len(heap) > 2 * sum(map(len, self._set.values())):
            heap[:] = [
                (due, strategy, timer)
                for strategy, mine in self._set.items()
                for timer, due in mine.items()
            ]
            heapify(heap)
        self.next_time = heap[0][0] if heap else NEVER
