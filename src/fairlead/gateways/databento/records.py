"""Databento's records as tuples with the format's own field names, and how DBN lays them out.

Source: Databento's documentation of DBN and of its schemas. Everything is little-endian; a record
begins with its length in words of four bytes. Prices are in units of 10**-9, times in nanoseconds
since the epoch. Only what becomes an input is read; the rest of a record is left alone.
"""

from struct import Struct
from typing import Final, NamedTuple

from fairlead.gateways.bar_trades import last_moment
from fairlead.gateways.errors import MalformedFrame

UNDEFINED_PRICE: Final = 2**63 - 1
UNDEFINED_TIME: Final = 2**64 - 1
PRICE_DECIMALS: Final = 9

MBP_0: Final = 0x00  # trades
MBP_1: Final = 0x01  # mbp-1 and tbbo
MBP_10: Final = 0x0A
STATUS: Final = 0x12
DEFINITION: Final = 0x13
IMBALANCE: Final = 0x14
ERROR: Final = 0x15
SYMBOL_MAPPING: Final = 0x16
SYSTEM: Final = 0x17
STATISTICS: Final = 0x18
MBO: Final = 0xA0
CMBP_1: Final = 0xB1
CBBO_1S: Final = 0xC0
CBBO_1M: Final = 0xC1
TCBBO: Final = 0xC2
BBO_1S: Final = 0xC3
BBO_1M: Final = 0xC4
BAR_SECONDS: Final = {0x20: 1, 0x21: 60, 0x22: 3_600, 0x23: 86_400, 0x24: 86_400}

# What has no meaning for a market that is traded: counted under its name.
PASSED_OVER: Final = {
    ERROR: "gateway_error",
    SYSTEM: "gateway_message",
    STATISTICS: "statistics",
}


class Level(NamedTuple):
    """A level of both sides; a price of `UNDEFINED_PRICE` is one that is not there."""

    bid_px: int
    ask_px: int
    bid_sz: int
    ask_sz: int


class ByOrder(NamedTuple):
    """MBO: what happened to one order."""

    rtype: int
    instrument_id: int
    ts_event: int
    order_id: int
    price: int
    size: int
    flags: int
    action: str
    side: str
    ts_recv: int
    sequence: int


class ByPrice(NamedTuple):
    """Trades, MBP, BBO and their consolidated kinds: an event, and the levels that go with it."""

    rtype: int
    instrument_id: int
    ts_event: int
    price: int
    size: int
    action: str
    side: str
    flags: int
    ts_recv: int
    sequence: int
    levels: tuple[Level, ...]


class Bar(NamedTuple):
    """OHLCV of the span that begins at `ts_event`."""

    rtype: int
    instrument_id: int
    ts_event: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Status(NamedTuple):
    """Whether an instrument trades."""

    rtype: int
    instrument_id: int
    ts_event: int
    ts_recv: int
    action: int
    reason: int
    is_trading: str


class Imbalance(NamedTuple):
    """What an auction would do now."""

    rtype: int
    instrument_id: int
    ts_event: int
    ts_recv: int
    ref_price: int
    cont_book_clr_price: int
    auct_interest_clr_price: int
    ind_match_price: int
    paired_qty: int
    total_imbalance_qty: int
    side: str


class Definition(NamedTuple):
    """As much of a definition as our terms need; no currency: "" (of stocks)."""

    rtype: int
    instrument_id: int
    ts_event: int
    min_price_increment: int
    currency: str


class Mapping(NamedTuple):
    """Of a live session: which symbol a number stands for from now on."""

    rtype: int
    instrument_id: int
    ts_event: int
    symbol: str


class Passed(NamedTuple):
    """A record of no meaning to us."""

    rtype: int
    instrument_id: int
    ts_event: int
    what: str


Record = ByOrder | ByPrice | Bar | Status | Imbalance | Definition | Mapping | Passed

_HEADER: Final = Struct("<BBHIQ")  # length, rtype, publisher_id, instrument_id, ts_event
HEADER_BYTES: Final = _HEADER.size
WORD_BYTES: Final = 4  # lengths are counted in words

# order_id, price, size, flags, action, side, ts_recv, sequence; x: channel_id, ts_in_delta
_BY_ORDER: Final = Struct("<QqIBxccQ4xI")
_BY_PRICE: Final = Struct("<qIccBxQ4xI")  # price, size, action, side, flags, ts_recv, sequence
_BBO: Final = Struct("<qIxcBxQ")  # price, size, side, flags, ts_recv
_LEVEL: Final = Struct("<qqII")  # and two counts, or two publishers
_LEVEL_BYTES: Final = 32
_LEVELS_AT: Final = 48
_BAR: Final = Struct("<qqqqQ")
_STATUS: Final = Struct("<QHHHc")
_IMBALANCE: Final = Struct("<QqQqqqqqqIIIIcc")
_INCREMENT: Final = Struct("<Qq")  # ts_recv, min_price_increment
_CURRENCY_AT: Final = {360: 186, 400: 186, 520: 224}  # by the length of a definition: v1, v2, v3
_CURRENCY_BYTES: Final = 4
# Of a mapping, by its length: where the symbols stand (asked for, meant), and how long they are.
_SYMBOLS_AT: Final = {80: (16, 38, 22), 176: (17, 89, 71)}

_LEVELS: Final = {
    MBP_0: 0,
    **dict.fromkeys((MBP_1, CMBP_1, TCBBO, BBO_1S, BBO_1M, CBBO_1S, CBBO_1M), 1),
    MBP_10: 10,
}
_SUBSAMPLED: Final = {BBO_1S, BBO_1M, CBBO_1S, CBBO_1M}
_LENGTHS: Final = {
    MBO: 56,
    **{rtype: _LEVELS_AT + count * _LEVEL_BYTES for rtype, count in _LEVELS.items()},
    **dict.fromkeys(BAR_SECONDS, 56),
    STATUS: 40,
    IMBALANCE: 112,
    DEFINITION: 360,
    SYMBOL_MAPPING: 80,
}


_TS_RECV_AT: Final = {
    MBO: 40,
    **dict.fromkeys(_LEVELS, 32),
    **dict.fromkeys((STATUS, IMBALANCE, DEFINITION, STATISTICS), 16),
}
_TIME: Final = Struct("<Q")
_NANOS: Final = 1_000_000_000


def when(record: Record) -> int:
    """Return when a record's event was. A quote of a moment may have had no event before it."""
    if isinstance(record, ByPrice) and record.ts_event == UNDEFINED_TIME:
        return record.ts_recv
    return record.ts_event


def received(frame: bytes) -> int:
    """Return when a record was received, of a bar its last moment; 0 if it is unsaid.

    The record may be damaged otherwise.
    """
    if len(frame) < HEADER_BYTES:
        return 0
    _, rtype, _, _, ts_event = _HEADER.unpack_from(frame)
    if rtype in BAR_SECONDS:
        return last_moment(int(ts_event) + BAR_SECONDS[rtype] * _NANOS)
    at = _TS_RECV_AT.get(rtype, HEADER_BYTES - _TIME.size)
    if len(frame) < at + _TIME.size:
        return 0
    (time,) = _TIME.unpack_from(frame, at)
    return int(ts_event) if time == UNDEFINED_TIME else int(time)


def read_record(frame: bytes) -> Record:
    """Return a record of a DBN file, whole and alone. Raises `MalformedFrame`."""
    if len(frame) < HEADER_BYTES:
        raise MalformedFrame("length", f"a record of {len(frame)} bytes, expected {HEADER_BYTES}")
    words, rtype, _, instrument, ts_event = _HEADER.unpack_from(frame)
    if words * WORD_BYTES != len(frame):
        found = f"{len(frame)} bytes in a record that says {words * WORD_BYTES}"
        raise MalformedFrame("length", found)
    if len(frame) < _LENGTHS.get(rtype, HEADER_BYTES):
        found = f"a record of type {rtype:#x} with {len(frame)} bytes"
        raise MalformedFrame("length", f"{found}, expected {_LENGTHS[rtype]} or more")
    if rtype in _LEVELS:
        return _by_price(frame, rtype, instrument, ts_event)
    if rtype == MBO:
        return _by_order(frame, instrument, ts_event)
    if rtype in BAR_SECONDS:
        return Bar(rtype, instrument, ts_event, *_BAR.unpack_from(frame, HEADER_BYTES))
    return _rarer(frame, rtype, instrument, ts_event)


def _by_order(frame: bytes, instrument: int, ts_event: int) -> ByOrder:
    order, price, size, flags, action, side, ts_recv, sequence = _BY_ORDER.unpack_from(
        frame, HEADER_BYTES
    )
    letters = _letter(action), _letter(side)
    return ByOrder(
        MBO, instrument, ts_event, order, price, size, flags, *letters, ts_recv, sequence
    )


def _by_price(frame: bytes, rtype: int, instrument: int, ts_event: int) -> ByPrice:
    if rtype in _SUBSAMPLED:
        price, size, side, flags, ts_recv = _BBO.unpack_from(frame, HEADER_BYTES)
        action, sequence = b"N", 0
    else:
        price, size, action, side, flags, ts_recv, sequence = _BY_PRICE.unpack_from(
            frame, HEADER_BYTES
        )
    levels = tuple(
        Level(*_LEVEL.unpack_from(frame, _LEVELS_AT + number * _LEVEL_BYTES))
        for number in range(_LEVELS[rtype])
    )
    return ByPrice(
        rtype,
        instrument,
        ts_event,
        price,
        size,
        _letter(action),
        _letter(side),
        flags,
        ts_recv,
        sequence,
        levels,
    )


def _rarer(frame: bytes, rtype: int, instrument: int, ts_event: int) -> Record:
    if rtype == STATUS:
        ts_recv, action, reason, _, trading = _STATUS.unpack_from(frame, HEADER_BYTES)
        return Status(rtype, instrument, ts_event, ts_recv, action, reason, _letter(trading))
    if rtype == IMBALANCE:
        found = _IMBALANCE.unpack_from(frame, HEADER_BYTES)
        ts_recv, reference, _, book, auction, _, match, _, _, paired, imbalance = found[:11]
        prices = reference, book, auction, match
        side = _letter(found[14])
        return Imbalance(rtype, instrument, ts_event, ts_recv, *prices, paired, imbalance, side)
    if rtype == DEFINITION:
        _, increment = _INCREMENT.unpack_from(frame, HEADER_BYTES)
        at = _CURRENCY_AT.get(len(frame))
        currency = "" if at is None else _text(frame[at : at + _CURRENCY_BYTES])
        return Definition(rtype, instrument, ts_event, increment, currency)
    if rtype == SYMBOL_MAPPING:
        asked_at, meant_at, length = _SYMBOLS_AT.get(len(frame), (0, 0, 0))
        asked = _text(frame[asked_at : asked_at + length])
        meant = _text(frame[meant_at : meant_at + length])
        symbol = asked if meant.isdigit() or not meant else meant
        return Mapping(rtype, instrument, ts_event, symbol)
    if rtype in PASSED_OVER:
        return Passed(rtype, instrument, ts_event, PASSED_OVER[rtype])
    raise MalformedFrame("type", f"a record of type {rtype:#x}, which is not known")


def _letter(byte: bytes) -> str:
    if not byte.isalpha() and byte != b"~":
        raise MalformedFrame("letter", f"{byte!r} where a letter says what happened")
    return byte.decode("ascii")


def _text(field: bytes) -> str:
    """Return text that ends with a zero byte. Raises `MalformedFrame`."""
    text = field.partition(b"\0")[0]
    if not text.isascii():
        raise MalformedFrame("text", f"{text!r} is no ASCII text")
    return text.decode("ascii")
