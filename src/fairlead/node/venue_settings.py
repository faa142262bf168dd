"""The section about the venue: a simulated market, a recording, or a venue in another process."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, Strict

from fairlead.gateways.formats import FORMATS
from fairlead.model.units import (
    INCREMENTS_MAX,
    NANOS_PER_MILLISECOND,
    NANOS_PER_SECOND,
    Nanos,
)
from fairlead.node.cost_settings import ImpactSettings
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.market_settings import DayShapeSettings, ScenarioSettings
from fairlead.node.settings import (
    BasisPointsNumber,
    Contradiction,
    Duration,
    Location,
    Name,
    Number,
    PositiveDuration,
    Section,
    Symbol,
    decimals,
    is_multiple,
    matching,
    refuse,
    repeated,
)

HALF_SPREAD_DECIMALS: Final = 2  # the simulator counts hundredths of a tick
INFORMED_LEAD_MIN: Final = Nanos(100 * NANOS_PER_MILLISECOND)  # how finely the value walks
INCREMENT_DECIMALS_MAX: Final = 12  # what an instrument may have
HEARTBEAT_MIN: Final = Nanos(10 * NANOS_PER_MILLISECOND)
SHARE_DECIMALS_MAX: Final = 8  # the simulator counts shares in parts of 10^8
HEARTBEAT_MAX: Final = Nanos(60 * NANOS_PER_SECOND)


def _share(share: Decimal) -> Decimal:
    return share if decimals(share) <= SHARE_DECIMALS_MAX else refuse("at most 8 decimals")


Share = Annotated[Number, Field(ge=0, le=1), AfterValidator(_share)]


class FeeSettings(Section):
    """What a fill costs, in basis points of its notional. Negative is a rebate."""

    maker_bps: BasisPointsNumber = Field(default=Decimal(2), ge=-100, le=1000)
    taker_bps: BasisPointsNumber = Field(default=Decimal(5), ge=-100, le=1000)


class ListedInstrumentSettings(Section):
    """One instrument as its venue lists it, priced in the currency of the account."""

    symbol: Symbol
    price_tick: Number = Field(default=Decimal("0.01"), gt=0)
    quantity_lot: Number = Field(default=Decimal(1), gt=0)
    quantity_min: Number = Field(default_factory=lambda known: known["quantity_lot"], gt=0)
    quantity_max: Number = Field(default_factory=lambda known: known["quantity_lot"] * 10_000, gt=0)
    notional_min: Number = Field(default=Decimal(0), ge=0)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what is off its grid, out of order, or more than a record can hold."""
        for name in ("quantity_min", "quantity_max"):
            if not is_multiple(getattr(self, name), self.quantity_lot):
                yield Contradiction((name,), "a multiple of quantity_lot")
        if self.quantity_min > self.quantity_max:
            yield Contradiction(("quantity_min",), "at most quantity_max")
        for grid_name, name in self.gridded():
            precision = decimals(getattr(self, grid_name))
            if precision > INCREMENT_DECIMALS_MAX:
                yield Contradiction((grid_name,), f"at most {INCREMENT_DECIMALS_MAX} decimals")
            elif getattr(self, name) * 10**precision > INCREMENTS_MAX:
                yield Contradiction((name,), f"at most {INCREMENTS_MAX} increments")

    def gridded(self) -> tuple[tuple[str, str], ...]:
        """Return what steps on which grid, and must fit a record there."""
        return (("price_tick", "price_tick"), ("quantity_lot", "quantity_max"))


class SimulatedInstrumentSettings(ListedInstrumentSettings):
    """One instrument of the simulated market, and how lively it is."""

    price_start: Number = Field(gt=0)
    quantity_typical: Number = Field(
        default_factory=lambda known: known["quantity_lot"] * 100, gt=0
    )
    volatility_daily_bps: int = Field(default=250, ge=0, le=10_000)
    arrivals_per_second: int = Field(default=18, ge=1, le=10_000)
    half_spread_ticks: Number = Field(default=Decimal("0.4"), ge=Decimal("0.01"), le=1000)
    informed_percent: int = Field(default=0, ge=0, le=11)
    informed_lead: Duration = Nanos(5 * NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what is off its grid, out of order, or more than a record can hold."""
        if not is_multiple(self.price_start, self.price_tick):
            yield Contradiction(("price_start",), "a multiple of price_tick")
        if not is_multiple(self.quantity_typical, self.quantity_lot):
            yield Contradiction(("quantity_typical",), "a multiple of quantity_lot")
        if not self.quantity_min <= self.quantity_typical <= self.quantity_max:
            yield Contradiction(
                ("quantity_typical",), "a quantity from quantity_min to quantity_max"
            )
        if self.informed_lead < INFORMED_LEAD_MIN:
            yield Contradiction(("informed_lead",), "at least 100ms")
        if decimals(self.half_spread_ticks) > HALF_SPREAD_DECIMALS:
            yield Contradiction(("half_spread_ticks",), "at most 2 decimals")
        yield from super().contradictions()

    def gridded(self) -> tuple[tuple[str, str], ...]:
        """Return what steps on which grid, and must fit a record there."""
        return (("price_tick", "price_start"), ("quantity_lot", "quantity_max"))


class FeeTierSettings(FeeSettings):
    """Fees from a volume of thirty days on, in the currency of the account."""

    volume: Number = Field(ge=0)


class PhaseSettings(Section):
    """From which time of day (UTC) on which phase."""

    at: Annotated[str, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "HH:MM")]
    phase: Literal[
        "pre_open", "opening_auction", "continuous", "closing_auction", "halt_auction", "closed"
    ]


class BandSettings(Section):
    """Price bands around what traded: how wide, and what follows from standing at one."""

    width_bps: int = Field(ge=1, le=9_999)
    limit_state: PositiveDuration = Nanos(15 * NANOS_PER_SECOND)
    pause: PositiveDuration = Nanos(300 * NANOS_PER_SECOND)


class MatchingSettings(Section):
    """How a simulated exchange matches, and what it takes."""

    order_types: Annotated[
        tuple[Literal["stop", "stop_limit", "market_to_limit", "pegged"], ...], Strict(False)
    ] = ()  # beside market and limit
    times_in_force: Annotated[
        tuple[Literal["day", "gtd", "at_open", "at_close"], ...], Strict(False)
    ] = ()  # beside GTC, IOC and FOK
    icebergs: bool = False
    data: Literal["levels", "orders"] = "levels"
    self_trade: Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"] = (
        "cancel_newest"
    )
    hours: Annotated[tuple[PhaseSettings, ...], Strict(False)] = Field(default=(), max_length=100)
    bands: BandSettings | None = None
    fee_tiers: Annotated[tuple[FeeTierSettings, ...], Strict(False)] = Field(
        default=(), max_length=100
    )
    halt_call: PositiveDuration = Nanos(60 * NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what does not rise, and volumes that do not begin at 0."""
        times = [one.at for one in self.hours]
        for index in range(1, len(times)):
            if times[index] <= times[index - 1]:
                yield Contradiction(("hours", index, "at"), "later than the one before")
        volumes = [one.volume for one in self.fee_tiers]
        if volumes and volumes[0] != 0:
            yield Contradiction(
                ("fee_tiers", 0, "volume"), "0: the first tier holds from the start"
            )
        for index in range(1, len(volumes)):
            if volumes[index] <= volumes[index - 1]:
                yield Contradiction(("fee_tiers", index, "volume"), "more than the one before")


class PlaceSettings(Section):
    """One of several simulated venues; what it does not say is as the others have it."""

    name: Name
    fees: FeeSettings | None = None
    latency: LatencySettings | None = None
    matching: MatchingSettings | None = None


def symbol_at(symbol: str, venue: str) -> str:
    """Return what a symbol is called at one of several venues: `ALPHA.NORTH`."""
    return f"{symbol.partition('.')[0]}.{venue}"


class SimulatedVenueSettings(Section):
    """A market made from a seed, on a simulated exchange. The same seed gives the same market.

    With `venues` each instrument is listed at each of them, worth the same everywhere.
    """

    kind: Literal["simulated"]
    seed: int = Field(default=1, ge=0, lt=2**63)
    instruments: Annotated[tuple[SimulatedInstrumentSettings, ...], Strict(False)] = Field(
        min_length=1, max_length=1000
    )
    latency: LatencySettings = LatencySettings()
    rejection_rate: Share = Decimal(0)
    transient_rejection_rate: Share = Decimal(0)
    lost_order_rate: Share = Decimal(0)
    lost_report_rate: Share = Decimal(0)
    fees: FeeSettings = FeeSettings()
    day_shape: DayShapeSettings | None = None
    scenarios: Annotated[tuple[ScenarioSettings, ...], Strict(False)] = Field(
        default=(), max_length=1000
    )
    matching: MatchingSettings = MatchingSettings()
    venues: Annotated[tuple[PlaceSettings, ...], Strict(False)] = Field(default=(), max_length=20)

    def symbols(self) -> list[str]:
        """Return the names of all that is listed, venue by venue."""
        names = [instrument.symbol for instrument in self.instruments]
        if not self.venues:
            return names
        return [symbol_at(name, place.name) for place in self.venues for name in names]

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the symbols that are there twice, and shares that are too fine or too large."""
        for index in repeated([place.name for place in self.venues]):
            yield Contradiction(("venues", index, "name"), "each name once")
        symbols = [instrument.symbol for instrument in self.instruments]
        if self.venues:
            symbols = [symbol_at(symbol, "") for symbol in symbols]
        for index in repeated(symbols):
            yield Contradiction(("instruments", index, "symbol"), "each symbol once")
        yield from rejections(self.rejection_rate, self.transient_rejection_rate)
        listed = [instrument.symbol for instrument in self.instruments]
        for index, one in enumerate(self.scenarios):
            if one.symbol is not None and one.symbol not in listed:
                yield Contradiction(("scenarios", index, "symbol"), "an instrument of this venue")


class RecordingSettings(Section):
    """Recorded files of one format, and what they do not say themselves."""

    format: str = "binance-raw"
    files: Annotated[tuple[Location, ...], Strict(False)] = Field(min_length=1, max_length=1000)
    market: str = "auto"
    symbols: Annotated[tuple[Symbol, ...], Strict(False)] = Field(default=(), max_length=1000)
    date: Annotated[str, matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day: yyyy-mm-dd")] | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return an unknown format, and the files that are there twice."""
        if self.format not in FORMATS:
            yield Contradiction(("format",), f"one of {', '.join(FORMATS)}")
        for index in repeated([str(file) for file in self.files]):
            yield Contradiction(("files", index), "each file once")


class RecordedVenueSettings(RecordingSettings):
    """A market that was recorded. Our orders are filled by what it shows."""

    kind: Literal["recorded"]
    beside: Annotated[tuple[RecordingSettings, ...], Strict(False)] = Field(
        default=(), max_length=1000
    )
    data: Literal["auto", "book", "touch", "bars"] = "auto"
    times: Literal["received", "venue"] = "received"
    calendar: str | None = None  # whose sessions are told: 24/7, or an exchange's code
    seed: int = Field(default=1, ge=0, lt=2**63)
    latency: LatencySettings = LatencySettings()
    queue_model: Literal["pessimistic", "proportional", "power", "logarithmic"] = "pessimistic"
    queue_power: int = Field(default=3, ge=1, le=8)
    rejection_rate: Share = Decimal(0)
    transient_rejection_rate: Share = Decimal(0)
    lost_order_rate: Share = Decimal(0)
    lost_report_rate: Share = Decimal(0)
    impact: ImpactSettings | None = None
    slippage_bps: BasisPointsNumber | None = Field(default=None, ge=0, le=9999)
    spread_bps: BasisPointsNumber = Field(default=Decimal(0), ge=0, le=9999)
    participation: Share = Field(default=Decimal("0.1"), gt=0)
    fees: FeeSettings | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what is wrong with the files, and shares that are too large together."""
        yield from super().contradictions()
        yield from rejections(self.rejection_rate, self.transient_rejection_rate)


def rejections(for_good: Decimal, for_now: Decimal) -> Iterator[Contradiction]:
    """Return that more than all is turned down."""
    if for_good + for_now > 1:
        yield Contradiction(("transient_rejection_rate",), "at most 1 together with rejection_rate")


class DirectVenueSettings(Section):
    """A venue in another process, over the direct protocol: `fairlead exchange`, or a bridge."""

    kind: Literal["direct"]
    address: Annotated[
        str, matching(r"(unix|ring):.+|.+:[0-9]{1,5}", "HOST:PORT, or unix: or ring: and a path")
    ] = "127.0.0.1:7350"
    venue: Name = "SIM"
    instruments: Annotated[tuple[ListedInstrumentSettings, ...], Strict(False)] = Field(
        min_length=1, max_length=1000
    )
    fees: FeeSettings = FeeSettings()
    heartbeat: PositiveDuration = Nanos(NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the symbols that are there twice, and a heart that beats too fast or slow."""
        symbols = [instrument.symbol for instrument in self.instruments]
        for index in repeated(symbols):
            yield Contradiction(("instruments", index, "symbol"), "each symbol once")
        if not HEARTBEAT_MIN <= self.heartbeat <= HEARTBEAT_MAX:
            yield Contradiction(("heartbeat",), "a duration from 10ms to 60s")
