"""Market data as feeds bring it: with gaps, crossed, silent, revised, out of order, absurd."""

from typing import Final

from fairlead.model.inputs import BookGap, Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.line import Line

_LOW: Final = 9_700
_HIGH: Final = 10_300


class HostileMarket:
    """One feed of all instruments. Where the market really is, is the middle of its walk."""

    def __init__(self, chance: Chance, instruments: list[Instrument], feed: Line[Input]) -> None:
        """Begin in the middle."""
        self.now = Nanos(0)
        self.kind = False  # from the healing on: says how it is, and nothing else
        self.happened: Final[dict[str, int]] = {}
        self._chance: Final = chance
        self._feed: Final = feed
        self._middle: Final = {one.instrument: 10_000 for one in instruments}
        self._numbers: Final = [one.instrument for one in instruments]
        self._silent: Final[dict[InstrumentId, bool]] = {}
        self._update = 0
        self._trades = 0

    def tick(self) -> None:
        """Let one instrument move, and say so, in some way."""
        number = self._chance.pick(self._numbers)
        moved = self._middle[number] + self._chance.between(-8, 8)
        self._middle[number] = min(_HIGH, max(_LOW, moved))
        self._update += 1
        if self.kind:
            self._say(self._quote(number, 1, self._update))
        elif not self._silent.get(number, False) or self._chance.percent(3):
            self._speak(number)

    def heal(self) -> None:
        """Say how it is from now on."""
        self.kind = True
        self._silent.clear()

    def _speak(self, number: InstrumentId) -> None:
        what = self._chance.below(100)
        self._silent.pop(number, None)
        if what < 76:
            self._say(self._quote(number, self._chance.between(1, 3), self._update))
        elif what < 84:
            self._trade(number)
        elif what < 87:
            self._count("crossed")
            self._say(self._quote(number, -2, self._update))
        elif what < 90:
            self._count("gap")
            self._say(BookGap(number, "the feed lost its place"))
        elif what < 93:
            self._count("stale")
            self._silent[number] = True
        elif what < 95:
            self._count("revised")
            self._say(self._quote(number, 2, max(1, self._update - 3)))
        elif what < 98:
            self._count("one-sided")
            self._one_sided(number)
        else:
            self._count("absurd")
            self._say(Quote(number, Price(-1), Quantity(1), Price(5), Quantity(1), _AT, self.now))

    def _quote(self, number: InstrumentId, half: int, update: int) -> Quote:
        middle = self._middle[number]
        bid, ask = Price(middle - half), Price(middle + half)
        size = Quantity(self._chance.between(1, 20))
        return Quote(number, bid, size, ask, size, UpdateId(update), self.now)

    def _one_sided(self, number: InstrumentId) -> None:
        bid = Price(self._middle[number])
        none = (Price(0), Quantity(0))
        self._say(Quote(number, bid, Quantity(3), *none, UpdateId(self._update), self.now))

    def _trade(self, number: InstrumentId) -> None:
        self._trades += 1
        price, side = Price(self._middle[number]), self._chance.pick([Side.BUY, Side.SELL])
        name = f"T{self._trades}"
        self._say(Trade(number, price, Quantity(self._chance.between(1, 9)), side, name, self.now))

    def _say(self, data: Input) -> None:
        self._feed.put(data, self.now)

    def _count(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1


_AT: Final = UpdateId(0)
