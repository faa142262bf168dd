"""The firm, the venues and the wishes of the hostile sessions under all layers of risk."""

import random
from typing import Final

import msgspec

from fairlead.model.inputs import (
    CurrencyDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    OrderPolicyChange,
    TradingDayBegan,
    VenueConnected,
)
from fairlead.model.outputs import (
    Action,
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.risk import (
    WINDOWED,
    Breaker,
    Limit,
    PreTradePolicy,
    Scope,
)
from fairlead.model.risk_terms import (
    BreakerState,
    LimitKind,
    ResetPolicy,
    SelfTrade,
)
from fairlead.model.terms import InstrumentKind, OrderType, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.books import VenueBooks
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.hostile.venue import HostileVenue, Temper
from tests.machine.build import (
    LIMITS,
    PERPETUAL,
    SECOND,
    SPOT,
    START,
    STARTED,
    UNCONFIRMED,
    VENUE,
    account,
    quote,
    rate,
    strategy,
)

OTHER: Final = "OTHER"
MINUTE: Final = 60 * SECOND
INVERSE: Final = msgspec.structs.replace(
    PERPETUAL, instrument=InstrumentId(3), symbol="INV", kind=InstrumentKind.INVERSE
)
FAR: Final = msgspec.structs.replace(SPOT, venue=OTHER)
FOREIGN: Final = msgspec.structs.replace(
    PERPETUAL, instrument=InstrumentId(4), symbol="FOREIGN", venue=OTHER, currency="EUR"
)
ACTIONS: Final = (SendOrder, ReplaceOrder, CancelOrder, QueryOrder)
MILLISECOND: Final = 1_000_000
WAITS: Final = [1_000, MILLISECOND, MILLISECOND, 20 * MILLISECOND, 300 * MILLISECOND, 2 * SECOND]
POLICY: Final = OrderPolicy(
    timeout=Nanos(3 * SECOND),
    retry_delay=Nanos(100 * MILLISECOND),
    answer_timeout=Nanos(500 * MILLISECOND),
)
WIDE: Final = msgspec.structs.replace(
    LIMITS,
    order_quantity_max=Quantity(900),
    order_notional_max=Money(10**9),
    position_quantity_max=Quantity(10**6),
    reference_age_max=Nanos(10**17),
)
RANGES: Final[dict[LimitKind, tuple[int, int]]] = {  # of hard bounds, in millionths
    LimitKind.ORDER_QUANTITY: (2_000_000, 9_000_000),
    LimitKind.ORDER_NOTIONAL: (3_000_000, 60_000_000),
    LimitKind.WORKING_ORDERS: (1_000_000, 6_000_000),
    LimitKind.POSITION_QUANTITY: (5_000_000, 40_000_000),
    LimitKind.POSITION_VALUE: (5_000_000, 200_000_000),
    LimitKind.POSITION_SHARE: (1_000, 40_000),
    LimitKind.POSITIONS: (1_000_000, 3_000_000),
    LimitKind.GROSS: (10_000_000, 300_000_000),
    LimitKind.GROSS_SHARE: (2_000, 50_000),
    LimitKind.NET_LONG_SHARE: (1_000, 40_000),
    LimitKind.NET_SHORT_SHARE: (1_000, 40_000),
    LimitKind.SECTOR: (10_000_000, 200_000_000),
    LimitKind.SECTOR_SHARE: (2_000, 40_000),
    LimitKind.CURRENCY_SHARE: (2_000, 40_000),
    LimitKind.CAPITAL: (10_000_000, 300_000_000),
    LimitKind.CASH: (9_000_000_000, 9_950_000_000),
    LimitKind.VALUE_WINDOW: (10_000_000, 200_000_000),
    LimitKind.VALUE_DAY: (30_000_000, 900_000_000),
    LimitKind.QUANTITY_DAY: (10_000_000, 90_000_000),
    LimitKind.INSTRUMENTS: (1_000_000, 3_000_000),
    LimitKind.LOSS_DAY: (5_000_000, 400_000_000),
    LimitKind.DRAWDOWN_SHARE: (1_000, 40_000),
}
CONDITIONS: Final = (
    "vix > 30",
    "drawdown > 0.0005",
    "daily_pnl < -0.0004",
    "order_rate > 3",
    "reject_rate > 20%",
    "error_count_1h > 1",
    "position_count > 2",
    "stale_books > 0",
)
CHECKS: Final = ("order_quantity", "order_notional", "position_value", "value_day", "sector")


class RiskVenue:
    """A hostile venue that gives no statements."""

    def __init__(self, chance: random.Random, lies: bool) -> None:
        """Begin with nothing."""
        own = Chance(chance.randrange(2**40), 0)
        self.books = VenueBooks([PERPETUAL, FAR, INVERSE, FOREIGN], AccountId(1), Money(0))
        self.reports: Line[Input] = Line(own, Nanos(1_500 * MILLISECOND))
        temper = Temper(own, lies)
        self.venue = HostileVenue(own, temper, self.books, self.reports, Price(100))

    def go_to(self, time: Nanos) -> None:
        """Let it be so late."""
        self.venue.now = time

    def trade(self) -> None:
        """Fill some order."""
        self.venue.trade()

    def act_up(self) -> None:
        """Do something that nobody asked for."""
        self.venue.act_up()

    def act(self, action: Action) -> None:
        """Do what a message says, but for statements."""
        if not isinstance(action, RequestStatement):
            self.venue.act(0, action)

    def split(self, instrument: InstrumentId, new: int, old: int) -> None:
        """Bring the orders into the new units, as good as it goes."""
        for order in self.books.orders:
            if order.instrument == instrument:
                order.quantity = -(-order.quantity * new // old)
                order.filled = order.filled * new // old
                order.price = Price(max(1, order.price * old // new) if order.price else 0)
        for name, line in list(self.books.fills.items()):
            if line.instrument == instrument:
                del self.books.fills[name]


def set_up(foreign: bool, mixed: bool) -> list[Input]:
    """Return a firm that is ready to trade: in foreign money too, or with accounts in two."""
    traded = [PERPETUAL, FAR, INVERSE, *[FOREIGN] * foreign]
    return [
        STARTED,
        account(1, desk="one"),
        account(2, desk="two", currency="EUR" if mixed else "USD"),
        CurrencyDefinition(AccountId(1), "EUR", Money(5_000)),
        CurrencyDefinition(AccountId(2), "USD" if mixed else "EUR", Money(0)),
        *[InstrumentDefinition(one) for one in traded],
        *[strategy(number, account=1 + number // 3) for number in (1, 2, 3)],
        *[
            LimitChange(
                msgspec.structs.replace(WIDE, instrument=one.instrument), "ann", "as agreed"
            )
            for one in traded
        ],
        rate(1_000, 100),
        UNCONFIRMED,
        OrderPolicyChange(POLICY, "ann", "as agreed"),
        *[quote(99, 101, instrument=one.instrument) for one in traded],
        TradingDayBegan(20240808),
        START,
        VenueConnected(VENUE),
        VenueConnected(OTHER),
    ]


def some_conditions(chance: random.Random, latest: int) -> list[dict[str, object]]:
    """Return what an order may be asked for with."""
    return [
        {},
        {},
        {},
        {},
        {"reduce_only": True},
        {"order_type": OrderType.UNSET, "price": Price(0)},
        {"timeout": Nanos(300 * MILLISECOND)},
        {"after": OrderId(max(1, latest - chance.randint(1, 3)))},
        {"order_type": OrderType.STOP, "price": Price(0), "trigger_price": Price(100)},
        {"time_in_force": TimeInForce.DAY},
    ]


def a_limit(chance: random.Random) -> Limit:
    """Return a limit of any kind."""
    kind = chance.choice(list(RANGES))
    window = Nanos(chance.choice([SECOND, MINUTE]) if kind in WINDOWED else 0)
    return Limit(kind, Millionths(chance.randint(*RANGES[kind])), window=window)


def a_breaker(chance: random.Random, scope: Scope) -> Breaker:
    """Return a breaker of a scope."""
    reset = chance.choice(list(ResetPolicy))
    states = [BreakerState.WARNING, *[one for one in BreakerState if one > BreakerState.RECOVERY]]
    return Breaker(
        f"b{chance.randint(1, 3)}",
        scope,
        chance.choice(CONDITIONS),
        chance.choice(states),
        reset,
        Nanos(SECOND if reset is ResetPolicy.COOL_DOWN else 0),
        recovery=Nanos(chance.choice([0, SECOND])),
        trips_max=chance.choice([0, 3]),
        flatten=chance.randrange(8) == 0,
    )


def a_policy(chance: random.Random) -> PreTradePolicy:
    """Return a policy by which orders are checked one by one."""
    return PreTradePolicy(
        duplicate_window=Nanos(chance.choice([0, 50 * MILLISECOND])),
        self_trade=chance.choice(list(SelfTrade)),
        halt_resume_delay=Nanos(chance.choice([0, SECOND])),
        unacknowledged_age_max=Nanos(chance.choice([0, 10 * SECOND])),
    )
