"""Every venue whose market data can be had live: the dialects that are understood, by name.

`fairlead record`, `fairlead preflight` and `venue.kind: live` take the same names.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fairlead.gateways.dialects import DIALECTS, Dialect
from fairlead.gateways.errors import InstrumentNotInferred, VenueUnknown
from fairlead.gateways.feed import LiveFeed
from fairlead.gateways.liveness import DataClass
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import INCREMENTS_MAX, InstrumentId, Money, Nanos, Price, Quantity, Rate

Limits = Mapping[DataClass, Nanos]  # how long each class of data may stay away

_PRICE_DECIMALS: Final = 10  # finer than any of these venues writes a price
_QUANTITY_DECIMALS: Final = 8
_CURRENCY_UNTOLD: Final = "UNTOLD"
_OVER: Final = ("bybit-v1",)  # in recordings alone: nobody speaks it any more
_RAW: Final = ("binance", "binance-usdm")  # of one symbol: lines that also tell the instrument


class LiveVenue:
    """A venue, or a market of one, that has a feed of its own."""

    def __init__(self, dialect: Dialect) -> None:
        """Take how it speaks."""
        self.name = dialect.name
        self._dialect = dialect

    def feed(self, instruments: Sequence[Instrument], limits: Limits | None) -> LiveFeed:
        """Return a feed that has heard nothing yet."""
        return self._dialect.feed(instruments, limits)

    def kind_of(self, symbol: str) -> InstrumentKind:
        """Return what a symbol of the venue, or of ours (`BTC-USD.COINBASE`), means there.

        Raises `InstrumentNotInferred`.
        """
        return self._dialect.terms(self._own(symbol)).kind

    def venue_of(self, symbol: str) -> str:
        """Return how instruments of such a symbol name the venue."""
        return self._dialect.terms(self._own(symbol)).venue

    def options(self, symbols: Sequence[str]) -> str:
        """Return how `fairlead feed` is told what a recording of these is."""
        if self.name in _RAW and len(symbols) == 1:
            return "--format binance-raw"
        return f"--format ws-recording --market {self.name}"

    def listed(self, symbols: Sequence[str]) -> list[Instrument]:
        """Return instruments that are only looked at: every price of the venue fits them."""
        return [
            self._looked_at(InstrumentId(number), symbol)
            for number, symbol in enumerate(symbols, start=1)
        ]

    def _own(self, symbol: str) -> str:
        own, dot, venue = symbol.rpartition(".")
        return own if dot and venue.isupper() else symbol

    def _looked_at(self, number: InstrumentId, symbol: str) -> Instrument:
        own = self._own(symbol)
        try:
            venue, currency = self._dialect.terms(own)[:2]
        except InstrumentNotInferred:  # a currency that nobody here has heard of
            venue, currency = self.name.upper(), _CURRENCY_UNTOLD
        return Instrument(
            instrument=number,
            symbol=f"{own}.{venue}",
            venue=venue,
            currency=currency,
            kind=InstrumentKind.SPOT,  # nothing is paid: any kind would do
            price_decimals=_PRICE_DECIMALS,
            quantity_decimals=_QUANTITY_DECIMALS,
            money_decimals=_PRICE_DECIMALS + _QUANTITY_DECIMALS,
            price_tick=Price(1),
            quantity_lot=Quantity(1),
            quantity_min=Quantity(1),
            quantity_max=Quantity(INCREMENTS_MAX),
            notional_min=Money(0),
            maker_fee=Rate(0),
            taker_fee=Rate(0),
        )


def live_venue(name: str) -> LiveVenue:
    """Return the venue. Raises `VenueUnknown`, which lists those that there are."""
    found = LIVE_VENUES.get(name)
    if found is None:
        raise VenueUnknown(f"no live venue {name!r}, expected one of {', '.join(LIVE_VENUES)}")
    return found


LIVE_VENUES: Final[Mapping[str, LiveVenue]] = {
    name: LiveVenue(dialect) for name, dialect in DIALECTS.items() if name not in _OVER
}
