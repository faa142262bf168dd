"""What a recorded frame of a crypto venue costs on its way to inputs, beside its JSON alone.

Beside it stands `msgspec.json` decoding the same frame into dictionaries and lists: the least that
anybody has to do who looks at a frame. Prices and quantities are still text then, nothing is
checked, and nothing is in order.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from time import process_time_ns
from typing import Final

import msgspec

from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.gateways.binance import BinanceFeed, Market, infer
from fairlead.gateways.dialects import DIALECTS
from fairlead.gateways.feed import Feed
from fairlead.gateways.recorded_terms import instruments
from fairlead.gateways.recording import read_recording
from fairlead.gateways.ws_recording import WsRecording
from fairlead.model.units import InstrumentId, Nanos

NAME: Final = "feed"
RECORDINGS: Final = {
    Market.USDM: "binance_l2_raw/usdm/ethusdt_20240808.gz",
    Market.SPOT: "binance_l2_raw/spot/ethusdt_20240808.gz",
}

Frames = list[tuple[Nanos, bytes]]


CONNECTIONS: Final = {
    "bitget": "BITGET.ws.2.0.gz",
    "coinbase": "COINBASE.ws.28.0.gz",
    "deribit": "DERIBIT.ws.1.0",
    "okx": "OKX.ws.1.0",
}
_CONNECTIONS_FOLDER: Final = "ws_recordings/sample_data"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each venue of which there is a recording."""
    for market, name in RECORDINGS.items():
        file = place.market_data / name
        if not file.exists():
            yield Skipped(NAME, f"no recording {name} in the market data folder")
            continue
        frames = list(islice(read_recording([file]), sizes.frames))
        instrument, _ = infer(InstrumentId(1), (frame for _, frame in frames), market)
        pairs = _pairs(frames, partial(BinanceFeed, instrument, market), sizes)
        yield _row(f"binance {market.value}", frames, pairs)
    for venue, name in CONNECTIONS.items():
        file = place.market_data / _CONNECTIONS_FOLDER / name
        if not file.exists():
            yield Skipped(NAME, f"no recording {name} in the market data folder")
            continue
        frames = list(islice(WsRecording([file]), sizes.frames))
        dialect = DIALECTS[venue]
        seen = (sighting for _, frame in frames for sighting in dialect.sightings(frame))
        pairs = _pairs(frames, partial(dialect.feed, instruments(seen, dialect.terms)), sizes)
        yield _row(venue, frames, pairs)


def _row(venue: str, frames: Frames, pairs: Pairs) -> Row:
    what = f"a frame of {venue}, {len(frames):,} frames"
    return row(NAME, what, "ns per frame", "msgspec.json alone", pairs)


def _pairs(frames: Frames, make: Callable[[], Feed], sizes: Sizes) -> Pairs:
    def ours() -> int:
        feed = make()
        receive = feed.receive
        began = process_time_ns()
        for time, frame in frames:
            receive(frame, time)
        took = process_time_ns() - began
        assert feed.counts.balanced, "every frame is accounted for"
        assert feed.counts.inputs, "the frames say something"
        return took

    def theirs() -> int:
        decode = msgspec.json.Decoder().decode
        began = process_time_ns()
        for _, frame in frames:
            decode(frame)
        return process_time_ns() - began

    return by_turns(ours, theirs, sizes, len(frames))


def market_data(root: Path, told: str | None) -> Path:
    """Return where recordings are: as told, or in `shared/data` beside the checkout."""
    return Path(told) if told else root.parent / "shared" / "data"
