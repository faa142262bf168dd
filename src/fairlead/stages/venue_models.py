"""From a configuration to the models by which a simulated venue is reached and trading costs."""

from decimal import Decimal
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementCash
from fairlead.model.units import (
    MILLIONTHS,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    Rate,
)
from fairlead.node.configuration import AccountSettings
from fairlead.node.cost_settings import ImpactSettings
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.venue_settings import RecordedVenueSettings, SimulatedVenueSettings
from fairlead.simulator.impact import ImpactConfig, ImpactLaw
from fairlead.simulator.latency import (
    GammaLatency,
    LatencyModel,
    MeasuredLatency,
    QuantileLatency,
    RecordedLatency,
)
from fairlead.simulator.latency_shapes import lognormal_quantiles
from fairlead.simulator.venue import VenueConfig
from fairlead.stages.errors import WrongWiring

ACCOUNT: Final = AccountId(1)  # the one that a paper session or a backtest trades with
RATE_PER_BASIS_POINT: Final = 10_000
_PER_CENT: Final = Decimal(RATE_UNIT // 100)
_COLUMNS: Final = 3  # of a file of latencies: time, order latency, report latency


def venue_config(
    account: AccountSettings,
    latency: LatencySettings,
    venue: SimulatedVenueSettings | RecordedVenueSettings | None = None,
    cancel_on_disconnect: bool = True,
) -> VenueConfig:
    """Return how a venue is reached; without its settings it never fails. Raises `WrongWiring`."""
    cash = Money(increments(account.cash, account.money_decimals))
    nothing = Decimal(0)
    order, report = latency_models(latency)
    return VenueConfig(
        order_latency=order,
        report_latency=report,
        data_latency=LatencyModel(latency.market_data),
        rejection_rate=share(venue.rejection_rate if venue else nothing),
        transient_rejection_rate=share(venue.transient_rejection_rate if venue else nothing),
        lost_order_rate=share(venue.lost_order_rate if venue else nothing),
        lost_report_rate=share(venue.lost_report_rate if venue else nothing),
        service_time=latency.service_time,
        account=ACCOUNT,
        cash=(StatementCash(account.currency, cash),),
        cost_basis=account.basis(),
        cancel_on_disconnect=cancel_on_disconnect,
        seed=venue.seed if venue else 1,
    )


def latency_models(settings: LatencySettings) -> tuple[LatencyModel, LatencyModel]:
    """Return how long orders take, and reports. Raises `WrongWiring` for a file without it."""
    if settings.model == "recorded":
        return _recorded(settings)
    return _model(settings, settings.order), _model(settings, settings.report)


def _model(settings: LatencySettings, constant: Nanos) -> LatencyModel:
    if settings.model == "quantiles":
        table = [(Rate(int(one.percent * _PER_CENT)), one.extra) for one in settings.quantiles]
        return QuantileLatency(constant, table)
    if settings.model == "lognormal":
        return QuantileLatency(constant, lognormal_quantiles(settings.median, settings.p99))
    if settings.model == "gamma":
        return GammaLatency(constant, settings.mean, settings.stages)
    if settings.model == "measured":
        return MeasuredLatency(constant, settings.clock_ahead - settings.clock_behind)
    return LatencyModel(constant, settings.jitter)


def _recorded(settings: LatencySettings) -> tuple[LatencyModel, LatencyModel]:
    """Read a file of lines `time order report`, all in nanoseconds; `#` begins a remark."""
    file = settings.file
    assert file is not None, "the configuration says which file"
    orders: list[tuple[Nanos, Nanos]] = []
    reports: list[tuple[Nanos, Nanos]] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongWiring(f"venue.latency.file: {file}: {error}") from error
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            time, order, report = (Nanos(int(word)) for word in words)
        except ValueError:
            raise WrongWiring(
                f"{file}:{number}: found {line[:40]!r}, expected {_COLUMNS} whole numbers of"
                " nanoseconds: time, order latency, report latency"
            ) from None
        orders.append((time, order))
        reports.append((time, report))
    try:
        return RecordedLatency(settings.order, orders), RecordedLatency(settings.report, reports)
    except ValueError as error:
        raise WrongWiring(f"{file}: {error}") from error


def impacts(
    settings: ImpactSettings | None, instruments: list[Instrument]
) -> dict[InstrumentId, ImpactConfig]:
    """Return the impact of our trades by instrument. Raises `WrongWiring` where one is missing."""
    if settings is None:
        return {}
    found: dict[InstrumentId, ImpactConfig] = {}
    for instrument in instruments:
        market = settings.markets.get(instrument.symbol)
        if market is None:
            raise WrongWiring(
                f"venue.impact.markets says nothing of {instrument.symbol}, expected its"
                " daily_volume and daily_volatility_bps"
            )
        volume = increments(market.daily_volume, instrument.quantity_decimals)
        found[instrument.instrument] = ImpactConfig(
            ImpactLaw(settings.law),
            coefficient=int(settings.coefficient * MILLIONTHS),
            permanent=int(settings.permanent * MILLIONTHS),
            half_life=settings.half_life,
            volatility=rate(market.daily_volatility_bps),
            volume=Quantity(max(1, volume)),
        )
    return found


def increments(number: Decimal, places: int) -> int:
    """Return a number in units of 10**-places, rounded towards zero: never a looser limit."""
    return int(number.scaleb(places))


def rate(basis_points: Decimal) -> Rate:
    """Return basis points as a rate."""
    return Rate(int(basis_points * RATE_PER_BASIS_POINT))


def share(part: Decimal) -> Rate:
    """Return a share of one as a rate."""
    return Rate(int(part * RATE_UNIT))
