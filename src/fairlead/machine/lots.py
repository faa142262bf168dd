"""The lots of a position under FIFO: what was opened first is closed first, at its own cost.

A fill adds one lot or takes from the oldest, so an operation costs as much as the lots that it
closes, and each of them is closed once.
"""

from collections import deque

from mypy_extensions import mypyc_attr

from fairlead.machine.amounts import share


@mypyc_attr(acyclic=True)
class Lot:
    """What one fill opened, or what is left of it, and its cost (negative for a short)."""

    def __init__(self, quantity: int, whole: int, rest: int) -> None:
        """Take a quantity above 0, and its cost as whole units and fine parts."""
        self.quantity = quantity
        self.whole = whole
        self.rest = rest

    def take(self, quantity: int) -> tuple[int, int]:
        """Take a part out, or all; return its share of the cost."""
        whole, rest = share(self.whole, self.rest, quantity, self.quantity)
        self.quantity -= quantity
        self.whole -= whole
        self.rest -= rest  # may be negative: a lot adds up, and is never written
        return whole, rest


class Lots:
    """The open lots of a position, the oldest first."""

    def __init__(self, lots: list[Lot] | None = None) -> None:
        """Begin with copies of these, or without any."""
        copied = [Lot(lot.quantity, lot.whole, lot.rest) for lot in lots] if lots else []
        self._lots: deque[Lot] = deque(copied)  # bounded: by the open quantity, one lot to a fill

    def add(self, quantity: int, whole: int, rest: int) -> None:
        """Open a lot."""
        self._lots.append(Lot(quantity, whole, rest))

    def take(self, quantity: int) -> tuple[int, int]:
        """Close a quantity out of the oldest lots; return what it cost."""
        whole = rest = 0
        lots = self._lots
        while quantity > 0:
            oldest = lots[0]
            if oldest.quantity <= quantity:
                quantity -= oldest.quantity
                whole += oldest.whole
                rest += oldest.rest
                lots.popleft()
            else:
                taken, taken_rest = oldest.take(quantity)
                return whole + taken, rest + taken_rest
        return whole, rest

    def split(self, new: int, old: int) -> tuple[int, int]:
        """Make `new` units of `old`; return the cost of the fraction of a unit that is left over.

        The fraction is closed like any other sale: out of the oldest lot. A unit that parts of
        several lots make up becomes a lot of its own, so the oldest units cost what they did.
        """
        lots = deque(Lot(lot.quantity * new, lot.whole, lot.rest) for lot in self._lots)
        self._lots = lots  # counted in parts of a unit, `old` of them to one
        whole, rest = self.take(sum(lot.quantity for lot in lots) % old)
        self._lots = deque()
        unit = Lot(0, 0, 0)  # what is there of the unit that lots make up together
        for lot in lots:
            if unit.quantity:
                _pour(lot, unit, min(lot.quantity, old - unit.quantity))
                if unit.quantity == old:
                    self.add(1, unit.whole, unit.rest)
                    unit = Lot(0, 0, 0)
            if lot.quantity >= old:
                quantity = lot.quantity // old
                self.add(quantity, *lot.take(quantity * old))
            if lot.quantity:
                _pour(lot, unit, lot.quantity)
        assert unit.quantity == 0, "what is left of a split is whole units"
        return whole, rest

    def all(self) -> list[Lot]:
        """Return every lot, the oldest first: not to be changed."""
        return list(self._lots)

    def content(self) -> list[object]:
        """Return every lot, for the state digest."""
        return [[lot.quantity, str(lot.whole), str(lot.rest)] for lot in self._lots]


def _pour(lot: Lot, unit: Lot, quantity: int) -> None:
    """Let a part of one lot join another one."""
    whole, rest = lot.take(quantity)
    unit.quantity += quantity
    unit.whole += whole
    unit.rest += rest
