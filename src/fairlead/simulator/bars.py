"""Our orders against bars, or trades alone: data in which nobody says what could have been bought.

*What is assumed*, and stated, because nothing of it can be seen:

- *Spread.* Bid and ask stand half of `spread` from each price, rounded away from it; after each bar
  or trade they are published, so that positions and orders have something to be valued at.
- *When.* A bar is known at its end, never before. An order that came in the first hundredth of the
  time since the last bar was there when the bar opened: that is one which a strategy sent on seeing
  the last bar, and its latency. It takes at the open, beyond half the spread, with slippage and
  impact on top. One that came later in the bar waits for the next one. Of a single trade the time
  is known: who came before it is there. What became of an order we are told before the bar itself
  is published, and not earlier: else the time of the report would tell something of the bar.
- *Waiting.* An order that waits is filled at its price if the bar traded beyond it, by at least one
  tick: trades at its price may all have been with others. If all of the bar was beyond it, at the
  worst price of the bar: a better open does not make it better.
- *How much.* At most `participation` of what the bar traded, for all orders of ours together, by
  price and then time. The rest waits; that of IOC and market orders is canceled.
- A cancel that comes within a bar works after it: what would have traded in it has.

A bar is all trades of one instrument at one time that say they are of a bar (`conditions`), the
first of them its open and the last its close, as the readers of research files make them.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.model.inputs import Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import CancelOrder
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    RATE_UNIT,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    Rate,
    UpdateId,
)
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.tape import Tape, Unseen
from fairlead.simulator.venue_order import VenueOrder
from fairlead.simulator.world import NEVER, Handling

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_OF_A_BAR: Final = "bar"  # the conditions of a trade that stands for a bar
_PROMPT_PARTS: Final = 100  # an order in the first of so many parts of a bar was there at its open
_SPREAD: Final = Rate(0)
_PARTICIPATION: Final = Rate(RATE_UNIT // 10)


class BarConfig:
    """What is assumed of a market that only its bars or trades are known of.

    `spread` is all of it, as a share of the price; `participation` is the share of the volume that
    ours can be. Both in parts of `RATE_UNIT`.
    """

    def __init__(self, *, spread: Rate = _SPREAD, participation: Rate = _PARTICIPATION) -> None:
        """Take the terms. Raises `ValueError`."""
        if not 0 <= spread < RATE_UNIT or not 0 < participation <= RATE_UNIT:
            raise ValueError(
                f"bars: found spread {spread} and participation {participation}, expected 0 to"
                f" below {RATE_UNIT}, and above 0 to {RATE_UNIT} (all)"
            )
        self.spread = spread
        self.participation = participation


class Traded:
    """What traded of one instrument in one event: a bar, or a single trade."""

    def __init__(self, first: Trade, time: Nanos, before: Nanos) -> None:
        """Begin with its first trade; the event before it was at `before`."""
        self.open: Price = first.price
        self.high: Price = first.price
        self.low: Price = first.price
        self.close: Price = first.price
        self.volume: int = first.quantity
        self.time = time
        self.began: Nanos = Nanos(before + 1)
        self.prompt: Nanos = Nanos(time - 1)  # who came up to then was there at the open
        if first.conditions == _OF_A_BAR:
            self.prompt = Nanos(before + (time - before) // _PROMPT_PARTS)

    def add(self, trade: Trade) -> None:
        """Count a further trade."""
        self.high = max(self.high, trade.price)
        self.low = min(self.low, trade.price)
        self.close = trade.price
        self.volume += trade.quantity


class BarWorld(RecordedWorld):
    """The world of a backtest on bars or trades."""

    def __init__(
        self,
        events: Iterator[tuple[Nanos, list[Input]]],
        instruments: list[Instrument],
        config: RecordedConfig,
        bars: BarConfig,
    ) -> None:
        """Begin before the first event."""
        super().__init__(events, instruments, config)
        self._bars = bars
        self._last: dict[InstrumentId, Nanos] = {}  # when each traded last
        self._capacity: int = 0  # what ours can still be of the bar at hand

    # --- the recording ----------------------------------------------------------------------------

    def _publish(self, inputs: list[Input]) -> None:
        """Let our orders meet the event; tell what became of them, then the event itself."""
        quotes = self._meet_event()
        while self.reports.next_time <= self._event_time:
            inputs.append(self.reports.receive())
        self._event = [*self._event, *quotes]
        super()._publish(inputs)

    def _play(self) -> None:
        """Go on to the next event: our orders have met this one."""
        if self.load is not None:
            self.load.enter(self._event_time, len(self._event))
        self._read()

    def _meet_event(self) -> list[Input]:
        """Let our orders meet all that traded. Return the touch of each instrument after it."""
        time = self._event_time
        traded: dict[InstrumentId, Traded] = {}
        for one in self._event:
            if not isinstance(one, Trade):
                if tape := self._tapes.get(getattr(one, "instrument", InstrumentId(0))):
                    tape.told(one)
            elif one.instrument in self._tapes and one.price > 0 and one.quantity > 0:
                if found := traded.get(one.instrument):
                    found.add(one)
                else:
                    before = self._last.get(one.instrument, Nanos(time - 1))
                    traded[one.instrument] = Traded(one, time, before)
        for instrument, bar in traded.items():
            tape = self._tapes[instrument]
            if tape.known and not tape.halted:
                self._meet_bar(tape, self.instruments[instrument], bar)
            tape.known = True
            self._last[instrument] = time
        return [self._quote(instrument, bar) for instrument, bar in traded.items()]

    def _quote(self, instrument: InstrumentId, bar: Traded) -> Input:
        """Return the touch that is assumed after a bar, with what we could be of the next one."""
        terms = self.instruments[instrument]
        quantity = Quantity(max(terms.quantity_lot, self._share(terms, bar)))
        bid, ask = self._touch(terms, bar.close, _SELL), self._touch(terms, bar.close, _BUY)
        if ask <= bid:  # no spread was assumed, but a locked touch is no price to anybody
            ask = Price(bid + terms.price_tick)
        return Quote(instrument, bid, quantity, ask, quantity, UpdateId(0), bar.time)

    def _touch(self, terms: Instrument, price: Price, taker: Side) -> Price:
        """Return where who takes on this side is assumed to find the other one."""
        tick = terms.price_tick
        half = -(-price * self._bars.spread // (2 * RATE_UNIT * tick)) * tick
        return Price(price + half if taker is _BUY else max(int(tick), price - half))

    def _share(self, terms: Instrument, bar: Traded) -> int:
        share = bar.volume * self._bars.participation // RATE_UNIT
        return share - share % terms.quantity_lot

    # --- our orders -------------------------------------------------------------------------------

    def _cancel(self, action: CancelOrder, time: Nanos) -> None:
        """Let a cancel wait for what traded before it."""
        order = self.orders.get(action.order)
        if order is None or self._event_time == NEVER:
            super()._cancel(action, time)
        else:
            tape = self._tapes[order.instrument.instrument]
            tape.unseen.append(Unseen(order, None, time, action))

    def _decline(self, unseen: Unseen, reason: str, time: Nanos) -> None:
        if unseen.canceling is not None:
            super()._cancel(unseen.canceling, time)
        else:
            super()._decline(unseen, reason, time)

    def _meet_bar(self, tape: Tape, terms: Instrument, bar: Traded) -> None:
        """Let what was there at the open take, what waits be reached, and cancels work."""
        self._capacity = self._share(terms, bar)
        there = [one for one in tape.unseen if one.time <= bar.prompt]
        tape.unseen = [one for one in tape.unseen if one.time > bar.prompt]
        for one in there:
            self._look_at_open(tape, one, bar)
        told = Nanos(max(bar.began, bar.time - self._report_delay))
        self._reach(tape, _BUY, bar, told)
        self._reach(tape, _SELL, bar, told)
        canceling = [one for one in tape.unseen if one.canceling is not None]
        tape.unseen = [one for one in tape.unseen if one.canceling is None]
        for one in canceling:
            self._decline(one, "", told)

    def _look_at_open(self, tape: Tape, one: Unseen, bar: Traded) -> None:
        time = Nanos(max(bar.began, one.time))
        order = one.order
        if one.canceling is not None:
            super()._cancel(one.canceling, time)
            return
        limit = order.limit if one.approved is None else one.approved.price
        rule = self._broken_now(one)
        if not rule and order.handling is Handling.POST_ONLY:
            best = self._touch(order.instrument, bar.open, order.side)
            rule = "post_only_would_take" if _within(order.side, best, limit) else ""
        if rule:
            self._decline(one, rule, time)
        elif one.approved is None:
            self._accept(order, time)
            self._take_at_open(tape, order, bar, time)
        elif not self._amend_in_place(tape, order, one.approved, time):
            self._take_at_open(tape, order, bar, time)

    def _take_at_open(self, tape: Tape, order: VenueOrder, bar: Traded, time: Nanos) -> None:
        """Let an order take at the open; let the rest wait or cancel it."""
        quantity = min(self._capacity, order.leaves)
        best = self._touch(order.instrument, bar.open, order.side)
        paid = tape.costs.paid(order.side, best, quantity, time)
        if order.handling is Handling.FOK and quantity < order.leaves:
            quantity = Quantity(0)
        if quantity and _within(order.side, paid, order.limit):
            self._capacity -= quantity
            tape.costs.traded(order.side, Quantity(quantity), time)
            self._fill(order, paid, Quantity(quantity), Liquidity.TAKER, time)
        if order.handling is Handling.FOK and order.leaves:
            self._canceled(order, "fok", time)
        elif order.leaves:
            self._rest(tape, order, time)

    def _reach(self, tape: Tape, side: Side, bar: Traded, time: Nanos) -> None:
        """Fill what waits on a side and was traded beyond, best price first, then oldest."""
        furthest = bar.low if side is _BUY else bar.high
        shift = tape.costs.shift(side, furthest, 0, time)
        sign = 1 if side is _BUY else -1
        for queued in tape.own(side).all():
            if self._capacity <= 0 or furthest * sign + shift >= queued.order.limit * sign:
                return
            limit = queued.order.limit
            price = min(limit, bar.high) if side is _BUY else max(limit, bar.low)
            quantity = Quantity(self._capacity)
            self._capacity -= self._fill_waiting(tape, queued, quantity, time, price)


def _within(side: Side, price: Price, limit: Price) -> bool:
    """Return whether a price is as good as a limit, 0 for none, or better."""
    return not limit or (price <= limit if side is _BUY else price >= limit)
