"""What the risk gate costs: one order through every check of every layer, approved.

Beside it stands the least that one could write: eight comparisons in one function. And the same
gate twice: with next to nothing in the market, and with thousands of working orders and hundreds of
positions; an order may not cost more for them.
"""

from collections.abc import Iterator
from time import process_time_ns
from typing import Final

from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.machine.requests import terms_of
from fairlead.model.inputs import (
    AccountDefinition,
    BreakerDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NamedCheckDefinition,
    NodeStarted,
    ProfileChange,
    Quote,
    RiskLimitChange,
    StartCommand,
    StrategyDefinition,
    SubmitRequest,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Approved, FailedCheck
from fairlead.model.risk import FIRM, Breaker, Limit, NamedCheck, Profile, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind, Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import (
    MILLIONTHS,
    NANOS_PER_SECOND,
    AccountId,
    BasisPoints,
    InstrumentId,
    Millionths,
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

NAME: Final = "gate"
FLAT: Final = 1.1  # "the same", with room for the noise of a shared machine
_UNIT: Final = "ns per order"
_PRICE: Final = Price(10_000)
_FEW: Final = 2  # instruments
_MANY: Final = 400
_NOW: Final = Nanos(NANOS_PER_SECOND)
_WIDE: Final = 10**12  # whole units: a limit that is asked and never reached
_BOUNDS: Final = (LimitKind.PRICE_FLOOR, LimitKind.DEPTH, LimitKind.CASH)
_WINDOW: Final = (LimitKind.MESSAGES, LimitKind.REPEATED_EXECUTIONS, LimitKind.VALUE_WINDOW)
_UNASKED: Final = (LimitKind.VALUE_AT_RISK_SHARE, LimitKind.EXPECTED_SHORTFALL_SHARE)


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield what a review costs beside eight comparisons, and beside one in an empty market."""
    few, many = a_desk(_FEW, 0), a_desk(_MANY, sizes.orders_some)
    reviews = sizes.orders
    checks = traced(few)
    what = f"an order through the gate, {checks} checks, all passed"
    yield row(NAME, what, _UNIT, "eight comparisons", _beside_eight(few, reviews, sizes))
    working = many.orders.working_count
    what = f"with {working:,} working orders and {_MANY} positions"
    against = f"with {few.orders.working_count} and {_FEW}"
    yield row(NAME, what, _UNIT, against, _beside(many, few, reviews, sizes), FLAT)


def a_desk(instruments: int, working: int) -> Machine:
    """Return a machine with every kind of limit set in every scope, positions and orders."""
    machine = Machine()
    give(machine, *_set_up(instruments))
    for number in range(1, instruments + 1):
        give(machine, _order(number, number, 10), _accepted(number, number), _filled(number))
    for number in range(instruments + 1, instruments + 1 + working):
        instrument = number % instruments + 1
        give(machine, _order(number, instrument, 1), _accepted(number, instrument))
    return machine


def traced(machine: Machine) -> int:
    """Return how many checks an order is held against; all must pass."""
    trace: list[tuple[OrderId, FailedCheck, bool]] = []
    machine.gate.trace = trace
    assert isinstance(review(machine), Approved), [one for one in trace if not one[2]]
    machine.gate.trace = None
    return len(trace)


def review(machine: Machine) -> object:
    """Put one order before the gate."""
    order = Order(_order(10**9, 1, 5), _NOW)
    terms = terms_of(machine.state, order, order.quantity, order.price, _NOW)
    return machine.gate.review(terms, machine.positions.net(order.instrument))


def give(machine: Machine, *inputs: Input) -> None:
    """Apply inputs, all at one time."""
    for one in inputs:
        machine.apply(Sequence(machine.state.sequence + 1), _NOW, one)


def _beside_eight(machine: Machine, reviews: int, sizes: Sizes) -> Pairs:
    return by_turns(lambda: _reviews(machine, reviews), lambda: _plain(reviews), sizes, reviews)


def _beside(many: Machine, few: Machine, reviews: int, sizes: Sizes) -> Pairs:
    return by_turns(lambda: _reviews(many, reviews), lambda: _reviews(few, reviews), sizes, reviews)


def _reviews(machine: Machine, count: int) -> int:
    state, gate, net = machine.state, machine.gate, machine.positions.net(InstrumentId(1))
    order = Order(_order(10**9, 1, 5), _NOW)
    began = process_time_ns()
    for _ in range(count):
        gate.review(terms_of(state, order, order.quantity, order.price, _NOW), net)
    return process_time_ns() - began


def _plain(count: int) -> int:
    order = Order(_order(10**9, 1, 5), _NOW)
    passed = 0
    began = process_time_ns()
    for _ in range(count):
        passed += _eight_checks(order, False, 0, 9_990, 10_010, 10)
    took = process_time_ns() - began
    assert passed == count, "every order passes"
    return took


def _eight_checks(order: Order, killed: bool, sent: int, bid: int, ask: int, net: int) -> bool:
    """Return whether an order passes what a small engine asks."""
    return (
        not killed
        and order.quantity > 0
        and order.price > 0
        and sent < 100
        and order.quantity <= 1_000
        and order.price * order.quantity <= 10**12
        and abs(2 * order.price - bid - ask) * 100 <= 5 * (bid + ask)
        and net + order.quantity <= 10**6
    )


def _set_up(instruments: int) -> list[Input]:
    inputs: list[Input] = [
        NodeStarted(1, "", "", "paper"),
        AccountDefinition(AccountId(1), "main", "USD", 4, Money(10**15), desk="floor"),
        StrategyDefinition(StrategyId(1), "taker", AccountId(1), "{}"),
        MessageRateChange(MessageRate(10**9, 10**9, Nanos(1)), "ann", ""),
    ]
    for number in range(1, instruments + 1):
        inputs += [
            InstrumentDefinition(_instrument(number)),
            LimitChange(_limits(number), "ann", ""),
            ProfileChange(_profile(number), "ann", ""),
            _quote(number),
        ]
    scopes = (
        FIRM,
        Scope(ScopeKind.DESK, "floor"),
        Scope(ScopeKind.ACCOUNT, "main"),
        Scope(ScopeKind.STRATEGY, "taker"),
        Scope(ScopeKind.VENUE, "SIM"),
        Scope(ScopeKind.INSTRUMENT, "I1"),
    )
    every = tuple(_limit(kind) for kind in LimitKind if kind not in _UNASKED)
    inputs += [RiskLimitChange(scope, every, "ann", "") for scope in scopes]
    breaker = Breaker("daily loss", FIRM, "daily_pnl < -0.03")
    check = NamedCheck("price", "abs(order_price - mid_price) / mid_price < 0.05")
    inputs += [
        BreakerDefinition(breaker, "ann", ""),
        NamedCheckDefinition(check, "ann", ""),
        StartCommand("ann", "measured"),
    ]
    return inputs


def _limit(kind: LimitKind) -> Limit:
    window = Nanos(NANOS_PER_SECOND) if kind in (*_WINDOW, LimitKind.LOSS_RATE_SHARE) else Nanos(0)
    hard = 0 if kind in _BOUNDS else _WIDE * MILLIONTHS
    return Limit(kind, Millionths(hard), window=window)


def _instrument(number: int) -> Instrument:
    return Instrument(
        instrument=InstrumentId(number),
        symbol=f"I{number}",
        venue="SIM",
        currency="USD",
        kind=InstrumentKind.PERPETUAL,
        price_decimals=2,
        quantity_decimals=0,
        money_decimals=4,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(10**6),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def _limits(number: int) -> Limits:
    return Limits(
        InstrumentId(number),
        Quantity(10**6),
        Money(10**18),
        Quantity(10**9),
        BasisPoints(1_000),
        Nanos(NANOS_PER_SECOND),
    )


def _profile(number: int) -> Profile:
    volume = Millionths(10**6 * MILLIONTHS)
    return Profile(InstrumentId(number), f"sector {number % 11}", average_daily_volume=volume)


def _quote(number: int) -> Quote:
    bid, ask, size = Price(_PRICE - 10), Price(_PRICE + 10), Quantity(10_000)
    return Quote(InstrumentId(number), bid, size, ask, size, UpdateId(0), _NOW)


def _order(number: int, instrument: int, quantity: int) -> SubmitRequest:
    return SubmitRequest(
        StrategyId(1),
        OrderId(number),
        InstrumentId(instrument),
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        _PRICE,
    )


def _accepted(number: int, instrument: int) -> VenueAccepted:
    return VenueAccepted(OrderId(number), InstrumentId(instrument), f"V{number}", _NOW)


def _filled(number: int) -> VenueFilled:
    return VenueFilled(
        OrderId(number),
        InstrumentId(number),
        f"E{number}",
        20260105,
        _PRICE,
        Quantity(10),
        Money(0),
        Liquidity.TAKER,
        _NOW,
    )
