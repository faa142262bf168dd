"""A small node for tests of strategies: real machine, real host, and the test plays the venue."""

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    PositionCorrection,
    Quote,
    StartCommand,
    Statement,
    StrategyDefinition,
    StrategyFailed,
    TimePassed,
    Trade,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueConnected,
    VenueFilled,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import (
    Approved,
    CancelOrder,
    OrderRefused,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.statements import StatementPosition
from fairlead.model.terms import InstrumentKind, Liquidity, Side, Status
from fairlead.model.units import (
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
    SignedQuantity,
    StrategyId,
    UpdateId,
)
from fairlead.strategy import Strategy
from fairlead.strategy.host import Host

SECOND = 1_000_000_000
SESSION_DATE = 20240808
AAA = InstrumentId(1)
BBB = InstrumentId(2)


def instrument(number: int, symbol: str) -> Instrument:
    """Return an instrument with ticks of 0.01 and lots of 0.001."""
    return Instrument(
        InstrumentId(number),
        symbol,
        "VENUE",
        "USD",
        InstrumentKind.PERPETUAL,
        2,
        3,
        8,
        Price(1),
        Quantity(1),
        Quantity(1),
        Quantity(10**9),
        Money(0),
        Rate(0),
        Rate(0),
    )


class Rig:
    """Strategies 1, 2, ... over the instruments AAA and BBB."""

    def __init__(self, *strategies: Strategy, collar: int = 5_000) -> None:
        """Define everything; nothing has started."""
        self.machine = Machine()
        self.host = Host(self.machine)
        self.time = Nanos(0)
        self.sequence = 0
        self.inputs: list[Input] = []
        self.outputs: list[Output] = []
        self.executions = 0
        self.run(AccountDefinition(AccountId(1), "main", "USD", 8, Money(10**15)))
        self.run(MessageRateChange(MessageRate(10**6, 10**6, Nanos(SECOND)), "p", "r"))
        for number, symbol in ((1, "AAA"), (2, "BBB")):
            self.run(InstrumentDefinition(instrument(number, symbol)))
            most = Quantity(10**9)
            limits = Limits(
                InstrumentId(number), most, Money(10**18), most, BasisPoints(collar), Nanos(10**15)
            )
            self.run(LimitChange(limits, "p", "r"))
        for number, strategy in enumerate(strategies, 1):
            self.run(StrategyDefinition(StrategyId(number), f"s{number}", AccountId(1), "{}"))
            self.host.add(StrategyId(number), strategy)

    def start(self) -> "Rig":
        """Let trading and the strategies begin."""
        self.run(StartCommand("p", "r"))
        return self

    def run(self, input: Input) -> list[Output]:
        """Apply and deliver one input, then all that strategies answer to it."""
        self.sequence += 1
        outputs = self.machine.apply(Sequence(self.sequence), self.time, input)
        self.inputs.append(input)
        self.outputs.extend(outputs)
        if isinstance(input, StartCommand):
            self.host.start(self.time)
        self.host.deliver(self.time, input, outputs)
        self.drain()
        return outputs

    def drain(self) -> None:
        """Take what strategies asked for."""
        for request in self.host.requests():
            assert len(self.inputs) < 10_000, "strategies and machine answer each other for ever"
            self.run(request)

    def advance(self, time: int) -> None:
        """Go on to `time`, with the timers and deadlines on the way, each when it is due."""
        while (due := self.next_due()) is not None and due <= time:
            self.time = Nanos(max(self.time, due))
            overdue = self.machine.next_due()
            if overdue is not None and overdue <= self.time:
                self.run(TimePassed())
            for fired in self.host.take(self.time):
                self.run(fired)
        self.time = Nanos(time)

    def next_due(self) -> Nanos | None:
        """Return when a timer of a strategy runs out or the machine has something to do."""
        times = [one for one in (self.host.next_time(), self.machine.next_due()) if one is not None]
        return min(times, default=None)

    # what the venue says

    def quote(self, bid: int, ask: int, instrument: InstrumentId = AAA) -> None:
        """Publish a best bid and ask."""
        size = Quantity(5_000)
        self.run(Quote(instrument, Price(bid), size, Price(ask), size, UpdateId(0), self.time))

    def trade(self, price: int, quantity: int = 1, instrument: InstrumentId = AAA) -> None:
        """Publish a trade of others."""
        self.run(Trade(instrument, Price(price), Quantity(quantity), Side.BUY, "", self.time))

    def accept(self, order: OrderId) -> None:
        """Take an order into the book."""
        self.run(VenueAccepted(order, self.order(order).instrument, f"v{order}", self.time))

    def accept_all(self) -> None:
        """Take every order that is on its way into the book."""
        for approved in self.sent():
            if self.order(approved.order).status is Status.SENT:
                self.accept(approved.order)

    def reject(self, order: OrderId) -> None:
        """Say no to a new order."""
        self.run(VenueRejected(order, self.order(order).instrument, "no", self.time))

    def cancel(self, order: OrderId) -> None:
        """Say that an order is gone."""
        self.run(VenueCanceled(order, self.order(order).instrument, "", self.time))

    def replace(self, approved: Approved) -> None:
        """Give an order the terms that were asked for."""
        self.run(
            VenueReplaced(
                approved.order, approved.instrument, approved.quantity, approved.price, self.time
            )
        )

    def reject_replace(self, order: OrderId) -> None:
        """Keep the old terms."""
        self.run(VenueReplaceRejected(order, self.order(order).instrument, "no", self.time))

    def fill(self, order: OrderId, price: int, quantity: int) -> None:
        """Execute an order."""
        self.executions += 1
        self.run(
            VenueFilled(
                order,
                self.order(order).instrument,
                f"x{self.executions}",
                SESSION_DATE,
                Price(price),
                Quantity(quantity),
                Money(0),
                Liquidity.MAKER,
                self.time,
            )
        )

    def bust(self, order: OrderId, execution: int, reason: str = "busted") -> None:
        """Take back the execution of this number."""
        instrument = self.order(order).instrument
        self.run(VenueBusted(order, instrument, f"x{execution}", SESSION_DATE, reason, self.time))

    def correct(self, quantity: int, price: int) -> None:
        """Let a person correct the position of strategy 1 in AAA."""
        self.run(
            PositionCorrection(
                AccountId(1),
                StrategyId(1),
                AAA,
                SignedQuantity(quantity),
                Price(price),
                "ann",
                "found it",
            )
        )

    def reconnect(self) -> None:
        """Let the session with the venue stand again, and a statement confirm what is held."""
        net = self.machine.positions.net
        held = tuple(StatementPosition(one, net(one)) for one in (AAA, BBB) if net(one))
        self.run(VenueConnected("VENUE"))
        self.run(Statement(AccountId(1), "VENUE", self.time, "", (), (), held))

    def order(self, order: OrderId) -> Order:
        """Return an order of the machine."""
        found = self.machine.orders.get(order)
        assert found is not None
        return found

    def position(self, strategy: int = 1, instrument: InstrumentId = AAA) -> int:
        """Return what a strategy holds."""
        return self.machine.positions.get(StrategyId(strategy), instrument).quantity

    # what was seen to leave

    def sent(self) -> list[Approved]:
        """Return what left as new orders, oldest first."""
        return [output.approved for output in self.outputs if isinstance(output, SendOrder)]

    def replaced(self) -> list[Approved]:
        """Return what left as new terms, oldest first."""
        return [output.approved for output in self.outputs if isinstance(output, ReplaceOrder)]

    def canceled(self) -> list[OrderId]:
        """Return the orders that were asked to be canceled, oldest first."""
        return [output.order for output in self.outputs if isinstance(output, CancelOrder)]

    def refused(self) -> list[OrderRefused]:
        """Return what risk refused, oldest first."""
        return [output for output in self.outputs if isinstance(output, OrderRefused)]

    def failures(self) -> list[StrategyFailed]:
        """Return the failures of strategies, oldest first."""
        return [one for one in self.inputs if isinstance(one, StrategyFailed)]

    def working(self, side: Side, instrument: InstrumentId = AAA) -> list[Order]:
        """Return the working orders of a side."""
        orders = self.machine.orders.all_working()
        return [one for one in orders if one.side is side and one.instrument == instrument]
