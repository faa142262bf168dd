"""Order books, and the touch: what the market is now, or that nobody knows.

A book is fed by quotes alone, by level, or by order (`order_book.py`); its levels read the same.

A venue may publish its best bid and ask (quotes) faster than its levels (changes). Both carry the
venue's update id, so the touch is taken from whichever is newer and never goes back. A book that is
crossed, or whose feed lost its place, is *stale*: it says so, and nobody may read a price from it
until the venue has put it right. Levels are believed from a snapshot on, so a change that comes
before one leaves the book stale; so does an order that comes before the whole book by order. A book
never invents a price.

A corporate action changes what a price means before the market has said a new one. Orders wait for
the new one: the book is stale. Positions cannot wait, so the last prices are carried over to the
last fraction (`carry.py`), and what an account is worth does not move by the action.
"""

from typing import Final

from fairlead.machine.book_side import BookSide
from fairlead.machine.carry import Carry
from fairlead.machine.order_book import OrderBook
from fairlead.model.inputs import (
    AuctionIndication,
    BookOrder,
    BookOrderExecuted,
    Levels,
    QueuedOrders,
    Quote,
)
from fairlead.model.terms import Side
from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    Fine,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    UpdateId,
)

_BUY: Final = Side.BUY
NEVER: Final = Nanos(-1)
_NO_DATA: Final = "no market data yet"
_NO_SNAPSHOT: Final = "a change came before any snapshot"
_NO_ORDERS: Final = "an order came before the whole book by order"
_BY_LEVEL: Final = "an order came into a book that is kept by level"
_BY_ORDER: Final = "levels came into a book that is kept by order"


class Book:
    """The book of one instrument: levels, touch, last trade, and whether it may be believed."""

    def __init__(self, instrument: InstrumentId) -> None:
        """Begin stale: nothing is known."""
        self.instrument = instrument
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.bid_price = Price(0)
        self.bid_quantity = Quantity(0)
        self.ask_price = Price(0)
        self.ask_quantity = Quantity(0)
        self.update = UpdateId(0)  # of the touch
        self.levels_update = UpdateId(0)
        self.touch_time = NEVER  # when the venue last confirmed the touch
        self.last_price = Price(0)
        self.last_time = NEVER
        self.by_level = False  # levels or orders are known: a gap is mended by a snapshot alone
        self.orders: OrderBook | None = None  # of a book that is kept by order
        self.gap = ""  # why the levels are not to be believed
        self.action = ""  # the corporate action since which the market has said nothing
        self.halted = ""  # why the venue does not trade it; empty when it does
        self.mark_problem = _NO_DATA  # why the touch gives no value; empty when it does
        self.reason = _NO_DATA  # why the book is stale; empty when it is not
        # The prices as the market said them, where a corporate action came since. Those above are
        # in the present terms always, to the nearest increment.
        self._touch_carry: Carry | None = None
        self._carried_bid = Price(0)
        self._carried_ask = Price(0)
        self._last_carry: Carry | None = None
        self._carried_last = Price(0)
        self.last_aggressor: Side | None = None  # of the last trade, None where nobody said
        self._last_trade = ""  # the venue's name of the last trade
        self._price_before = Price(0)  # of the trade before the last
        self._time_before = NEVER
        self.indication: AuctionIndication | None = None  # the last that the venue gave
        self.source = ""  # where the market data comes from, empty where nobody said

    @property
    def stale(self) -> bool:
        """Whether no price may be read from this book."""
        return self.reason != ""

    @property
    def reference(self) -> Price:
        """The middle of the touch, rounded down, else the last price; 0 where nobody knows."""
        if self.reason:
            return Price(0)
        if self.bid_price and self.ask_price:
            return Price((self.bid_price + self.ask_price) // 2)
        return self.last_price

    @property
    def touch_exact(self) -> bool:
        """Whether bid and ask are what the market said, and not carried over."""
        return self._touch_carry is None

    @property
    def last_exact(self) -> bool:
        """Whether the last price is what the market said, and not carried over."""
        return self._last_carry is None

    def levels(self, side: Side, depth: int) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` levels of one side, best first."""
        return (self.bids if side is _BUY else self.asks).top(depth)

    def quote(self, quote: Quote, time: Nanos) -> bool:
        """Take the venue's own best bid and ask, unless the touch is newer already.

        Return whether a price that positions are valued at moved, came or went; so do all that
        follow.
        """
        return self.quoted(
            quote.bid_price,
            quote.bid_quantity,
            quote.ask_price,
            quote.ask_quantity,
            quote.update,
            time,
        )

    def quoted(
        self,
        bid: Price,
        bid_quantity: Quantity,
        ask: Price,
        ask_quantity: Quantity,
        update: UpdateId,
        time: Nanos,
    ) -> bool:
        """Take a best bid and ask, as `quote` does, from who has read the fields already."""
        problem = self.mark_problem
        moved = False
        if not self.by_level:
            self.gap = ""
            self.action = ""
        if update >= self.update or update == 0:
            moved = self._touch(bid, bid_quantity, ask, ask_quantity, update)
            self.touch_time = time
        self._judge()
        return moved or problem != self.mark_problem

    def snapshot(self, bids: Levels, asks: Levels, update: UpdateId, time: Nanos) -> bool:
        """Replace all levels."""
        self.orders = None
        self._begin_anew()
        return self.change(bids, asks, update, time)

    def change(self, bids: Levels, asks: Levels, update: UpdateId, time: Nanos) -> bool:
        """Set the quantity of some levels, and the touch from them unless it is newer already."""
        if self.orders is not None:
            return False  # it was lost by order: only a snapshot says how it goes on
        problem = self.mark_problem
        moved = False
        if not self.by_level:
            self.by_level = True
            self.gap = _NO_SNAPSHOT
        self.levels_update = update
        for price, quantity in bids:
            self.bids.set(price, quantity)
        for price, quantity in asks:
            self.asks.set(price, quantity)
        if update >= self.update and not self.gap and not self.action:
            bid, ask = self.bids, self.asks
            moved = self._touch(
                bid.best_price, bid.best_quantity, ask.best_price, ask.best_quantity, update
            )
            self.touch_time = time
        self._judge()
        return moved or problem != self.mark_problem

    def level_problem(self) -> str:
        """Return why no level can change in this book, empty if one can."""
        return _BY_ORDER if self.orders is not None and not self.gap else ""

    def all_orders(self, orders: QueuedOrders, update: UpdateId, time: Nanos) -> bool:
        """Replace all orders: the book is kept by order from now on."""
        problem = self.mark_problem
        self._begin_anew()
        self.orders = OrderBook(self.bids, self.asks)
        for order, side, price, quantity in orders:
            refused = self.orders.add(order, side, price, quantity)
            assert not refused, "the orders of a whole book were looked at before"
        self.levels_update = update
        moved = False
        if update >= self.update:
            self.update = update
            moved = self._touch_levels(time)
        self._judge()
        return moved or problem != self.mark_problem

    def order_change(self, change: BookOrder, time: Nanos) -> tuple[str, bool]:
        """Apply what became of an order. An execution is a trade as well.

        Return why it cannot be true - the book is lost by that - and whether a price moved. While a
        book is lost nothing can be said against a change, and none is applied.
        """
        before = self.mark_problem
        believed = not self.gap and not self.action
        problem = self._apply(change) if believed else ""
        if problem:
            return problem, self.lose(f"a refused change: {problem}")
        moved = type(change) is BookOrderExecuted and self._executed(change, believed, time)
        if believed:
            moved = self._touch_levels(time) or moved
            self._judge()
        return "", moved or before != self.mark_problem

    def traded_at(self, applied: BookOrderExecuted) -> Price:
        """Return at which price the last change, an execution, traded; 0 where nobody knows."""
        if applied.price:
            is_trade = applied.price <= INCREMENTS_MAX and 0 < applied.quantity <= INCREMENTS_MAX
            return applied.price if applied.price > 0 and is_trade else Price(0)
        orders = self.orders
        if orders is None or self.gap or self.action:
            return Price(0)
        return orders.changed_price

    def lose(self, reason: str) -> bool:
        """Stop believing: the feed lost its place."""
        problem = self.mark_problem
        self.gap = reason
        self.update = UpdateId(0)  # the snapshot that mends it may be older than the last quote
        self._judge()
        return problem != self.mark_problem

    def trade(
        self, price: Price, time: Nanos, trade_id: str = "", aggressor: Side | None = None
    ) -> bool:
        """Remember the last price at which others traded, and who took."""
        moved = price != self.last_price or self._last_carry is not None
        carried = self._last_carry is not None
        self._price_before = Price(0) if carried else self.last_price
        self._time_before = NEVER if carried else self.last_time
        self.last_price = price
        self.last_time = time
        self._last_trade = trade_id
        self.last_aggressor = aggressor
        self._last_carry = None
        return moved

    def bust(self, trade_id: str) -> bool:
        """Forget the last price if this is the trade that it was of: the one before stands again.

        A trade before the last has left nothing behind.
        """
        if not trade_id or trade_id != self._last_trade:
            return False
        carried = self._last_carry is not None
        self.last_price = Price(0) if carried else self._price_before
        self.last_time = NEVER if carried else self._time_before
        self._last_carry = None
        self._last_trade = ""
        self.last_aggressor = None
        self._price_before = Price(0)
        self._time_before = NEVER
        return True

    def bid_value(self, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth at the best bid, exactly."""
        carry = self._touch_carry
        if carry is None:
            return Fine(FINE_UNIT * quantity * self.bid_price * unit)
        return carry.value(self._carried_bid, quantity, unit)

    def ask_value(self, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth at the best ask, exactly."""
        carry = self._touch_carry
        if carry is None:
            return Fine(FINE_UNIT * quantity * self.ask_price * unit)
        return carry.value(self._carried_ask, quantity, unit)

    def mid_value(self, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth halfway between bid and ask, exactly."""
        carry = self._touch_carry
        if carry is None:
            return Fine(FINE_UNIT // 2 * quantity * (self.bid_price + self.ask_price) * unit)
        return carry.mid_value(self._carried_bid, self._carried_ask, quantity, unit)

    def last_value(self, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth at the price of the last trade, exactly."""
        carry = self._last_carry
        if carry is None:
            return Fine(FINE_UNIT * quantity * self.last_price * unit)
        return carry.value(self._carried_last, quantity, unit)

    def adjust_split(self, new: int, old: int, unit: Money, reason: str) -> None:
        """Carry the prices over a split: `new` units are worth what `old` ones were."""
        touch, last = self._carries()
        touch.split(new, old)
        last.split(new, old)
        self._carry_over(touch, last, unit, reason)

    def adjust_dividend(self, amount: Money, units: Quantity, unit: Money, reason: str) -> None:
        """Carry the prices over a dividend: `units` quantity increments lost `amount`."""
        touch, last = self._carries()
        touch.dividend(amount, units)
        last.dividend(amount, units)
        self._carry_over(touch, last, unit, reason)

    def can_split(self, new: int, old: int) -> bool:
        """Whether the prices can be written down after a split."""
        touch, last = self._carries()
        touch.split(new, old)
        last.split(new, old)
        return touch.fits() and last.fits()

    def can_pay_dividend(self, amount: Money, units: Quantity) -> bool:
        """Whether the prices can be written down after a dividend."""
        touch, last = self._carries()
        touch.dividend(amount, units)
        last.dividend(amount, units)
        return touch.fits() and last.fits()

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        touch, last = self._touch_carry, self._last_carry
        return [
            [self.instrument, self.bids.top(self.bids.depth()), self.asks.top(self.asks.depth())],
            [self.bid_price, self.bid_quantity, self.ask_price, self.ask_quantity],
            [self.update, self.levels_update, self.touch_time, self.last_price, self.last_time],
            [self.by_level, self.gap, self.action, self.halted, self.mark_problem, self.reason],
            [touch.content(), self._carried_bid, self._carried_ask] if touch is not None else None,
            [last.content(), self._carried_last] if last is not None else None,
            [self._last_trade, self._price_before, self._time_before],
            [self.source, self.indication],
            self.orders.content() if self.orders is not None else None,
        ]

    def _apply(self, change: BookOrder) -> str:
        if self.orders is not None:
            return self.orders.apply(change)
        problem = _BY_LEVEL if self.by_level else _NO_ORDERS
        self.by_level = True
        return problem

    def _executed(self, execution: BookOrderExecuted, believed: bool, time: Nanos) -> bool:
        price = self.traded_at(execution)
        if not price:
            return False
        aggressor: Side | None = None
        if believed and self.orders is not None:
            aggressor = Side.SELL if self.orders.changed_side is _BUY else _BUY
        return self.trade(price, time, execution.trade_id, aggressor)

    def _begin_anew(self) -> None:
        self.bids.clear()
        self.asks.clear()
        self.by_level = True
        self.gap = ""
        self.action = ""
        self.levels_update = UpdateId(0)

    def _touch_levels(self, time: Nanos) -> bool:
        bid, ask = self.bids, self.asks
        self.touch_time = time
        return self._touch(
            bid.best_price,
            bid.best_quantity,
            ask.best_price,
            ask.best_quantity,
            self.update,
        )

    def _touch(
        self,
        bid: Price,
        bid_quantity: Quantity,
        ask: Price,
        ask_quantity: Quantity,
        update: UpdateId,
    ) -> bool:
        moved = bid != self.bid_price or ask != self.ask_price or self._touch_carry is not None
        self.bid_price = bid
        self.bid_quantity = bid_quantity
        self.ask_price = ask
        self.ask_quantity = ask_quantity
        self.update = update
        self._touch_carry = None
        return moved

    def _carries(self) -> tuple[Carry, Carry]:
        """Return how touch and last price are carried now, for a further action to change."""
        touch, last = self._touch_carry, self._last_carry
        return touch.copy() if touch else Carry(), last.copy() if last else Carry()

    def _carry_over(self, touch: Carry, last: Carry, unit: Money, reason: str) -> None:
        if self._touch_carry is None:
            self._carried_bid, self._carried_ask = self.bid_price, self.ask_price
        if self._last_carry is None:
            self._carried_last = self.last_price
        self._touch_carry, self._last_carry = touch, last
        self.bid_price = touch.price(self._carried_bid, unit)
        self.ask_price = touch.price(self._carried_ask, unit)
        self.last_price = last.price(self._carried_last, unit)
        self.bids.clear()
        self.asks.clear()
        if self.orders is not None:
            self.orders.clear()
        self.indication = None
        # What the market says next is newer, whatever its number. What could not be believed
        # before is not made good by forgetting the levels.
        self.update = self.levels_update = UpdateId(0)
        self.gap = self.mark_problem
        self.action = reason
        self._judge()

    def _judge(self) -> None:
        bid, ask = self.bid_price, self.ask_price
        if self.gap:
            self.mark_problem = self.gap
        elif bid and ask and bid >= ask and self._touch_carry is None:
            self.mark_problem = f"crossed: bid {bid} >= ask {ask} (increments)"
        elif self.bids.best_price >= self.asks.best_price > 0:
            self.mark_problem = "crossed: the levels contradict each other"
        elif self.touch_time == NEVER:
            self.mark_problem = _NO_DATA
        else:
            self.mark_problem = ""
        self.reason = self.mark_problem or self.action


class Books:
    """The books of all instruments."""

    def __init__(self) -> None:
        """Begin without any instrument."""
        self._books: dict[InstrumentId, Book] = {}

    def add(self, instrument: InstrumentId) -> None:
        """Make room for the book of a new instrument."""
        self._books[instrument] = Book(instrument)

    def get(self, instrument: InstrumentId) -> Book | None:
        """Return the book of an instrument, None if the instrument is not known."""
        return self._books.get(instrument)

    def all(self) -> list[Book]:
        """Return every book, in the order in which the instruments became known."""
        return list(self._books.values())
