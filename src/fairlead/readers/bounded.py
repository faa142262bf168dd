"""Collections that never outgrow their bound, and say what they left out.

A reader runs as long as the session does. What it keeps for people to look at is enough to see what
happened, and counted where it is not everything.
"""

from collections import deque
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

REASONS_MAX: Final = 50  # different texts from outside: a venue could send a new one each time
OTHER: Final = "other reasons"


class Tally:
    """How often each text was seen. Texts beyond the bound are counted together."""

    def __init__(self, texts_max: int = REASONS_MAX) -> None:
        """Begin empty, with room for `texts_max` different texts."""
        self._texts_max = texts_max
        self._counts: dict[str, int] = {}
        self.total = 0

    def add(self, text: str) -> None:
        """Count a text."""
        if text not in self._counts and len(self._counts) >= self._texts_max:
            text = OTHER
        self._counts[text] = self._counts.get(text, 0) + 1
        self.total += 1

    def counts(self) -> dict[str, int]:
        """Return the counts, highest first, then by text; what was counted together is last."""
        ordered = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return dict(sorted(ordered, key=lambda pair: pair[0] == OTHER))


class Ends(Generic[Item]):
    """The first and the last items of a stream of any length."""

    def __init__(self, each_max: int) -> None:
        """Keep `each_max` items at either end."""
        self._each_max = each_max
        self.first: list[Item] = []
        self.last: deque[Item] = deque(maxlen=each_max)
        self.count = 0

    def add(self, item: Item) -> None:
        """Take the next item."""
        self.count += 1
        if len(self.first) < self._each_max:
            self.first.append(item)
        else:
            self.last.append(item)

    @property
    def dropped(self) -> int:
        """How many items in the middle are not kept."""
        return self.count - len(self.first) - len(self.last)


class Thinned(Generic[Item]):
    """Items spread evenly over a stream of any length: all, then every second, fourth, ..."""

    def __init__(self, items_max: int) -> None:
        """Keep at most `items_max` items, at least half of that once there were so many."""
        assert items_max > 1, "thinning to fewer than two items shows nothing"
        self._items_max = items_max
        self.items: list[Item] = []
        self.stride = 1
        self.count = 0

    def add(self, item: Item) -> None:
        """Take the next item; keep it if it is its turn."""
        if self.count % self.stride == 0:
            if len(self.items) == self._items_max:
                del self.items[1::2]
                self.stride *= 2
            if self.count % self.stride == 0:
                self.items.append(item)
        self.count += 1

    @property
    def dropped(self) -> int:
        """How many items are not kept."""
        return self.count - len(self.items)
