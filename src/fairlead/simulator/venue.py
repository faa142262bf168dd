"""What every simulated venue has, written once: order entry, checks, reports, answers, latency.

A venue that matches (`exchange.py`) and one that replays a recording (`recorded.py`) differ only in
when and at what price an order trades: they fill in `_place`, `_remove` and `_change`. A cancel of
an order that is done is answered as a cancel of an unknown one, as venues do; what such an order
became is remembered for a while (`ended.py`). What we have is counted apart (`clearing.py`), so
that a statement is a second opinion.

A client order id names one message to enter or change an order, and is taken once. An order of ours
that was turned down may come again under the same number with another client order id.
"""

from typing import Final, assert_never

from fairlead.model.inputs import (
    Input,
    Statement,
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueDisconnected,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    Action,
    Approved,
    CancelOrder,
    Disconnect,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.statements import StatementCash
from fairlead.model.terms import CostBasis, Liquidity, OrderType, Status
from fairlead.model.units import (
    RATE_UNIT,
    AccountId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    share_of,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.clearing import Clearing
from fairlead.simulator.days import session_date
from fairlead.simulator.ended import EndedOrders
from fairlead.simulator.executions import RecentExecutions
from fairlead.simulator.fees import Fees, FeeTier
from fairlead.simulator.latency import LatencyModel, Load, Loss, Wire
from fairlead.simulator.venue_books import VenueBooks
from fairlead.simulator.venue_order import VenueOrder, broken_rule, worth
from fairlead.simulator.world import NEVER

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_MAKER: Final = Liquidity.MAKER
_LIMIT: Final = OrderType.LIMIT
_ORDER_STREAM: Final = 1
_REPORT_STREAM: Final = 2
_REJECTION_STREAM: Final = 3
DATA_STREAM: Final = 4
_LOST_ORDER_STREAM: Final = 5
_LOST_REPORT_STREAM: Final = 6
_SESSION_ENDED: Final = "session_ended"  # why an order is canceled with it
_EMERGENCY: Final = "emergency_line"
_SOURCE: Final = "session"  # who makes the statements
_ORDER_LATENCY: Final = LatencyModel(Nanos(500_000), Nanos(100_000))
_REPORT_LATENCY: Final = LatencyModel(Nanos(500_000), Nanos(100_000))
_DATA_LATENCY: Final = LatencyModel(Nanos(400_000))
_NO_REJECTIONS: Final = Rate(0)
_NONE_LOST: Final = Rate(0)
_NO_TIME: Final = Nanos(0)
_ORDERS: Final = (SendOrder, ReplaceOrder, CancelOrder)  # what can be lost on the way
_REPORTS: Final = (
    *(VenueAccepted, VenueRejected, VenueFilled, VenueCanceled, VenueCancelRejected),
    *(VenueReplaced, VenueReplaceRejected),
)
_FIRST_ACCOUNT: Final = AccountId(1)


class VenueConfig:
    """How a venue is reached, the shares of orders that it turns down, and what it knows of us.

    With `cancel_on_disconnect` the venue cancels what works there when we end the session.
    `rejection_rate` of the new orders are turned down for good, `transient_rejection_rate` for now.
    `lost_order_rate` of our messages about orders and `lost_report_rate` of the reports on them
    vanish. Every message takes the venue `service_time`, so that many of them wait for each other.
    Statements are of `account`, which begins with `cash`; without any, they say nothing of cash.
    Without `fee_tiers` an instrument's own rates hold.
    """

    def __init__(
        self,
        *,
        order_latency: LatencyModel = _ORDER_LATENCY,
        report_latency: LatencyModel = _REPORT_LATENCY,
        data_latency: LatencyModel = _DATA_LATENCY,
        rejection_rate: Rate = _NO_REJECTIONS,
        transient_rejection_rate: Rate = _NO_REJECTIONS,
        lost_order_rate: Rate = _NONE_LOST,
        lost_report_rate: Rate = _NONE_LOST,
        service_time: Nanos = _NO_TIME,
        account: AccountId = _FIRST_ACCOUNT,
        cash: tuple[StatementCash, ...] = (),
        cost_basis: CostBasis = CostBasis.AVERAGE,
        cancel_on_disconnect: bool = True,
        fee_tiers: tuple[FeeTier, ...] = (),
        seed: int = 1,
    ) -> None:
        """Take the terms. Raises `ValueError`."""
        both = rejection_rate + transient_rejection_rate
        for name, rate in (
            ("rejection_rate", rejection_rate),
            ("transient_rejection_rate", transient_rejection_rate),
            ("rejection_rate and transient_rejection_rate together", both),
        ):
            if not 0 <= rate <= RATE_UNIT:
                raise ValueError(f"venue: {name} is {rate}, expected 0 to {RATE_UNIT} (all)")
        if seed < 0:
            raise ValueError(f"venue: seed is {seed}, expected 0 or more")
        self.order_latency = order_latency
        self.report_latency = report_latency
        self.data_latency = data_latency
        self.rejection_rate = rejection_rate
        self.transient_rejection_rate = transient_rejection_rate
        self.lost_order_rate = lost_order_rate
        self.lost_report_rate = lost_report_rate
        self.service_time = service_time
        self.account = account
        self.cash = cash
        self.cost_basis = cost_basis
        self.cancel_on_disconnect = cancel_on_disconnect
        self.fee_tiers = fee_tiers
        self.seed = seed


class Venue:
    """Order entry for us: actions come in over one wire, reports go back over another."""

    def __init__(self, instruments: list[Instrument], config: VenueConfig) -> None:
        """List the instruments; nothing is on its way yet."""
        self.instruments = {one.instrument: one for one in instruments}
        assert len(self.instruments) == len(instruments), "an instrument is listed twice"
        self.load = Load(config.service_time) if config.service_time else None
        lost_orders: Loss[Action] = Loss(
            config.lost_order_rate, _ORDERS, Chance(config.seed, _LOST_ORDER_STREAM)
        )
        lost_reports: Loss[Input] = Loss(
            config.lost_report_rate, _REPORTS, Chance(config.seed, _LOST_REPORT_STREAM)
        )
        self.actions: Wire[Action] = Wire(
            config.order_latency, Chance(config.seed, _ORDER_STREAM), self.load, lost_orders
        )
        self.reports: Wire[Input] = Wire(
            config.report_latency, Chance(config.seed, _REPORT_STREAM), self.load, lost_reports
        )
        self.orders: dict[OrderId, VenueOrder] = {}  # those that are not done
        self.ended = EndedOrders()
        self.clearing = Clearing(instruments, config.cash, config.cost_basis)
        self.fees = Fees(config.fee_tiers)
        self.executions = RecentExecutions()
        self.books: VenueBooks | None = None  # everything that ever came and traded, for checkers
        self.now: Nanos = Nanos(0)
        self._config = config
        self._rejected_in_all = config.rejection_rate + config.transient_rejection_rate
        self._rejections = Chance(config.seed, _REJECTION_STREAM)
        self._accepted: int = 0
        self._executed: int = 0

    @property
    def repeats(self) -> bool:
        """It is a function of its seed or recording, and of our actions."""
        return True

    def act(self, action: Action, time: Nanos) -> None:
        """Let an action of ours leave at `time`; it arrives after its latency."""
        assert time >= self.now, f"an action leaves at {time}, but {self.now} has passed"
        self.actions.send(action, time)

    def arrive(self) -> None:
        """Handle the next action on the wire, at the time of its arrival."""
        time = self.actions.next_time
        assert time != NEVER, "no action is on its way"
        action = self.actions.receive()
        if self.books is not None:
            self.books.came(action)
        if isinstance(action, SendOrder):
            self._enter(action.approved, time)
        elif isinstance(action, CancelOrder):
            self._cancel(action, time)
        elif isinstance(action, ReplaceOrder):
            self._replace(action.approved, time)
        elif isinstance(action, QueryOrder):
            self._answer(action, time)
        elif isinstance(action, RequestStatement):
            self._state(action, time)
        elif isinstance(action, Disconnect):
            self._hang_up(action, time)
        else:
            assert_never(action)

    def cancel_now(self, client_order: str, time: Nanos) -> int:
        """Cancel an order by the client order id of its last message ("": all that work), at once.

        Return how many that were. It is reported as the venue's own doing.
        """
        meant = [one for one in self.orders.values() if client_order in ("", one.client_order)]
        for order in meant:
            if order.order in self.orders:  # one that goes may move others, which end then
                self._remove(order, time)
                self._canceled(order, _EMERGENCY, time)
        return len(meant)

    def next_execution(self) -> str:
        """Return the id of the next execution."""
        self._executed += 1
        return f"E{self._executed:09d}"

    # --- what a kind of venue fills in ------------------------------------------------------------

    def _place(self, order: VenueOrder, time: Nanos) -> None:
        """Take in an order that passed the checks: accept it and trade, or reject it."""
        raise NotImplementedError

    def _remove(self, order: VenueOrder, time: Nanos) -> None:
        """Take an order out; the report is not its task."""
        raise NotImplementedError

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        """Give an order other terms that passed the checks: replace and trade, or reject."""
        raise NotImplementedError

    # --- order entry ------------------------------------------------------------------------------

    def _enter(self, approved: Approved, time: Nanos) -> None:
        if self.books is not None:
            self.books.sent(approved)
        instrument = self.instruments.get(approved.instrument)
        if instrument is None:
            self._reject(approved, "unknown_instrument", time)
        elif approved.order in self.orders or self.ended.has_used(approved):
            self._reject(approved, "duplicate_order", time)  # the first one stands as it did
        else:
            order = VenueOrder(instrument, approved)
            self.orders[order.order] = order
            if self.books is not None:
                self.books.taken(approved)
            if rule := broken_rule(instrument, approved):
                self._turn_away(order, rule, time)
            elif not self._turned_down(order, time):
                self._place(order, time)

    def _turned_down(self, order: VenueOrder, time: Nanos) -> bool:
        """Reject some orders by chance. Return whether this one was."""
        drawn = self._rejections.below(RATE_UNIT)
        if drawn < self._config.rejection_rate:
            self._turn_away(order, "turned_down", time)
        elif drawn < self._rejected_in_all:
            self._turn_away(order, "venue_busy", time, transient=True)
        else:
            return False
        return True

    def _cancel(self, action: CancelOrder, time: Nanos) -> None:
        order = self.orders.get(action.order)
        if order is None:
            refusal = VenueCancelRejected(
                action.order, action.instrument, "unknown_order", time, action.request
            )
            self.reports.send(refusal, time)
        else:
            self._remove(order, time)
            self._canceled(order, "requested", time)

    def _replace(self, approved: Approved, time: Nanos) -> None:
        order = self.orders.get(approved.order)
        if order is None or order.instrument.instrument != approved.instrument:
            self._keep(approved, "unknown_order", time)
        elif rule := self._broken_change(order, approved):
            self._keep(approved, rule, time)
        else:
            self._change(order, approved, time)

    def _broken_change(self, order: VenueOrder, approved: Approved) -> str:
        """Return the name of the first rule that new terms of an order break, "" for none."""
        limited = approved.order_type is _LIMIT
        if approved.side is not order.side or not (limited or order.keeps_type(approved)):
            return "only_price_and_quantity_change"
        if approved.quantity <= order.filled + order.gone:
            return "quantity_already_filled"
        return broken_rule(order.instrument, approved)

    def _hang_up(self, action: Disconnect, time: Nanos) -> None:
        """End our session. What becomes of our orders then, nobody tells us: it can be asked."""
        venue = action.venue
        if self._config.cancel_on_disconnect:
            for order in list(self.orders.values()):
                if order.instrument.venue == venue and order.order in self.orders:
                    self._remove(order, time)
                    self._end(order, Status.CANCELED, _SESSION_ENDED, time)
        self.reports.send(VenueDisconnected(venue, action.reason), time)

    # --- answers ----------------------------------------------------------------------------------

    def _answer(self, query: QueryOrder, time: Nanos) -> None:
        """Say what we know of an order; what we do not know may still be on its way."""
        order = self.orders.get(query.order)
        if order is None or not order.is_meant(query):
            order = self.ended.find(query)
        if order is None or order.instrument.instrument != query.instrument:
            self.reports.send(VenueOrderStatus(query.order, query.instrument, False, time), time)
        else:
            self.reports.send(order.answer(time), time)

    def _state(self, request: RequestStatement, time: Nanos) -> None:
        """Send a statement; of an account that is not kept here it covers nothing."""
        if request.account != self._config.account:
            self.reports.send(Statement(request.account, request.venue, time, _SOURCE), time)
            return
        venue = request.venue
        since, fills = self.clearing.fills(request.fills_since)
        orders = [
            order.line()
            for order in self.orders.values()
            if order.venue_order and venue in ("", order.instrument.venue)
        ]
        statement = Statement(
            request.account,
            venue,
            time,
            _SOURCE,
            tuple(orders),
            fills,
            self.clearing.positions(venue),
            self.clearing.cash(),
            since,
        )
        self.reports.send(statement, time)

    # --- reports ----------------------------------------------------------------------------------

    def _reject(self, approved: Approved, reason: str, time: Nanos) -> None:
        """Reject what is no order here."""
        report = VenueRejected(
            approved.order, approved.instrument, reason, time, False, approved.request
        )
        self.reports.send(report, time)

    def _turn_away(
        self, order: VenueOrder, reason: str, time: Nanos, transient: bool = False
    ) -> None:
        """Reject an order."""
        self._end(order, Status.REJECTED, reason, time)
        report = VenueRejected(
            order.order, order.instrument.instrument, reason, time, transient, order.request
        )
        self.reports.send(report, time)

    def _keep(self, approved: Approved, reason: str, time: Nanos) -> None:
        """Reject new terms; the old ones stay."""
        report = VenueReplaceRejected(
            approved.order, approved.instrument, reason, time, approved.request
        )
        self.reports.send(report, time)

    def _accept(self, order: VenueOrder, time: Nanos) -> None:
        self._accepted += 1
        order.venue_order = f"V{self._accepted:09d}"
        order.accepted = time
        report = VenueAccepted(order.order, order.instrument.instrument, order.venue_order, time)
        self.reports.send(report, time)

    def _replaced(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        """Give an order its new terms. It keeps the venue's id."""
        if self.books is not None:
            self.books.replaced(order, approved)
        order.quantity, order.limit = approved.quantity, approved.price
        order.trigger = approved.trigger_price
        order.client_order = approved.client_order
        report = VenueReplaced(
            order.order,
            order.instrument.instrument,
            order.quantity,
            order.limit,
            time,
            approved.request,
        )
        self.reports.send(report, time)

    def _canceled(self, order: VenueOrder, reason: str, time: Nanos) -> None:
        assert order.filled < order.quantity, f"order {order.order} is filled: nothing is left"
        self._end(order, Status.CANCELED, reason, time)
        report = VenueCanceled(order.order, order.instrument.instrument, reason, time)
        self.reports.send(report, time)

    def _end(self, order: VenueOrder, status: Status, reason: str, time: Nanos) -> None:
        del self.orders[order.order]
        order.end(status, reason, time)
        self.ended.add(order)
        if self.books is not None:
            self.books.ended(order)

    def _expire(self, order: VenueOrder, time: Nanos) -> None:
        """Tell that the time of an order ran out; it is out of the book already."""
        self._end(order, Status.EXPIRED, "", time)
        self.reports.send(VenueExpired(order.order, order.instrument.instrument, time), time)

    def _fill(
        self,
        order: VenueOrder,
        price: Price,
        quantity: Quantity,
        liquidity: Liquidity,
        time: Nanos,
        trade: str = "",
    ) -> None:
        """Book and report an execution; `trade` is its public name, where it has one."""
        assert 0 < quantity <= order.leaves, f"{quantity} does not fill {order.leaves}"
        instrument = order.instrument
        rate = self.fees.rate(instrument, liquidity is _MAKER, time)
        order.filled = Quantity(order.filled + quantity)
        traded = worth(instrument, price, quantity)
        report = VenueFilled(
            order.order,
            instrument.instrument,
            self.next_execution(),
            session_date(time),
            price,
            quantity,
            share_of(traded, rate),
            liquidity,
            time,
            order.filled,
            order.side,
        )
        self.clearing.book(report, order, traded)
        self.fees.traded(traded, time)
        self.executions.add(report, order, trade)
        if self.books is not None:
            self.books.filled(report, order)
        self.reports.send(report, time)
        if order.leaves:
            return
        if order.gone:
            self._canceled(order, order.gone_reason, time)
        else:
            self._end(order, Status.FILLED, "", time)
