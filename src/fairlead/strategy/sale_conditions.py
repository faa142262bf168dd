"""Which trades make a price, and which only volume: what a venue's conditions of a sale mean.

A trade that was agreed on an hour ago, at the average of a day or for delivery next week says
nothing about the price now. Venues mark such trades with codes, each in its own way; what a code
means is a table of the strategy's choice, since a code is a letter here and a bit there. Nothing is
left out unless a strategy says so: `EVERY_TRADE` is the default.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

_KEPT_MAX: Final = 1_024  # different conditions that are remembered: a feed may write anything


class Counts(IntEnum):
    """What a trade counts for. Of several codes the greatest decides."""

    ALL = 0
    NO_LAST = 1  # high, low and volume: it came late, and is not where the market is now
    VOLUME = 2  # it was no price of this market at this time
    NOTHING = 3  # it is no trade at all, or was counted before


class CodeForm(IntEnum):
    """How a venue writes its codes in one text."""

    LETTERS = 1  # each character but the blank is a code: "@F I"
    WORDS = 2  # between commas or blanks: "hidden,cross"
    FLAGS = 3  # a hexadecimal number of which each bit is a code, written as the bit's number


class SaleConditions:
    """A table of codes, and how they are written. A code that is not in it counts for all."""

    def __init__(
        self,
        form: CodeForm,
        *,
        no_last: Iterable[str] = (),
        volume: Iterable[str] = (),
        nothing: Iterable[str] = (),
    ) -> None:
        """Take the codes that do not count for all. Flags are the numbers of bits: `"13"`."""
        self.form = form
        self.codes: dict[str, Counts] = {}
        for codes, counts in (
            (no_last, Counts.NO_LAST),
            (volume, Counts.VOLUME),
            (nothing, Counts.NOTHING),
        ):
            for code in codes:
                if code in self.codes:
                    raise ValueError(f"code {code!r} counts for two different things")
                self.codes[code] = counts
        self._known: dict[str, Counts] = {}

    def counts(self, conditions: str) -> Counts:
        """Return what a trade with these conditions counts for.

        Flags that are no hexadecimal number count for nothing: what they mean is not known.
        """
        if not conditions or not self.codes:
            return Counts.ALL
        known = self._known.get(conditions)
        if known is None:
            if len(self._known) >= _KEPT_MAX:
                self._known.clear()
            known = self._known[conditions] = self._look_up(conditions)
        return known

    def __eq__(self, other: object) -> bool:
        """Whether another table says the same."""
        if not isinstance(other, SaleConditions):
            return NotImplemented
        return (self.form, self.codes) == (other.form, other.codes)

    __hash__ = None  # type: ignore[assignment]

    def _look_up(self, conditions: str) -> Counts:
        if self.form is CodeForm.FLAGS:
            try:
                flags = int(conditions, 16)
            except ValueError:
                return Counts.NOTHING
            found = [str(bit) for bit in range(flags.bit_length()) if flags >> bit & 1]
        elif self.form is CodeForm.WORDS:
            found = conditions.replace(",", " ").split()
        else:
            found = [letter for letter in conditions if not letter.isspace()]
        return max((self.codes.get(code, Counts.ALL) for code in found), default=Counts.ALL)


EVERY_TRADE: Final = SaleConditions(CodeForm.WORDS)

# The consolidated tapes of the United States: the sale conditions of the UTP and CTA plans, and
# what each may update by their tables. Volume alone: C cash, H price variation, I odd lot, N next
# day, R seller, T form T, U extended hours out of sequence, V contingent, W average price, 7
# qualified contingent. Not the last price: G bunched sold, L sold last, P prior reference price, Z
# sold out of sequence, 4 derivatively priced. Nothing: M official close, Q official open, 9
# corrected close, which are prices that were counted as trades before.
US_TAPE: Final = SaleConditions(
    CodeForm.LETTERS, no_last="GLPZ4", volume="CHINRTUVW7", nothing="MQ9"
)
# The same of Lean's files, whose conditions are the bits of AlgoSeek: 1 cash, 2 next day, 3 seller,
# 10 form T, 13 extended hours, 18 stock option, 20 average price, 22 price variation, 31 odd lot;
# 9 derivatively priced, 11 sold, 14 out of sequence, 25 prior reference price; 24 official close,
# 26 official open.
LEAN: Final = SaleConditions(
    CodeForm.FLAGS,
    no_last=("9", "11", "14", "25"),
    volume=("1", "2", "3", "10", "13", "18", "20", "22", "31"),
    nothing=("24", "26"),
)
