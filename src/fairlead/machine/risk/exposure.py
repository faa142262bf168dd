"""What could still trade, and what everything together could come to, at its worst case.

An order is counted from the moment it is approved until nothing of it can trade any more.
In-flight, cancel-pending and UNKNOWN orders count in full; a replace that is not answered counts at
the larger of its two quantities. Two orders can never use the same headroom.

Every scope of an order's path has a slot in the order's instrument (`totals.py`). Prices are taken
in when they are needed: a market that moved is only noted, and valued anew before the next review.
So an order costs the same however many others work, and market data next to nothing.
"""

from typing import Final

from fairlead.machine.accounts import Account
from fairlead.machine.books import Book
from fairlead.machine.orders import Order
from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.totals import GREEK_PLACES, Market, Slot, Totals
from fairlead.machine.risk.tree import Node, Path
from fairlead.machine.risk.usage import check_exposure, check_position
from fairlead.model.instruments import Instrument
from fairlead.model.risk import Profile
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import Side, Status
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Quantity,
    StrategyId,
)

_BUY: Final = Side.BUY
_UNKNOWN: Final = Status.UNKNOWN
_REJECTED: Final = Status.REJECTED
_VALUE_WINDOW: Final = LimitKind.VALUE_WINDOW
_ACCOUNT: Final = ScopeKind.ACCOUNT
_STRATEGY: Final = ScopeKind.STRATEGY
_DESK: Final = ScopeKind.DESK


class Working:
    """What may still trade in one instrument."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.buys = Quantity(0)
        self.sells = Quantity(0)
        self.unknown: dict[int, bool] = {}  # orders whose outcome is not known

    def worst(self, net: int, side: Side, added: int) -> int:
        """Return the position if all that works on a side is filled, and `added` with it."""
        return net + self.buys + added if side is _BUY else net - self.sells - added


class Exposure:
    """What works in each instrument, and what each scope has in the market."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.alerts = Alerts()
        self._working: dict[InstrumentId, Working] = {}
        self._markets: dict[InstrumentId, Market] = {}
        self._books: dict[InstrumentId, Book] = {}
        self._moved: list[Market] = []
        self._totals: dict[str, Totals] = {}
        self._slots: dict[tuple[str, InstrumentId], Slot] = {}
        self._paths: dict[tuple[StrategyId, InstrumentId], list[Slot]] = {}
        self._accounts: dict[AccountId, Account] = {}
        self._desks: dict[AccountId, str] = {}
        self._sent: dict[OrderId, tuple[int, int]] = {}  # value and quantity of orders that work
        # Value at risk and expected shortfall as shares of equity, in millionths; None: unknown.
        self._tail_risk: dict[AccountId, tuple[int | None, int | None]] = {}

    # --- what is known ---

    def add_account(self, account: Account, desk: str) -> None:
        """Make an account known."""
        self._accounts[account.account] = account
        self._desks[account.account] = desk

    def add_instrument(self, instrument: Instrument, book: Book) -> None:
        """Make an instrument known, with the book that it is valued by."""
        self._markets[instrument.instrument] = Market(instrument)
        self._books[instrument.instrument] = book

    def lay(self, strategy: StrategyId, path: Path, instrument: Instrument) -> None:
        """Make the slots of a path."""
        self._paths[strategy, instrument.instrument] = [
            self._slot(node, instrument.instrument) for node in path.nodes
        ]

    def classify(self, profile: Profile) -> None:
        """Count an instrument in its sector, and with its sensitivities, from now on."""
        market = self._markets[profile.instrument]
        sector = profile.sector or market.sector
        scale = 10 ** (GREEK_PLACES - market.instrument.quantity_decimals)
        delta, gamma, vega = (
            profile.delta * scale,
            profile.gamma * scale,
            profile.vega * scale,
        )
        for slot in market.slots:
            slot.classify(sector, delta, gamma, vega)
        market.sector = sector
        market.delta, market.gamma, market.vega = delta, gamma, vega
        for slot in market.slots:
            slot.value_anew()

    def set_tail_risk(self, account: AccountId, at_risk: int | None, shortfall: int | None) -> None:
        """Take in an account's value at risk and expected shortfall, as millionths of equity."""
        self._tail_risk[account] = (at_risk, shortfall)

    def tail_risk(self, account: AccountId) -> tuple[int | None, int | None]:
        """Return value at risk and expected shortfall, None where they are not known."""
        return self._tail_risk.get(account, (None, None))

    def of(self, instrument: InstrumentId) -> Working:
        """Return what may still trade in an instrument."""
        found = self._working.get(instrument)
        if found is None:
            found = self._working[instrument] = Working()
        return found

    def totals(self, node: Node) -> Totals:
        """Return what a scope has in the market. Prices are those of the last review."""
        found = self._totals.get(node.key)
        if found is None:
            found = self._totals[node.key] = Totals(node)
        return found

    def slot(self, node: Node, instrument: InstrumentId) -> Slot | None:
        """Return what a scope has in one instrument, None if it never had anything."""
        return self._slots.get((node.key, instrument))

    def slots(self) -> list[Slot]:
        """Return what every scope has in each instrument."""
        return list(self._slots.values())

    def equity(self, node: Node, account: AccountId) -> Money | None:
        """Return what limits of a scope are shares of: its account's equity, or that of all.

        None where a mark is missing, or where accounts in different money would have to be added.
        """
        if node.scope.kind is _ACCOUNT or node.scope.kind is _STRATEGY:
            return _equity(self._accounts[account])
        total = 0
        own = self._accounts[account]
        for known in self._accounts.values():
            if node.scope.kind is _DESK and self._desks[known.account] != node.scope.name:
                continue
            equity = _equity(known)
            if equity is None or known.currency != own.currency:
                return None
            total += equity
        return Money(total)

    def cash(self, account: AccountId) -> Money:
        """Return the cash of an account in its base currency."""
        return self._accounts[account].cash

    # --- what changes ---

    def moved(self, instrument: InstrumentId) -> None:
        """Note that the price of an instrument has moved."""
        market = self._markets.get(instrument)
        if market is not None and not market.moved and market.slots:
            market.moved = True
            self._moved.append(market)

    def refresh(self) -> None:
        """Value anew what has moved."""
        for market in self._moved:
            market.moved = False
            twice = _reference_twice(self._books[market.instrument.instrument])
            if twice == market.price_twice:
                continue
            market.price_twice = twice
            for slot in market.slots:
                if not slot.empty:
                    slot.value_anew()
        self._moved.clear()

    def hold(self, strategy: StrategyId, instrument: InstrumentId, change: int) -> None:
        """Take in that a position has changed."""
        self._note(instrument)
        for slot in self._paths[strategy, instrument]:
            slot.hold(change)

    def settle(self, order: Order) -> None:
        """Count an order anew after it changed."""
        working = self.of(order.instrument)
        worst = order.leaves_worst
        change = worst - order.reserved
        if change:
            self._note(order.instrument)
            buys, sells = (change, 0) if order.side is _BUY else (0, change)
            working.buys = Quantity(working.buys + buys)
            working.sells = Quantity(working.sells + sells)
            order.reserved = worst
            for slot in self._paths[order.strategy, order.instrument]:
                slot.work(buys, sells)
        if order.status is _UNKNOWN:
            working.unknown[order.order] = True
        elif working.unknown:
            working.unknown.pop(order.order, None)
        assert working.buys >= 0, "working quantities are never negative"
        assert working.sells >= 0, "working quantities are never negative"
        if not order.live and order.order in self._sent:
            value, quantity = self._sent.pop(order.order)
            if order.status is _REJECTED:
                for slot in self._paths[order.strategy, order.instrument]:
                    slot.totals.withdraw(value, order.instrument, quantity)

    def sent(self, terms: Terms) -> None:
        """Count the value of an order, or of what a replace adds to it, as it leaves."""
        order = terms.order
        value, quantity = self._sent.get(order.order, (0, 0))
        added_value = max(0, terms.value - value)
        added = max(0, terms.quantity - quantity)
        self._sent[order.order] = (value + added_value, quantity + added)
        for slot in self._paths[order.strategy, order.instrument]:
            windowed = slot.totals.node.limit(_VALUE_WINDOW) is not None
            slot.totals.send(terms.now, added_value, order.instrument, added, windowed)

    def begin_day(self) -> None:
        """Begin the day that values are counted in."""
        for totals in self._totals.values():
            totals.begin_day()

    # --- what is asked ---

    def prepare(self, terms: Terms) -> None:
        """Find what an order adds, and whether all of it reduces; value anew what has moved."""
        if self._moved:
            self.refresh()
        order = terms.order
        self._note(order.instrument)
        terms.added = Quantity(max(0, max(0, terms.quantity - order.filled) - order.reserved))
        reduces = True
        for slot in self._paths[order.strategy, order.instrument]:
            kind = slot.totals.node.scope.kind
            if kind is _STRATEGY or kind is _ACCOUNT:
                if terms.buys:
                    reduces = reduces and slot.net + slot.buys + terms.added <= 0
                else:
                    reduces = reduces and slot.net - slot.sells - terms.added >= 0
        terms.reduces = reduces

    def check_position(self, terms: Terms, checks: Checks) -> None:
        """Hold the position that an order may make against the limits of every scope."""
        order = terms.order
        for slot in self._paths[order.strategy, order.instrument]:
            if slot.totals.node.position_limits:
                equity = self.equity(slot.totals.node, terms.path.account)
                check_position(slot, terms, equity, checks, self.alerts)

    def check(self, terms: Terms, checks: Checks) -> None:
        """Hold everything together, with this order, against the limits of every scope."""
        order = terms.order
        account = terms.path.account
        for slot in self._paths[order.strategy, order.instrument]:
            if slot.totals.node.exposure_limits:
                equity = self.equity(slot.totals.node, account)
                tail_risk = self.tail_risk(account)
                cash = self.cash(account)
                check_exposure(slot, terms, equity, cash, tail_risk, checks, self.alerts)

    def content(self) -> list[object]:
        """Return what cannot be derived from orders, positions and prices."""
        tail_risk = [[account, *measured] for account, measured in self._tail_risk.items()]
        return [
            [totals.content() for totals in self._totals.values()],
            [[order, str(value), quantity] for order, (value, quantity) in self._sent.items()],
            tail_risk,
            self.alerts.content(),
        ]

    def _slot(self, node: Node, instrument: InstrumentId) -> Slot:
        key = (node.key, instrument)
        found = self._slots.get(key)
        if found is None:
            market = self._markets[instrument]
            found = self._slots[key] = Slot(self.totals(node), market)
            market.slots.append(found)
        return found

    def _note(self, instrument: InstrumentId) -> None:
        """See to it that an instrument in which something begins has its price."""
        market = self._markets[instrument]
        if market.price_twice == 0:
            market.price_twice = _reference_twice(self._books[instrument])


def _reference_twice(book: Book) -> int:
    """Return twice the price that positions are valued at here: the mid, else the last; 0: none."""
    if book.stale:
        return 0
    if book.bid_price > 0 and book.ask_price > 0:
        return book.bid_price + book.ask_price
    return 2 * book.last_price


def _equity(account: Account) -> Money | None:
    """Return what an account is worth at its marks, rounded down; None where a mark is missing."""
    base = account.base
    if base.unmarked:
        return None
    if not account.others:
        gain = base.unrealised
        whole = base.initial + base.flows + base.realised.whole + gain.whole
        rest = base.realised.rest + gain.rest
        return Money(whole - base.fees + base.converted + rest // FINE_UNIT)
    total = 0
    for ledger in account.ledgers():
        worth = None if ledger.unmarked else ledger.worth(ledger.unrealised.fine)
        if worth is None:
            return None
        total += worth
    return Money(total // FINE_UNIT)
