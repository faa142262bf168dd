"""From a configuration to the world that a session trades against."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import msgspec

from fairlead.gateways.binance import BinanceFeed, Market, infer
from fairlead.gateways.live_line import Addresses
from fairlead.gateways.live_venues import LIVE_VENUES, LiveVenue
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.recording import RecordingCounts, read_recording, recorded_inputs
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import WallClock
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementCash
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    INCREMENTS_MAX,
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
)
from fairlead.node.configuration import AccountSettings, Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.live_settings import LiveVenueSettings
from fairlead.node.settings import decimals
from fairlead.node.venue_settings import (
    DirectVenueSettings,
    FeeSettings,
    LatencySettings,
    ListedInstrumentSettings,
    RecordedVenueSettings,
    SimulatedInstrumentSettings,
    SimulatedVenueSettings,
)
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.followed import FollowedWorld
from fairlead.simulator.latency import LatencyModel
from fairlead.simulator.market import MarketConfig, simulated_world
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import QueueModel, RecordedConfig
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import World
from fairlead.stages.errors import WrongWiring
from fairlead.stages.live_market import LiveMarket
from fairlead.stages.venue_outside import VenueOutside

ACCOUNT: Final = AccountId(1)  # the one that a paper session or a backtest trades with
SIMULATED: Final = "SIM"  # the venue of a simulated market
MarketName = Literal["spot", "usdm", "auto"]

_MARKETS: Final[dict[MarketName, Market | None]] = {
    "spot": Market.SPOT,
    "usdm": Market.USDM,
    "auto": None,
}
_FOLLOWED_DECIMALS: Final = 8  # as fine as venues write quantities
_RATE_PER_BASIS_POINT = 10_000
A_LONG_TIME = 366 * 86_400 * 10**9  # a session without a duration ends when it is stopped


@dataclass(frozen=True)
class Surroundings:
    """A world with what there is to trade in it, from `start` until `until`."""

    world: World
    instruments: list[Instrument]
    start: Nanos
    until: Nanos
    feed: BinanceFeed | None = None
    recording: RecordingCounts | None = None
    venue: VenueOutside | LiveMarket | None = None  # where time passes by itself


def surroundings(configuration: Configuration) -> Surroundings:
    """Return the world of a configuration. Raises the errors of gateways and simulator."""
    venue = configuration.venue
    if isinstance(venue, SimulatedVenueSettings):
        return _simulated(configuration, venue)
    if isinstance(venue, DirectVenueSettings):
        return _direct(configuration, venue)
    if isinstance(venue, LiveVenueSettings):
        return _live(configuration, venue)
    return _recorded(configuration, venue)


def instrument_of(
    files: tuple[Path, ...], market: MarketName, account: AccountSettings | None
) -> tuple[Instrument, Market]:
    """Return what a recording is of, in the money of the account. Raises `WrongWiring`."""
    frames = (frame for _, frame in read_recording(files))
    instrument, found = infer(InstrumentId(1), frames, _MARKETS[market])
    if account is None:
        return instrument, found
    if account.currency != instrument.currency:
        raise WrongWiring(
            f"account.currency is {account.currency}, but {instrument.symbol} is paid in"
            f" {instrument.currency}: set account.currency to {instrument.currency}"
        )
    return _in_money_of(account, instrument), found


def market_and_venue(
    account: AccountSettings, venue: SimulatedVenueSettings, cancel_on_disconnect: bool = True
) -> tuple[MarketConfig, VenueConfig]:
    """Return who trades there and on which terms, and how the venue is reached."""
    crowds = [
        _crowd(InstrumentId(number), terms, venue.fees, account)
        for number, terms in enumerate(venue.instruments, start=1)
    ]
    config = _venue_config(
        account,
        venue.latency,
        venue.seed,
        venue.rejection_rate,
        venue.transient_rejection_rate,
        cancel_on_disconnect,
    )
    return MarketConfig(crowds, seed=venue.seed), config


def _simulated(configuration: Configuration, venue: SimulatedVenueSettings) -> Surroundings:
    start = configuration.session.start_time
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    market, config = market_and_venue(configuration.account, venue)
    world = simulated_world(market, config, start, until)
    return Surroundings(world, market.instruments(), start, until)


def _direct(configuration: Configuration, venue: DirectVenueSettings) -> Surroundings:
    """Return a venue in another process. Nothing is connected before the journal is recovered."""
    instruments = [
        _instrument(InstrumentId(number), terms, venue.venue, venue.fees, configuration.account)
        for number, terms in enumerate(venue.instruments, start=1)
    ]
    outside = VenueOutside(
        venue.venue,
        Address.parse(venue.address),
        tuple(instruments),
        configuration.account.name,
        venue.heartbeat,
        configuration.session.clock,
    )
    start = WallClock().now()
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    return Surroundings(outside.world, instruments, start, until, venue=outside)


def _live(configuration: Configuration, venue: LiveVenueSettings) -> Surroundings:
    """Return a live market with a simulated venue in it. Nothing is heard before recovery."""
    source = source_of(configuration, venue)
    instruments = followed_instruments(configuration, venue, source)
    market = LiveMarket(
        source,
        instruments,
        _silences(venue),
        Addresses(venue.stream or "", venue.rest or ""),
        venue.record,
        configuration.session.clock,
    )
    start = WallClock().now()
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    world = FollowedWorld(market.arrivals, instruments, recorded_config(configuration))
    return Surroundings(world, instruments, start, until, venue=market)


def followed_instruments(
    configuration: Configuration, venue: LiveVenueSettings, source: LiveVenue
) -> list[Instrument]:
    """Return what is traded in a live market."""
    return [
        _followed(InstrumentId(number), terms, source, venue.fees, configuration.account)
        for number, terms in enumerate(venue.instruments, start=1)
    ]


def source_of(configuration: Configuration, venue: LiveVenueSettings) -> LiveVenue:
    """Return the venue of a name. Raises `ConfigurationError` where there is none."""
    found = LIVE_VENUES.get(venue.source)
    if found is None or found.kind is InstrumentKind.INVERSE:
        linear = (
            name for name, one in LIVE_VENUES.items() if one.kind is not InstrumentKind.INVERSE
        )
        expected = f"a venue with linear instruments: {', '.join(linear)}"
        raise ConfigurationError([configuration.problem(("venue", "source"), expected)])
    return found


def _followed(
    number: InstrumentId,
    terms: ListedInstrumentSettings,
    source: LiveVenue,
    fees: FeeSettings,
    account: AccountSettings,
) -> Instrument:
    """Return an instrument whose quantities are as fine as the account's money allows.

    When a venue coarsens its grid, finer orders stay in its book.
    """
    listed = _instrument(number, terms, source.venue, fees, account)
    finest = min(_FOLLOWED_DECIMALS, account.money_decimals - listed.price_decimals)
    finer = max(0, finest - listed.quantity_decimals)
    scale = 10**finer
    return msgspec.structs.replace(
        listed,
        kind=source.kind,
        quantity_decimals=listed.quantity_decimals + finer,
        quantity_lot=Quantity(listed.quantity_lot * scale),
        quantity_min=Quantity(listed.quantity_min * scale),
        quantity_max=Quantity(min(listed.quantity_max * scale, INCREMENTS_MAX)),
    )


def _silences(venue: LiveVenueSettings) -> dict[DataClass, Nanos]:
    told = venue.silence
    spans = {
        DataClass.BOOK: told.book,
        DataClass.QUOTE: told.quote,
        DataClass.TRADE: told.trade,
    }
    return {what: span for what, span in spans.items() if span is not None}


def _recorded(configuration: Configuration, venue: RecordedVenueSettings) -> Surroundings:
    instrument, market = instrument_of(venue.files, venue.market, configuration.account)
    if venue.fees is not None:
        instrument = msgspec.structs.replace(
            instrument, maker_fee=_rate(venue.fees.maker_bps), taker_fee=_rate(venue.fees.taker_bps)
        )
    feed = BinanceFeed(instrument, market)
    counts = RecordingCounts()
    events = recorded_inputs(venue.files, feed, counts)
    world = RecordedWorld(_in_order(events), [instrument], recorded_config(configuration))
    start = world.next_time() or Nanos(0)
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    return Surroundings(world, [instrument], start, until, feed, counts)


def recorded_config(configuration: Configuration) -> RecordedConfig:
    """Return how orders of a configuration meet a recording.

    How long a venue outside took, nobody has written down: it is as far as a venue usually is.
    """
    venue = configuration.venue
    model = QueueModel.PESSIMISTIC
    if isinstance(venue, RecordedVenueSettings | LiveVenueSettings):
        model = QueueModel(venue.queue_model)
    latency = LatencySettings() if isinstance(venue, DirectVenueSettings) else venue.latency
    settings = _venue_config(configuration.account, latency, seed=1)
    return RecordedConfig(venue=settings, queue_model=model)


def _in_order(
    events: Iterator[tuple[Nanos, list[Input]]],
) -> Iterator[tuple[Nanos, list[Input]]]:
    """Yield the events; one that was recorded with an earlier time keeps the last time.

    A recorder's clock may be put back. Order is the order of the file, as order is by number.
    """
    last = Nanos(0)
    for time, inputs in events:
        last = max(last, time)
        yield last, inputs


def _crowd(
    number: InstrumentId,
    terms: SimulatedInstrumentSettings,
    fees: FeeSettings,
    account: AccountSettings,
) -> CrowdConfig:
    instrument = _instrument(number, terms, SIMULATED, fees, account)
    return CrowdConfig(
        instrument,
        price_start=Price(increments(terms.price_start, instrument.price_decimals)),
        quantity=Quantity(increments(terms.quantity_typical, instrument.quantity_decimals)),
        volatility=BasisPoints(terms.volatility_daily_bps),
        arrivals=terms.arrivals_per_second,
        half_spread=int(terms.half_spread_ticks * 100),
    )


def _instrument(
    number: InstrumentId,
    terms: ListedInstrumentSettings,
    venue: str,
    fees: FeeSettings,
    account: AccountSettings,
) -> Instrument:
    price_decimals = decimals(terms.price_tick)
    quantity_decimals = decimals(terms.quantity_lot)
    return Instrument(
        instrument=number,
        symbol=terms.symbol,
        venue=venue,
        currency=account.currency,
        kind=InstrumentKind.SPOT,
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        money_decimals=account.money_decimals,
        price_tick=Price(increments(terms.price_tick, price_decimals)),
        quantity_lot=Quantity(increments(terms.quantity_lot, quantity_decimals)),
        quantity_min=Quantity(increments(terms.quantity_min, quantity_decimals)),
        quantity_max=Quantity(increments(terms.quantity_max, quantity_decimals)),
        notional_min=Money(increments(terms.notional_min, account.money_decimals)),
        maker_fee=_rate(fees.maker_bps),
        taker_fee=_rate(fees.taker_bps),
    )


def increments(number: Decimal, places: int) -> int:
    """Return a number in units of 10**-places, rounded towards zero: never a looser limit."""
    return int(number.scaleb(places))


def _rate(basis_points: Decimal) -> Rate:
    return Rate(int(basis_points * _RATE_PER_BASIS_POINT))


def _venue_config(
    account: AccountSettings,
    latency: LatencySettings,
    seed: int,
    rejection_rate: Decimal = Decimal(0),
    transient_rejection_rate: Decimal = Decimal(0),
    cancel_on_disconnect: bool = True,
) -> VenueConfig:
    cash = Money(increments(account.cash, account.money_decimals))
    return VenueConfig(
        order_latency=LatencyModel(latency.order, latency.jitter),
        report_latency=LatencyModel(latency.report, latency.jitter),
        data_latency=LatencyModel(latency.market_data),
        rejection_rate=Rate(increments(rejection_rate, 8)),
        transient_rejection_rate=Rate(increments(transient_rejection_rate, 8)),
        account=ACCOUNT,
        cash=(StatementCash(account.currency, cash),),
        cost_basis=account.basis(),
        cancel_on_disconnect=cancel_on_disconnect,
        seed=seed,
    )


def _in_money_of(account: AccountSettings, instrument: Instrument) -> Instrument:
    needed = instrument.price_decimals + instrument.quantity_decimals
    if account.money_decimals < needed:
        raise WrongWiring(
            f"account.money_decimals is {account.money_decimals}, but {instrument.symbol} needs"
            f" {needed}: a price of {instrument.price_decimals} decimals times a quantity of"
            f" {instrument.quantity_decimals}"
        )
    shift = account.money_decimals - instrument.money_decimals
    notional_min = Decimal(instrument.notional_min).scaleb(shift)
    return msgspec.structs.replace(
        instrument, money_decimals=account.money_decimals, notional_min=Money(int(notional_min))
    )
