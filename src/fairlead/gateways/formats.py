"""Every format of recorded market data, by name: one line each, for all who open recordings.

`fairlead feed`, backtests (`venue.kind: recorded`) and the tick store take the same names.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.binance import BinanceFeed, Market, infer
from fairlead.gateways.databento import open_databento
from fairlead.gateways.dialects import open_ws_recording
from fairlead.gateways.errors import FormatUnknown, InstrumentNotInferred
from fairlead.gateways.feed import RecordedFeed
from fairlead.gateways.itch.captures import open_capture
from fairlead.gateways.itch.files import open_day
from fairlead.gateways.lean import open_lean
from fairlead.gateways.lobster import open_lobster
from fairlead.gateways.recorded import FormatOptions, FramesThroughFeed, Oracle
from fairlead.gateways.recording import Recording
from fairlead.gateways.store.exporting import open_exported
from fairlead.gateways.store.reading import open_store
from fairlead.model.units import InstrumentId

__all__ = ["FORMATS", "Format", "FormatOptions", "Oracle", "format_named"]


class Format(NamedTuple):
    """A way to record market data."""

    name: str
    what: str  # in one line
    open: Callable[[Sequence[Path], FormatOptions], RecordedFeed]  # raises `GatewayError`


def format_named(name: str) -> Format:
    """Return the format. Raises `FormatUnknown`, which lists those that there are."""
    found = FORMATS.get(name)
    if found is None:
        raise FormatUnknown(f"no format {name!r}, expected one of {', '.join(FORMATS)}")
    return found


def _open_binance_raw(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    market = None if options.market in (None, "auto") else _binance_market(options.market)
    frames = (frame for _, frame in Recording(files, _passed_over(options)))
    instrument, found = infer(InstrumentId(1), frames, market)
    symbol = instrument.symbol.partition(".")[0]
    if options.symbols and not {symbol, instrument.symbol}.intersection(options.symbols):
        wanted = ", ".join(options.symbols)
        raise InstrumentNotInferred(f"{files[0]}: recorded is {symbol}, expected {wanted}")
    return FramesThroughFeed(
        Recording(files, options.on_bad_line), BinanceFeed(instrument, found), options
    )


def _binance_market(name: str | None) -> Market:
    try:
        return Market(name or "")
    except ValueError:
        known = ", ".join(Market)
        raise InstrumentNotInferred(f"no market {name!r} of Binance, expected {known}") from None


def _passed_over(options: FormatOptions) -> Callable[[object], None] | None:
    """Return who hears of bad lines while a file is looked at: they are told of when it is read."""
    return None if options.on_bad_line is None else lambda _: None


_ALL: Final = (
    Format(
        "binance-raw",
        "lines `receive_ns {json}` of one Binance symbol, spot or USD-M",
        _open_binance_raw,
    ),
    Format(
        "databento",
        "Databento's DBN (1 to 3, also .zst) or CSV: MBO, MBP, trades, bars, of one dataset",
        open_databento,
    ),
    Format(
        "ws-recording",
        "lines `epoch.micros: frame` of connections to one crypto venue, a file each",
        open_ws_recording,
    ),
    Format(
        "lean",
        "QuantConnect Lean's zips: ticks and bars, trades and quotes, of stocks and crypto",
        open_lean,
    ),
    Format("store", "a tick store made by `fairlead data import`: its folder", open_store),
    Format("exported", "what `fairlead data export` wrote: JSON lines or CSV", open_exported),
    Format(
        "lobster",
        "messages of a NASDAQ stock with the book after each, CSV, in the order of their days",
        open_lobster,
    ),
    Format("itch", "NASDAQ TotalView-ITCH 5.0, each message with its length before it", open_day),
    Format(
        "itch-pcap",
        "captured packets (pcap, pcapng) of ITCH in MoldUDP64 or SoupBinTCP",
        open_capture,
    ),
)
FORMATS: Final[Mapping[str, Format]] = {each.name: each for each in _ALL}
