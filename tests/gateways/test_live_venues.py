"""Every venue with live data makes a feed that keeps the port's promises before anything came."""

import pytest

from fairlead.gateways.errors import VenueUnknown
from fairlead.gateways.feed import LiveFeed
from fairlead.gateways.live_line import Connect, LiveLine, Say, refuse_plain
from fairlead.gateways.live_venues import LIVE_VENUES, live_venue
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import NANOS_PER_SECOND, Nanos

NOON = Nanos(1_700_000_000 * NANOS_PER_SECOND)
SYMBOLS = {
    "binance": "ETHUSDT",
    "binance-usdm": "ETHUSDT",
    "binance-coinm": "ETHUSD_PERP",
    "bitget": "ETHUSDT",
    "bybit": "ETHUSDT",
    "coinbase": "ETH-USD",
    "coinbase-advanced": "ETH-USD",
    "deribit": "ETH_USDC-PERPETUAL",
    "kraken": "ETH/USD",
    "okx": "ETH-USDT",
}


@pytest.mark.parametrize("name", LIVE_VENUES)
def test_a_line_connects_encrypted_subscribes_and_gives_up_where_nobody_confirms(name: str) -> None:
    venue = LIVE_VENUES[name]
    instruments = venue.listed([SYMBOLS[name]])
    feed: LiveFeed = venue.feed(instruments, None)
    assert venue.listed([instruments[0].symbol]) == instruments  # with or without the venue
    line = LiveLine(feed, lambda most: 0)
    (connect,) = line.deeds(NOON)
    assert isinstance(connect, Connect)
    refuse_plain(connect.url)
    line.connected(NOON)
    said = line.deeds(NOON)
    assert any(isinstance(one, Say) and _symbol_in(SYMBOLS[name], one.message) for one in said), (
        said
    )
    time = NOON
    while not feed.failed:
        assert line.next_time > time, "a line that is always due would spin"
        time = line.next_time
        line.tick(time)
        line.deeds(time)
        assert time < NOON + 120 * NANOS_PER_SECOND, "nobody confirmed anything for two minutes"
    assert line.ended("closed", time) == []
    assert feed.counts.balanced


def _symbol_in(symbol: str, message: bytes) -> bool:
    return symbol.lower().encode() in message.lower().replace(b"\\/", b"/")


@pytest.mark.parametrize("name", LIVE_VENUES)
def test_garbage_is_counted_and_ends_nothing(name: str) -> None:
    venue = LIVE_VENUES[name]
    line = LiveLine(venue.feed(venue.listed([SYMBOLS[name]]), None), lambda most: 0)
    line.deeds(NOON)
    line.connected(NOON)
    line.deeds(NOON)
    for frame in (b"", b"\xff", b"[]", b"{}", b"null", b'{"data":[]}', b"1e999", b"[" * 5_000):
        line.received(frame, NOON)
    assert line.feed.counts.frames == 8
    assert line.feed.counts.balanced


def test_a_name_that_nobody_has_is_told_with_those_there_are() -> None:
    with pytest.raises(VenueUnknown, match="expected one of binance, "):
        live_venue("mtgox")


def test_what_a_symbol_means_is_told_by_its_venue() -> None:
    okx = live_venue("okx")
    assert okx.kind_of("BTC-USD-SWAP.OKX") is InstrumentKind.INVERSE
    assert okx.kind_of("BTC-USDT") is InstrumentKind.SPOT
    assert live_venue("binance").options(["ETHUSDT"]) == "--format binance-raw"
    both = live_venue("binance").options(["ETHUSDT", "BTCUSDT"])
    assert both == "--format ws-recording --market binance"
