"""What the machine knows. Changed by the steps of the machine alone; everybody else reads.

The digest is taken over everything that any later output may depend on, in a fixed order.
"""

import hashlib
from typing import Final

import msgspec

from fairlead.machine.approvals import Approvals
from fairlead.machine.bookings import Corrections
from fairlead.machine.books import Books
from fairlead.machine.deadlines import Deadlines
from fairlead.machine.differences import Reconciliation
from fairlead.machine.executions import Executions
from fairlead.machine.links import Links
from fairlead.machine.marks import Marks
from fairlead.machine.orders import PLAIN, Order, Orders
from fairlead.machine.positions import Positions
from fairlead.machine.registry import Registry
from fairlead.machine.risk.drift import Drift
from fairlead.machine.risk.gate import Gate
from fairlead.machine.risk.histories import Histories
from fairlead.machine.track_record import Performance
from fairlead.machine.watched import Watched
from fairlead.model.inputs import StrategyDefinition
from fairlead.model.instruments import Instrument
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import OrderType
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Nanos,
    Sequence,
    StrategyId,
)

DEFAULT_POLICY: Final = OrderPolicy()  # where nobody set one
_ALL: Final = StrategyId(0)
_UNSET: Final = OrderType.UNSET


class State:
    """Books, orders, positions, money, risk: all of it."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.sequence = Sequence(0)
        self.time = Nanos(0)
        self.epoch = 0
        self.stage = ""
        self.live = False  # whether real money trades
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.strategies: dict[StrategyId, StrategyDefinition] = {}
        self.books = Books()
        self.orders = Orders()
        self.positions = Positions()
        self.gate = Gate()
        self.quality = self.gate.quality
        self.executions = Executions()
        self.order_policies: dict[StrategyId, OrderPolicy] = {}  # strategy 0: all that have no own
        self.disconnected: dict[str, str] = {}  # venues whose session is broken, and why
        self.begun = False  # a node has traded: what is looser needs two persons from then on
        self.space_problem = ""  # why nothing new can be written down, "" while it can
        self.desks: dict[AccountId, str] = {}  # of the accounts that belong to one
        self.session_dates: dict[str, int] = {}  # the trading day of each venue that has one
        self.links = Links()
        self.watched = Watched()
        self.deadlines = Deadlines()
        self.marks = Marks()
        self.gate.exposure.follow_rates(self.marks)
        self.performance = Performance()
        self.reconciliation = Reconciliation()
        self.corrections = Corrections()
        self.histories = Histories()
        self.approvals = Approvals()
        self.registry = Registry()
        self.drift = Drift()  # of our clock against the machine's time of day
        self.risk_watched = False  # there are conditions or losses to be asked
        self.risk_pending = False  # they are to be asked before anything leaves
        self.risk_moved = False  # the market has moved: they are to be asked soon
        self.changed: list[Order] = []  # during one input: orders that others may depend on

    def policy_of(self, order: Order) -> OrderPolicy | None:
        """Return the policy that an order follows; one of unset type always follows one."""
        policy = self.order_policy(order.strategy)
        return DEFAULT_POLICY if policy is None and order.order_type is _UNSET else policy

    def order_policy(self, strategy: StrategyId) -> OrderPolicy | None:
        """Return the order policy of a strategy, None if nobody set one."""
        policies = self.order_policies
        if not policies:
            return None
        return policies.get(strategy) or policies.get(_ALL)

    def digest(self) -> str:
        """Return a BLAKE2b digest of the whole state, in hexadecimal."""
        encoded = msgspec.msgpack.encode(self._content())
        return hashlib.blake2b(encoded, digest_size=32).hexdigest()

    def _content(self) -> list[object]:
        gate = self.gate
        instruments = list(self.instruments.values())
        return [
            [self.sequence, self.time, self.epoch],
            instruments,
            list(self.strategies.values()),
            [book.content() for book in self.books.all()],
            [_order_content(order) for order in self.orders.all()],
            self.positions.content(),
            gate.content(),
            [self.begun, self.space_problem, list(self.desks.items())],
            self.approvals.content(),
            self.registry.content(),
            [self.risk_watched, self.risk_pending, self.risk_moved],
            self.executions.content(),
            [list(self.order_policies.items()), list(self.disconnected.items())],
            [self.stage, list(self.session_dates.items())],
            self.links.content(),
            self.watched.content(),
            self.deadlines.content(),
            self.marks.content(),
            self.performance.content(),
            self.reconciliation.content(),
            self.corrections.content(),
            self.histories.content(),
            self.drift.content(),
            self.quality.content(),
        ]


def _order_content(order: Order) -> list[object]:
    conditions = order.conditions
    return [
        [order.order, order.strategy, order.instrument, order.side, order.order_type],
        [order.time_in_force, order.post_only, order.quantity, order.price, order.tag, order.time],
        [order.status, order.filled, order.canceled, order.filled_cost, order.venue_order],
        [order.cancel_wanted, order.new_quantity, order.new_price, order.excess, order.reserved],
        [order.hold, order.epoch, order.requests, order.known_request, order.replace_request],
        [order.attempts, order.replace_time],
        [order.wanted_quantity, order.cumulative, order.unknown_since, order.failure],
        [order.sent_type, order.sent_time_in_force, order.trader, order.parent, order.reason],
        [order.stage, order.ended_by],
        [order.decision_price, order.decision_time, order.updated, order.venue_time],
        [] if conditions is PLAIN else conditions.content(),
    ]
