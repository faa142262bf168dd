"""LOBSTER: the messages of a stock at NASDAQ, and the book after each of them, as two CSV files.

Source: the description that comes with LOBSTER's samples. A message is `seconds, type, order, size,
price, direction`; a row of the book is ask and bid with their sizes, level by level. Prices are
dollars times 10,000, times seconds of New York since midnight.

*What is known.* A file begins in the middle of a day, when thousands of orders stand already, and
it has the messages of the levels that are shown alone. So the book begins with the first row: of
each of its levels the size is known and no order in it, and one *remainder* stands for all of them.
After each message

- the levels that were known before are held against the row: this is the oracle;
- a level that comes into view at the far end is learned from the row, as a remainder;
- a level that goes out of view is forgotten: what happens to it there, nobody tells.

A difference is a gap, and the row is the snapshot after it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from fairlead.gateways.errors import (
    InstrumentNotInferred,
    MalformedFrame,
    MalformedNumber,
    RecordingDamaged,
)
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import increments
from fairlead.gateways.recorded import FormatOptions, Frames, FramesThroughFeed, Oracle
from fairlead.gateways.research_files import lines
from fairlead.model.inputs import (
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrders,
    Input,
    Trade,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    INCREMENTS_MAX,
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
    UpdateId,
)

Levels = list[tuple[Price, Quantity]]

_NAME: Final = re.compile(
    r"(?P<symbol>[A-Za-z0-9.-]+)_(?P<date>\d{4}-\d{2}-\d{2})_\d+_\d+_message_\d+\.csv(?:\.gz)?"
)
_NEW_YORK: Final = ZoneInfo("America/New_York")
_FIELDS: Final = 6  # of a message
_DAY_SECONDS: Final = 86_400
_ORDER_MAX: Final = 10**15  # remainders are counted from here on; no order of NASDAQ gets so far
_EMPTY: Final = (b"9999999999", b"-9999999999")  # the price of a level that is not there
_SUBMITTED, _REDUCED, _DELETED, _EXECUTED, _HIDDEN, _CROSS, _HALT = range(1, 8)


class Message(NamedTuple):
    """One line of a message file. Of a halt: the price says what kind (-1, 0 or 1)."""

    time: Nanos  # since midnight in New York
    kind: int
    order: int
    size: Quantity
    price: Price
    side: Side  # of the order that stands


class LobsterFeed:
    """The market of one stock. A frame is a message, and after a newline the book that it left."""

    def __init__(self, instrument: Instrument) -> None:
        """Begin with a book that is not known."""
        self.instruments: tuple[Instrument, ...] = (instrument,)
        self.counts = FeedCounts()
        self.rows = Oracle("book against the row after each message")
        self.oracles = (self.rows,)
        self._id = instrument.instrument
        self._book: _Book | None = None
        self._day = 0
        self._remainder = _ORDER_MAX  # the number of the last one
        self._executions = 0

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """None: each frame has the book in it, and nobody could fetch another one."""
        return ()

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what a message and its row say. Raises `MalformedFrame`."""
        self.counts.frames += 1
        try:
            text, _, row = frame.partition(b"\n")
            message = read_message(text)
            shown = _row(row) if row else None
        except MalformedNumber as error:
            self.counts.drop("malformed_number")
            raise MalformedFrame("number", str(error)) from error
        except MalformedFrame as error:
            self.counts.drop(f"malformed_{error.reason}")
            raise
        return self._happened(message, shown, time)

    def _happened(
        self, message: Message, shown: tuple[Levels, Levels] | None, time: Nanos
    ) -> list[Input]:
        day = time // (_DAY_SECONDS * NANOS_PER_SECOND)
        if self._book is None or day != self._day:
            self._day, self._book = day, _Book()
            if shown is not None:
                self.counts.passed("BookOrders")
                return [*self._begun(shown, time), *self._trade(message, time)]
        inputs = self._applied(self._book, message, time)
        if inputs:
            self.counts.passed(type(inputs[0]).__name__)
        else:
            known = message.kind == _SUBMITTED
            self.counts.drop("order_known" if known else "order_unknown")
        if shown is not None:
            inputs += self._compared(self._book, shown, time)
        return inputs

    def _applied(self, book: "_Book", message: Message, time: Nanos) -> list[Input]:
        """Return what a message does to the book; nothing where its order is not known."""
        if message.kind == _SUBMITTED:
            if message.order in book.orders:
                return []
            book.add(message.order, message.side, message.price, message.size)
            standing = message.order, message.side, message.price, message.size
            return [BookOrderAdded(self._id, *standing, time)]
        if message.kind not in (_REDUCED, _DELETED, _EXECUTED):
            return self._trade(message, time)
        order = book.found(message)
        if order is None:
            return []
        whole = book.take(order, message.size)
        if message.kind == _EXECUTED:
            self._executions += 1
            trade = str(self._executions)
            return [BookOrderExecuted(self._id, order, message.size, Price(0), trade, time)]
        if message.kind == _DELETED and whole:
            return [BookOrderRemoved(self._id, order, time)]
        return [BookOrderReduced(self._id, order, message.size, time)]

    def _trade(self, message: Message, time: Nanos) -> list[Input]:
        """Return what a message says beside the book: a hidden or crossed trade, a halt."""
        if message.kind == _HALT:
            reason = {-1: "halted", 0: "quoting again"}.get(message.price, "")
            return [TradingStatus(self._id, message.price == 1, reason)]
        if message.kind not in (_EXECUTED, _HIDDEN, _CROSS):
            return []
        self._executions += 1
        crossed = message.kind == _CROSS
        aggressor = Side.SELL if message.side is Side.BUY else Side.BUY
        conditions = {_HIDDEN: "hidden", _CROSS: "cross"}.get(message.kind, "")
        return [
            Trade(
                self._id,
                message.price,
                message.size,
                None if crossed else aggressor,
                str(self._executions),
                time,
                conditions,
            )
        ]

    # --- the row after a message ------------------------------------------------------------------

    def _begun(self, shown: tuple[Levels, Levels], time: Nanos) -> list[Input]:
        """Begin with a row: one remainder for each of its levels."""
        book = self._book = _Book()
        for side, levels in zip((Side.SELL, Side.BUY), shown, strict=True):
            for price, quantity in levels:
                book.add(self._next_remainder(), side, price, quantity)
            book.horizons[side] = _horizon(levels, shown)
        orders = tuple((number, *standing) for number, standing in book.orders.items())
        return [BookOrders(self._id, orders, UpdateId(0), time)]

    def _compared(self, book: "_Book", shown: tuple[Levels, Levels], time: Nanos) -> list[Input]:
        """Hold the known levels against a row; learn what came into view, forget what left it."""
        known: list[tuple[Side, Levels, Levels, Levels]] = []
        for side, levels in zip((Side.SELL, Side.BUY), shown, strict=True):
            horizon = book.horizons[side]
            expected = [level for level in levels if _reaches(side, level[0], horizon)]
            ours = book.levels(side)[: len(levels) if levels else None]
            known.append((side, levels, expected, ours))
        equal = all(expected == ours for _, _, expected, ours in known)
        self.rows.compare(equal, lambda: _difference(known))
        if not equal:
            self.counts.gaps += 1
            gap = BookGap(self._id, "the book is not the one that the file has after the message")
            return [gap, *self._begun(shown, time)]
        inputs: list[Input] = []
        for side, levels, expected, _ in known:
            for price, quantity in levels[len(expected) :]:
                self.rows.skip("level_came_into_view")
                number = self._next_remainder()
                book.add(number, side, price, quantity)
                inputs.append(BookOrderAdded(self._id, number, side, price, quantity, time))
            book.horizons[side] = _horizon(levels, shown)
            gone = book.forgotten(side)
            inputs += [BookOrderRemoved(self._id, number, time) for number in gone]
        return inputs

    def _next_remainder(self) -> int:
        self._remainder += 1
        return self._remainder


class _Book:
    """The orders that are known, and how far away from the touch a level may be to be known."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[Side, Price, Quantity]] = {}
        self.horizons: dict[Side, Price] = {Side.BUY: Price(0), Side.SELL: Price(INCREMENTS_MAX)}
        self._levels: dict[Side, dict[Price, dict[int, Quantity]]] = {Side.BUY: {}, Side.SELL: {}}

    def levels(self, side: Side) -> Levels:
        """Return a side as levels, best first."""
        found = self._levels[side]
        prices = sorted(found, reverse=side is Side.BUY)
        return [(price, Quantity(sum(found[price].values()))) for price in prices]

    def add(self, order: int, side: Side, price: Price, quantity: Quantity) -> None:
        """Let an order stand, the last at its price."""
        self.orders[order] = side, price, quantity
        self._levels[side].setdefault(price, {})[order] = quantity

    def found(self, message: Message) -> int | None:
        """Return the order of a message, or the remainder that has it in it."""
        if message.order in self.orders:
            order = message.order
        else:
            level = self._levels[message.side].get(message.price, {})
            order = next((number for number in level if number > _ORDER_MAX), 0)
        standing = self.orders.get(order)
        return order if standing is not None and message.size <= standing[2] else None

    def take(self, order: int, quantity: Quantity) -> bool:
        """Take from an order; return whether nothing of it is left."""
        side, price, standing = self.orders[order]
        left = Quantity(standing - quantity)
        level = self._levels[side][price]
        if left:
            self.orders[order] = side, price, left
            level[order] = left
            return False
        del self.orders[order], level[order]
        if not level:
            del self._levels[side][price]
        return True

    def forgotten(self, side: Side) -> list[int]:
        """Forget the levels behind the horizon; return their orders."""
        horizon, found = self.horizons[side], self._levels[side]
        behind = [price for price in found if not _reaches(side, price, horizon)]
        gone = [order for price in behind for order in found.pop(price)]
        for order in gone:
            del self.orders[order]
        return gone


def open_lobster(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    """Open message files of one stock, in the order of their days. Raises `GatewayError`.

    The file with the books is found by its name, beside the messages or among `files`.
    """
    messages = [path for path in files if "_orderbook_" not in path.name]
    if not messages:
        raise InstrumentNotInferred(f"{files[0]}: a book without messages, expected _message_ too")
    days = [_symbol_and_day(path, options) for path in messages]
    symbols = sorted({symbol for symbol, _ in days})
    if len(symbols) != 1:
        raise InstrumentNotInferred(f"messages of {', '.join(symbols)}, expected of one stock")
    pairs = [
        _Pair(path, _book_beside(path, files), day)
        for path, (_, day) in zip(messages, days, strict=True)
    ]
    return FramesThroughFeed(_Lines(pairs), LobsterFeed(_instrument(symbols[0])), options)


def read_message(text: bytes) -> Message:
    """Return a line as a message. Raises `MalformedFrame` and `MalformedNumber`."""
    fields = text.split(b",")
    if len(fields) != _FIELDS:
        raise MalformedFrame("fields", f"{len(fields)} fields in {text[:60]!r}, expected {_FIELDS}")
    seconds, kind, order, size, price, direction = (_text(field) for field in fields)
    time = Nanos(increments(seconds, 9))
    if time >= _DAY_SECONDS * NANOS_PER_SECOND:
        raise MalformedFrame("time", f"{seconds!r} is no second of a day")
    if direction not in ("1", "-1"):
        raise MalformedFrame("side", f"direction {direction[:9]!r}, expected 1 or -1")
    if kind not in ("1", "2", "3", "4", "5", "6", "7"):
        raise MalformedFrame("kind", f"type {kind[:9]!r}, expected 1 to 7")
    halt = int(kind) == _HALT
    level = Price(-1) if halt and price == "-1" else Price(increments(price, 0))
    quantity = Quantity(increments(size, 0))
    if not halt and (level == 0 or quantity == 0):
        raise MalformedFrame("number", f"a size of {size} at a price of {price}, expected more")
    side = Side.BUY if direction == "1" else Side.SELL
    number = increments(order, 0)
    return Message(time, int(kind), number, quantity, level, side)


def _row(text: bytes) -> tuple[Levels, Levels]:
    """Return the asks and the bids of a row, best first."""
    fields = text.split(b",")
    if len(fields) % 4:
        raise MalformedFrame("row", f"{len(fields)} fields in a row, expected 4 to a level")
    asks = _side(fields[0::4], fields[1::4])
    bids = _side(fields[2::4], fields[3::4])
    prices = [price for price, _ in asks], [price for price, _ in bids]
    if prices[0] != sorted(set(prices[0])) or prices[1] != sorted(set(prices[1]), reverse=True):
        raise MalformedFrame("row", "the levels of a row do not stand best first, each once")
    return asks, bids


def _side(prices: list[bytes], sizes: list[bytes]) -> Levels:
    return [
        (Price(_positive(price)), Quantity(_positive(size)))
        for price, size in zip(prices, sizes, strict=True)
        if price not in _EMPTY
    ]


def _positive(field: bytes) -> int:
    value = increments(_text(field), 0)
    if value == 0:
        raise MalformedFrame("row", "a price or size of 0 in a row")
    return value


def _text(field: bytes) -> str:
    return field.decode("ascii", "replace")


def _reaches(side: Side, price: Price, horizon: Price) -> bool:
    """Return whether a price is at least as near to the touch as the horizon."""
    return price >= horizon if side is Side.BUY else price <= horizon


def _horizon(levels: Levels, shown: tuple[Levels, Levels]) -> Price:
    """Return the last known price of a side: a side with fewer levels is known to its end."""
    most = max(len(shown[0]), len(shown[1]))
    if levels and len(levels) == most:
        return levels[-1][0]
    return Price(0) if levels is shown[1] else Price(INCREMENTS_MAX)


def _difference(known: list[tuple[Side, Levels, Levels, Levels]]) -> str:
    for side, _, expected, ours in known:
        for level, (theirs, own) in enumerate(zip_longest(expected, ours), 1):
            if theirs != own:
                return f"{side.name.lower()} level {level}: expected {theirs}, found {own}"
    return "no difference"


class _Pair(NamedTuple):
    """A message file, the books after its messages where there are some, and its day."""

    messages: Path
    books: Path | None
    midnight: Nanos


class _Lines:
    """The lines of message files with the rows after them, as frames."""

    def __init__(self, pairs: list[_Pair]) -> None:
        self._pairs = pairs
        self._place = ""

    @property
    def place(self) -> str:
        """Where the message that was read last stands."""
        return self._place

    def __iter__(self) -> Frames:
        """Yield every message with its row and time. Raises `RecordingError`."""
        time = Nanos(0)
        for pair in self._pairs:
            books: Iterator[tuple[int, bytes]] = lines(pair.books) if pair.books else iter(())
            number = 0
            for number, text in lines(pair.messages):
                self._place = f"{pair.messages}:{number}"
                _, row = next(books, (0, b""))
                if pair.books and not row:
                    raise RecordingDamaged(f"{pair.books}: no row for message {number}")
                time = _time(pair.midnight, text, time)
                yield time, text + b"\n" + row if row else text
            if next(books, None) is not None:
                raise RecordingDamaged(f"{pair.books}: more rows than the {number} messages")


def _time(midnight: Nanos, text: bytes, last: Nanos) -> Nanos:
    """Return when a message was; as the one before where it does not say."""
    try:
        return Nanos(midnight + read_message(text).time)
    except (MalformedFrame, MalformedNumber):
        return last or midnight


def _symbol_and_day(path: Path, options: FormatOptions) -> tuple[str, Nanos]:
    named = _NAME.fullmatch(path.name)
    symbol = named["symbol"].upper() if named else next(iter(options.symbols), "")
    day = options.date or (named["date"] if named else "")
    if not symbol or not day:
        raise InstrumentNotInferred(
            f"{path}: expected a name such as AAPL_2012-06-21_34200000_57600000_message_10.csv,"
            " or --symbol and --date"
        )
    try:
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), _NEW_YORK)
    except ValueError:
        raise InstrumentNotInferred(f"{path}: {day!r} is no day, expected yyyy-mm-dd") from None
    return symbol, Nanos(int(midnight.astimezone(UTC).timestamp()) * NANOS_PER_SECOND)


def _book_beside(messages: Path, files: Sequence[Path]) -> Path | None:
    name = messages.name.replace("_message_", "_orderbook_")
    if name == messages.name:
        return None
    given = [path for path in files if path.name == name]
    beside = messages.with_name(name)
    return given[0] if given else beside if beside.is_file() else None


def _instrument(symbol: str) -> Instrument:
    return Instrument(
        instrument=InstrumentId(1),
        symbol=f"{symbol}.NASDAQ",
        venue="NASDAQ",
        currency="USD",
        kind=InstrumentKind.SPOT,
        price_decimals=4,
        quantity_decimals=0,
        money_decimals=8,
        price_tick=Price(100),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(INCREMENTS_MAX),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )
