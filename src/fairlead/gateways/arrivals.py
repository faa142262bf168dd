"""What came over the lines of a session and was not taken yet: a queue with a bound.

A thread of its own receives; the session takes when it can. Market data that finds no room is left
out, and so is what waited for too long: it would be taken as if it were of now. Either is a gap in
every book, counted, and the books are asked for anew once there is room. What is no market data is
never left out: there are few of it, and they say that something is wrong.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from fairlead.model.inputs import BookGap, Input, MarketData
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

ARRIVALS_MAX: Final = 50_000  # a minute or two of a busy market
TAKEN_MAX: Final = 500  # in one turn: all of it gets the time at which the turn began
WAITED_MAX: Final = NANOS_PER_SECOND  # market data that is older when it is taken is of the past
FULL: Final = "the node is behind: its queue of arrivals is full"
OLD: Final = "the node is behind: what arrived has waited for too long"
NONE_YET: Final = Nanos((1 << 62) - 2)  # nothing is known to come, but something may


def _nobody() -> None:
    """Have nobody to tell."""


class Arrivals:
    """Inputs with the times they came, from the threads that receive to the one that takes."""

    def __init__(
        self, instruments: Iterable[InstrumentId], arrivals_max: int = ARRIVALS_MAX
    ) -> None:
        """Take whose books are lost when something is left out."""
        self.dropped = 0  # inputs of market data that were left out
        self.high_water = 0  # the most that ever waited
        self._instruments = tuple(instruments)
        self._arrivals_max = arrivals_max
        self._waiting: deque[tuple[Nanos, Input]] = deque()
        self._came = threading.Condition()
        self._tell = _nobody
        self._lost = False
        self._died: BaseException | None = None

    def happened(self, inputs: Iterable[Input], time: Nanos) -> bool:
        """Take what came at a time. Return whether all books have to be asked for anew."""
        with self._came:
            renew = self._lost and not self._waiting
            if renew:
                self._lost = False
            for input in inputs:
                if isinstance(input, MarketData):
                    self._add(input, time)
                else:
                    self._waiting.append((time, input))
            self.high_water = max(self.high_water, len(self._waiting))
            self._came.notify_all()
        self._tell()
        return renew

    def say(self, inputs: Iterable[Input], time: Nanos) -> None:
        """Add what no line says; there is room for it."""
        with self._came:
            self._waiting.extend((time, input) for input in inputs)
            self._came.notify_all()
        self._tell()

    def died(self, error: BaseException) -> None:
        """Let who takes end with it: nothing is heard any more."""
        with self._came:
            self._died = error
            self._came.notify_all()
        self._tell()

    def next_time(self) -> Nanos:
        """Return when the next arrival came; `NONE_YET` if nothing waits."""
        with self._came:
            return self._waiting[0][0] if self._waiting else NONE_YET

    def take(self, time: Nanos) -> list[Input]:
        """Return what came up to a time, in order; not more than a turn may have."""
        with self._came:
            self._refuse_to_go_on_deaf()
            self._leave_out_old(time)
            taken: list[Input] = []
            while self._waiting and self._waiting[0][0] <= time and len(taken) < TAKEN_MAX:
                taken.append(self._waiting.popleft()[1])
            return taken

    def wait(self, span: Nanos) -> bool:
        """Return as soon as something waits to be taken, or after a span; whether it does."""
        with self._came:
            if span:
                self._came.wait_for(self._worth_waking, span / NANOS_PER_SECOND)
            self._refuse_to_go_on_deaf()
            return bool(self._waiting)

    def tell(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever something came, for who waits for others as well."""
        self._tell = tell

    def _worth_waking(self) -> bool:
        return bool(self._waiting) or self._died is not None

    def _refuse_to_go_on_deaf(self) -> None:
        """Raise what ended the thread that receives: the node stops, and recovers."""
        if self._died is not None:
            raise RuntimeError("the thread that receives market data has died") from self._died

    def _add(self, input: Input, time: Nanos) -> None:
        """Let market data wait, or leave it out: all of it until there is room for new books."""
        if self._lost:
            self.dropped += 1
        elif len(self._waiting) >= self._arrivals_max:
            self.dropped += 1
            self._lose(FULL, time)
        else:
            self._waiting.append((time, input))

    def _leave_out_old(self, time: Nanos) -> None:
        """Leave out all market data that waits if the first of it has waited for too long."""
        first = next((at for at, one in self._waiting if isinstance(one, MarketData)), time)
        if time - first <= WAITED_MAX:
            return
        kept = [one for one in self._waiting if not isinstance(one[1], MarketData)]
        self.dropped += len(self._waiting) - len(kept)
        self._waiting = deque(kept)
        self._lose(OLD, time)

    def _lose(self, reason: str, time: Nanos) -> None:
        self._lost = True
        self._waiting.extend((time, BookGap(each, reason)) for each in self._instruments)
