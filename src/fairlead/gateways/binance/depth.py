"""Where the book of a feed stands: which depth events build upon the snapshot, and which do not.

The venue sends changes only. They mean something from a snapshot on, in unbroken order; how order
shows in the numbers of an event differs by market (`_SpotRule`, `_FuturesRule`). Until a snapshot
fits, events wait. When the order breaks, that is said (`BookGap`) and events wait for the next
snapshot. What is never done: apply an event whose predecessor was not applied.
"""

from collections import deque
from typing import Final, Protocol

import msgspec

from fairlead.gateways.binance.frames import Market
from fairlead.gateways.feed import FeedCounts
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input
from fairlead.model.units import InstrumentId

# The fastest stream sends some 30 events a second and a snapshot takes a second or two to fetch, so
# this many only wait when snapshots fail for half a minute. The oldest go first: a snapshot that
# comes later than that is newer than them.
WAITING_EVENTS_MAX: Final = 1_000

# Repeats come singly, or for a second or two around a snapshot. This many in a row mean that the
# venue counts anew, or that the number they are measured by was wrong.
OLD_IN_A_ROW_MAX: Final = 1_000


class DepthEvent(msgspec.Struct, frozen=True, gc=False):
    """A depth event with its place in the order: updates `first` to `change.update`."""

    first: int
    previous: int  # last update of the event before; futures only
    change: BookChange


class _Rule(Protocol):
    """How the numbers of an event show where it belongs. `update` is the last one that is known."""

    def is_old(self, event: DepthEvent, snapshot_update: int) -> bool:
        """Return whether a snapshot contains the event."""

    def bridges(self, event: DepthEvent, snapshot_update: int) -> bool:
        """Return whether the event is the first one after a snapshot."""

    def break_after(self, event: DepthEvent, update: int) -> str:
        """Return how the event fails to follow the one that ended at `update`, empty if not."""


class _SpotRule:
    """Spot: updates are numbered without holes."""

    def is_old(self, event: DepthEvent, snapshot_update: int) -> bool:
        return event.change.update <= snapshot_update

    def bridges(self, event: DepthEvent, snapshot_update: int) -> bool:
        return event.first <= snapshot_update + 1 <= event.change.update

    def break_after(self, event: DepthEvent, update: int) -> str:
        return "" if event.first == update + 1 else f"expected U {update + 1}, found {event.first}"


class _FuturesRule:
    """Futures: numbers have holes, so each event names the one before it."""

    def is_old(self, event: DepthEvent, snapshot_update: int) -> bool:
        return event.change.update < snapshot_update

    def bridges(self, event: DepthEvent, snapshot_update: int) -> bool:
        return event.first <= snapshot_update <= event.change.update

    def break_after(self, event: DepthEvent, update: int) -> str:
        return "" if event.previous == update else f"expected pu {update}, found {event.previous}"


_RULES: Final[dict[Market, _Rule]] = {
    Market.SPOT: _SpotRule(),
    Market.USDM: _FuturesRule(),
    Market.COINM: _FuturesRule(),
}


class DepthOrder:
    """Snapshots and depth events in, inputs out: whole, in order, each once, or a gap."""

    def __init__(self, instrument: InstrumentId, market: Market, counts: FeedCounts) -> None:
        """Begin without a snapshot; frames are accounted for in `counts`."""
        self._instrument = instrument
        self._rule = _RULES[market]
        self._counts = counts
        self._waiting: deque[DepthEvent] = deque()
        self._overflowed = False
        self._update = -1  # of the snapshot or the event that was last applied
        self._bridged = False  # an event has followed the snapshot
        self._old_in_a_row = 0
        self.needs_snapshot = True

    @property
    def waits(self) -> bool:
        """Whether events wait for a snapshot."""
        return bool(self._waiting)

    def event(self, event: DepthEvent) -> list[Input]:
        """Apply the event, drop it because it is old, keep it waiting, or report a gap."""
        if self.needs_snapshot:
            return self._wait(event)
        update = event.change.update
        if update <= self._update if self._bridged else self._rule.is_old(event, self._update):
            return self._drop_old(event)
        broken = self._break_before(event)
        if broken:
            return [*self.lose(f"depth gap: {broken}"), *self._wait(event)]
        self._update = update
        self._bridged = True
        self._old_in_a_row = 0
        self._counts.passed("BookChange")
        return [event.change]

    def snapshot(self, snapshot: BookSnapshot) -> list[Input]:
        """Begin anew from the snapshot, with what waited for it; drop it if it is too old."""
        update = snapshot.update
        if not self.needs_snapshot and update <= self._update:
            self._counts.drop("snapshot_old")
            return []
        fresh = (event for event in self._waiting if not self._rule.is_old(event, update))
        first = next(fresh, None)
        if first is not None and not self._rule.bridges(first, update):
            self._counts.drop("snapshot_too_old")
            return []
        waited = self._let_go()
        self._counts.passed("BookSnapshot")
        self._update = update
        self._bridged = self._overflowed = self.needs_snapshot = False
        self._old_in_a_row = 0
        inputs: list[Input] = [snapshot]
        for event in waited:
            inputs += self.event(event)
        return inputs

    def lose(self, reason: str) -> list[Input]:
        """Stop believing the book until the next snapshot."""
        self.needs_snapshot = True
        self._counts.gaps += 1
        return [BookGap(self._instrument, reason)]

    def forget(self) -> None:
        """Drop what waits: the connection that it came over is no more."""
        for _ in self._let_go():
            self._counts.drop("depth_cut_off")
        self._overflowed = False
        self.needs_snapshot = True

    def _let_go(self) -> deque[DepthEvent]:
        """Return what waited; it waits no more."""
        waited, self._waiting = self._waiting, deque()
        self._counts.waiting -= len(waited)
        return waited

    def _break_before(self, event: DepthEvent) -> str:
        """Return what is missing between what was applied and the event, empty if nothing."""
        if self._bridged:
            return self._rule.break_after(event, self._update)
        if self._rule.bridges(event, self._update):
            return ""
        first, last = event.first, event.change.update
        return f"the event after snapshot {self._update} has updates {first} to {last}"

    def _drop_old(self, event: DepthEvent) -> list[Input]:
        same = event.change.update == self._update
        self._counts.drop("depth_duplicate" if same else "depth_old")
        self._old_in_a_row += 1
        if self._old_in_a_row < OLD_IN_A_ROW_MAX:
            return []
        self._old_in_a_row = 0
        return self.lose(
            f"{OLD_IN_A_ROW_MAX} depth events in a row were older than update {self._update}"
        )

    def _wait(self, event: DepthEvent) -> list[Input]:
        self._waiting.append(event)
        self._counts.waiting += 1
        if len(self._waiting) <= WAITING_EVENTS_MAX:
            return []
        self._waiting.popleft()
        self._counts.waiting -= 1
        self._counts.drop("depth_waited_too_long")
        if self._overflowed:
            return []
        self._overflowed = True
        return self.lose(f"no snapshot came while {WAITING_EVENTS_MAX} depth events waited for it")
