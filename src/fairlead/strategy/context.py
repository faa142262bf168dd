"""What a strategy may see and do: it reads the machine's state, and asks; that is all.

Whatever it asks for becomes a numbered, journaled input, and passes risk, before anything leaves.
Whether it was taken, refused, filled comes back as facts (`on_order`, `on_fill`).
"""

import math
from decimal import Decimal
from typing import Final, Unpack

import msgspec

from fairlead.machine.books import Book
from fairlead.machine.consolidated import ConsolidatedBook, Listing, thing_listed, unlike
from fairlead.machine.orders import Order
from fairlead.model.inputs import CancelRequest, ReplaceRequest
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Contingency, OrderType, Side, Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity
from fairlead.strategy.bars import BarSize
from fairlead.strategy.conversions import to_decimal, to_increments, whole_number
from fairlead.strategy.errors import InvalidRequest, UnknownInstrument
from fairlead.strategy.market_views import BookView, ConsolidatedView, Touch, touch
from fairlead.strategy.order_terms import (
    Bracket,
    OrderTerms,
    Pair,
    check_exits,
    exit_terms,
    submit_request,
)
from fairlead.strategy.sale_conditions import EVERY_TRADE, SaleConditions
from fairlead.strategy.seat import BAR_TIMER_FIRST, Seat, Topic
from fairlead.strategy.views import (
    OrderView,
    PositionView,
    order_view,
    position_view,
    requested_view,
)

_SYMBOLS_SHOWN_MAX: Final = 20  # in a message about an unknown one
NO_AGE: Final = Nanos(0)
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_CANCEL_PENDING: Final = Status.CANCEL_PENDING


class Context:
    """The world as one strategy sees it. Prices and quantities are whole numbers of increments."""

    time: Nanos  # of the event that is being delivered

    def __init__(self, seat: Seat, parameters: msgspec.Struct) -> None:
        """Serve the strategy of `seat`."""
        self.time = Nanos(0)
        self.parameters = parameters  # in the strategy itself, `self.parameters` knows its type
        self._seat = seat
        self._machine = seat.machine
        self._known = seat.machine.instruments

    # --- what there is --------------------------------------------------------------------------

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments, in the order of their ids."""
        return tuple(self._known[instrument] for instrument in sorted(self._known))

    def instrument(self, name: str | InstrumentId) -> Instrument:
        """Return the instrument of a symbol or id. Raises `UnknownInstrument`."""
        if not isinstance(name, str):
            return self._instrument(name)
        for instrument in self._known.values():
            if instrument.symbol == name:
                return instrument
        raise self._unknown(name)

    def quote(self, instrument: InstrumentId) -> Touch | None:
        """Return the best bid and ask; None while the book is stale or one of them is missing."""
        return touch(instrument, self._book(instrument))

    def book(self, instrument: InstrumentId) -> BookView:
        """Return the book, to look at levels, staleness and one-sided markets."""
        return BookView(self._book(instrument))

    def consolidated(self, thing: str, age_max: Nanos = NO_AGE) -> ConsolidatedView:
        """Return the books of all venues that list a thing as one: "ETHUSDT" for `ETHUSDT.KRAKEN`.

        A venue that confirmed its touch longer than `age_max` ago does not count; 0: for ever.
        Raises `UnknownInstrument`, and `InvalidRequest` where the listings cannot be compared.
        """
        listings = [
            Listing(one, self._book(one.instrument))
            for one in self.instruments
            if thing_listed(one) == thing
        ]
        if not listings:
            raise self._unknown(thing)
        problem = unlike(listings)
        if problem:
            raise InvalidRequest(f"{thing} is not one thing: {problem}")
        return ConsolidatedView(ConsolidatedBook(listings, age_max), self.time)

    def position(self, instrument: InstrumentId) -> PositionView:
        """Return the strategy's own position; one of 0 if it has none."""
        self._instrument(instrument)
        return position_view(self._machine.positions.get(self._seat.strategy_id, instrument))

    def order(self, order: OrderId) -> OrderView | None:
        """Return an own order as it stands, None if the strategy has no such order."""
        found = self._machine.orders.get(order)
        if found is not None:
            if found.strategy != self._seat.strategy_id:
                return None
            return order_view(found, self._seat.changing.get(order))
        requested = self._seat.requested.get(order)
        if requested is None:
            return None
        return requested_view(requested, self._seat.changing.get(order), self.time)

    def working(self, instrument: InstrumentId | None = None) -> list[OrderView]:
        """Return the own orders that may still trade, oldest first.

        Those that were just requested count, and those that the machine holds back.
        """
        orders, changing = self._machine.orders, self._seat.changing
        mine = orders.working(self._seat.strategy_id)
        held = orders.held()
        if held:
            mine.extend(order for order in held if order.strategy == self._seat.strategy_id)
            mine.sort(key=_number)
        views = [
            order_view(order, changing.get(order.order))
            for order in mine
            if instrument is None or order.instrument == instrument
        ]
        if self._seat.requested:
            views.extend(
                requested_view(requested, changing.get(requested.order), self.time)
                for requested in self._seat.requested.values()
                if orders.get(requested.order) is None
                and (instrument is None or requested.instrument == instrument)
            )
        return views

    # --- what can be asked for ------------------------------------------------------------------

    def buy(
        self,
        instrument: InstrumentId,
        quantity: Quantity,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> OrderId:
        """Ask for a new buy order. Return its id.

        Its type follows from what is given: a limit order with a price, a stop with a
        `trigger_price`, a market order with nothing; `OrderTerms` has all that can be said. Raises
        `InvalidRequest` for what is no order at all; whether risk or the venue takes it comes as a
        fact.
        """
        return self._submit(_BUY, instrument, quantity, price, terms)

    def sell(
        self,
        instrument: InstrumentId,
        quantity: Quantity,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> OrderId:
        """Ask for a new sell order; as `buy`."""
        return self._submit(_SELL, instrument, quantity, price, terms)

    def buy_at_touch(
        self, instrument: InstrumentId, quantity: Quantity, **terms: Unpack[OrderTerms]
    ) -> OrderId:
        """Ask for a buy order at a limit just beyond the ask. Return its id.

        The order policy says how far beyond, when the order is given up, and how far the market may
        go until then.
        """
        return self._submit(_BUY, instrument, quantity, None, _of_unset_type(terms))

    def sell_at_touch(
        self, instrument: InstrumentId, quantity: Quantity, **terms: Unpack[OrderTerms]
    ) -> OrderId:
        """Ask for a sell order at a limit just beyond the bid; as `buy_at_touch`."""
        return self._submit(_SELL, instrument, quantity, None, _of_unset_type(terms))

    def bracket(
        self,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        price: Price | None = None,
        *,
        take_profit: Price,
        stop_loss: Price,
        **terms: Unpack[OrderTerms],
    ) -> Bracket:
        """Ask for an entry and its two exits: a limit that takes the profit, a stop at the market.

        `price` and `terms` are those of the entry. The exits wait until it fills and work for as
        much as it filled; what one of them fills the other loses.
        """
        out = _SELL if _side(side) is _BUY else _BUY
        check_exits(out, take_profit, stop_loss, ("take_profit", "stop_loss"))
        entry = self._submit(side, instrument, quantity, price, terms)
        exits = exit_terms(terms, entry)
        return Bracket(
            entry,
            self._submit(out, instrument, quantity, take_profit, exits),
            self._submit(out, instrument, quantity, None, {**exits, "trigger_price": stop_loss}),
        )

    def oco(
        self,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        *,
        limit: Price,
        stop: Price,
        **terms: Unpack[OrderTerms],
    ) -> Pair:
        """Ask for a limit order and a stop at the market of which one cancels the other.

        `terms` are those of both. With `contingency=Contingency.OUO` what one fills the other loses
        instead. Other groups are made with `new_group`.
        """
        check_exits(_side(side), limit, stop, ("limit", "stop"))
        shared: OrderTerms = {"contingency": Contingency.OCO, "group": self.new_group(), **terms}
        return Pair(
            self._submit(side, instrument, quantity, limit, shared),
            self._submit(side, instrument, quantity, None, {**shared, "trigger_price": stop}),
        )

    def new_group(self) -> OrderId:
        """Return a number for a `group` of orders; it is no order's and never given again."""
        return self._seat.new_order()

    def cancel(self, order: OrderId) -> None:
        """Ask for an own order to be canceled; until the venue says it is gone, it may fill."""
        number = OrderId(whole_number(order, "order"))
        self._seat.request(CancelRequest(self._seat.strategy_id, number))

    def cancel_all(self, instrument: InstrumentId | None = None) -> None:
        """Ask for all own working orders to be canceled, but for those that were asked before."""
        for order in self.working(instrument):
            if order.status is not _CANCEL_PENDING and not order.cancel_wanted:
                self.cancel(order.order)

    def replace(
        self, order: OrderId, *, quantity: Quantity | None = None, price: Price | None = None
    ) -> None:
        """Ask for other terms of an own order; what is not given stays.

        `quantity` is the total, what is filled included. Raises `InvalidRequest` if there is no
        such order.
        """
        view = self.order(order)
        if view is None:
            raise InvalidRequest(f"this strategy has no order {order}: nothing to replace")
        new_quantity = view.quantity if quantity is None else whole_number(quantity, "quantity")
        new_price = view.price if price is None else whole_number(price, "price")
        self._seat.request(
            ReplaceRequest(
                self._seat.strategy_id,
                order,
                view.instrument,
                Quantity(new_quantity),
                Price(new_price),
            )
        )

    # --- what to listen to ----------------------------------------------------------------------

    def subscribe(
        self,
        instrument: InstrumentId,
        *,
        quotes: bool = True,
        trades: bool = True,
        book: bool = True,
    ) -> None:
        """Listen to this of an instrument from now on, instead of what was said of it before.

        A strategy that never subscribes hears all instruments; the first call narrows it to what it
        asks for.
        """
        self._instrument(instrument)
        wanted = ((Topic.QUOTES, quotes), (Topic.TRADES, trades), (Topic.BOOK, book))
        if self._seat.topics is None:
            self._seat.topics = {}
        self._seat.topics[instrument] = frozenset(topic for topic, wants in wanted if wants)
        self._seat.outbox.forget_listeners()

    def subscribe_bars(
        self,
        instrument: InstrumentId,
        size: Nanos | BarSize,
        *,
        fill_gaps: bool = False,
        conditions: SaleConditions = EVERY_TRADE,
    ) -> None:
        """Have bars of `seconds(60)` or so built from trades, from the next whole interval on.

        Or bars that trades fill: `TickBars(100)`, `VolumeBars(...)`, `ValueBars(...)`. Without
        `fill_gaps` there is no bar where nothing traded; with it, one at the last close.
        `conditions` say which trades count for what: `US_TAPE`, `LEAN`, or a table of your own.
        """
        terms = self._instrument(instrument)
        if isinstance(size, BarSize):
            if whole_number(size.least, type(size).__name__) <= 0:
                raise InvalidRequest(f"found {size}, expected a size above 0")
            if fill_gaps:
                raise InvalidRequest("only bars of time have gaps to fill")
        elif whole_number(size, "interval") <= 0:
            raise InvalidRequest(f"interval is {size} ns, expected above 0: seconds(60)")
        self._seat.add_bars(terms, size, self.time, fill_gaps, conditions)

    def set_timer(self, after: Nanos, timer: int = 0) -> None:
        """Have `on_timer` called `after` from now, instead of when this timer was set for."""
        if whole_number(after, "after") <= 0:
            raise InvalidRequest(f"after is {after} ns, expected above 0: seconds(1)")
        if not 0 <= whole_number(timer, "timer") < BAR_TIMER_FIRST:
            raise InvalidRequest(f"timer is {timer}, expected 0 to {BAR_TIMER_FIRST - 1}")
        if self._seat.on_timer is None:
            raise InvalidRequest("this strategy has no on_timer to call")
        due = Nanos(self.time + after)
        self._seat.outbox.timers.set(self._seat.strategy_id, timer, due)

    def cancel_timer(self, timer: int = 0) -> None:
        """Forget a timer; nothing happens if it is not set."""
        self._seat.outbox.timers.cancel(self._seat.strategy_id, timer)

    def log(self, text: str) -> None:
        """Say something to people. The last thousand lines that nobody has read are kept."""
        self._seat.outbox.log(self.time, self._seat.strategy_id, text)

    # --- from the numbers that people write, and back -------------------------------------------

    def price(self, instrument: InstrumentId, text: str | Decimal | int) -> Price:
        """Return "100.05" as a price. Raises `InvalidRequest` if it is not exactly one."""
        terms = self._instrument(instrument)
        return Price(to_increments(text, terms.price_decimals, f"price of {terms.symbol}"))

    def quantity(self, instrument: InstrumentId, text: str | Decimal | int) -> Quantity:
        """Return "0.5" as a quantity. Raises `InvalidRequest` if it is not exactly one."""
        terms = self._instrument(instrument)
        return Quantity(to_increments(text, terms.quantity_decimals, f"quantity of {terms.symbol}"))

    def decimal_price(self, instrument: InstrumentId, price: Price) -> Decimal:
        """Return a price as the number that people write."""
        return to_decimal(price, self._instrument(instrument).price_decimals)

    def decimal_quantity(self, instrument: InstrumentId, quantity: int) -> Decimal:
        """Return a quantity, signed or not, as the number that people write."""
        return to_decimal(quantity, self._instrument(instrument).quantity_decimals)

    def round_price_down(self, instrument: InstrumentId, price: float) -> Price:
        """Return the highest price on the tick grid that is not above `price` (in increments)."""
        tick = self._instrument(instrument).price_tick
        return Price(math.floor(price) // tick * tick)

    def round_price_up(self, instrument: InstrumentId, price: float) -> Price:
        """Return the lowest price on the tick grid that is not below `price` (in increments)."""
        tick = self._instrument(instrument).price_tick
        return Price(-(-math.ceil(price) // tick) * tick)

    def round_quantity_down(self, instrument: InstrumentId, quantity: float) -> Quantity:
        """Return the largest whole number of lots that is not above `quantity` (in increments)."""
        lot = self._instrument(instrument).quantity_lot
        return Quantity(math.floor(quantity) // lot * lot)

    # --------------------------------------------------------------------------------------------

    def _submit(
        self,
        side: Side,
        instrument: InstrumentId,
        quantity: Quantity,
        price: Price | None,
        terms: OrderTerms,
    ) -> OrderId:
        if instrument not in self._known:
            raise self._unknown(instrument)
        seat = self._seat
        order = seat.new_order()
        seat.request(
            submit_request(seat.strategy_id, order, side, instrument, quantity, price, terms)
        )
        return order

    def _instrument(self, instrument: InstrumentId) -> Instrument:
        found = self._known.get(instrument)
        if found is None:
            raise self._unknown(instrument)
        return found

    def _book(self, instrument: InstrumentId) -> Book:
        book = self._machine.books.get(instrument)
        if book is None:
            raise self._unknown(instrument)
        return book

    def _unknown(self, name: object) -> UnknownInstrument:
        if isinstance(name, Instrument):
            return UnknownInstrument(
                f"found the instrument {name.symbol!r} itself, expected its id: .instrument"
            )
        known = [f"{one.symbol} ({one.instrument})" for one in self.instruments]
        more = len(known) - _SYMBOLS_SHOWN_MAX
        listed = ", ".join(known[:_SYMBOLS_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
        return UnknownInstrument(f"unknown instrument {name!r}: known are {listed or 'none'}")


def _number(order: Order) -> OrderId:
    return order.order


def _side(side: Side) -> Side:
    if type(side) is not Side:
        raise InvalidRequest(f"side is {side!r}, expected Side.BUY or Side.SELL")
    return side


def _of_unset_type(terms: OrderTerms) -> OrderTerms:
    return {**terms, "order_type": OrderType.UNSET}
