"""The exposure, added up from nothing: every order and position, scope by scope, in fractions.

It shares no line with the machine's own sums, which only ever change by differences.
"""

from fractions import Fraction

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model.instruments import Instrument
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import InstrumentId, StrategyId


class Standing:
    """What one scope has in one instrument."""

    def __init__(self) -> None:
        """Begin flat."""
        self.net = 0
        self.buys = 0
        self.sells = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return (self.net, self.buys, self.sells) == (0, 0, 0)

    @property
    def worst(self) -> int:
        """The farthest from flat that it may come to."""
        return max(abs(self.net + self.buys), abs(self.net - self.sells))


Place = tuple[int, int]  # an account, and an instrument there


def standings(machine: Machine, scope: Scope) -> dict[Place, Standing]:
    """Return what a scope has, account by account: positions of two accounts never net."""
    found: dict[Place, Standing] = {}
    for order in machine.orders.all():
        terms = machine.instruments[order.instrument]
        if _in_scope(machine, scope, order.strategy, terms):
            account = machine.state.strategies[order.strategy].account
            here = found.setdefault((account, order.instrument), Standing())
            if order.side is Side.BUY:
                here.buys += _may_trade(order)
            else:
                here.sells += _may_trade(order)
    for position in machine.positions.all():
        terms = machine.instruments[position.instrument]
        if _in_scope(machine, scope, position.strategy, terms):
            place = (position.account, position.instrument)
            found.setdefault(place, Standing()).net += position.quantity
    return found


def price(machine: Machine, instrument: int) -> Fraction | None:
    """Return the reference price of an instrument, None where none may be believed."""
    [book] = [one for one in machine.books.all() if one.instrument == instrument]
    if book.stale:
        return None
    if book.bid_price and book.ask_price:
        return Fraction(book.bid_price + book.ask_price, 2)
    return Fraction(book.last_price) if book.last_price else None


def worth(terms: Instrument, quantity: int, at: Fraction) -> int:
    """Return what a quantity is worth, rounded up."""
    unit = terms.money_unit
    inverse = terms.kind is InstrumentKind.INVERSE
    exact = abs(quantity) * unit / at if inverse else abs(quantity) * at * unit
    return -(-exact.numerator // exact.denominator)


def gross(machine: Machine, scope: Scope) -> int | None:
    """Return the worst case of all instruments added up, None where a price is missing."""
    total = 0
    for (_, instrument), standing in standings(machine, scope).items():
        if standing.empty:
            continue
        at = price(machine, instrument)
        if at is None:
            return None
        terms = machine.instruments[InstrumentId(instrument)]
        total += worth(terms, standing.worst, at)
    return total


def net(machine: Machine, scope: Scope) -> tuple[int, int, int]:
    """Return positions (longs less shorts), what buys, and what sells, at prices that are known."""
    held = buying = selling = 0
    for (_, instrument), standing in standings(machine, scope).items():
        at = price(machine, instrument)
        if at is None:
            continue
        terms = machine.instruments[InstrumentId(instrument)]
        value = worth(terms, standing.net, at)
        held += value if standing.net > 0 else -value
        buying += worth(terms, standing.buys, at)
        selling += worth(terms, standing.sells, at)
    return held, buying, selling


def check(machine: Machine) -> None:
    """Object where the machine's sums are not those of its orders and positions."""
    exposure = machine.gate.exposure
    exposure.refresh()
    for node in machine.gate.tree.nodes():
        totals = exposure.valued(node)
        mine = standings(machine, node.scope)
        listed = [place for place, standing in mine.items() if not standing.empty]
        assert totals.positions == len(listed), node.name
        assert totals.instruments == len(dict.fromkeys(number for _, number in listed)), node.name
        unpriced = [number for _, number in listed if price(machine, number) is None]
        assert totals.unvalued == len(unpriced), node.name
        if not unpriced:
            assert totals.gross == gross(machine, node.scope), node.name
            assert (totals.net, totals.buys, totals.sells) == net(machine, node.scope), node.name


def _may_trade(order: Order) -> int:
    if not order.working:
        return 0
    return max(0, max(order.quantity, order.new_quantity) - order.filled)


def _in_scope(machine: Machine, scope: Scope, strategy: StrategyId, terms: Instrument) -> bool:
    if scope.kind is ScopeKind.FIRM:
        return True
    if scope.kind is ScopeKind.VENUE:
        return scope.name == terms.venue
    if scope.kind is ScopeKind.INSTRUMENT:
        return scope.name == terms.symbol
    definition = machine.state.strategies[strategy]
    if scope.kind is ScopeKind.STRATEGY:
        return scope.name == definition.name
    account = machine.positions.account(definition.account)
    assert account is not None
    if scope.kind is ScopeKind.DESK:
        return scope.name == machine.state.desks.get(definition.account)
    return scope.name == account.name
