"""Real recordings of seven venues through their feeds: every frame counted, every proof right.

What a recording proves by itself (checksums, chains of numbers) is compared; then one message of it
is lost, repeated, put elsewhere, cut or damaged, at every place of its beginning and at places from
seeds behind that, and what is believed afterwards is the undisturbed book or nothing.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from fairlead.gateways.dialects import DIALECTS, dialect_of, open_ws_recording
from fairlead.gateways.errors import InstrumentNotInferred, MalformedFrame
from fairlead.gateways.format_guess import guess_format
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.recorded_terms import instruments
from fairlead.gateways.venue_feed import VenueFeed
from fairlead.gateways.ws_recording import WsRecording
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Quote
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.book_comparison import BookComparison
from tests.gateways.mutations import check_feed

FOLDER = "ws_recordings/sample_data"
FILES = {
    "binance": ["BINANCE.ws.1.0", "BINANCE.http.0.0"],
    "bitget": ["BITGET.ws.2.0.gz"],
    "bybit-v1": ["BYBIT.ws.26.0.gz"],
    "coinbase": ["COINBASE.ws.28.0.gz"],
    "deribit": ["DERIBIT.ws.1.0"],
    "kraken": ["KRAKEN.ws.48.0", "KRAKEN.ws.49.0"],
    "okx": ["OKX.ws.1.0"],
}
# name: frames, inputs, dropped, comparisons by oracle (all of them equal)
EXPECTED: dict[str, tuple[int, dict[str, int], dict[str, int], dict[str, int]]] = {
    "binance": (
        269,
        {"BookSnapshot": 4, "BookChange": 172, "Quote": 84, "Trade": 2},
        {"depth_duplicate": 4, "depth_old": 1, "stream_unknown": 2},
        {},
    ),
    "bitget": (
        473,
        {"BookSnapshot": 2, "BookChange": 192, "Trade": 25},
        {"answer": 8, "trades_before": 2, "channel_unknown": 244},
        {"checksum": 194},
    ),
    "bybit-v1": (
        1_098,
        {"BookSnapshot": 2, "BookChange": 1_016, "Trade": 76},
        {"answer": 4},
        {"levels": 1_016},
    ),
    "coinbase": (
        9_946,
        {"BookSnapshot": 10, "BookChange": 9_719, "Trade": 107},
        {"answer": 3, "quote_without_quantity": 107},
        {"trades": 97},
    ),
    "deribit": (
        136,
        {"Quote": 10, "BookSnapshot": 10, "BookChange": 36},
        {"answer": 1, "quote_beside_book": 79},
        {"sequence": 36, "trades": 0, "touch": 69},
    ),
    "kraken": (
        109,
        {"Quote": 18, "Trade": 8},
        {"status": 2, "answer": 20, "heartbeat": 61},
        {"checksum": 0},  # trades and tickers alone were recorded
    ),
    "okx": (
        410,
        {"Quote": 3, "Trade": 74, "BookSnapshot": 3, "BookChange": 287},
        {"answer": 18, "quote_beside_book": 25},
        {"checksum": 290, "sequence": 0},  # of 2022: messages had no numbers yet
    ),
}
PREFIX = 40  # frames of which every place is disturbed
PLACES = int(os.environ.get("FAIRLEAD_SEEDS", "40"))  # behind that
FAULTS = ["lose", "repeat", "swap", "cut", "damage"]

Sides = tuple[dict[int, int], dict[int, int]]
Books = dict[int, Sides]


def paths(market_data: Path, name: str) -> list[Path]:
    return [market_data / FOLDER / file for file in FILES[name]]


def frames_and_feed(market_data: Path, name: str) -> tuple[list[bytes], VenueFeed]:
    files = paths(market_data, name)
    frames = [frame for _, frame in WsRecording(files)]
    return frames, feed_of(name, frames)


def feed_of(name: str, frames: list[bytes]) -> VenueFeed:
    dialect = DIALECTS[name]
    seen = (sighting for frame in frames for sighting in dialect.sightings(frame))
    return dialect.feed(instruments(seen, dialect.terms))


@pytest.mark.parametrize("name", FILES)
def test_recorded_connections_are_told_from_how_they_begin(market_data: Path, name: str) -> None:
    assert guess_format(paths(market_data, name)) == "ws-recording"


@pytest.mark.parametrize("name", FILES)
def test_every_frame_of_a_recording_is_accounted_for_and_every_proof_is_equal(
    market_data: Path, name: str
) -> None:
    opened = open_ws_recording(paths(market_data, name), FormatOptions())
    for _ in opened.events():
        pass
    frames, inputs, dropped, proofs = EXPECTED[name]
    counts = opened.counts
    assert (counts.frames, counts.inputs, counts.dropped) == (frames, inputs, dropped)
    assert (counts.waiting, counts.gaps) == (0, 0)
    assert counts.balanced
    assert {oracle.name: oracle.compared for oracle in opened.oracles} == proofs
    assert all(oracle.equal == oracle.compared for oracle in opened.oracles)
    assert opened.records.malformed == {}
    assert opened.records.times_backwards == 0


def test_the_books_of_four_pairs_on_one_connection_equal_their_quotes(market_data: Path) -> None:
    opened = open_ws_recording(paths(market_data, "binance"), FormatOptions())
    assert [each.symbol for each in opened.instruments] == [
        *("NKNUSDT.BINANCE", "BLZETH.BINANCE", "LRCBTC.BINANCE", "RUNEEUR.BINANCE")
    ]
    comparison, sequence = BookComparison(), 0
    for time, inputs in opened.events():
        for happened in inputs:
            sequence += 1
            comparison.follow(Sequence(sequence), time, happened, [])
    comparison.finish()
    assert (comparison.compared, comparison.equal, comparison.different) == (141, 141, 0)
    assert comparison.skipped == {"no earlier quote": 15, "no later quote": 20}


class Believed:
    """The books of all instruments as a consumer of inputs builds them."""

    def __init__(self) -> None:
        self.books: Books = {}

    def follow(self, inputs: list[Input]) -> None:
        for got in inputs:
            if isinstance(got, BookGap):
                self.books.pop(got.instrument, None)
            elif isinstance(got, BookSnapshot):
                self.books[got.instrument] = (dict(got.bids), dict(got.asks))
            elif isinstance(got, BookChange):
                for side, levels in zip(
                    self.books[got.instrument], (got.bids, got.asks), strict=True
                ):
                    side.update(levels)
                    for price in [price for price, quantity in levels if quantity == 0]:
                        side.pop(price, None)

    def best(self, depth: int) -> Books:
        """Return the best levels of each book, without those beyond what checksums cover."""
        found = {}
        for instrument, (bids, asks) in self.books.items():
            shown_bids = dict(sorted(bids.items(), reverse=True)[:depth])
            found[instrument] = (shown_bids, dict(sorted(asks.items())[:depth]))
        return found


def disturbed(frames: list[bytes], place: int, fault: str) -> list[bytes]:
    frames = list(frames)
    frame = frames[place]
    if fault == "lose":
        del frames[place]
    elif fault == "repeat":
        frames.insert(place, frame)
    elif fault == "swap":
        frames[place], frames[place + 1] = frames[place + 1], frame
    elif fault == "cut":
        frames[place] = frame[: len(frame) // 2]
    elif fault == "damage":
        frames[place] = b"\x00" + frame[1:]
    return frames


def places(frames: list[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Yield every place of the beginning with each fault, and some behind it."""
    begin = min(PREFIX, len(frames) - 2)
    for place in range(begin):
        yield from ((place, fault) for fault in FAULTS)
    chance = Random(name)
    for _ in range(PLACES if len(frames) - 2 > begin else 0):
        yield chance.randrange(begin, len(frames) - 1), chance.choice(FAULTS)


def undisturbed(name: str, frames: list[bytes]) -> list[Books]:
    """Return the best of all books after each frame."""
    feed, believed, states = feed_of(name, frames), Believed(), []
    for frame in frames:
        believed.follow(feed.receive(frame, Nanos(0)))
        states.append(believed.best(10))
    return states


@pytest.mark.parametrize("name", ["binance", "bitget", "deribit", "okx"])
def test_one_fault_in_a_real_recording_leaves_the_right_book_or_none(
    market_data: Path, name: str
) -> None:
    """A book is right at the message behind the fault, wherever its numbers or checksums reach."""
    frames, _ = frames_and_feed(market_data, name)
    frames = frames[:400]
    truth = undisturbed(name, frames)
    all_instruments = feed_of(name, frames).instruments
    for place, fault in places(frames, name):
        feed, believed = DIALECTS[name].feed(all_instruments), Believed()
        sent = disturbed(frames, place, fault)
        shift = len(sent) - len(frames)
        for at, frame in enumerate(sent[: place + 12]):
            with suppress(MalformedFrame):
                believed.follow(feed.receive(frame, Nanos(0)))
            assert feed.counts.balanced
            if at > place + 1:
                told = f"{name}: {fault} at {place}, seen at {at}"
                _expect_true(believed, truth, at - shift, told)


def _expect_true(believed: Believed, truth: list[Books], at: int, told: str) -> None:
    """Assert that each book which changed at this frame is right, if it is believed."""
    now, before = truth[at], truth[at - 1]
    for instrument, sides in believed.best(10).items():
        if instrument in now and now[instrument] != before.get(instrument):
            assert sides == now[instrument], told


@pytest.mark.parametrize("name", FILES)
def test_mutated_frames_of_a_recording_are_answered_or_refused(
    market_data: Path, name: str
) -> None:
    frames, feed = frames_and_feed(market_data, name)
    samples = [frame for frame in frames[:400] if len(frame) < 5_000]
    checked = check_feed(feed, samples)
    assert checked.answered


def test_an_address_tells_the_venue_and_one_that_is_not_known_is_refused() -> None:
    addresses = {dialect.feed(()).url: name for name, dialect in DIALECTS.items()}
    assert {address: dialect_of(address).name for address in addresses} == addresses
    with pytest.raises(InstrumentNotInferred, match="no venue is known at 'wss://x', expected one"):
        dialect_of("wss://x")


def test_recordings_of_two_venues_or_none_are_refused_and_a_person_may_say_which(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5\n")
    two.write_bytes(b"wss://ws.kraken.com <-> 1652459224.5\n")
    with pytest.raises(InstrumentNotInferred, match="connections to okx, kraken, expected one"):
        open_ws_recording([one, two], FormatOptions())
    with pytest.raises(InstrumentNotInferred, match="recorded is nothing"):
        open_ws_recording([one, two], FormatOptions(market="okx"))
    with pytest.raises(InstrumentNotInferred, match="no venue 'mars', expected one of binance"):
        open_ws_recording([one], FormatOptions(market="mars"))


def test_a_recorded_quote_without_a_book_is_a_quote(market_data: Path) -> None:
    opened = open_ws_recording(paths(market_data, "kraken"), FormatOptions(symbols=("ETH/CHF",)))
    quotes = [got for _, inputs in opened.events() for got in inputs if isinstance(got, Quote)]
    assert {quote.instrument for quote in quotes} == {opened.instruments[0].instrument}
    assert opened.counts.dropped["symbol_unknown"] > 0
