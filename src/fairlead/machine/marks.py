"""At which price an open position is valued, by policy, and what currencies are worth.

A mark that is missing, not to be believed, or older than the policy allows gives no value and says
why; it is never taken for zero, nor for an old price. By default a long is valued at the bid and a
short at the ask: what closing now would bring. An exchange rate stands until there is another one.
"""

from typing import Final

from fairlead.machine.amounts import parts
from fairlead.machine.books import NEVER, Book
from fairlead.machine.carry import Carry
from fairlead.machine.holdings import Position
from fairlead.model.terms import MarkPolicy
from fairlead.model.units import RATE_UNIT, InstrumentId, Money, Nanos, Price, Quantity, Rate

_TOUCH: Final = MarkPolicy.TOUCH
_MID: Final = MarkPolicy.MID
_LAST: Final = MarkPolicy.LAST


class VenueMark:
    """The price at which a venue values positions in an instrument."""

    def __init__(self, price: Price, time: Nanos) -> None:
        """Take what the venue said, and when it came."""
        self.price = price
        self.time = time
        self.carry: Carry | None = None  # over a corporate action since

    def carried(self) -> Carry:
        """Return how it is carried over corporate actions, for a further one to change."""
        if self.carry is None:
            self.carry = Carry()
        return self.carry


class Marks:
    """The mark policy, the marks of the venues, and the exchange rates."""

    def __init__(self) -> None:
        """Begin with the touch, of any age, and without any rate."""
        self.policy = MarkPolicy.TOUCH
        self.age_max = Nanos(0)  # 0: any age
        self._venue_marks: dict[InstrumentId, VenueMark] = {}
        self._rates: dict[tuple[str, str], Rate] = {}

    def set_price(self, instrument: InstrumentId, price: Price, time: Nanos) -> None:
        """Take the mark price of a venue."""
        self._venue_marks[instrument] = VenueMark(price, time)

    def set_rate(self, currency: str, quote_currency: str, rate: Rate) -> None:
        """Take what one unit of a currency is worth."""
        self._rates[currency, quote_currency] = rate

    def rate(self, currency: str, base: str) -> tuple[int, int]:
        """Return what a currency is worth as numerator and denominator; zeros where none is known.

        The rate of the base currency in the other one serves too where there is no direct one.
        """
        direct = self._rates.get((currency, base))
        if direct is not None:
            return direct, RATE_UNIT
        inverse = self._rates.get((base, currency))
        return (RATE_UNIT, inverse) if inverse is not None else (0, 0)

    def rates(self) -> list[tuple[str, str, Rate]]:
        """Return every exchange rate that was said, in the order in which they became known."""
        return [(*pair, rate) for pair, rate in self._rates.items()]

    def venue_mark(self, instrument: InstrumentId) -> VenueMark | None:
        """Return the mark price of a venue, None if it gave none."""
        return self._venue_marks.get(instrument)

    def adjust_split(self, instrument: InstrumentId, new: int, old: int) -> None:
        """Carry the mark price over a split, exactly."""
        mark = self._venue_marks.get(instrument)
        if mark is not None:
            mark.carried().split(new, old)
            self._forget_unwritable(instrument, mark)

    def adjust_dividend(self, instrument: InstrumentId, amount: Money, units: Quantity) -> None:
        """Carry the mark price over a dividend, exactly."""
        mark = self._venue_marks.get(instrument)
        if mark is not None:
            mark.carried().dividend(amount, units)
            self._forget_unwritable(instrument, mark)

    def problem(self, position: Position, book: Book, now: Nanos) -> str:
        """Return why a position has no mark, empty if it has one. A flat one needs none."""
        if position.quantity == 0:
            return ""
        problem = self._price_problem(position, book)
        if problem or self.age_max == 0:
            return problem
        age = now - self.seen(position, book)
        return "" if age <= self.age_max else f"its mark is {age} ns old, at most {self.age_max}"

    def seen(self, position: Position, book: Book) -> Nanos:
        """Return when the mark of a position was last confirmed."""
        policy = self.policy
        if policy is _TOUCH or policy is _MID:
            return book.touch_time
        if policy is _LAST:
            return book.last_time
        mark = self._venue_marks.get(position.instrument)
        return mark.time if mark is not None else NEVER

    def gained(self, position: Position, book: Book) -> tuple[int, int]:
        """Return what a position without a problem has gained over its cost.

        As whole units and fine parts: the cost aside, before fees.
        """
        whole, rest = self.worth(position, book)
        return position.gained(whole, rest)

    def worth(self, position: Position, book: Book) -> tuple[int, int]:
        """Return what a position without a problem is worth; negative for a short.

        As whole units and fine parts.
        """
        policy = self.policy
        quantity = position.quantity
        if quantity == 0:
            return 0, 0
        unit = position.unit
        if policy is _TOUCH:
            if book.touch_exact:
                price = book.bid_price if quantity > 0 else book.ask_price
                return position.worth(2 * price)
            if quantity > 0:
                return parts(book.bid_value(quantity, unit))
            return parts(book.ask_value(quantity, unit))
        if policy is _MID:
            if book.touch_exact:
                return position.worth(book.bid_price + book.ask_price)
            return parts(book.mid_value(quantity, unit))
        if policy is _LAST:
            if book.last_exact:
                return position.worth(2 * book.last_price)
            return parts(book.last_value(quantity, unit))
        mark = self._venue_marks[position.instrument]
        if mark.carry is None:
            return position.worth(2 * mark.price)
        return parts(mark.carry.value(mark.price, quantity, unit))

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.policy, self.age_max],
            [
                [instrument, mark.price, mark.time, mark.carry.content() if mark.carry else None]
                for instrument, mark in self._venue_marks.items()
            ],
            [[*pair, rate] for pair, rate in self._rates.items()],
        ]

    def _forget_unwritable(self, instrument: InstrumentId, mark: VenueMark) -> None:
        """Have no mark rather than one that cannot be written down."""
        if not mark.carried().fits():
            del self._venue_marks[instrument]

    def _price_problem(self, position: Position, book: Book) -> str:
        policy = self.policy
        if policy is _TOUCH or policy is _MID:
            if book.mark_problem:
                return book.mark_problem
            both = policy is _MID
            if book.bid_price == 0 and (both or position.quantity > 0):
                return "nobody bids"
            return "nobody asks" if book.ask_price == 0 and (both or position.quantity < 0) else ""
        if policy is _LAST:
            return "" if book.last_price else "nobody has traded yet"
        known = position.instrument in self._venue_marks
        return "" if known else "the venue has given no mark price"
