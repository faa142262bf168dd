"""From a configuration to a trading floor: a new one, or one that stands where it stood."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from fairlead.gateways.direct.venue_end import Account
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.venue_settings import SimulatedVenueSettings
from fairlead.simulator.market import simulated_world
from fairlead.stages.errors import WrongWiring
from fairlead.stages.floor import TradingFloor
from fairlead.stages.floor_record import FloorOpened, FloorRecord
from fairlead.stages.matching_rules import rules_of
from fairlead.stages.worlds import A_LONG_TIME, market_and_venue


@dataclass(frozen=True)
class FloorTerms:
    """What the floor is beside its configuration."""

    quiet: bool = False  # the books stand as they began, but for our own orders
    keeps_orders: bool = False  # our orders go on when our session ends
    forgets_numbers: bool = False  # it begins to count its messages anew


def open_floor(
    configuration: Configuration, terms: FloorTerms, now: Nanos, record: Path | None = None
) -> TradingFloor:
    """Return the floor. Raises `WrongWiring`, `FloorUnreadable`, `OSError`."""
    venue = configuration.venue
    if not isinstance(venue, SimulatedVenueSettings):
        raise WrongWiring(f"venue.kind is {venue.kind}: an exchange is made of a simulated one")
    if venue.venues or venue.matching.data == "orders":
        raise WrongWiring("an exchange is one venue that publishes levels: see venue.venues, data")
    written = _record(record, FloorOpened(now, now, _digest(configuration, terms)))
    opened = written.opened if written is not None else FloorOpened(now, now, "")
    market, config = market_and_venue(
        configuration.account, venue, opened.time, not terms.keeps_orders
    )
    until = opened.time if terms.quiet else Nanos(opened.time + A_LONG_TIME)
    rules = rules_of(venue.matching)
    world = simulated_world(market, config, opened.time, until, rules)
    instruments = tuple(market.instruments())
    run = now if terms.forgets_numbers else opened.run
    account = Account(instruments[0].venue, configuration.account.name, instruments, run)
    floor = TradingFloor(world, account, written, terms.quiet)
    floor.take_reports()  # they are kept, and nobody is connected yet
    if terms.forgets_numbers:
        account.begin(account.epoch, account.instance)
    return floor


def _record(path: Path | None, opened: FloorOpened) -> FloorRecord | None:
    return FloorRecord(path, opened) if path is not None else None


def _digest(configuration: Configuration, terms: FloorTerms) -> str:
    """Return what makes one market another than the next."""
    plain = configuration.plain()
    content = [plain["venue"], plain["account"], terms.quiet, terms.keeps_orders]
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
