"""Who looks at a live line without trading on it: what came of each instrument, and how fresh."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Final

from fairlead.model.codec import encode_input
from fairlead.model.inputs import BookGap, BookOrders, BookSnapshot, Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

_BOOKS: Final = (BookSnapshot, BookOrders)


class InputsDigest:
    """Two runs that took the same inputs at the same times have the same one."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.inputs = 0
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, input: Input, time: Nanos) -> None:
        """Take the next one."""
        self.inputs += 1
        written = encode_input(input)
        self._digest.update(b"%d %d " % (time, len(written)) + written)

    def __str__(self) -> str:
        """Return it in hexadecimal."""
        return self._digest.hexdigest()


class Seen:
    """What came of one instrument."""

    def __init__(self, symbol: str) -> None:
        """Begin with nothing."""
        self.symbol = symbol
        self.inputs = 0
        self.gaps = 0
        self.has_book = False
        self.moves = 0  # what came after its book, each no snapshot
        self.time = Nanos(0)  # when the last of them came
        self.venue_time = Nanos(0)  # which the venue told with it, 0 where it told none


class LiveWatch:
    """Takes what a line tells, in its thread; tells others what was seen."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        """Take what is looked at."""
        self.seen = {each.instrument: Seen(each.symbol) for each in instruments}
        self.kinds: dict[str, int] = {}
        self.error: BaseException | None = None
        self.digest = InputsDigest()
        self._changed = threading.Condition()

    def happened(self, inputs: Iterable[Input], time: Nanos) -> bool:
        """Take what came at a time; nothing ever has to begin anew."""
        with self._changed:
            for input in inputs:
                self._take(input, time)
                self.digest.add(input, time)
            self._changed.notify_all()
        return False

    def died(self, error: BaseException) -> None:
        """Take note that the thread of the line has ended."""
        with self._changed:
            self.error = error
            self._changed.notify_all()

    def wait(self, enough: Callable[[], bool], seconds: float) -> bool:
        """Return as soon as it is enough, or after that time; whether it is.

        Raises `RuntimeError` where nothing can come any more, by a mistake of ours.
        """
        with self._changed:
            found = self._changed.wait_for(lambda: self.error is not None or enough(), seconds)
            if self.error is not None:
                raise RuntimeError("the thread of the line has died") from self.error
            return found

    def _take(self, input: Input, time: Nanos) -> None:
        kind = type(input).__name__
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        seen = self.seen.get(getattr(input, "instrument", InstrumentId(0)))
        if seen is None:
            return
        seen.inputs += 1
        if isinstance(input, BookGap):
            seen.gaps += 1
            seen.has_book = False
        elif isinstance(input, _BOOKS):
            seen.has_book = True
        else:
            seen.moves += seen.has_book
            seen.time = time
            seen.venue_time = getattr(input, "venue_time", Nanos(0)) or seen.venue_time
