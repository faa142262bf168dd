"""How far every limit of a scope is used now, at its worst case.

The checks of the gate themselves are asked, with an order of nothing on either side: what they
measure is what is in use already. So nobody can read another number than the one that orders are
held to. Asking forgets and measures anew what a review would: a machine that was applied again is
asked, never one that trades.
"""

from typing import Final, NamedTuple

from fairlead.machine import performance, portfolio
from fairlead.machine.orders import Order
from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.lanes import Lane
from fairlead.machine.risk.losses import KINDS as LOSS_KINDS
from fairlead.machine.risk.pretrade_sizes import check_order_to_trade
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.totals import Market, Slot
from fairlead.machine.risk.tree import Node, Path
from fairlead.machine.risk.usage import check_exposure, check_position
from fairlead.machine.scopes import follow
from fairlead.machine.state import State
from fairlead.model.inputs import SubmitRequest
from fairlead.model.outputs import FailedCheck
from fairlead.model.risk import LEAST, Limit
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import (
    MILLIONTHS,
    AccountId,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_WORKING: Final = LimitKind.WORKING_ORDERS
_UNACKNOWLEDGED: Final = LimitKind.UNACKNOWLEDGED
_REPEATED: Final = LimitKind.REPEATED_EXECUTIONS
_SECTORS: Final = (LimitKind.SECTOR, LimitKind.SECTOR_SHARE)
_OF_ONE_INSTRUMENT: Final = (
    LimitKind.POSITION_QUANTITY,
    LimitKind.POSITION_VALUE,
    LimitKind.POSITION_SHARE,
    LimitKind.QUANTITY_DAY,
)
_TAIL_RISK: Final = (LimitKind.VALUE_AT_RISK_SHARE, LimitKind.EXPECTED_SHORTFALL_SHARE)
_OF_ACCOUNTS: Final = (LimitKind.CASH, *_TAIL_RISK)
# Held against each order by itself: nothing of them is ever in use.
OF_AN_ORDER: Final = (
    LimitKind.ORDER_QUANTITY,
    LimitKind.ORDER_NOTIONAL,
    LimitKind.ORDER_VOLUME_SHARE,
    LimitKind.PRICE_COLLAR,
    LimitKind.PRICE_FLOOR,
    LimitKind.SPREAD,
    LimitKind.DEPTH,
)


class Use(NamedTuple):
    """One limit that holds in a scope, and how far it is used."""

    node: Node
    limit: Limit
    asked: bool  # whether anything can be in use: not of a limit for each single order
    measured: int | None  # in millionths; None: it cannot be measured now
    where: str  # in which instrument, sector, currency or account it is used most


class _Found(NamedTuple):
    limit: Limit
    measured: int | None
    where: str


class _Seen(Alerts):
    """Takes in what the checks measure; nobody is alerted."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.found: dict[tuple[str, LimitKind], _Found] = {}
        self.market: Market | None = None
        self.account = ""

    def see(self, node: Node, limit: Limit, measured: int | None) -> None:
        """Keep the worst of what is measured."""
        key = (node.name, limit.kind)
        known = self.found.get(key)
        if known is None or _is_worse(limit, measured, known.measured):
            self.found[key] = _Found(limit, measured, self._where(limit.kind))

    def _where(self, kind: LimitKind) -> str:
        market = self.market
        if market is None:
            return ""
        if kind in _OF_ONE_INSTRUMENT:
            return market.instrument.symbol
        if kind in _SECTORS:
            return market.sector
        if kind is LimitKind.CURRENCY_SHARE:
            return market.instrument.currency
        return self.account if kind in _OF_ACCOUNTS else ""


def uses(state: State) -> list[Use]:
    """Return every limit that holds in the tree with its use, scope by scope."""
    if state.positions.moved():
        follow(state)
    nodes = state.gate.tree.nodes()
    at_risk = any(kind in node.held for node in nodes for kind in _TAIL_RISK)
    for account in state.positions.accounts():
        performance.refresh(state, account)
        if at_risk:
            portfolio.refresh(state, account)
    exposure = state.gate.exposure
    exposure.refresh()
    seen = _Seen()
    for slot in exposure.slots():
        _look_at_slot(state, slot, seen)
    seen.market = None
    for lane in state.gate.pretrade.lanes.all():
        _look_at_lane(state, lane, seen)
    return [_use(state, node, limit, seen) for node in nodes for limit in node.held.values()]


def _use(state: State, node: Node, limit: Limit, seen: _Seen) -> Use:
    kind = limit.kind
    if kind in LOSS_KINDS:
        return _loss(state, node, limit)
    found = seen.found.get((node.name, kind))
    if found is not None:
        return Use(node, limit, True, found.measured, found.where)
    asked = kind not in OF_AN_ORDER and kind not in _OF_ACCOUNTS
    return Use(node, limit, asked, 0 if asked else None, "")


def _loss(state: State, node: Node, limit: Limit) -> Use:
    result = state.gate.losses.result(node.name)
    if result is None:
        return Use(node, limit, False, None, "")
    lost = result.loss(limit.kind, state.time, limit.window)
    measured = None if lost is None else -(-lost[0] * MILLIONTHS // lost[1])
    return Use(node, limit, True, measured, "")


def _look_at_slot(state: State, slot: Slot, seen: _Seen) -> None:
    """Ask layers 2 and 3 with an order of nothing, on either side."""
    node = slot.totals.node
    if not (node.position_limits or node.exposure_limits):
        return
    exposure = state.gate.exposure
    seen.market = slot.market
    checks = Checks(OrderId(0), None)
    account = slot.account
    owner = state.positions.account(account)
    assert owner is not None, "what is held belongs to an account"
    seen.account = owner.name
    path = Path([node], account)
    equity = exposure.equity(node, account)
    tail_risk = exposure.tail_risk(account)
    for side in (_BUY, _SELL):
        terms = _nothing(state, slot.market, path, side)
        cash = exposure.cash_left(slot, terms)
        check_position(slot, terms, equity, checks, seen)
        check_exposure(slot, terms, equity, cash, tail_risk, checks, seen)


def _look_at_lane(state: State, lane: Lane, seen: _Seen) -> None:
    """Take in what layer 1 counts."""
    for count in lane.counts:
        for kind, counted in ((_WORKING, count.working), (_UNACKNOWLEDGED, count.unanswered)):
            limit = count.node.limit(kind)
            if limit is not None:
                seen.see(count.node, limit, counted * MILLIONTHS)
    path = lane.path
    if path.version != state.gate.tree.version:
        path.refresh(state.gate.tree.version)
    terms = _nothing(state, lane.market, path, _BUY)
    terms.reduces = True  # so that it is told even where it is exceeded
    check_order_to_trade(terms, lane, seen, Checks(OrderId(0), None))
    repeated = path.tightest(_REPEATED)
    strategies = [each.number for each in path.nodes if each.scope.kind is ScopeKind.STRATEGY]
    if repeated is not None and strategies:  # an account may hold something for no strategy
        limit, node = repeated
        trace: list[tuple[OrderId, FailedCheck, bool]] = []
        repeats = state.gate.pretrade.repeats
        repeats.check(StrategyId(strategies[0]), limit, Checks(OrderId(0), trace), state.time)
        seen.see(node, limit, (trace[0][1].measured or 0) * MILLIONTHS)


def _accounts(state: State, node: Node) -> list[tuple[AccountId, str]]:
    """Return the accounts that trade in a scope, each with its name."""
    kind = node.scope.kind
    if kind is ScopeKind.STRATEGY:
        owner = state.strategies[StrategyId(node.number)].account
    elif kind is ScopeKind.ACCOUNT:
        owner = AccountId(node.number)
    else:
        owner = AccountId(0)
    return [
        (each.account, each.name)
        for each in state.positions.accounts()
        if owner in (0, each.account)
        and (kind is not ScopeKind.DESK or state.desks.get(each.account) == node.scope.name)
    ]


def _nothing(state: State, market: Market, path: Path, side: Side) -> Terms:
    """Return an order of nothing, as the gate is asked."""
    none, price = Quantity(0), Price(0)
    at_market, forever = OrderType.MARKET, TimeInForce.GTC
    number = market.instrument.instrument
    request = SubmitRequest(
        StrategyId(0), OrderId(0), number, side, at_market, forever, False, none, price
    )
    order = Order(request, state.time)
    return Terms(order, none, price, market, path, state.time)


def _is_worse(limit: Limit, measured: int | None, than: int | None) -> bool:
    """Whether a measure is nearer to its limit; what cannot be measured is nearest."""
    if measured is None or than is None:
        return measured is None and than is not None
    return measured < than if limit.kind in LEAST else measured > than
