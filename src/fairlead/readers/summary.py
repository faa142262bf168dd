"""A session in numbers, from its inputs and outputs alone: the first thing a person reads.

It counts, it keeps its own books (`ledger.py`), and it checks: equity computed in two ways, every
order with exactly one outcome, and the machine's word on positions and cash held against the fills.
Memory follows what is open, not what was.
"""

from collections import Counter
from typing import Final

import msgspec

from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import BookGap, Input, NodeStarted, VenueConnected, VenueDisconnected
from fairlead.model.outputs import (
    BookRestored,
    BookStale,
    BreakChanged,
    BreakClosed,
    BreakOpened,
    CancelOrder,
    CorrectionReversed,
    FillIgnored,
    InputRefused,
    InstrumentAdjusted,
    KillEngaged,
    KillReleased,
    OrderAccepted,
    OrderOverfilled,
    OrderUnknown,
    Output,
    PositionCorrected,
    ReplaceOrder,
    StrategyDisabled,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.units import InstrumentId, Money, Nanos, Sequence, StrategyId, rounded
from fairlead.readers.bounded import Ends, Tally
from fairlead.readers.holdings import LedgerPosition, Trips
from fairlead.readers.ledger import Identity, Ledger
from fairlead.readers.order_flow import REQUESTS, OrderFlow
from fairlead.readers.purses import LedgerAccount, Purse
from fairlead.readers.result import (
    AccountResult,
    BreaksResult,
    ChangesResult,
    CurrencyResult,
    DataResult,
    EventResult,
    FillsResult,
    IdentityResult,
    OrdersResult,
    PositionResult,
    SessionResult,
    SpanResult,
    TripsResult,
)
from fairlead.readers.written import time_text

EVENTS_EACH_MAX: Final = 50  # at the beginning and at the end: a person reads no more of a list
AVERAGE_DECIMALS_MORE: Final = 2  # an average price falls between the increments
_NOTICED: Final = frozenset((NodeStarted, VenueConnected, VenueDisconnected))
_WATCHED: Final = frozenset(
    (
        KillEngaged,
        KillReleased,
        TradingStarted,
        TradingStopped,
        StrategyDisabled,
        BookStale,
        BookRestored,
        InputRefused,
        PositionCorrected,
        CorrectionReversed,
        InstrumentAdjusted,
        BreakOpened,
        BreakChanged,
        BreakClosed,
    )
)


class SessionSummary:
    """Follows a session and tells it. The same journal gives the same summary."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        """Begin with nothing seen. A ledger that is given is fed by another reader: a curve."""
        self.ledger = ledger if ledger is not None else Ledger()
        self._feeds_ledger = ledger is None
        self.flow = OrderFlow()
        self.first_sequence = Sequence(0)
        self.first_time = Nanos(0)
        self.last_sequence = Sequence(0)
        self.last_time = Nanos(0)
        self.killed: dict[str, None] = {}  # scopes
        self.stopped = True  # a node starts halted
        self._inputs: Counter[type] = Counter()
        self._builds: dict[str, None] = {}
        self._stages: dict[str, None] = {}
        self._events: Ends[EventResult] = Ends(EVENTS_EACH_MAX)
        self._stale = Tally()
        self._stale_now: dict[InstrumentId, str] = {}
        self._refused_inputs = Tally()
        self._disabled: dict[StrategyId, str] = {}
        self._breaks: dict[int, BreakOpened] = {}  # those that are open
        self._breaks_closed: Counter[str] = Counter()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        kind = type(input)
        if not self._inputs:
            self.first_sequence, self.first_time = sequence, time
        self.last_sequence = sequence
        self.last_time = time
        self._inputs[kind] += 1
        if self._feeds_ledger:
            self.ledger.follow(sequence, time, input, outputs)
        if outputs or kind in REQUESTS:
            self.flow.follow(input, outputs)
        if kind in _NOTICED:
            self._notice(input)
        for output in outputs:
            if type(output) in _WATCHED:
                self._watch(output)

    def result(self) -> SessionResult:
        """Return what stands now, as it is told."""
        ledger = self.ledger
        return SessionResult(
            span=self._span(),
            builds=list(self._builds),
            stages=list(self._stages),
            inputs=_by_name(self._inputs),
            outputs=_by_name(self.flow.outputs),
            orders=_orders(self.flow),
            cancels=_cancels(self.flow),
            replaces=_replaces(self.flow),
            fills=_fills(self.flow),
            positions=[_position(ledger, position) for position in ledger.positions.values()],
            accounts=[_account(ledger, account) for account in ledger.accounts.values()],
            data=self._data(),
            breaks=self._told_breaks(),
            faults=self.flow.faulted.counts(),
            events=[*self._events.first, *self._events.last],
            events_dropped=self._events.dropped,
            killed=bool(self.killed),
            stopped=self.stopped,
            disabled={self._strategy(key): reason for key, reason in self._disabled.items()},
            disagreements=list(ledger.disagreements),
            disagreement_count=ledger.disagreement_count,
        )

    def as_json(self) -> dict[str, object]:
        """Return what stands now as plain values, amounts as decimal text."""
        told: dict[str, object] = msgspec.to_builtins(self.result())
        return told

    def _notice(self, input: Input) -> None:
        match input:
            case NodeStarted():
                self._builds[input.build] = None
                self._stages[input.stage] = None
                self.stopped = True
                self._tell("node started", f"epoch {input.epoch}, {input.stage}")
            case VenueConnected():
                self._tell("venue connected", input.venue)
            case VenueDisconnected():
                self._tell("venue disconnected", f"{input.venue}: {input.reason}")

    def _watch(self, output: Output) -> None:
        match output:
            case KillEngaged():
                self.killed[str(output.scope)] = None
                self._tell("killed", f"{output.scope} by {output.person}: {output.reason}")
            case KillReleased():
                self.killed.pop(str(output.scope), None)
                self._tell("released", f"{output.scope} by {output.person}: {output.reason}")
            case TradingStarted():
                self.stopped = False
                self._tell("trading started", f"by {output.person}: {output.reason}")
            case TradingStopped():
                self.stopped = True
                text = f"{output.policy.name.lower()} working orders: {output.reason}"
                self._tell("trading stopped", text)
            case StrategyDisabled():
                self._disabled[output.strategy] = output.reason
                text = f"{self._strategy(output.strategy)}: {output.reason}"
                self._tell("strategy disabled", text)
            case BookStale():
                self._stale.add(output.reason.split(":")[0])
                self._stale_now[output.instrument] = output.reason
            case BookRestored():
                self._stale_now.pop(output.instrument, None)
            case InputRefused():
                self._refused_inputs.add(f"{output.kind}: {output.reason}")
            case _:
                self._watch_record(output)

    def _watch_record(self, output: Output) -> None:
        """Take in what changed our record without an order, or speaks against it."""
        match output:
            case PositionCorrected():
                terms = self.ledger.instruments[output.instrument]
                quantity = decimal_text(output.quantity, terms.quantity_decimals)
                text = f"{terms.symbol} by {quantity}: {output.cause}"
                self._tell("position corrected", text)
            case CorrectionReversed():
                text = f"input {output.correction} by {output.person}: {output.reason}"
                self._tell("correction undone", text)
            case InstrumentAdjusted():
                symbol = self.ledger.instruments[output.instrument].symbol
                self._tell("corporate action", f"{symbol}: {output.action} ({output.reference})")
            case BreakOpened():
                self._breaks[output.number] = output
                self._tell("break opened", self._break(output))
            case BreakChanged():
                known = self._breaks.get(output.number)
                if known is not None:
                    self._breaks[output.number] = msgspec.structs.replace(
                        known, ours=output.ours, theirs=output.theirs, owner=output.owner
                    )
            case BreakClosed():
                self._breaks.pop(output.number, None)
                self._breaks_closed[output.state.name.lower()] += 1
                self._tell("break closed", f"{output.number}: {output.cause}")

    def _break(self, known: BreakOpened) -> str:
        """Return a break in words: its number, its kind, what it is about, and both sides."""
        terms = self.ledger.instruments.get(known.instrument)
        order = f"order {known.order}" if known.order else ""
        about = [text for text in (terms.symbol if terms else "", order, known.item) if text]
        kind = known.kind.name.lower().replace("_", " ")
        return (
            f"{known.number}: {kind}, {' '.join(about)}: ours {known.ours or 'nothing'},"
            f" theirs {known.theirs or 'nothing'} ({known.owner})"
        )

    def _told_breaks(self) -> BreaksResult:
        return BreaksResult(
            opened=self.flow.outputs[BreakOpened],
            closed=dict(self._breaks_closed),
            open_now=[self._break(known) for known in self._breaks.values()],
        )

    def _tell(self, what: str, text: str) -> None:
        time = time_text(self.last_time)
        self._events.add(EventResult(self.last_sequence, time, what, text))

    def _strategy(self, strategy: StrategyId) -> str:
        return _strategy_name(self.ledger, strategy)

    def _span(self) -> SpanResult:
        seen = self._inputs.total()
        return SpanResult(
            inputs=seen,
            first_sequence=self.first_sequence,
            last_sequence=self.last_sequence,
            first_time=time_text(self.first_time) if seen else "",
            last_time=time_text(self.last_time) if seen else "",
            span_ns=self.last_time - self.first_time,
        )

    def _data(self) -> DataResult:
        instruments = self.ledger.instruments
        return DataResult(
            books_stale=self.flow.outputs[BookStale],
            books_restored=self.flow.outputs[BookRestored],
            gaps=self._inputs[BookGap],
            stale_by_reason=self._stale.counts(),
            inputs_refused=self._refused_inputs.total,
            refused_by_reason=self._refused_inputs.counts(),
            stale_now={
                instruments[instrument].symbol: reason
                for instrument, reason in self._stale_now.items()
            },
        )


def _by_name(counts: Counter[type]) -> dict[str, int]:
    return {kind.__name__: count for kind, count in counts.most_common()}


def _strategy_name(ledger: Ledger, strategy: StrategyId) -> str:
    definition = ledger.strategies.get(strategy)
    return definition.name if definition is not None else f"strategy {strategy}"


def _orders(flow: OrderFlow) -> OrdersResult:
    return OrdersResult(
        requested=flow.requests["submit"],
        refused=flow.refused["submit"],
        sent=flow.sent,
        accepted=flow.outputs[OrderAccepted],
        filled=flow.filled,
        canceled=flow.canceled,
        expired=flow.expired,
        rejected=flow.rejected.total,
        refused_again=flow.refused_again,
        working=flow.working,
        held=flow.held,
        unknown=flow.unknown,
        unknown_ever=flow.outputs[OrderUnknown],
        withdrawn=flow.withdrawn,
        retried=flow.retried,
        timed_out=flow.timed_out,
        filled_in_part_or_whole=flow.filled_in_part_or_whole,
        ties_out=flow.ties_out,
        refused_by_check=flow.failed_checks["submit"].counts(),
        rejected_by_reason=flow.rejected.counts(),
    )


def _cancels(flow: OrderFlow) -> ChangesResult:
    return ChangesResult(
        requested=flow.requests["cancel"],
        refused=flow.refused["cancel"],
        sent=flow.outputs[CancelOrder],
        rejected=flow.cancels_rejected.total,
        refused_by_check=flow.failed_checks["cancel"].counts(),
        rejected_by_reason=flow.cancels_rejected.counts(),
    )


def _replaces(flow: OrderFlow) -> ChangesResult:
    return ChangesResult(
        requested=flow.requests["replace"],
        refused=flow.refused["replace"],
        sent=flow.outputs[ReplaceOrder],
        rejected=flow.replaces_rejected.total,
        refused_by_check=flow.failed_checks["replace"].counts(),
        rejected_by_reason=flow.replaces_rejected.counts(),
    )


def _fills(flow: OrderFlow) -> FillsResult:
    return FillsResult(
        count=flow.fills,
        maker=flow.maker_fills,
        taker=flow.fills - flow.maker_fills,
        busted=flow.busted,
        late=flow.late_fills,
        overfilled=flow.outputs[OrderOverfilled],
        ignored=flow.outputs[FillIgnored],
        quarantined=flow.quarantined.total,
        quarantined_by_reason=flow.quarantined.counts(),
    )


def _position(ledger: Ledger, position: LedgerPosition) -> PositionResult:
    terms = position.instrument
    money = terms.money_decimals
    average_decimals = terms.price_decimals + AVERAGE_DECIMALS_MORE
    average = position.average_price(average_decimals)
    twice = ledger.mark(position).twice if position.quantity else None
    unrealised, reason = ledger.unrealised(position)
    return PositionResult(
        strategy=ledger.owner(position),
        instrument=terms.symbol,
        currency=terms.currency,
        quantity=decimal_text(position.quantity, terms.quantity_decimals),
        average_price=None if average is None else decimal_text(average, average_decimals),
        mark=None if twice is None else _half(twice, terms.price_decimals),
        mark_missing=reason,
        realised=decimal_text(position.realised, money),
        unrealised=_or_none(unrealised, money),
        fees=decimal_text(position.fees, money),
        fills=position.fills,
        bought=decimal_text(position.bought, terms.quantity_decimals),
        sold=decimal_text(position.sold, terms.quantity_decimals),
        volume=decimal_text(rounded(position.volume), money),
    )


def _account(ledger: Ledger, account: LedgerAccount) -> AccountResult:
    decimals = account.definition.money_decimals
    value = ledger.valuation(account)
    put_in = account.initial + value.flows
    profit = None if value.equity is None else Money(value.equity - put_in)
    return AccountResult(
        account=account.definition.name,
        currency=account.definition.currency,
        initial=decimal_text(account.initial, decimals),
        flows=decimal_text(value.flows, decimals),
        cash=decimal_text(account.cash, decimals),
        realised=decimal_text(value.realised, decimals),
        unrealised=_or_none(value.unrealised, decimals),
        fees=decimal_text(value.fees, decimals),
        fx=_or_none(value.fx, decimals),
        equity=_or_none(value.equity, decimals),
        profit=_or_none(profit, decimals),
        volume=decimal_text(account.volume, decimals),
        fills=account.fills,
        mark_missing=value.reason,
        identity=_identity(ledger.identity(account), decimals),
        round_trips=_trips(account.trips, decimals),
        currencies=[_currency(purse, decimals) for purse in account.purses.values()],
    )


def _currency(purse: Purse, decimals: int) -> CurrencyResult:
    return CurrencyResult(
        currency=purse.currency,
        initial=decimal_text(purse.initial, decimals),
        flows=decimal_text(purse.flows, decimals),
        converted=decimal_text(purse.converted, decimals),
        realised=decimal_text(purse.realised, decimals),
        fees=decimal_text(purse.fees, decimals),
        cash=decimal_text(rounded(purse.cash), decimals),
    )


def _identity(identity: Identity, decimals: int) -> IdentityResult:
    return IdentityResult(
        paid_and_received=decimal_text(identity.paid_and_received, decimals),
        profit_and_loss=decimal_text(identity.profit_and_loss, decimals),
        at_cost=identity.at_cost,
        holds=identity.holds,
    )


def _trips(trips: Trips, decimals: int) -> TripsResult:
    return TripsResult(
        count=trips.count,
        won=trips.won,
        lost=trips.lost,
        even=trips.even,
        gross_profit=decimal_text(trips.gross_profit, decimals),
        gross_loss=decimal_text(trips.gross_loss, decimals),
    )


def _half(twice: int, decimals: int) -> str:
    """Return half of a number of increments; with one decimal more where it lies between two."""
    if twice % 2:
        return decimal_text(twice * 5, decimals + 1)
    return decimal_text(twice // 2, decimals)


def _or_none(amount: Money | None, decimals: int) -> str | None:
    return None if amount is None else decimal_text(amount, decimals)
