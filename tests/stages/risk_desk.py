"""A machine that was opened by a configuration, and what it answers to single orders."""

from decimal import Decimal
from typing import Any

from fairlead.model.inputs import (
    Input,
    Quote,
    StartCommand,
    SubmitRequest,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.outputs import OrderRefused, Output, SendOrder
from fairlead.model.terms import Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    StrategyId,
    UpdateId,
)
from fairlead.node.configuration import (
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
)
from fairlead.node.policy_settings import ReconciliationSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.stages.opening import opening
from fairlead.stages.wiring import wire
from tests.stages.sessions import SECOND, configuration

ALPHA, BETA, GAMMA = InstrumentId(1), InstrumentId(2), InstrumentId(3)  # at 100, 25 and 480
PRICES = {ALPHA: 10_000, BETA: 2_500, GAMMA: 48_000}  # in cents
START = configuration().session.start_time


def roomy(**sections: Any) -> Configuration:
    """Return the demonstration with instrument limits that refuse nothing, and plain risk."""
    limits = InstrumentLimitSettings(
        order_quantity_max=Decimal(10**6),
        order_notional_max=Decimal(10**9),
        position_quantity_max=Decimal(10**6),
        collar_bps=9999,
        reference_age_max=Nanos(3_600 * SECOND),
    )
    plain: dict[str, Any] = {
        "limits": LimitSettings(
            default=limits, message_rate=MessageRateSettings(count_max=1000, cancel_reserve=1000)
        ),
        "reconciliation": ReconciliationSettings(required=False),
        "risk": RiskSettings(),
    }
    return configuration(**(plain | sections))


class Desk:
    """A machine that trades under a configuration."""

    def __init__(self, settings: Configuration, stage: str = "backtest") -> None:
        """Open it, release it, and quote everything."""
        self.wired = wire(settings)
        self.machine = self.wired.path.machine
        self.outputs: list[Output] = []
        self.time = START
        self._orders = 0
        self.opened = opening(self.wired, 1, stage)
        for input in (*self.opened, StartCommand("test", "test")):
            self.say(input)
        for instrument in PRICES:
            self.quote(instrument)

    def say(self, input: Input, after: int = 0) -> list[Output]:
        """Give the machine one input and return what it answers."""
        self.time = Nanos(self.time + after)
        sequence = Sequence(self.machine.state.sequence + 1)
        outputs = self.machine.apply(sequence, self.time, input)
        self.outputs.extend(outputs)
        return outputs

    def quote(self, instrument: InstrumentId, price: int = 0, after: int = 0) -> list[Output]:
        """Quote an instrument one cent around a price in cents."""
        middle = price or PRICES[instrument]
        bid, ask = Price(middle - 5), Price(middle + 5)
        size = Quantity(1_000_000)
        return self.say(
            Quote(instrument, bid, size, ask, size, UpdateId(0), self.time), after=after
        )

    def ask(
        self,
        quantity: int,
        instrument: InstrumentId = ALPHA,
        side: Side = Side.BUY,
        price: int = 0,
        order_type: OrderType = OrderType.LIMIT,
    ) -> list[str]:
        """Return the checks that refuse an order; none if it leaves."""
        self._orders += 1
        order = OrderId(self._orders)
        limit = Price(price or PRICES[instrument]) if order_type is OrderType.LIMIT else Price(0)
        outputs = self.say(
            SubmitRequest(
                StrategyId(1),
                order,
                instrument,
                side,
                order_type,
                TimeInForce.GTC,
                False,
                Quantity(quantity),
                limit,
            )
        )
        refused = [one for one in outputs if isinstance(one, OrderRefused)]
        sent = [one for one in outputs if isinstance(one, SendOrder)]
        assert len(refused) + len(sent) == 1
        return [failed.check for one in refused for failed in one.failed]

    def fill(self) -> list[Output]:
        """Let the venue fill the last order, whole, at its limit."""
        order = self.machine.orders.get(OrderId(self._orders))
        assert order is not None
        accepted = VenueAccepted(order.order, order.instrument, "1", self.time)
        return [
            *self.say(accepted),
            *self.say(
                VenueFilled(
                    order.order,
                    order.instrument,
                    f"e{order.order}",
                    20_260_105,
                    order.price,
                    order.quantity,
                    Money(0),
                    Liquidity.MAKER,
                    self.time,
                )
            ),
        ]
