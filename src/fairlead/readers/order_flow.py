"""What became of every order, counted so that nothing can fall through.

Every request to submit was sent or refused, is held in the machine, or was withdrawn before it
left; every order sent was filled, canceled, expired, rejected, or refused when it was to go again,
or is still live. Only live orders are remembered, so memory follows how many there are, not how
many were. What was filled counts as filled, even if the venue takes the fill back later.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from fairlead.model.inputs import (
    CancelRequest,
    Input,
    InstrumentSplit,
    ReplaceRequest,
    SubmitRequest,
    VenueCorrected,
)
from fairlead.model.outputs import (
    CancelRejected,
    FillBusted,
    FillQuarantined,
    InstrumentAdjusted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderHeld,
    OrderRefused,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderRetried,
    OrderTimedOut,
    OrderUnknown,
    Output,
    ReplaceOrder,
    ReplaceRejected,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import Liquidity, Status
from fairlead.model.units import InstrumentId, OrderId, Quantity
from fairlead.readers.bounded import Tally

REQUESTS: Final[dict[type, str]] = {
    SubmitRequest: "submit",
    CancelRequest: "cancel",
    ReplaceRequest: "replace",
}


_GONE: Final = (Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED)


class OpenOrder:
    """What must be known of an order that is live, to see when it is done."""

    def __init__(self, instrument: InstrumentId, quantity: Quantity) -> None:
        """Begin in the machine."""
        self.instrument = instrument
        self.quantity = quantity
        self.filled = Quantity(0)
        self.quantity_asked = Quantity(0)  # by a replace that is not answered; 0: none
        self.sent = False  # whether it ever left
        self.held = True
        self.unknown = False

    @property
    def done(self) -> bool:
        """Whether nothing of it can trade any more."""
        return self.filled >= max(self.quantity, self.quantity_asked)

    def work(self) -> None:
        """Take in that the venue works it."""
        self.held = False
        self.unknown = False

    def split(self, new: int, old: int) -> None:
        """Count it in new units: what is filled rounded down, what is asked for up."""
        self.filled = Quantity(self.filled * new // old)
        self.quantity_asked = Quantity(-(-self.quantity_asked * new // old))


class OrderFlow:
    """Counts of requests, orders, fills and everything that went wrong with them."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.open: dict[OrderId, OpenOrder] = {}
        self.outputs: Counter[type] = Counter()
        self.requests = {"submit": 0, "cancel": 0, "replace": 0}
        self.refused = {"submit": 0, "cancel": 0, "replace": 0}
        self.failed_checks = {"submit": Tally(), "cancel": Tally(), "replace": Tally()}
        self.sent = 0  # orders that left, each once
        self.filled = 0
        self.canceled = 0
        self.expired = 0
        self.refused_again = 0  # by risk, when they were to go to the venue again
        self.withdrawn = 0  # before they left
        self.filled_in_part_or_whole = 0
        self.rejected = Tally()
        self.cancels_rejected = Tally()
        self.replaces_rejected = Tally()
        self.maker_fills = 0
        self.late_fills = 0  # of orders that were done already
        self.quarantined = Tally()
        self.faulted = Tally()
        self._after_end: OrderFilled | FillBusted | None = None  # the last of an order that is done

    @property
    def fills(self) -> int:
        """How many executions were booked."""
        return self.outputs[OrderFilled]

    @property
    def busted(self) -> int:
        """How many of them the venue took back."""
        return self.outputs[FillBusted]

    @property
    def held(self) -> int:
        """How many orders wait in the machine."""
        return sum(order.held for order in self.open.values())

    @property
    def unknown(self) -> int:
        """How many orders have an outcome that is not known."""
        return sum(order.unknown for order in self.open.values())

    @property
    def working(self) -> int:
        """How many orders work at the venue, or are on their way to it."""
        return len(self.open) - self.unknown - self.held

    @property
    def retried(self) -> int:
        """How often an order came back and was to be tried again."""
        return self.outputs[OrderRetried]

    @property
    def timed_out(self) -> int:
        """How many orders were not filled in the time that they had."""
        return self.outputs[OrderTimedOut]

    @property
    def ties_out(self) -> bool:
        """Whether every request and every order has exactly one outcome."""
        never_sent = sum(not order.sent for order in self.open.values())
        gone = self.filled + self.canceled + self.expired + self.rejected.total
        refused = self.refused["submit"] - self.refused_again
        requested = self.sent + refused + self.withdrawn + never_sent
        sent = gone + self.refused_again + len(self.open) - never_sent
        return self.requests["submit"] == requested and self.sent == sent

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
                count(self, output, input)

    def _send(self, action: SendOrder, input: Input) -> None:
        approved = action.approved
        order = self.open.get(approved.order)
        if order is None:
            order = OpenOrder(approved.instrument, approved.quantity)
            self.open[approved.order] = order
        order.quantity = approved.quantity
        order.work()
        self.sent += not order.sent
        order.sent = True

    def _hold(self, fact: OrderHeld, input: Input) -> None:
        order = self.open.get(fact.order)
        if order is None:
            quantity = input.quantity if isinstance(input, SubmitRequest) else Quantity(0)
            order = self.open[fact.order] = OpenOrder(fact.instrument, quantity)
        order.held = True

    def _retry(self, fact: OrderRetried, input: Input) -> None:
        order = self.open.get(fact.order)
        if order is not None:
            order.held = True
            order.unknown = False

    def _refuse(self, fact: OrderRefused, input: Input) -> None:
        self.refused[fact.request] += 1
        for failed in fact.failed:
            self.failed_checks[fact.request].add(failed.check)
        # A number that was used before names another order, which goes on.
        again = any(failed.check == "order_id_new" for failed in fact.failed)
        if fact.request == "submit" and not again:
            order = self.open.pop(fact.order, None)
            self.refused_again += order is not None and order.sent

    def _accept(self, fact: OrderAccepted, input: Input) -> None:
        order = self.open.get(fact.order)
        if order is not None:
            order.work()

    def _reject(self, fact: OrderRejected, input: Input) -> None:
        self.rejected.add(fact.reason)
        self.open.pop(fact.order, None)

    def _fill(self, fact: OrderFilled, input: Input) -> None:
        self.maker_fills += fact.liquidity is Liquidity.MAKER
        self.filled_in_part_or_whole += fact.filled == fact.quantity  # its first fill
        order = self.open.get(fact.order)
        if order is None:
            self.late_fills += not isinstance(input, VenueCorrected)
            self._after_end = fact
            return
        order.filled = fact.filled
        if order.held:
            order.work()  # the venue had taken it after all
        self._settle(fact.order, order)

    def _bust(self, fact: FillBusted, input: Input) -> None:
        self.filled_in_part_or_whole -= fact.filled == 0
        order = self.open.get(fact.order)
        if order is not None:
            order.filled = fact.filled
        else:
            self._after_end = fact

    def _cancel(self, fact: OrderCanceled, input: Input) -> None:
        self.canceled += self._leaves(fact.order)

    def _expire(self, fact: OrderExpired, input: Input) -> None:
        self.expired += self._leaves(fact.order)

    def _leaves(self, order_id: OrderId) -> bool:
        """Forget an order that is gone; return whether it had ever left, else it is withdrawn."""
        order = self.open.pop(order_id, None)
        if order is None:
            return False
        self.withdrawn += not order.sent
        return order.sent

    def _replace(self, fact: OrderReplaced, input: Input) -> None:
        order = self.open.get(fact.order)
        if order is None:
            return
        order.quantity = fact.quantity
        if isinstance(input, InstrumentSplit):
            return  # the venue has answered nothing
        order.quantity_asked = Quantity(0)
        order.unknown = False
        self._settle(fact.order, order)

    def _replace_reject(self, fact: ReplaceRejected, input: Input) -> None:
        self.replaces_rejected.add(fact.reason)
        order = self.open.get(fact.order)
        if order is not None:
            order.quantity_asked = Quantity(0)
            self._settle(fact.order, order)

    def _cancel_reject(self, fact: CancelRejected, input: Input) -> None:
        self.cancels_rejected.add(fact.reason)

    def _lose(self, fact: OrderUnknown, input: Input) -> None:
        order = self.open.get(fact.order)
        last = self._after_end
        if order is None and last is not None and last.order == fact.order:
            # It was filled here when the venue had taken a fill back: it may work still.
            order = OpenOrder(fact.instrument, Quantity(last.filled + last.leaves))
            order.filled, order.sent, order.held = last.filled, True, False
            self.open[fact.order] = order
            self.filled -= 1
        if order is not None:
            order.unknown = True

    def _resolve(self, fact: OrderResolved, input: Input) -> None:
        """Take in what an order whose outcome was not known turned out to be."""
        order = self.open.get(fact.order)
        if order is None:
            return
        order.unknown = False
        if fact.status in _GONE:
            del self.open[fact.order]
            if fact.status is Status.REJECTED:
                self.rejected.add(fact.evidence)
            self.filled += fact.status is Status.FILLED
            self.canceled += fact.status is Status.CANCELED
            self.expired += fact.status is Status.EXPIRED

    def _settle(self, order_id: OrderId, order: OpenOrder) -> None:
        if order.done:
            self.filled += 1
            del self.open[order_id]

    def _send_replace(self, action: ReplaceOrder, input: Input) -> None:
        order = self.open.get(action.approved.order)
        if order is not None:
            order.quantity_asked = action.approved.quantity

    def _adjust(self, fact: InstrumentAdjusted, input: Input) -> None:
        if isinstance(input, InstrumentSplit):
            for order in self.open.values():
                if order.instrument == fact.instrument:
                    order.split(input.new, input.old)

    def _quarantine(self, fact: FillQuarantined, input: Input) -> None:
        self.quarantined.add(fact.reason)

    def _fault(self, fact: ReportFaulted, input: Input) -> None:
        self.faulted.add(f"{fact.report}: {fact.reason}")


# A count takes the output of its own kind; the table is what pairs the two.
_COUNT: Final[dict[type, Callable[[OrderFlow, Any, Input], None]]] = {
    SendOrder: OrderFlow._send,
    OrderHeld: OrderFlow._hold,
    OrderRetried: OrderFlow._retry,
    OrderRefused: OrderFlow._refuse,
    OrderAccepted: OrderFlow._accept,
    OrderRejected: OrderFlow._reject,
    OrderFilled: OrderFlow._fill,
    FillBusted: OrderFlow._bust,
    OrderCanceled: OrderFlow._cancel,
    OrderExpired: OrderFlow._expire,
    OrderReplaced: OrderFlow._replace,
    ReplaceRejected: OrderFlow._replace_reject,
    CancelRejected: OrderFlow._cancel_reject,
    OrderUnknown: OrderFlow._lose,
    OrderResolved: OrderFlow._resolve,
    ReplaceOrder: OrderFlow._send_replace,
    InstrumentAdjusted: OrderFlow._adjust,
    FillQuarantined: OrderFlow._quarantine,
    ReportFaulted: OrderFlow._fault,
}
