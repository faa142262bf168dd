"""The venues whose market data is understood, by name, and how a connection tells which it is.

A live session names its venue; a recording has the address that was connected to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.binance import instrument as binance
from fairlead.gateways.bitget import BitgetFeed
from fairlead.gateways.bitget import instrument as bitget
from fairlead.gateways.bybit import BybitFeed, BybitFirstFeed
from fairlead.gateways.bybit import instrument as bybit
from fairlead.gateways.coinbase import CoinbaseAdvancedFeed, CoinbaseFeed
from fairlead.gateways.coinbase import instrument as coinbase
from fairlead.gateways.deribit import DeribitFeed
from fairlead.gateways.deribit import instrument as deribit
from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.gateways.kraken import KrakenFeed
from fairlead.gateways.kraken import instrument as kraken
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.okx import OkxFeed
from fairlead.gateways.okx import instrument as okx
from fairlead.gateways.recorded import FormatOptions, FramesThroughFeed
from fairlead.gateways.recorded_terms import Sighting, Terms, instruments
from fairlead.gateways.venue_feed import VenueFeed
from fairlead.gateways.ws_recording import WsRecording
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos


class FeedMaker(Protocol):
    """Makes the feed of some instruments."""

    def __call__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> VenueFeed:
        """Return it; `limits` say how long each class of data may stay away."""


class Dialect(NamedTuple):
    """How one venue's market data is read, and what its frames tell of instruments."""

    name: str
    addresses: tuple[str, ...]  # what the address of a connection begins with
    feed: "FeedMaker"
    sightings: Callable[[bytes], Iterator[Sighting]]
    terms: Callable[[str], Terms]


def dialect_of(address: str) -> Dialect:
    """Return the dialect that is spoken at an address. Raises `InstrumentNotInferred`."""
    found = [
        (len(start), dialect)
        for dialect in DIALECTS.values()
        for start in dialect.addresses
        if address.startswith(start)
    ]
    if not found:
        known = ", ".join(DIALECTS)
        raise InstrumentNotInferred(f"no venue is known at {address!r}, expected one of {known}")
    return max(found, key=lambda pair: pair[0])[1]


def open_ws_recording(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    """Return recorded connections to one venue, through its feed; all files are read twice.

    Raises `InstrumentNotInferred`, `RecordingError`.
    """
    passed_over = None if options.on_bad_line is None else lambda _: None
    first = WsRecording(files, passed_over)
    dialect = _only_dialect(first.urls(), files, options)
    seen = (sighting for _, frame in first for sighting in dialect.sightings(frame))
    feed = dialect.feed(instruments(seen, dialect.terms, options.symbols))
    return FramesThroughFeed(WsRecording(files, options.on_bad_line), feed, options)


def _only_dialect(urls: list[str], files: Sequence[Path], options: FormatOptions) -> Dialect:
    """Return whose connections were recorded, as their addresses say, or a person does."""
    if options.market not in (None, "auto"):
        found = DIALECTS.get(options.market or "")
        if found is None:
            known = ", ".join(DIALECTS)
            raise InstrumentNotInferred(f"no venue {options.market!r}, expected one of {known}")
        return found
    names = list(dict.fromkeys(dialect_of(url).name for url in urls))
    if len(names) != 1:
        listed = ", ".join(names) or "none"
        raise InstrumentNotInferred(f"{files[0]}: connections to {listed}, expected one venue")
    return DIALECTS[names[0]]


def _binance(name: str, market: Market, address: str) -> Dialect:
    return Dialect(
        name,
        (address,),
        lambda instruments, limits=None: BinanceFeed(instruments, market, limits),
        binance.sightings,
        lambda symbol: binance.terms(symbol, market),
    )


_ALL: Final = (
    _binance("binance", Market.SPOT, "wss://stream.binance.com"),
    _binance("binance-usdm", Market.USDM, "wss://fstream.binance.com"),
    _binance("binance-coinm", Market.COINM, "wss://dstream.binance.com"),
    Dialect("bitget", ("wss://ws.bitget.com",), BitgetFeed, bitget.sightings, bitget.terms),
    Dialect("bybit", ("wss://stream.bybit.com/v5",), BybitFeed, bybit.sightings, bybit.terms),
    Dialect(
        "bybit-v1",
        ("wss://stream.bybit.com/realtime",),
        BybitFirstFeed,
        bybit.sightings_first,
        bybit.terms_first,
    ),
    Dialect(
        "coinbase-advanced",
        ("wss://advanced-trade-ws.coinbase.com",),
        CoinbaseAdvancedFeed,
        coinbase.sightings_advanced,
        coinbase.terms,
    ),
    Dialect(
        "coinbase",
        ("wss://ws-feed.pro.coinbase.com", "wss://ws-feed.exchange.coinbase.com"),
        CoinbaseFeed,
        coinbase.sightings,
        coinbase.terms,
    ),
    Dialect("deribit", ("wss://www.deribit.com",), DeribitFeed, deribit.sightings, deribit.terms),
    Dialect("kraken", ("wss://ws.kraken.com",), KrakenFeed, kraken.sightings, kraken.terms),
    Dialect("okx", ("wss://ws.okx.com", "wss://wsaws.okx.com"), OkxFeed, okx.sightings, okx.terms),
)
DIALECTS: Final[Mapping[str, Dialect]] = {each.name: each for each in _ALL}
