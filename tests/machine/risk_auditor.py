"""An auditor of all layers of risk at once: it hears facts, adds up from nothing, and objects.

It learns from facts alone which limits hold, what is killed and how far breakers are; what works
and what is held it adds up anew after each input, scope by scope, in whole numbers and fractions.
It shares no line with the gate and its sums.
"""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model.inputs import (
    Input,
    InstrumentSplit,
    TradingDayBegan,
)
from fairlead.model.outputs import (
    Approved,
    BreakerChanged,
    CancelOrder,
    DynamicLimitChanged,
    FailedCheck,
    InputRefused,
    KillEngaged,
    KillReleased,
    OrderRefused,
    OrderRejected,
    Output,
    OverrideUsed,
    ReplaceOrder,
    RiskLimitsChanged,
    SendOrder,
)
from fairlead.model.risk import LEAST, Limit
from fairlead.model.risk_terms import BreakerState, KillMode, LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind, OrderType, Side, Status
from fairlead.model.units import (
    OrderId,
)
from tests.machine.risk_sums import (
    MILLION,
    SHARES,
    Key,
    Left,
    Sent,
    Sums,
    World,
    of_gross,
    worth_at,
)

LEAST_CHECKS: Final = (
    "quantity_min",
    "notional_min",
    "price_present",
    "price_floor",
    "depth",
    "cash_left",
    "quantity_above_filled",
    "quantity_lot",
    "price_tick",
    "locate",
    "duplicate_order",
    "halt_resume_delay",
    "instrument_resume_delay",
)
GRID_CHECKS: Final = ("quantity_lot", "price_tick")


class RiskAuditor(World):
    """Knows from facts what holds, and objects to whatever leaves beyond it."""

    def __init__(self, machine: Machine) -> None:
        """Begin without a limit."""
        super().__init__(machine)
        self.limits: dict[Key, dict[LimitKind, Limit]] = {}
        self.dynamic: dict[Key, dict[str, tuple[Limit, ...]]] = {}
        self.killed: dict[Key, KillMode] = {}
        self.breakers: dict[Key, dict[str, BreakerState]] = {}
        self.asked: dict[OrderId, bool] = {}  # orders that were asked to cancel
        self.sent: dict[OrderId, Approved] = {}  # the last that left of each order
        self.happened: Counter[str] = Counter()
        self._sent = Sent()
        self._before = Sums(self, machine)
        self._ears: dict[type, Callable[[Any], None]] = {
            RiskLimitsChanged: self._hear_limits,
            DynamicLimitChanged: self._hear_dynamic,
            KillEngaged: self._hear_kill,
            KillReleased: self._hear_release,
            BreakerChanged: self._hear_breaker,
            CancelOrder: self._hear_cancel,
            OrderRejected: self._hear_reject,
            OrderRefused: self._hear_refusal,
            SendOrder: self._hear_send,
            ReplaceOrder: self._hear_send,
        }
        self._left: list[Left] = []
        self._waived: dict[OrderId, tuple[str, ...]] = {}

    def follow(self, input: Input, outputs: list[Output], late: bool) -> None:
        """Look at one input and what came of it; `late`: something was due before it."""
        self.meet()
        self._left, self._waived = [], {}
        self.learn(input)
        for output in outputs:
            if isinstance(output, OverrideUsed):
                self._waived[output.order] = output.checks
        for output in outputs:
            self._hear(output)
        self._count_anew(input, outputs)
        sums = Sums(self, self.machine)
        self._check_sums(sums)
        excused = [self._excused(sums, left.approved) for left in self._left]
        if not late and (not any(excused) or len(excused) == 1):
            for left, free in zip(self._left, excused, strict=True):
                self._within(sums, left, free)
        self._check_parents()
        self._check_canceled()
        for order in self.machine.orders.all():
            order.check()
        self._before = sums

    def _count_anew(self, input: Input, outputs: list[Output]) -> None:
        refused = any(isinstance(output, InputRefused) for output in outputs)
        if isinstance(input, TradingDayBegan) and not input.venue and not refused:
            self._sent.begin_day()
        elif isinstance(input, InstrumentSplit) and not refused:
            orders = self.machine.orders.all()
            self._sent.split(input.instrument, input.new, input.old, orders)

    # --- what holds ---

    def held(self, key: Key) -> dict[LimitKind, Limit]:
        """Return the limits of a scope as they hold now."""
        found = dict(self.limits.get(key, {}))
        for limits in self.dynamic.get(key, {}).values():
            for limit in limits:
                known = found.get(limit.kind, limit)
                least = limit.kind in LEAST
                tighter = limit.hard > known.hard if least else limit.hard < known.hard
                found[limit.kind] = limit if tighter else known
        return found

    def state_of(self, key: Key) -> BreakerState:
        """Return what may trade in a scope."""
        return max(self.breakers.get(key, {}).values(), default=BreakerState.ACTIVE)

    def _hear(self, output: Output) -> None:
        hears = self._ears.get(type(output))
        if hears is not None:
            hears(output)

    def _hear_limits(self, output: RiskLimitsChanged) -> None:
        here = self.limits.setdefault(self.key(output.scope), {})
        here.update({limit.kind: limit for limit in output.limits})
        for kind in output.removed:
            here.pop(kind, None)

    def _hear_kill(self, output: KillEngaged) -> None:
        self.killed[self.key(output.scope)] = output.mode
        if output.mode >= KillMode.CANCEL:
            self._ask_again(self.key(output.scope))

    def _hear_release(self, output: KillReleased) -> None:
        self.killed.pop(self.key(output.scope))

    def _hear_breaker(self, output: BreakerChanged) -> None:
        key = self.key(output.scope)
        self.breakers.setdefault(key, {})[output.breaker] = output.after
        if output.after is BreakerState.HALTED:
            self._ask_again(key)

    def _hear_cancel(self, output: CancelOrder) -> None:
        self.asked[output.order] = True

    def _hear_reject(self, output: OrderRejected) -> None:
        path = self.order_path(output.strategy, output.instrument)
        self._sent.reject(output.order, path, output.instrument)

    def _hear_refusal(self, output: OrderRefused) -> None:
        for failed in output.failed:
            self._check_refusal(failed)

    def _hear_send(self, output: SendOrder | ReplaceOrder) -> None:
        self._leaves(output.approved, isinstance(output, ReplaceOrder))

    def _hear_dynamic(self, output: DynamicLimitChanged) -> None:
        here = self.dynamic.setdefault(self.key(output.scope), {})
        if output.applied:
            known = self.machine.gate.conditions.dynamics[output.name]
            here[output.name] = known.definition.limits
        else:
            here.pop(output.name, None)

    def _ask_again(self, key: Key) -> None:
        """Demand anew that what works in a scope be canceled, but for what is pending."""
        for order in self.machine.orders.all():
            if self.asked.get(order.order) and key in self.order_path(
                order.strategy, order.instrument
            ):
                self.asked[order.order] = order.status is Status.CANCEL_PENDING

    # --- what leaves ---

    def _leaves(self, approved: Approved, replaces: bool) -> None:
        """Object to what leaves where nothing may."""
        path = self.order_path(approved.strategy, approved.instrument)
        modes = [self.killed[key] for key in path if key in self.killed]
        if approved.closing:
            assert modes, "it closes, and nothing is killed"
            assert max(modes) >= KillMode.FLATTEN, "it closes, and nobody said so"
        else:
            assert not modes, f"{modes} killed, and order {approved.order} leaves"
            for key in path:
                assert self.state_of(key) < BreakerState.CANCEL_ONLY, f"{key} is shut"
        self._check_size(approved, path)
        self.happened["replaced" if replaces else "sent"] += 1
        self.sent[approved.order] = approved
        restricted = any(self.state_of(key) is BreakerState.REDUCE_ONLY for key in path)
        held = {key: self.held(key) for key in path}
        account = self.accounts[approved.strategy]
        known = {key: self.rate(key, account, approved.instrument) for key in path}
        rates = {key: rate or Fraction(0) for key, rate in known.items()}
        counted = self._sent.send(approved, held, rates, self.machine.state.time)
        self._left.append(Left(approved, replaces, restricted, held, counted))
        if not replaces:
            self.asked.pop(approved.order, None)

    def _check_size(self, approved: Approved, path: tuple[Key, ...]) -> None:
        """Hold quantity and worth of one order against every scope of its path."""
        terms = self.machine.instruments[approved.instrument]
        waived = self._waived.get(approved.order, ())
        for key in path:
            held = self.held(key)
            most = held.get(LimitKind.ORDER_QUANTITY)
            if most is not None and "order_quantity" not in waived:
                quantity = Fraction(approved.quantity, 10**terms.quantity_decimals)
                assert quantity <= Fraction(most.hard, MILLION), f"order_quantity of {key}"
            most = held.get(LimitKind.ORDER_NOTIONAL)
            limited = approved.order_type is OrderType.LIMIT and approved.price
            if most is not None and limited and "order_notional" not in waived:
                value = Fraction(worth_at(terms, approved.quantity, approved.price))
                assert value / 10**terms.money_decimals <= Fraction(most.hard, MILLION), key

    def _excused(self, sums: Sums, approved: Approved) -> bool:
        """Whether an order only reduces what its strategy and its account have."""
        path = self.order_path(approved.strategy, approved.instrument)
        for key in path:
            if key[0] in (ScopeKind.ACCOUNT, ScopeKind.STRATEGY):
                here = sums.of(key, self.place(approved))
                if approved.side is Side.BUY and here.net + here.buys > 0:
                    return False
                if approved.side is Side.SELL and here.net - here.sells < 0:
                    return False
        return True

    def _within(self, sums: Sums, left: "Left", excused: bool) -> None:
        """Object where an order that adds something leaves beyond a limit."""
        approved, replaces = left.approved, left.replaces
        place = self.place(approved)
        path = self.order_path(approved.strategy, approved.instrument)
        own = (ScopeKind.INSTRUMENT, str(approved.instrument))
        side = "buys" if approved.side is Side.BUY else "sells"
        before, after = self._before.of(own, place), sums.of(own, place)
        if replaces and getattr(after, side) <= getattr(before, side):
            return  # it adds nothing
        assert excused or not left.restricted, f"order {approved.order} does not reduce"
        for key, held in left.held.items():
            for kind, limit in held.items():
                if self._passes(sums, left, key, kind, excused):
                    continue
                name = f"{kind.name.lower()} of {key} by order {approved.order}"
                measured = self.measured(sums, key, kind, left)
                if measured is not None:
                    self.happened["held"] += 1
                    self._hold(kind, limit, measured, path, key, name)

    def _passes(self, sums: Sums, left: Left, key: Key, kind: LimitKind, excused: bool) -> bool:
        """Whether a limit is waived, or is about nothing that the order adds."""
        place = self.place(left.approved)
        here, was = sums.of(key, place), self._before.of(key, place)
        if left.approved.closing and kind in (LimitKind.POSITIONS, LimitKind.INSTRUMENTS):
            return True  # there is what it closes
        if kind.name.lower() in self._waived.get(left.approved.order, ()):
            return True
        if kind is LimitKind.POSITIONS:
            return not was.empty
        if kind is LimitKind.INSTRUMENTS:
            return any(number == place[1] for _, number in self._before.open(key))
        if kind is LimitKind.WORKING_ORDERS:
            return left.replaces or left.approved.closing
        if kind >= LimitKind.GROSS and excused:
            return True
        return of_gross(kind) and here.worst <= was.worst

    def _hold(
        self,
        kind: LimitKind,
        limit: Limit,
        measured: Fraction | str,
        path: tuple[Key, ...],
        key: Key,
        name: str,
    ) -> None:
        assert not isinstance(measured, str), f"{name}: {measured}"
        if kind in SHARES:
            equity = self.equity(path, key)
            assert equity is not None, f"{name}: the equity is not known"
            assert equity > 0, f"{name}: there is no equity"
            measured = measured / equity
        assert measured * MILLION <= limit.hard, f"{name}: {measured} > {limit.hard} millionths"

    # --- what must be true after every input ---

    def _check_sums(self, sums: Sums) -> None:
        """Object where the machine's sums are not those of its orders and positions."""
        machine = self.machine
        exposure = machine.gate.exposure
        exposure.refresh()
        used = {slot.totals.node.name: True for slot in exposure.slots()}
        for node in machine.gate.tree.nodes():
            listed = sums.open(self.key(node.scope))
            totals = exposure.totals(node) if node.name in used else None
            if totals is None:  # asking for them would make them
                assert not listed, node.name
                continue
            assert totals.positions == len(listed), node.name
            key = self.key(node.scope)
            gross = net = buys = sells = unpriced = 0
            for place, one in listed.items():
                if self.worth(key, place, 1) is None:
                    unpriced += 1
                    continue
                gross += self._value_of(key, place, one.worst)
                net += self._value_of(key, place, one.net)
                buys += self._value_of(key, place, one.buys)
                sells += self._value_of(key, place, one.sells)
            assert totals.unvalued == unpriced, f"{node.name}: what has no price"
            assert (totals.gross, totals.net) == (gross, net), f"{node.name}: gross and net"
            assert (totals.buys, totals.sells) == (buys, sells), f"{node.name}: what works"

    def _check_parents(self) -> None:
        """Children never exceed their parent, but by what a venue filled beyond its orders."""
        children: dict[OrderId, list[Order]] = {}
        for order in self.machine.orders.all():
            if order.parent:
                children.setdefault(order.parent, []).append(order)
        for parent in self.machine.gate.parents.all():
            mine = children.get(parent.order, [])
            numbers = [one.order for one in mine]
            if not any(left.approved.order in numbers for left in self._left):
                continue
            if parent.instrument:
                used = sum(one.filled + one.leaves_worst for one in mine)
                assert used <= parent.quantity, f"the children of {parent.order}"
            if parent.notional_max:
                value = sum(self._value(one) for one in mine)
                assert value <= parent.notional_max, f"the value of {parent.order}"

    def _value(self, order: Order) -> int:
        """Return the least that an order's worst case is worth: what limits on buys may cost."""
        terms = self.machine.instruments[order.instrument]
        prices = [one for one in (order.price, order.new_price) if one]
        if not order.working or not prices or order.side is Side.SELL:
            return 0
        if terms.kind is InstrumentKind.INVERSE:
            return worth_at(terms, order.leaves_worst, min(prices))
        return order.leaves_worst * max(prices) * terms.money_unit

    def _check_canceled(self) -> None:
        """What lives in a scope that is halted, or killed further than blocked, is asked to go."""
        shut = {key for key in self.breakers if self.state_of(key) is BreakerState.HALTED}
        shut |= {key for key, mode in self.killed.items() if mode >= KillMode.CANCEL}
        for order in self.machine.orders.all():
            if not order.live:
                continue
            path = self.order_path(order.strategy, order.instrument)
            where = [key for key in path if key in shut]
            if order.status is Status.HELD:
                where += [key for key in path if key in self.killed]
            approved = self.sent.get(order.order)
            if not where or (approved is not None and approved.closing):
                continue
            asked = order.status is Status.CANCEL_PENDING or order.cancel_wanted
            assert asked or self.asked.get(order.order), (
                f"order {order.order} is {order.status.name} and works on in {where}"
            )

    def _check_refusal(self, failed: FailedCheck) -> None:
        """A check that failed measured something beyond its limit, if it measured anything."""
        if failed.measured is None or failed.limit is None:
            return
        self.happened["refused by a measure"] += 1
        self.happened[f"no: {failed.check}"] += 1
        said = f"{failed.check}: {failed.measured} against {failed.limit} passes"
        if failed.check in GRID_CHECKS:
            assert failed.measured % failed.limit != 0, said
        elif failed.check == "self_trade":
            pass  # prices that would meet: which is beyond depends on the side
        elif failed.check in GRID_CHECKS:
            assert failed.measured % failed.limit != 0, said
        elif failed.check in LEAST_CHECKS:
            assert failed.measured < failed.limit, said
        else:
            assert failed.measured > failed.limit, said
