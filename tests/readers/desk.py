"""A busy desk: two accounts, four kinds of instruments, three currencies, and all that can happen.

Everything goes through the real machine; a ledger follows, and is held against it.
"""

from typing import Final

import msgspec
from hypothesis import strategies as st

from fairlead.machine.valuation import equity
from fairlead.model.inputs import (
    AccountDefinition,
    BookGap,
    CashConverted,
    CashDividend,
    CashMoved,
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    InstrumentRenamed,
    InstrumentSplit,
    LimitChange,
    MarkPolicyChange,
    MarkPrice,
    PositionCorrection,
    ReverseCommand,
    StrategyDefinition,
    Trade,
    TradingDayBegan,
    VenueBusted,
    VenueCorrected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.terms import (
    CashKind,
    CostBasis,
    InstrumentKind,
    Liquidity,
    MarkPolicy,
    Side,
)
from fairlead.model.units import (
    NANOS_PER_SECOND,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from fairlead.readers.ledger import Ledger
from tests.readers.sessions import (
    ACCOUNT,
    CASH,
    MONEY_DECIMALS,
    PERPETUAL,
    SPOT,
    STRATEGY,
    Scene,
    instrument,
    limits,
)

BUY, SELL = Side.BUY, Side.SELL
MONEY: Final = 10**MONEY_DECIMALS
SECOND: Final = AccountId(2)  # keeps its lots, and holds three currencies
OTHER: Final = StrategyId(2)  # trades for it
INVERSE: Final = InstrumentId(3)
FOREIGN: Final = InstrumentId(4)
DAY: Final = 20240808
CURRENCIES: Final = ("USDT", "BTC", "EUR")
PERSON: Final = ("ann", "as agreed")


class Desk(Scene):
    """Two accounts of either cost basis, four kinds of instruments, three currencies."""

    def __init__(self) -> None:
        """Begin with everything quoted."""
        self.ledger = Ledger()
        super().__init__(self.ledger)
        self.number = 0
        self.day = 0
        self.made: list[int] = []  # inputs that booked something that can be undone
        self.booked: list[tuple[OrderId, InstrumentId, str]] = []
        foreign = terms_of(FOREIGN, "ETH-EUR", InstrumentKind.PERPETUAL, "EUR")
        inverse = terms_of(INVERSE, "BTC-USD", InstrumentKind.INVERSE, "BTC")
        self.feed(
            [
                CurrencyDefinition(ACCOUNT, "BTC", Money(5 * MONEY)),
                CurrencyDefinition(ACCOUNT, "EUR"),
                AccountDefinition(SECOND, "second", "EUR", MONEY_DECIMALS, CASH, CostBasis.FIFO),
                CurrencyDefinition(SECOND, "USDT", CASH),
                CurrencyDefinition(SECOND, "BTC"),
                InstrumentDefinition(inverse),
                InstrumentDefinition(foreign),
                StrategyDefinition(OTHER, "taker", SECOND, "{}"),
                LimitChange(limits(INVERSE), "desk", "start"),
                LimitChange(limits(FOREIGN), "desk", "start"),
            ]
        )
        for key in (SPOT, PERPETUAL, INVERSE, FOREIGN):
            self.quote(key, 1_000, 1_010)

    def deal(self, who: StrategyId, key: InstrumentId, side: Side, size: int, fee: int) -> None:
        """Trade at about the market, quoted anew."""
        self.quote(key, 990 + size, 1_000 + size)
        price = 995 + size
        order = self.order(key, side, size, price, who)
        found = self.machine.orders.get(order)
        if found is not None and found.working:
            self.fill(order, key, size, price, fee)
            self.booked.append((order, key, f"E{self._execution}"))

    def reference(self) -> str:
        """Return a reference that was not used."""
        self.number += 1
        return f"R{self.number}"

    def session_date(self) -> int:
        """Return the next day."""
        self.day += 1
        return 20250000 + (self.day // 28 + 1) * 100 + self.day % 28 + 1

    def check(self) -> None:
        """Object to any difference, and to money that does not tie out."""
        assert self.ledger.disagreements == []
        for key, account in self.ledger.accounts.items():
            assert self.ledger.identity(account).holds
            value = self.ledger.valuation(account)
            found = self.machine.positions.account(key)
            assert found is not None
            assert value.equity == equity(self.machine.state, found)
            if value.equity is not None:
                assert value.unrealised is not None
                assert value.fx is not None
                put_in = account.initial + value.flows
                made = value.realised + value.unrealised - value.fees + value.fx
                assert value.equity == put_in + made


def terms_of(key: InstrumentId, symbol: str, kind: InstrumentKind, currency: str) -> Instrument:
    """Return an instrument in another currency: an inverse one of 100 to the contract."""
    plain = instrument(key, symbol, kind)
    inverse = {"quantity_decimals": 0, "multiplier": 100} if key == INVERSE else {}
    return msgspec.structs.replace(plain, currency=currency, **inverse)


def act(desk: Desk, kind: str, a: int, b: int, c: int) -> None:
    """Let one thing happen. What cannot be is refused by the machine, and booked by nobody."""
    key = [SPOT, PERPETUAL, INVERSE, FOREIGN][b % 4]
    if kind == "trade":
        who, side = STRATEGY if a % 2 else OTHER, BUY if c % 2 else SELL
        desk.deal(who, key, side, c, (a - 20) * 1_000)
    elif kind == "bust":
        take_back(desk, a, b, c)
    elif kind == "time":
        desk.after(c / 2)
    elif kind == "quote":
        desk.quote(key, 980 + c, 990 + c)
    elif kind in ("correct", "cash", "funding", "exchange"):
        desk.feed([booking(desk, kind, a, b, c, key)])
        if kind != "exchange":
            desk.made.append(desk.sequence)
    else:
        desk.feed([happening(desk, kind, a, b, c, key)])


def happening(desk: Desk, kind: str, a: int, b: int, c: int, key: InstrumentId) -> Input:
    """Return what the market, a company or a person does."""
    price, currency = Price(980 + c), CURRENCIES[b % 3]
    if kind == "gap":
        return BookGap(key, "hole")
    if kind == "last":
        return Trade(key, price, Quantity(1), BUY, "", desk.now)
    if kind == "mark":
        return MarkPrice(key, price, desk.now)
    if kind == "policy":
        age = Nanos(c % 3 * NANOS_PER_SECOND)
        return MarkPolicyChange(MarkPolicy(b % 4 + 1), age, *PERSON)
    if kind == "rate":
        base = ["EUR", "USDT"][a % 2]
        return ExchangeRate(currency, base, Rate(RATE_UNIT * c // 7), desk.now)
    if kind == "day":
        return TradingDayBegan(desk.session_date())
    if kind == "undo":
        made = desk.made[a % len(desk.made)] if desk.made else 1
        return ReverseCommand(Sequence(made), *PERSON)
    if kind == "split":
        return InstrumentSplit(key, a % 5 + 1, c % 5 + 1, desk.reference(), Price(900 + c))
    if kind == "dividend":
        return CashDividend(key, Money(c * 1_234), desk.reference())
    assert kind == "rename", kind
    return InstrumentRenamed(key, f"NAME{desk.sequence}", desk.reference())


def booking(desk: Desk, kind: str, a: int, b: int, c: int, key: InstrumentId) -> Input:
    """Return what a person books."""
    who, owner = (STRATEGY, ACCOUNT) if a % 2 else (OTHER, SECOND)
    currency = CURRENCIES[b % 3]
    if kind == "correct":
        holder = StrategyId(0) if c % 3 == 0 else who
        signed = SignedQuantity(c if c % 2 else -c)
        return PositionCorrection(owner, holder, key, signed, Price(1_000 + a), *PERSON)
    if kind == "cash":
        amount = c if b % 8 == 0 else -c if b % 8 == 1 else c - 20
        cash = (CashKind(b % 8 + 1), Money(amount * 12_345), desk.reference(), *PERSON)
        return CashMoved(owner, currency, *cash)
    if kind == "funding":
        currency = desk.machine.instruments[key].currency
        paid = [CashKind.FUNDING, CashKind.BORROW][c % 2]
        money = Money(-c * 777)
        return CashMoved(owner, currency, paid, money, desk.reference(), *PERSON, who, key)
    other = ["EUR", "USDT", "BTC"][a % 3]
    amounts = (currency, Money(c * 999), other, Money(c * 1_001))
    return CashConverted(owner, *amounts, desk.reference(), *PERSON)


def take_back(desk: Desk, a: int, b: int, c: int) -> None:
    """Take an execution back, or put another in its place."""
    if not desk.booked:
        return
    order, key, execution = desk.booked[a % len(desk.booked)]
    if b % 2:
        desk.feed([VenueBusted(order, key, execution, DAY, "erroneous", desk.now)])
        return
    corrected = VenueCorrected(
        order,
        key,
        execution,
        desk.reference(),
        DAY,
        Price(990 + c),
        Quantity(c),
        Money(c),
        Liquidity.TAKER,
        "corrected",
        desk.now,
    )
    desk.feed([corrected])


numbers = st.integers(1, 40)
DAYS: Final = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["trade"] * 8,
                *("quote", "gap", "last", "mark", "policy", "rate", "time", "day", "correct"),
                *("cash", "funding", "exchange", "undo", "split", "dividend", "rename", "bust"),
            ]
        ),
        numbers,
        numbers,
        numbers,
    ),
    max_size=40,
)
