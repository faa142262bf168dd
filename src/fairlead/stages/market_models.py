"""From a configuration to the shape of a simulated market's day, and what goes wrong in it."""

from fairlead.model.units import RATE_UNIT, InstrumentId, Nanos, Rate
from fairlead.node.market_settings import ScenarioSettings
from fairlead.node.venue_settings import SimulatedVenueSettings
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.day_shape import DayShape
from fairlead.simulator.market import MarketConfig
from fairlead.simulator.scenarios import Scenario, ScenarioKind


def market_config(
    venue: SimulatedVenueSettings,
    crowds: list[CrowdConfig],
    start: Nanos,
    follows: dict[int, int] | None = None,
) -> MarketConfig:
    """Return a market of these crowds; scenarios count from `start`."""
    day = venue.day_shape
    shape = None
    if day is not None:
        shape = DayShape(day.opens, day.length, day.volume, day.volatility, day.spread)
    scenarios = [
        scenario for terms in venue.scenarios for scenario in _scenarios(terms, crowds, start)
    ]
    return MarketConfig(
        crowds, seed=venue.seed, follows=follows, shape=shape, scenarios=tuple(scenarios)
    )


def _scenarios(terms: ScenarioSettings, crowds: list[CrowdConfig], start: Nanos) -> list[Scenario]:
    """Return one scenario of all, or one for each venue that lists what it is about."""
    if terms.symbol is None:
        return [_scenario(terms, start, None)]
    name = terms.symbol.partition(".")[0]
    concerned = [
        one.instrument for one in crowds if one.instrument.symbol.partition(".")[0] == name
    ]
    return [_scenario(terms, start, one.instrument) for one in concerned]


def _scenario(terms: ScenarioSettings, start: Nanos, instrument: InstrumentId | None) -> Scenario:
    return Scenario(
        ScenarioKind(terms.kind),
        Nanos(start + terms.at),
        terms.lasts,
        size=Rate(int(terms.size * RATE_UNIT)),
        factor=terms.factor,
        instrument=instrument,
    )
