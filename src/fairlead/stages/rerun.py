"""A session lived again against the market data in its own journal: what would have happened.

The market of a session is in its journal, every quote and trade with its time. Here it is passed on
once more, and our orders meet it as they meet any recording (`simulator/recorded.py`): the market
never knows of them. What the venue said of our orders then, what strategies asked and when timers
ran out is not taken over: that is what is to be found out. Nor is what persons did while the
session ran; it is counted in `left_out`.

Of a session on a recording the same strategy asks the same again, order by order. A simulated or a
live venue had our orders in its book, and filled them by its own queue: there the difference is
what the model of a recording is worth.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.gateways.last_mile import NoSwitch
from fairlead.journal.sequencer import VirtualClock
from fairlead.model.codec import decode_input
from fairlead.model.inputs import (
    AccountDefinition,
    BookChange,
    BookSnapshot,
    Input,
    InstrumentDefinition,
    LimitChange,
    MarketData,
    MessageRateChange,
    NodeStarted,
    ParentEnd,
    ParentRequest,
    SendBlocked,
    StartCommand,
    Statement,
    StopCommand,
    StrategyDefinition,
    StrategyFailed,
    StrategyRequest,
    TimePassed,
    TimerFired,
    TradingDayBegan,
    VenueConnected,
    VenueDisconnected,
    VenueReport,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.units import Nanos
from fairlead.node.build import sources_hash
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
    StrategySettings,
)
from fairlead.node.pace import Pace
from fairlead.node.reading import recorded
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.node.yaml_values import HIDDEN
from fairlead.readers.reader import Reader
from fairlead.simulator.recorded import RecordedWorld
from fairlead.stages.backtest import STAGE, lived_through
from fairlead.stages.errors import WrongWiring
from fairlead.stages.opening import connections, opening
from fairlead.stages.venue_models import ACCOUNT
from fairlead.stages.wiring import Outside, Wired, seated, wire
from fairlead.stages.worlds import Surroundings, recorded_config

Event = tuple[Nanos, list[Input]]

# What the session makes anew, and what is to be found out: never taken over.
_MADE_ANEW: Final = (
    *(NodeStarted, TradingDayBegan, TimePassed, TimerFired, StrategyFailed, SendBlocked),
    *(VenueConnected, VenueDisconnected, Statement, StartCommand, StopCommand),
    *(ParentRequest, ParentEnd),
)
_parameters: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_OURS: Final = StrategyRequest | VenueReport


@dataclass
class Recalled:
    """What a journal says of its session: what opened it, and from when to when it traded."""

    directory: Path
    account: AccountDefinition | None = None
    instruments: list[Instrument] = field(default_factory=list)
    strategies: list[StrategyDefinition] = field(default_factory=list)
    limits: dict[str, Limits] = field(default_factory=dict)
    rate: MessageRate | None = None
    opening: list[Input] = field(default_factory=list)
    configuration: str = ""  # its digest
    began: bool = False
    start: Nanos = Nanos(0)
    until: Nanos = Nanos(0)
    stopped: bool = False
    left_out: Counter[str] = field(default_factory=Counter)


def recall(directory: Path) -> Recalled:
    """Read what a journal says of its session. Raises the errors of journals and `WrongWiring`."""
    found = Recalled(directory)
    for entry in recorded(directory):
        _recall(found, decode_input(entry.input), entry.time)
    if not found.start:
        raise WrongWiring(f"{directory}: has no market data, so there is nothing to trade on")
    if found.account is None or found.account.account != ACCOUNT:
        raise WrongWiring(f"{directory}: expected one account, with number {ACCOUNT}")
    return found


def _recall(found: Recalled, input: Input, time: Nanos) -> None:
    if isinstance(input, StopCommand):
        found.stopped = True
    elif isinstance(input, NodeStarted):
        found.configuration = found.configuration or input.configuration
    elif isinstance(input, StartCommand):
        found.began = True
    elif is_market(input):
        found.start = found.start or time
    elif not isinstance(input, _MADE_ANEW) and not isinstance(input, _OURS):
        _define(found, input)
    if not found.stopped:
        found.until = time


def _define(found: Recalled, input: Input) -> None:
    """Take a definition, a limit or a rule; what came while it traded is left out."""
    if found.began:
        found.left_out[type(input).__name__] += not found.stopped
        return
    found.opening.append(input)
    match input:
        case AccountDefinition():
            if found.account is not None:
                raise WrongWiring(f"{found.directory}: has several accounts, a rerun knows one")
            found.account = input
        case InstrumentDefinition():
            found.instruments.append(input.instrument)
        case StrategyDefinition():
            found.strategies.append(input)
        case LimitChange():
            symbol = _symbol(found, input.limits)
            found.limits[symbol] = input.limits
        case MessageRateChange():
            found.rate = input.rate


def _symbol(found: Recalled, limits: Limits) -> str:
    known = {one.instrument: one.symbol for one in found.instruments}
    return known.get(limits.instrument, "")


def is_market(input: Input) -> bool:
    """Whether an input is what the market said, whoever traded in it."""
    return isinstance(input, MarketData) and not isinstance(input, TradingDayBegan)


def market(directory: Path) -> Iterator[Event]:
    """Yield what the market said, with its times: what came as one event, as one.

    A snapshot and the changes that were kept back for it were one. All else came one by one.
    """
    event: list[Input] = []
    before = Nanos(0)
    for entry in recorded(directory):
        input = decode_input(entry.input)
        if not is_market(input):
            continue
        belongs = isinstance(input, BookChange) and entry.time == before
        if event and not (belongs and isinstance(event[0], BookSnapshot)):
            yield before, event
            event = []
        event.append(input)
        before = entry.time
    if event:
        yield before, event


# --- the rerun ---


def configuration_of(
    recalled: Recalled, strategy: str | None = None, parameters: Mapping[str, Any] | None = None
) -> Configuration:
    """Return a configuration for a journal that comes without one: what the journal says.

    `strategy` is where the code of its only strategy is, if its name does not say it; `parameters`
    go over those that it had. What a journal does not say (latencies, the queue model) is as it is
    by default.
    """
    account = recalled.account
    assert account is not None, "a session that was recalled has an account"
    if (strategy is not None or parameters) and len(recalled.strategies) != 1:
        names = ", ".join(one.name for one in recalled.strategies) or "none"
        raise WrongWiring(
            f"{recalled.directory}: its strategies are {names}: to exchange or set one of them,"
            " give a configuration"
        )
    return Configuration(
        venue=RecordedVenueSettings(kind="recorded", files=(recalled.directory,)),
        account=AccountSettings(
            name=account.name,
            desk=account.desk or None,
            currency=account.currency,
            money_decimals=account.money_decimals,
            cash=Decimal(account.cash).scaleb(-account.money_decimals),
            cost_basis="fifo" if account.cost_basis.name == "FIFO" else "average",
        ),
        strategies=tuple(_strategy(one, strategy, parameters or {}) for one in recalled.strategies),
        limits=_limits(recalled),
    )


def _strategy(
    definition: StrategyDefinition, code: str | None, over: Mapping[str, Any]
) -> StrategySettings:
    parameters: dict[str, Any] = _parameters.decode(definition.parameters or "{}")
    parameters |= over
    if HIDDEN in parameters.values():
        raise WrongWiring(
            f"{definition.name}: a parameter is a secret, which no journal has: expected --config"
        )
    trader = definition.trader or None
    return StrategySettings(
        name=definition.name,
        strategy=code or definition.name,
        parameters=parameters,
        trader=trader,
    )


def _limits(recalled: Recalled) -> LimitSettings:
    """Return the limits that the session began with; the last mile counts by them too."""
    rate = recalled.rate or MessageRate(0, 0, Nanos(10**9))
    terms = {one.symbol: one for one in recalled.instruments}
    return LimitSettings(
        instruments={
            symbol: InstrumentLimitSettings(
                order_quantity_max=_decimal(
                    own.order_quantity_max, terms[symbol].quantity_decimals
                ),
                order_notional_max=_decimal(own.order_notional_max, terms[symbol].money_decimals),
                position_quantity_max=_decimal(
                    own.position_quantity_max, terms[symbol].quantity_decimals
                ),
                collar_bps=own.collar,
                reference_age_max=own.reference_age_max,
            )
            for symbol, own in recalled.limits.items()
            if symbol in terms
        },
        message_rate=MessageRateSettings(
            count_max=rate.count_max, cancel_reserve=rate.cancel_reserve, window=rate.window
        ),
    )


def _decimal(amount: int, places: int) -> Decimal:
    return Decimal(amount).scaleb(-places)


def rerun(
    recalled: Recalled,
    configuration: Configuration,
    pace: Pace,
    own_rules: bool,
    readers: Iterable[Reader] = (),
) -> Wired:
    """Live a session again. With `own_rules` it opens as the journal says, else by configuration.

    Raises the errors of journals, of configurations and strategies, and `WrongWiring`.
    """
    events, instruments = market(recalled.directory), recalled.instruments
    world = RecordedWorld(events, instruments, recorded_config(configuration, instruments))
    around = Surroundings(world, instruments, recalled.start, recalled.until)
    outside = Outside(around, VirtualClock(recalled.start), NoSwitch(), seated(configuration))
    wired = wire(configuration, readers, outside=outside)
    if not own_rules:
        return lived_through(wired, opening(wired, 1, STAGE), pace)
    started = NodeStarted(1, sources_hash(), configuration.digest(), STAGE)
    rules = [_with_parameters(input, configuration) for input in recalled.opening]
    return lived_through(wired, [started, *rules, *connections(wired)], pace)


def _with_parameters(input: Input, configuration: Configuration) -> Input:
    """Let a definition of a strategy say the parameters that it has now."""
    if not isinstance(input, StrategyDefinition):
        return input
    settings = configuration.strategies[input.strategy - 1]
    return msgspec.structs.replace(input, parameters=settings.parameters_text())
