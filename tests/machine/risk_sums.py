"""What every scope has and has sent, added up from nothing, and what it is worth in its money.

It shares no line with the machine's own sums, which only ever change by differences.
"""

from collections import Counter
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.machine.valuation import equity_fine
from fairlead.model.inputs import ExchangeRate, Input, ProfileChange
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.risk import Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    FINE_UNIT,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    OrderId,
    StrategyId,
)
from tests.machine.risk.brute import Standing, price, worth

Key = tuple[ScopeKind, str]  # an instrument by its number: its name may change
Place = tuple[AccountId, InstrumentId]
MILLION: Final = 1_000_000
SHARES: Final = {
    LimitKind.POSITION_SHARE,
    LimitKind.GROSS_SHARE,
    LimitKind.NET_LONG_SHARE,
    LimitKind.NET_SHORT_SHARE,
    LimitKind.SECTOR_SHARE,
    LimitKind.CURRENCY_SHARE,
}


class Sums:
    """What every scope has, account by account, and what works there."""

    def __init__(self, world: "World", machine: Machine) -> None:
        """Add everything up."""
        self._world = world
        self.standings: dict[Key, dict[Place, Standing]] = {}
        self.working: Counter[Key] = Counter()
        for order in machine.orders.all():
            if not order.working:
                continue
            left = max(0, max(order.quantity, order.new_quantity) - order.filled)
            buys, sells = (left, 0) if order.side is Side.BUY else (0, left)
            place = world.accounts[order.strategy], order.instrument
            self._add(place, order.strategy, (0, buys, sells))
            for key in world.path(place[0], order.strategy, order.instrument):
                self.working[key] += 1
        for position in machine.positions.all():
            place = position.account, position.instrument
            self._add(place, position.strategy, (position.quantity, 0, 0))

    def of(self, key: Key, place: Place) -> Standing:
        """Return what a scope has of an account in an instrument."""
        return self.standings.get(key, {}).get(place) or Standing()

    def open(self, key: Key) -> dict[Place, Standing]:
        """Return where a scope has anything."""
        return {place: one for place, one in self.standings.get(key, {}).items() if not one.empty}

    def _add(self, place: Place, strategy: StrategyId, amounts: tuple[int, int, int]) -> None:
        for key in self._world.path(place[0], strategy, place[1]):
            here = self.standings.setdefault(key, {}).setdefault(place, Standing())
            here.net += amounts[0]
            here.buys += amounts[1]
            here.sells += amounts[2]


class Left(NamedTuple):
    """An order, or new terms of one, that left, and what held at that moment."""

    approved: Approved
    replaces: bool
    restricted: bool  # to what reduces
    held: dict[Key, dict[LimitKind, Limit]]
    counted: dict[tuple[Key, LimitKind], int]  # what was sent in a day or a window, with it


class Sent:
    """What was sent: in each scope, in a day and lately."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._orders: dict[OrderId, tuple[int, int]] = {}
        self._counted: Counter[tuple[OrderId, Key]] = Counter()
        self._values: Counter[Key] = Counter()
        self._quantities: Counter[tuple[Key, InstrumentId]] = Counter()
        self._window: dict[Key, list[tuple[int, int]]] = {}

    def begin_day(self) -> None:
        """Count from nothing again."""
        self._values.clear()
        self._quantities.clear()

    def send(
        self,
        approved: Approved,
        held: dict[Key, dict[LimitKind, Limit]],
        rates: dict[Key, Fraction],
        time: int,
    ) -> dict[tuple[Key, LimitKind], int]:
        """Count an order, or what new terms add to it; return what it comes to."""
        value, quantity = self._orders.get(approved.order, (0, 0))
        more, larger = max(value, approved.notional), max(quantity, approved.quantity)
        self._orders[approved.order] = more, larger
        found: dict[tuple[Key, LimitKind], int] = {}
        for key, limits in held.items():
            added = ceil((more - value) * rates[key])
            self._values[key] += added
            self._counted[approved.order, key] += added
            self._quantities[key, approved.instrument] += larger - quantity
            found[key, LimitKind.VALUE_DAY] = self._values[key]
            found[key, LimitKind.QUANTITY_DAY] = self._quantities[key, approved.instrument]
            limit = limits.get(LimitKind.VALUE_WINDOW)
            if limit is not None:  # it counts from when it was set
                sent = self._window.setdefault(key, [])
                sent.append((time, added))
                first = time - limit.window
                found[key, limit.kind] = sum(worth for at, worth in sent if at > first)
        return found

    def reject(self, order: OrderId, path: tuple[Key, ...], instrument: InstrumentId) -> None:
        """Take back what a venue turned down."""
        _, quantity = self._orders.pop(order, (0, 0))
        for key in path:
            self._values[key] = max(0, self._values[key] - self._counted[order, key])
            left = self._quantities[key, instrument] - quantity
            self._quantities[key, instrument] = max(0, left)

    def split(self, instrument: InstrumentId, new: int, old: int, orders: list[Order]) -> None:
        """Count quantities in new units."""
        for where, quantity in self._quantities.items():
            if where[1] == instrument:
                self._quantities[where] = -(-quantity * new // old)
        for order in orders:
            if order.instrument == instrument and order.order in self._orders:
                value, quantity = self._orders[order.order]
                self._orders[order.order] = value, -(-quantity * new // old)


class World:
    """Who and what there is, and what it is worth: known from inputs and the orders themselves."""

    def __init__(self, machine: Machine) -> None:
        """Begin without an exchange rate."""
        self.machine = machine
        self.accounts: dict[StrategyId, AccountId] = {}
        self.rates: dict[tuple[str, str], Fraction] = {}
        self.sectors: dict[InstrumentId, str] = {}
        self._numbers: dict[str, InstrumentId] = {}
        self._paths: dict[tuple[AccountId, StrategyId, InstrumentId], tuple[Key, ...]] = {}

    def learn(self, input: Input) -> None:
        """Take in what an input says of the world."""
        if isinstance(input, ExchangeRate):
            pair = input.currency, input.quote_currency
            self.rates[pair] = Fraction(input.rate, RATE_UNIT)
        elif isinstance(input, ProfileChange):
            self.sectors[input.profile.instrument] = input.profile.sector

    def path(
        self, account: AccountId, strategy: StrategyId, instrument: InstrumentId
    ) -> tuple[Key, ...]:
        """Return the scopes of what a strategy (0: none) has in an instrument."""
        found = self._paths.get((account, strategy, instrument))
        if found is not None:
            return found
        state = self.machine.state
        owner = state.positions.account(account)
        assert owner is not None
        keys: list[Key] = [(ScopeKind.FIRM, "")]
        if account in state.desks:
            keys.append((ScopeKind.DESK, state.desks[account]))
        keys.append((ScopeKind.ACCOUNT, owner.name))
        if strategy:
            keys.append((ScopeKind.STRATEGY, state.strategies[strategy].name))
        keys.append((ScopeKind.VENUE, state.instruments[instrument].venue))
        keys.append((ScopeKind.INSTRUMENT, str(instrument)))
        self._paths[account, strategy, instrument] = tuple(keys)
        return tuple(keys)

    def meet(self) -> None:
        """Take in who and what there is."""
        state = self.machine.state
        for strategy in state.strategies.values():
            self.accounts[strategy.strategy] = strategy.account
        for terms in state.instruments.values():
            self._numbers[terms.symbol] = terms.instrument

    def key(self, scope: Scope) -> Key:
        if scope.kind is ScopeKind.INSTRUMENT:
            return scope.kind, str(self._numbers[scope.name])
        return scope.kind, scope.name

    def rate(self, key: Key, account: AccountId, instrument: InstrumentId) -> Fraction | None:
        """Return what the instrument's money is worth in that of a scope, None if nobody knows."""
        state = self.machine.state
        own = state.positions.account(account)
        assert own is not None
        if key[0] not in (ScopeKind.ACCOUNT, ScopeKind.STRATEGY):
            for other in state.positions.accounts():
                outside = key[0] is ScopeKind.DESK and state.desks.get(other.account) != key[1]
                same = other.currency == own.currency
                if not outside and not (same and other.money_decimals == own.money_decimals):
                    return None
        currency = state.instruments[instrument].currency
        if currency == own.currency:
            return Fraction(1)
        inverse = self.rates.get((own.currency, currency))
        return self.rates.get((currency, own.currency)) or (1 / inverse if inverse else None)

    def worth(self, key: Key, place: Place, quantity: int) -> int | None:
        """Return what a quantity is worth in base money, rounded up; None if nobody knows."""
        at, rate = price(self.machine, place[1]), self.rate(key, *place)
        if at is None or rate is None:
            return None
        return ceil(worth(self.machine.instruments[place[1]], quantity, at) * rate)

    def order_path(self, strategy: StrategyId, instrument: InstrumentId) -> tuple[Key, ...]:
        return self.path(self.accounts[strategy], strategy, instrument)

    def place(self, approved: Approved) -> Place:
        return self.accounts[approved.strategy], approved.instrument

    def measured(self, sums: Sums, key: Key, kind: LimitKind, left: Left) -> Fraction | str | None:
        """Return what a limit is about: whole units or money units; why not; None: not asked."""
        approved = left.approved
        if (key, kind) in left.counted:
            places = self.machine.instruments[approved.instrument]
            quantity = kind is LimitKind.QUANTITY_DAY
            decimals = places.quantity_decimals if quantity else places.money_decimals
            return Fraction(left.counted[key, kind], 10**decimals)
        place = self.place(approved)
        terms = self.machine.instruments[approved.instrument]
        buys = approved.side is Side.BUY
        over = 0
        for other, one in sums.open(key).items():
            if other[1] == place[1]:  # of all accounts: they do not net
                over += max(0, one.net + one.buys if buys else one.sells - one.net)
        if kind is LimitKind.POSITION_QUANTITY:
            return Fraction(over, 10**terms.quantity_decimals)
        if kind is LimitKind.POSITIONS:
            return Fraction(len(sums.open(key)))
        if kind is LimitKind.INSTRUMENTS:
            return Fraction(len({number for _, number in sums.open(key)}))
        if kind is LimitKind.WORKING_ORDERS:
            return Fraction(sums.working[key])
        if kind is LimitKind.POSITION_VALUE or kind is LimitKind.POSITION_SHARE:
            own = sums.of(key, place)
            if (own.net + own.buys if buys else own.sells - own.net) <= 0:
                return None  # on the other side of flat there is nothing to hold
            value = self.worth(key, place, over)
            unit = 1 if kind in SHARES else 10**terms.money_decimals
            return "no price" if value is None else Fraction(value, unit)
        return self._together(sums, key, kind, buys, terms)

    def _together(
        self, sums: Sums, key: Key, kind: LimitKind, buys: bool, terms: Instrument
    ) -> Fraction | str | None:
        gross = long = short = 0
        unpriced = ""
        for place, standing in sums.open(key).items():
            if self.worth(key, place, 1) is None:
                unpriced = f"{place} has no price"
                continue
            value = self._value_of(key, place, standing.net)
            long += value + self._value_of(key, place, standing.buys)
            short += self._value_of(key, place, standing.sells) - value
            if self._is_part(kind, place[1], terms):
                gross += self._value_of(key, place, standing.worst)
        unit = 1 if kind in SHARES else 10**terms.money_decimals
        if of_gross(kind):
            return unpriced or Fraction(gross, unit)
        if kind is LimitKind.NET_LONG_SHARE and buys:
            return unpriced or Fraction(max(0, long))
        if kind is LimitKind.NET_SHORT_SHARE and not buys:
            return unpriced or Fraction(max(0, short))
        return None

    def _value_of(self, key: Key, place: Place, quantity: int) -> int:
        """Return what a position is worth; a short is negative."""
        value = self.worth(key, place, quantity)
        assert value is not None
        return value if quantity > 0 else -value

    def _is_part(self, kind: LimitKind, number: InstrumentId, terms: Instrument) -> bool:
        """Whether an instrument is part of what a limit is about."""
        if kind is LimitKind.CURRENCY_SHARE:
            return self.machine.instruments[number].currency == terms.currency
        if kind is LimitKind.SECTOR or kind is LimitKind.SECTOR_SHARE:
            return self.sectors.get(number, "") == self.sectors.get(terms.instrument, "")
        return True

    def equity(self, path: tuple[Key, ...], key: Key) -> int | None:
        """Return what a share is a share of: money units, rounded down."""
        state = self.machine.state
        total = 0
        for account in state.positions.accounts():
            if key[0] in (ScopeKind.ACCOUNT, ScopeKind.STRATEGY):
                if (ScopeKind.ACCOUNT, account.name) not in path:
                    continue
            elif key[0] is ScopeKind.DESK and state.desks.get(account.account) != key[1]:
                continue
            found = equity_fine(state, account)
            if found is None:
                return None
            total += found // FINE_UNIT
        return total


def of_gross(kind: LimitKind) -> bool:
    return kind in (
        LimitKind.GROSS,
        LimitKind.GROSS_SHARE,
        LimitKind.CAPITAL,
        LimitKind.SECTOR,
        LimitKind.SECTOR_SHARE,
        LimitKind.CURRENCY_SHARE,
    )


def worth_at(terms: Instrument, quantity: int, at: int) -> int:
    if terms.kind is InstrumentKind.INVERSE:
        return -(-quantity * terms.money_unit // at)
    return quantity * at * terms.money_unit
