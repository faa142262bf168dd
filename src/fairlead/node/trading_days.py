"""When the next trading day begins: those of venues that nobody tells begin with UTC's."""

from collections.abc import Collection, Mapping

from fairlead.model.inputs import Input, TradingDayBegan
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos
from fairlead.simulator.days import next_day, session_date


class TradingDays:
    """The days of the venues whose instruments are known, and of the firm."""

    def __init__(
        self, instruments: Mapping[InstrumentId, Instrument], told: Collection[str]
    ) -> None:
        """Stand before the first; the days of the venues in `told` come from the world."""
        self.end = Nanos(0)  # when the next day begins; before the start, at once
        self._instruments = instruments
        self._told = told

    def begun(self, time: Nanos) -> list[Input]:
        """Return the days that have begun by `time`: those of every venue, then the firm's."""
        if time < self.end:
            return []
        self.end = next_day(time)
        instruments = self._instruments.values()
        venues = dict.fromkeys(one.venue for one in instruments if one.venue not in self._told)
        return [TradingDayBegan(session_date(time), venue) for venue in (*venues, "")]
