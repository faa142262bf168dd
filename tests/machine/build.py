"""A machine that is ready to trade, and short names for the inputs that tests give it.

One venue lists two instruments: 1 is a perpetual with a money unit of 1 (8 at 100 are worth 800),
2 is spot with a money unit of 10. Strategies 1 and 2 share an account. Both touches are 99 to 101.
"""

from typing import Any, Final, TypeVar

import msgspec

from fairlead.machine.accounts import Account
from fairlead.machine.holdings import Position
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model.inputs import (
    AccountDefinition,
    ApproveCommand,
    CancelRequest,
    Input,
    InstrumentDefinition,
    KillCommand,
    KillPolicyChange,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    OrderPolicyChange,
    Quote,
    ReconciliationPolicyChange,
    ReleaseCommand,
    ReplaceRequest,
    RiskLimitChange,
    StartCommand,
    StopCommand,
    StrategyDefinition,
    StrategyFailed,
    StrategyStopCommand,
    SubmitRequest,
    ToleranceChange,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueCancelRejected,
    VenueConnected,
    VenueCorrected,
    VenueDisconnected,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import CancelOrder, ChangeProposed, OrderRefused, Output
from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.terms import (
    InstrumentKind,
    Liquidity,
    OrderType,
    Side,
    Status,
    StopPolicy,
    TimeInForce,
)
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

T = TypeVar("T")

BUY: Final = Side.BUY
SELL: Final = Side.SELL
VENUE: Final = "VENUE"
CASH: Final = Money(1_000_000)
SECOND: Final = NANOS_PER_SECOND
NO_TIME: Final = Nanos(0)

PERPETUAL: Final = Instrument(
    instrument=InstrumentId(1),
    symbol="ABCUSD",
    venue=VENUE,
    currency="USD",
    kind=InstrumentKind.PERPETUAL,
    price_decimals=2,
    quantity_decimals=0,
    money_decimals=2,
    price_tick=Price(1),
    quantity_lot=Quantity(1),
    quantity_min=Quantity(1),
    quantity_max=Quantity(1_000),
    notional_min=Money(0),
    maker_fee=Rate(0),
    taker_fee=Rate(0),
)
SPOT: Final[Instrument] = msgspec.structs.replace(
    PERPETUAL,
    instrument=InstrumentId(2),
    symbol="XYZ/USD",
    kind=InstrumentKind.SPOT,
    price_decimals=1,
)
LIMITS: Final = Limits(
    instrument=InstrumentId(1),
    order_quantity_max=Quantity(100),
    order_notional_max=Money(20_000),
    position_quantity_max=Quantity(200),
    collar=BasisPoints(1_000),
    reference_age_max=Nanos(SECOND),
)
RATE: Final = MessageRate(count_max=1_000, cancel_reserve=100, window=Nanos(SECOND))

STARTED: Final = NodeStarted(1, "build", "configuration", "paper")
START: Final = StartCommand("ann", "the day begins")
STOP: Final = StopCommand(StopPolicy.CANCEL, "ann", "the day ends")
KILL: Final = KillCommand("ann", "a drill")
RELEASE: Final = ReleaseCommand("ann", "the drill is over")
FAILED: Final = StrategyFailed(StrategyId(1), "division by zero")
TAKEN_OFF: Final = StrategyStopCommand(StrategyId(1), "ann", "it quotes nonsense")
DISCONNECTED: Final = VenueDisconnected(VENUE, "the session broke")
POLICY: Final = OrderPolicyChange(OrderPolicy(), "ann", "as agreed")
UNCONFIRMED: Final = ReconciliationPolicyChange(
    ReconciliationPolicy(required=False), "ann", "no statements in this test"
)
CONNECTED: Final = VenueConnected(VENUE)
DAY: Final = 20240808


def account(number: int = 1, **terms: Any) -> AccountDefinition:
    """Return an account in USD with 1,000,000 units of cash."""
    definition = AccountDefinition(AccountId(number), f"account {number}", "USD", 2, CASH)
    return msgspec.structs.replace(definition, **terms)


def instrument(**terms: Any) -> InstrumentDefinition:
    """Return instrument 1, or what `terms` make of it."""
    return InstrumentDefinition(msgspec.structs.replace(PERPETUAL, **terms))


def strategy(number: int, account: int = 1) -> StrategyDefinition:
    """Return a strategy."""
    return StrategyDefinition(StrategyId(number), f"strategy {number}", AccountId(account), "{}")


def limits(number: int = 1, **changes: Any) -> LimitChange:
    """Return the limits of an instrument, or what `changes` make of them."""
    changed = msgspec.structs.replace(LIMITS, instrument=InstrumentId(number), **changes)
    return LimitChange(changed, "ann", "as agreed")


def rate(count_max: int, cancel_reserve: int, window: int = SECOND) -> MessageRateChange:
    """Return a message rate."""
    return MessageRateChange(MessageRate(count_max, cancel_reserve, Nanos(window)), "ann", "agreed")


def quote(
    bid: int,
    ask: int,
    bid_quantity: int = 10,
    ask_quantity: int = 10,
    update: int = 0,
    instrument: int = 1,
) -> Quote:
    """Return a touch. A price of 0 takes its side away."""
    return Quote(
        InstrumentId(instrument),
        Price(bid),
        Quantity(bid_quantity if bid else 0),
        Price(ask),
        Quantity(ask_quantity if ask else 0),
        UpdateId(update),
        NO_TIME,
    )


def submit(
    order: int,
    side: Side = BUY,
    quantity: int = 8,
    price: int = 100,
    **terms: Any,
) -> SubmitRequest:
    """Return the request for a limit order of strategy 1; a price of 0 makes it a market order."""
    request = SubmitRequest(
        StrategyId(1),
        OrderId(order),
        InstrumentId(1),
        side,
        OrderType.LIMIT if price else OrderType.MARKET,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(price),
    )
    return msgspec.structs.replace(request, **terms)


def cancel(order: int, strategy: int = 1) -> CancelRequest:
    """Return a strategy's wish to have an order gone."""
    return CancelRequest(StrategyId(strategy), OrderId(order))


def replace(order: int, quantity: int, price: int = 100, **terms: Any) -> ReplaceRequest:
    """Return strategy 1's wish for other terms."""
    request = ReplaceRequest(
        StrategyId(1), OrderId(order), InstrumentId(1), Quantity(quantity), Price(price)
    )
    return msgspec.structs.replace(request, **terms)


def sends_cancel(order: int, request: int = 2, instrument: int = 1) -> CancelOrder:
    """Return the message that asks the venue to cancel an order that it knows by its first id."""
    known = f"1-{order}-1"
    return CancelOrder(OrderId(order), InstrumentId(instrument), request, known)


def accepted(order: int, instrument: int = 1) -> VenueAccepted:
    """Return the venue's acknowledgement."""
    return VenueAccepted(OrderId(order), InstrumentId(instrument), f"V{order}", NO_TIME)


def rejected(order: int, instrument: int = 1, transient: bool = False) -> VenueRejected:
    """Return the venue's no to a new order."""
    return VenueRejected(OrderId(order), InstrumentId(instrument), "no", NO_TIME, transient)


def filled(
    order: int, quantity: int, execution: str, price: int = 100, **terms: Any
) -> VenueFilled:
    """Return an execution without a fee."""
    report = VenueFilled(
        OrderId(order),
        InstrumentId(1),
        execution,
        DAY,
        Price(price),
        Quantity(quantity),
        Money(0),
        Liquidity.MAKER,
        NO_TIME,
    )
    return msgspec.structs.replace(report, **terms)


def busted(order: int, execution: str) -> VenueBusted:
    """Return an execution that the venue takes back."""
    return VenueBusted(OrderId(order), InstrumentId(1), execution, DAY, "erroneous", NO_TIME)


def corrected(
    order: int, original: str, execution: str, quantity: int, price: int = 100
) -> VenueCorrected:
    """Return an execution in the place of another, without a fee."""
    return VenueCorrected(
        OrderId(order),
        InstrumentId(1),
        original,
        execution,
        DAY,
        Price(price),
        Quantity(quantity),
        Money(0),
        Liquidity.MAKER,
        "corrected",
        NO_TIME,
    )


def order_status(order: int, status: Status, filled: int = 0, **terms: Any) -> VenueOrderStatus:
    """Return the answer to a query that found the order."""
    answer = VenueOrderStatus(
        OrderId(order), InstrumentId(1), True, NO_TIME, status, filled=Quantity(filled)
    )
    return msgspec.structs.replace(answer, **terms)


def canceled(order: int, instrument: int = 1) -> VenueCanceled:
    """Return the end of an order."""
    return VenueCanceled(OrderId(order), InstrumentId(instrument), "done", NO_TIME)


def cancel_rejected(order: int, reason: str = "too late") -> VenueCancelRejected:
    """Return the venue's no to a cancel."""
    return VenueCancelRejected(OrderId(order), InstrumentId(1), reason, NO_TIME)


def replaced(order: int, quantity: int, price: int = 100) -> VenueReplaced:
    """Return the venue's yes to a replace."""
    return VenueReplaced(OrderId(order), InstrumentId(1), Quantity(quantity), Price(price), NO_TIME)


def replace_rejected(order: int) -> VenueReplaceRejected:
    """Return the venue's no to a replace."""
    return VenueReplaceRejected(OrderId(order), InstrumentId(1), "too late", NO_TIME)


def expired(order: int) -> VenueExpired:
    """Return the end of an order's time."""
    return VenueExpired(OrderId(order), InstrumentId(1), NO_TIME)


SET_UP: Final[tuple[Input, ...]] = (
    STARTED,
    account(),
    InstrumentDefinition(PERPETUAL),
    InstrumentDefinition(SPOT),
    strategy(1),
    strategy(2),
    limits(1),
    limits(2, order_notional_max=Money(200_000)),
    MessageRateChange(RATE, "ann", "as agreed"),
    START,
    quote(99, 101),
    quote(99, 101, instrument=2),
)


SET_UP_KINDS: Final = (
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    RiskLimitChange,
    StrategyDefinition,
    AccountDefinition,
    KillPolicyChange,
    ReconciliationPolicyChange,
    ToleranceChange,
)


class Rig:
    """A machine, and the time that its next input has."""

    def __init__(self, *inputs: Input) -> None:
        """Apply the usual set-up, then `inputs`."""
        self.machine = Machine()
        self.time = Nanos(SECOND)
        # What is set up comes before the start: after it what is looser needs two persons.
        first = [one for one in inputs if isinstance(one, SET_UP_KINDS)]
        rest = [one for one in inputs if not isinstance(one, SET_UP_KINDS)]
        begins = SET_UP.index(START)
        self.give(*SET_UP[:begins], *first, *SET_UP[begins:], *rest)

    def give(self, *inputs: Input) -> list[Output]:
        """Apply inputs at the present time; return the outputs of all of them."""
        outputs: list[Output] = []
        for given in inputs:
            following = Sequence(self.machine.state.sequence + 1)
            outputs += self.machine.apply(following, self.time, given)
        return outputs

    def loosen(self, *changes: Input) -> list[Output]:
        """Apply what is looser: proposed by one person, approved by another."""
        outputs: list[Output] = []
        for change in changes:
            proposed = only(ChangeProposed, self.give(change))
            number, digest = proposed.number, proposed.digest
            outputs += self.give(ApproveCommand(number, digest, "bob", "as agreed"))
        return outputs

    def wait(self, nanos: int) -> None:
        """Let time go by."""
        self.time = Nanos(self.time + nanos)

    def order(self, order: int) -> Order:
        """Return an order that exists."""
        found = self.machine.orders.get(OrderId(order))
        assert found is not None
        return found

    def status(self, order: int) -> Status:
        """Return where an order stands."""
        return self.order(order).status

    def position(self, strategy: int = 1, instrument: int = 1) -> Position:
        """Return a position."""
        return self.machine.positions.get(StrategyId(strategy), InstrumentId(instrument))

    def account(self) -> Account:
        """Return the account."""
        found = self.machine.positions.account(AccountId(1))
        assert found is not None
        return found

    def working(self, side: Side = BUY, instrument: int = 1) -> int:
        """Return how much of one side the exposure counts as working."""
        working = self.machine.gate.exposure.of(InstrumentId(instrument))
        return working.buys if side is BUY else working.sells

    def refused(self, *inputs: Input) -> dict[str, tuple[int | None, int | None]]:
        """Return what each failed check of the last input measured, and its limit."""
        [refusal] = self.give(*inputs)[-1:]
        assert isinstance(refusal, OrderRefused), f"not refused: {refusal}"
        return {failed.check: (failed.measured, failed.limit) for failed in refusal.failed}


def only(kind: type[T], outputs: list[Output]) -> T:
    """Return the one output of a kind."""
    [found] = [output for output in outputs if isinstance(output, kind)]
    return found
