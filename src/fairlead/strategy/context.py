"""What a strategy may see and do: it reads the machine's state, and asks; that is all.

Whatever it asks for becomes a numbered, journaled input, and passes risk, before anything leaves.
Whether it was taken, refused, filled comes back as facts (`on_order`, `on_fill`).
"""

import math
from decimal import Decimal
from typing import Final

import msgspec

from fairlead.machine.books import Book
from fairlead.model.inputs import CancelRequest, ReplaceRequest, SubmitRequest
from fairlead.model.instruments import Instrument
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity
from fairlead.strategy.conversions import to_decimal, to_increments
from fairlead.strategy.errors import InvalidRequest, UnknownInstrument
from fairlead.strategy.seat import BAR_TIMER_FIRST, Seat, Topic
from fairlead.strategy.views import (
    BookView,
    OrderView,
    PositionView,
    Touch,
    order_view,
    position_view,
    requested_view,
    touch,
)

WHOLE_MAX: Final = 2**63 - 1  # a record holds no larger number
TAG_LENGTH_MAX: Final = 64  # of an order's tag: it is written into the journal with each order
_SYMBOLS_SHOWN_MAX: Final = 20  # in a message about an unknown one


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
        """Return the own orders that may still trade, just requested ones too, oldest first."""
        orders, changing = self._machine.orders, self._seat.changing
        views = [
            order_view(order, changing.get(order.order))
            for order in orders.working(self._seat.strategy_id)
        ]
        views.extend(
            requested_view(requested, changing.get(requested.order), self.time)
            for requested in self._seat.requested.values()
            if orders.get(requested.order) is None
        )
        if instrument is None:
            return views
        return [view for view in views if view.instrument == instrument]

    # --- what can be asked for ------------------------------------------------------------------

    def buy(
        self,
        instrument: InstrumentId,
        quantity: Quantity,
        price: Price | None = None,
        *,
        time_in_force: TimeInForce | None = None,
        post_only: bool = False,
        tag: str = "",
    ) -> OrderId:
        """Ask for a new buy order; without a price, at the market. Return its id.

        `time_in_force` is GTC with a price and IOC without, unless said. Raises `InvalidRequest`
        for what is no order at all; whether risk or the venue takes it comes as a fact.
        """
        return self._submit(Side.BUY, instrument, quantity, price, time_in_force, post_only, tag)

    def sell(
        self,
        instrument: InstrumentId,
        quantity: Quantity,
        price: Price | None = None,
        *,
        time_in_force: TimeInForce | None = None,
        post_only: bool = False,
        tag: str = "",
    ) -> OrderId:
        """Ask for a new sell order; as `buy`."""
        return self._submit(Side.SELL, instrument, quantity, price, time_in_force, post_only, tag)

    def cancel(self, order: OrderId) -> None:
        """Ask for an own order to be canceled; until the venue says it is gone, it may fill."""
        self._seat.request(CancelRequest(self._seat.strategy_id, OrderId(_whole(order, "order"))))

    def cancel_all(self, instrument: InstrumentId | None = None) -> None:
        """Ask for all own working orders to be canceled, but for those that were asked before."""
        for order in self.working(instrument):
            if order.status is not Status.CANCEL_PENDING:
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
        new_quantity = view.quantity if quantity is None else _whole(quantity, "quantity")
        new_price = view.price if price is None else _whole(price, "price")
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
        self, instrument: InstrumentId, interval: Nanos, *, fill_gaps: bool = False
    ) -> None:
        """Have bars of `seconds(60)` or so built from trades, from the next whole interval on.

        Without `fill_gaps` there is no bar where nothing traded; with it, one at the last close.
        """
        self._instrument(instrument)
        if _whole(interval, "interval") <= 0:
            raise InvalidRequest(f"interval is {interval} ns, expected above 0: seconds(60)")
        self._seat.add_bars(instrument, interval, self.time, fill_gaps)

    def set_timer(self, after: Nanos, timer: int = 0) -> None:
        """Have `on_timer` called `after` from now, instead of when this timer was set for."""
        if _whole(after, "after") <= 0:
            raise InvalidRequest(f"after is {after} ns, expected above 0: seconds(1)")
        if not 0 <= _whole(timer, "timer") < BAR_TIMER_FIRST:
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
        time_in_force: TimeInForce | None,
        post_only: bool,
        tag: str,
    ) -> OrderId:
        self._instrument(instrument)
        _whole(quantity, "quantity")
        market = price is None
        if time_in_force is None:
            time_in_force = TimeInForce.IOC if market else TimeInForce.GTC
        if not tag.isprintable():
            raise InvalidRequest(f"tag {tag!r} cannot be written down, expected printable text")
        if len(tag) > TAG_LENGTH_MAX:
            raise InvalidRequest(
                f"tag has {len(tag)} characters, expected at most {TAG_LENGTH_MAX}"
            )
        seat = self._seat
        request = SubmitRequest(
            seat.strategy_id,
            seat.new_order(),
            instrument,
            side,
            OrderType.MARKET if price is None else OrderType.LIMIT,
            time_in_force,
            post_only,
            quantity,
            Price(0) if price is None else Price(_whole(price, "price")),
            tag,
        )
        seat.request(request)
        return request.order

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


def _whole(value: int, what: str) -> int:
    if type(value) is not int:
        raise InvalidRequest(
            f"{what} is {value!r} ({type(value).__name__}), expected a whole number;"
            " context.price, context.quantity and seconds convert"
        )
    if not -WHOLE_MAX <= value <= WHOLE_MAX:
        raise InvalidRequest(f"{what} has {len(str(value))} digits, expected at most {WHOLE_MAX}")
    return value
