"""What a node runs with: frozen models, every value checked, every unit in a name or a type.

A limit that is missing is the strictest one and never "unlimited". Where a file is read and written
is `loading.py`; every key is explained in docs/reference/configuration.md. Nothing here may open a
file or look at the environment.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from pydantic import Field, PrivateAttr, SecretStr, Strict, field_validator
from pydantic_core.core_schema import ValidationInfo

from fairlead.model.terms import CostBasis
from fairlead.model.units import (
    MONEY_MAX,
    NANOS_PER_SECOND,
    Nanos,
)
from fairlead.node.capacity_settings import CapacitySettings
from fairlead.node.clock_watch import ClockSettings
from fairlead.node.data_settings import DataSettings
from fairlead.node.errors import Problem
from fairlead.node.execution_settings import ExecutionSettings
from fairlead.node.live_settings import LiveVenueSettings
from fairlead.node.policy_settings import MarkSettings, OrderSettings, ReconciliationSettings
from fairlead.node.processor_settings import Core, ProcessorSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.settings import (
    Contradiction,
    Currency,
    Location,
    Name,
    Number,
    Person,
    PositiveDuration,
    Section,
    Symbol,
    Time,
    decimals,
    matching,
    repeated,
)
from fairlead.node.venue_settings import (
    DirectVenueSettings,
    RecordedVenueSettings,
    SimulatedVenueSettings,
)
from fairlead.node.watch_settings import (
    AlertingSettings,
    AuditSettings,
    BackupSettings,
    LoggingSettings,
    MonitoringSettings,
    ReadModelSettings,
)
from fairlead.node.yaml_text import KeyPath
from fairlead.node.yaml_values import HIDDEN, Source

MEBIBYTE: Final = 1024 * 1024
START_TIME: Final = Nanos(1_767_623_400 * NANOS_PER_SECOND)  # Monday, 2026-01-05T14:30:00Z

_CREDENTIAL: Final = re.compile(
    r"password|passphrase|secret|api_?key|private_?key|(?:access|auth|bearer|api)_?token",
    re.IGNORECASE,
)
_canonical: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")


class JournalSettings(Section):
    """Where inputs are written down, and how surely before they count."""

    directory: Location = Path("var/journal")
    durability: Literal["process", "disk"] = "process"
    segment_bytes: int = Field(default=64 * MEBIBYTE, ge=64 * 1024, le=1024 * MEBIBYTE)
    reserve_bytes: int = Field(default=8 * MEBIBYTE, ge=0, le=1024 * MEBIBYTE)
    free_bytes_min: int = Field(default=64 * MEBIBYTE, ge=0)
    on_low_space: Literal["cancel", "block"] = "cancel"
    snapshot_inputs: int = Field(default=250_000, ge=0)  # from one snapshot to the next; 0: none
    encryption_key: Location | None = None


class AccountSettings(Section):
    """With what is traded: one currency, its precision, the cash at the beginning, the basis of
    costs.
    """

    name: Name = "paper"
    desk: Name | None = None
    currency: Currency
    money_decimals: int = Field(default=8, ge=0, le=18)
    cash: Number = Field(ge=0)
    cost_basis: Literal["average", "fifo"] = "average"

    def basis(self) -> CostBasis:
        """Return the basis of costs as a word of the model."""
        return CostBasis[self.cost_basis.upper()]

    def contradictions(self) -> Iterator[Contradiction]:
        """Return whether the cash is finer than its currency, or more than a record can hold."""
        if decimals(self.cash) > self.money_decimals:
            yield Contradiction(("cash",), "at most money_decimals decimals")
        if self.cash * 10**self.money_decimals > MONEY_MAX:
            yield Contradiction(("cash",), f"at most {MONEY_MAX} units of 10**-money_decimals")


class StrategySettings(Section):
    """One strategy: who it is, where its code is, what it is told, and who answers for it.

    It runs in the node's process, or in one of its `own`, which it may share with the others of a
    `worker`. `parameters` are plain values: text, whole numbers, exact decimals, truth values,
    lists and mappings; a value under `!secret` is a `SecretStr`. The strategy's own class says
    which it takes.
    """

    name: Name
    strategy: Annotated[
        str,
        matching(
            r"(?:[a-z_][a-z0-9_]*|[^:\0]+\.py)(?::[A-Za-z_][A-Za-z0-9_]*)?",
            "a name such as market_making or a file such as mine.py, perhaps with :ClassName",
        ),
    ]
    parameters: Mapping[str, Any] = {}
    trader: Person | None = None
    process: Literal["node", "own"] = "node"
    worker: Name | None = None
    cores: Annotated[tuple[Core, ...], Strict(False)] = ()

    @property
    def worker_name(self) -> str:
        """What the process is called that it runs in, if that is not the node's."""
        return self.worker or self.name

    def parameters_text(self) -> str:
        """Return the parameters as JSON for the audit, secrets hidden."""
        return _canonical.encode(_plain(self.parameters)).decode()

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the credentials that are not marked as secrets: they would end in the journal; and
        what is said of a process that it does not have.
        """
        for key in ("worker", "cores"):
            if getattr(self, key) and self.process == "node":
                yield Contradiction((key,), "it with process: own alone", about="key")
        for path in _bare_credentials(self.parameters, ("parameters",)):
            yield Contradiction(path, "a credential as !secret ${NAME}", about="secret")


class InstrumentLimitSettings(Section):
    """The limits of one instrument, over all strategies. What is not set may not be traded."""

    order_quantity_max: Number = Field(default=Decimal(0), ge=0)
    order_notional_max: Number = Field(default=Decimal(0), ge=0)
    position_quantity_max: Number = Field(default=Decimal(0), ge=0)
    collar_bps: int = Field(default=100, ge=0, le=9999)
    reference_age_max: PositiveDuration = Nanos(NANOS_PER_SECOND)


class MessageRateSettings(Section):
    """How many messages may leave in a sliding window; cancels have a reserve on top."""

    count_max: int = Field(default=20, ge=0, le=1_000_000)
    cancel_reserve: int = Field(default=20, ge=0, le=1_000_000)
    window: PositiveDuration = Nanos(NANOS_PER_SECOND)


class LimitSettings(Section):
    """What the risk gate holds every order against."""

    default: InstrumentLimitSettings = InstrumentLimitSettings()
    instruments: Mapping[Symbol, InstrumentLimitSettings] = {}
    message_rate: MessageRateSettings = MessageRateSettings()
    capacity: CapacitySettings = CapacitySettings()

    def of(self, symbol: str) -> InstrumentLimitSettings:
        """Return the limits of an instrument: its own, or the default ones."""
        return self.instruments.get(symbol, self.default)

    def notionals(self) -> Iterator[tuple[KeyPath, Decimal]]:
        """Return the notional limits, and where each of them is set."""
        name = "order_notional_max"
        yield ("default", name), self.default.order_notional_max
        for symbol, own in self.instruments.items():
            if own.order_notional_max != self.default.order_notional_max:
                yield ("instruments", symbol, name), own.order_notional_max

    @field_validator("instruments")
    @classmethod
    def _completed(
        cls, instruments: Mapping[str, InstrumentLimitSettings], info: ValidationInfo
    ) -> Mapping[str, InstrumentLimitSettings]:
        """Fill what an instrument leaves open with the default limits."""
        default: InstrumentLimitSettings | None = info.data.get("default")
        if default is None:  # it is wrong, and is reported as such
            return instruments
        return {
            symbol: default.model_copy(
                update={name: getattr(own, name) for name in own.model_fields_set}
            )
            for symbol, own in instruments.items()
        }


class WorkerSettings(Section):
    """What strategies in processes of their own are allowed before they are taken off."""

    hang: PositiveDuration = Nanos(NANOS_PER_SECOND)
    catch_up: PositiveDuration = Nanos(60 * NANOS_PER_SECOND)
    ring_bytes: int = Field(default=4 * MEBIBYTE, ge=64 * 1024, le=1024 * MEBIBYTE)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a size that no ring has."""
        if self.ring_bytes & (self.ring_bytes - 1):
            yield Contradiction(("ring_bytes",), "a power of two")


class SessionSettings(Section):
    """How long, how fast, how it waits, from when, and what becomes of working orders."""

    duration: PositiveDuration | None = None
    speed: Literal["max", "1x", "10x"] = "max"
    wait: Literal["block", "spin"] = "block"
    stop_policy: Literal["cancel", "keep"] = "cancel"
    start_time: Time = START_TIME
    clock: ClockSettings = ClockSettings()


class Configuration(Section):
    """All that a node runs with. Two are equal if they mean the same, wherever written."""

    include: Annotated[tuple[Location, ...], Strict(False)] = Field(default=(), max_length=10)
    journal: JournalSettings = JournalSettings()
    venue: (
        SimulatedVenueSettings | RecordedVenueSettings | DirectVenueSettings | LiveVenueSettings
    ) = Field(discriminator="kind")
    account: AccountSettings
    strategies: Annotated[tuple[StrategySettings, ...], Strict(False)] = Field(
        default=(), max_length=100
    )
    limits: LimitSettings = LimitSettings()
    risk: RiskSettings = RiskSettings()
    orders: OrderSettings = OrderSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    execution: ExecutionSettings = ExecutionSettings()
    marks: MarkSettings = MarkSettings()
    data: DataSettings = DataSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    alerting: AlertingSettings = AlertingSettings()
    logging: LoggingSettings = LoggingSettings()
    audit: AuditSettings = AuditSettings()
    backup: BackupSettings = BackupSettings()
    read_model: ReadModelSettings = ReadModelSettings()
    session: SessionSettings = SessionSettings()
    workers: WorkerSettings = WorkerSettings()
    processor: ProcessorSettings = ProcessorSettings()
    _source: Source = PrivateAttr(default_factory=Source)

    def plain(self) -> dict[str, Any]:
        """Return the content as mappings, lists and scalars: durations as text, secrets hidden."""
        content = _plain(self.model_dump())
        assert isinstance(content, dict), "a section is a mapping"
        return content

    def digest(self) -> str:
        """Return the SHA-256 of the content as sorted JSON, in hex. Secrets are not part of it.

        Equal configurations have equal digests, however their numbers and durations were written.
        """
        return sha256(_canonical.encode(_shortest(self.plain()))).hexdigest()

    def problem(self, path: KeyPath, expected: str) -> Problem:
        """Return the problem that the value at `path` is not as expected, with its place.

        For what only others can know: that a strategy file is missing, that a parameter does not
        fit its strategy.
        """
        return self._source.mismatch(path, expected)

    def warning(self, path: KeyPath, text: str) -> Problem:
        """Return what a person should know of the value at `path`, with its place."""
        return self._source.problem(self._source.placed(path), text)

    def switched_off(self) -> Iterator[tuple[KeyPath, str]]:
        """Return what protects and is switched off: its key, and what is not there then."""
        for path, what in self.risk.switched_off():
            yield ("risk", *path), what
        if not self.audit.enabled:
            yield ("audit", "enabled"), "the audit trail"

    @property
    def source(self) -> Source:
        """Where it was written."""
        return self._source

    def read_from(self, source: Source) -> Self:
        """Return this configuration with the places where it was written."""
        copy = self.model_copy()
        copy._source = source
        return copy

    def places_without(self, sections: Collection[str]) -> Source:
        """Return the places where this configuration was written, but for some sections."""
        kept = {
            path: written
            for path, written in self._source.written.items()
            if path and path[0] not in sections
        }
        return Source(self._source.file, kept)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what sections say that others rule out."""
        for index in repeated([strategy.name for strategy in self.strategies]):
            yield Contradiction(("strategies", index, "name"), "each name once")
        for path, notional in self.limits.notionals():
            if notional * 10**self.account.money_decimals > MONEY_MAX:
                expected = f"at most {MONEY_MAX} units of 10**-money_decimals of the account"
                yield Contradiction(("limits", *path), expected)
        if self.session.wait == "spin" and isinstance(self.venue, LiveVenueSettings):
            expected = "block: a thread hears a live market, and a session that spins is in its way"
            yield Contradiction(("session", "wait"), expected)
        yield from self._risk_contradictions()
        if not isinstance(self.venue, RecordedVenueSettings):
            yield from self._listed_contradictions(self.venue)

    def _risk_contradictions(self) -> Iterator[Contradiction]:
        symbols = None
        if isinstance(self.venue, SimulatedVenueSettings):
            symbols = self.venue.symbols()
        strategies = [strategy.name for strategy in self.strategies]
        for item in self.risk.unknown_names(self.account.name, strategies, symbols):
            yield item._replace(path=("risk", *item.path))
        for section, other in self.execution.other_names():
            if section in self.model_fields_set:
                path = ("execution", other)
                yield Contradiction(path, f"it under {section} alone", about="key")

    def _listed_contradictions(
        self, venue: SimulatedVenueSettings | DirectVenueSettings | LiveVenueSettings
    ) -> Iterator[Contradiction]:
        endless = self.session.duration is None and self.session.speed == "max"
        if endless and isinstance(venue, SimulatedVenueSettings):
            expected = "how long: a simulated market at speed max has no end"
            yield Contradiction(("session", "duration"), expected)
        for index, instrument in enumerate(venue.instruments):
            needed = decimals(instrument.price_tick) + decimals(instrument.quantity_lot)
            if needed > self.account.money_decimals:
                path: KeyPath = ("venue", "instruments", index, "price_tick")
                expected = "at most account.money_decimals decimals with those of quantity_lot"
                yield Contradiction(path, expected)
        symbols = [instrument.symbol for instrument in venue.instruments]
        if isinstance(venue, SimulatedVenueSettings):
            symbols = venue.symbols()
        for symbol in self.limits.instruments:
            if symbol not in symbols:
                path = ("limits", "instruments", symbol)
                yield Contradiction(path, "a symbol of the venue", about="key")


def _bare_credentials(value: object, path: KeyPath) -> Iterator[KeyPath]:
    """Return the paths of texts that their keys call a credential and that no `!secret` hides."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            if isinstance(below, str) and _CREDENTIAL.search(key):
                yield (*path, key)
            yield from _bare_credentials(below, (*path, key))
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _bare_credentials(below, (*path, index))


def _plain(value: object) -> object:
    """Return dumped models as mappings, lists and scalars, secrets hidden."""
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    if isinstance(value, SecretStr):
        return HIDDEN
    assert value is None or isinstance(value, str | int | Decimal), (
        f"{type(value)} in a configuration"
    )
    return value


def _shortest(value: object) -> object:
    """Return plain values with each decimal in its shortest form: equal numbers are equal text."""
    if isinstance(value, dict):
        return {key: _shortest(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_shortest(below) for below in value]
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return Decimal(text) or 0  # never -0
    return value
