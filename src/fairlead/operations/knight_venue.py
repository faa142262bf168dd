"""A market for drills: it fills everything at once, always at the same touch, and keeps its own
books of what was really traded.
"""

from collections import deque
from typing import Final

from fairlead.model.inputs import (
    Input,
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueFilled,
)
from fairlead.model.outputs import Action, Approved, CancelOrder, SendOrder
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Liquidity, OrderType, Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from fairlead.operations.knight_settings import ASK, BID, MID

LATENCY: Final = Nanos(2 * NANOS_PER_MILLISECOND)  # until what a venue says reaches us
SESSION_DATE: Final = 20120801
_BUY: Final = Side.BUY


class Ledger:
    """What was really traded, counted by nobody who decides anything."""

    def __init__(self) -> None:
        """Begin flat."""
        self.fills = 0
        self.positions: dict[InstrumentId, int] = {}
        self.gross_most = Money(0)  # at its worst so far, at the mid
        self.loss_most = Money(0)  # likewise, if everything were closed at the touch
        self._cash = 0

    def trade(self, instrument: InstrumentId, side: Side, quantity: Quantity, price: Price) -> None:
        """Book a fill."""
        sign = 1 if side is _BUY else -1
        self.fills += 1
        self.positions[instrument] = self.positions.get(instrument, 0) + sign * quantity
        self._cash -= sign * quantity * price
        worth = sum(held * (BID if held > 0 else ASK) for held in self.positions.values())
        gross = sum(abs(held) * MID for held in self.positions.values())
        self.gross_most = max(self.gross_most, Money(gross))
        self.loss_most = max(self.loss_most, Money(-self._cash - worth))


class EagerVenue:
    """Fills what could trade at its touch as soon as it hears of it; the rest waits."""

    repeats = True

    def __init__(self) -> None:
        """Begin open, with an empty book."""
        self.ledger = Ledger()
        self.is_open = True
        self.sent = 0
        self._resting: dict[OrderId, Approved] = {}
        self._reports: deque[tuple[Nanos, Input]] = deque()

    @property
    def working(self) -> int:
        """How many orders wait here."""
        return len(self._resting)

    def next_time(self) -> Nanos | None:
        """Return when the next report reaches us."""
        return self._reports[0][0] if self._reports else None

    def take(self, time: Nanos) -> list[Input]:
        """Return all reports that have reached us by now."""
        taken: list[Input] = []
        while self._reports and self._reports[0][0] <= time:
            taken.append(self._reports.popleft()[1])
        return taken

    def act(self, action: Action, time: Nanos) -> None:
        """Take an order or a cancel; a drill sends nothing else that needs an answer."""
        if isinstance(action, SendOrder):
            self.sent += 1
            order = action.approved
            accepted = VenueAccepted(order.order, order.instrument, f"V{order.order}", time)
            self._report(accepted, time)
            if self._trades(order):
                self._fill(order, time)
            else:
                self._resting[order.order] = order
        elif isinstance(action, CancelOrder):
            self._cancel(action, time)

    def enter(self, phase: Phase, time: Nanos) -> None:
        """Enter a phase: what waited for continuous trading is filled when that begins."""
        self.is_open = phase is Phase.CONTINUOUS
        for order in [order for order in self._resting.values() if self._trades(order)]:
            del self._resting[order.order]
            self._fill(order, time)

    def _trades(self, order: Approved) -> bool:
        if not self.is_open or order.order_type is OrderType.MARKET:
            return self.is_open
        return order.price >= ASK if order.side is _BUY else order.price <= BID

    def _fill(self, order: Approved, time: Nanos) -> None:
        price = _price(order)
        self.ledger.trade(order.instrument, order.side, order.quantity, price)
        filled = VenueFilled(
            order.order,
            order.instrument,
            f"E{self.ledger.fills}",
            SESSION_DATE,
            price,
            order.quantity,
            Money(0),
            Liquidity.TAKER,
            time,
        )
        self._report(filled, time)

    def _cancel(self, action: CancelOrder, time: Nanos) -> None:
        known = self._resting.pop(action.order, None)
        place = (action.order, action.instrument)
        if known is not None:
            self._report(VenueCanceled(*place, "asked for", time), time)
        else:
            self._report(VenueCancelRejected(*place, "it is gone", time), time)

    def _report(self, report: Input, time: Nanos) -> None:
        self._reports.append((Nanos(time + LATENCY), report))


def _price(order: Approved) -> Price:
    """Return what an order trades at: a limit is a promise, and an eager market takes it."""
    if order.order_type is OrderType.MARKET:
        return ASK if order.side is _BUY else BID
    return order.price
