"""The machine: one input in, its outputs out. This page is the order of the steps.

What arrives has a number and a time and is in the journal. What is due by then happens first; only
a kill comes before it, and the start of a node, which halts it.
Market data moves the books; venue reports move orders, positions and money; requests pass the gate
or are refused; statements are held against our own record; commands rule over all of them. Last
comes what a changed order means for those that depend on it. The machine reads no clock and asks
nobody: what it answers depends on what it was given, and on nothing else. An input that cannot be
true is refused and recorded; a machine that contradicts itself stops.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from fairlead.machine import (
    adoption,
    blocked,
    breakers,
    cash,
    contingency,
    corporate,
    corrections,
    fills,
    governance,
    killing,
    market,
    market_orders,
    market_rules,
    order_rules,
    overdue,
    parents,
    portfolio,
    proposals,
    quality_events,
    quality_steps,
    reconciliation,
    registrations,
    reports,
    requests,
    resolution,
    self_trades,
    sign_off,
    space,
    time_of_day,
)
from fairlead.machine.deadlines import NEVER_DUE
from fairlead.machine.state import State
from fairlead.model import inputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, Sequence, UpdateId

# A step takes the input of its own kind; the table below is what pairs the two.
Step = Callable[[State, Any, Nanos, list[Output]], None]

# One table a subject: compiled, the making of a table costs by the square of its length.
# What the market is.
_MARKET: Final[dict[type, Step]] = {
    inputs.Quote: market.quote,
    inputs.Trade: market.trade,
    inputs.BookChange: market.change,
    inputs.BookSnapshot: market.snapshot,
    inputs.BookGap: market.gap,
    inputs.BookOrderAdded: market_orders.order_change,
    inputs.BookOrderExecuted: market_orders.order_change,
    inputs.BookOrderReduced: market_orders.order_change,
    inputs.BookOrderRemoved: market_orders.order_change,
    inputs.BookOrderReplaced: market_orders.order_change,
    inputs.BookOrders: market_orders.all_orders,
    inputs.TradeBusted: market.busted,
    inputs.AuctionIndication: market.auction_indication,
    inputs.FeedSourceChanged: market.source_changed,
    inputs.TradingStatus: market.trading_status,
    inputs.PriceBands: market_rules.price_bands,
    inputs.SessionPhase: market_rules.session_phase,
    inputs.MarketHalt: market_rules.market_halt,
    inputs.LocateChange: market_rules.locate,
    inputs.ShortSaleRestriction: market_rules.short_sale_restriction,
    inputs.OutsideValue: breakers.outside,
    inputs.MarkPrice: cash.mark_price,
    inputs.ExchangeRate: cash.exchange_rate,
    inputs.TradingDayBegan: governance.day_began,
    inputs.ReturnHistory: portfolio.returns,
}
# What became of our orders. Fills move positions and money.
_REPORTS: Final[dict[type, Step]] = {
    inputs.VenueFilled: fills.filled,
    inputs.VenueBusted: fills.busted,
    inputs.VenueCorrected: fills.corrected,
    inputs.VenueAccepted: reports.accepted,
    inputs.VenueRejected: reports.rejected,
    inputs.VenueCanceled: reports.canceled,
    inputs.VenueCancelRejected: reports.cancel_rejected,
    inputs.VenueReplaced: reports.replaced,
    inputs.VenueReplaceRejected: reports.replace_rejected,
    inputs.VenueExpired: reports.expired,
    inputs.VenueTriggered: reports.triggered,
    inputs.VenueSuspended: reports.suspended,
    inputs.VenueResumed: reports.resumed,
    inputs.VenueDoneForDay: reports.done_for_day,
    inputs.SendBlocked: blocked.send_blocked,
    inputs.VenueDisconnected: reports.disconnected,
    inputs.VenueConnected: reports.connected,
}
# What nobody knew, and whether our record and theirs agree.
_EVIDENCE: Final[dict[type, Step]] = {
    inputs.VenueOrderStatus: resolution.order_status,
    inputs.ResolveOrderCommand: resolution.command,
    inputs.Statement: reconciliation.statement,
    inputs.AdoptFillCommand: adoption.adopt_fill,
    inputs.CloseBreakCommand: reconciliation.close_break,
    inputs.AssignBreakCommand: reconciliation.assign_break,
    inputs.ReconcileCommand: reconciliation.reconcile,
    inputs.SignOffCommand: sign_off.sign_off,
}
# What moves positions and money without a fill.
_BOOKINGS: Final[dict[type, Step]] = {
    inputs.PositionCorrection: corrections.position_correction,
    inputs.ReverseCommand: corrections.reverse,
    inputs.CashMoved: cash.cash_moved,
    inputs.CashConverted: cash.cash_converted,
    inputs.InstrumentSplit: corporate.split,
    inputs.CashDividend: corporate.dividend,
    inputs.InstrumentRenamed: corporate.renamed,
}
# What strategies want: identity, then the risk gate, then out; or refused with every reason.
_REQUESTS: Final[dict[type, Step]] = {
    inputs.SubmitRequest: requests.submit,
    inputs.CancelRequest: requests.cancel,
    inputs.ReplaceRequest: requests.replace,
    inputs.ParentRequest: parents.opened,
    inputs.ParentEnd: parents.ended,
    inputs.TimerFired: governance.recorded,
    inputs.TimePassed: governance.recorded,
    inputs.ClockChecked: time_of_day.checked,
}
# Who may trade, with what, and by which policies.
_SET_UP: Final[dict[type, Step]] = {
    inputs.NodeStarted: governance.node_started,
    inputs.SnapshotTaken: governance.recorded,
    inputs.AccountDefinition: governance.account,
    inputs.CurrencyDefinition: cash.currency,
    inputs.InstrumentDefinition: governance.instrument,
    inputs.StrategyDefinition: governance.strategy,
    inputs.OrderPolicyChange: governance.order_policy,
    inputs.ReconciliationPolicyChange: proposals.rule,
    inputs.ToleranceChange: proposals.rule,
    inputs.MarkPolicyChange: cash.mark_policy,
}
# Within which limits, who may change them, and what they rest on.
_LIMITS: Final[dict[type, Step]] = {
    inputs.LimitChange: proposals.instrument_limits,
    inputs.MessageRateChange: proposals.message_rate,
    inputs.RiskLimitChange: proposals.risk_limits,
    inputs.OverrideRequest: proposals.override,
    inputs.ApproveCommand: proposals.approve,
    inputs.DeclineCommand: proposals.decline,
    inputs.AttestCommand: proposals.attest,
    inputs.RetireCommand: registrations.retire,
    inputs.FlagChange: registrations.flag,
    inputs.WarningRaised: registrations.warning,
    inputs.AcknowledgeCommand: registrations.acknowledge,
    inputs.ProfileChange: proposals.rule,
    inputs.PreTradePolicyChange: proposals.rule,
    inputs.NamedCheckDefinition: proposals.rule,
    inputs.PermissionChange: proposals.rule,
    inputs.RestrictionChange: proposals.rule,
    inputs.BreakerDefinition: proposals.breaker,
    inputs.DynamicLimitDefinition: proposals.dynamic_limit,
    inputs.KillPolicyChange: proposals.rule,
    inputs.DataQualityPolicyChange: proposals.rule,
    inputs.AcceptDataCommand: quality_events.accept,
}
# Whether at all.
_COMMANDS: Final[dict[type, Step]] = {
    inputs.BreakerCommand: breakers.command,
    inputs.ErrorReported: breakers.error,
    inputs.StrategyFailed: governance.strategy_failed,
    inputs.StrategyStopCommand: governance.strategy_stop,
    inputs.StrategyStartCommand: order_rules.strategy_start,
    inputs.KillCommand: killing.kill,
    inputs.ReleaseCommand: killing.release,
    inputs.ReopenCommand: governance.reopen,
    inputs.StartCommand: governance.start,
    inputs.StopCommand: governance.stop,
    inputs.JournalSpaceLow: space.low,
    inputs.JournalSpaceBack: space.back,
}
STEPS: Final[dict[type, Step]] = {
    **_MARKET,
    **_REPORTS,
    **_EVIDENCE,
    **_BOOKINGS,
    **_REQUESTS,
    **_SET_UP,
    **_LIMITS,
    **_COMMANDS,
}


_QUOTE: Final = inputs.Quote
_HALTING: Final = (inputs.KillCommand, inputs.JournalSpaceLow, inputs.NodeStarted)


class Machine:
    """The pure function and its state."""

    def __init__(self) -> None:
        """Begin knowing nothing: everything it will ever know comes as an input."""
        self.state = State()
        state = self.state
        self.instruments = state.instruments
        self.books = state.books
        self.orders = state.orders
        self.positions = state.positions
        self.gate = state.gate

    def apply(self, sequence: Sequence, time: Nanos, input: Input) -> list[Output]:
        """Return the outputs of one input. Sequences are gapless, and time never goes back."""
        state = self.state
        outputs: list[Output] = []
        kind = type(input)
        late = self._begin(sequence, time)
        halts = late and kind in _HALTING  # obeyed before anything that is due can leave
        if late and not halts:
            overdue.run(state, time, outputs)
        if state.quality.active:
            quality_steps.apply(state, STEPS[kind], input, time, outputs)
        elif kind is _QUOTE:  # the most there is of: compiled, a call by name is a tenth of one
            market.quote(state, cast(inputs.Quote, input), time, outputs)
        else:
            STEPS[kind](state, input, time, outputs)
        if halts:
            overdue.run(state, time, outputs)
        self._end(time, outputs)
        return outputs

    def apply_quote(
        self,
        sequence: Sequence,
        time: Nanos,
        instrument: InstrumentId,
        bid: Price,
        bid_quantity: Quantity,
        ask: Price,
        ask_quantity: Quantity,
        update: UpdateId,
        outputs: list[Output],
    ) -> None:
        """Apply a quote of which there is no object, since nobody but the machine wants it.

        Its answers join `outputs`. What looks at the quality of data wants objects.
        """
        state = self.state
        assert not state.quality.active, "the quality of data is read from inputs"
        if self._begin(sequence, time):
            overdue.run(state, time, outputs)
        market.quoted(
            state, instrument, bid, bid_quantity, ask, ask_quantity, update, time, outputs
        )
        self._end(time, outputs)

    def _begin(self, sequence: Sequence, time: Nanos) -> bool:
        """Take number and time of an input; return whether anything is due by then."""
        state = self.state
        assert sequence == state.sequence + 1, f"input {sequence} follows {state.sequence}"
        assert time >= state.time, f"time goes back at input {sequence}"
        state.sequence = sequence
        state.time = time
        return state.deadlines.next_time <= time

    def _end(self, time: Nanos, outputs: list[Output]) -> None:
        """Let what an input changed have its consequences, in orders and in risk."""
        state = self.state
        if len(state.gate.kills):
            killing.run(state, time, outputs)
        self._follow(time, outputs)
        asked = state.risk_watched or state.risk_pending
        if asked or state.gate.losses.version != state.gate.tree.version:
            breakers.follow_up(state, time, outputs)
            self._follow(time, outputs)
            while state.gate.breakers.consequences:  # what left last had everything asked again
                breakers.finish(state, time, outputs)
                self._follow(time, outputs)

    def next_due(self) -> Nanos | None:
        """Return when something is due without any other input, None if nothing is."""
        time = self.state.deadlines.next_time
        return None if time == NEVER_DUE else time

    def digest(self) -> str:
        """Return a digest of the whole state, in hexadecimal."""
        return self.state.digest()

    def _follow(self, time: Nanos, outputs: list[Output]) -> None:
        """Let what changed have its consequences.

        It ends: an order meets our own at most once until one of them is gone, and the venue alone
        says that it is.
        """
        state = self.state
        own = state.gate.pretrade.own
        while state.changed or own.meetings or own.free:
            self_trades.run(state, time, outputs)
            contingency.run(state, time, outputs)
