"""Which snapshots are to be fetched, when, and how many at a time.

The venue weighs every request and bans an address that asks too much. So a few are under way at
once, each book is asked for once until the answer came, failed, or was not enough, and then again
only after a pause that grows.
"""

from collections.abc import Iterable
from typing import Final

from fairlead.gateways.binance.frames import Market
from fairlead.gateways.feed import SnapshotRequest
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

# A thousand levels weigh 50 of 6,000 a minute (spot) or 20 of 2,400: 120 of them in a minute.
UNDER_WAY_MAX: Final = 4
ANSWER_TIME_MAX: Final = Nanos(10 * NANOS_PER_SECOND)
PAUSE_MIN: Final = Nanos(2 * NANOS_PER_SECOND)
PAUSE_MAX: Final = Nanos(60 * NANOS_PER_SECOND)
STREAM: Final = "@depthSnapshot"  # ours: the venue has no stream of that name

_URLS: Final = {
    Market.SPOT: "https://api.binance.com/api/v3/depth?symbol={symbol}&limit=1000",
    Market.USDM: "https://fapi.binance.com/fapi/v1/depth?symbol={symbol}&limit=1000",
    Market.COINM: "https://dapi.binance.com/dapi/v1/depth?symbol={symbol}&limit=1000",
}


class Snapshots:
    """The requests for the snapshots of all books of a connection."""

    def __init__(self, market: Market, symbols: dict[InstrumentId, str]) -> None:
        """Take the venue's symbols by instrument."""
        self._url = _URLS[market]
        self._symbols = symbols
        self.begin()

    def begin(self) -> None:
        """Forget everything: a connection begins, or ended."""
        self._wanted: dict[InstrumentId, Nanos] = {}  # not before
        self._asked: dict[InstrumentId, Nanos] = {}  # since
        self._pauses: dict[InstrumentId, Nanos] = {}
        self._time = Nanos(0)

    @property
    def asked(self) -> tuple[InstrumentId, ...]:
        """The instruments whose snapshots are under way."""
        return tuple(self._asked)

    def want(self, instrument: InstrumentId, time: Nanos) -> None:
        """Ask for a snapshot as soon as there is room, unless it is wanted already."""
        if instrument not in self._asked:
            self._wanted.setdefault(instrument, time)

    def arrived(self, instruments: Iterable[InstrumentId]) -> None:
        """Take note of books that are whole again."""
        for instrument in instruments:
            for state in (self._wanted, self._asked, self._pauses):
                state.pop(instrument, None)

    def failed(self, instrument: InstrumentId, time: Nanos) -> None:
        """Ask again after a pause: the fetch failed, or its answer was not enough."""
        self._asked.pop(instrument, None)
        pause = self._pauses.get(instrument, PAUSE_MIN)
        self._pauses[instrument] = Nanos(min(2 * pause, PAUSE_MAX))
        self._wanted[instrument] = Nanos(time + pause)

    def tick(self, time: Nanos) -> None:
        """Give up on answers that do not come."""
        self._time = time
        late = [each for each, since in self._asked.items() if time - since > ANSWER_TIME_MAX]
        for instrument in late:
            self.failed(instrument, time)

    def requests(self) -> list[SnapshotRequest]:
        """Return what is to be fetched now, each once."""
        room = UNDER_WAY_MAX - len(self._asked)
        due = [each for each, earliest in self._wanted.items() if earliest <= self._time]
        found = due[: max(0, room)]
        for instrument in found:
            del self._wanted[instrument]
            self._asked[instrument] = self._time
        return [self._request(instrument) for instrument in found]

    def _request(self, instrument: InstrumentId) -> SnapshotRequest:
        symbol = self._symbols[instrument]
        url = self._url.format(symbol=symbol)
        return SnapshotRequest(instrument, url, symbol.lower() + STREAM)
