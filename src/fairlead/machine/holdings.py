"""Positions, profit and loss: exact integers, from fills, corrections, splits and cash alone.

A position remembers what its open quantity cost (`open_cost`, negative for a short), so no average
is ever rounded and carried on. A fill that reduces takes cost out: its share of the whole under
average cost, or that of the oldest lots under FIFO. A share that is no whole number of units is
kept in fine parts (`FINE_UNIT`) and rounded only where it is output; what a rounding gave to the
realised profit it would take from the open cost, so equity never moves by it. A fill through zero
closes all, then opens at the trade's own price; a flat position has no cost.

An inverse contract is worth `quantity * money_unit / price`: a long one gains when that falls.
"""

from typing import Final

from mypy_extensions import mypyc_attr

from fairlead.machine.accounts import Ledger
from fairlead.machine.amounts import Amount, parts, share
from fairlead.machine.lots import Lot, Lots
from fairlead.model.terms import CostBasis, InstrumentKind, Side
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    Fine,
    InstrumentId,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    divide_half_even,
)

_BUY: Final = Side.BUY
_SPOT: Final = InstrumentKind.SPOT
_INVERSE: Final = InstrumentKind.INVERSE
_AVERAGE: Final = CostBasis.AVERAGE
_HALF: Final = FINE_UNIT // 2
_NO_ACCOUNT: Final = AccountId(0)
_NO_UNIT: Final = Money(0)
_NO_LEDGER: Final = Ledger("", Money(0))  # of a position that does not exist


@mypyc_attr(acyclic=True)
class Move:
    """One fill or correction of a position, kept so that it can be taken back."""

    def __init__(self, signed: int, price: Price) -> None:
        """Take the quantity (negative for a sale) and the price."""
        self.signed = signed
        self.price = price


class Standing:
    """Where a position stood before anything that can still be taken back."""

    def __init__(self, position: "Position") -> None:
        """Take quantity, cost and lots as they are."""
        self.quantity = position.quantity
        self.cost = position.open_cost_fine
        self.lots = position.lots_copied()

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        lots = [[lot.quantity, str(lot.whole), str(lot.rest)] for lot in self.lots]
        return [self.quantity, str(self.cost), lots]


class Told:
    """What the results of its strategy know of a position."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.known = True
        self.made: tuple[int, int] = (0, 0)  # in the last round trip, after fees
        self._whole = 0
        self._rest = 0
        self._side = 0  # 1 long, -1 short, 0 flat
        self._begin: tuple[int, int] = (0, 0)  # what it had realised when it was opened

    def change(self, position: "Position") -> tuple[int, int]:
        """Return by how much its profit has changed since this was asked, as whole and rest."""
        whole, rest = position.profit()
        change = (whole - self._whole, rest - self._rest)
        self._whole = whole
        self._rest = rest
        return change

    def ended(self, position: "Position") -> bool:
        """Return whether it was closed, or turned, since this was asked; `made` says with what."""
        quantity = position.quantity
        side = 1 if quantity > 0 else -1 if quantity < 0 else 0
        if side == self._side:
            return False
        before = self._side
        begin, begin_rest = self._begin
        whole, rest = position.earned()
        self._side = side
        self._begin = (whole, rest)
        self.made = parts((whole - begin) * FINE_UNIT + rest - begin_rest)
        return before != 0

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        numbers = (*self.made, self._whole, self._rest, *self._begin)
        return [self.known, self._side, [str(number) for number in numbers]]


class Position:
    """What one strategy holds of one instrument, and what it has earned with it."""

    def __init__(
        self,
        strategy: StrategyId,
        instrument: InstrumentId,
        account: AccountId = _NO_ACCOUNT,
        ledger: Ledger = _NO_LEDGER,
        unit: Money = _NO_UNIT,
        kind: InstrumentKind = InstrumentKind.PERPETUAL,
        cost_basis: CostBasis = CostBasis.AVERAGE,
    ) -> None:
        """Begin flat. `unit` is the instrument's `money_unit`."""
        self.strategy = strategy
        self.instrument = instrument
        self.account = account
        self.followed = SignedQuantity(0)  # what the exposure knows of it
        self.ledger = ledger
        self.unit = unit
        self.paid_in_full = kind is _SPOT
        self.inverse = kind is _INVERSE
        self.quantity = SignedQuantity(0)
        self.bought = Quantity(0)
        self.sold = Quantity(0)
        self.adjusted = SignedQuantity(0)  # what splits have added
        self.fees = Money(0)
        self.gain = Amount()  # over its cost when it was last marked; see `mark`
        self.marked = True  # whether that is known: nothing is open, so nothing is unknown
        self.moved = False  # whether it waits in `Positions` to be marked anew
        self.place = -1  # in the list of the open positions of its instrument
        self.told = Told()
        self._cost = Amount()
        self._realised = Amount()  # before fees
        self._lots: Lots | None = None if cost_basis is _AVERAGE else Lots()
        # What a bust goes back to, and what has moved it since: all of it, or since the last split.
        self._base: Standing | None = None  # flat
        self._moves: list[Move] = []
        self._traded = Amount()  # what they realised

    @property
    def open_cost(self) -> Money:
        """What the open quantity cost, rounded: negative for a short."""
        return self._cost.rounded

    @property
    def open_cost_fine(self) -> Fine:
        """What the open quantity cost: negative for a short."""
        return self._cost.fine

    @property
    def realised(self) -> Money:
        """The realised profit before fees, rounded."""
        return self._realised.rounded

    @property
    def realised_fine(self) -> Fine:
        """The realised profit before fees."""
        return self._realised.fine

    def lots_copied(self) -> list[Lot]:
        """Return the open lots as they are now, the oldest first; none under average cost."""
        found = self._lots.all() if self._lots is not None else []
        return [Lot(lot.quantity, lot.whole, lot.rest) for lot in found]

    @property
    def lots(self) -> list[Lot] | None:
        """The open lots under FIFO, the oldest first; None under average cost."""
        return None if self._lots is None else self._lots.all()

    def fill(self, side: Side, price: Price, quantity: Quantity) -> tuple[int, int]:
        """Apply a fill; return the profit that it realised, as whole units and fine parts."""
        assert quantity > 0, "a fill has a quantity"
        signed = quantity if side is _BUY else -quantity
        self._moves.append(Move(signed, price))
        realised, rest = self._apply(price, signed)
        if signed > 0:
            self.bought = Quantity(self.bought + quantity)
        else:
            self.sold = Quantity(self.sold + quantity)
        self._check()
        return realised, rest

    @property
    def last_move(self) -> Move:
        """The last fill or correction, for who may have to take it back."""
        return self._moves[-1]

    def bust(self, move: Move) -> tuple[int, int]:
        """Take a move back; return by how much the realised profit changes.

        All that moved the position is gone through again without it, so cost and profit are those
        of what stands. That takes as long as there were moves, and no longer than since a split.
        """
        moves = [each for each in self._moves if each is not move]
        assert len(moves) == len(self._moves) - 1, "what is taken back has moved the position"
        before, before_rest = self._traded.whole, self._traded.rest
        self._go_back()
        self._moves = moves
        for each in moves:
            self._apply(each.price, each.signed)
        if move.signed > 0:
            self.bought = Quantity(self.bought - move.signed)
        else:
            self.sold = Quantity(self.sold + move.signed)
        self._check()
        return self._traded.whole - before, self._traded.rest - before_rest

    def split(self, new: int, old: int, lieu_price: Price) -> tuple[Fine, Fine]:
        """Make `new` units of `old`, and sell the fraction of a unit that is left over.

        Return what the fraction brought, and what it had cost (for a short, both are negative).
        """
        before = self.quantity
        whole, fraction = divmod(abs(before) * new, old)
        sign = 1 if before > 0 else -1
        received = divide_half_even(FINE_UNIT * fraction * lieu_price * self.unit * sign, old)
        if self._lots is not None:
            taken, rest = self._lots.split(new, old)
        elif fraction:
            taken, rest = share(self._cost.whole, self._cost.rest, fraction, abs(before) * new)
        else:
            taken = rest = 0
        self._cost.add(-taken, -rest)
        cost = taken * FINE_UNIT + rest
        self._realised.add(0, received - cost)
        self.quantity = SignedQuantity(whole * sign)
        self.adjusted = SignedQuantity(self.adjusted + self.quantity - before)
        self._base = Standing(self)  # what was in old units is not taken back any more
        self._moves = []
        self._traded = Amount()
        self._check()
        return Fine(received), Fine(cost)

    def earn(self, amount: Money, rest: int, fee: Money) -> None:
        """Take a profit and a fee that no fill has brought."""
        self._realised.add(amount, rest)
        self.fees = Money(self.fees + fee)

    def worth(self, price_twice: int) -> tuple[int, int]:
        """Return what the open quantity is worth at half of `price_twice`: a mid may lie on a half.

        As whole units and fine parts; negative for a short.
        """
        if self.inverse:
            value = 2 * FINE_UNIT * self.quantity * self.unit
            return parts(divide_half_even(value, price_twice))
        twice = price_twice * self.quantity * self.unit
        return twice >> 1, _HALF if twice & 1 else 0

    def gained(self, whole: int, rest: int) -> tuple[int, int]:
        """Return what it has gained over its cost if it is worth so much."""
        if self.inverse:
            return self._cost.whole - whole, self._cost.rest - rest
        return whole - self._cost.whole, rest - self._cost.rest

    def earned(self) -> tuple[int, int]:
        """Return what it has realised, after fees, as whole units and fine parts."""
        return self._realised.whole - self.fees, self._realised.rest

    def profit(self) -> tuple[int, int]:
        """Return what it has made by its last mark, after fees, as whole units and fine parts."""
        realised, gain = self._realised, self.gain
        return realised.whole + gain.whole - self.fees, realised.rest + gain.rest

    def mark(self, whole: int, rest: int) -> None:
        """Remember what it has gained, here and in the sum of its ledger."""
        gain = self.gain
        ledger = self.ledger
        ledger.unrealised.add(whole - gain.whole, rest - gain.rest)
        gain.whole = Money(0)
        gain.rest = 0
        gain.add(whole, rest)
        if not self.marked:
            self.marked = True
            ledger.unmarked -= 1

    def unmark(self) -> None:
        """Forget what it has gained: nobody knows it now."""
        if self.marked:
            self.mark(0, 0)
            self.marked = False
            self.ledger.unmarked += 1

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.account, self.strategy, self.instrument, self.quantity],
            [self.bought, self.sold, self.adjusted, self.fees],
            self._cost.content(),
            self._realised.content(),
            [self.gain.content(), self.marked, self.moved, self.place, self.told.content()],
            None if self._lots is None else self._lots.content(),
            [None if self._base is None else self._base.content(), self._traded.content()],
            [[move.signed, move.price] for move in self._moves],
        ]

    def _open(self, price: Price, signed: int) -> None:
        whole, rest = self._value(price, signed)
        self._cost.add(whole, rest)
        if self._lots is not None:
            self._lots.add(abs(signed), whole, rest)

    def _close(self, price: Price, closing: int) -> tuple[int, int]:
        held = self.quantity
        if self._lots is not None:
            cost, cost_rest = self._lots.take(closing)
        elif closing == abs(held):
            cost, cost_rest = self._cost.whole, self._cost.rest
        else:
            cost, cost_rest = share(self._cost.whole, self._cost.rest, closing, abs(held))
        value, value_rest = self._value(price, closing if held > 0 else -closing)
        self._cost.add(-cost, -cost_rest)
        realised, rest = value - cost, value_rest - cost_rest
        if self.inverse:
            realised, rest = -realised, -rest
        self._realised.add(realised, rest)
        return realised, rest

    def _apply(self, price: Price, signed: int) -> tuple[int, int]:
        """Let a move change quantity, cost and profit; return the profit."""
        held = self.quantity
        realised = rest = 0
        if held == 0 or (held > 0) == (signed > 0):
            self._open(price, signed)
        else:
            closing = min(abs(signed), abs(held))
            realised, rest = self._close(price, closing)
            self._traded.add(realised, rest)
            if abs(signed) > closing:
                self._open(price, signed + held)
        self.quantity = SignedQuantity(held + signed)
        return realised, rest

    def _go_back(self) -> None:
        """Stand where it stood before its moves."""
        base = self._base
        self._realised.add(-self._traded.whole, -self._traded.rest)
        self._traded = Amount()
        self.quantity = base.quantity if base is not None else SignedQuantity(0)
        self._cost = Amount()
        if base is not None:
            self._cost.add(0, base.cost)
        if self._lots is not None:
            self._lots = Lots(base.lots if base is not None else None)

    def _value(self, price: Price, signed: int) -> tuple[int, int]:
        """Return what a quantity is worth at a price, as whole units and fine parts."""
        if self.inverse:
            return parts(divide_half_even(FINE_UNIT * signed * self.unit, price))
        return price * signed * self.unit, 0

    def _check(self) -> None:
        expected = self.bought - self.sold + self.adjusted
        assert self.quantity == expected, "a position is the sum of its fills"
        if self.quantity == 0:
            assert self._cost.whole == 0, "a flat position has no cost"
            assert self._cost.rest == 0, "a flat position has no cost"


class Holding:
    """All positions of one instrument."""

    def __init__(self) -> None:
        """Begin without any."""
        self.net = SignedQuantity(0)
        self.positions: dict[int, Position] = {}  # by strategy; by -account where there is none
        self.open: list[Position] = []

    def settle(self, position: Position) -> None:
        """List a position among the open ones, or no longer."""
        place = position.place
        if position.quantity != 0:
            if place < 0:
                position.place = len(self.open)
                self.open.append(position)
        elif place >= 0:
            last = self.open.pop()
            if last is not position:  # it takes the place that is free
                self.open[place] = last
                last.place = place
            position.place = -1
