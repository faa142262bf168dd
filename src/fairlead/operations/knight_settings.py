"""What the desk of a drill may do, and the inputs that say so to its machine.

A scale model: one share is worth about 20 dollars, a child order about 2,000, a parent 20,000. Each
layer stops the runaway loop of 50 orders a second for 100 shares a little later than the one before
it would: what a layer misses, the next one catches, and the last mile comes last of all.
"""

from typing import Final

import msgspec

from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.model.inputs import (
    AccountDefinition,
    BreakerDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    PreTradePolicyChange,
    RiskLimitChange,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.risk import FIRM, Breaker, Limit, PreTradePolicy, Scope
from fairlead.model.risk_terms import BreakerState, LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    MILLIONTHS,
    NANOS_PER_SECOND,
    AccountId,
    BasisPoints,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
    StrategyId,
)

SECOND: Final = NANOS_PER_SECOND
VENUE: Final = "NYSE"
ABC: Final = InstrumentId(1)
XYZ: Final = InstrumentId(2)
NEVER_QUOTED: Final = InstrumentId(3)  # nobody ever says what it is worth
SYMBOLS: Final = {ABC: "ABC", XYZ: "XYZ", NEVER_QUOTED: "NEW"}
QUOTED: Final = (ABC, XYZ)
CENTS: Final = 100  # money is counted in them
BID: Final = Price(1_995)  # in cents, as all prices here
ASK: Final = Price(2_005)
MID: Final = Price(2_000)
CASH: Final = 1_000_000
NO_BOUND: Final = 900_000_000  # of shares, dollars, orders: further than any drill comes
REPEATS_WINDOW: Final = Nanos(10 * SECOND)
ORDER_RATE_ALARM: Final = "order-rate alarm"
VALUE_RATE_ALARM: Final = "value-rate alarm"
RATE_ALARMS: Final = (ORDER_RATE_ALARM, VALUE_RATE_ALARM)
_PERSON: Final = "the drill"
_REASON: Final = "as agreed"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one desk may do; in shares, dollars and orders, over all of its strategies."""

    strategies: tuple[str, ...] = ("router",)
    order_quantity_max: int = 500
    order_value_max: int = 15_000
    messages_max: int = 100  # in a second
    order_rate_alarm: int = 5  # orders in a second
    value_rate_alarm: int = 10_000  # dollars in a second
    order_rate_max: int = 15  # of one strategy; more halts it
    value_rate_max: int = 40_000
    repeats_max: int = 20  # orders of a strategy that trade, with nobody looking
    refusals_stop: bool = True  # whether a strategy is halted of which most is refused
    position_max: int = 2_500
    loss_max: int = 300  # in a day
    gross_max: int = 70_000
    loss_kill: int = 400  # in a day, at which the firm is killed
    shard_quantity_max: int = 10_000  # of the last mile: in a minute
    shard_value_max: int = 90_000  # of the last mile: in a day


STANDARD: Final = Settings()
# What a machine holds nobody to. The last mile has its own word, and keeps it.
OLD: Final = Settings(
    order_quantity_max=NO_BOUND,
    order_value_max=NO_BOUND,
    messages_max=1_000_000,
    order_rate_alarm=NO_BOUND,
    value_rate_alarm=NO_BOUND,
    order_rate_max=NO_BOUND,
    value_rate_max=NO_BOUND,
    repeats_max=NO_BOUND,
    refusals_stop=False,
    position_max=NO_BOUND,
    loss_max=NO_BOUND,
    gross_max=NO_BOUND,
    loss_kill=999_999,
)


def set_up(settings: Settings) -> list[Input]:
    """Return what makes a machine ready to be started."""
    inputs: list[Input] = [
        NodeStarted(1, "drill", "drill", "paper"),
        AccountDefinition(AccountId(1), "main", "USD", 2, Money(CASH * CENTS)),
        *(InstrumentDefinition(_instrument(number)) for number in SYMBOLS),
        *(
            StrategyDefinition(StrategyId(number), name, AccountId(1), "{}")
            for number, name in enumerate(settings.strategies, 1)
        ),
        *(LimitChange(_limits(number, settings), _PERSON, _REASON) for number in SYMBOLS),
        MessageRateChange(MessageRate(settings.messages_max, 50, Nanos(SECOND)), _PERSON, _REASON),
        PreTradePolicyChange(PreTradePolicy(), _PERSON, _REASON),
        RiskLimitChange(FIRM, _firm_limits(settings), _PERSON, _REASON),
    ]
    for name in settings.strategies:
        scope = Scope(ScopeKind.STRATEGY, name)
        repeats = _limit(LimitKind.REPEATED_EXECUTIONS, settings.repeats_max, REPEATS_WINDOW)
        inputs.append(RiskLimitChange(scope, (repeats,), _PERSON, _REASON))
    return inputs + [BreakerDefinition(one, _PERSON, _REASON) for one in _breakers(settings)]


def last_mile_limits(settings: Settings) -> LastMileLimits:
    """Return what the last mile of a desk lets out."""
    value = Money(settings.shard_value_max * CENTS)
    bounds = InstrumentBounds(
        order_quantity_max=Quantity(settings.shard_quantity_max),
        order_notional_max=value,
        window_quantity_max=Quantity(settings.shard_quantity_max),
    )
    return LastMileLimits(
        instruments=dict.fromkeys(SYMBOLS, bounds),
        orders_per_second_max=1_000,
        window=Nanos(60 * SECOND),
        window_notional_max=value,
        day_notional_max=value,
    )


def _instrument(number: InstrumentId) -> Instrument:
    return Instrument(
        instrument=number,
        symbol=SYMBOLS[number],
        venue=VENUE,
        currency="USD",
        kind=InstrumentKind.PERPETUAL,  # sold short as easily as it is bought
        price_decimals=2,
        quantity_decimals=0,
        money_decimals=2,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(1_000_000),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def _limits(number: InstrumentId, settings: Settings) -> Limits:
    return Limits(
        instrument=number,
        order_quantity_max=Quantity(settings.order_quantity_max),
        order_notional_max=Money(settings.order_value_max * CENTS),
        position_quantity_max=Quantity(settings.position_max),
        collar=BasisPoints(500),
        reference_age_max=Nanos(SECOND),
    )


def _firm_limits(settings: Settings) -> tuple[Limit, ...]:
    return (
        _limit(LimitKind.GROSS, settings.gross_max),
        _limit(LimitKind.LOSS_DAY, settings.loss_max),
    )


def _breakers(settings: Settings) -> list[Breaker]:
    alarm = BreakerState.WARNING
    loss = f"0.{settings.loss_kill * MILLIONTHS // CASH:06d}"
    breakers = [
        Breaker(ORDER_RATE_ALARM, FIRM, f"order_rate > {settings.order_rate_alarm}", alarm),
        Breaker(VALUE_RATE_ALARM, FIRM, f"notional_rate > {settings.value_rate_alarm}", alarm),
        Breaker("catastrophic loss", FIRM, f"daily_loss > {loss}", kills=True),
    ]
    for name in settings.strategies:
        scope = Scope(ScopeKind.STRATEGY, name)
        rules = {
            "order rate": f"order_rate > {settings.order_rate_max}",
            "value rate": f"notional_rate > {settings.value_rate_max}",
        }
        if settings.refusals_stop:
            rules["refusals"] = "refusal_rate > 0.5"
        breakers += [Breaker(f"{rule} of {name}", scope, rules[rule]) for rule in rules]
    return breakers


def _limit(kind: LimitKind, most: int, window: Nanos = Nanos(0)) -> Limit:
    return Limit(kind, Millionths(most * MILLIONTHS), None, window)
