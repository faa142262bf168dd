"""Accounts: the cash of every currency that is held, and totals that tie out with it.

Each currency has a ledger, and after each change of one it is asserted, in fine parts, that

    cash + paid_cost == initial + flows + realised - fees + converted

`paid_cost` is the open cost of what is paid in full (spot); everything else moves cash by its
profit alone. `flows` are deposits less withdrawals: they are no profit. `converted` is what
exchanges of currencies brought to this one less what they took from it.

What another currency is worth in the base currency of its account is its *translation*. Every term
is taken at the exchange rate that was known when it was booked (what came before the first rate, at
the first one), so that

    equity = initial + flows + realised + unrealised - fees + fx

holds in base money too. `fx` is the rest: what conversions brought or cost at the rate of their
time, and what the currencies that are held have gained or lost since through their rates.
"""

from typing import Final

from fairlead.machine.amounts import Amount
from fairlead.model.outputs import AccountChanged
from fairlead.model.terms import CostBasis
from fairlead.model.units import (
    FINE_UNIT,
    MONEY_MAX,
    AccountId,
    Fine,
    Money,
    divide_half_even,
    fine,
)

BEYOND: Final = f"it takes money beyond {MONEY_MAX} units"


class Ledger:
    """One currency of an account."""

    def __init__(self, currency: str, initial: Money) -> None:
        """Begin with `initial` cash and no history."""
        self.currency = currency
        self.initial = initial
        self.cash = Amount(initial)
        self.flows = Money(0)
        self.realised = Amount()  # before fees
        self.fees = Money(0)
        self.converted = Money(0)
        self.paid_cost = Amount()
        # What the open positions had gained when they were last marked, and how many have no mark.
        self.unrealised = Amount()
        self.unmarked = 0
        self.translation: Translation | None = None  # into the base currency, if it is another one

    @property
    def at_cost(self) -> Fine:
        """What it would be worth if every open position were worth its cost."""
        return Fine(self.cash.fine + self.paid_cost.fine)

    def worth(self, unrealised: Fine) -> Fine | None:
        """Return what it is worth in base money with so much unrealised.

        None where that needs an exchange rate that is not known.
        """
        total = Fine(self.at_cost + unrealised)
        translation = self.translation
        if translation is None or total == 0:
            return total
        return translation.translated(total) if translation.known else None

    def book(self, realised: int, rest: int, fee: Money, paid: Money) -> None:
        """Book a fill: its profit, its fee, and what was paid in full for what it brought."""
        self.realised.add(realised, rest)
        self.fees = Money(self.fees + fee)
        self.cash.add(-paid - fee, 0)
        self.paid_cost.add(realised + paid, rest)
        self.check_identity()

    def earn(self, realised: int, rest: int, fee: Money) -> None:
        """Book a profit that is paid in cash, and a fee."""
        self.realised.add(realised, rest)
        self.fees = Money(self.fees + fee)
        self.cash.add(realised - fee, rest)
        self.check_identity()

    def sell_fraction(self, received: Fine, cost: Fine) -> None:
        """Book the sale of a fraction of what is paid in full."""
        self.realised.add(0, received - cost)
        self.cash.add(0, received)
        self.paid_cost.add(0, -cost)
        self.check_identity()

    def flow(self, amount: Money) -> None:
        """Book a deposit, or (negative) a withdrawal."""
        self.flows = Money(self.flows + amount)
        self.cash.add(amount, 0)
        self.check_identity()

    def convert(self, amount: Money) -> None:
        """Book what an exchange of currencies brought, or (negative) took."""
        self.converted = Money(self.converted + amount)
        self.cash.add(amount, 0)
        self.check_identity()

    def check_identity(self) -> None:
        """Stop if the money does not tie out; then translate what changed."""
        left = self.cash.whole + self.paid_cost.whole
        right = self.initial + self.flows + self.realised.whole - self.fees + self.converted
        rest = self.cash.rest + self.paid_cost.rest - self.realised.rest
        assert (left - right) * FINE_UNIT + rest == 0, (
            f"{self.currency}: {left} != {right} and {rest} parts: money was made or lost"
        )
        if self.translation is not None:
            self.translation.follow(self)

    def problem(self, moved: int) -> str:
        """Return why money that moves could not be written down in 64 bits, empty if it can."""
        room = MONEY_MAX - moved
        fits = (
            -room <= self.cash.whole <= room
            and -room <= self.realised.whole <= room
            and -room <= self.paid_cost.whole <= room
            and -room <= self.flows <= room
            and -room <= self.fees <= room
            and -room <= self.converted <= room
        )
        return "" if fits else BEYOND

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.currency, self.initial, self.flows, self.fees, self.converted],
            self.cash.content(),
            self.realised.content(),
            self.paid_cost.content(),
            [self.unrealised.content(), self.unmarked],
            None if self.translation is None else self.translation.content(),
        ]


class Translation:
    """What a ledger is in the base currency of its account. All in fine base money."""

    def __init__(self) -> None:
        """Begin without a rate: nothing is known."""
        self.numerator = 0
        self.denominator = 0  # 0: no rate is known
        self.value = Fine(0)  # cash and what is paid in full, at the present rate
        self.initial = Fine(0)
        self.flows = Fine(0)
        self.realised = Fine(0)
        self.fees = Fine(0)
        self._initial = Money(0)  # how much of the ledger each of these translates
        self._flows = Money(0)
        self._fees = Money(0)
        self._realised = Fine(0)

    @property
    def known(self) -> bool:
        """Whether a rate is known."""
        return self.denominator != 0

    @property
    def fx(self) -> Fine:
        """What conversions and the rate itself have brought."""
        return Fine(self.value - self.initial - self.flows - self.realised + self.fees)

    def translated(self, amount: Fine) -> Fine:
        """Return an amount at the present rate, rounded half to even to a fine part."""
        return Fine(divide_half_even(amount * self.numerator, self.denominator))

    def set_rate(self, numerator: int, denominator: int, ledger: Ledger) -> None:
        """Take a rate; what the ledger holds is worth otherwise from now on."""
        assert numerator > 0, "a rate is above zero"
        assert denominator > 0, "a rate is above zero"
        self.numerator = numerator
        self.denominator = denominator
        self.follow(ledger)

    def follow(self, ledger: Ledger) -> None:
        """Translate what was booked since, at the present rate."""
        if self.denominator == 0:
            return
        realised = ledger.realised.fine
        self.initial = Fine(self.initial + self._change(ledger.initial, self._initial))
        self.flows = Fine(self.flows + self._change(ledger.flows, self._flows))
        self.fees = Fine(self.fees + self._change(ledger.fees, self._fees))
        self.realised = Fine(self.realised + self.translated(Fine(realised - self._realised)))
        self._initial = ledger.initial
        self._flows = ledger.flows
        self._fees = ledger.fees
        self._realised = realised
        self.value = self.translated(ledger.at_cost)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on; fine money is beyond 64 bits."""
        translated = (self.value, self.initial, self.flows, self.realised, self.fees)
        return [[self.numerator, self.denominator], [str(amount) for amount in translated]]

    def _change(self, now: Money, before: Money) -> Fine:
        return self.translated(fine(Money(now - before)))


class Account:
    """A name, a base currency, and a ledger for each currency that is held."""

    def __init__(
        self,
        account: AccountId,
        name: str,
        currency: str,
        money_decimals: int,
        initial: Money,
        cost_basis: CostBasis = CostBasis.AVERAGE,
    ) -> None:
        """Begin with `initial` cash of the base currency and no history."""
        self.account = account
        self.name = name
        self.currency = currency
        self.money_decimals = money_decimals
        self.cost_basis = cost_basis
        self.base = Ledger(currency, initial)
        self.others: list[Ledger] = []  # in the order in which they became known
        self.references: dict[str, bool] = {}  # under which cash was booked already
        self._ledgers: dict[str, Ledger] = {currency: self.base}

    @property
    def initial(self) -> Money:
        """What the base currency began with."""
        return self.base.initial

    @property
    def cash(self) -> Money:
        """The cash of the base currency."""
        return self.base.cash.rounded

    @property
    def flows(self) -> Money:
        """Deposits less withdrawals of the base currency."""
        return self.base.flows

    @property
    def realised(self) -> Money:
        """The realised profit in the base currency, before fees."""
        return self.base.realised.rounded

    @property
    def fees(self) -> Money:
        """The fees in the base currency."""
        return self.base.fees

    @property
    def converted(self) -> Money:
        """What exchanges brought to the base currency less what they took."""
        return self.base.converted

    @property
    def paid_cost(self) -> Money:
        """The open cost of what is paid in full, in the base currency."""
        return self.base.paid_cost.rounded

    def add_currency(self, currency: str, initial: Money) -> Ledger:
        """Hold a further currency."""
        assert currency not in self._ledgers, "a currency has one ledger"
        ledger = Ledger(currency, initial)
        ledger.translation = Translation()
        self.others.append(ledger)
        self._ledgers[currency] = ledger
        return ledger

    def ledger(self, currency: str) -> Ledger | None:
        """Return the ledger of a currency, None if the account does not hold it."""
        return self._ledgers.get(currency)

    def ledgers(self) -> list[Ledger]:
        """Return every ledger, that of the base currency first."""
        return [self.base, *self.others]

    def check_identity(self) -> None:
        """Stop if the money of any currency does not tie out."""
        for ledger in self.ledgers():
            ledger.check_identity()

    def changed(self, ledger: Ledger) -> AccountChanged:
        """Return how a currency stands now."""
        return AccountChanged(
            self.account,
            ledger.cash.rounded,
            ledger.realised.rounded,
            ledger.fees,
            "" if ledger is self.base else ledger.currency,
            ledger.flows,
            ledger.converted,
        )

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.account, self.name, self.money_decimals, self.cost_basis],
            [ledger.content() for ledger in self.ledgers()],
            list(self.references),
        ]


def beyond(amount: int) -> str:
    """Return why an amount cannot be written down, empty if it can."""
    return "" if abs(amount) <= MONEY_MAX else BEYOND
