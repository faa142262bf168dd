"""The exchange: a venue that matches, and its day.

By itself a world without a crowd; `market.SimulatedWorld` adds one. Phases come by the hours of its
rules or by command. While orders are collected nothing trades; when a call ends, what can trades at
one price (`auction.py`), what was for this auction alone expires, and the book is shown again. A
halt stops all but cancels; trading comes back through a call.
"""

from typing import Final

from fairlead.model.inputs import (
    Input,
    SessionPhase,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Disconnect
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import TimeInForce
from fairlead.model.units import Nanos, OrderId, Price, Quantity
from fairlead.simulator.hours import Due, Occasion
from fairlead.simulator.listing import DEFAULT_RULES, Listing
from fairlead.simulator.matching_venue import MatchingVenue
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.venue_order import VenueOrder
from fairlead.simulator.world import NEVER, US, Handling

_MARKET: Final = Handling.MARKET
_DAY: Final = TimeInForce.DAY
_AT_OPEN: Final = TimeInForce.AT_OPEN
_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_CONTINUOUS: Final = Phase.CONTINUOUS
_CLOSED: Final = Phase.CLOSED
_OPENING: Final = (Phase.PRE_OPEN, Phase.OPENING_AUCTION)
_CLOSING_AUCTION: Final = Phase.CLOSING_AUCTION
_HALT_AUCTION: Final = Phase.HALT_AUCTION
_PAUSED: Final = "price_bands"


class Exchange(MatchingVenue):
    """The venue with its day."""

    def __init__(
        self,
        instruments: list[Instrument],
        config: VenueConfig,
        rules: ExchangeRules = DEFAULT_RULES,
    ) -> None:
        """List the instruments. Nothing is traded or published before `open`."""
        super().__init__(instruments, config, rules)
        self._delay_min = min(config.report_latency.constant, config.data_latency.constant)

    def open(self, time: Nanos) -> None:
        """Begin to trade, in the phase of the hour: publish what stands in every book."""
        assert not self.is_open, "the exchange is open already"
        self.is_open = True
        for listing in self.listings.values():
            listing.book.bids.take_changes()
            listing.book.asks.take_changes()
        hours = self.rules.hours
        if hours.phases:
            self._begin_everywhere(hours.at(time), time)
            self.agenda.set(hours.next_change(time), Due(Occasion.PHASE))
        for listing in self.listings.values():
            if listing.phase is _CONTINUOUS:
                self.publisher.book(listing, time)

    def refresh(self, time: Nanos) -> None:
        """Publish all books anew, for who has lost a place in them or has just come."""
        for listing in self.listings.values():
            listing.bid = listing.ask = (Price(0), Quantity(0))  # so that the touch is said again
            self.publisher.book(listing, time)

    # --- the world --------------------------------------------------------------------------------

    @property
    def repeats(self) -> bool:
        """It is a function of its seed and our actions."""
        return True

    def next_event(self) -> Nanos:
        """Return when something happens here by itself, `NEVER` if nothing does."""
        return min(self.agenda.next_time, self.actions.next_time)

    def happen(self) -> None:
        """Let happen what is next: what is due, and then what arrives."""
        if self.agenda.next_time <= self.actions.next_time:
            time = self.agenda.next_time
            self._come_due(self.agenda.take(), time)
        else:
            self.arrive()

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us, `None` if nothing is on its way."""
        time = self.output_time(self.next_event())
        return time if time != NEVER else None

    def output_time(self, event: Nanos) -> Nanos:
        """Return the time before which nothing reaches us, `event` being the venue's next."""
        time = min(self.reports.next_time, self.data.next_time)
        return min(time, Nanos(event + self._delay_min)) if event != NEVER else time

    def take(self, time: Nanos) -> list[Input]:
        """Return what reaches us up to `time`, after what happens at the venue up to then."""
        while self.next_event() <= time:
            self.happen()
        return self.collect(time)

    def collect(self, time: Nanos) -> list[Input]:
        """Return what reaches us up to `time` of what happened so far, reports first."""
        assert time >= self.now, f"time went back from {self.now} to {time}"
        self.now = time
        inputs: list[Input] = []
        reports, data = self.reports, self.data
        while True:
            if reports.next_time <= data.next_time:
                if reports.next_time > time:
                    return inputs
                inputs.append(reports.receive())
            elif data.next_time <= time:
                inputs.append(data.receive())
            else:
                return inputs

    # --- the day ----------------------------------------------------------------------------------

    def begin(self, listing: Listing, phase: Phase, time: Nanos) -> None:
        """Put one instrument into another phase."""
        if phase is listing.phase:
            return
        self._say_phase(listing, phase, time)
        self._begin(listing, phase, time)

    def _begin_everywhere(self, phase: Phase, time: Nanos) -> None:
        for venue in dict.fromkeys([one.venue for one in self.instruments.values()]):
            self.data.send(SessionPhase(venue, phase, time), time)
        for listing in self.listings.values():
            if listing.phase is not phase and (phase is _CLOSED or not listing.halted):
                self._begin(listing, phase, time)

    def _say_phase(self, listing: Listing, phase: Phase, time: Nanos) -> None:
        instrument = listing.instrument
        self.data.send(SessionPhase(instrument.venue, phase, time, instrument.instrument), time)

    def _begin(self, listing: Listing, phase: Phase, time: Nanos) -> None:
        """Leave a phase, with an auction if it was a call, and begin the next one."""
        before = listing.phase
        collected, collects = listing.collects, phase is not _CONTINUOUS and phase is not _CLOSED
        if collected and not collects:
            self._uncross(listing, phase, time)
        if collects:
            listing.begin_call(phase)
            if not collected:
                listing.called = time
                listing.update += 1
                self.publisher.book(listing, time)
                self._indicate(listing, time)
        listing.phase = phase
        if phase is _CLOSING_AUCTION:
            self._enter_at_close(listing, time)
        elif phase is _CLOSED:
            self._expire_all((_DAY, _AT_OPEN, _AT_CLOSE), listing, time)
        if before in _OPENING and phase not in _OPENING:
            self._expire_all((_AT_OPEN,), listing, time)
        if not collects:
            listing.bid = listing.ask = (Price(0), Quantity(0))
            if collected:
                listing.update += 1
                self.publisher.book(listing, time)
            self._settle(listing, time)
        listing.look()

    def _uncross(self, listing: Listing, phase: Phase, time: Nanos) -> None:
        """Let trade what was collected. What came without a limit does not stay."""
        executions = listing.uncross()
        self._report_auction(executions, time)
        self.publisher.crossed(listing, executions, time)
        listing.phase = phase
        for left in listing.call.take_unpriced():
            if left.participant == US:
                self._end_auction_order(self.orders[OrderId(left.order)], time)
        for order in self._ours_in(listing):
            if order.handling is _MARKET and order.order in listing.book.orders:
                listing.book.cancel(order.order)
                self._end_auction_order(order, time)
        listing.book.bids.take_changes()
        listing.book.asks.take_changes()
        if listing.bands is not None and executions:
            listing.bands.forget()
            self._take_in_trades(listing.bands, listing, executions[-1:], time)

    def _end_auction_order(self, order: VenueOrder, time: Nanos) -> None:
        if order.time_in_force in (_AT_OPEN, _AT_CLOSE):
            self._expire(order, time)
        else:
            self._canceled(order, "no_liquidity", time)

    def _enter_at_close(self, listing: Listing, time: Nanos) -> None:
        """Let the orders enter that waited for the closing auction."""
        for order in self._ours_in(listing):
            if self._at_close.pop(order.order, None) is not None:
                entry = BookOrder(order.order, US, order.side, order.limit, order.leaves)
                listing.enter(entry, order.handling)

    def _expire_all(
        self, times_in_force: tuple[TimeInForce, ...], listing: Listing, time: Nanos
    ) -> None:
        for order in self._ours_in(listing):
            # One that goes may move others, which end then by themselves.
            if order.time_in_force in times_in_force and order.order in self.orders:
                self._remove(order, time)
                self._expire(order, time)

    def _indicate(self, listing: Listing, time: Nanos) -> None:
        self.publisher.indication(listing, time)
        due = Due(Occasion.INDICATION, listing.instrument.instrument, since=listing.called)
        self.agenda.set(Nanos(time + self.rules.indication), due)

    def _ours_in(self, listing: Listing) -> list[VenueOrder]:
        instrument = listing.instrument.instrument
        return [one for one in self.orders.values() if one.instrument.instrument == instrument]

    def _come_due(self, due: Due, time: Nanos) -> None:
        occasion = due.occasion
        if occasion is Occasion.PHASE:
            hours = self.rules.hours
            self._begin_everywhere(hours.at(time), time)
            self.agenda.set(hours.next_change(time), due)
        elif occasion is Occasion.ORDER_EXPIRES:
            order = self.orders.get(due.order)
            if order is not None:
                self._remove(order, time)
                self._expire(order, time)
        else:
            self._come_due_at(self.listings[due.instrument], due, time)

    def _come_due_at(self, listing: Listing, due: Due, time: Nanos) -> None:
        occasion = due.occasion
        if occasion is Occasion.INDICATION:
            if listing.collects and listing.called == due.since:
                self._indicate(listing, time)
        elif occasion is Occasion.LIMIT_STATE:
            if listing.bands is not None and listing.bands.limit_since == due.since:
                self.halt(listing, _PAUSED, time)
                pause = Due(Occasion.PAUSE_ENDS, listing.instrument.instrument, since=time)
                self.agenda.set(Nanos(time + listing.bands.terms.pause), pause)
        elif occasion is Occasion.PAUSE_ENDS:
            if listing.halted:
                self.resume(listing, time)
        elif listing.phase is _HALT_AUCTION:
            self.begin(listing, self.rules.hours.at(time), time)

    # --- halts ------------------------------------------------------------------------------------

    def halt(self, listing: Listing, reason: str, time: Nanos) -> None:
        """Halt one instrument: no order enters, nothing trades; what works can be canceled."""
        if listing.halted:
            return
        listing.halted = True
        listing.look()
        self.data.send(TradingStatus(listing.instrument.instrument, False, reason), time)

    def resume(self, listing: Listing, time: Nanos) -> None:
        """End the halt of one instrument: orders are collected, and then trade in an auction."""
        if not listing.halted:
            return
        listing.halted = False
        self.data.send(TradingStatus(listing.instrument.instrument, True), time)
        if listing.phase is _CONTINUOUS:
            self.begin(listing, _HALT_AUCTION, time)
            due = Due(Occasion.CALL_ENDS, listing.instrument.instrument)
            self.agenda.set(Nanos(time + self.rules.halt_call), due)
        listing.look()

    def reset_sessions(self, reason: str, time: Nanos) -> None:
        """End our sessions, as if the line broke: at once, with what that means for our orders."""
        for venue in dict.fromkeys([one.venue for one in self.instruments.values()]):
            self._hang_up(Disconnect(venue, reason), time)
