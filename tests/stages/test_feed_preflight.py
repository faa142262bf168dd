"""A check that can fail: it does where the feed is silent, old, ahead, or not of this symbol."""

from collections.abc import Iterator
from contextlib import contextmanager

from fairlead.gateways.live_line import Addresses
from fairlead.gateways.live_venues import LIVE_VENUES
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.stages.feed_preflight import FeedFinding, FeedTerms, check_feed
from tests.gateways.loopback_binance import BinanceMarket, loopback_binance

SPOT = LIVE_VENUES["binance"]
PATIENT = FeedTerms(within=Nanos(15 * NANOS_PER_SECOND))
QUICK = FeedTerms(within=Nanos(NANOS_PER_SECOND))


@contextmanager
def checked(
    market: BinanceMarket, terms: FeedTerms, *symbols: str
) -> Iterator[dict[str, FeedFinding]]:
    with loopback_binance(market) as venue:
        addresses = Addresses(venue.url, venue.origin)
        found = check_feed(SPOT, SPOT.listed(symbols or ("ETHUSDT",)), addresses, terms)
    yield {finding.what.removeprefix("ETHUSDT.BINANCE "): finding for finding in found}


def wrong(found: dict[str, FeedFinding]) -> list[str]:
    return [what for what, finding in found.items() if not finding.sound]


def test_a_feed_that_flows_and_is_of_now_is_sound() -> None:
    with checked(BinanceMarket(), PATIENT) as found:
        assert wrong(found) == []
        assert list(found) == ["connection", "book", "data", "times"]


def test_a_silent_feed_is_not() -> None:
    market = BinanceMarket()
    market.silent = True
    with checked(market, QUICK) as found:
        assert wrong(found) == ["data", "times"]
        assert found["times"].found == "nothing came"


def test_old_times_are_not() -> None:
    market = BinanceMarket()
    market.behind_milliseconds = 60_000
    with checked(market, PATIENT) as found:
        assert wrong(found) == ["times"]
        assert found["times"].found.startswith("60.")


def test_times_from_the_future_are_not() -> None:
    market = BinanceMarket()
    market.behind_milliseconds = -60_000
    with checked(market, PATIENT) as found:
        assert wrong(found) == ["times"]
        assert "a clock is wrong" in found["times"].found


def test_a_symbol_that_the_venue_does_not_know_is_not() -> None:
    with checked(BinanceMarket(), QUICK, "NOSUCH") as found:
        assert "Invalid symbol" in found["NOSUCH.BINANCE book"].found
        assert not found["NOSUCH.BINANCE data"].sound


def test_one_bad_symbol_among_good_ones_is_named() -> None:
    with checked(BinanceMarket(), QUICK, "ETHUSDT", "NOSUCH") as found:
        assert wrong(found) == [f"NOSUCH.BINANCE {what}" for what in ("book", "data", "times")]


def test_a_venue_without_snapshots_is_not() -> None:
    market = BinanceMarket()
    market.status = 503
    with checked(market, QUICK) as found:
        assert wrong(found) == ["book", "data"]
        assert "HTTP 503" in found["book"].found


def test_nobody_there_is_not() -> None:
    addresses = Addresses("ws://127.0.0.1:1/ws")
    found = check_feed(SPOT, SPOT.listed(["ETHUSDT"]), addresses, QUICK)
    assert not any(finding.sound for finding in found)
    assert "Connect call failed" in found[0].found
