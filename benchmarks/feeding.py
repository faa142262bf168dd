"""What a recorded Binance frame costs on its way to inputs, beside reading its JSON alone.

Beside it stands `msgspec.json` decoding the same frame into dictionaries and lists: the least that
anybody has to do who looks at a frame. Prices and quantities are still text then, nothing is
checked, and nothing is in order.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import process_time_ns
from typing import Final

import msgspec

from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.gateways.binance import BinanceFeed, Market, infer
from fairlead.gateways.recording import read_recording
from fairlead.model.units import InstrumentId, Nanos

NAME: Final = "feed"
RECORDINGS: Final = {
    Market.USDM: "binance_l2_raw/usdm/ethusdt_20240808.gz",
    Market.SPOT: "binance_l2_raw/spot/ethusdt_20240808.gz",
}

Frames = list[tuple[Nanos, bytes]]


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each market of which there is a recording."""
    for market, name in RECORDINGS.items():
        file = place.market_data / name
        if not file.exists():
            yield Skipped(NAME, f"no recording {name} in the market data folder")
            continue
        frames = list(islice(read_recording([file]), sizes.frames))
        pairs = _pairs(frames, market, sizes)
        what = f"a frame of {market.value}, {len(frames):,} frames"
        yield row(NAME, what, "ns per frame", "msgspec.json alone", pairs)


def _pairs(frames: Frames, market: Market, sizes: Sizes) -> Pairs:
    instrument, _ = infer(InstrumentId(1), (frame for _, frame in frames), market)

    def ours() -> int:
        feed = BinanceFeed(instrument, market)
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
