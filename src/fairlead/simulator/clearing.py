"""What a venue counts of us: what we have, what we paid, which executions it has not yet stated.

A statement is a second opinion, so nothing here comes from the machine or shares its code: every
fill is booked once more, from the venue's own reports. We start flat, with the cash that the venue
was told of. Like a real venue it forgets: the executions before the last statement's watermark are
not asked for again and are dropped, and more than `FILLS_MAX` are never kept. A statement says
from which time on it has them all (`fills_since`), which is later than what was asked for where
executions were dropped.

Spot is paid in full. A perpetual or inverse contract pays its profit and loss when it is closed;
which lots a close takes out, the account says (`CostBasis`).
"""

from collections import deque
from typing import Final

from fairlead.model.inputs import VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementCash, StatementFill, StatementPosition
from fairlead.model.terms import CostBasis, InstrumentKind, Side
from fairlead.model.units import (
    FINE_UNIT,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    divide_half_even,
)
from fairlead.simulator.venue_order import VenueOrder

FILLS_MAX: Final = 10_000  # some 1.5 MB of a statement; a record holds 16

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_BUY: Final = Side.BUY
_SPOT: Final = InstrumentKind.SPOT
_INVERSE: Final = InstrumentKind.INVERSE


class Lot:
    """A part of a position that was opened together, and what it was worth then."""

    def __init__(self, quantity: int, worth: int) -> None:
        """Take the quantity, without a sign, and its worth in fine money."""
        self.quantity = quantity
        self.worth = worth


class Holding:
    """What we have of one instrument."""

    def __init__(self, instrument: Instrument, basis: CostBasis) -> None:
        """Begin flat."""
        self.instrument = instrument
        self.quantity: int = 0  # long is positive, short is negative
        self._merges = basis is CostBasis.AVERAGE
        self._lots: deque[Lot] = deque()

    def trade(self, side: Side, price: Price, quantity: Quantity) -> int:
        """Book a trade of a contract. Return the profit that it realised, in fine money."""
        signed = quantity if side is _BUY else -quantity
        closed = 0 if signed * self.quantity >= 0 else min(quantity, abs(self.quantity))
        profit = self._close(price, closed) if closed else 0
        self.quantity += signed
        if quantity > closed:
            self._open(quantity - closed, worth_fine(self.instrument, price, quantity - closed))
        return profit

    def _open(self, quantity: int, worth: int) -> None:
        if self._merges and self._lots:
            self._lots[0].quantity += quantity
            self._lots[0].worth += worth
        else:
            self._lots.append(Lot(quantity, worth))

    def _close(self, price: Price, quantity: int) -> int:
        """Take out the oldest lots. Return what they brought more than they were worth."""
        gain = worth_fine(self.instrument, price, quantity)
        while quantity:
            lot = self._lots[0]
            taken = min(quantity, lot.quantity)
            worth = divide_half_even(lot.worth * taken, lot.quantity)
            lot.quantity -= taken
            lot.worth -= worth
            if not lot.quantity:
                self._lots.popleft()
            gain -= worth
            quantity -= taken
        falls = self.instrument.kind is _INVERSE  # it is worth less of the base as the price rises
        return gain if (self.quantity > 0) is not falls else -gain


class Clearing:
    """The account that a venue keeps of us."""

    def __init__(
        self, instruments: list[Instrument], cash: tuple[StatementCash, ...], basis: CostBasis
    ) -> None:
        """Begin flat, with this cash; without any, the venue says nothing of cash."""
        self._holdings = {one.instrument: Holding(one, basis) for one in instruments}
        self._cash: dict[str, int] = {one.currency: one.amount for one in cash}
        self._realised = {one.currency: 0 for one in instruments}  # of contracts, fine
        self._tells_cash = bool(cash)
        self._fills: deque[tuple[VenueFilled, VenueOrder]] = deque()
        self._fills_since: Nanos = Nanos(0)

    def book(self, report: VenueFilled, order: VenueOrder, worth: Money) -> None:
        """Book an execution, once, as it is reported; `worth` is what was traded."""
        holding = self._holdings[report.instrument]
        instrument, buys = holding.instrument, order.side is _BUY
        paid: int = report.fee
        if instrument.kind is _SPOT:
            paid += worth if buys else -worth
            holding.quantity += report.quantity if buys else -report.quantity
        else:
            profit = holding.trade(order.side, report.price, report.quantity)
            self._realised[instrument.currency] += profit
        self._cash[instrument.currency] = self._cash.get(instrument.currency, 0) - paid
        self._fills.append((report, order))
        if len(self._fills) > FILLS_MAX:
            self._fills_since = Nanos(self._fills.popleft()[0].venue_time + 1)

    def take_back(self, report: VenueFilled, order: VenueOrder, worth: Money) -> None:
        """Undo an execution of what is paid in full."""
        holding = self._holdings[report.instrument]
        assert holding.instrument.kind is _SPOT, "a contract's profits are not undone"
        buys = order.side is _BUY
        paid = report.fee + (worth if buys else -worth)
        holding.quantity -= report.quantity if buys else -report.quantity
        self._cash[holding.instrument.currency] += paid
        self._fills = deque([one for one in self._fills if one[0].execution != report.execution])

    def fills(self, since: Nanos) -> tuple[Nanos, tuple[StatementFill, ...]]:
        """Return the executions from a time on, and the time from which they are all there.

        Older ones will not be asked for again: they are forgotten.
        """
        self._fills_since = max(self._fills_since, since)
        while self._fills and self._fills[0][0].venue_time < since:
            self._fills.popleft()
        return self._fills_since, tuple([_line(report, order) for report, order in self._fills])

    def positions(self, venue: str) -> tuple[StatementPosition, ...]:
        """Return what we have of the instruments of a venue ("": of all), without what is flat."""
        return tuple(
            [
                StatementPosition(number, SignedQuantity(holding.quantity))
                for number, holding in self._holdings.items()
                if holding.quantity and venue in ("", holding.instrument.venue)
            ]
        )

    def cash(self) -> tuple[StatementCash, ...] | None:
        """Return our cash, rounded half to even; `None` if the venue never knew it."""
        if not self._tells_cash:
            return None
        lines: list[StatementCash] = []
        for currency, amount in self._cash.items():
            fine = amount * FINE_UNIT + self._realised.get(currency, 0)
            lines.append(StatementCash(currency, Money(divide_half_even(fine, FINE_UNIT))))
        return tuple(lines)


def _line(report: VenueFilled, order: VenueOrder) -> StatementFill:
    return StatementFill(
        report.instrument,
        report.execution,
        report.session_date,
        order.side,
        report.price,
        report.quantity,
        report.fee,
        report.liquidity,
        report.venue_time,
        report.order,
        order.client_order,
        order.venue_order,
    )


def worth_fine(instrument: Instrument, price: Price, quantity: int) -> int:
    """Return what a quantity is worth at a price, in fine money."""
    if instrument.kind is _INVERSE:
        return divide_half_even(FINE_UNIT * quantity * instrument.money_unit, price)
    return FINE_UNIT * price * quantity * instrument.money_unit
