"""The risk gate: the one way from what a strategy wants to what may leave.

Six layers, from the last to the first: the kill switch, the trading breakers, the losses; then what
an order is by itself, the position that it may make, and the exposure of everything together. Every
check of every layer is evaluated, every failed one is recorded with what was measured and what
would have passed. A check that cannot measure fails: missing, stale or absurd input is never a
legal value. The gate alone makes `Approved`, and `SendOrder` and `ReplaceOrder` take nothing else.
"""

from enum import IntFlag
from typing import Final

import msgspec

from fairlead.machine.orders import PLAIN, STOPS
from fairlead.machine.risk.breakers import Breakers
from fairlead.machine.risk.conditions import Conditions
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.kills import Kills
from fairlead.machine.risk.lanes import Lanes
from fairlead.machine.risk.losses import Losses
from fairlead.machine.risk.order_checks import check_grid, check_reference, check_size, share
from fairlead.machine.risk.overrides import Overrides
from fairlead.machine.risk.parents import Parents
from fairlead.machine.risk.pretrade import PreTrade
from fairlead.machine.risk.quality import Quality
from fairlead.machine.risk.rate import MessageThrottle
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.machine.risk.tree import Tree
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Approved, FailedCheck
from fairlead.model.terms import Side, TimeInForce, Unit
from fairlead.model.units import (
    MILLIONTHS,
    BasisPoints,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    SignedQuantity,
    StrategyId,
)

_BUY: Final = Side.BUY
_GTD: Final = TimeInForce.GTD
_COUNT: Final = Unit.COUNT
_QUANTITY: Final = Unit.QUANTITY


class Layer(IntFlag):
    """The layers. One is switched off in tests alone, to show what the others stop without it."""

    PRE_TRADE = 1
    POSITION = 2
    EXPOSURE = 4
    LOSS = 8
    BREAKER = 16
    KILL = 32


ALL_LAYERS: Final = 63
_PRE_TRADE: Final = 1
_POSITION: Final = 2
_EXPOSURE: Final = 4
_LOSS: Final = 8
_BREAKER: Final = 16
_KILL: Final = 32


class Gate:
    """Who may trade, within which limits, and what is on its way already."""

    def __init__(self) -> None:
        """Begin closed: no limits are set, so nothing passes."""
        self.stopped = False
        self.tree = Tree()
        self.lanes = Lanes()
        self.exposure = Exposure(self.lanes)
        self.throttle = MessageThrottle()
        self.pretrade = PreTrade(self.lanes, self.tree, self.exposure)
        self.losses = Losses()
        self.breakers = Breakers()
        self.conditions = Conditions()
        self.kills = Kills()
        self.parents = Parents()
        self.overrides = Overrides()
        self.quality = Quality()  # of market data
        # Which layers are asked. Only tests write it (`tests/test_tidy.py`).
        self.layers = ALL_LAYERS
        # Every check of an order with whether it passed, for who replays a journal to explain it.
        # No decision reads it.
        self.trace: list[tuple[OrderId, FailedCheck, bool]] | None = None
        self._limits: dict[InstrumentId, Limits] = {}
        self._disabled: dict[StrategyId, str] = {}

    @property
    def killed(self) -> bool:
        """Whether the whole firm is killed."""
        return self.kills.killed

    def set_limits(self, limits: Limits) -> None:
        """Hold orders against these limits from now on."""
        self._limits[limits.instrument] = limits

    def limits(self, instrument: InstrumentId) -> Limits | None:
        """Return the limits of an instrument, None if none were set."""
        return self._limits.get(instrument)

    def set_rate(self, rate: MessageRate) -> None:
        """Hold messages against this rate from now on."""
        self.throttle.rate = rate

    def disable(self, strategy: StrategyId, reason: str) -> bool:
        """Take a strategy off; return False if it was off already."""
        if strategy in self._disabled:
            return False
        self._disabled[strategy] = reason
        return True

    def enable(self, strategy: StrategyId) -> bool:
        """Let a strategy trade again; return False if it was not off."""
        return self._disabled.pop(strategy, None) is not None

    def disabled(self) -> list[tuple[StrategyId, str]]:
        """Return the strategies that are off, with the reason."""
        return list(self._disabled.items())

    def review(self, terms: Terms, net: SignedQuantity) -> Approved | list[FailedCheck]:
        """Return the approval, or every check that failed. The order of the checks is this page."""
        checks = Checks(terms.order.order, self.trace)
        layers = self.layers
        self.exposure.prepare(terms)
        self.exposure.alerts.begin()
        if layers & _KILL:
            self.kills.check(terms, checks)
        if layers & _BREAKER:
            self.breakers.check(terms, checks)
        if layers & _LOSS:
            self.losses.check(terms, checks)
        self._check_permission(terms, checks)
        self._check_rate(terms, checks)
        check_grid(terms, checks)
        limits = self._limits.get(terms.order.instrument)
        checks.fact(limits is not None, "limits_set")
        if limits is None:
            checks.fact(not terms.book.stale, "book_fresh")
            return checks.failed
        collar_share = self.breakers.collar_share(terms.path)
        collar = BasisPoints(share(limits.collar, collar_share))
        terms.adverse_only = self.pretrade.policy.adverse_collar_only
        check_reference(terms, limits, collar, collar_share, checks)
        check_size(terms, limits, collar, self._size_share(terms), checks)
        if layers & _PRE_TRADE:
            self.pretrade.check(terms, limits, checks)
            self.parents.check(terms, checks)
        if layers & _POSITION:
            self._check_position(terms, limits, net, checks)
            self.exposure.check_position(terms, checks)
        if layers & _EXPOSURE:
            self.exposure.check(terms, checks)
        if checks.failed:
            terms.override = self.overrides.fitting(terms, checks.failed)
            if terms.override == 0:
                self.exposure.alerts.undo()
                return checks.failed
            terms.waived = tuple(check.check for check in checks.failed)
        return self._approve(terms)

    def review_held(self, terms: Terms) -> list[FailedCheck]:
        """Return why an order may not even wait in the machine. The rest is asked when it goes."""
        checks = Checks(terms.order.order, self.trace)
        if self.layers & _KILL:
            self.kills.check(terms, checks)
        if self.layers & _BREAKER:
            self.breakers.check_held(terms, checks)
        self._check_permission(terms, checks)
        check_grid(terms, checks)
        if self.layers & _PRE_TRADE:
            self.pretrade.check_held(terms, checks)
        checks.fact(terms.instrument.instrument in self._limits, "limits_set")
        return checks.failed

    def review_cancel(self, now: Nanos) -> FailedCheck | None:
        """Return why a cancel may not leave: its reserve of the message rate is used up."""
        limit = self.throttle.count_max + self.throttle.cancel_reserve
        used = self.throttle.used(now)
        return FailedCheck("message_rate", used + 1, limit, Unit.COUNT) if used >= limit else None

    def sent(self, terms: Terms) -> None:
        """Count an order that leaves now."""
        self.throttle.count(terms.now)
        self.exposure.sent(terms)
        self.pretrade.sent(terms)
        if terms.override:
            self.overrides.use(terms.override)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.stopped, self.disabled(), self.throttle.rate],
            self.throttle.times(),
            list(self._limits.values()),
            self.tree.content(),
            self.exposure.content(),
            self.parents.content(),
            self.overrides.content(),
            self.pretrade.content(),
            self.losses.content(),
            self.breakers.content(),
            self.conditions.content(),
            self.kills.content(),
        ]

    def _check_permission(self, terms: Terms, checks: Checks) -> None:
        order = terms.order
        if not terms.closing:  # what closes after a kill leaves although nothing else may
            checks.fact(not self.stopped, "trading_stopped")
            disabled = bool(self._disabled) and order.strategy in self._disabled
            checks.fact(not disabled, "strategy_disabled")
        checks.fact(not terms.disconnected, "venue_connected")
        if terms.problem:
            checks.fact(False, terms.problem)
        checks.fact(not terms.book.halted, "instrument_tradable")
        if self.quality.active:
            self.quality.check(terms, checks)
        unknown = len(terms.market.working.unknown)
        checks.hold(unknown == 0, "orders_unknown", unknown, 0, _COUNT)

    def _check_rate(self, terms: Terms, checks: Checks) -> None:
        throttle = self.throttle
        limit = throttle.count_max + (throttle.cancel_reserve if terms.closing else 0)
        used = throttle.used(terms.now)
        checks.hold(used < limit, "message_rate", used + 1, limit, _COUNT)

    def _size_share(self, terms: Terms) -> int:
        return MILLIONTHS if terms.reduces else self.breakers.size_share(terms.path)

    def _check_position(
        self, terms: Terms, limits: Limits, net: SignedQuantity, checks: Checks
    ) -> None:
        """Hold the worst case against the limit: all that works on this side fills."""
        order = terms.order
        worst = terms.market.working.worst(net, order.side, terms.added)
        terms.position_worst = SignedQuantity(worst)
        over = worst if order.side is _BUY else -worst
        most = limits.position_quantity_max
        checks.hold(over <= most, "position_quantity_max", writable(over), most, _QUANTITY)

    def _approve(self, terms: Terms) -> Approved:
        order = terms.order
        conditions = order.conditions
        request = order.requests + 1
        approved = Approved(
            order.order,
            order.strategy,
            order.instrument,
            order.side,
            terms.order_type,
            terms.time_in_force,
            order.post_only,
            terms.quantity,
            terms.price,
            terms.price_worst,
            Price(terms.reference_twice // 2),
            terms.value,
            terms.position_worst,
            request,
            f"{order.epoch}-{order.order}-{request}",
        )
        if order.parent or terms.closing or terms.short_sale:
            approved = msgspec.structs.replace(
                approved,
                parent=order.parent,
                parent_quantity=self.parents.quantity(order.parent),
                closing=terms.closing,
                short_sale=terms.short_sale,
            )
        if conditions is PLAIN:
            return approved
        native = terms.order_type in STOPS
        return msgspec.structs.replace(
            approved,
            trigger_price=conditions.trigger_price if native else Price(0),
            display_quantity=conditions.display_quantity,
            reduce_only=conditions.reduce_only,
            expire_time=conditions.expire_time if terms.time_in_force is _GTD else Nanos(0),
            peg=conditions.peg,
            peg_offset=conditions.peg_offset,
        )
