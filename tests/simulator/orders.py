"""Orders and reports for the tests of the simulator: what a trader would say, in few words."""

from fairlead.model.inputs import Input, VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    Approved,
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.statements import StatementCash
from fairlead.model.terms import InstrumentKind, OrderType, Side, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    SignedQuantity,
    StrategyId,
)
from fairlead.simulator.latency import LatencyModel
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import World

BUY = Side.BUY
SELL = Side.SELL
GTC = TimeInForce.GTC
IOC = TimeInForce.IOC
FOK = TimeInForce.FOK
LIMIT = OrderType.LIMIT
MARKET = OrderType.MARKET

ONE = InstrumentId(1)
START = Nanos(1_723_161_600_000_000_000)  # 2024-08-09T00:00:00Z
TO_VENUE = 100  # nanoseconds, without jitter
FROM_VENUE = 30
DATA = 10

INSTRUMENT = Instrument(
    instrument=ONE,
    symbol="ONE.TEST",
    venue="TEST",
    currency="USD",
    kind=InstrumentKind.SPOT,
    price_decimals=2,
    quantity_decimals=0,
    money_decimals=6,
    price_tick=Price(5),
    quantity_lot=Quantity(10),
    quantity_min=Quantity(10),
    quantity_max=Quantity(10_000),
    notional_min=Money(100_000_000),
    maker_fee=Rate(-2_000),
    taker_fee=Rate(3_000),
)


def quick(
    rejection_rate: int = 0, jitter: int = 0, seed: int = 1, cash: int = 0, transient: int = 0
) -> VenueConfig:
    """Return a venue a few nanoseconds away, so that times can be counted by hand."""
    return VenueConfig(
        order_latency=LatencyModel(Nanos(TO_VENUE), Nanos(jitter)),
        report_latency=LatencyModel(Nanos(FROM_VENUE), Nanos(jitter)),
        data_latency=LatencyModel(Nanos(DATA), Nanos(jitter)),
        rejection_rate=Rate(rejection_rate),
        transient_rejection_rate=Rate(transient),
        cash=(StatementCash("USD", Money(cash)),) if cash else (),
        seed=seed,
    )


def approved(
    order: int,
    side: Side,
    quantity: int,
    price: int,
    *,
    order_type: OrderType = LIMIT,
    time_in_force: TimeInForce = GTC,
    post_only: bool = False,
    price_worst: int = 0,
    instrument: int = ONE,
    request: int = 1,
    client_order: str = "",
) -> Approved:
    """Return an order as if risk had approved it."""
    return Approved(
        order=OrderId(order),
        strategy=StrategyId(1),
        instrument=InstrumentId(instrument),
        side=side,
        order_type=order_type,
        time_in_force=time_in_force,
        post_only=post_only,
        quantity=Quantity(quantity),
        price=Price(price),
        price_worst=Price(price_worst or price),
        reference_price=Price(price),
        notional=Money(0),
        position_worst=SignedQuantity(0),
        request=request,
        client_order=client_order,
    )


def send(
    order: int,
    side: Side,
    quantity: int,
    price: int,
    time_in_force: TimeInForce = GTC,
    *,
    post_only: bool = False,
    instrument: int = ONE,
    request: int = 1,
    client_order: str = "",
) -> SendOrder:
    """Return a new limit order."""
    terms = approved(
        order,
        side,
        quantity,
        price,
        time_in_force=time_in_force,
        post_only=post_only,
        instrument=instrument,
        request=request,
        client_order=client_order,
    )
    return SendOrder(terms)


def market(
    order: int, side: Side, quantity: int, price_worst: int = 0, *, instrument: int = ONE
) -> SendOrder:
    """Return a new market order."""
    terms = approved(
        order,
        side,
        quantity,
        0,
        order_type=MARKET,
        price_worst=price_worst,
        instrument=instrument,
    )
    return SendOrder(terms)


def cancel(order: int, instrument: int = ONE, request: int = 0) -> CancelOrder:
    """Return a cancel."""
    return CancelOrder(OrderId(order), InstrumentId(instrument), request)


def replace(
    order: int,
    side: Side,
    quantity: int,
    price: int,
    *,
    instrument: int = ONE,
    request: int = 2,
    client_order: str = "",
) -> ReplaceOrder:
    """Return other terms for an order."""
    terms = approved(
        order,
        side,
        quantity,
        price,
        instrument=instrument,
        request=request,
        client_order=client_order,
    )
    return ReplaceOrder(terms)


def query(order: int, client_order: str = "", venue_order: str = "") -> QueryOrder:
    """Return a question what became of an order."""
    return QueryOrder(OrderId(order), ONE, client_order, venue_order)


def ask(since: int = 0, *, account: int = 1, venue: str = "TEST") -> RequestStatement:
    """Return a request for a statement."""
    return RequestStatement(AccountId(account), venue, Nanos(since), "a test")


def at(offset: int) -> Nanos:
    """Return a time after the start."""
    return Nanos(START + offset)


def all_of(world: World) -> list[tuple[int, Input]]:
    """Return everything that reaches us until the world is quiet, with the time after the start."""
    heard: list[tuple[int, Input]] = []
    while (time := world.next_time()) is not None:
        heard.extend((time - START, one) for one in world.take(time))
    return heard


def story(inputs: list[Input]) -> list[str]:
    """Return what venue reports say, one short line each; market data is left out."""
    return [line for one in inputs if (line := _line(one))]


def _line(report: Input) -> str:
    kind = type(report).__name__
    if not kind.startswith("Venue"):
        return ""
    words = [kind.removeprefix("Venue").lower(), str(getattr(report, "order", ""))]
    if isinstance(report, VenueFilled):
        words += [f"{report.quantity}@{report.price}", report.liquidity.name.lower()]
    elif kind == "VenueReplaced":
        words.append(f"{getattr(report, 'quantity', 0)}@{getattr(report, 'price', 0)}")
    reason = getattr(report, "reason", "")
    return " ".join([*words, reason] if reason else words)
