"""What one scope has in the market: in each instrument, and all together, at its worst case.

A *slot* is one scope in one instrument: its position and what works there on each side. The worst
case is that all that buys fills and nothing that sells, or the other way round. A slot keeps what
it adds to the totals of its scope, so that a change costs the same however much else there is.
Values are at the reference price, rounded up, in the base currency of the account.
"""

from typing import Final

from fairlead.machine.risk.tree import Node
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Money, Nanos, SignedQuantity

_INVERSE: Final = InstrumentKind.INVERSE
UNCLASSIFIED: Final = "unclassified"  # the sector of what has none: a bucket of its own
GREEK_PLACES: Final = 12  # quantities have at most so many decimals


class Market:
    """One instrument: at which price it is valued now, and what is known of it."""

    def __init__(self, instrument: Instrument) -> None:
        """Begin without a price."""
        self.instrument = instrument
        self.unit = instrument.money_unit
        self.inverse = instrument.kind is _INVERSE
        self.sector = UNCLASSIFIED
        self.price_twice = 0  # twice the reference price; 0: none that may be believed
        self.moved = False  # it is to be valued anew
        self.slots: list[Slot] = []
        self.delta = 0  # of one quantity increment, in 10**-6 and 10**-GREEK_PLACES
        self.gamma = 0
        self.vega = 0

    def worth(self, quantity: int) -> int:
        """Return what a quantity is worth at the reference price, rounded up; its sign is lost."""
        twice = self.price_twice
        if self.inverse:
            return -(-2 * abs(quantity) * self.unit // twice)
        return -(-abs(quantity) * twice * self.unit // 2)


class Totals:
    """All that one scope has in the market."""

    def __init__(self, node: Node) -> None:
        """Begin with nothing."""
        self.node = node
        self.gross = 0  # worst case of each instrument, added up
        self.net = 0  # positions, longs less shorts
        self.buys = 0  # what works
        self.sells = 0
        self.instruments = 0  # in how many there is a position, or works something
        self.unvalued = 0  # in how many of them there is no price
        self.delta = 0
        self.delta_working = 0
        self.gamma = 0
        self.gamma_working = 0
        self.vega = 0
        self.vega_working = 0
        self.sectors: dict[str, int] = {}  # gross
        self.currencies: dict[str, int] = {}
        self.value_day = 0  # of the orders sent since the day began
        self.quantity_day: dict[int, int] = {}  # by instrument
        self.window: list[tuple[Nanos, int]] = []  # of the orders sent; older ones are dropped
        self.window_first = 0  # the first of them that counts
        self.window_value = 0

    def send(self, time: Nanos, value: int, instrument: int, quantity: int, windowed: bool) -> None:
        """Count an order that leaves."""
        self.value_day += value
        self.quantity_day[instrument] = self.quantity_day.get(instrument, 0) + quantity
        if windowed:
            self.window.append((time, value))
            self.window_value += value

    def withdraw(self, value: int, instrument: int, quantity: int) -> None:
        """Take back an order that its venue turned down: nothing of it ever worked."""
        self.value_day = max(0, self.value_day - value)
        left = self.quantity_day.get(instrument, 0) - quantity
        self.quantity_day[instrument] = max(0, left)

    def value_since(self, time: Nanos) -> int:
        """Return the value of the orders sent after `time`, and forget the older ones."""
        window = self.window
        first = self.window_first
        while first < len(window) and window[first][0] <= time:
            self.window_value -= window[first][1]
            first += 1
        if first > 64 and first * 2 > len(window):
            del window[:first]
            first = 0
        self.window_first = first
        return self.window_value

    def begin_day(self) -> None:
        """Count from nothing again."""
        self.value_day = 0
        self.quantity_day = {}

    def content(self) -> list[object]:
        """Return what cannot be derived from orders, positions and prices."""
        first = self.window_first
        return [
            [self.node.key, str(self.value_day)],
            [[number, str(quantity)] for number, quantity in self.quantity_day.items()],
            [[time, str(value)] for time, value in self.window[first:]],
        ]


class Slot:
    """One scope in one instrument."""

    def __init__(self, totals: Totals, market: Market) -> None:
        """Begin flat."""
        self.totals = totals
        self.market = market
        self.net = SignedQuantity(0)
        self.buys = 0
        self.sells = 0
        # What it has added to the totals.
        self.gross = Money(0)
        self.value = Money(0)  # of the position, signed
        self.buys_value = Money(0)
        self.sells_value = Money(0)
        self.listed = False
        self.unvalued = False
        self.greeks = (0, 0)  # the position, and what works: what was counted

    @property
    def empty(self) -> bool:
        """Whether there is neither a position nor anything that works."""
        return self.net == 0 and self.buys == 0 and self.sells == 0

    def gross_with(self, buys: int, sells: int) -> int:
        """Return the worst case with other working quantities; the price must be known."""
        return self.market.worth(max(abs(self.net + buys), abs(self.net - sells)))

    def work(self, buys: int, sells: int) -> None:
        """Take in that more or less works here."""
        self.buys += buys
        self.sells += sells
        assert self.buys >= 0, "working quantities are never negative"
        assert self.sells >= 0, "working quantities are never negative"
        self.value_anew()

    def hold(self, change: int) -> None:
        """Take in that the position has changed."""
        self.net = SignedQuantity(self.net + change)
        self.value_anew()

    def value_anew(self) -> None:
        """Bring what this adds to the totals up to date."""
        totals, market = self.totals, self.market
        listed = not self.empty
        unvalued = listed and market.price_twice == 0
        gross = value = buys_value = sells_value = 0
        if listed and not unvalued:
            gross = self.gross_with(self.buys, self.sells)
            value = market.worth(self.net)
            value = -value if self.net < 0 else value
            buys_value = market.worth(self.buys)
            sells_value = market.worth(self.sells)
        if gross != self.gross:
            totals.gross += gross - self.gross
            sector, currency = market.sector, market.instrument.currency
            sectors, currencies = totals.sectors, totals.currencies
            sectors[sector] = sectors.get(sector, 0) + gross - self.gross
            currencies[currency] = currencies.get(currency, 0) + gross - self.gross
            self.gross = Money(gross)
        totals.net += value - self.value
        totals.buys += buys_value - self.buys_value
        totals.sells += sells_value - self.sells_value
        self.value = Money(value)
        self.buys_value = Money(buys_value)
        self.sells_value = Money(sells_value)
        if listed != self.listed:
            totals.instruments += 1 if listed else -1
            self.listed = listed
        if unvalued != self.unvalued:
            totals.unvalued += 1 if unvalued else -1
            self.unvalued = unvalued
        if market.delta or market.gamma or market.vega:
            self._count_greeks(market)

    def classify(self, sector: str, delta: int, gamma: int, vega: int) -> None:
        """Take itself out of the totals under the old class; `Exposure.classify` puts it back."""
        totals, market = self.totals, self.market
        if self.gross:
            totals.sectors[market.sector] -= self.gross
            totals.sectors[sector] = totals.sectors.get(sector, 0) + self.gross
        net, working = self.greeks
        totals.delta += net * (delta - market.delta)
        totals.gamma += net * (gamma - market.gamma)
        totals.vega += net * (vega - market.vega)
        totals.delta_working += working * (abs(delta) - abs(market.delta))
        totals.gamma_working += working * (abs(gamma) - abs(market.gamma))
        totals.vega_working += working * (abs(vega) - abs(market.vega))

    def _count_greeks(self, market: Market) -> None:
        totals = self.totals
        net_before, working_before = self.greeks
        working_now = self.buys + self.sells
        net, working = self.net - net_before, working_now - working_before
        totals.delta += net * market.delta
        totals.gamma += net * market.gamma
        totals.vega += net * market.vega
        totals.delta_working += working * abs(market.delta)
        totals.gamma_working += working * abs(market.gamma)
        totals.vega_working += working * abs(market.vega)
        self.greeks = (self.net, working_now)
