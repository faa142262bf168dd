"""A simulated exchange that others trade on from outside, at times that are given: no socket.

What comes over the session of a node, over the emergency line and from the end of a connection is
written down first (`floor_record.py`) and then done. Reports are numbered and kept for the account
whether or not anybody is connected.
"""

from typing import Final, cast

from fairlead.gateways.direct.messages import Order, Report
from fairlead.gateways.direct.venue_end import Account
from fairlead.model.inputs import MarketData, VenueDisconnected
from fairlead.model.outputs import Disconnect
from fairlead.model.risk_terms import Phase
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.simulator.emergency_venue import CancelOutcome
from fairlead.simulator.market import SimulatedWorld
from fairlead.simulator.operator import Operator
from fairlead.simulator.venue_books import VenueBooks
from fairlead.stages.floor_record import (
    Acted,
    Deed,
    EpochBegan,
    FloorRecord,
    Happened,
    HungUp,
    Operated,
    Withdrawn,
)

_HUNG_UP: Final = "the connection ended"
QUIET_REFRESH: Final = Nanos(250 * NANOS_PER_MILLISECOND)  # how often a market that stands is told


class TradingFloor:
    """One exchange, one account, and what became of it."""

    def __init__(
        self,
        world: SimulatedWorld,
        account: Account,
        record: FloorRecord | None = None,
        quiet: bool = False,
    ) -> None:
        """Take the parts; what the record says has happened, happens again. `quiet`: no crowd."""
        self.world: Final = world
        self.account: Final = account
        self.books: Final = VenueBooks()
        self.now = Nanos(0)
        self.reports: list[tuple[Report, bytes]] = []  # since the last `take`, numbered
        self._exchange: Final = world.exchange
        self._exchange.books = self.books
        self._operator: Final = Operator(self._exchange)
        self._record = record
        self._quiet = quiet
        self._refresh_due = Nanos(0)
        for happened in record.happened if record is not None else ():
            self.pass_time(happened.time)
            self._do(happened)

    def next_time(self, time: Nanos) -> Nanos | None:
        """Return when something comes of itself."""
        next_time = self.world.next_time()
        if not self._quiet:
            return next_time
        due = max(self._refresh_due, time)
        return due if next_time is None else min(next_time, due)

    def pass_time(self, time: Nanos) -> list[MarketData]:
        """Let the exchange go on to a time. Return what it publishes; reports are kept aside."""
        self.now = max(self.now, time)
        if self._quiet and self.now >= self._refresh_due:
            self._refresh_due = Nanos(self.now + QUIET_REFRESH)
            self._exchange.refresh(self.now)
        published: list[MarketData] = []
        for input in self.world.take(self.now):
            if isinstance(input, MarketData):
                published.append(input)
            elif not isinstance(input, VenueDisconnected):  # who hung up needs not be told
                report = cast(Report, input)
                self.reports.append((report, self.account.report(report)))
        return published

    def take_reports(self) -> list[bytes]:
        """Return the lines of the reports since the last time, for who is logged in."""
        lines = [line for _, line in self.reports]
        self.reports.clear()
        return lines

    def began(self, epoch: int, instance: str) -> None:
        """Write down that an epoch began; the account knows it already."""
        self._write(EpochBegan(self.now, epoch, instance))

    def act(self, order: Order) -> None:
        """Take a message of a node."""
        self._take(Acted(self.now, order.number, order.action))

    def hang_up(self) -> None:
        """End the session of the node and, as the exchange is set up, its orders."""
        self._take(HungUp(self.now))

    def withdraw(self, client_order: str) -> CancelOutcome:
        """Cancel an order of the emergency line."""
        before = self.working
        self._take(Withdrawn(self.now, client_order))
        if self.working < before:
            return CancelOutcome.CANCELED
        return CancelOutcome.GONE if self.books.knows(client_order) else CancelOutcome.UNKNOWN

    def withdraw_all(self) -> int:
        """Cancel all orders of the account; return how many there were."""
        before = self.working
        self._take(Withdrawn(self.now, ""))
        return before - self.working

    def operate(self, operated: Operated) -> str:
        """Do what the operator says. Return why it cannot be, empty if it was done.

        What cannot be is written down as well: it cannot be again when it is done again.
        """
        self._write(operated)
        return self._operate(operated)

    def refresh(self) -> None:
        """Publish whole books."""
        self._exchange.refresh(self.now)

    def close(self) -> None:
        """Close its record."""
        if self._record is not None:
            self._record.close()

    @property
    def working(self) -> int:
        """How many orders of the account work."""
        return len(self._exchange.orders)

    def _take(self, happened: Happened) -> None:
        self._write(happened)
        self._do(happened)

    def _write(self, happened: Happened) -> None:
        if self._record is not None:
            self._record.write(happened)

    def _do(self, happened: Happened) -> None:
        if isinstance(happened, Acted):
            self.account.expected = max(self.account.expected, happened.number + 1)
            self._exchange.act(happened.action, self.now)
        elif isinstance(happened, EpochBegan):
            if happened.epoch > self.account.epoch:
                self.account.begin(happened.epoch, happened.instance)
        elif isinstance(happened, HungUp):
            self._exchange.act(Disconnect(self.account.venue, _HUNG_UP), self.now)
        elif isinstance(happened, Operated):
            self._operate(happened)
        else:
            self._exchange.cancel_now(happened.client_order, self.now)

    def _operate(self, done: Operated) -> str:
        operator, exchange, now = self._operator, self._exchange, self.now
        if done.deed is Deed.BUST:
            return operator.bust(done.execution, done.reason, now)
        if done.deed is Deed.CORRECT:
            return operator.correct(done.execution, done.price, done.quantity, done.reason, now)
        if done.deed is Deed.RESET:
            exchange.reset_sessions(done.reason, now)
        elif not done.instrument and done.deed is Deed.HALT:
            operator.halt_all(done.reason, now)
        elif not done.instrument and done.deed is Deed.RESUME:
            operator.resume_all(now)
        else:
            for number, listing in exchange.listings.items():
                if done.instrument not in (0, number):
                    continue
                if done.deed is Deed.HALT:
                    exchange.halt(listing, done.reason, now)
                elif done.deed is Deed.RESUME:
                    exchange.resume(listing, now)
                else:
                    exchange.begin(listing, Phase[done.phase], now)
        return ""
