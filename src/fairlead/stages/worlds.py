"""From a configuration to the world that a session trades against."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from fairlead.gateways.backup import Backup, BackupTerms
from fairlead.gateways.calendars import SessionClock, trading_calendar, with_sessions
from fairlead.gateways.live_line import Addresses
from fairlead.gateways.live_venues import LIVE_VENUES, Limits, LiveVenue
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import WallClock
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    INCREMENTS_MAX,
    NANOS_PER_SECOND,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
)
from fairlead.node.configuration import AccountSettings, Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.live_settings import LiveVenueSettings, SecondSourceSettings, SourceSettings
from fairlead.node.settings import decimals
from fairlead.node.venue_settings import (
    DirectVenueSettings,
    FeeSettings,
    ListedInstrumentSettings,
    PlaceSettings,
    RecordedVenueSettings,
    SimulatedInstrumentSettings,
    SimulatedVenueSettings,
    symbol_at,
)
from fairlead.node.yaml_text import KeyPath
from fairlead.simulator.bars import BarConfig, BarWorld
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.followed import FollowedWorld
from fairlead.simulator.market import MarketConfig, simulated_world
from fairlead.simulator.queue_models import QueueModel
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.venues import Place, several_venues
from fairlead.simulator.world import World
from fairlead.stages.errors import WrongWiring
from fairlead.stages.live_market import LiveMarket, Source
from fairlead.stages.market_models import market_config
from fairlead.stages.matching_rules import listed, rules_of, tiers_of
from fairlead.stages.recordings import Data, Recordings, data_of
from fairlead.stages.venue_models import impacts, increments, rate, share, venue_config
from fairlead.stages.venue_outside import VenueOutside

SIMULATED: Final = "SIM"  # the venue of a simulated market
_PULSE_MAX: Final = Nanos(10 * NANOS_PER_SECOND)  # where a venue sends a heartbeat each second
_FOLLOWED_DECIMALS: Final = 8  # as fine as venues write quantities
BAR_SLIPPAGE_BPS: Final = Decimal(10)  # of who takes where nobody says what could be bought
BAR_FEE_BPS: Final = Decimal(1)
A_LONG_TIME = 366 * 86_400 * 10**9  # a session without a duration ends when it is stopped


@dataclass(frozen=True)
class Surroundings:
    """A world with what there is to trade in it, from `start` until `until`."""

    world: World
    instruments: list[Instrument]
    start: Nanos
    until: Nanos
    recordings: Recordings | None = None
    data: Data = "book"  # what the recordings show
    venue: VenueOutside | LiveMarket | None = None  # where time passes by itself
    days_told: frozenset[str] = frozenset()  # the venues whose days the world tells, by a calendar


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


def instruments_of(
    recordings: Recordings, account: AccountSettings | None
) -> tuple[Instrument, ...]:
    """Return what recordings are of, in the money of the account. Raises `WrongWiring`."""
    if account is None:
        return recordings.instruments
    for instrument in recordings.instruments:
        if account.currency != instrument.currency:
            raise WrongWiring(
                f"account.currency is {account.currency}, but {instrument.symbol} is paid in"
                f" {instrument.currency}: set account.currency to {instrument.currency}"
            )
    return tuple(_in_money_of(account, one) for one in recordings.instruments)


def market_and_venue(
    account: AccountSettings,
    venue: SimulatedVenueSettings,
    start: Nanos,
    cancel_on_disconnect: bool = True,
) -> tuple[MarketConfig, VenueConfig]:
    """Return who trades at one venue and on which terms, and how it is reached."""
    place = PlaceSettings(name=SIMULATED)
    crowds = _crowds(account, venue, place, 1)
    config = _place_config(account, venue, place, cancel_on_disconnect)
    return market_config(venue, crowds, start), config


def _simulated(configuration: Configuration, venue: SimulatedVenueSettings) -> Surroundings:
    start = configuration.session.start_time
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    if venue.venues:
        return _several(configuration.account, venue, start, until)
    market, config = market_and_venue(configuration.account, venue, start)
    world = simulated_world(market, config, start, until, rules_of(venue.matching))
    return Surroundings(world, market.instruments(), start, until)


def _several(
    account: AccountSettings, venue: SimulatedVenueSettings, start: Nanos, until: Nanos
) -> Surroundings:
    """Return a market at several venues: at the later ones all is worth what it is at the first."""
    crowds: list[CrowdConfig] = []
    places = []
    for place in venue.venues:
        crowds += _crowds(account, venue, place, len(crowds) + 1)
        config = _place_config(account, venue, place, tells_cash=False)
        places.append(Place(place.name, config, rules_of(place.matching or venue.matching)))
    listed_once = len(venue.instruments)
    follows = {index: index % listed_once for index in range(listed_once, len(crowds))}
    market = market_config(venue, crowds, start, follows)
    world = several_venues(market, places, start, until)
    return Surroundings(world, market.instruments(), start, until)


def _crowds(
    account: AccountSettings, venue: SimulatedVenueSettings, place: PlaceSettings, first: int
) -> list[CrowdConfig]:
    """Return who trades what at a place; its instruments are numbered from `first`."""
    fees, matching = place.fees or venue.fees, place.matching or venue.matching
    crowds = []
    for number, terms in enumerate(venue.instruments, start=first):
        symbol = terms.symbol
        if venue.venues:
            symbol = symbol_at(symbol, place.name)
        named = terms.model_copy(update={"symbol": symbol})
        crowd = _crowd(InstrumentId(number), named, place.name, fees, account)
        crowd.instrument = listed(crowd.instrument, matching)
        crowds.append(crowd)
    return crowds


def _place_config(
    account: AccountSettings,
    venue: SimulatedVenueSettings,
    place: PlaceSettings,
    cancel_on_disconnect: bool = True,
    tells_cash: bool = True,
) -> VenueConfig:
    config = venue_config(account, place.latency or venue.latency, venue, cancel_on_disconnect)
    config.fee_tiers = tiers_of(place.matching or venue.matching, account.money_decimals)
    if not tells_cash:
        config.cash = ()
    return config


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
        spins=configuration.session.wait == "spin",
    )
    start = WallClock().now()
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    return Surroundings(outside.world, instruments, start, until, venue=outside)


def _live(configuration: Configuration, venue: LiveVenueSettings) -> Surroundings:
    """Return a live market with a simulated venue in it. Nothing is heard before recovery."""
    source = source_of(configuration, venue)
    instruments = followed_instruments(configuration, venue, source)
    limits = _silences(venue)
    sources = [Source(source, instruments, addresses_of(venue), limits)]
    backup = None
    if venue.backup is not None:
        sources.append(_backup_source(configuration, venue.backup, instruments, limits))
        names = (source.name, f"{sources[1].venue.name} (backup)")
        backup = Backup(instruments, names, _backup_terms(venue.source, venue.backup))
    market = LiveMarket(sources, backup, venue.record, configuration.session.clock)
    start = WallClock().now()
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    world = FollowedWorld(market.arrivals, instruments, recorded_config(configuration, instruments))
    return Surroundings(world, instruments, start, until, venue=market)


def followed_instruments(
    configuration: Configuration, venue: LiveVenueSettings, source: LiveVenue
) -> list[Instrument]:
    """Return what is traded in a live market. Raises `ConfigurationError`."""
    for index, terms in enumerate(venue.instruments):
        if source.kind_of(terms.symbol) is InstrumentKind.INVERSE:
            path = ("venue", "instruments", index, "symbol")
            expected = "a linear instrument: an inverse contract is paid in its coin"
            raise ConfigurationError([configuration.problem(path, expected)])
    return [
        _followed(InstrumentId(number), terms, source, venue.fees, configuration.account)
        for number, terms in enumerate(venue.instruments, start=1)
    ]


def addresses_of(source: SourceSettings) -> Addresses:
    """Return where a source is reached, if not where its venue is."""
    return Addresses(source.stream or "", source.rest or "")


def source_of(configuration: Configuration, venue: LiveVenueSettings) -> LiveVenue:
    """Return the venue of a name. Raises `ConfigurationError` where there is none."""
    return _named(configuration, venue.source, ("venue", "source"))


def _named(configuration: Configuration, name: str, path: KeyPath) -> LiveVenue:
    if name not in LIVE_VENUES:
        expected = f"one of {', '.join(LIVE_VENUES)}"
        raise ConfigurationError([configuration.problem(path, expected)])
    return LIVE_VENUES[name]


def _backup_source(
    configuration: Configuration,
    backup: SecondSourceSettings,
    instruments: list[Instrument],
    limits: Limits,
) -> Source:
    """Return the second source: the same instruments under its own symbols."""
    venue = _named(configuration, backup.source, ("venue", "backup", "source"))
    there = [
        msgspec.structs.replace(each, symbol=backup.symbols.get(each.symbol, each.symbol))
        for each in instruments
    ]
    return Source(venue, there, addresses_of(backup), limits)


def _backup_terms(first: str, backup: SecondSourceSettings) -> BackupTerms:
    return BackupTerms(
        silent=backup.silent,
        hold=backup.hold,
        shares_trades=first == backup.source,
        difference_bps=backup.difference_bps,
        difference_time=backup.difference_time,
        difference_makes_stale=backup.on_difference == "stale",
    )


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
    listed = _instrument(number, terms, source.venue_of(terms.symbol), fees, account)
    finest = min(_FOLLOWED_DECIMALS, account.money_decimals - listed.price_decimals)
    finer = max(0, finest - listed.quantity_decimals)
    scale = 10**finer
    return msgspec.structs.replace(
        listed,
        kind=source.kind_of(terms.symbol),
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
        DataClass.PULSE: _PULSE_MAX,
    }
    return {what: span for what, span in spans.items() if span is not None}


def _recorded(configuration: Configuration, venue: RecordedVenueSettings) -> Surroundings:
    settings = (venue, *venue.beside)
    recordings = Recordings(settings)
    data = data_of(settings) if venue.data == "auto" else venue.data
    listed = instruments_of(recordings, configuration.account)
    instruments = [_with_fees(one, venue.fees, data) for one in listed]
    config = recorded_config(configuration, instruments, data)
    events = recordings.events()
    days_told: frozenset[str] = frozenset()
    if venue.calendar is not None:
        calendar = trading_calendar(venue.calendar)
        days_told = frozenset(one.venue for one in instruments)
        events = with_sessions(events, [SessionClock(calendar, one) for one in sorted(days_told)])
    world: RecordedWorld
    if data == "bars":
        bars = BarConfig(spread=rate(venue.spread_bps), participation=share(venue.participation))
        world = BarWorld(events, instruments, config, bars)
    else:
        world = RecordedWorld(events, instruments, config)
    start = world.next_time() or Nanos(0)
    until = Nanos(start + (configuration.session.duration or A_LONG_TIME))
    return Surroundings(world, instruments, start, until, recordings, data, days_told=days_told)


def recorded_config(
    configuration: Configuration, instruments: list[Instrument], data: Data = "book"
) -> RecordedConfig:
    """Return how orders of a configuration meet a recording.

    How long a venue outside took, nobody has written down: it is as far as a venue usually is.
    """
    venue, account = configuration.venue, configuration.account
    if isinstance(venue, DirectVenueSettings):
        return RecordedConfig(venue=venue_config(account, LatencySettings()))
    if not isinstance(venue, RecordedVenueSettings):
        settings = venue_config(account, venue.latency)
        if isinstance(venue, LiveVenueSettings):
            return RecordedConfig(venue=settings, queue_model=QueueModel(venue.queue_model))
        return RecordedConfig(venue=settings)
    slippage = BAR_SLIPPAGE_BPS if data == "bars" else Decimal(0)
    return RecordedConfig(
        venue=venue_config(account, venue.latency, venue),
        queue_model=QueueModel(venue.queue_model),
        queue_power=venue.queue_power,
        touch_only=data == "touch",
        delayed=venue.times == "venue",
        measure_latency=venue.latency.model == "measured",
        impacts=impacts(venue.impact, instruments),
        slippage=rate(slippage if venue.slippage_bps is None else venue.slippage_bps),
    )


def _with_fees(instrument: Instrument, fees: FeeSettings | None, data: Data) -> Instrument:
    """Return an instrument with the fees of the configuration, or of data that has no venue."""
    if fees is None and data == "bars":
        fees = FeeSettings(maker_bps=BAR_FEE_BPS, taker_bps=BAR_FEE_BPS)
    if fees is None:
        return instrument
    return msgspec.structs.replace(
        instrument, maker_fee=rate(fees.maker_bps), taker_fee=rate(fees.taker_bps)
    )


def _crowd(
    number: InstrumentId,
    terms: SimulatedInstrumentSettings,
    venue: str,
    fees: FeeSettings,
    account: AccountSettings,
) -> CrowdConfig:
    instrument = _instrument(number, terms, venue, fees, account)
    return CrowdConfig(
        instrument,
        price_start=Price(increments(terms.price_start, instrument.price_decimals)),
        quantity=Quantity(increments(terms.quantity_typical, instrument.quantity_decimals)),
        volatility=BasisPoints(terms.volatility_daily_bps),
        arrivals=terms.arrivals_per_second,
        half_spread=int(terms.half_spread_ticks * 100),
        informed=terms.informed_percent,
        lead=terms.informed_lead,
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
        maker_fee=rate(fees.maker_bps),
        taker_fee=rate(fees.taker_bps),
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
