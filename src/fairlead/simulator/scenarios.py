"""What can go wrong with a market, on time: crashes, gaps, halts, silence, storms.

Each scenario begins at a time and lasts a while, in one instrument or in all. It is part of the
market: the same seed and the same scenarios give the same market, byte for byte.

- *flash_crash*: everybody takes his orders back; the value falls by `size` in the first fifth of
  the time and comes back in the rest; market makers come back three times as far away.
- *gap*: nobody is there, and then all are, `size` away: the price has gone there without trading.
- *halt*: the venue halts the instrument, and resumes it by its rules.
- *feed_outage*: what the venue publishes does not reach us. After `SILENCE` the feed says that it
  has lost its place, as a handler of a real one does; at the end come whole books.
- *burst*: `factor` times as many arrivals.
"""

from enum import Enum
from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, RATE_UNIT, InstrumentId, Nanos, Rate

SILENCE: Final = Nanos(NANOS_PER_SECOND)  # after which a feed handler gives its place up for lost
CRASH_SPREAD: Final = 3
_FALLING_PART: Final = 5  # the fall takes one fifth of a crash
_NO_SIZE: Final = Rate(0)


class ScenarioKind(Enum):
    """What happens."""

    FLASH_CRASH = "flash_crash"
    GAP = "gap"
    HALT = "halt"
    FEED_OUTAGE = "feed_outage"
    BURST = "burst"


class Scenario:
    """One thing that goes wrong. `size` is a share of the price: below 0 downwards."""

    def __init__(
        self,
        kind: ScenarioKind,
        begin: Nanos,
        length: Nanos,
        *,
        size: Rate = _NO_SIZE,
        factor: int = 1,
        instrument: InstrumentId | None = None,
    ) -> None:
        """Take the terms; without an instrument it is all of them. Raises `ValueError`."""
        if length < 0 or factor < 1 or not -RATE_UNIT < size <= 10 * RATE_UNIT:
            raise ValueError(
                f"scenario {kind.value}: found length {length}, factor {factor}, size {size};"
                f" expected at least 0, 1, and a size above {-RATE_UNIT} (all of the price)"
            )
        self.kind = kind
        self.begin = begin
        self.end = Nanos(begin + length)
        self.size = size
        self.factor = factor
        self.instrument = instrument

    def concerns(self, instrument: InstrumentId) -> bool:
        """Return whether it happens to an instrument."""
        return self.instrument is None or self.instrument == instrument

    def lasts(self, time: int) -> bool:
        """Return whether it is going on."""
        return self.begin <= time < self.end

    def moved(self, time: int) -> int:
        """Return by how much a crash has moved the value at a time, in parts of `RATE_UNIT`."""
        if not self.lasts(time):
            return 0
        since, length = time - self.begin, self.end - self.begin
        falling = max(1, length // _FALLING_PART)
        if since < falling:
            return self.size * since // falling
        return self.size * (length - since) // max(1, length - falling)
