"""A world that costs next to nothing: quotes at their times, every order filled at once.

Wholly, at the touch of the quote that triggered it, without a delay. That is no model of a venue
(`simulator/` has those); it makes the outcome exact, and leaves the time to what is measured.
"""

from collections import deque
from collections.abc import Sequence as Many
from typing import Final

from fairlead.model.inputs import Input, Quote, Statement, VenueAccepted, VenueFilled
from fairlead.model.outputs import Action, Approved, RequestStatement, SendOrder
from fairlead.model.statements import StatementCash, StatementFill, StatementPosition
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import InstrumentId, Money, Nanos, Price, SignedQuantity
from fairlead.simulator.stretch import Quotes, Stretch

CASH: Final = Money(10**15)  # before the first order
_SESSION_DATE: Final = 20_240_102
_NO_FEE: Final = Money(0)
_MARKET: Final = Price(0)  # what an order has that takes any price
_BUY: Final = Side.BUY  # the world runs inside of what is measured: no look-up in it twice
_TAKER: Final = Liquidity.TAKER


class FillingWorld:
    """Quotes at their times; every order is taken and filled at the touch at once."""

    repeats = True

    def __init__(self, quotes: Many[Quote], columns: bool = False) -> None:
        """Stand before the first quote; with `columns`, without an object for each."""
        times = [quote.venue_time for quote in quotes]
        self._coming = Quotes(quotes) if columns else Stretch(times, quotes)
        self._reports: list[Input] = []
        self._executions = 0

    def next_time(self) -> Nanos | None:
        """Return when the reports that wait, or else the next quote, reach us."""
        coming = self._coming
        if self._reports:
            return coming.times[max(coming.next - 1, 0)]  # a statement, before the first
        return coming.times[coming.next] if coming.next < len(coming.times) else None

    def stretch(self) -> Stretch | None:
        """Return the quotes to come; none of them comes before a report that waits."""
        return None if self._reports else self._coming

    def take(self, time: Nanos) -> list[Input]:
        """Return the reports that wait, then the quotes up to `time`."""
        inputs = self._reports
        self._reports = []
        coming = self._coming
        while coming.next < len(coming.times) and coming.times[coming.next] <= time:
            inputs.append(coming.input(coming.next))
            coming.next += 1
        return inputs

    def act(self, action: Action, time: Nanos) -> None:
        """Accept and fill an order; nothing is ever left to cancel or replace."""
        assert isinstance(action, SendOrder), "every order is filled before it could be changed"
        order, touch = action.approved, self._coming.input(self._coming.next - 1)
        assert isinstance(touch, Quote), "an order follows a quote"
        assert touch.instrument == order.instrument, "the strategy takes what it was just shown"
        price = touch.ask_price if order.side is _BUY else touch.bid_price
        assert order.price in (price, _MARKET), "the strategy asks for the touch"
        self._fill(order, price, time)

    def _fill(self, order: Approved, price: Price, time: Nanos) -> VenueFilled:
        self._executions += 1
        number = str(self._executions)
        fill = VenueFilled(
            order.order,
            order.instrument,
            number,
            _SESSION_DATE,
            price,
            order.quantity,
            _NO_FEE,
            _TAKER,
            time,
        )
        self._reports.append(VenueAccepted(order.order, order.instrument, number, time))
        self._reports.append(fill)
        return fill


class StatingWorld(FillingWorld):
    """Also says what we have there, when it is asked: the fills since then, position and cash."""

    def __init__(self, quotes: Many[Quote]) -> None:
        """Hold nothing but cash."""
        super().__init__(quotes)
        self.statements = 0
        self._cash = int(CASH)
        self._held: dict[InstrumentId, int] = {}
        self._fills: deque[tuple[VenueFilled, Side]] = deque()

    def act(self, action: Action, time: Nanos) -> None:
        """Answer a question, or fill an order."""
        if isinstance(action, RequestStatement):
            self._reports.append(self._statement(action, time))
        else:
            super().act(action, time)

    def _fill(self, order: Approved, price: Price, time: Nanos) -> VenueFilled:
        fill = super()._fill(order, price, time)
        bought = fill.quantity if order.side is _BUY else -fill.quantity
        self._cash -= bought * price
        self._held[order.instrument] = self._held.get(order.instrument, 0) + bought
        self._fills.append((fill, order.side))
        return fill

    def _statement(self, asked: RequestStatement, time: Nanos) -> Statement:
        self.statements += 1
        while self._fills and self._fills[0][0].venue_time < asked.fills_since:
            self._fills.popleft()
        return Statement(
            asked.account,
            asked.venue,
            time,
            "venue",
            (),
            tuple(_line(fill, side) for fill, side in self._fills),
            tuple(
                StatementPosition(instrument, SignedQuantity(held))
                for instrument, held in self._held.items()
                if held
            ),
            (StatementCash("USD", Money(self._cash)),),
            asked.fills_since,
        )


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
