"""A clock of a machine that misbehaves: the node's time of day against the true time.

It jumps forward and back, stands still, drifts, and is put right again. True time only goes
forward; what the clock says of it is piecewise linear, with all its changes laid down by the seed.
"""

from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.simulator.chance import Chance

HOUR: Final = 3_600 * NANOS_PER_SECOND
DAY: Final = 24 * HOUR
_MILLION: Final = 1_000_000
_JUMPS: Final = [
    HOUR,
    -HOUR,
    DAY,
    -DAY,
    NANOS_PER_SECOND,  # a leap second, and one that was taken back
    -NANOS_PER_SECOND,
    40_000_000,
    -40_000_000,
]


class _Piece:
    """From a true time on, the clock says `says` and runs at a rate, in millionths."""

    def __init__(self, begin: Nanos, says: Nanos, rate: int) -> None:
        self.begin: Final = begin
        self.says: Final = says
        self.rate: Final = rate


class HostileClock:
    """What the node reads when it asks for the time. The world puts `true`; nobody else does."""

    def __init__(self, chance: Chance, start: Nanos, until: Nanos, troubles: int) -> None:
        """Lay down everything that the clock will do between two true times."""
        self.true: Nanos = start
        self.troubles: Final[list[str]] = []
        self._pieces: Final[list[_Piece]] = [_Piece(start, start, _MILLION)]
        self._at: int = 0
        times = sorted([start + chance.below(until - start) for _ in range(troubles)])
        for time in times:
            self._trouble(chance, Nanos(time))
        self._add(until, until, _MILLION)  # somebody puts it right

    @property
    def right_from(self) -> Nanos:
        """The true time from which on it is right for good."""
        return self._pieces[-1].begin

    def now(self) -> Nanos:
        """Return what the clock says."""
        return self._read(self._pieces[self._at], self.true)

    def set(self, now: Nanos) -> None:
        """Leave it: this clock is not put by who reads it."""

    def go_to(self, true: Nanos) -> None:
        """Let true time go by."""
        assert true >= self.true, "true time does not go back"
        self.true = true
        while self._at + 1 < len(self._pieces) and self._pieces[self._at + 1].begin <= true:
            self._at += 1

    def reaches(self, time: Nanos) -> Nanos:
        """Return the true time at which the clock says `time` or later for the first time."""
        if self.now() >= time:
            return self.true
        for number in range(self._at, len(self._pieces)):
            piece = self._pieces[number]
            begin = max(piece.begin, self.true)
            says = self._read(piece, begin)
            if says >= time:
                return begin
            if piece.rate == 0:
                continue
            reached = begin + -(-(time - says) * _MILLION // piece.rate)
            last = number + 1 == len(self._pieces)
            if last or reached < self._pieces[number + 1].begin:
                return Nanos(reached)
        raise AssertionError("the last piece of a clock runs for ever")

    def _trouble(self, chance: Chance, time: Nanos) -> None:
        says = self._read(self._pieces[-1], time)
        what = chance.below(4)
        if what == 0:
            self.troubles.append("froze")
            self._add(time, says, 0)
        elif what == 1:
            self.troubles.append("drifted")
            self._add(time, says, _MILLION + chance.pick([-200_000, -500, 500, 200_000]))
        elif what == 2:
            self.troubles.append("was put right")
            self._add(time, time, _MILLION)
        else:
            jump = chance.pick(_JUMPS)
            self.troubles.append(f"jumped {jump // _MILLION} ms")
            self._add(time, Nanos(says + jump), _MILLION)

    def _add(self, begin: Nanos, says: Nanos, rate: int) -> None:
        self._pieces.append(_Piece(begin, says, rate))

    def _read(self, piece: _Piece, true: Nanos) -> Nanos:
        return Nanos(piece.says + (true - piece.begin) * piece.rate // _MILLION)
