"""One trading day of the journal: what was started and stopped, done, killed, refused and filled.

A day is from midnight to midnight UTC, as the trading days of the node are. What happened is kept
as the records that tell it, by subject and in order; what happened often is counted.
"""

from collections import Counter
from typing import Final, NamedTuple

from fairlead.model.inputs import (
    Input,
    JournalSpaceBack,
    JournalSpaceLow,
    NodeStarted,
    SubmitRequest,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakerChanged,
    BreakerEscalated,
    BreakOpened,
    ChangeProposed,
    DaySignedOff,
    DynamicLimitChanged,
    FillBusted,
    KillEngaged,
    KillReleased,
    KillStepped,
    LimitAlert,
    LimitsAdjusted,
    LimitsAttested,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
    Output,
    OverrideUsed,
    ProposalEnded,
    RiskLimitsChanged,
    SendOrder,
    StatementReconciled,
    StrategyDisabled,
    StrategyEnabled,
    TradingStarted,
    TradingStopped,
    WarningAcknowledged,
    WarningOpened,
)
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    Sequence,
    StrategyId,
    notional,
)
from fairlead.readers.bounded import Ends, Tally
from fairlead.readers.deeds import Deeds

EVENTS_EACH_MAX: Final = 100  # of each subject at the beginning and at the end of the day

# Which subject a record belongs to, by its kind.
_SUBJECTS: Final[dict[type, str]] = {
    **dict.fromkeys((NodeStarted, TradingStarted, TradingStopped), "sessions"),
    **dict.fromkeys((VenueConnected, VenueDisconnected), "venues"),
    **dict.fromkeys((StrategyDisabled, StrategyEnabled), "strategies"),
    **dict.fromkeys((JournalSpaceLow, JournalSpaceBack), "journal"),
    **dict.fromkeys((KillEngaged, KillStepped, KillReleased), "kills"),
    **dict.fromkeys((BreakerChanged, BreakerEscalated), "breakers"),
    **dict.fromkeys((RiskLimitsChanged, DynamicLimitChanged, LimitsAdjusted), "limits"),
    **dict.fromkeys((ChangeProposed, ProposalEnded, OverrideUsed, LimitAlert), "limits"),
    **dict.fromkeys((BreakOpened, BreakChanged, BreakClosed), "breaks"),
    **dict.fromkeys((StatementReconciled, DaySignedOff, LimitsAttested), "reconciliation"),
    **dict.fromkeys((WarningOpened, WarningAcknowledged), "warnings"),
}
SUBJECTS: Final = tuple(dict.fromkeys(_SUBJECTS.values()))
_COUNTED: Final[dict[type, str]] = {
    SubmitRequest: "requests",
    SendOrder: "sent",
    OrderAccepted: "accepted",
    OrderRefused: "refused",
    OrderRejected: "rejected",
    OrderCanceled: "canceled",
    OrderExpired: "expired",
    OrderUnknown: "unknown",
    OrderFilled: "fills",
    FillBusted: "busts",
}
COUNTS: Final = tuple(_COUNTED.values())


class Event(NamedTuple):
    """A record of the day that people look at one by one."""

    sequence: Sequence
    time: Nanos
    record: Input | Output


class Traded:
    """What a strategy did in an instrument on the day. Busts are taken out of what was traded."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: Counter[str] = Counter()
        self.bought = Quantity(0)
        self.sold = Quantity(0)
        self.volume = Money(0)  # worth of all fills; of inverse contracts it is not counted


class DayStory:
    """Follows a journal, and keeps what falls between two times."""

    def __init__(self, begin: Nanos, end: Nanos) -> None:
        """Take when the day begins, and when the next one does."""
        self.begin = begin
        self.end = end
        self.inputs: Counter[str] = Counter()
        self.deeds = Deeds()
        self.events: dict[str, Ends[Event]] = {name: Ends(EVENTS_EACH_MAX) for name in SUBJECTS}
        self.refused = Tally()  # each check that failed
        self.rejected = Tally()  # each reason of a venue
        self.traded: dict[tuple[StrategyId, InstrumentId], Traded] = {}
        self._instruments: dict[InstrumentId, Instrument] = {}

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take in an input of the day; of others, what instruments there are."""
        terms = getattr(input, "instrument", None)
        if isinstance(terms, Instrument):
            self._instruments.setdefault(terms.instrument, terms)
        if not self.begin <= time < self.end:
            return
        self.inputs[type(input).__name__] += 1
        self.deeds.follow(sequence, time, input, outputs)
        records: list[Input | Output] = [input, *outputs]
        for record in records:
            subject = _SUBJECTS.get(type(record))
            counted = _COUNTED.get(type(record))
            if subject is not None:
                self.events[subject].add(Event(sequence, time, record))
            elif counted is not None:
                self._count(record, counted)

    def _count(self, record: Input | Output, name: str) -> None:
        about = record.approved if isinstance(record, SendOrder) else record
        traded = self._of(about)
        traded.counts[name] += 1
        if isinstance(record, OrderFilled):
            self._trade(traded, record, 1)
        elif isinstance(record, FillBusted):
            self._trade(traded, record, -1)
        elif isinstance(record, OrderRefused):
            for check in record.failed:
                self.refused.add(check.check)
        elif isinstance(record, OrderRejected):
            self.rejected.add(record.reason)

    def _trade(self, traded: Traded, fill: OrderFilled | FillBusted, sign: int) -> None:
        quantity = Quantity(sign * fill.quantity)
        if fill.side is Side.BUY:
            traded.bought = Quantity(traded.bought + quantity)
        else:
            traded.sold = Quantity(traded.sold + quantity)
        terms = self._instruments[fill.instrument]
        if terms.kind is not InstrumentKind.INVERSE:
            worth = notional(fill.price, fill.quantity, terms.money_unit)
            traded.volume = Money(traded.volume + sign * worth)

    def _of(self, record: object) -> Traded:
        strategy: StrategyId = getattr(record, "strategy", StrategyId(0))
        instrument: InstrumentId = getattr(record, "instrument", InstrumentId(0))
        return self.traded.setdefault((strategy, instrument), Traded())
