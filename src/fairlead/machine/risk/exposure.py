"""What could still trade, and what everything together could come to, at its worst case.

An order is counted from the moment it is approved until nothing of it can trade any more.
In-flight, cancel-pending and UNKNOWN orders count in full; a replace that is not answered counts at
the larger of its two quantities. Two orders can never use the same headroom.

Every scope of an order's path has a slot in the order's instrument (`totals.py`). Prices are taken
in when they are needed: a market that moved is only noted, and valued anew before the next review.
So is a lane in which something has happened: an order that left, was accepted and filled meanwhile
is valued once. An order costs the same however many others work, and market data next to nothing.
"""

from typing import Final

from fairlead.machine.accounts import Account
from fairlead.machine.books import Book
from fairlead.machine.marks import Marks
from fairlead.machine.orders import Order
from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.lanes import Lane, Lanes
from fairlead.machine.risk.parents import dearer
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.totals import GREEK_PLACES, Market, Outlay, Slot, Totals, Working
from fairlead.machine.risk.tree import Node, Path
from fairlead.machine.risk.usage import check_exposure, check_position
from fairlead.model.instruments import Instrument
from fairlead.model.risk import Profile
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.terms import Side, Status
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Quantity,
    SignedQuantity,
    StrategyId,
)

_BUY: Final = Side.BUY
_UNKNOWN: Final = Status.UNKNOWN
_REJECTED: Final = Status.REJECTED
_ACCOUNT: Final = ScopeKind.ACCOUNT
_STRATEGY: Final = ScopeKind.STRATEGY
_DESK: Final = ScopeKind.DESK


class Exposure:
    """What works in each instrument, and what each scope has in the market."""

    def __init__(self, lanes: Lanes) -> None:
        """Begin with nothing."""
        self.alerts = Alerts()
        self._lanes = lanes
        self._markets: dict[InstrumentId, Market] = {}
        self._moved: list[Market] = []
        self._changed: list[Lane] = []
        self._totals: dict[str, Totals] = {}
        self._slots: dict[tuple[str, AccountId, InstrumentId], Slot] = {}
        self._version = -1  # of the tree of limits that values are kept for
        self._marks: Marks | None = None  # whose exchange rates values are taken at
        self._outlays: dict[tuple[AccountId, str], Outlay] = {}  # by currency
        self._accounts: dict[AccountId, Account] = {}
        self._desks: dict[AccountId, str] = {}
        self._sent: dict[OrderId, Order] = {}  # and live: their value is still counted
        # Value at risk and expected shortfall as shares of equity, in millionths; None: unknown.
        self._tail_risk: dict[AccountId, tuple[int | None, int | None]] = {}

    # --- what is known ---

    def add_account(self, account: Account, desk: str) -> None:
        """Make an account known."""
        self._accounts[account.account] = account
        self._desks[account.account] = desk
        self.convert()  # what several accounts add up to is in one money, or not known

    def follow_rates(self, marks: Marks) -> None:
        """Take values at these exchange rates."""
        self._marks = marks

    def convert(self) -> None:
        """Take all values at the exchange rates of now: one has changed."""
        for slot in self._slots.values():
            rate = self._rate(slot)
            if rate != slot.rate:
                slot.rate = rate
                slot.value_anew()

    def add_instrument(self, instrument: Instrument, book: Book) -> None:
        """Make an instrument known, with the book that it is valued by."""
        self._markets[instrument.instrument] = Market(instrument, book)

    def rename(self, instrument: Instrument) -> None:
        """Call an instrument as it is called from now on."""
        self._markets[instrument.instrument].instrument = instrument

    def lay(self, strategy: StrategyId, path: Path, instrument: Instrument) -> Lane:
        """Make the slots of a path, and its lane."""
        number = instrument.instrument
        slots = [self._slot(node, path.account, number) for node in path.nodes]
        outlay = None
        if slots[0].market.paid_in_full:
            outlay = self._outlays.setdefault((path.account, instrument.currency), Outlay())
        return self._lanes.lay(strategy, path, slots, outlay, instrument)

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
        """Return what may still trade in an instrument; nothing does in one that is not known."""
        market = self._markets.get(instrument)
        return market.working if market is not None else Working()

    def totals(self, node: Node) -> Totals:
        """Return what a scope has in the market, valued if anybody has asked for that."""
        found = self._totals.get(node.key)
        if found is None:
            found = self._totals[node.key] = Totals(node)
            found.valued = bool(node.position_limits or node.exposure_limits)
        return found

    def slot(self, node: Node, account: AccountId, instrument: InstrumentId) -> Slot | None:
        """Return what an account has of a scope in one instrument, None if it never had any."""
        return self._slots.get((node.key, account, instrument))

    def slot_of_account(self, terms: Terms) -> Slot:
        """Return what the account of an order has in its instrument, at the price of now."""
        lane = self._lanes.of(terms.order)
        self.refresh()
        self._note(lane.market)
        for slot in lane.slots:
            if slot.totals.node.scope.kind is _ACCOUNT:
                return slot
        raise AssertionError("an order has an account")

    def slots(self) -> list[Slot]:
        """Return what every scope has in each instrument, valued."""
        self._take_in_changes()
        for totals in self._totals.values():
            self._value(totals)
        return list(self._slots.values())

    def valued(self, node: Node) -> Totals:
        """Return what a scope has in the market, and keep its values from now on.

        Prices are those of the last review.
        """
        self._take_in_changes()
        totals = self.totals(node)
        self._value(totals)
        return totals

    def equity(self, node: Node, account: AccountId) -> Money | None:
        """Return what limits of a scope are shares of: its account's equity, or that of all.

        None where a mark is missing, or where accounts in different money would have to be added.
        """
        if node.scope.kind is _ACCOUNT or node.scope.kind is _STRATEGY:
            return _equity(self._accounts[account])
        total = 0
        own = self._accounts[account]
        for known in self._of_scope(node):
            equity = _equity(known)
            if equity is None or not _same_money(known, own):
                return None
            total += equity
        return Money(total)

    def cash_left(self, slot: Slot, terms: Terms) -> int | None:
        """Return what is left of the cash that an order is paid with, if all that buys fills.

        In base money, rounded down; None where the exchange rate is not known.
        """
        currency = terms.instrument.currency
        ledger = self._accounts[slot.account].ledger(currency)
        if ledger is None or not slot.rate[1]:
            return None
        cash = ledger.cash.whole + ledger.cash.rest // FINE_UNIT
        outlay = self._outlays.get((slot.account, currency))
        left = cash - (outlay.cost if outlay is not None else 0) - terms.cost_added
        return left * slot.rate[0] // slot.rate[1]

    # --- what changes ---

    def moved(self, instrument: InstrumentId) -> None:
        """Note that the price of an instrument has moved."""
        market = self._markets.get(instrument)
        if market is not None and not market.moved and market.slots:
            market.moved = True
            self._moved.append(market)

    def refresh(self) -> None:
        """Value anew what has moved, and where something has happened."""
        if self._moved:
            self._take_in_prices()
        if self._changed:
            self._take_in_changes()

    def hold(self, lane: Lane, change: int) -> None:
        """Take in that a position has changed."""
        for slot in lane.slots:
            slot.net = SignedQuantity(slot.net + change)
        self._note_change(lane)

    def settle(self, order: Order) -> None:
        """Count an order anew after it changed."""
        lane = self._lanes.of(order)
        market = lane.market
        working = market.working
        worst = order.leaves_worst
        change = worst - order.reserved
        buys = sells = cost = 0
        if order.side is _BUY:
            buys = change
            cost = market.worst(worst, order.price_worst) - order.cost_reserved
        else:
            sells = change
        if change or cost:
            order.reserved = worst
            order.cost_reserved += cost
            working.buys = Quantity(working.buys + buys)
            working.sells = Quantity(working.sells + sells)
            for slot in lane.slots:
                slot.work(buys, sells, cost)
            if lane.outlay is not None:
                lane.outlay.cost += cost
            self._note_change(lane)
        if order.status is _UNKNOWN:
            working.unknown[order.order] = True
        elif working.unknown:
            working.unknown.pop(order.order, None)
        assert working.buys >= 0, "working quantities are never negative"
        assert working.sells >= 0, "working quantities are never negative"
        if order.quantity_sent and not order.live:
            self._forget_sent(order, lane)

    def sent(self, terms: Terms) -> None:
        """Count the value of an order, or of what a replace adds to it, as it leaves."""
        order = terms.order
        value = max(0, terms.value - order.value_sent)
        quantity = max(0, terms.quantity - order.quantity_sent)
        most = 0
        for slot in self._lanes.of(order).slots:
            base = slot.in_base(value) if slot.rate[1] else 0
            most = max(most, base)
            slot.totals.send(terms.now, base, slot.shared, quantity)
        if not order.quantity_sent:
            self._sent[order.order] = order
        order.value_sent += value
        order.quantity_sent += quantity
        order.value_today += most
        order.quantity_today += quantity

    def begin_day(self) -> None:
        """Begin the day that values are counted in: nothing of the day before is taken back."""
        for totals in self._totals.values():
            totals.begin_day()
        for order in self._sent.values():
            order.value_today = order.quantity_today = 0

    def split(self, instrument: InstrumentId, new: int, old: int, live: list[Order]) -> None:
        """Count in the new units what was sent in an instrument, rounded up."""
        for totals in self._totals.values():
            totals.split(instrument, new, old)
        for order in live:
            order.quantity_sent = -(-order.quantity_sent * new // old)
            order.quantity_today = order.quantity_today * new // old

    # --- what is asked ---

    def prepare(self, terms: Terms) -> None:
        """Find what an order adds, and whether all of it reduces; value anew what has moved."""
        if self._moved or self._changed:
            self.refresh()
        order = terms.order
        lane = self._lanes.of(order)
        self._note(terms.market)
        if terms.path.version != self._version:
            self._value_asked(terms.path.version)
        terms.added = Quantity(max(0, max(0, terms.quantity - order.filled) - order.reserved))
        buys = terms.buys
        reduces = True
        for slot in lane.slots:
            kind = slot.totals.node.kind
            if kind is _ACCOUNT:
                terms.rate = slot.rate
            if kind is _STRATEGY or kind is _ACCOUNT:
                if buys:
                    reduces = reduces and slot.net + slot.buys + terms.added <= 0
                else:
                    reduces = reduces and slot.net - slot.sells - terms.added >= 0
        # So does an order that becomes smaller at the price that it has.
        smaller = order.working and terms.quantity < order.quantity and terms.price == order.price
        terms.reduces = reduces or smaller

    def check_position(self, terms: Terms, checks: Checks) -> None:
        """Hold the position that an order may make against the limits of every scope."""
        for slot in self._lanes.of(terms.order).slots:
            if slot.totals.node.position_limits:
                equity = self.equity(slot.totals.node, terms.path.account)
                check_position(slot, terms, equity, checks, self.alerts)

    def check(self, terms: Terms, checks: Checks) -> None:
        """Hold everything together, with this order, against the limits of every scope."""
        order = terms.order
        lane = self._lanes.of(order)
        account = terms.path.account
        terms.value_added = max(0, terms.value - order.value_sent)
        terms.quantity_added = max(0, terms.quantity - order.quantity_sent)
        terms.cost_added = _cost_added(terms)
        for slot in lane.slots:
            if slot.totals.node.exposure_limits:
                equity = self.equity(slot.totals.node, account)
                tail_risk = terms.tail_risk or self.tail_risk(account)
                pays = terms.buys and slot.market.paid_in_full  # nothing else asks for cash
                left = self.cash_left(slot, terms) if pays else None
                check_exposure(slot, terms, equity, left, tail_risk, checks, self.alerts)

    def content(self) -> list[object]:
        """Return what cannot be derived from orders, positions and prices."""
        tail_risk = [[account, *measured] for account, measured in self._tail_risk.items()]
        return [
            [totals.content() for totals in self._totals.values()],
            [_sent_content(order) for order in self._sent.values()],
            tail_risk,
            self.alerts.content(),
        ]

    def _slot(self, node: Node, account: AccountId, instrument: InstrumentId) -> Slot:
        key = (node.key, account, instrument)
        found = self._slots.get(key)
        if found is None:
            market = self._markets[instrument]
            found = self._slots[key] = Slot(self.totals(node), market, account)
            found.rate = self._rate(found)
            market.slots.append(found)
        return found

    def _of_scope(self, node: Node) -> list[Account]:
        """Return the accounts that are added up in a scope."""
        known = list(self._accounts.values())
        if node.scope.kind is not _DESK:
            return known
        return [one for one in known if self._desks[one.account] == node.scope.name]

    def _rate(self, slot: Slot) -> tuple[int, int]:
        """Return what the money of a slot's instrument is worth in that of its scope.

        Zeros where no rate is known, or where accounts in different money would be added.
        """
        node, own = slot.totals.node, self._accounts.get(slot.account)
        if own is None:
            return 1, 1  # nothing is in another money than that of an account that nobody named
        if node.scope.kind is not _ACCOUNT and node.scope.kind is not _STRATEGY:
            for one in self._of_scope(node):
                if not _same_money(one, own):
                    return 0, 0
        currency = slot.market.instrument.currency
        if currency == own.currency:
            return 1, 1
        return self._marks.rate(currency, own.currency) if self._marks is not None else (0, 0)

    def _value_asked(self, version: int) -> None:
        """Value the scopes that limits are about, as the tree has them now."""
        self._version = version
        for totals in self._totals.values():
            if totals.node.position_limits or totals.node.exposure_limits:
                self._value(totals)

    def _value(self, totals: Totals) -> None:
        if not totals.valued:
            totals.valued = True
            for slot in self._slots.values():
                if slot.totals is totals:
                    slot.value_anew()

    def _note(self, market: Market) -> None:
        """See to it that an instrument in which something begins has its price."""
        if market.price_twice == 0:
            market.price_twice = market.reference_twice
            if market.price_twice:
                for slot in market.slots:  # those without a price until now have one again
                    slot.value_anew()

    def _note_change(self, lane: Lane) -> None:
        """Have the slots of a lane valued anew, before anybody asks."""
        self._note(lane.market)
        if not lane.changed:
            lane.changed = True
            self._changed.append(lane)

    def _take_in_prices(self) -> None:
        for market in self._moved:
            market.moved = False
            twice = market.reference_twice
            if twice != market.price_twice:
                market.price_twice = twice
                for slot in market.slots:
                    if not slot.empty:
                        slot.value_anew()
        self._moved.clear()

    def _take_in_changes(self) -> None:
        for lane in self._changed:
            lane.changed = False
            for slot in lane.slots:
                slot.value_anew()
        self._changed.clear()

    def _forget_sent(self, order: Order, lane: Lane) -> None:
        """Count the value of an order no longer; what was turned down was none of the day."""
        del self._sent[order.order]
        if order.status is _REJECTED:
            for slot in lane.slots:
                slot.totals.withdraw(order.value_today, slot.shared, order.quantity_today)
        order.value_sent = order.quantity_sent = 0
        order.value_today = order.quantity_today = 0


def _cost_added(terms: Terms) -> int:
    """Return what an order adds to the cost of what buys: more of it, or at a dearer price."""
    order = terms.order
    if not terms.buys:
        return 0
    worst, price = int(terms.quantity), terms.price_dearest
    if order.working:  # until the venue has answered it may trade on either terms
        worst, price = max(worst, order.quantity_worst), dearer(terms)
    left = max(0, worst - order.filled)
    return max(0, terms.market.worst(left, price) - order.cost_reserved)


def _sent_content(order: Order) -> list[object]:
    today = [str(order.value_today), str(order.quantity_today)]
    return [order.order, str(order.value_sent), str(order.quantity_sent), *today]


def _same_money(account: Account, other: Account) -> bool:
    """Whether amounts of two accounts can be added."""
    return account.currency == other.currency and account.money_decimals == other.money_decimals


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
