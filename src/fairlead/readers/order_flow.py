"""What became of every order, counted so that nothing can fall through.

Every request to submit was sent or refused; every order sent was filled, canceled, expired or
rejected, or is still open. Only open orders are remembered, so memory follows how many work, not
how many were.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from fairlead.model.inputs import CancelRequest, Input, ReplaceRequest, SubmitRequest
from fairlead.model.outputs import (
    CancelRejected,
    FillQuarantined,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderReplaced,
    OrderUnknown,
    Output,
    ReplaceOrder,
    ReplaceRejected,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import Liquidity
from fairlead.model.units import OrderId, Quantity
from fairlead.readers.bounded import Tally

REQUESTS: Final[dict[type, str]] = {
    SubmitRequest: "submit",
    CancelRequest: "cancel",
    ReplaceRequest: "replace",
}


class OpenOrder:
    """What must be known of an order that may still trade, to see when it is done."""

    def __init__(self, quantity: Quantity) -> None:
        """Begin as sent."""
        self.quantity = quantity
        self.filled = Quantity(0)
        self.quantity_asked = Quantity(0)  # by a replace that is not answered; 0: none
        self.unknown = False

    @property
    def done(self) -> bool:
        """Whether nothing of it can trade any more."""
        return self.filled >= max(self.quantity, self.quantity_asked)


class OrderFlow:
    """Counts of requests, orders, fills and everything that went wrong with them."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.open: dict[OrderId, OpenOrder] = {}
        self.outputs: Counter[type] = Counter()
        self.requests = {"submit": 0, "cancel": 0, "replace": 0}
        self.refused = {"submit": 0, "cancel": 0, "replace": 0}
        self.failed_checks = {"submit": Tally(), "cancel": Tally(), "replace": Tally()}
        self.filled = 0
        self.filled_in_part_or_whole = 0
        self.rejected = Tally()
        self.cancels_rejected = Tally()
        self.replaces_rejected = Tally()
        self.maker_fills = 0
        self.late_fills = 0  # of orders that were done already
        self.quarantined = Tally()
        self.faulted = Tally()

    @property
    def sent(self) -> int:
        """How many orders left."""
        return self.outputs[SendOrder]

    @property
    def fills(self) -> int:
        """How many executions were booked."""
        return self.outputs[OrderFilled]

    @property
    def unknown(self) -> int:
        """How many orders have an outcome that is not known."""
        return sum(order.unknown for order in self.open.values())

    @property
    def working(self) -> int:
        """How many orders work at the venue, or are on their way to it."""
        return len(self.open) - self.unknown

    @property
    def ties_out(self) -> bool:
        """Whether every request and every order has exactly one outcome."""
        outputs = self.outputs
        gone = outputs[OrderCanceled] + outputs[OrderExpired] + outputs[OrderRejected]
        return self.requests["submit"] == self.sent + self.refused[
            "submit"
        ] and self.sent == self.filled + gone + len(self.open)

    def follow(self, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        request = REQUESTS.get(type(input))
        if request is not None:
            self.requests[request] += 1
        for output in outputs:
            kind = type(output)
            self.outputs[kind] += 1
            count = _COUNT.get(kind)
            if count is not None:
                count(self, output)

    def _send(self, action: SendOrder) -> None:
        self.open[action.approved.order] = OpenOrder(action.approved.quantity)

    def _refuse(self, fact: OrderRefused) -> None:
        self.refused[fact.request] += 1
        for failed in fact.failed:
            self.failed_checks[fact.request].add(failed.check)

    def _accept(self, fact: OrderAccepted) -> None:
        order = self.open.get(fact.order)
        if order is not None:
            order.unknown = False

    def _reject(self, fact: OrderRejected) -> None:
        self.rejected.add(fact.reason)
        self.open.pop(fact.order, None)

    def _fill(self, fact: OrderFilled) -> None:
        self.maker_fills += fact.liquidity is Liquidity.MAKER
        self.filled_in_part_or_whole += fact.filled == fact.quantity  # its first fill
        order = self.open.get(fact.order)
        if order is None:
            self.late_fills += 1
            return
        order.filled = fact.filled
        self._settle(fact.order, order)

    def _drop(self, fact: OrderCanceled | OrderExpired) -> None:
        self.open.pop(fact.order, None)

    def _replace(self, fact: OrderReplaced) -> None:
        order = self.open.get(fact.order)
        if order is not None:
            order.quantity = fact.quantity
            order.quantity_asked = Quantity(0)
            order.unknown = False
            self._settle(fact.order, order)

    def _replace_reject(self, fact: ReplaceRejected) -> None:
        self.replaces_rejected.add(fact.reason)
        order = self.open.get(fact.order)
        if order is not None:
            order.quantity_asked = Quantity(0)
            self._settle(fact.order, order)

    def _cancel_reject(self, fact: CancelRejected) -> None:
        self.cancels_rejected.add(fact.reason)

    def _lose(self, fact: OrderUnknown) -> None:
        order = self.open.get(fact.order)
        if order is not None:
            order.unknown = True

    def _settle(self, order_id: OrderId, order: OpenOrder) -> None:
        if order.done:
            self.filled += 1
            del self.open[order_id]

    def _send_replace(self, action: ReplaceOrder) -> None:
        order = self.open.get(action.approved.order)
        if order is not None:
            order.quantity_asked = action.approved.quantity

    def _quarantine(self, fact: FillQuarantined) -> None:
        self.quarantined.add(fact.reason)

    def _fault(self, fact: ReportFaulted) -> None:
        self.faulted.add(f"{fact.report}: {fact.reason}")


# A count takes the output of its own kind; the table is what pairs the two.
_COUNT: Final[dict[type, Callable[[OrderFlow, Any], None]]] = {
    SendOrder: OrderFlow._send,
    OrderRefused: OrderFlow._refuse,
    OrderAccepted: OrderFlow._accept,
    OrderRejected: OrderFlow._reject,
    OrderFilled: OrderFlow._fill,
    OrderCanceled: OrderFlow._drop,
    OrderExpired: OrderFlow._drop,
    OrderReplaced: OrderFlow._replace,
    ReplaceRejected: OrderFlow._replace_reject,
    CancelRejected: OrderFlow._cancel_reject,
    OrderUnknown: OrderFlow._lose,
    ReplaceOrder: OrderFlow._send_replace,
    FillQuarantined: OrderFlow._quarantine,
    ReportFaulted: OrderFlow._fault,
}
