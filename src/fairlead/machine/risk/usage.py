"""Layers 2 and 3: the position that an order may make, and everything together with it.

Each limit of each scope of the path is asked, at the worst case after the trade. An order that adds
nothing to a worst case passes even where the limit is exceeded already: it did not do it. One that
reduces all it touches passes the limits of what everything comes to. Equality passes.
"""

from typing import Final

from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.machine.risk.totals import Slot
from fairlead.model.risk import Limit
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import Unit
from fairlead.model.units import MILLIONTHS, Money, Nanos

_COUNT: Final = Unit.COUNT
_QUANTITY: Final = Unit.QUANTITY
_MONEY: Final = Unit.MONEY
_SHARE: Final = Unit.SHARE

_POSITION_QUANTITY: Final = LimitKind.POSITION_QUANTITY
_POSITION_VALUE: Final = LimitKind.POSITION_VALUE
_POSITION_SHARE: Final = LimitKind.POSITION_SHARE
_POSITIONS: Final = LimitKind.POSITIONS
_INSTRUMENTS: Final = LimitKind.INSTRUMENTS
_GROSS: Final = LimitKind.GROSS
_GROSS_SHARE: Final = LimitKind.GROSS_SHARE
_NET_LONG_SHARE: Final = LimitKind.NET_LONG_SHARE
_NET_SHORT_SHARE: Final = LimitKind.NET_SHORT_SHARE
_SECTOR: Final = LimitKind.SECTOR
_SECTOR_SHARE: Final = LimitKind.SECTOR_SHARE
_CURRENCY_SHARE: Final = LimitKind.CURRENCY_SHARE
_CAPITAL: Final = LimitKind.CAPITAL
_CASH: Final = LimitKind.CASH
_VALUE_WINDOW: Final = LimitKind.VALUE_WINDOW
_VALUE_DAY: Final = LimitKind.VALUE_DAY
_QUANTITY_DAY: Final = LimitKind.QUANTITY_DAY
_DELTA: Final = LimitKind.DELTA
_GAMMA: Final = LimitKind.GAMMA
_VEGA: Final = LimitKind.VEGA
_AT_RISK: Final = LimitKind.VALUE_AT_RISK_SHARE
_SHORTFALL: Final = LimitKind.EXPECTED_SHORTFALL_SHARE
_GREEK_UNIT: Final = 10**12  # see `totals.GREEK_PLACES`


class Usage:
    """One scope's use of its limits under one order."""

    def __init__(
        self, slot: Slot, terms: Terms, equity: Money | None, checks: Checks, alerts: Alerts
    ) -> None:
        """Take what the order would change, and where what is found goes."""
        self.slot = slot
        self.terms = terms
        self.equity = equity
        self.money_unit = terms.market.money_unit
        self.value = slot.in_base(terms.value_added) if slot.priced else 0  # what it adds
        self._checks = checks
        self._alerts = alerts

    def count(self, name: str, limit: Limit, measured: int, excused: bool) -> None:
        """Hold a count."""
        bound = limit.hard // MILLIONTHS
        self._hold(name, limit, measured * MILLIONTHS, measured, bound, _COUNT, excused)

    def quantity(self, name: str, limit: Limit, measured: int, excused: bool) -> None:
        """Hold a quantity in increments of the instrument."""
        unit = self.terms.market.quantity_unit
        exact = -(-measured * MILLIONTHS // unit)
        bound = limit.hard * unit // MILLIONTHS
        self._hold(name, limit, exact, measured, bound, _QUANTITY, excused)

    def money(self, name: str, limit: Limit, measured: int, excused: bool) -> None:
        """Hold an amount of money."""
        bound = limit.hard * self.money_unit // MILLIONTHS
        if self._unvalued():
            self.unmeasured(name, limit, excused, bound, _MONEY)
            return
        exact = -(-measured * MILLIONTHS // self.money_unit)
        self._hold(name, limit, exact, measured, bound, _MONEY, excused)

    def share(self, name: str, limit: Limit, measured: int, excused: bool) -> None:
        """Hold an amount of money as a share of the equity, rounded up."""
        equity = self.equity
        if self._unvalued() or equity is None or equity <= 0:
            self.unmeasured(name, limit, excused, limit.hard, _SHARE)
            return
        exact = -(-measured * MILLIONTHS // equity)
        self._hold(name, limit, exact, exact, limit.hard, _SHARE, excused)

    def number(self, name: str, limit: Limit, exact: int, excused: bool) -> None:
        """Hold what is measured in millionths already."""
        self._hold(name, limit, exact, exact, limit.hard, _SHARE, excused)

    def unmeasured(self, name: str, limit: Limit, excused: bool, bound: int, unit: Unit) -> None:
        """Fail what cannot be measured.

        Where it is this order alone that has no price, the use of the scope is known and no alarm.
        """
        node = self.slot.totals.node
        if self.slot.totals.unvalued or self.slot.priced:
            self._alerts.see(node, limit, None)
        self._checks.hold_optional(excused, name, None, writable(bound), unit, node.name)

    def least(self, name: str, limit: Limit, measured: int, excused: bool) -> None:
        """Hold an amount of money against the least that must be left."""
        node = self.slot.totals.node
        exact = measured * MILLIONTHS // self.money_unit
        bound = -(-limit.hard * self.money_unit // MILLIONTHS)
        passed = exact >= limit.hard or excused
        if passed:
            self._alerts.see(node, limit, exact)
        self._checks.hold(passed, name, writable(measured), writable(bound), _MONEY, node.name)

    def _unvalued(self) -> bool:
        """Whether something here has no price: then nothing is known, and the check fails."""
        return self.slot.totals.unvalued > 0 or (self.terms.added > 0 and not self.slot.priced)

    def _hold(
        self,
        name: str,
        limit: Limit,
        exact: int,
        measured: int,
        bound: int,
        unit: Unit,
        excused: bool,
    ) -> None:
        passed = exact <= limit.hard or excused
        node = self.slot.totals.node
        if passed:
            self._alerts.see(node, limit, exact)
        self._checks.hold(passed, name, writable(measured), writable(bound), unit, node.name)


def check_position(
    slot: Slot, terms: Terms, equity: Money | None, checks: Checks, alerts: Alerts
) -> None:
    """Hold the worst position in the instrument, on the side of the order."""
    use = Usage(slot, terms, equity, checks, alerts)
    if terms.buys:
        worst = slot.net + slot.buys + terms.added
    else:
        worst = slot.sells + terms.added - slot.net
    excused = terms.added == 0 or worst <= 0  # beyond flat there is nothing to hold
    totals, shared = slot.totals, slot.shared
    others = shared.longs - slot.long if terms.buys else shared.shorts - slot.short
    over = others + max(0, worst)  # with that of the other accounts
    worth = slot.worth(over) if slot.priced else 0
    for limit in totals.node.position_limits:
        kind = limit.kind
        if kind is _POSITION_QUANTITY:
            use.quantity("position_quantity", limit, over, excused)
        elif kind is _POSITIONS:
            count = totals.positions + (1 if slot.empty and terms.added else 0)
            use.count("positions", limit, count, not slot.empty or terms.added == 0)
        elif kind is _POSITION_VALUE:
            use.money("position_value", limit, worth, excused)
        elif kind is _POSITION_SHARE:
            use.share("position_share", limit, worth, excused)


def check_exposure(
    slot: Slot,
    terms: Terms,
    equity: Money | None,
    cash_left: int | None,
    tail_risk: tuple[int | None, int | None],
    checks: Checks,
    alerts: Alerts,
) -> None:
    """Hold what everything of a scope comes to with this order."""
    use = Usage(slot, terms, equity, checks, alerts)
    totals = slot.totals
    excused = terms.reduces or terms.added == 0
    gross = 0
    priced = slot.priced
    if priced:
        buys = slot.buys + (terms.added if terms.buys else 0)
        sells = slot.sells + (0 if terms.buys else terms.added)
        gross = slot.gross_with(buys, sells) - slot.gross
    same = excused or (priced and gross == 0)  # without a price nobody knows what it adds
    for limit in totals.node.exposure_limits:
        kind = limit.kind
        if kind is _GROSS or kind is _GROSS_SHARE or kind is _CAPITAL:
            _check_gross(use, limit, totals.gross + gross, same)
        elif kind is _SECTOR or kind is _SECTOR_SHARE or kind is _CURRENCY_SHARE:
            _check_part(use, limit, gross, same)
        elif kind is _NET_LONG_SHARE or kind is _NET_SHORT_SHARE:
            _check_net(use, limit, excused)
        elif kind is _INSTRUMENTS:
            known = slot.shared.positions > 0
            count = totals.instruments + (0 if known or not terms.added else 1)
            use.count("instruments", limit, count, known or terms.added == 0)
        elif kind is _CASH:
            _check_cash(use, limit, cash_left, terms.reduces or terms.cost_added == 0)
        elif kind is _AT_RISK or kind is _SHORTFALL:
            _check_tail_risk(use, limit, tail_risk, excused)
        else:
            _check_sent(use, limit, excused)


def _check_gross(use: Usage, limit: Limit, gross: int, same: bool) -> None:
    """Hold what everything is worth, longs and shorts added up."""
    if limit.kind is _GROSS:
        use.money("gross", limit, gross, same)
    elif limit.kind is _GROSS_SHARE:
        use.share("gross_share", limit, gross, same)
    else:
        totals, own = use.slot.totals, _premium(use)
        premium = max(0, totals.buying - totals.buys) + own  # of all that buys
        excused = same and (use.terms.reduces or own == 0)  # a dearer price alone adds, too
        use.money("capital", limit, gross + premium, excused)


def _premium(use: Usage) -> int:
    """Return what an order may cost above the reference price: it is paid at its limit."""
    slot, terms = use.slot, use.terms
    if not slot.priced or not terms.buys:
        return 0
    return max(0, slot.in_base(terms.cost_added) - slot.worth(terms.added))


def _check_part(use: Usage, limit: Limit, added: int, same: bool) -> None:
    """Hold what is in the sector, or in the currency, of the order's instrument."""
    totals, market = use.slot.totals, use.slot.market
    if limit.kind is _CURRENCY_SHARE:
        held = totals.currencies.get(market.instrument.currency, 0) + added
        use.share("currency_share", limit, held, same)
        return
    sector = totals.sectors.get(market.sector, 0) + added
    if limit.kind is _SECTOR:
        use.money("sector", limit, sector, same)
    else:
        use.share("sector_share", limit, sector, same)


def _check_net(use: Usage, limit: Limit, excused: bool) -> None:
    """Hold longs less shorts, on the side of the order."""
    slot, terms = use.slot, use.terms
    if limit.kind is _NET_LONG_SHARE and terms.buys:
        use.share("net_long_share", limit, _net_long(slot, terms), excused)
    elif limit.kind is _NET_SHORT_SHARE and not terms.buys:
        use.share("net_short_share", limit, _net_short(slot, terms), excused)


def _net_long(slot: Slot, terms: Terms) -> int:
    totals = slot.totals
    added = slot.worth(terms.added) if slot.priced else 0
    return max(0, totals.net + totals.buys + added)


def _net_short(slot: Slot, terms: Terms) -> int:
    totals = slot.totals
    added = slot.worth(terms.added) if slot.priced else 0
    return max(0, totals.sells + added - totals.net)


def _check_cash(use: Usage, limit: Limit, left: int | None, excused: bool) -> None:
    """Hold what is left in cash when all that buys is paid; derivatives are not paid in full."""
    if not use.terms.buys or not use.slot.market.paid_in_full:
        return
    if left is None:
        bound = -(-limit.hard * use.money_unit // MILLIONTHS)
        use.unmeasured("cash_left", limit, excused, bound, _MONEY)
    else:
        use.least("cash_left", limit, left, excused)


def _check_tail_risk(
    use: Usage, limit: Limit, tail_risk: tuple[int | None, int | None], excused: bool
) -> None:
    at_risk = limit.kind is _AT_RISK
    measured = tail_risk[0] if at_risk else tail_risk[1]
    name = "value_at_risk_share" if at_risk else "expected_shortfall_share"
    if measured is None:
        use.unmeasured(name, limit, excused, limit.hard, _SHARE)
    else:
        use.number(name, limit, measured, excused)


def _check_sent(use: Usage, limit: Limit, excused: bool) -> None:
    """Hold what was sent in a window or day, and the sensitivities."""
    terms, totals, kind = use.terms, use.slot.totals, limit.kind
    same = excused and (terms.reduces or terms.value_added == 0)  # a dearer price adds value
    if kind is _VALUE_WINDOW:
        since = totals.value_since(Nanos(terms.now - limit.window))
        use.money("value_window", limit, since + use.value, same)
    elif kind is _VALUE_DAY:
        use.money("value_day", limit, totals.value_day + use.value, same)
    elif kind is _QUANTITY_DAY:
        sent = use.slot.shared.quantity_day
        use.quantity("quantity_day", limit, sent + terms.quantity_added, excused)
    elif kind is _DELTA or kind is _GAMMA or kind is _VEGA:
        _check_greek(use, limit, excused)


def _check_greek(use: Usage, limit: Limit, excused: bool) -> None:
    """Hold a sensitivity at its worst: all that works goes the wrong way."""
    totals, market, kind = use.slot.totals, use.slot.market, limit.kind
    if kind is _DELTA:
        name, net, working, own = "delta", totals.delta, totals.delta_working, market.delta
    elif kind is _GAMMA:
        name, net, working, own = "gamma", totals.gamma, totals.gamma_working, market.gamma
    else:
        name, net, working, own = "vega", totals.vega, totals.vega_working, market.vega
    worst = abs(net) + working + use.terms.added * abs(own)
    use.number(name, limit, -(-worst // _GREEK_UNIT), excused)
