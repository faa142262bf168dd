"""What one scope has in the market: in each instrument, and all together, at its worst case.

A *slot* is one scope in one instrument: its position and what works there on each side. The worst
case is that all that buys fills and nothing that sells, or the other way round. A slot keeps what
it adds to the totals of its scope, so that a change costs the same however much else there is.
Values are at the reference price, in the base currency of the accounts, rounded up. Positions of
different accounts are different positions: in a scope that holds several they never net.

What happens is taken in as quantities at once, and brought to the totals when somebody asks
(`exposure.py`): an order that is sent, accepted and filled before the next one is valued once. The
totals of a scope that nobody asks about are not kept at all.
"""

from collections import deque
from typing import Final

from fairlead.machine.books import Book
from fairlead.machine.risk.tree import Node
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Quantity,
    SignedQuantity,
)

_BUY: Final = Side.BUY
_INVERSE: Final = InstrumentKind.INVERSE
_SPOT: Final = InstrumentKind.SPOT
UNCLASSIFIED: Final = "unclassified"  # the sector of what has none: a bucket of its own
GREEK_PLACES: Final = 12  # quantities have at most so many decimals


class Working:
    """What may still trade in one instrument."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.buys = Quantity(0)
        self.sells = Quantity(0)
        self.unknown: dict[OrderId, bool] = {}  # orders whose outcome is not known

    def worst(self, net: int, side: Side, added: int) -> int:
        """Return the position if all that works on a side is filled, and `added` with it."""
        return net + self.buys + added if side is _BUY else net - self.sells - added


class Market:
    """One instrument: its grid, at which price it is valued now, and what is known of it."""

    def __init__(self, instrument: Instrument, book: Book) -> None:
        """Begin without a price."""
        self.instrument = instrument
        self.book = book
        self.working = Working()
        self.price_tick = instrument.price_tick
        self.quantity_lot = instrument.quantity_lot
        self.quantity_min = instrument.quantity_min
        self.quantity_max = instrument.quantity_max
        self.notional_min = instrument.notional_min
        self.quantity_unit: int = 10**instrument.quantity_decimals  # increments in a whole one
        self.money_unit: int = 10**instrument.money_decimals
        self.unit = instrument.money_unit
        self.inverse = instrument.kind is _INVERSE
        self.paid_in_full = instrument.kind is _SPOT
        self.sector = UNCLASSIFIED
        self.price_twice = 0  # twice the reference price; 0: none that may be believed
        self.moved = False  # it is to be valued anew
        self.slots: list[Slot] = []
        self.delta = 0  # of one quantity increment, in 10**-6 and 10**-GREEK_PLACES
        self.gamma = 0
        self.vega = 0

    @property
    def reference_twice(self) -> int:
        """Twice the price that positions are valued at here: the mid, else the last; 0: none."""
        book = self.book
        if book.stale:
            return 0
        if book.bid_price > 0 and book.ask_price > 0:
            return book.bid_price + book.ask_price
        return 2 * book.last_price

    def worst(self, quantity: int, price: int) -> int:
        """Return what a quantity costs at the worst price that it may trade at, rounded up."""
        if self.inverse:
            return -(-quantity * self.unit // price) if price else 0
        return quantity * price * self.unit

    def worth(self, quantity: int) -> int:
        """Return what a quantity is worth at the reference price, rounded up; its sign is lost."""
        twice = self.price_twice
        if self.inverse:
            return -(-2 * abs(quantity) * self.unit // twice)
        return -(-abs(quantity) * twice * self.unit // 2)


class Outlay:
    """What all that buys in one currency costs an account at worst, where it is paid in full."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.cost = 0


class Shared:
    """One scope in one instrument, over all accounts."""

    def __init__(self, instrument: InstrumentId) -> None:
        """Begin with nothing."""
        self.instrument = instrument
        self.longs = 0  # the worst case of each account, added up
        self.shorts = 0
        self.positions = 0  # accounts that have a position, or where something works
        self.quantity_day = 0  # of the orders sent since the day began
        self.sent_today = False  # whether any was


class Totals:
    """All that one scope has in the market."""

    def __init__(self, node: Node) -> None:
        """Begin with nothing."""
        self.node = node
        self.valued = False  # whether anybody asks; else quantities alone are kept, in the slots
        self.gross = 0  # worst case of each instrument, added up
        self.net = 0  # positions, longs less shorts
        self.buys = 0  # what works
        self.sells = 0
        self.instruments = 0  # in how many there is a position, or works something
        self.positions = 0  # of an account in an instrument, or where something works
        self.unvalued = 0  # how many of them have no price, or no exchange rate
        self.buying = 0  # of all that buys, at worst, in base currency
        self.delta = 0
        self.delta_working = 0
        self.gamma = 0
        self.gamma_working = 0
        self.vega = 0
        self.vega_working = 0
        self.sectors: dict[str, int] = {}  # gross
        self.currencies: dict[str, int] = {}
        self.value_day = 0  # of the orders sent since the day began
        self.window: deque[tuple[Nanos, int]] = deque()  # of the orders sent, while one is limited
        self.window_value = 0
        self._shared: dict[InstrumentId, Shared] = {}
        self._sent_today: list[Shared] = []

    def shared(self, instrument: InstrumentId) -> Shared:
        """Return what the scope has in one instrument over all accounts."""
        found = self._shared.get(instrument)
        if found is None:
            found = self._shared[instrument] = Shared(instrument)
        return found

    def holds(self, instrument: InstrumentId) -> bool:
        """Whether there is a position in an instrument, or something works there."""
        found = self._shared.get(instrument)
        return found is not None and found.positions > 0

    def send(self, time: Nanos, value: int, shared: Shared, quantity: int) -> None:
        """Count an order that leaves."""
        self.value_day += value
        shared.quantity_day += quantity
        if not shared.sent_today:
            self._begin_sending(shared)
        if self.node.windowed:
            self.window.append((time, value))
            self.window_value += value

    def withdraw(self, value: int, shared: Shared, quantity: int) -> None:
        """Take back an order that its venue turned down: nothing of it ever worked."""
        self.value_day = max(0, self.value_day - value)
        shared.quantity_day = max(0, shared.quantity_day - quantity)
        if not shared.sent_today:
            self._begin_sending(shared)

    def value_since(self, time: Nanos) -> int:
        """Return the value of the orders sent after `time`, and forget the older ones."""
        window = self.window
        while window and window[0][0] <= time:
            self.window_value -= window.popleft()[1]
        return self.window_value

    def begin_day(self) -> None:
        """Count from nothing again."""
        self.value_day = 0
        for shared in self._sent_today:
            shared.quantity_day = 0
            shared.sent_today = False
        self._sent_today.clear()

    def split(self, instrument: InstrumentId, new: int, old: int) -> None:
        """Count in the new units what was sent in an instrument, rounded up."""
        shared = self._shared.get(instrument)
        if shared is not None:
            shared.quantity_day = -(-shared.quantity_day * new // old)

    def content(self) -> list[object]:
        """Return what cannot be derived from orders, positions and prices."""
        return [
            [self.node.key, str(self.value_day)],
            [[shared.instrument, str(shared.quantity_day)] for shared in self._sent_today],
            [[time, str(value)] for time, value in self.window],
        ]

    def _begin_sending(self, shared: Shared) -> None:
        """Remember in what the present day has sent, in that order."""
        shared.sent_today = True
        self._sent_today.append(shared)


class Slot:
    """One scope in one instrument."""

    def __init__(self, totals: Totals, market: Market, account: AccountId) -> None:
        """Begin flat, and without an exchange rate."""
        self.totals = totals
        self.shared = totals.shared(market.instrument.instrument)
        self.market = market
        self.account = account
        self.rate = (0, 0)  # of the instrument's currency in the base one; zeros: not known
        self.net = SignedQuantity(0)
        self.buys = 0
        self.sells = 0
        self.cost = 0  # of what buys, at worst, in the currency of the instrument
        # What it has added to the totals.
        self.gross = Money(0)
        self.value = Money(0)  # of the position, signed
        self.buys_value = Money(0)
        self.sells_value = Money(0)
        self.buying = 0
        self.long = 0
        self.short = 0
        self.listed = False
        self.unvalued = False
        self.greeks = (0, 0)  # the position, and what works: what was counted

    @property
    def empty(self) -> bool:
        """Whether there is neither a position nor anything that works."""
        return self.net == 0 and self.buys == 0 and self.sells == 0

    @property
    def priced(self) -> bool:
        """Whether what is here can be valued: a price and an exchange rate are known."""
        return self.market.price_twice != 0 and self.rate[1] != 0

    def worth(self, quantity: int) -> int:
        """Return what a quantity is worth in base money; the price must be known."""
        return self.in_base(self.market.worth(quantity))

    def in_base(self, amount: int) -> int:
        """Return an amount of the instrument's money in base money, rounded up."""
        numerator, denominator = self.rate
        return amount if numerator == denominator else -(-amount * numerator // denominator)

    def gross_with(self, buys: int, sells: int) -> int:
        """Return the worst case with other working quantities; the price must be known."""
        return self.worth(max(abs(self.net + buys), abs(self.net - sells)))

    def work(self, buys: int, sells: int, cost: int) -> None:
        """Take in that more or less works here."""
        self.buys += buys
        self.sells += sells
        self.cost += cost
        assert self.buys >= 0, "working quantities are never negative"
        assert self.sells >= 0, "working quantities are never negative"

    def value_anew(self) -> None:
        """Bring what this adds to the totals up to date, where these are kept."""
        if not self.totals.valued:
            return
        listed = not self.empty
        priced = self.priced
        self._count(listed, listed and not priced)
        self._value(listed and priced)
        market = self.market
        if market.delta or market.gamma or market.vega:
            self._count_greeks(market)

    def _value(self, known: bool) -> None:
        """Take in what is here at the prices of now; nothing where they are not known."""
        totals = self.totals
        gross = value = buys_value = sells_value = buying = 0
        if known:
            gross = self.gross_with(self.buys, self.sells)
            value = self.worth(self.net)
            value = -value if self.net < 0 else value
            buys_value = self.worth(self.buys)
            sells_value = self.worth(self.sells)
            buying = self.in_base(self.cost)
        if gross != self.gross:
            self._add_gross(gross - self.gross)
        totals.net += value - self.value
        totals.buys += buys_value - self.buys_value
        totals.sells += sells_value - self.sells_value
        totals.buying += buying - self.buying
        self.value = Money(value)
        self.buys_value = Money(buys_value)
        self.sells_value = Money(sells_value)
        self.buying = buying

    def _add_gross(self, change: int) -> None:
        totals, market = self.totals, self.market
        totals.gross += change
        sector, currency = market.sector, market.instrument.currency
        totals.sectors[sector] = totals.sectors.get(sector, 0) + change
        totals.currencies[currency] = totals.currencies.get(currency, 0) + change
        self.gross = Money(self.gross + change)

    def _count(self, listed: bool, unvalued: bool) -> None:
        """Count the position itself, and how far it may go either way."""
        totals, shared = self.totals, self.shared
        long = max(0, self.net + self.buys)
        short = max(0, self.sells - self.net)
        shared.longs += long - self.long
        shared.shorts += short - self.short
        self.long = long
        self.short = short
        if listed != self.listed:
            change = 1 if listed else -1
            before = shared.positions
            shared.positions += change
            totals.positions += change
            if before == 0 or shared.positions == 0:
                totals.instruments += change
            self.listed = listed
        if unvalued != self.unvalued:
            totals.unvalued += 1 if unvalued else -1
            self.unvalued = unvalued

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
