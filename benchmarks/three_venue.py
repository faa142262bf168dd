"""The venue of `three_processes.py`: ticks at fixed times, and every order filled at its price.

It speaks the direct protocol over the connections of the product, and answers for what it holds, so
that the node reconciles with it as with any other venue.
"""

import os
from collections.abc import Callable, Iterator
from typing import Final

from fairlead.gateways.direct.messages import Action
from fairlead.gateways.direct.venue_end import Account, VenueEnd
from fairlead.gateways.hub import Heard, Hub
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.inputs import Input, Quote, Statement, VenueAccepted, VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved, RequestStatement, SendOrder
from fairlead.model.statements import StatementCash, StatementFill, StatementPosition
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    UpdateId,
)
from fairlead.simulator.days import session_date

DOOR: Final = "nodes"
_BID: Final = Price(10_000)
_SIZE: Final = Quantity(1_000)
_SLICE_SECONDS: Final = 0.05


class Ticks:
    """A tick every so many nanoseconds, from a fixed time on; nobody's lateness moves the next."""

    def __init__(self, instrument: InstrumentId, first: Nanos, interval: Nanos, count: int) -> None:
        """Take when they are to be published, by the monotonic clock."""
        self._instrument = instrument
        self._first = first
        self._interval = interval
        self._count = count
        self.published = 0

    @property
    def due(self) -> Nanos | None:
        """Return when the next one is due, None after the last."""
        if self.published == self._count:
            return None
        return Nanos(self._first + self.published * self._interval)

    def publish(self, offset: int) -> Quote:
        """Return the tick that is due, stamped with the time that was fixed for it."""
        assert self.due is not None, "one is due"
        stamp = Nanos(self.due + offset)
        self.published += 1
        size = Quantity(_SIZE + self.published % 7)
        update = UpdateId(self.published + 1)
        return Quote(self._instrument, _BID, size, Price(_BID + 1), size, update, stamp)


class Clearing:
    """What the one account has: every order is filled wholly, at its price, without a fee."""

    def __init__(self, instrument: Instrument, cash: Money) -> None:
        """Hold nothing but cash."""
        decimals = instrument.price_decimals + instrument.quantity_decimals
        self._unit = 10 ** (instrument.money_decimals - decimals)
        self._cash = int(cash)
        self._held = 0
        self._fills: list[StatementFill] = []

    def answer(self, action: Action, time: Nanos) -> Iterator[Input]:
        """Yield the reports on an action."""
        if isinstance(action, SendOrder):
            yield from self._fill(action.approved, time)
        elif isinstance(action, RequestStatement):
            yield self._statement(action, time)

    def _fill(self, order: Approved, time: Nanos) -> Iterator[Input]:
        assert order.price > 0, "the strategy asks for the touch"
        bought = order.quantity if order.side is Side.BUY else -order.quantity
        self._cash -= bought * order.price * self._unit
        self._held += bought
        number = str(len(self._fills) + 1)
        fill = VenueFilled(
            order.order,
            order.instrument,
            number,
            session_date(time),
            order.price,
            order.quantity,
            Money(0),
            Liquidity.TAKER,
            time,
        )
        self._fills.append(_line(fill, order.side))
        yield VenueAccepted(order.order, order.instrument, number, time)
        yield fill

    def _statement(self, asked: RequestStatement, time: Nanos) -> Statement:
        return Statement(
            asked.account,
            asked.venue,
            time,
            "venue",
            (),
            tuple(fill for fill in self._fills if fill.venue_time >= asked.fills_since),
            (StatementPosition(InstrumentId(1), SignedQuantity(self._held)),) if self._held else (),
            (StatementCash("USD", Money(self._cash)),),
            asked.fills_since,
        )


class Venue:
    """A venue in the calling process; it answers while it is turned."""

    def __init__(
        self, name: str, account: str, instrument: Instrument, cash: Money, address: Address
    ) -> None:
        """Listen."""
        self._account = Account(name, account, (instrument,), run=1)
        self._instrument = instrument.instrument
        self._clearing = Clearing(instrument, cash)
        self._hub = Hub({DOOR: address})
        self._ends: dict[int, VenueEnd] = {}
        self.orders = 0
        self.late: list[int] = []  # how late each tick was published

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._hub.address(DOOR)

    def run(self, until: Callable[[], bool], ticks: Ticks | None, offset: int, spin: bool) -> None:
        """Answer and publish until something is so."""
        while not until():
            now = monotonic_ns()
            due = ticks.due if ticks is not None else None
            if ticks is not None and due is not None and due <= now:
                self._publish(ticks.publish(offset), Nanos(now))
                self.late.append(now - due)
                continue
            wait = _SLICE_SECONDS if due is None else (due - now) / NANOS_PER_SECOND
            heard = self._hub.poll(0 if spin else min(wait, _SLICE_SECONDS))
            for one in heard:
                self._hear(one, offset)
            for number, end in list(self._ends.items()):
                if monotonic_ns() >= end.next_time:
                    end.tick(monotonic_ns())
                    self._send(number, end)
            if spin and not heard:
                os.sched_yield()

    def quote(self, offset: int) -> None:
        """Publish a first price, so that there is a book."""
        self._publish(
            Ticks(self._instrument, monotonic_ns(), Nanos(1), 1).publish(offset), monotonic_ns()
        )

    def close(self) -> None:
        """Stop listening."""
        self._hub.close()

    def _publish(self, quote: Quote, now: Nanos) -> None:
        for number, end in self._ends.items():
            if end.logged_in:
                end.publish(quote, now)
                self._send(number, end)

    def _hear(self, heard: Heard, offset: int) -> None:
        if not heard.content:
            self._ends.pop(heard.connection, VenueEnd(self._account, monotonic_ns())).lost("gone")
            return
        end = self._ends.get(heard.connection)
        if end is None:
            end = self._ends[heard.connection] = VenueEnd(self._account, monotonic_ns())
        now = monotonic_ns()
        for order in end.receive(heard.content, now):
            self.orders += isinstance(order.action, SendOrder)
            for report in self._clearing.answer(order.action, Nanos(now + offset)):
                end.report(report, now)
        if end.refresh_wanted and end.logged_in:
            end.refresh_wanted = False
            self.quote(offset)
        self._send(heard.connection, end)

    def _send(self, number: int, end: VenueEnd) -> None:
        self._hub.send(number, bytes(end.outgoing))
        end.outgoing.clear()
        if end.ended:
            self._hub.close_after(number)


def _line(fill: VenueFilled, side: Side) -> StatementFill:
    return StatementFill(
        fill.instrument,
        fill.execution,
        fill.session_date,
        side,
        fill.price,
        fill.quantity,
        fill.fee,
        fill.liquidity,
        fill.venue_time,
        fill.order,
    )
