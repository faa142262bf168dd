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
    rejected and waiting ones wait. A recording of quotes alone has no snapshots: with `touch_only`
    the touch is the whole book.

When the recording has ended, what was not looked at is rejected, cancels still work, reports still
arrive.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import Nanos, OrderId, Quantity
from fairlead.simulator.errors import RecordingError
from fairlead.simulator.recorded_book import Queued, RecordedConfig
from fairlead.simulator.tape import Tape, Unseen
from fairlead.simulator.venue import Venue
from fairlead.simulator.venue_order import VenueOrder
from fairlead.simulator.world import NEVER, Handling

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
        self._tapes = {one.instrument: Tape(config) for one in instruments}
        self._queued: dict[OrderId, Queued] = {}  # orders that wait in a queue
        self._replay = config
        self._report_delay = config.venue.report_latency.constant
        self.events = events
        self._events_read: int = 0
        self._event_time: Nanos = Nanos(0)
        self._event: list[Input] = []
        self._read()

    # --- the world --------------------------------------------------------------------------------

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us; `None` once all is over."""
        time = min(self._event_time, self.reports.next_time)
        if self.actions.next_time != NEVER:
            time = min(time, Nanos(self.actions.next_time + self._report_delay))
        return time if time != NEVER else None

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us up to and including `time`."""
        assert time >= self.now, f"time went back from {self.now} to {time}"
        self.now = time
        inputs: list[Input] = []
        actions, reports = self.actions, self.reports
        while True:
            event, arrival, report = self._event_time, actions.next_time, reports.next_time
            if report <= event and report <= arrival:
                if report > time:
                    return inputs
                inputs.append(reports.receive())
            elif event <= arrival:
                if event > time:
                    return inputs
                inputs.extend(self._event)
                self._play()
            elif arrival <= time:
                self.arrive()
            else:
                return inputs

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
        tape: Tape | None = None
        if isinstance(input, Quote):
            if tape := self._tapes.get(input.instrument):
                tape.quote(input, time)
        elif isinstance(input, BookChange):
            if tape := self._tapes.get(input.instrument):
                tape.change(input, time)
        elif isinstance(input, Trade):
            if tape := self._tapes.get(input.instrument):
                self._trade(tape, input, time)
        elif isinstance(input, BookSnapshot):
            if tape := self._tapes.get(input.instrument):
                tape.snapshot(input)
        elif isinstance(input, BookGap) and (tape := self._tapes.get(input.instrument)):
            tape.lose()
        return tape

    def _trade(self, tape: Tape, trade: Trade, time: Nanos) -> None:
        """Fill our waiting orders by a trade, as rule (c) says: one that says who took."""
        if trade.aggressor is None:
            return
        side = Side.SELL if trade.aggressor is Side.BUY else Side.BUY
        own = tape.own(side)
        if not own.levels or not tape.known or trade.price <= 0 or trade.quantity <= 0:
            return
        reach = own.prices.reach(trade.price)
        left = trade.quantity
        while left > 0 and own.prices.keys and own.prices.keys[-1] > reach:
            queued = own.levels[own.prices.best()][0]
            left = Quantity(left - self._fill_waiting(tape, queued, left, time))
        for queued in list(own.levels.get(trade.price, ())):
            ours = Quantity(trade.quantity - left)
            quantity = queued.traded(trade.quantity, ours, self._replay, time)
            if quantity:
                left = Quantity(left - self._fill_waiting(tape, queued, quantity, time))

    def _meet_waiting(self, tape: Tape, side: Side, time: Nanos) -> None:
        """Fill our waiting orders by what the other side displays at their prices or better."""
        own, opposite = tape.own(side), tape.opposite(side)
        while own.prices.keys and opposite.prices.reached_by(own.prices.best()):
            queued = own.levels[own.prices.best()][0]
            offer = next(opposite.within(queued.order.limit), None)
            if offer is None:
                return
            quantity = self._fill_waiting(tape, queued, offer[1], time)
            opposite.consume(offer[0], quantity)

    def _fill_waiting(
        self, tape: Tape, queued: Queued, quantity: Quantity, time: Nanos
    ) -> Quantity:
        """Fill a waiting order by up to `quantity`. Return by how much."""
        order = queued.order
        quantity = min(quantity, order.leaves)
        self._fill(order, order.limit, quantity, Liquidity.MAKER, time)
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
        else:
            tape.unseen.append(Unseen(order, None))

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        unseen = Unseen(order, approved)
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
            else:
                self._amend(tape, order, one.approved, time)

    def _broken_now(self, unseen: Unseen) -> str:
        """Return why new terms cannot be had any more, "" if they can."""
        if unseen.approved is None:
            return ""
        if self.orders.get(unseen.order.order) is not unseen.order:
            return "unknown_order"
        return self._broken_change(unseen.order, unseen.approved)

    def _amend(self, tape: Tape, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        queued = self._queued[order.order]
        keeps_place = approved.price == order.limit and approved.quantity <= order.quantity
        if not keeps_place:
            self._leave(tape, queued)
        self._replaced(order, approved, time)
        if not keeps_place:
            self._meet(tape, order, time)

    def _meet(self, tape: Tape, order: VenueOrder, time: Nanos) -> None:
        """Let an accepted order take what it can; let the rest wait or cancel it."""
        if order.handling is Handling.FOK and not _can_fill(tape, order):
            self._canceled(order, "fok", time)
            return
        opposite = tape.opposite(order.side)
        for price, quantity in tape.offers(order.side, order.limit):
            if not order.leaves:
                break
            taken = min(quantity, order.leaves)
            self._fill(order, price, taken, Liquidity.TAKER, time)
            opposite.consume(price, taken)
        if not order.leaves:
            return
        if tape.own_in_the_way(order.side, order.limit):
            self._canceled(order, "self_trade", time)
        elif order.handling is Handling.MARKET:
            self._canceled(order, "no_liquidity", time)
        elif order.handling is Handling.IOC:
            self._canceled(order, "ioc", time)
        else:
            ahead = tape.side(order.side).ahead_of_newcomer(order.limit)
            queued = self._queued[order.order] = Queued(order, ahead)
            tape.own(order.side).append(queued)

    def _leave(self, tape: Tape, queued: Queued) -> None:
        del self._queued[queued.order.order]
        tape.own(queued.order.side).remove(queued)


def _can_fill(tape: Tape, order: VenueOrder) -> bool:
    """Return whether all of an order can trade at once."""
    missing: int = order.leaves
    for _, quantity in tape.offers(order.side, order.limit):
        missing -= quantity
        if missing <= 0:
            return True
    return False
