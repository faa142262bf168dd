"""What Kraken frames, version 1, tell of pairs: prices and quantities, and what a name says."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

VENUE: Final = "KRAKEN"
_FEES: Final = (Rate(16 * BASIS_POINT), Rate(26 * BASIS_POINT))
_FRAME: Final = msgspec.json.Decoder(list[Any])
_PARTS_MIN: Final = 4


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its quantity; nothing of a frame that is no market data."""
    try:
        parts = _FRAME.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if len(parts) < _PARTS_MIN or not isinstance(parts[-1], str):
        return
    for payload in parts[1:-2]:
        for pair in _pairs(payload, parts[-2]):
            if all(isinstance(text, str) for text in pair):
                yield Sighting(parts[-1], *pair)


def terms(symbol: str) -> Terms:
    """Return what a pair says: `XBT/USD`."""
    return Terms(VENUE, symbol.partition("/")[2] or symbol, InstrumentKind.SPOT, *_FEES)


def _pairs(payload: Any, channel: Any) -> Iterator[tuple[Any, Any]]:
    """Yield prices with quantities, as the channel writes them."""
    if channel == "spread" and isinstance(payload, list) and len(payload) >= 5:
        yield payload[0], payload[3]
        yield payload[1], payload[4]
    elif channel == "ticker" and isinstance(payload, dict):
        sides = [payload.get(side) for side in "ab"]
        yield from ((s[0], s[2]) for s in sides if isinstance(s, list) and len(s) >= 3)
    elif isinstance(payload, dict):
        for name in ("as", "bs", "a", "b"):
            yield from _rows(payload.get(name))
    elif channel == "trade":
        yield from _rows(payload)


def _rows(rows: Any) -> Iterator[tuple[Any, Any]]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) >= 2:
            yield row[0], row[1]
