"""What open positions are worth: at which price by policy, or why there is none.

By default a long is valued at the bid and a short at the ask: what closing now would bring. Where
the book is not to be believed, nobody quotes, or a mark is too old there is no value, and the
reason is said; a missing mark is never taken for zero. Over a corporate action the last prices are
kept as exact rationals until the market says new ones.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from fairlead.machine.books import Book
from fairlead.model.instruments import Instrument
from fairlead.model.terms import MarkPolicy
from fairlead.model.units import (
    FINE_UNIT,
    RATE_UNIT,
    Fine,
    InstrumentId,
    Money,
    Nanos,
    Price,
    divide_half_even,
)
from fairlead.readers.holdings import LedgerPosition
from fairlead.readers.purses import Rate

_TOUCH: Final = MarkPolicy.TOUCH
_MID: Final = MarkPolicy.MID
_LAST: Final = MarkPolicy.LAST
_FOLLOWING: Final = "corporate action"


class Mark(NamedTuple):
    """Twice the price that a position is valued at, or why there is none.

    Twice, because a mid may lie on a half. After a corporate action it is to the nearest increment.
    """

    twice: int | None
    reason: str


class VenueMark:
    """The price at which a venue values positions."""

    def __init__(self, price: Price, time: Nanos) -> None:
        """Take what the venue said, and when."""
        self.price = price
        self.time = time
        self.worth: Fraction | None = None  # of an increment, where an action came since


class Carried:
    """What one quantity increment was worth at the last prices, and is after corporate actions."""

    def __init__(self) -> None:
        """Begin without any price."""
        self.bid = Fraction(0)
        self.ask = Fraction(0)
        self.last = Fraction(0)


class Appraisal:
    """The books, the marks of venues, and the policy by which positions are valued."""

    def __init__(self) -> None:
        """Begin with the touch, of any age."""
        self.policy = MarkPolicy.TOUCH
        self.age_max = Nanos(0)  # 0: any age
        self.books: dict[InstrumentId, Book] = {}
        self._venue_marks: dict[InstrumentId, VenueMark] = {}
        self._carried: dict[InstrumentId, Carried] = {}
        self._rates: dict[tuple[str, str], int] = {}

    def set_mark(self, instrument: InstrumentId, price: Price, time: Nanos) -> None:
        """Take the mark price of a venue."""
        self._venue_marks[instrument] = VenueMark(price, time)

    def set_rate(self, currency: str, quote_currency: str, rate: int) -> None:
        """Take what one unit of a currency is worth in another one."""
        self._rates[currency, quote_currency] = rate

    def rate(self, currency: str, base: str) -> Rate | None:
        """Return what a currency is worth, None if nobody knows; by its own rate if there is one,
        else by that of the other in it.
        """
        direct = self._rates.get((currency, base))
        if direct is not None:
            return Rate(direct, RATE_UNIT)
        other = self._rates.get((base, currency))
        return Rate(RATE_UNIT, other) if other is not None else None

    def mark(self, position: LedgerPosition, now: Nanos) -> Mark:
        """Return the price that an open position is valued at, or why there is none."""
        terms = position.instrument
        reason = self._problem(position, now)
        if reason:
            return Mark(None, f"{terms.symbol}: {reason}")
        book = self.books[terms.instrument]
        if self.policy is _MID:
            return Mark(book.bid_price + book.ask_price, "")
        if self.policy is _TOUCH:
            return Mark(2 * (book.bid_price if position.quantity > 0 else book.ask_price), "")
        if self.policy is _LAST:
            return Mark(2 * book.last_price, "")
        mark = self._venue_marks[terms.instrument]
        if mark.worth is None:
            return Mark(2 * mark.price, "")
        return Mark(2 * max(1, round(mark.worth / terms.money_unit)), "")

    def worth(self, position: LedgerPosition, now: Nanos) -> tuple[Fine | None, str]:
        """Return what the open quantity is worth: negative for a short. Or None and why."""
        mark = self.mark(position, now)
        if mark.twice is None:
            return None, mark.reason
        terms = position.instrument
        carried = self._carried_worth(position)
        if carried is not None:
            return Fine(round(FINE_UNIT * position.quantity * carried)), ""
        worth = FINE_UNIT * position.quantity * terms.money_unit
        if position.inverse:
            return Fine(divide_half_even(2 * worth, mark.twice)), ""
        return Fine(worth * mark.twice // 2), ""

    def split(self, terms: Instrument, new: int, old: int) -> None:
        """Let `new` units be worth what `old` ones were."""
        self._carry(terms, Fraction(old, new), Fraction(0))
        book = self.books[terms.instrument]
        book.adjust_split(new, old, terms.money_unit, _FOLLOWING)

    def dividend(self, terms: Instrument, amount: Money) -> None:
        """Let a whole unit be worth less by what was paid for it."""
        units = 10**terms.quantity_decimals
        self._carry(terms, Fraction(1), Fraction(amount, units))
        book = self.books[terms.instrument]
        book.adjust_dividend(amount, units, terms.money_unit, _FOLLOWING)

    def _carry(self, terms: Instrument, factor: Fraction, less: Fraction) -> None:
        key, unit = terms.instrument, terms.money_unit
        book = self.books[key]
        carried = self._carried.setdefault(key, Carried())
        if book.touch_exact:
            carried.bid = Fraction(book.bid_price * unit)
            carried.ask = Fraction(book.ask_price * unit)
        if book.last_exact:
            carried.last = Fraction(book.last_price * unit)
        carried.bid = carried.bid * factor - less
        carried.ask = carried.ask * factor - less
        carried.last = carried.last * factor - less
        mark = self._venue_marks.get(key)
        if mark is not None:
            worth = Fraction(mark.price * unit) if mark.worth is None else mark.worth
            mark.worth = worth * factor - less

    def _carried_worth(self, position: LedgerPosition) -> Fraction | None:
        """Return what an increment is worth by a price from before an action, None if by none."""
        key = position.instrument.instrument
        book = self.books[key]
        if self.policy is _LAST:
            return None if book.last_exact else self._carried[key].last
        if self.policy is not _TOUCH and self.policy is not _MID:
            return self._venue_marks[key].worth
        if book.touch_exact:
            return None
        carried = self._carried[key]
        if self.policy is _MID:
            return (carried.bid + carried.ask) / 2
        return carried.bid if position.quantity > 0 else carried.ask

    def _problem(self, position: LedgerPosition, now: Nanos) -> str:
        """Return why there is no mark, empty if there is one."""
        key = position.instrument.instrument
        book = self.books[key]
        policy = self.policy
        if policy is _LAST:
            seen = book.last_time
            problem = "" if book.last_price else "nobody has traded yet"
        elif policy is _TOUCH or policy is _MID:
            seen = book.touch_time
            problem = book.mark_problem or _one_sided(book, position, policy is _MID)
        else:
            mark = self._venue_marks.get(key)
            if mark is None:
                return "the venue has given no mark price"
            seen = mark.time
            problem = ""
        if problem or self.age_max == 0 or now - seen <= self.age_max:
            return problem
        return f"its mark is {now - seen} ns old, at most {self.age_max}"


def _one_sided(book: Book, position: LedgerPosition, both: bool) -> str:
    if book.bid_price == 0 and (both or position.quantity > 0):
        return "nobody bids"
    return "nobody asks" if book.ask_price == 0 and (both or position.quantity < 0) else ""
