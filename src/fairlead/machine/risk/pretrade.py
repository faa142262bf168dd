"""Layer 1: what one order is, by itself and beside what its strategy and the market do.

The gate has held it against the venue's grid, the collar and its size already. Each check here is
asked if something was set that it holds orders to: a limit, a policy, a list, a word of the venue.
All that is set are inputs by a named person or a venue. What a kill closes (`Terms.closing`) is not
held to what strategies are held to, but to the market it is.
"""

from typing import Final

import msgspec

from fairlead.machine.orders import Order
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.lanes import Lanes
from fairlead.machine.risk.pretrade_market import Market, check_liquidity
from fairlead.machine.risk.pretrade_messages import check_messages, count_messages
from fairlead.machine.risk.pretrade_named import Facts, NamedChecks
from fairlead.machine.risk.pretrade_own import OwnTrades
from fairlead.machine.risk.pretrade_permits import Permits, fired_type
from fairlead.machine.risk.pretrade_repeats import Duplicates, Repeats
from fairlead.machine.risk.pretrade_shorts import Shorts
from fairlead.machine.risk.pretrade_sizes import (
    check_counts,
    check_order_to_trade,
    check_price_floor,
    check_volume_share,
    count_trades,
)
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.tree import Tree
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits
from fairlead.model.outputs import FailedCheck
from fairlead.model.risk import PreTradePolicy, Profile
from fairlead.model.risk_terms import LimitKind, ScopeKind, SelfTrade
from fairlead.model.units import (
    MILLIONTHS,
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
    Quantity,
)

_ACCOUNT: Final = ScopeKind.ACCOUNT
_REPEATED: Final = LimitKind.REPEATED_EXECUTIONS

# Where nobody set one: a journal that was written before there was a policy means what it meant.
# A node sets one before it trades.
NO_POLICY: Final = PreTradePolicy(
    duplicate_window=Nanos(0),
    self_trade=SelfTrade.ALLOW,
    halt_resume_delay=Nanos(300_000_000_000),
    unacknowledged_age_max=Nanos(0),
)
# The names of the checks of this layer. Those of all layers: `check_names.py`.
CHECKS: Final = (
    "permission",
    "order_type_allowed",
    "life_max",
    "restricted",
    "session_phase",
    "market_halted",
    "halt_resume_delay",
    "instrument_resume_delay",
    "limit_state",
    "price_bands",
    "price_floor",
    "volume_share",
    "spread",
    "depth",
    "duplicate_order",
    "repeated_executions",
    "unacknowledged_age",
    "working_orders",
    "unacknowledged",
    "messages",
    "messages_day",
    "order_to_trade",
    "locate",
    "short_sale_price",
    "self_trade",
)


class PreTrade:
    """What single orders are held to, and what must be remembered for it."""

    def __init__(self, lanes: Lanes, tree: Tree, exposure: Exposure) -> None:
        """Begin with nothing set."""
        self.policy = NO_POLICY
        self.lanes = lanes
        self.market = Market()
        self.permits = Permits()
        self.shorts = Shorts(exposure)
        self.named = NamedChecks()
        self.repeats = Repeats()
        self.own = OwnTrades()
        self._tree = tree
        self._exposure = exposure
        self.duplicates = Duplicates()
        self._profiles: dict[InstrumentId, Profile] = {}
        self._days: dict[str, int] = {}  # the trading day of each venue; "": that profit counts in
        self._venues: dict[InstrumentId, str] = {}

    # --- what is set ---

    def set_policy(self, policy: PreTradePolicy) -> None:
        """Check orders by a policy from now on."""
        self.policy = policy
        if not policy.duplicate_window:
            self.duplicates.clear()

    def add_instrument(self, instrument: Instrument) -> None:
        """Make an instrument known: the days of its venue are its days."""
        self._venues[instrument.instrument] = instrument.venue

    def describe(self, profile: Profile) -> None:
        """Take in what is known of an instrument."""
        self._profiles[profile.instrument] = profile

    def profile(self, instrument: InstrumentId) -> Profile | None:
        """Return what is known of an instrument, None if nobody said anything."""
        return self._profiles.get(instrument)

    def split(self, instrument: InstrumentId) -> None:
        """Forget what was said in units and prices of before a split: it must be said anew."""
        known = self._profiles.get(instrument)
        if known is not None:
            self._profiles[instrument] = msgspec.structs.replace(
                known, average_daily_volume=None, previous_close=None
            )
        self.market.forget_bands(instrument)
        self.shorts.forget_locates(instrument)

    def day_began(self, venue: str, date: int) -> None:
        """Begin a trading day of a venue, or (venue "") the day that profit is counted in."""
        if date <= self._days.get(venue, 0):
            return  # it was begun
        self._days[venue] = date
        if venue == "":
            self.lanes.begin_day()
        instruments = {
            number: True
            for number, where in self._venues.items()
            if where == venue or (venue == "" and where not in self._days)
        }
        self.shorts.day_began(instruments, date)

    # --- what is asked ---

    def check(self, terms: Terms, limits: Limits, checks: Checks) -> None:
        """Hold an order against all of it. The order of the checks is this page."""
        policy = self.policy
        order = terms.order
        profile = self._profiles.get(order.instrument) if self._profiles else None
        lane = self.lanes.of(order)
        alerts = self._exposure.alerts
        self.permits.check(terms, policy, checks)
        self.market.check(terms, policy, checks)
        check_price_floor(terms, checks)
        check_volume_share(terms, profile, checks)
        check_liquidity(terms, checks)
        if not terms.closing:
            if policy.duplicate_window and not order.working:
                self.duplicates.check(terms, policy.duplicate_window, checks)
            repeated = terms.path.tightest(_REPEATED)
            if repeated is not None:
                self.repeats.check(order.strategy, repeated[0], checks, terms.now)
        check_counts(terms, lane, policy.unacknowledged_age_max, alerts, checks)
        if not terms.closing:
            check_messages(terms, lane, alerts, checks)
        check_order_to_trade(terms, lane, alerts, checks)
        if profile is not None or self.shorts.any_restricted:
            self.shorts.check(terms, profile, self._day(terms), checks)
        self.own.check(terms, lane, policy.self_trade, checks)
        if len(self.named) and not terms.closing:
            self.named.check(self._facts(terms, limits, profile), checks)

    def check_held(self, terms: Terms, checks: Checks) -> None:
        """Hold an order that is to wait in the machine against what it could never be sent as."""
        self.permits.check_held(terms, self.policy, checks)

    def may_leave(self, terms: Terms) -> bool:
        """Return whether the market takes, at this moment, what waits in the machine."""
        checks = Checks(terms.order.order, None)
        terms.order_type = fired_type(terms.order)
        self.market.check(terms, self.policy, checks)
        return not checks.failed

    def holds_back(self, terms: Terms, failed: list[FailedCheck]) -> bool:
        """Note an order that may not leave because of our own alone; return whether it is to wait
        for them.
        """
        if len(failed) != 1 or failed[0].check != "self_trade":
            return False
        return self.own.meet(terms, self.policy.self_trade)

    # --- what happened ---

    def sent(self, terms: Terms) -> None:
        """Remember an order, or new terms of one, that leaves now."""
        order = terms.order
        lane = self.lanes.of(order)
        if self.policy.duplicate_window:
            self.duplicates.sent(terms, self.policy.duplicate_window)
        count_messages(lane, terms.now)
        if order.price == 0:
            self.lanes.rest(order, terms.price_worst)
        if terms.short_sale:
            self.shorts.sent(terms, self._profiles.get(order.instrument))

    def canceling(self, order: Order, now: Nanos) -> None:
        """Count a cancel that leaves now."""
        count_messages(self.lanes.of(order), now)

    def settled(self, order: Order) -> None:
        """Count an order anew after it changed."""
        ended = self.lanes.settle(order)
        self.shorts.settle(order)
        if ended:
            self.own.ended(order)

    def filled(self, order: Order, quantity: Quantity, now: Nanos) -> str:
        """Count an execution; return why the strategy is to be taken off, empty if it is not.

        Every order counts once, when it begins to trade: one that trades in parts is no repetition.
        """
        lane = self.lanes.of(order)
        count_trades(lane)
        self._tree.freshen(lane.path)
        bound = lane.path.tightest(_REPEATED)
        if bound is None or order.filled > quantity:
            return ""
        limit, node = bound
        count = self.repeats.traded(order.strategy, limit, now)
        most = limit.hard // MILLIONTHS
        self._exposure.alerts.see(node, limit, count * MILLIONTHS)
        if count <= most:
            return ""
        seconds = limit.window // NANOS_PER_SECOND
        return f"{count} orders traded within {seconds} s, at most {most} may before a person looks"

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.policy, list(self._profiles.values()), list(self._days.items())],
            self.lanes.content(),
            self.market.content(),
            self.permits.content(),
            self.shorts.content(),
            self.named.content(),
            self.repeats.content(),
            self.duplicates.content(),
            self.own.content(),
        ]

    def _day(self, terms: Terms) -> int:
        """Return the trading day that an order is in, 0 if nobody said."""
        return self._days.get(terms.instrument.venue) or self._days.get("", 0)

    def _facts(self, terms: Terms, limits: Limits, profile: Profile | None) -> Facts:
        for node in terms.path.nodes:
            if node.scope.kind is _ACCOUNT:
                slot = self._exposure.slot(node, terms.path.account, terms.instrument.instrument)
                assert slot is not None, "the path of an order is laid"
                equity = self._exposure.equity(node, terms.path.account)
                return Facts(terms, limits, profile, slot, equity)
        raise AssertionError("an order has an account")
