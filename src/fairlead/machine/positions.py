"""All positions and accounts, and what may move them: fills, corrections, splits, and cash.

Each movement is booked in its position and in the ledger of its currency, in which the money is
asserted to tie out after it. Whether it can be written down is asked before, and answered with the
reason; what is booked then cannot fail.
"""

from typing import Final

from fairlead.machine.accounts import BEYOND, Account, beyond
from fairlead.machine.holdings import Holding, Move, Position
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged, Output, PositionChanged
from fairlead.model.terms import CashKind, InstrumentKind, Side
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    InstrumentId,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    notional,
)

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_INVERSE: Final = InstrumentKind.INVERSE
_FLOWS: Final = (CashKind.DEPOSIT, CashKind.WITHDRAWAL)
_COSTS: Final = (CashKind.BORROW, CashKind.FEE)
_RATIO_MAX: Final = 1_000_000  # of a split
_NO_ACCOUNT: Final = AccountId(0)


class Positions:
    """All positions and accounts."""

    def __init__(self) -> None:
        """Begin without any account."""
        self._accounts: dict[AccountId, Account] = {}
        self._holdings: dict[InstrumentId, Holding] = {}
        self._all: list[Position] = []
        self._moved: list[Position] = []
        self.last_move: Move | None = None  # what the last fill did to its position

    def get(
        self, strategy: StrategyId, instrument: InstrumentId, account: AccountId = _NO_ACCOUNT
    ) -> Position:
        """Return the position of a strategy; a flat one if it never traded the instrument.

        Strategy 0 is what an account holds for no strategy; the account says whose.
        """
        holding = self._holdings.get(instrument)
        found = holding and holding.positions.get(strategy or -account)
        return found or Position(strategy, instrument, account)

    def all(self) -> list[Position]:
        """Return every position that ever was, in the order of first fills."""
        return list(self._all)

    def open_in(self, instrument: InstrumentId) -> list[Position]:
        """Return the open positions of an instrument: not to be changed, and not to be kept."""
        holding = self._holdings.get(instrument)
        return holding.open if holding is not None else []

    def net(self, instrument: InstrumentId) -> SignedQuantity:
        """Return the position over all strategies and accounts."""
        holding = self._holdings.get(instrument)
        return holding.net if holding is not None else SignedQuantity(0)

    def account_net(self, account: AccountId, instrument: InstrumentId) -> SignedQuantity:
        """Return the position of an account over all its strategies."""
        mine = [one.quantity for one in self.open_in(instrument) if one.account == account]
        return SignedQuantity(sum(mine))

    def add_account(self, account: Account) -> None:
        """Make an account known."""
        self._accounts[account.account] = account

    def account(self, account: AccountId) -> Account | None:
        """Return an account, None if it is not known."""
        return self._accounts.get(account)

    def accounts(self) -> list[Account]:
        """Return every account, in the order in which they became known."""
        return list(self._accounts.values())

    def fill(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        side: Side,
        price: Price,
        quantity: Quantity,
        fee: Money,
    ) -> tuple[PositionChanged, AccountChanged]:
        """Apply a fill to its position and its account; return what changed."""
        holding = self._holding(instrument.instrument)
        position = self._position(holding, account, strategy, instrument)
        signed = quantity if side is _BUY else -quantity
        realised, rest = position.fill(side, price, quantity)
        self.last_move = position.last_move
        return self._book(account, holding, position, price, signed, realised, rest, fee)

    def bust(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        move: Move,
        fee: Money,
    ) -> tuple[PositionChanged, AccountChanged]:
        """Take a fill back, and give its fee back."""
        holding = self._holding(instrument.instrument)
        position = self._position(holding, account, strategy, instrument)
        realised, rest = position.bust(move)
        back, refund = -move.signed, Money(-fee)
        return self._book(account, holding, position, move.price, back, realised, rest, refund)

    def fill_problem(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        price: Price,
        quantity: Quantity,
        fee: Money,
    ) -> str:
        """Return why a fill could not be booked, empty if it can."""
        ledger = account.ledger(instrument.currency)
        if ledger is None:
            return f"the account holds no {instrument.currency}"
        if instrument.money_decimals != account.money_decimals:
            return "the account counts money in other decimals than the instrument"
        position = self.get(strategy, instrument.instrument, account.account)
        unit = position.unit or instrument.money_unit  # which is worked out at each look
        if instrument.kind is _INVERSE:
            value = quantity * unit // price + 1
        else:
            value = notional(price, quantity, unit)
        moved = value + abs(fee) + abs(position.open_cost)  # closing takes it out
        if max(position.bought, position.sold) + quantity > MONEY_MAX:
            return f"it takes the position beyond {MONEY_MAX} increments"
        room = MONEY_MAX - moved
        if -room <= position.realised <= room and -room <= position.fees <= room:
            return ledger.problem(moved)
        return BEYOND

    def correct_problem(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        quantity: SignedQuantity,
        price: Price,
    ) -> str:
        """Return why a correction could not be booked, empty if it can."""
        held = self.get(strategy, instrument.instrument, account.account).quantity
        if abs(held + quantity) > INCREMENTS_MAX:
            return f"it takes the position beyond {INCREMENTS_MAX} increments"
        size = Quantity(abs(quantity))
        return self.fill_problem(account, strategy, instrument, price, size, Money(0))

    def correct(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        quantity: SignedQuantity,
        price: Price,
    ) -> tuple[PositionChanged, AccountChanged]:
        """Move a position by a correction: like a fill without a fee."""
        side = _BUY if quantity > 0 else _SELL
        size = Quantity(abs(quantity))
        return self.fill(account, strategy, instrument, side, price, size, Money(0))

    def split(self, instrument: Instrument, new: int, old: int, lieu_price: Price) -> list[Output]:
        """Make `new` units of `old` in every position of an instrument; return what changed.

        The whole part stays, at the same cost; a fraction is sold at `lieu_price`.
        """
        outputs: list[Output] = []
        holding = self._holding(instrument.instrument)
        for position in list(holding.open):
            before = position.quantity
            received, cost = position.split(new, old, lieu_price)
            holding.net = SignedQuantity(holding.net + position.quantity - before)
            if position.paid_in_full:
                position.ledger.sell_fraction(received, cost)
            else:
                position.ledger.earn(0, received - cost, Money(0))
            self._settle(holding, position)
            outputs.append(_changed(position))
            if received != cost or (position.paid_in_full and cost):
                outputs.append(self._accounts[position.account].changed(position.ledger))
        return outputs

    def split_problem(self, instrument: Instrument, new: int, old: int, lieu_price: Price) -> str:
        """Return why an instrument cannot be split so, empty if it can."""
        if not (0 < new <= _RATIO_MAX and 0 < old <= _RATIO_MAX):
            return f"it is no ratio of numbers from 1 to {_RATIO_MAX}"
        if instrument.kind is _INVERSE:
            return "an inverse contract is not split"
        if not 0 <= lieu_price <= INCREMENTS_MAX:
            return "the price for fractions is negative or absurd"
        for position in self.open_in(instrument.instrument):
            after = abs(position.quantity) * new
            if after % old and lieu_price == 0:
                return f"strategy {position.strategy} is left with a fraction, and it has no price"
            if after // old > INCREMENTS_MAX:
                return f"it takes a position beyond {INCREMENTS_MAX} increments"
            problem = position.ledger.problem(abs(position.open_cost) + lieu_price * position.unit)
            if problem:
                return problem
        return ""

    def book_cash(
        self,
        account: Account,
        currency: str,
        kind: CashKind,
        amount: Money,
        strategy: StrategyId,
        instrument: Instrument | None,
        rest: int = 0,
    ) -> list[Output]:
        """Book cash that no fill has moved; return what changed. `rest` is in fine parts.

        Deposits and withdrawals are flows; borrow and fees are fees; all else is a profit, of the
        position too where an instrument is named.
        """
        ledger = account.ledger(currency)
        assert ledger is not None, "cash is booked in a currency that the account holds"
        if kind in _FLOWS:
            assert rest == 0, "flows are whole units of money"
            ledger.flow(amount)
            return [account.changed(ledger)]
        earned, fee = (Money(0), Money(-amount)) if kind in _COSTS else (amount, Money(0))
        assert rest == 0 or fee == 0, "fees are whole units of money"
        ledger.earn(earned, rest, fee)
        if instrument is None:
            return [account.changed(ledger)]
        assert instrument.currency == currency, "a position earns in its own currency"
        holding = self._holding(instrument.instrument)
        position = self._position(holding, account, strategy, instrument)
        position.earn(earned, rest, fee)
        self._note(position)
        return [_changed(position), account.changed(ledger)]

    def cash_problem(
        self, account: Account, currency: str, amount: Money, position: Position | None = None
    ) -> str:
        """Return why cash (of a position, if one is named) could not be booked, empty if it can."""
        ledger = account.ledger(currency)
        if ledger is None:
            return f"the account holds no {currency or 'such currency'}"
        moved = abs(amount) + 1  # and what a rest of it may round to
        earned = max(abs(position.realised), abs(position.fees)) if position is not None else 0
        return ledger.problem(moved) or beyond(earned + moved)

    def moved(self) -> list[Position]:
        """Return the positions that have moved since they were last taken; not to be kept."""
        return self._moved

    def take_moved(self) -> list[Position]:
        """Return the positions that were moved since they were asked for last, to be marked."""
        moved = self._moved
        if moved:
            self._moved = []
            for position in moved:
                position.moved = False
        return moved

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [account.content() for account in self._accounts.values()],
            [position.content() for position in self._all],
        ]

    def _book(
        self,
        account: Account,
        holding: Holding,
        position: Position,
        price: Price,
        signed: int,
        realised: int,
        rest: int,
        fee: Money,
    ) -> tuple[PositionChanged, AccountChanged]:
        """Book what a fill, or the end of one, has done to a position."""
        position.fees = Money(position.fees + fee)
        holding.net = SignedQuantity(holding.net + signed)
        if position.paid_in_full:
            position.ledger.book(realised, rest, fee, Money(price * signed * position.unit))
        else:
            position.ledger.earn(realised, rest, fee)
        self._settle(holding, position)
        return _changed(position), account.changed(position.ledger)

    def _holding(self, instrument: InstrumentId) -> Holding:
        found = self._holdings.get(instrument)
        if found is None:
            found = self._holdings[instrument] = Holding()
        return found

    def _position(
        self, holding: Holding, account: Account, strategy: StrategyId, instrument: Instrument
    ) -> Position:
        key = strategy or -account.account
        found = holding.positions.get(key)
        if found is None:
            ledger = account.ledger(instrument.currency)
            assert ledger is not None, "an instrument is traded in a currency that is held"
            found = holding.positions[key] = Position(
                strategy,
                instrument.instrument,
                account.account,
                ledger,
                instrument.money_unit,
                instrument.kind,
                account.cost_basis,
            )
            self._all.append(found)
        assert found.account == account.account, "a strategy has one account"
        return found

    def _settle(self, holding: Holding, position: Position) -> None:
        """After a position moved: list it if it is open, and let it be marked anew."""
        holding.settle(position)
        if position.quantity == 0:
            position.mark(0, 0)
        else:
            position.unmark()
        self._note(position)

    def _note(self, position: Position) -> None:
        """Let it be known that a position has moved, or made something."""
        if not position.moved:
            position.moved = True
            self._moved.append(position)


def _changed(position: Position) -> PositionChanged:
    return PositionChanged(
        position.strategy,
        position.instrument,
        position.quantity,
        position.open_cost,
        position.realised,
        position.fees,
    )
