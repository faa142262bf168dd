"""When the garbage collector may run: never in the path, only while the session waits anyway.

A full collection over a million live objects takes a tenth of a second here. What is alive when the
session starts is frozen out of it. Inputs, outputs and orders form no cycles and need no collector;
what user code leaves behind is collected in waits. At full speed there are no waits and nobody
measures pauses, so the collector stays automatic, and seldom: memory is bounded in a long backtest
too. How often it ran, and for how long, is counted and told.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import Nanos

# Objects made and not gone before the young are looked at, at full speed: the orders of a long run
# stay, and looking through them after every 700 took a tenth of its time.
_YOUNG_AT_FULL_SPEED: Final = 50_000


class Pauses:
    """How often the collector ran, and how long everything else stood still."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.longest = Nanos(0)
        self.total = Nanos(0)
        self._began = Nanos(0)

    def told(self, phase: str, _figures: dict[str, int]) -> None:
        """Take what the collector says when it starts and stops."""
        if phase == "start":
            self._began = monotonic_ns()
            return
        span = Nanos(monotonic_ns() - self._began)
        self.count += 1
        self.longest = max(self.longest, span)
        self.total = Nanos(self.total + span)

    def __str__(self) -> str:
        """Write it for people, in microseconds."""
        longest, total = self.longest // 1_000, self.total // 1_000
        return f"{self.count} pauses, {total:,} us in all, {longest:,} us the longest"

    def as_json(self) -> dict[str, int]:
        """Return the figures, in nanoseconds."""
        return {"count": self.count, "longest": self.longest, "total": self.total}


@contextmanager
def collected_when_idle(waits: bool) -> Iterator[Pauses]:
    """Freeze what is alive; with `waits`, leave all collecting to `collect_young` until the end.

    Gives the pauses until then. What the program around us had frozen before stays frozen.
    """
    was_frozen = gc.get_freeze_count() > 0
    threshold = gc.get_threshold()
    pauses = Pauses()
    gc.collect()
    gc.freeze()
    if waits:
        gc.disable()
    else:
        gc.set_threshold(_YOUNG_AT_FULL_SPEED, *threshold[1:])
    gc.callbacks.append(pauses.told)
    try:
        yield pauses
    finally:
        gc.callbacks.remove(pauses.told)
        gc.set_threshold(*threshold)
        gc.enable()
        if not was_frozen:
            gc.unfreeze()


def collect_young() -> None:
    """Collect what was made lately: takes well under a millisecond."""
    gc.collect(1)
