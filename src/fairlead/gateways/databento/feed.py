"""Databento's records as inputs.

*By order* (MBO). An add, a cancel and a modification change one order; an execution comes as a
trade, as the fill of each order that stood, and as the cancel that takes it from the book. The
trade and the cancel become inputs, the fill says the same again and is dropped (`fill_repeats`). A
modification that only takes away keeps its place; every other one goes to the end of its price. A
clear is an empty book. Orders that stood before the file began are not known: what happens to one
is dropped (`order_unknown`), and the book is not believed before a clear.

*By price.* A record has an event and the levels: the levels are a quote (one level), or the book
(ten levels: a snapshot, then changes); an event that is a trade is one, after the levels.

*Bars* are the trades that made them (`bar_trades.py`). Trading status and auction indications pass
through. Statistics and messages of Databento's own are dropped with their reason.
"""

from collections.abc import Callable
from typing import Final

from fairlead.gateways.bar_trades import bar_trades, last_moment
from fairlead.gateways.databento.directory import Directory
from fairlead.gateways.databento.records import (
    BAR_SECONDS,
    CMBP_1,
    MBP_0,
    MBP_1,
    MBP_10,
    PRICE_DECIMALS,
    TCBBO,
    UNDEFINED_PRICE,
    Bar,
    ByOrder,
    ByPrice,
    Definition,
    Imbalance,
    Level,
    Mapping,
    Passed,
    Record,
    Status,
    when,
)
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.model.inputs import (
    AuctionIndication,
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderReduced,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Levels,
    Quote,
    Trade,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import (
    INCREMENTS_MAX,
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)

ReadFrame = Callable[[bytes], tuple[Record, str]]  # a record, and its symbol if the frame names it

_MAYBE_BAD_BOOK: Final = 4  # a flag: Databento lost something, or is not sure
_SIDES: Final = {"B": Side.BUY, "A": Side.SELL}
_TIME_MAX: Final = 2**62
_TRADED: Final = {MBP_0, MBP_1, MBP_10, CMBP_1, TCBBO}
_NO_UPDATE: Final = UpdateId(0)  # sequences begin anew every day or week
_STATUS_WORDS: Final = (
    *("", "pre-open", "pre-cross", "quoting", "cross", "rotation", "new price indication"),
    *("trading", "halt", "pause", "suspend", "pre-close", "close", "post-close"),
    *("short-sale restriction", "not available"),
)


class DatabentoFeed:
    """The market data of one dataset. A frame is a record."""

    def __init__(
        self, directory: Directory, instruments: tuple[Instrument, ...], read: ReadFrame
    ) -> None:
        """Take what numbers stand for, and how a frame is read."""
        self.instruments = instruments
        self.counts = FeedCounts()
        self._directory = directory
        self._read = read
        self._books = {each.instrument: _Known(each) for each in instruments}

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """None: nobody could fetch one."""
        return ()

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what a record says. Raises `MalformedFrame`."""
        del time  # it is the record's own
        self.counts.frames += 1
        try:
            record, symbol = self._read(frame)
            inputs = self._meant(record, symbol)
        except MalformedFrame as error:
            self.counts.drop(f"malformed_{error.reason}")
            raise
        if isinstance(inputs, str):
            self.counts.drop(inputs)
            return []
        first = next((each for each in inputs if not isinstance(each, BookGap)), inputs[0])
        self.counts.passed(type(first).__name__)
        return inputs

    def _meant(self, record: Record, symbol: str) -> list[Input] | str:
        """Return the inputs of a record, or why there are none."""
        if isinstance(record, Passed):
            return record.what
        if isinstance(record, Mapping):
            self._directory.tell(record)
            return "symbol_mapping"
        instrument = self._directory.instrument(record, symbol)
        if instrument is None:
            return "symbol_unwanted"
        if when(record) > _TIME_MAX:
            raise MalformedFrame("time", f"{when(record)} is no time")
        known = self._books[instrument.instrument]
        if isinstance(record, ByPrice):
            return self._by_price(record, known)
        if isinstance(record, ByOrder):
            return self._by_order(record, known)
        if isinstance(record, Bar):
            return _bar(record, known)
        if isinstance(record, Status):
            return _status(record, known)
        if isinstance(record, Imbalance):
            return [_indication(record, known)]
        assert isinstance(record, Definition), "every kind of record has its line"
        return "definition"

    def _by_order(self, record: ByOrder, known: "_Known") -> list[Input] | str:
        doubtful: list[Input] = []
        if record.flags & _MAYBE_BAD_BOOK:
            self.counts.gaps += 1
            doubtful.append(BookGap(known.id, "Databento is not sure of the book (flag 4)"))
        inputs = _order_event(record, known)
        return doubtful or inputs if isinstance(inputs, str) else doubtful + inputs

    def _by_price(self, record: ByPrice, known: "_Known") -> list[Input] | str:
        inputs: list[Input] = []
        if record.flags & _MAYBE_BAD_BOOK and record.rtype == MBP_10:
            self.counts.gaps += 1
            known.shown = None
            inputs.append(BookGap(known.id, "Databento is not sure of the book (flag 4)"))
        inputs += _levels(record, known)
        if record.action == "T" and record.rtype in _TRADED:
            inputs.append(_trade(record, known))
        return inputs or "nothing_shown"


class _Known:
    """One instrument: its terms, the orders and the levels that are known."""

    def __init__(self, instrument: Instrument) -> None:
        self.id = instrument.instrument
        self.unit = 10 ** (PRICE_DECIMALS - instrument.price_decimals)
        self.orders: dict[int, tuple[Side, Price, Quantity]] = {}
        self.shown: tuple[Levels, Levels] | None = None

    def price(self, price: int) -> Price:
        """Return a price in increments, 0 where there is none. Raises `MalformedFrame`."""
        if price in (UNDEFINED_PRICE, 0):
            return Price(0)
        value, rest = divmod(price, self.unit)
        if rest or not 0 < value <= INCREMENTS_MAX:
            raise MalformedFrame("price", f"price {price} * 10**-9, expected more than 0 and exact")
        return Price(value)


def _order_event(record: ByOrder, known: _Known) -> list[Input] | str:
    time, order = Nanos(record.ts_event), record.order_id
    if record.action == "R":
        known.orders.clear()
        return [BookOrders(known.id, (), _NO_UPDATE, time)]
    if record.action == "T":
        return [_trade(record, known)]
    if record.action in "FN":
        return "fill_repeats" if record.action == "F" else "no_action"
    if record.action not in "ACM":
        raise MalformedFrame("action", f"action {record.action!r} is not known")
    if record.action == "C":
        return _canceled(record, known, time)
    side, price, quantity = _SIDES.get(record.side), known.price(record.price), record.size
    if side is None or not price or not quantity:
        found = f"order {order}: side {record.side!r}, price {record.price}, size {quantity}"
        raise MalformedFrame("order", found)
    if order > INCREMENTS_MAX**2:
        raise MalformedFrame("order", f"order {order} is no number of an order")
    standing = known.orders.get(order)
    known.orders[order] = side, price, Quantity(quantity)
    if standing is None:
        return [BookOrderAdded(known.id, order, side, price, Quantity(quantity), time)]
    if standing[:2] == (side, price) and quantity < standing[2]:
        taken = Quantity(standing[2] - quantity)
        return [BookOrderReduced(known.id, order, taken, time)]
    return [BookOrderReplaced(known.id, order, order, price, Quantity(quantity), time)]


def _canceled(record: ByOrder, known: _Known, time: Nanos) -> list[Input] | str:
    standing = known.orders.get(record.order_id)
    if standing is None:
        return "order_unknown"
    side, price, quantity = standing
    taken = Quantity(record.size)
    if not 0 < taken <= quantity:
        found = f"order {record.order_id}: {taken} taken of {quantity}"
        raise MalformedFrame("order", found)
    if taken == quantity:
        del known.orders[record.order_id]
    else:
        known.orders[record.order_id] = side, price, Quantity(quantity - taken)
    return [BookOrderReduced(known.id, record.order_id, taken, time)]


def _trade(record: ByOrder | ByPrice, known: _Known) -> Trade:
    price = known.price(record.price)
    if not price or not record.size:
        raise MalformedFrame("trade", f"{record.size} traded at {record.price} * 10**-9")
    return Trade(
        known.id,
        price,
        Quantity(record.size),
        _SIDES.get(record.side),
        str(record.sequence),
        Nanos(when(record)),
    )


def _levels(record: ByPrice, known: _Known) -> list[Input]:
    """Return what the levels of a record say that was not known."""
    time = Nanos(when(record))
    if not record.levels:
        return []
    if record.rtype != MBP_10:
        (level,) = record.levels
        bid, ask = _sides(level, known)
        return [Quote(known.id, *bid, *ask, _NO_UPDATE, time)]
    pairs = [_sides(level, known) for level in record.levels]
    shown = (
        tuple(bid for bid, _ in pairs if bid[0]),
        tuple(ask for _, ask in pairs if ask[0]),
    )
    _require_order(shown)
    before, known.shown = known.shown, shown
    if before is None:
        return [BookSnapshot(known.id, *shown, _NO_UPDATE, time)]
    changed = [_changed(old, new) for old, new in zip(before, shown, strict=True)]
    if not any(changed):
        return []
    return [BookChange(known.id, changed[0], changed[1], _NO_UPDATE, time)]


def _sides(level: Level, known: _Known) -> Levels:
    """Return bid and ask of a level; (0, 0) for one that is not there."""
    bid, ask = known.price(level.bid_px), known.price(level.ask_px)
    bid_quantity, ask_quantity = Quantity(level.bid_sz), Quantity(level.ask_sz)
    if bool(bid) != bool(bid_quantity) or bool(ask) != bool(ask_quantity):
        raise MalformedFrame("level", f"a price or a size alone is there: {tuple(level)}")
    return (bid, bid_quantity), (ask, ask_quantity)


def _require_order(shown: tuple[Levels, Levels]) -> None:
    for side, levels in zip(("bids", "asks"), shown, strict=True):
        prices = [price for price, _ in levels]
        if prices != sorted(set(prices), reverse=side == "bids"):
            raise MalformedFrame("level", f"the {side} do not stand best first, each once")


def _changed(before: Levels, after: Levels) -> Levels:
    """Return the levels that are another, and those that are gone or out of view with 0."""
    there = dict(after)
    gone = [(price, Quantity(0)) for price, _ in before if price not in there]
    known = dict(before)
    return (*gone, *((price, size) for price, size in after if known.get(price) != size))


def _bar(record: Bar, known: _Known) -> list[Input] | str:
    prices = record.open, record.high, record.low, record.close
    opened, high, low, close = (int(known.price(price)) for price in prices)
    time = last_moment(record.ts_event + BAR_SECONDS[record.rtype] * NANOS_PER_SECOND)
    number = f"{record.rtype:x}-{record.ts_event}"
    trades = bar_trades(known.id, (opened, high, low, close), record.volume, number, time)
    return [*trades] if trades else "bar_without_volume"


def _status(record: Status, known: _Known) -> list[Input] | str:
    if record.is_trading not in "YN":
        return "status_unsaid"
    words = _STATUS_WORDS
    reason = words[record.action] if record.action < len(words) else f"action {record.action}"
    return [TradingStatus(known.id, record.is_trading == "Y", reason)]


def _indication(record: Imbalance, known: _Known) -> AuctionIndication:
    return AuctionIndication(
        known.id,
        known.price(record.ind_match_price),
        Quantity(record.paired_qty),
        Quantity(record.total_imbalance_qty),
        _SIDES.get(record.side),
        known.price(record.cont_book_clr_price),
        known.price(record.auct_interest_clr_price),
        known.price(record.ref_price),
        Nanos(record.ts_event),
    )
