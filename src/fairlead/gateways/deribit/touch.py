"""Deribit's best bid and ask, told twice: in tickers, and by the book. Both carry the same clock.

A ticker of time T shows the book after all its changes up to T. Which those were is known once
something later than T has come of the book, or once the ticker is a second old by the venue's own
clock: until then it waits. What waits at the end, or when the book is lost, is skipped.
"""

from collections import deque
from typing import Final

from fairlead.gateways.recorded import Oracle
from fairlead.gateways.venue_book import VenueBook
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_SETTLED_AFTER: Final = Nanos(NANOS_PER_SECOND)
_WAITING_MAX: Final = 100

Touch = tuple[int, int, int, int]  # bid and ask, each price and quantity; 0 where nobody quotes


class TouchCheck:
    """The tickers of one instrument that wait for the book to have gone past them."""

    def __init__(self, book: VenueBook, oracle: Oracle) -> None:
        """Take the book, and where comparisons are counted."""
        self._book = book
        self._oracle = oracle
        self._waiting: deque[tuple[Nanos, Touch]] = deque()

    def ticker(self, touch: Touch, time: Nanos) -> None:
        """Let a ticker wait; those that it is far behind are settled."""
        self.settle(Nanos(time - _SETTLED_AFTER))
        self._waiting.append((time, touch))
        if len(self._waiting) > _WAITING_MAX:
            self._waiting.popleft()
            self._oracle.skip("the book did not go on")

    def settle(self, time: Nanos) -> None:
        """Compare what was told before `time` with the book as it stands."""
        while self._waiting and self._waiting[0][0] < time:
            told, touch = self._waiting.popleft()
            if not self._book.believed:
                self._oracle.skip("no book")
                continue
            found = self._book.touch
            self._oracle.compare(
                found == touch, f"{self._book.symbol} at {told}: ticker {touch}, book {found}"
            )
