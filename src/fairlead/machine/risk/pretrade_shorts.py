"""Short sales: marked from what is held, located before they leave, and priced above the bid.

A sell is short as far as it goes beyond the account's position with every other sell that works
taken off. What it sells short must be located: the pool of the account, instrument and day is drawn
from when the order leaves, and what it did not sell short comes back when it is gone. Every order
has its own part of what is held, and sells that first.
"""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.inputs import LocateChange, ShortSaleRestriction
from fairlead.model.risk import Profile
from fairlead.model.risk_terms import ScopeKind, ShortSale
from fairlead.model.terms import Unit
from fairlead.model.units import AccountId, InstrumentId, OrderId, Quantity

_ACCOUNT: Final = ScopeKind.ACCOUNT
_LONG: Final = ShortSale.LONG
_SHORT: Final = ShortSale.SHORT
_PRICE: Final = Unit.PRICE
_QUANTITY: Final = Unit.QUANTITY


class Pool:
    """What an account may sell short of an instrument on one day, and what is drawn from it."""

    def __init__(self) -> None:
        """Begin with nothing located."""
        self.session_date = 0
        self.located = Quantity(0)
        self.reference = ""
        self.drawn = 0


class Draw:
    """What one order takes from its pool."""

    def __init__(self, order: Order, pool: Pool) -> None:
        """Begin with nothing."""
        self.order = order
        self.pool = pool
        self.short = 0  # the most of it that is sold short
        self.long = int(order.quantity_worst)  # the rest, which it sells first
        self.counted = 0  # in the pool

    @property
    def sold(self) -> int:
        """How much it has sold short."""
        return max(0, self.order.filled - self.long)


class Restricted:
    """An instrument under a short sale restriction."""

    def __init__(self, session_date: int) -> None:
        """Begin on the day that it was announced for."""
        self.session_date = session_date
        self.next_date = 0  # the trading day after it, once it has come


class Shorts:
    """Marks, locates and short sale restrictions."""

    def __init__(self, exposure: Exposure) -> None:
        """Begin with nothing."""
        self._exposure = exposure
        self._pools: dict[tuple[AccountId, InstrumentId], Pool] = {}
        # Bounded: those that work, and those of one trading day, whose late fills still count.
        self._draws: dict[OrderId, Draw] = {}
        self._restricted: dict[InstrumentId, Restricted] = {}

    @property
    def any_restricted(self) -> bool:
        """Whether any instrument is under a restriction."""
        return bool(self._restricted)

    def locate(self, change: LocateChange) -> None:
        """Take in what is located in all, for one day: what was located for another is past."""
        pool = self._pool(change.account, change.instrument)
        pool.session_date = change.session_date
        pool.located = change.quantity
        pool.reference = change.reference

    def forget_locates(self, instrument: InstrumentId) -> None:
        """Forget what was located of an instrument whose units mean something else from now on."""
        for (_, located), pool in self._pools.items():
            if located == instrument:
                pool.located = Quantity(0)

    def restrict(self, change: ShortSaleRestriction) -> None:
        """Take in that short sales are restricted, or no more."""
        if change.active:
            self._restricted[change.instrument] = Restricted(change.session_date)
        else:
            self._restricted.pop(change.instrument, None)

    def day_began(self, instruments: dict[InstrumentId, bool], date: int) -> None:
        """Begin a trading day of some instruments: what was drawn for the one before is past."""
        for number, draw in list(self._draws.items()):
            if draw.order.instrument in instruments and not draw.order.working:
                draw.pool.drawn -= draw.counted
                del self._draws[number]
            elif draw.order.instrument in instruments:  # what it sold was of the day before
                sold = draw.sold
                draw.short -= sold
                draw.long += sold
                self.settle(draw.order)
        for instrument, found in list(self._restricted.items()):
            if instrument not in instruments or date <= found.session_date:
                continue
            if found.next_date == 0:
                found.next_date = date
            elif date > found.next_date:
                del self._restricted[instrument]

    def check(self, terms: Terms, profile: Profile | None, day: int, checks: Checks) -> None:
        """Mark a sell, and hold it against what is located and the price that it must have."""
        if terms.buys:
            return
        number = terms.instrument.instrument
        restricted = number in self._restricted
        locate_required = profile is not None and profile.locate_required
        if not (restricted or locate_required or (profile is not None and profile.marked)):
            return
        short = self._short_part(terms)
        terms.short_sale = _SHORT if short else _LONG
        if locate_required and short:
            pool = self._pool(terms.path.account, number)
            located = pool.located if pool.session_date == day and day else Quantity(0)
            draw = self._draws.get(terms.order.order)
            free = max(0, located - pool.drawn + (draw.counted if draw is not None else 0))
            needed = short + (draw.sold if draw is not None else 0)
            checks.hold(needed <= free, "locate", needed, free, _QUANTITY)
        if restricted and short:
            _check_price(terms, checks)

    def sent(self, terms: Terms, profile: Profile | None) -> None:
        """Draw what an order sells short, as it leaves."""
        if terms.short_sale is not _SHORT or profile is None or not profile.locate_required:
            return
        order = terms.order
        draw = self._draws.get(order.order)
        if draw is None:
            pool = self._pool(terms.path.account, order.instrument)
            draw = self._draws[order.order] = Draw(order, pool)
        short = draw.sold + self._short_part(terms)
        draw.long = terms.quantity - short
        draw.short = max(draw.short, short)
        self.settle(order)

    def settle(self, order: Order) -> None:
        """Count anew what an order takes from its pool, after it changed."""
        draw = self._draws.get(order.order) if self._draws else None
        if draw is not None:
            counted = draw.short if order.working else draw.sold
            draw.pool.drawn += counted - draw.counted
            draw.counted = counted

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        pools = [
            [*key, pool.session_date, pool.located, pool.reference, pool.drawn]
            for key, pool in self._pools.items()
        ]
        draws = [
            [number, draw.short, draw.long, draw.counted] for number, draw in self._draws.items()
        ]
        restricted = [
            [number, found.session_date, found.next_date]
            for number, found in self._restricted.items()
        ]
        return [pools, draws, restricted]

    def _pool(self, account: AccountId, instrument: InstrumentId) -> Pool:
        found = self._pools.get((account, instrument))
        if found is None:
            found = self._pools[account, instrument] = Pool()
        return found

    def _short_part(self, terms: Terms) -> int:
        """Return how much of what is left of an order goes beyond the account's position."""
        order = terms.order
        held = 0
        for node in terms.path.nodes:
            if node.scope.kind is _ACCOUNT:
                slot = self._exposure.slot(node, terms.path.account, order.instrument)
                assert slot is not None, "the path of an order is laid"
                held = slot.net - (slot.sells - order.reserved)
        left = max(0, terms.quantity - order.filled)
        return max(0, left - max(0, held))


def _check_price(terms: Terms, checks: Checks) -> None:
    """Hold a short sale above the best bid (Reg SHO 201); without a bid nobody knows."""
    bid = terms.book.bid_price
    if terms.book.stale or bid == 0:
        checks.hold_optional(False, "short_sale_price", None, None, _PRICE)
        return
    price = terms.price if terms.has_limit else terms.price_worst
    least = bid + terms.instrument.price_tick
    checks.hold(price > bid, "short_sale_price", price, least, _PRICE)
