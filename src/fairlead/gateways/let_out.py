"""What was let out and may still trade: orders at their worst, and their parents.

Counted from what left and from what venues said, never from what the machine believes. An order
counts with the most that it may ever fill, until its venue says that it is gone; then with what it
filled. An execution that is taken back stays counted: what was once traded is not traded again by
the same parent. What is remembered is bounded, and what was forgotten is told as such.
"""

from collections import OrderedDict
from typing import Final, cast, get_args

from mypy_extensions import mypyc_attr

from fairlead.model.actions import Approved
from fairlead.model.statements import StatementFill
from fairlead.model.terms import Side, Status
from fairlead.model.units import OrderId, Quantity, StrategyId
from fairlead.model.venue_reports import (
    Statement,
    VenueCanceled,
    VenueCorrected,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)

# What is kept of orders and parents that are over, for late fills and replays. A parent that is
# forgotten lets nothing out any more, since numbers grow: one that is too old is refused.
ENDED_MAX: Final = 16_384
# How many may be open at once; further ones stay with us.
OPEN_MAX: Final = 65_536


_Report = (
    VenueFilled
    | VenueCanceled
    | VenueExpired
    | VenueRejected
    | VenueReplaced
    | VenueReplaceRejected
    | VenueOrderStatus
    | VenueCorrected
)
_REPORTS: Final = frozenset(get_args(_Report))
OBSERVED: Final = _REPORTS | {Statement}  # what is looked at

_BUY: Final = Side.BUY
_ENDED: Final = (Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED)
Execution = tuple[int, str]  # session date and id


@mypyc_attr(acyclic=True)
class LetOut:
    """One order that was let out."""

    def __init__(self, approved: Approved) -> None:
        """Count it in full."""
        self.order = approved.order
        self.instrument = approved.instrument
        self.parent = approved.parent
        self.side = approved.side
        self.request = approved.request  # the last message about it
        self.price = approved.price_worst
        self.quantity = approved.quantity  # its total, as far as the venue confirmed it
        self.asked = Quantity(0)  # the total of a replace that is not answered
        self.filled = Quantity(0)
        self.executions: dict[Execution, Quantity] = {}
        self.open = True

    @property
    def worst(self) -> Quantity:
        """The most that it has traded and may still trade."""
        if not self.open:
            return self.filled
        return max(self.quantity, self.asked, self.filled)

    def increases(self, approved: Approved) -> bool:
        """Whether new terms may trade more than the old ones, or at a worse price for us."""
        if approved.quantity > max(self.quantity, self.asked):
            return True
        if approved.side is _BUY:
            return approved.price_worst > self.price
        return approved.price_worst < self.price


@mypyc_attr(acyclic=True)
class Parent:
    """One parent: how much of it was let out, and what may still come of that."""

    def __init__(self, approved: Approved) -> None:
        """Remember the first child's word for how large the parent is."""
        self.order = approved.parent
        self.strategy = approved.strategy
        self.instrument = approved.instrument
        self.side = approved.side
        self.quantity = approved.parent_quantity  # 0: a basket, which has no bound of quantity
        self.used = 0  # the sum of its children at their worst
        self.filled = 0
        self.open_children = 0

    @property
    def is_filled(self) -> bool:
        """Whether all of it was traded."""
        return self.quantity > 0 and self.filled >= self.quantity


class LetOutOrders:
    """Everything that was let out."""

    def __init__(self, ended_max: int = ENDED_MAX, open_max: int = OPEN_MAX) -> None:
        """Begin with nothing let out."""
        self._ended_max = ended_max
        self._open_max = open_max
        self._open: dict[OrderId, LetOut] = {}
        self._ended: OrderedDict[OrderId, LetOut] = OrderedDict()
        self._parents: dict[OrderId, Parent] = {}
        self._done_parents: OrderedDict[OrderId, Parent] = OrderedDict()
        self._forgotten: dict[StrategyId, OrderId] = {}  # the highest number that was forgotten

    def get(self, order: OrderId) -> LetOut | None:
        """Return an order that was let out, as long as it is remembered."""
        return self._open.get(order) or self._ended.get(order)

    def parent(self, order: OrderId) -> Parent | None:
        """Return a parent of which something was let out, as long as it is remembered."""
        return self._parents.get(order) or self._done_parents.get(order)

    def added(self, approved: Approved) -> Quantity:
        """Return by how much a message adds to what may trade."""
        known = self.get(approved.order)
        before = known.worst if known is not None else Quantity(0)
        return Quantity(max(0, approved.quantity - before))

    def unfit(self, approved: Approved) -> str:
        """Return why a message may not leave, for all that left before it; or nothing."""
        known = self.get(approved.order)
        if known is not None and approved.request <= known.request:
            return f"message {approved.request} about the order, or a later one, left before"
        if known is None and len(self._open) >= self._open_max:
            return f"{self._open_max} orders are open, more are not counted"
        return self._parent_unfit(approved) if approved.parent else ""

    def count(self, approved: Approved) -> None:
        """Count a message that leaves."""
        known = self._open.get(approved.order)
        if known is None:
            self._count_new(approved)
            return
        before = known.worst
        known.request = approved.request
        known.asked = max(known.asked, approved.quantity)
        if known.increases(approved):
            known.price = approved.price_worst
        self._recount(known, before, 0)

    def reported(self, report: object) -> None:
        """Take what a venue says about orders; nothing else is looked at."""
        if type(report) in _REPORTS:
            self._take(cast(_Report, report))
        elif isinstance(report, Statement):
            for fill in report.fills or ():
                known = self._about(fill)
                if known is not None:
                    execution = (fill.session_date, fill.execution)
                    self._fill(known, execution, fill.quantity, None)

    def _take(self, report: _Report) -> None:
        known = self._about(report)
        if known is None:
            return
        if type(report) is VenueFilled:
            execution = (report.session_date, report.execution)
            self._fill(known, execution, report.quantity, report.cumulative)
        elif isinstance(report, VenueCanceled | VenueExpired):
            self._end(known)
        elif isinstance(report, VenueRejected):
            if report.request in (0, known.request):
                self._end(known)
        elif isinstance(report, VenueReplaced | VenueReplaceRejected):
            self._answer(known, report)
        elif isinstance(report, VenueOrderStatus):
            self._tell(known, report)
        elif isinstance(report, VenueCorrected):
            self._correct(known, report)

    def _about(self, report: _Report | StatementFill) -> LetOut | None:
        """Return the order that it is about, if it was let out, in this very instrument."""
        known = self.get(report.order)
        return known if known is not None and known.instrument == report.instrument else None

    def _parent_unfit(self, approved: Approved) -> str:
        parent = self.parent(approved.parent)
        if parent is None:
            if approved.parent <= self._forgotten.get(approved.strategy, 0):
                return f"parent {approved.parent} is older than what is remembered"
            if len(self._parents) >= self._open_max:
                return f"{self._open_max} parents are open, more are not counted"
            bound = approved.parent_quantity
            over = 0 < bound < approved.quantity
            return f"{approved.quantity} is more than its parent of {bound}" if over else ""
        if parent.quantity == 0:
            return ""
        if parent.is_filled:
            return f"parent {parent.order} is filled: {parent.filled} of {parent.quantity}"
        if (parent.instrument, parent.side) != (approved.instrument, approved.side):
            return f"parent {parent.order} trades another instrument or side"
        bound = min(parent.quantity, approved.parent_quantity or parent.quantity)
        used = parent.used + self.added(approved)
        if used > bound:
            return f"the children of parent {parent.order} would reach {used} of {bound}"
        return ""

    def _count_new(self, approved: Approved) -> None:
        again = self._ended.pop(approved.order, None)  # a venue that did not take it is asked again
        child = LetOut(approved)
        if again is not None:
            child.filled, child.executions = again.filled, again.executions
        self._open[child.order] = child
        if not child.parent:
            return
        parent = self._done_parents.pop(child.parent, None) or self._parents.get(child.parent)
        if parent is None:
            parent = Parent(approved)
        self._parents[child.parent] = parent
        parent.open_children += 1
        self._recount(child, again.worst if again is not None else 0, 0)

    def _fill(
        self, known: LetOut, execution: Execution, quantity: Quantity, cumulative: Quantity | None
    ) -> None:
        """Count an execution once. What the venue counts in all is believed where it is more."""
        if execution in known.executions:
            return
        before, filled = known.worst, known.filled
        known.executions[execution] = quantity
        known.filled = max(Quantity(known.filled + quantity), cumulative or Quantity(0))
        self._recount(known, before, known.filled - filled)
        if known.filled >= max(known.quantity, known.asked):
            self._end(known)

    def _answer(self, known: LetOut, report: VenueReplaced | VenueReplaceRejected) -> None:
        if not known.open:
            return
        before = known.worst
        last = report.request in (0, known.request)
        if isinstance(report, VenueReplaced):
            known.quantity = report.quantity if last else max(known.quantity, report.quantity)
            if last:
                known.price = report.price or known.price
        if last:
            known.asked = Quantity(0)
        self._recount(known, before, 0)

    def _tell(self, known: LetOut, report: VenueOrderStatus) -> None:
        if not report.found:
            return
        before, filled = known.worst, known.filled
        known.filled = max(known.filled, report.filled)
        self._recount(known, before, known.filled - filled)
        if report.status in _ENDED:
            self._end(known)

    def _correct(self, known: LetOut, report: VenueCorrected) -> None:
        original = known.executions.get((report.session_date, report.original), Quantity(0))
        more = Quantity(max(0, report.quantity - original))
        self._fill(known, (report.session_date, report.execution), more, None)

    def _end(self, known: LetOut) -> None:
        """Give back what an order did not fill: its venue says that it is gone."""
        if not known.open:
            return
        before = known.worst
        del self._open[known.order]
        known.open = False
        self._ended[known.order] = known
        if len(self._ended) > self._ended_max:
            self._ended.popitem(last=False)
        if not known.parent:
            return
        self._recount(known, before, 0)
        parent = self._parents.get(known.parent)
        if parent is None:
            return
        parent.open_children -= 1
        if parent.open_children == 0:
            self._set_aside(parent)

    def _set_aside(self, parent: Parent) -> None:
        """Keep a parent of which nothing works among those that may be forgotten some day."""
        del self._parents[parent.order]
        self._done_parents[parent.order] = parent
        if len(self._done_parents) > self._ended_max:
            order, oldest = self._done_parents.popitem(last=False)
            known = self._forgotten.get(oldest.strategy, OrderId(0))
            self._forgotten[oldest.strategy] = max(known, order)

    def _recount(self, order: LetOut, before: int, filled: int) -> None:
        """Let a parent know what a change of its child adds to its worst and to what it filled."""
        if not order.parent:
            return
        parent = self.parent(order.parent)
        if parent is not None:
            parent.used += order.worst - before
            parent.filled += filled
