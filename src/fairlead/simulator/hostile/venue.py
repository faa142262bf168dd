"""A venue that keeps the truth and tells it badly.

It answers late or never, trades, cancels of its own accord, busts and corrects; it says no to what
it took, falls silent about fills while its session stands, tells old reports again, crashes, and
numbers its orders from the beginning; and one that lies says what never was. Its books (`books.py`)
are exact whatever it says, a statement tells them whole, and on the telephone it owns up.
"""

from typing import Final

from fairlead.model.inputs import (
    Input,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueCancelRejected,
    VenueCorrected,
    VenueDoneForDay,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
    VenueResumed,
    VenueSuspended,
)
from fairlead.model.outputs import (
    Action,
    Approved,
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.statements import StatementFill
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import InstrumentId, Money, Nanos, OrderId, Price, Quantity
from fairlead.simulator.chance import Chance
from fairlead.simulator.days import session_date
from fairlead.simulator.hostile.books import BookedOrder, VenueBooks
from fairlead.simulator.hostile.line import Line

_REMEMBERED: Final = 30  # reports that may be told again after a reconnect
_FILL_MAX: Final = 6
_MIDDLE: Final = Price(10_000)
_LIED_ORDERS: Final = 12  # lies speak of low order ids, which exist, and of some that do not
_ABSURD: Final = [1, 2, 3, 5, 0, -1, 10**15, 2**62 - 1]


class Temper:
    """How bad a venue is, in percent of the cases; all of it from the seed."""

    def __init__(self, chance: Chance, lies: bool) -> None:
        """Draw it."""
        self.lies: Final = lies  # says what never was
        self.silent_answer: Final = chance.pick([0, 0, 5, 15])  # acknowledges never
        self.rejects: Final = chance.pick([0, 5, 20])  # of new orders, most of them for now
        self.refuses: Final = chance.pick([0, 10, 25])  # of replaces and cancels
        self.rejects_taken: Final = chance.pick([0, 0, 8]) if lies else 0  # 502, and took it
        self.cancel_on_disconnect: Final = chance.percent(50)
        self.replays: Final = chance.percent(50)  # old reports, after a reconnect
        self.skew: Final = chance.pick([0, 0, 0, -200_000_000, -1_000, 1_000, 150_000_000])


class HostileVenue:
    """What is asked of it and what it does by itself; what it says goes on a line."""

    def __init__(
        self,
        chance: Chance,
        temper: Temper,
        books: VenueBooks,
        reports: Line[Input],
        middle: Price = _MIDDLE,
    ) -> None:
        """Begin with these books. What has no price trades around the `middle`."""
        self.now = Nanos(0)
        self.temper: Final = temper
        self.books: Final = books
        self.reports: Final = reports
        self.kind = False  # from the healing on: takes what it is asked, and invents nothing
        self.silent = False  # about fills: the session stands, and nothing of them is told
        self.happened: Final[dict[str, int]] = {}
        self.diary: list[str] = []  # what happened since somebody looked
        self.received: Final[list[tuple[int, Action]]] = []  # each with the number of its message
        self._chance: Final = chance
        self._middle: Final = middle
        self._burned: Final[dict[str, bool]] = {}  # client order ids, for ever
        self._taken_back: Final[list[Input]] = []  # busts and corrections, to be said again
        self._said: list[Input] = []
        self._lies = 0

    @property
    def date(self) -> int:
        """The trading day, by the venue's clock."""
        return session_date(self.now)

    # --- what it is asked ---

    def act(self, number: int, action: Action) -> None:
        """Do what a message says, if its client order id has not come before."""
        self.received.append((number, action))
        if isinstance(action, SendOrder):
            self._take(action.approved)
        elif isinstance(action, ReplaceOrder):
            self._replace(action.approved)
        elif isinstance(action, CancelOrder):
            self._cancel(action)
        elif isinstance(action, QueryOrder):
            self._answer(action)
        elif isinstance(action, RequestStatement):
            self.say(self.books.statement(self.now, action.fills_since))

    def _take(self, approved: Approved) -> None:
        if self._is_old(approved):
            self._count("duplicate")
            return
        where = (approved.order, approved.instrument)
        if not self.kind and self._chance.percent(self.temper.rejects):
            transient = self._chance.percent(60)
            self.say(VenueRejected(*where, "busy", self.now, transient, approved.request))
            return
        taken = self.books.place(approved)
        if not self.kind and self._chance.percent(self.temper.rejects_taken):
            self._count("rejected what it took")
            self.say(VenueRejected(*where, "502", self.now, False, approved.request))
        elif not self.kind and self._chance.percent(self.temper.silent_answer):
            self._count("never acknowledged")
        else:
            self.say(VenueAccepted(*where, taken.venue_order, self.now))

    def _replace(self, approved: Approved) -> None:
        if self._is_old(approved):
            return
        order = self.books.find(approved.order)
        where = (approved.order, approved.instrument)
        refused = not self.kind and self._chance.percent(self.temper.refuses)
        if order is None or not order.alive or approved.quantity <= order.filled or refused:
            self.say(VenueReplaceRejected(*where, "no", self.now, approved.request))
            return
        self.books.change(order, approved)
        if self._chance.percent(50):
            order.venue_order = self.books.new_id()
        terms = (approved.quantity, approved.price)
        self.say(VenueReplaced(*where, *terms, self.now, approved.request, order.venue_order))

    def _cancel(self, action: CancelOrder) -> None:
        order = self.books.find(action.order, action.client_order)
        where = (action.order, action.instrument)
        refused = not self.kind and self._chance.percent(self.temper.refuses)
        if order is None or not order.alive or refused:
            self.say(VenueCancelRejected(*where, "too late", self.now, action.request))
            return
        order.status = Status.CANCELED
        self.say(VenueCanceled(*where, "as you wish", self.now))

    def _answer(self, action: QueryOrder) -> None:
        if self.temper.lies and not self.kind and self._chance.percent(10):
            self._count("not found, of an order that it has")
            self.say(VenueOrderStatus(action.order, action.instrument, False, self.now))
            return
        self.say(self.books.status(action.order, action.instrument, self.now))

    def _is_old(self, approved: Approved) -> bool:
        known = approved.client_order in self._burned
        self._burned[approved.client_order] = True
        return known

    # --- what it does of its own accord ---

    def trade(self) -> None:
        """Fill some order as far as it likes."""
        chance = self._chance
        order = self._some_order()
        if order is None or order.status is not Status.OPEN:
            return
        quantity = Quantity(chance.between(1, min(order.leaves, _FILL_MAX)))
        price = order.price or self._near()
        line = self._execute(order, price, quantity, self.date)
        cumulative = Quantity(order.filled) if chance.percent(50) else None
        if self.temper.lies and chance.percent(5):
            cumulative = Quantity(chance.between(0, 20))
        self.say(_report(line, cumulative, order.side))

    def act_up(self) -> None:
        """Do something that nobody asked for."""
        what = self._chance.below(8 if self.temper.lies else 5)
        if what == 0:
            self._bust()
        elif what == 1:
            self._correct()
        elif what == 2:
            self._end()
        elif what == 3:
            self._pause()
        elif what == 4:
            self._count("silent about fills" if not self.silent else "speaks again")
            self.silent = not self.silent
        else:
            self._lie()

    def disconnected(self) -> None:
        """Learn that the session broke: what works is canceled, where that is agreed."""
        if self.temper.cancel_on_disconnect:
            for order in self.books.alive():
                self._count("canceled on disconnect")
                order.status = Status.CANCELED

    def connected(self) -> None:
        """Learn that the session stands again: some tell what they had told."""
        if self.temper.replays and self._said:
            self._count("replayed")
            begin = self._chance.below(len(self._said))
            for report in self._said[begin:]:
                self.reports.put(report, self.now)

    def crash(self) -> None:
        """Go down and come up: the books survive, and the numbering of orders does not."""
        self._count("crashed")
        self._said.clear()
        self.books.forget_ids()
        self.disconnected()

    def heal(self) -> None:
        """Be honest and forthcoming from now on."""
        self.kind = True
        self.silent = False

    def _execute(
        self, order: BookedOrder, price: Price, quantity: Quantity, date: int
    ) -> StatementFill:
        fee = Money(self._chance.between(-2, 5))
        return self.books.execute(order, price, quantity, fee, self.now, date)

    def _bust(self) -> None:
        line = self._some_fill()
        if line is not None:
            self._count("busted")
            self.books.take_back(line)
            self._take_back(self._busted(line.order, line.instrument, line))

    def _correct(self) -> None:
        line = self._some_fill()
        if line is None:
            return
        self._count("corrected")
        order = self.books.take_back(line)
        quantity = Quantity(self._chance.between(max(1, line.quantity - 2), line.quantity))
        price = Price(line.price + self._chance.between(-1, 1))
        new = self._execute(order, price, quantity, line.session_date)
        self._take_back(_correction(line, new, self.now))

    def _take_back(self, report: Input) -> None:
        self._taken_back.append(report)
        self.say(report)

    def _end(self) -> None:
        order = self._some_order()
        if order is None:
            return
        where = (order.order, order.instrument)
        if self._chance.percent(50):
            order.status = Status.CANCELED
            self.say(VenueCanceled(*where, "the venue's own doing", self.now))
        else:
            order.status = Status.EXPIRED
            self.say(VenueExpired(*where, self.now))

    def _pause(self) -> None:
        order = self._some_order()
        if order is None:
            return
        where = (order.order, order.instrument)
        if order.status is not Status.OPEN:
            order.status = Status.OPEN
            self.say(VenueResumed(*where, self.now))
        elif self._chance.percent(50):
            order.status = Status.SUSPENDED
            self.say(VenueSuspended(*where, "volatility", self.now))
        else:
            order.status = Status.DONE_FOR_DAY
            self.say(VenueDoneForDay(*where, self.now))

    # --- what never was ---

    def _lie(self) -> None:
        """Say something that is not so, or of what is not there."""
        chance = self._chance
        self._count("lied")
        self._lies += 1
        orders = self.books.orders
        number, instrument = OrderId(chance.between(1, _LIED_ORDERS)), InstrumentId(1)
        if orders and chance.percent(90):
            known = chance.pick(orders)
            number, instrument = known.order, known.instrument
        self.say(self._false(number, instrument))

    def _false(self, number: OrderId, instrument: InstrumentId) -> Input:
        """Return what is not so, about an order."""
        chance, now, why = self._chance, self.now, "a lie"
        where = (number, instrument)
        execution = f"L{self._lies}" if chance.percent(50) else f"E{chance.between(1, 9)}"
        quantity = Quantity(chance.pick(_ABSURD))
        price = chance.pick([self._near(), self._near(), self._near(), Price(0), Price(-5)])
        terms = (execution, self.date, price, quantity, Money(1), Liquidity.TAKER)
        what = chance.below(16)
        if what < 4:
            return VenueFilled(number, instrument, *terms, now)
        if what < 6:
            return VenueBusted(*where, execution, self.date, why, now)
        if what < 14:
            return self._false_step(what - 6, number, instrument, price)
        if what == 14:
            return VenueCorrected(number, instrument, "E1", *terms, why, now)
        status = chance.pick(list(Status))
        return VenueOrderStatus(*where, True, now, status, filled=quantity)

    def _false_step(
        self, what: int, number: OrderId, instrument: InstrumentId, price: Price
    ) -> Input:
        """Return a step of an order that it did not make."""
        now, why = self.now, "a lie"
        where = (number, instrument)
        if what == 0:
            return VenueAccepted(*where, "V1", now)
        if what == 1:
            return VenueRejected(*where, why, now)
        if what == 2:
            return VenueCanceled(*where, why, now)
        if what == 3:
            return VenueExpired(*where, now)
        if what == 4:
            return VenueReplaced(*where, Quantity(self._chance.between(1, 9)), price, now)
        if what == 5:
            return VenueReplaceRejected(*where, why, now)
        if what == 6:
            return VenueCancelRejected(*where, why, now)
        return VenueResumed(*where, now)

    # --- the truth ---

    def say(self, report: Input) -> None:
        """Put a report on the line; of fills only where it is not silent about them."""
        if self.silent and isinstance(report, VenueFilled):
            self._count("a fill that was not told")
            return
        self._said.append(report)
        if len(self._said) > _REMEMBERED:
            del self._said[0]
        self.reports.put(report, self.now)

    def say_again(self) -> None:
        """Say again what a statement cannot say: what was taken back, and how orders stand."""
        for report in self._taken_back:
            self.say(report)
        for order in self.books.orders:
            self.say(self.books.status(order.order, order.instrument, self.now))

    def explain(self, number: OrderId, instrument: InstrumentId, execution: str, date: int) -> None:
        """Own up: take back what was told of an execution, and tell the true one anew.

        Without an execution the order is in question: it is canceled, so that both sides agree.
        """
        if not execution:
            for order in self.books.alive():
                if order.order == number:
                    order.status = Status.CANCELED
            self.say(VenueCanceled(number, instrument, "nobody knew any more", self.now))
            return
        line = self.books.fills.get((date, execution))
        self.say(VenueBusted(number, instrument, execution, date, "erroneous", self.now))
        if line is not None:
            mine = self.books.take_back(line)
            new = self._execute(mine, line.price, line.quantity, date)
            self.say(_report(new, None, mine.side))

    def cancel_stranger(self, venue_order: str) -> None:
        """Cancel on the telephone an order that nobody on the other side knows."""
        for order in self.books.alive():
            if venue_order in (order.venue_order, order.client_order):
                order.status = Status.CANCELED

    def read_out(self) -> None:
        """Say on the telephone what was ever taken back: a lie may have used the id of its heir."""
        for report in self._taken_back:
            if isinstance(report, VenueCorrected):
                where = (report.order, report.instrument, report.original, report.session_date)
                self.say(VenueBusted(*where, "erroneous", self.now))

    def _busted(self, order: OrderId, instrument: InstrumentId, line: StatementFill) -> VenueBusted:
        date = line.session_date
        return VenueBusted(order, instrument, line.execution, date, "erroneous", self.now)

    def _near(self) -> Price:
        """Return a price near the middle: up to two percent away."""
        away = self._middle // 50
        return Price(self._chance.between(self._middle - away, self._middle + away))

    def _some_order(self) -> BookedOrder | None:
        found = self.books.alive()
        return self._chance.pick(found) if found else None

    def _some_fill(self) -> StatementFill | None:
        fills = list(self.books.fills.values())
        return self._chance.pick(fills) if fills else None

    def _count(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1
        self.diary.append(f"venue: {what}")


def _report(line: StatementFill, cumulative: Quantity | None, side: Side) -> VenueFilled:
    """Return an execution as it is reported."""
    return VenueFilled(
        line.order,
        line.instrument,
        line.execution,
        line.session_date,
        line.price,
        line.quantity,
        line.fee,
        line.liquidity,
        line.venue_time,
        cumulative,
        side,
    )


def _correction(old: StatementFill, new: StatementFill, now: Nanos) -> VenueCorrected:
    """Return the report that puts one execution in the place of another."""
    where = (old.order, old.instrument, old.execution, new.execution, old.session_date)
    terms = (new.price, new.quantity, new.fee, new.liquidity)
    return VenueCorrected(*where, *terms, "corrected", now)
