"""NASDAQ's day files: every ITCH message of a day, each with its length before it.

The venue publishes them so (BinaryFILE), plain or gzip; a length of 0 ends the day. Such a file
says neither its day nor when a message was received: the day is in its name (`01302019.NASDAQ_..`)
or told, and a message counts as received when the venue made it.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

from fairlead.gateways.errors import (
    InstrumentNotInferred,
    RecordingDamaged,
    RecordingError,
    RecordingUnreadable,
)
from fairlead.gateways.itch.feed import ItchFeed, midnight
from fairlead.gateways.itch.listing import STOCK_BYTES
from fairlead.gateways.itch.messages import LAYOUTS, NANOS_PER_DAY
from fairlead.gateways.recorded import FormatOptions, FramesThroughFeed
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, Rate

VENUE: Final = "NASDAQ"
# Directory messages come first; a day file has some 10,000 of them, between other notices.
FIRST_MESSAGES_MAX: Final = 200_000
_DIRECTORY: Final = ord("R")
_CHUNK: Final = 1 << 18
_GZIP: Final = b"\x1f\x8b"
_NAMED_DAYS: Final = (  # in the names that the venue gives its files
    (re.compile(r"(?<!\d)(\d\d)(\d\d)(\d{4})\.[A-Z]+_ITCH"), "{2}{0}{1}"),
    (re.compile(r"(?:^|[^A-Za-z0-9])S(\d\d)(\d\d)(\d\d)-v5"), "20{2}{0}{1}"),
)
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


class MessageFiles:
    """Day files, joined in order. Iterate for (time, message); once."""

    def __init__(self, paths: Iterable[Path], date: int) -> None:
        """Take the files, and the day (yyyymmdd) that their timestamps count in."""
        self._paths = [Path(path) for path in paths]
        self._midnight = midnight(date)
        self._path = Path()
        self._at = 0

    @property
    def place(self) -> str:
        """Where the message that was read last begins: `file:byte N`."""
        return f"{self._path}:byte {self._at}"

    def __iter__(self) -> Iterator[tuple[Nanos, bytes]]:
        """Yield every message. Raises `RecordingError` behind the last one that is whole."""
        began = last = self._midnight
        for path in self._paths:
            self._path = path
            for self._at, message in _messages(path):
                time = int.from_bytes(message[5:11], "big")
                if len(message) >= 11 and time < NANOS_PER_DAY:
                    last = Nanos(began + time)
                yield last, message


def open_day(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    """Open day files. Raises `GatewayError`."""
    date = told_day(files[0], options.date)
    symbols = options.symbols or listed(message for _, message in _first(files))
    feed = ItchFeed(instruments(symbols, files[0], options.market or VENUE), date)
    return FramesThroughFeed(MessageFiles(files, date), feed, options)


def told_day(path: Path, date: str | None) -> int:
    """Return the day (yyyymmdd) as told, or as the file is named.

    Raises `InstrumentNotInferred`.
    """
    told = _DAY.fullmatch(date) if date else None
    found = int("".join(told.groups())) if told else 0
    for pattern, written in () if date else _NAMED_DAYS:
        named = pattern.search(path.name)
        if named:
            found = int(written.format(*named.groups()))
    try:
        midnight(found)
    except ValueError as error:
        no_day = f"{date!r} is no day" if date else "its name says no day, and no option does"
        raise InstrumentNotInferred(f"{path}: {no_day}, expected --date yyyy-mm-dd") from error
    return found


def instruments(symbols: Iterable[str], path: Path, venue: str = VENUE) -> tuple[Instrument, ...]:
    """Return instruments for symbols of the venue, numbered from 1, as recordings have them.

    Prices have the four decimals of ITCH and stand in cents; there are no fees. A session with the
    venue takes its instruments from configuration. Raises `InstrumentNotInferred` without symbols.
    """
    wanted = dict.fromkeys(symbol.partition(".")[0] for symbol in symbols)
    if not wanted:
        raise InstrumentNotInferred(
            f"{path}: no directory message among the first {FIRST_MESSAGES_MAX} messages: say which"
            " symbols are wanted"
        )
    return tuple(_instrument(number, symbol, venue) for number, symbol in enumerate(wanted, 1))


def _instrument(number: int, symbol: str, venue: str) -> Instrument:
    return Instrument(
        instrument=InstrumentId(number),
        symbol=f"{symbol}.{venue}",
        venue=venue,
        currency="USD",
        kind=InstrumentKind.SPOT,
        price_decimals=4,
        quantity_decimals=0,
        money_decimals=8,
        price_tick=Price(100),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(10**9),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def _first(files: Sequence[Path]) -> Iterator[tuple[int, bytes]]:
    """Yield the messages at the beginning: the day's directory is among them."""
    for number, found in enumerate(_messages(files[0])):
        if number == FIRST_MESSAGES_MAX:
            return
        yield found


def listed(messages: Iterable[bytes]) -> list[str]:
    """Return the symbols of directory messages; where there is none, of any message."""
    directory: dict[str, None] = {}
    others: dict[str, None] = {}
    with suppress(RecordingError):  # who reads the file is told of it
        for message in messages:
            layout = LAYOUTS.get(message[0]) if message else None
            if layout is None or not layout.stock_at or len(message) != layout.size:
                continue
            stock = message[layout.stock_at : layout.stock_at + STOCK_BYTES]
            if stock.isascii() and stock.decode().isprintable():
                (directory if message[0] == _DIRECTORY else others)[stock.decode().rstrip()] = None
    return list(directory or others)


def _messages(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each message with the byte where it begins. Raises `RecordingError`."""
    with _opened(path) as file:
        content, base, at = b"", 0, 0  # `base`: where the content begins in the file
        while chunk := _read(file, path, base + len(content)):
            content, base, at = content[at:] + chunk, base + at, 0
            while at + 2 <= len(content):
                end = at + 2 + (content[at] << 8 | content[at + 1])
                if end == at + 2:
                    _require_end(path, base + end, content[end:] or file.read(1))
                    return
                if end > len(content):
                    break
                yield base + at, content[at + 2 : end]
                at = end
        if len(content) > at:
            left = len(content) - at
            whole = 2 + int.from_bytes(content[at : at + 2], "big") if left > 1 else "at least 2"
            raise RecordingDamaged(
                f"{path}: byte {base + at}: the file ends in the middle of a message, {left} bytes"
                f" of {whole}; all messages before it were read"
            )


def _require_end(path: Path, at: int, behind: bytes) -> None:
    if behind:
        raise RecordingDamaged(
            f"{path}: byte {at}: bytes behind the mark that ends the day; all messages before it"
            " were read"
        )


def _opened(path: Path) -> BinaryIO:
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _GZIP
        return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error


def _read(file: BinaryIO, path: Path, at: int) -> bytes:
    try:
        return file.read(_CHUNK)
    except EOFError as error:
        reached = f"{path}: byte {at}: the compressed file ends in the middle"
        raise RecordingDamaged(f"{reached}; all messages before it were read") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise RecordingDamaged(f"{path}: byte {at}: compression is broken: {error}") from error
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error
