"""The Binance gateway as a whole: under faults the book is right or gone; on real recordings it is
what the venue quoted, and every frame is accounted for."""

import json
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.binance import BinanceFeed, Market, infer
from fairlead.gateways.binance.depth import OLD_IN_A_ROW_MAX
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.recording import RecordingCounts, read_recording, recorded_inputs
from fairlead.model.inputs import BookChange, BookSnapshot, Quote, Trade
from fairlead.model.units import InstrumentId, Nanos, Sequence
from fairlead.readers.book_comparison import BookComparison
from tests.gateways.binance.venue import ETHUSDT, Follower, Venue

SPOT = ["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"]
USDM = ["usdm/ethusdt_20240808.gz"]

EVENTS = 25
DELIVERY_FAULTS = ["lose", "repeat", "swap", "delay", "cut"]
MARKETS = st.sampled_from(list(Market))


def deliver(feed: BinanceFeed, follower: Follower, frame: bytes) -> None:
    """Hand a frame to the feed; what is malformed is for the feed to count."""
    with suppress(MalformedFrame):
        follower.follow(feed.receive(frame, Nanos(0)))
    assert feed.counts.balanced


def with_faults(frames: list[bytes], faults: list[tuple[int, str]], chance: Random) -> list[bytes]:
    """Return the frames as a bad line would deliver them."""
    frames = list(frames)
    for place, fault in faults:
        at = place % len(frames)
        frame = frames[at]
        if fault == "lose" and len(frames) > 1:
            del frames[at]
        elif fault == "repeat":
            frames.insert(chance.randrange(at, len(frames)) + 1, frame)
        elif fault == "swap":
            frames[at], frames[at - 1] = frames[at - 1], frame
        elif fault == "delay":
            frames.append(frames.pop(at))
        elif fault == "cut":
            frames[at] = frame[: len(frame) // 2]
        elif fault == "damage" and frame:
            damaged = bytearray(frame)
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            frames[at] = bytes(damaged)
    return frames


def recover(feed: BinanceFeed, follower: Follower, venue: Venue) -> None:
    """Let the feed notice that it lost something, and give it the snapshot that it asks for."""
    for _ in range(OLD_IN_A_ROW_MAX + 2):
        venue.depth()  # lost
        deliver(feed, follower, venue.depth())
        if feed.needs_snapshots:
            deliver(feed, follower, venue.snapshot())
            return
    raise AssertionError("the feed never noticed")


faults_of = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(DELIVERY_FAULTS)), max_size=6)
damages = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([*DELIVERY_FAULTS, "damage"])), max_size=6
)


@given(MARKETS, st.integers(0, 10**9), faults_of)
def test_a_book_that_is_believed_is_the_venues_book_at_that_update(
    market: Market, seed: int, faults: list[tuple[int, str]]
) -> None:
    venue, feed, follower = Venue(market, seed), BinanceFeed(ETHUSDT, market), Follower()
    frames = [venue.depth() for _ in range(4)] + [venue.snapshot()]
    frames += [venue.depth() for _ in range(EVENTS)]
    for frame in with_faults(frames, faults, Random(seed)):
        deliver(feed, follower, frame)
        assert (follower.sides is None) == bool(feed.needs_snapshots)
        if follower.sides is not None:
            assert follower.sides == venue.history[follower.update]
    recover(feed, follower, venue)
    assert follower.sides == venue.history[venue.update]


@given(MARKETS, st.integers(0, 10**9), damages)
def test_after_any_damage_the_next_snapshot_makes_the_book_right_again(
    market: Market, seed: int, faults: list[tuple[int, str]]
) -> None:
    venue, feed, follower = Venue(market, seed), BinanceFeed(ETHUSDT, market), Follower()
    frames = [venue.snapshot()] + [venue.depth() for _ in range(EVENTS)]
    for frame in with_faults(frames, faults, Random(seed)):
        deliver(feed, follower, frame)
    recover(feed, follower, venue)
    for _ in range(3):
        assert not feed.needs_snapshots
        assert follower.sides == venue.history[venue.update]
        deliver(feed, follower, venue.depth())


def mutated(frame: bytes, chance: Random) -> bytes:
    """Return the frame with a few bytes changed, cut out, put in, or repeated."""
    damaged = bytearray(frame)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), start + chance.randint(0, 8))
        replacement = chance.choice(
            [
                b"",
                chance.randbytes(1),
                damaged[start:end] * 2,
                b"-",
                b"0",
                b'"',
                b"null",
                b"[",
                b"}",
            ]
        )
        damaged[start:end] = replacement
    return bytes(damaged)


@pytest.mark.parametrize("market", list(Market))
def test_mutated_bytes_are_inputs_or_dropped_or_malformed_and_never_a_crash(market: Market) -> None:
    chance = Random(1)
    trade = {"e": "trade", "E": 2, "T": 1, "s": "ETHUSDT", "t": 1, "p": "9.9", "q": "1", "m": True}
    venue, feed = Venue(market, 1), BinanceFeed(ETHUSDT, market)
    malformed = 0
    for case in range(3_000):
        frames = [venue.depth(), venue.quote(), venue.snapshot(), json.dumps(trade).encode()]
        try:
            feed.receive(mutated(frames[case % len(frames)], chance), Nanos(case))
        except MalformedFrame:
            malformed += 1
        assert feed.counts.balanced
    assert 0 < malformed < 3_000


@given(st.binary(max_size=300))
def test_any_bytes_are_inputs_or_dropped_or_malformed(frame: bytes) -> None:
    feed = BinanceFeed(ETHUSDT, Market.SPOT)
    with suppress(MalformedFrame):
        feed.receive(frame, Nanos(0))
    assert feed.counts.balanced


@pytest.mark.parametrize(
    ("names", "market", "inputs", "dropped", "compared", "skipped"),
    [
        (
            SPOT,
            Market.SPOT,
            {"Quote": 58_758, "Trade": 14_515, "BookSnapshot": 1, "BookChange": 6_468},
            {"depth_old": 1, "depth_duplicate": 1},
            6_469,
            {},
        ),
        (
            USDM,
            Market.USDM,
            {"Quote": 53_992, "Trade": 14_076, "BookSnapshot": 1, "BookChange": 6_581},
            {"depth_old": 5},
            6_580,
            {"no later quote": 2},  # the last two events: the recording ends
        ),
    ],
)
def test_every_depth_event_is_applied_and_every_book_equals_its_quote(
    market_data: Path,
    names: list[str],
    market: Market,
    inputs: dict[str, int],
    dropped: dict[str, int],
    compared: int,
    skipped: dict[str, int],
) -> None:
    paths = [market_data / "binance_l2_raw" / name for name in names]
    instrument, inferred = infer(InstrumentId(1), (frame for _, frame in read_recording(paths)))
    assert inferred is market
    feed, counts, comparison = BinanceFeed(instrument, market), RecordingCounts(), BookComparison()
    sequence = 0
    for time, got in recorded_inputs(paths, feed, counts):
        for each in got:
            sequence += 1
            assert isinstance(each, Quote | Trade | BookSnapshot | BookChange)
            comparison.follow(Sequence(sequence), time, each, [])
    comparison.finish()
    assert (feed.counts.inputs, feed.counts.dropped) == (inputs, dropped)
    assert (feed.counts.waiting, feed.counts.gaps, counts.times_backwards) == (0, 0, 0)
    assert feed.counts.balanced
    assert (comparison.compared, comparison.equal) == (compared, compared)
    assert (comparison.different, comparison.skipped) == (0, skipped)


@pytest.mark.parametrize(("names", "market"), [(SPOT, Market.SPOT), (USDM, Market.USDM)])
def test_one_lost_depth_event_of_a_real_recording_is_a_gap(
    market_data: Path, names: list[str], market: Market
) -> None:
    paths = [market_data / "binance_l2_raw" / name for name in names]
    frames = [frame for _, frame in read_recording(paths)][:8_000]
    instrument, _ = infer(InstrumentId(1), frames)
    feed = BinanceFeed(instrument, market)
    places = [place for place, frame in enumerate(frames) if b"@depth" in frame[:40]]
    del frames[places[100]]
    for frame in frames:
        feed.receive(frame, Nanos(0))
    assert feed.counts.gaps == 1
    assert feed.needs_snapshots
    assert feed.counts.balanced
