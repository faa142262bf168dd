"""Which instruments have gone silent, by what came of each and not by what came over the line.

A line that carries one busy instrument looks alive while another one died on it. So each
instrument has a clock for each class of data, and each class says how long silence is believable.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos


class DataClass(StrEnum):
    """What a subscription brings."""

    BOOK = "book"
    QUOTE = "quote"
    TRADE = "trade"
    PULSE = "pulse"  # a heartbeat of one instrument, where a venue has that


# A listed pair without one change in its book for a minute is rarer than a subscription that died.
# Its touch may stand still for longer, and nobody can tell a quiet hour without trades from a dead
# channel; who trades busy instruments sets those limits.
DEFAULT_LIMITS: Final[Mapping[DataClass, Nanos]] = {DataClass.BOOK: Nanos(60 * NANOS_PER_SECOND)}


class Silence(NamedTuple):
    """An instrument of which one class of data has not come for longer than is believable."""

    instrument: InstrumentId
    what: DataClass
    seconds: int


class Liveness:
    """When each instrument was last heard of, by class of data. A class without limit is free."""

    def __init__(self, limits: Mapping[DataClass, Nanos]) -> None:
        """Take how long each class of data may stay away."""
        self._limits = limits
        self._heard: dict[DataClass, dict[InstrumentId, Nanos]] = {what: {} for what in DataClass}

    def begin(self, expected: Iterable[tuple[InstrumentId, DataClass]], time: Nanos) -> None:
        """Expect these from now on."""
        self._heard = {what: {} for what in DataClass}
        for instrument, what in expected:
            self._heard[what][instrument] = time

    def heard(self, instrument: InstrumentId, what: DataClass, time: Nanos) -> None:
        """Take note that something came; what is not expected has no clock."""
        clocks = self._heard[what]
        if instrument in clocks:
            clocks[instrument] = time

    def silent(self, time: Nanos) -> list[Silence]:
        """Return what has been silent for too long; each again only after as long again."""
        found = []
        for what, limit in self._limits.items():
            for instrument, last in self._heard[what].items():
                if time - last > limit:
                    found.append(Silence(instrument, what, (time - last) // NANOS_PER_SECOND))
        for instrument, what, _ in found:
            self._heard[what][instrument] = time
        return found
