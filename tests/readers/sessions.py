"""Small sessions for the tests of the readers: inputs through the real machine, to any reader."""

from collections.abc import Iterable
from typing import Protocol

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    Quote,
    StartCommand,
    StrategyDefinition,
    SubmitRequest,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Output
from fairlead.model.terms import InstrumentKind, Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import (
    NANOS_PER_SECOND,
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    StrategyId,
    UpdateId,
)

START = Nanos(1_723_075_200 * NANOS_PER_SECOND)  # 2024-08-08T00:00:00Z
MONEY_DECIMALS = 8
CASH = Money(1_000_000 * 10**MONEY_DECIMALS)
ACCOUNT = AccountId(1)
STRATEGY = StrategyId(1)
SPOT = InstrumentId(1)
PERPETUAL = InstrumentId(2)


class Follower(Protocol):
    """What all readers share."""

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""


def instrument(key: InstrumentId, symbol: str, kind: InstrumentKind) -> Instrument:
    """Return an instrument with cents and thousandths, and money to 10**-8."""
    return Instrument(
        key,
        symbol,
        "VENUE",
        "USDT",
        kind,
        price_decimals=2,
        quantity_decimals=3,
        money_decimals=MONEY_DECIMALS,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(10**9),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def limits(key: InstrumentId) -> Limits:
    """Return limits that let everything sensible pass."""
    return Limits(
        key,
        Quantity(10**9),
        Money(10**18),
        Quantity(10**10),
        BasisPoints(5_000),
        Nanos(3_600 * NANOS_PER_SECOND),
    )


class Scene:
    """Numbers inputs, applies them, and lets readers follow."""

    def __init__(self, *readers: Follower, name: str = "maker") -> None:
        """Begin with two instruments, one account, one strategy of this name, trading on."""
        self.machine = Machine()
        self.readers = readers
        self.sequence = 0
        self.now = START
        self.outputs: list[Output] = []
        self._order = 0
        self._execution = 0
        self._names = name
        self.feed(self._definitions())

    def feed(self, inputs: Iterable[Input]) -> None:
        """Apply inputs, all at the present time."""
        for each in inputs:
            self.sequence += 1
            self.outputs = self.machine.apply(Sequence(self.sequence), self.now, each)
            for reader in self.readers:
                reader.follow(Sequence(self.sequence), self.now, each, self.outputs)

    def after(self, seconds: float) -> "Scene":
        """Let time pass."""
        self.now = Nanos(self.now + int(seconds * NANOS_PER_SECOND))
        return self

    def quote(self, key: InstrumentId, bid: int, ask: int) -> None:
        """Quote an instrument, in cents; 0: nobody there."""
        size = 10**9
        self.feed(
            [
                Quote(
                    key,
                    Price(bid),
                    Quantity(size if bid else 0),
                    Price(ask),
                    Quantity(size if ask else 0),
                    UpdateId(0),
                    self.now,
                )
            ]
        )

    def order(
        self,
        key: InstrumentId,
        side: Side,
        quantity: int,
        price: int,
        strategy: StrategyId = STRATEGY,
    ) -> OrderId:
        """Request a limit order; return its id."""
        self._order += 1
        order = OrderId(self._order)
        self.feed(
            [
                SubmitRequest(
                    strategy,
                    order,
                    key,
                    side,
                    OrderType.LIMIT,
                    TimeInForce.GTC,
                    False,
                    Quantity(quantity),
                    Price(price),
                )
            ]
        )
        return order

    def accept(self, order: OrderId, key: InstrumentId) -> None:
        """Let the venue accept an order."""
        self.feed([VenueAccepted(order, key, f"V{order}", self.now)])

    def fill(
        self, order: OrderId, key: InstrumentId, quantity: int, price: int, fee: int = 0
    ) -> None:
        """Let the venue fill an order."""
        self._execution += 1
        self.feed(
            [
                VenueFilled(
                    order,
                    key,
                    f"E{self._execution}",
                    20240808,
                    Price(price),
                    Quantity(quantity),
                    Money(fee),
                    Liquidity.MAKER,
                    self.now,
                )
            ]
        )

    def trade(self, key: InstrumentId, side: Side, quantity: int, price: int, fee: int = 0) -> None:
        """Order, accept and fill in one go."""
        order = self.order(key, side, quantity, price)
        self.accept(order, key)
        self.fill(order, key, quantity, price, fee)

    def _definitions(self) -> list[Input]:
        spot = instrument(SPOT, "ETH-USDT", InstrumentKind.SPOT)
        perpetual = instrument(PERPETUAL, "ETH-PERP", InstrumentKind.PERPETUAL)
        rate = MessageRate(10**6, 10**6, Nanos(NANOS_PER_SECOND))
        return [
            NodeStarted(1, "0.1.0", "{}", "paper"),
            AccountDefinition(ACCOUNT, "main", "USDT", MONEY_DECIMALS, CASH),
            InstrumentDefinition(spot),
            InstrumentDefinition(perpetual),
            StrategyDefinition(STRATEGY, self._names, ACCOUNT, "{}"),
            LimitChange(limits(SPOT), "desk", "start"),
            LimitChange(limits(PERPETUAL), "desk", "start"),
            MessageRateChange(rate, "desk", "start"),
            StartCommand("desk", "start"),
        ]
