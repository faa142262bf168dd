"""Every message of NASDAQ TotalView-ITCH 5.0, and GLIMPSE's end of a snapshot: one row each.

A row is a class: its annotations are the layout on the wire, in order, behind the header that all
messages share (type, stock locate, tracking number, 48-bit timestamp). The struct of each row is
compiled once, and decoding, encoding and the feed all use that one. Shape only, no meaning: fields
have the venue's names and units. Prices have 4 decimals, those of the market-wide breaker 8.

Source: NASDAQ TotalView-ITCH 5.0 and GLIMPSE 5.0 specifications. All numbers are big-endian.
"""

import struct
from collections.abc import Mapping
from struct import Struct
from typing import Annotated, Any, Final, get_args, get_type_hints

import msgspec

from fairlead.gateways.errors import MalformedFrame

# Types of fields, with what `struct` calls them.
Number2 = Annotated[int, "H"]
Number4 = Annotated[int, "I"]
Number6 = Annotated[int, "HI"]  # 48 bits, as the upper 16 and the lower 32
Number8 = Annotated[int, "Q"]
Letter = Annotated[str, "1s"]  # may be a blank
Text2 = Annotated[str, "2s"]  # text stands left, with blanks behind it
Text4 = Annotated[str, "4s"]
Text8 = Annotated[str, "8s"]
Text20 = Annotated[str, "20s"]

Bytes = bytes | memoryview

PRICE_DECIMALS: Final = 4
LEVEL_DECIMALS: Final = 8  # of the market-wide breaker
NANOS_PER_DAY: Final = 86_400 * 10**9
_SHOWN_BYTES_MAX: Final = 24


class Message(msgspec.Struct, frozen=True, gc=False):
    """What every message begins with, behind the letter of its type."""

    locate: Number2  # the venue's number of the instrument, for this day; 0: of none
    tracking: Number2
    timestamp: Number6  # nanoseconds since midnight at the venue


class SystemEvent(Message, frozen=True, gc=False):
    """`S`: the venue's day goes on."""

    event: Letter  # O messages, S system, Q market; M market, E system, C messages end


class StockDirectory(Message, frozen=True, gc=False):
    """`R`: what an instrument is, sent before anything else of it."""

    stock: Text8
    market_category: Letter
    financial_status: Letter
    round_lot: Number4
    round_lots_only: Letter
    issue_classification: Letter
    issue_subtype: Text2
    authenticity: Letter  # P: for trading, T: a test
    short_sale_threshold: Letter
    ipo: Letter
    luld_tier: Letter
    etp: Letter
    etp_leverage: Number4
    inverse: Letter


class TradingAction(Message, frozen=True, gc=False):
    """`H`: an instrument trades, or does not."""

    stock: Text8
    state: Letter  # H halted, P paused, Q quotes only, T trades
    reserved: Letter
    reason: Text4


class ShortSaleTest(Message, frozen=True, gc=False):
    """`Y`: the restriction of short sales (Reg SHO 201)."""

    stock: Text8
    action: Letter  # 0 none, 1 since a drop of today, 2 still


class ParticipantPosition(Message, frozen=True, gc=False):
    """`L`: how a market participant stands to an instrument."""

    participant: Text4
    stock: Text8
    primary: Letter
    mode: Letter
    state: Letter


class DeclineLevels(Message, frozen=True, gc=False):
    """`V`: the levels of the market-wide breaker, with 8 decimals."""

    level_1: Number8
    level_2: Number8
    level_3: Number8


class DeclineStatus(Message, frozen=True, gc=False):
    """`W`: a level of the market-wide breaker was breached."""

    breached: Letter


class QuotingPeriod(Message, frozen=True, gc=False):
    """`K`: when quotes of a new issue may come."""

    stock: Text8
    release_time: Number4  # seconds since midnight
    qualifier: Letter
    price: Number4


class AuctionCollar(Message, frozen=True, gc=False):
    """`J`: between which prices a paused instrument may reopen (LULD)."""

    stock: Text8
    reference_price: Number4
    upper_price: Number4
    lower_price: Number4
    extensions: Number4


class OperationalHalt(Message, frozen=True, gc=False):
    """`h`: one market has stopped an instrument for reasons of its own."""

    stock: Text8
    market: Letter  # Q NASDAQ, B BX, X PSX
    action: Letter  # H halted, T trades


class AddOrder(Message, frozen=True, gc=False):
    """`A`: an order stands in the book."""

    order: Number8
    side: Letter
    shares: Number4
    stock: Text8
    price: Number4


class AddAttributedOrder(AddOrder, frozen=True, gc=False):
    """`F`: likewise, and whose it is."""

    participant: Text4


class OrderExecuted(Message, frozen=True, gc=False):
    """`E`: some of an order traded at its price."""

    order: Number8
    shares: Number4
    match: Number8


class OrderExecutedAtPrice(OrderExecuted, frozen=True, gc=False):
    """`C`: likewise, at another price."""

    printable: Letter  # N: the shares are in a print of their own
    price: Number4


class OrderCancel(Message, frozen=True, gc=False):
    """`X`: some of an order is taken back."""

    order: Number8
    shares: Number4


class OrderDelete(Message, frozen=True, gc=False):
    """`D`: an order is taken back."""

    order: Number8


class OrderReplace(Message, frozen=True, gc=False):
    """`U`: another order stands in the place of one."""

    order: Number8
    new_order: Number8
    shares: Number4
    price: Number4


class HiddenTrade(Message, frozen=True, gc=False):
    """`P`: an order traded that nobody saw."""

    order: Number8
    side: Letter  # always B since 2014: it says nothing
    shares: Number4
    stock: Text8
    price: Number4
    match: Number8


class CrossTrade(Message, frozen=True, gc=False):
    """`Q`: an auction traded."""

    shares: Number8
    stock: Text8
    price: Number4
    match: Number8
    cross: Letter  # O opening, C closing, H halt or new issue, I intraday


class BrokenTrade(Message, frozen=True, gc=False):
    """`B`: a trade never was."""

    match: Number8


class Imbalance(Message, frozen=True, gc=False):
    """`I`: what an auction would do now."""

    paired: Number8
    imbalance: Number8
    direction: Letter  # B, S, N none, O too few orders, P paused
    stock: Text8
    far_price: Number4
    near_price: Number4
    reference_price: Number4
    cross: Letter
    variation: Letter


class RetailInterest(Message, frozen=True, gc=False):
    """`N`: on which side retail price improvement waits."""

    stock: Text8
    interest: Letter


class DirectListing(Message, frozen=True, gc=False):
    """`O`: the prices of a direct listing with a capital raise."""

    stock: Text8
    eligible: Letter
    price_min: Number4
    price_max: Number4
    near_price: Number4
    near_time: Number8
    collar_lower: Number4
    collar_upper: Number4


class SnapshotEnd(msgspec.Struct, frozen=True, gc=False):
    """`G` of GLIMPSE: the snapshot is whole; the feed goes on with this number."""

    sequence: Text20


Decoded = Message | SnapshotEnd


class Layout:
    """The row of a message: its letter, its class, its bytes."""

    def __init__(self, letter: str, message: type[Decoded]) -> None:
        """Compile the annotations of the class."""
        fields = get_type_hints(message, include_extras=True)
        formats = {name: get_args(kind)[1] for name, kind in fields.items()}
        self.what = f"{message.__name__} ({letter})"
        self.struct = Struct(">c" + "".join(formats.values()))
        self.size = self.struct.size
        self._type = letter.encode()
        self.message = message
        self._widths = [int(kind[:-1]) if kind.endswith("s") else 0 for kind in formats.values()]
        self._timestamp = list(formats).index("timestamp") if "timestamp" in formats else None
        self.stock_at = _bytes_before("stock", formats)  # 0: it has none

    def decode(self, message: Bytes) -> Decoded:
        """Return the message. Raises `MalformedFrame`."""
        values = list(self.unpack(message))[1:]
        if self._timestamp is not None:
            low = values.pop(self._timestamp + 1)
            values[self._timestamp] = values[self._timestamp] << 32 | low
            if values[self._timestamp] >= NANOS_PER_DAY:
                raise MalformedFrame("time", f"{self.what}: a timestamp after the end of the day")
        for at, width in enumerate(self._widths):
            if width:
                values[at] = text(values[at], self.what)
        return self.message(*values)

    def unpack(self, message: Bytes) -> tuple[Any, ...]:
        """Return the fields as they stand there, the type before them. Raises `MalformedFrame`."""
        if len(message) != self.size:
            found = f"{self.what}: {len(message)} bytes, expected {self.size}"
            raise MalformedFrame("length", found)
        return self.struct.unpack(message)

    def encode(self, message: Decoded) -> bytes:
        """Return the bytes. Raises `ValueError` where a field does not fit."""
        values: list[Any] = []
        for at, value in enumerate(msgspec.structs.astuple(message)):
            width = self._widths[at]
            if width and len(value) > width:
                raise ValueError(f"{self.what}: {value!r} is longer than {width}")
            if at == self._timestamp:
                values += divmod(value, 1 << 32)
            else:
                values.append(value.encode("ascii").ljust(width) if width else value)
        try:
            return self.struct.pack(self._type, *values)
        except struct.error as error:
            raise ValueError(f"{self.what}: {error}") from error


def _bytes_before(field: str, formats: Mapping[str, str]) -> int:
    """Return where a field begins in a message, 0 where it has none."""
    if field not in formats:
        return 0
    place = list(formats).index(field)
    return Struct(">c" + "".join(list(formats.values())[:place])).size


_ROWS: Final[Mapping[str, type[Message]]] = {
    "S": SystemEvent,
    "R": StockDirectory,
    "H": TradingAction,
    "Y": ShortSaleTest,
    "L": ParticipantPosition,
    "V": DeclineLevels,
    "W": DeclineStatus,
    "K": QuotingPeriod,
    "J": AuctionCollar,
    "h": OperationalHalt,
    "A": AddOrder,
    "F": AddAttributedOrder,
    "E": OrderExecuted,
    "C": OrderExecutedAtPrice,
    "X": OrderCancel,
    "D": OrderDelete,
    "U": OrderReplace,
    "P": HiddenTrade,
    "Q": CrossTrade,
    "B": BrokenTrade,
    "I": Imbalance,
    "N": RetailInterest,
    "O": DirectListing,
}
LAYOUTS: Final[Mapping[int, Layout]] = {  # by the first byte of a message
    ord(letter): Layout(letter, message) for letter, message in _ROWS.items()
}
SNAPSHOT_END: Final = Layout("G", SnapshotEnd)  # of GLIMPSE alone: it is no message of the feed
_BY_CLASS: Final[Mapping[type[Decoded], Layout]] = {
    SnapshotEnd: SNAPSHOT_END,
    **{message: LAYOUTS[ord(letter)] for letter, message in _ROWS.items()},
}


def decode(message: Bytes) -> Decoded:
    """Return what the bytes of one message say. Raises `MalformedFrame`."""
    return layout_of(message).decode(message)


def encode(message: Decoded) -> bytes:
    """Return the bytes of a message. Raises `ValueError` where a field does not fit."""
    return _BY_CLASS[type(message)].encode(message)


def layout_of(message: Bytes) -> Layout:
    """Return the row of a message. Raises `MalformedFrame` where there is none."""
    found = LAYOUTS.get(message[0]) if message else None
    if found is None:
        shown = bytes(message[:_SHOWN_BYTES_MAX])
        what = f"no message begins with {shown[:1]!r}: {shown!r}" if shown else "an empty message"
        raise MalformedFrame("type", what)
    return found


def text(value: bytes, what: str) -> str:
    """Return text without the blanks behind it. Raises `MalformedFrame` where it is none."""
    if not (value.isascii() and value.decode().isprintable()):
        raise MalformedFrame("text", f"{what}: {value!r}, expected printable ASCII")
    return value.decode().rstrip(" ")
