"""Our orders against a recorded market, which they never change: it is passed on as it was.

*The problem.* A backtest that fills at the price it sees earns money that is not there: it takes
liquidity that others took first, takes the same shares twice, is first in every queue, and trades
on the tick that told it to. What would really have happened cannot be known, for the market did not
know of us. What can be done is never to assume luck: every share we get must have been displayed or
traded at our price or a worse one for the other side, at a time when our order was there to get it.
The rules:

(a) *Arrival.* An order arrives after its latency. The venue looks at it on the first market event
    of its instrument strictly after that, against the book as that event left it: never against
    the book that triggered it. A replace is treated alike; a cancel works on arrival, always. At
    equal times the market was first. The events carry the times at which the recorder got them,
    later than they happened: the latency of an order should include that of the market data.
(b) *Taking.* A marketable order takes what is displayed, level by level at the levels' prices, and
    no more. What it took is gone until the recording next updates that level. The rest of a limit
    order waits; that of IOC and market orders is canceled; FOK takes all or nothing. Taker.
(c) *Waiting.* An order joins behind what is displayed at its price; inside the spread it is first.
    If the recording does not show that deep, its place is unknown until the level is first
    displayed, and then behind it. Maker fills:
    - A trade at its price by the other side first uses up what is ahead, then fills it, up to the
      traded quantity.
    - A trade through its price fills it at its price, up to the traded quantity: with us there the
      aggressor would have met us first, but it would not have brought more than it did. Better
      prices of ours first, then older ones.
    - The other side displayed at its price or better fills it at its price, up to what is
      displayed, which is then gone as in (b): whoever placed that would have met us.
    So an order that is larger than the flow is filled by as much as really came, not wholly by one
    odd lot. How cancels of others move the queue is the `QueueModel`; why nothing counts twice is
    told in `recorded_book.py`.
(d) Fees and liquidity flags are those of the instrument, as on every venue (`venue.py`).
(e) *Post-only* is rejected if it would take when it is looked at. What would trade with an order of
    ours is canceled (the newer one): "self_trade".
(f) *Unknown book.* Before the first snapshot, and from a gap to the next snapshot, new orders are
    rejected and waiting ones wait; so while the venue does not trade the instrument. A recording of
    quotes alone has no snapshots: with `touch_only` the touch is the whole book.
(g) *By order.* Where the recording has every order, the place in the queue is known and nothing is
    assumed: ours stands behind exactly those that were there, and each of them leaves by trading or
    by being taken back (`recorded_orders.py`). An execution fills us if it is of an order behind
    us, or at a worse price for the other side, and nobody is left before us; up to its quantity.
(h) *Our own impact*, where it is configured (`impact.py`), makes what we take dearer. What waits is
    filled only by what would have reached it at the prices as we moved them: at its price no trade
    does so any more, and through it only one that went further than we moved it.

When the recording has ended, what was not looked at is rejected, cancels still work, reports still
arrive.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.model.inputs import (
    BookChange,
    BookOrder,
    BookOrderExecuted,
    Input,
    Quote,
    Trade,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity
from fairlead.simulator.chance import Chance
from fairlead.simulator.errors import RecordingError
from fairlead.simulator.latency import Wire
from fairlead.simulator.recorded_book import Queued, RecordedConfig
from fairlead.simulator.tape import Tape, Unseen
from fairlead.simulator.venue import DATA_STREAM, Venue
from fairlead.simulator.venue_order import VenueOrder
from fairlead.simulator.world import NEVER, Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_NO_INSTRUMENT: Final = InstrumentId(0)
_AT_ITS_LIMIT: Final = Price(0)
_END: Final[tuple[Nanos, list[Input]]] = (NEVER, [])


class RecordedWorld(Venue):
    """The world of a backtest or paper session on a recording.

    `events` yields the inputs that the recorder got at each time, times not going back; it is read
    one step ahead. Inputs that are not market data of an instrument listed here pass through and
    move nothing.
    """

    def __init__(
        self,
        events: Iterator[tuple[Nanos, list[Input]]],
        instruments: list[Instrument],
        config: RecordedConfig,
    ) -> None:
        """Begin before the first event."""
        super().__init__(instruments, config.venue)
        self._tapes = {one.instrument: Tape(one, config) for one in instruments}
        self._queued: dict[OrderId, Queued] = {}  # orders that wait in a queue
        self._replay = config
        self._report_delay = config.venue.report_latency.constant
        self._data_delay = config.venue.data_latency.constant
        self._data: Wire[Input] | None = None  # where market data takes time to reach us
        if config.delayed:
            self._data = Wire(config.venue.data_latency, Chance(config.venue.seed, DATA_STREAM))
        self.events = events
        self._events_read: int = 0
        self._event_time: Nanos = Nanos(0)
        self._event: list[Input] = []
        self._read()

    # --- the world --------------------------------------------------------------------------------

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us; `None` once all is over."""
        event = self._event_time
        if self._data is not None:
            event = Nanos(event + self._data_delay) if event != NEVER else NEVER
            event = min(event, self._data.next_time)
        time = min(event, self.reports.next_time)
        if self.actions.next_time != NEVER:
            time = min(time, Nanos(self.actions.next_time + self._report_delay))
        return time if time != NEVER else None

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us up to and including `time`."""
        assert time >= self.now, f"time went back from {self.now} to {time}"
        self.now = time
        inputs: list[Input] = []
        actions, reports, data = self.actions, self.reports, self._data
        while True:
            event, arrival, report = self._event_time, actions.next_time, reports.next_time
            if (
                data is not None
                and data.next_time < report
                and data.next_time <= min(event, arrival, time)
            ):
                inputs.append(data.receive())
            elif report <= event and report <= arrival:
                if report > time:
                    return inputs
                inputs.append(reports.receive())
            elif event <= arrival:
                if event > time:
                    return inputs
                self._publish(inputs)
                self._play()
            elif arrival <= time:
                self.arrive()
            else:
                return inputs

    def _publish(self, inputs: list[Input]) -> None:
        """Let the event reach us: at once, or later over a wire of its own."""
        if self._data is None:
            inputs.extend(self._event)
            return
        for one in self._event:
            self._data.send(one, self._event_time)

    # --- the recording ----------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Read a recording that begins anew, as far as this world had read it when it was kept.

        Its maker has read the first event of it.
        """
        for _ in range(self._events_read - 1):
            next(self.events, _END)

    def _read(self) -> None:
        """Read the next event; at the end, reject what nobody will look at any more."""
        time, inputs = next(self.events, _END)
        self._events_read += 1
        if time < self._event_time:
            raise RecordingError(
                f"the recording goes back in time: an event at {time} ns follows one at"
                f" {self._event_time} ns; expected times in order. Sort the recording by time"
            )
        if time == NEVER:
            for tape in self._tapes.values():
                for unseen in tape.unseen:
                    self._decline(unseen, "recording_ended", self._event_time)
        self._event_time, self._event = time, inputs

    def _play(self) -> None:
        """Let the market move by one event, and our orders meet what it left."""
        time = self._event_time
        if self._replay.measure_latency:
            self._measure(time)
        if self.load is not None:
            self.load.enter(time, len(self._event))
        moved: list[Tape] = []
        for one in self._event:
            tape = self._tell(one, time)
            if tape is not None and not tape.is_idle() and tape not in moved:
                moved.append(tape)
        for tape in moved:
            if tape.is_credible():
                self._meet_waiting(tape, Side.BUY, time)
                self._meet_waiting(tape, Side.SELL, time)
                self._look(tape, time)
        self._read()

    def _tell(self, input: Input, time: Nanos) -> Tape | None:
        """Let the book that an input is about follow it. Return its tape, `None` if it has none."""
        tape = self._tapes.get(getattr(input, "instrument", _NO_INSTRUMENT))
        if tape is None:
            return None
        if isinstance(input, Quote):
            tape.quote(input, time)
        elif isinstance(input, BookChange):
            tape.change(input, time)
        elif isinstance(input, Trade):
            self._trade(tape, input, time)
        elif isinstance(input, BookOrder):
            if isinstance(input, BookOrderExecuted):
                self._order_executed(tape, input, time)
            tape.order(input)
        else:
            return tape if tape.told(input) else None
        return tape

    def _measure(self, time: Nanos) -> None:
        """Tell the latency models how long this event took to the recorder."""
        for one in self._event:
            venue_time = getattr(one, "venue_time", 0)
            if venue_time:
                self._replay.venue.order_latency.measured(time - venue_time)
                self._replay.venue.report_latency.measured(time - venue_time)
                return

    def _order_executed(self, tape: Tape, executed: BookOrderExecuted, time: Nanos) -> None:
        """Fill our waiting orders that stand before one that trades, as rule (g) says.

        What ours got, the order that it was meant for did not trade: with us there it would still
        stand before those of ours behind it. So they owe it, and who owes lets so much pass.
        """
        found = tape.standing(executed.order)
        if found is None or not tape.known or executed.quantity <= 0:
            return
        own = tape.own(found.side)
        if not own.levels:
            return
        reach = own.prices.reach(found.price)
        shift = tape.costs.shift(found.side, found.price, 0, time)
        traded = min(executed.quantity, found.leaves)
        given = 0
        for queued in own.all():
            key = queued.order.limit * own.prices.sign
            if key < reach:
                return  # best prices first: it goes no further
            if key == reach and queued.place > found.place:
                queued.owed += given
            elif not queued.ahead:
                passed = min(queued.owed, traded - given)
                queued.owed -= passed
                given += passed
                if given < traded and (not shift or key > reach + shift):
                    more = Quantity(traded - given)
                    given += self._fill_waiting(tape, queued, more, time)

    def _trade(self, tape: Tape, trade: Trade, time: Nanos) -> None:
        """Fill our waiting orders by a trade, as rule (c) says.

        Where it is not told who took, or the trade was with an order that nobody saw, only what it
        went through is filled, on either side.
        """
        if not tape.known or trade.price <= 0 or trade.quantity <= 0:
            return
        taker = trade.aggressor
        if taker is not _SELL:
            self._trade_through(tape, _SELL, trade, time)
        if taker is not _BUY:
            self._trade_through(tape, _BUY, trade, time)

    def _trade_through(self, tape: Tape, side: Side, trade: Trade, time: Nanos) -> None:
        """Fill our waiting orders of one side by a trade."""
        own = tape.own(side)
        if not own.levels:
            return
        reach = own.prices.reach(trade.price)
        shift = tape.costs.shift(side, trade.price, 0, time)
        left = trade.quantity
        by_order = tape.orders is not None
        for queued in own.all():
            if not left or queued.order.limit * own.prices.sign <= reach + shift:
                break
            if not (by_order and (queued.ahead or queued.owed)):
                left = Quantity(left - self._fill_waiting(tape, queued, left, time))
        if by_order or trade.aggressor is None:
            return
        for queued in list(own.levels.get(trade.price, ())):
            ours = Quantity(trade.quantity - left)
            quantity = queued.traded(trade.quantity, ours, self._replay, time)
            if quantity and not shift:
                left = Quantity(left - self._fill_waiting(tape, queued, quantity, time))

    def _meet_waiting(self, tape: Tape, side: Side, time: Nanos) -> None:
        """Fill our waiting orders by what the other side displays at their prices or better."""
        own, opposite = tape.own(side), tape.opposite(side)
        while own.prices.keys and opposite.prices.reached_by(own.prices.best()):
            queued = own.levels[own.prices.best()][0]
            limit = queued.order.limit
            offer = next(opposite.within(limit), None)
            if offer is None:
                return
            shift = tape.costs.shift(side, offer[0], 0, time)
            if shift and (limit - offer[0]) * own.prices.sign < shift:
                return
            quantity = self._fill_waiting(tape, queued, offer[1], time)
            tape.consume(side, offer[0], quantity)

    def _fill_waiting(
        self,
        tape: Tape,
        queued: Queued,
        quantity: Quantity,
        time: Nanos,
        price: Price = _AT_ITS_LIMIT,
    ) -> Quantity:
        """Fill a waiting order by up to `quantity`. Return by how much."""
        order = queued.order
        quantity = min(quantity, order.leaves)
        self._fill(order, price or order.limit, quantity, Liquidity.MAKER, time)
        tape.costs.traded(order.side, quantity, time)
        if not order.leaves:
            self._leave(tape, queued)
        return quantity

    # --- our orders -------------------------------------------------------------------------------

    def _place(self, order: VenueOrder, time: Nanos) -> None:
        tape = self._tapes[order.instrument.instrument]
        if self._event_time == NEVER:
            self._turn_away(order, "recording_ended", time)
        elif not tape.known:
            self._turn_away(order, "book_unknown", time)
        elif tape.halted:
            self._turn_away(order, "halted", time)
        else:
            tape.unseen.append(Unseen(order, None, time))

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        unseen = Unseen(order, approved, time)
        if self._event_time == NEVER:
            self._decline(unseen, "recording_ended", time)
        else:
            self._tapes[order.instrument.instrument].unseen.append(unseen)

    def _remove(self, order: VenueOrder, time: Nanos) -> None:
        tape = self._tapes[order.instrument.instrument]
        queued = self._queued.get(order.order)
        if queued is not None:
            self._leave(tape, queued)
            return
        self._accept(order, time)  # it had arrived, though nobody had looked at it
        tape.unseen = [
            one for one in tape.unseen if one.order is not order or one.approved is not None
        ]

    def _decline(self, unseen: Unseen, reason: str, time: Nanos) -> None:
        """Say no to a new order or to new terms."""
        order = unseen.order
        if unseen.approved is None:
            self._turn_away(order, reason, time)
        else:
            self._keep(unseen.approved, reason, time)

    def _look(self, tape: Tape, time: Nanos) -> None:
        """Look at what has arrived since the last event, in order of arrival."""
        if not tape.unseen:
            return
        unseen, tape.unseen = tape.unseen, []
        for one in unseen:
            order = one.order
            limit = order.limit if one.approved is None else one.approved.price
            rule = self._broken_now(one)
            if not rule and order.handling is Handling.POST_ONLY:
                rule = "post_only_would_take" if tape.would_take(order.side, limit) else ""
            if rule:
                self._decline(one, rule, time)
            elif one.approved is None:
                self._accept(order, time)
                self._meet(tape, order, time)
            elif not self._amend_in_place(tape, order, one.approved, time):
                self._meet(tape, order, time)

    def _broken_now(self, unseen: Unseen) -> str:
        """Return why new terms cannot be had any more, "" if they can."""
        if unseen.approved is None:
            return ""
        if self.orders.get(unseen.order.order) is not unseen.order:
            return "unknown_order"
        return self._broken_change(unseen.order, unseen.approved)

    def _amend_in_place(
        self, tape: Tape, order: VenueOrder, approved: Approved, time: Nanos
    ) -> bool:
        """Give an order its new terms. Return whether it keeps its place; if not it has none."""
        queued = self._queued[order.order]
        keeps_place = approved.price == order.limit and approved.quantity <= order.quantity
        if not keeps_place:
            self._leave(tape, queued)
        self._replaced(order, approved, time)
        return keeps_place

    def _meet(self, tape: Tape, order: VenueOrder, time: Nanos) -> None:
        """Let an accepted order take what it can; let the rest wait or cancel it."""
        plan = _plan(tape, order, time)
        if order.handling is Handling.FOK and sum([part[2] for part in plan]) < order.leaves:
            self._canceled(order, "fok", time)
            return
        for displayed, price, quantity in plan:
            tape.consume(order.side, displayed, quantity)
            tape.costs.traded(order.side, quantity, time)
            self._fill(order, price, quantity, Liquidity.TAKER, time)
        if order.leaves:
            self._rest(tape, order, time)

    def _rest(self, tape: Tape, order: VenueOrder, time: Nanos) -> None:
        """Let what an order could not take wait, or cancel it."""
        if tape.own_in_the_way(order.side, order.limit):
            self._canceled(order, "self_trade", time)
        elif order.handling is Handling.MARKET:
            self._canceled(order, "no_liquidity", time)
        elif order.handling is Handling.IOC:
            self._canceled(order, "ioc", time)
        else:
            self._queued[order.order] = tape.queued(order)

    def _leave(self, tape: Tape, queued: Queued) -> None:
        del self._queued[queued.order.order]
        tape.own(queued.order.side).remove(queued)


def _plan(tape: Tape, order: VenueOrder, time: Nanos) -> list[tuple[Price, Price, Quantity]]:
    """Return what an order can take at once: displayed price, price that it pays, quantity."""
    plan: list[tuple[Price, Price, Quantity]] = []
    left, taken = order.leaves, 0
    sign = 1 if order.side is _BUY else -1
    for displayed, quantity in tape.offers(order.side, order.limit):
        if not left:
            break
        part = min(quantity, left)
        taken += part
        price = tape.costs.paid(order.side, displayed, taken, time)
        if order.limit and price * sign > order.limit * sign:
            break
        plan.append((displayed, price, part))
        left = Quantity(left - part)
    return plan
