"""A venue that keeps the truth and tells it badly, from one seed.

Both ways to it lose, delay, repeat and reorder (`Line`). It answers, trades, cancels of its own
accord, busts and corrects; one that lies says what never was. Whatever it said, its own record is
exact: a statement tells it whole, and `explain` is the telephone on which it owns up to a lie.
"""

import random
from typing import Final, Generic, TypeVar

import msgspec

from fairlead.model.inputs import (
    Input,
    Statement,
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
from fairlead.model.statements import (
    StatementCash,
    StatementFill,
    StatementOrder,
    StatementPosition,
)
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)
from tests.machine.build import CASH, DAY, VENUE

T = TypeVar("T")

MILLISECOND: Final = 1_000_000
NEVER: Final = 2**63
ACCOUNT: Final = AccountId(1)
UNITS: Final = {InstrumentId(1): 1, InstrumentId(2): 10}  # what a price on a quantity is worth


class Line(Generic[T]):
    """A line on which things come late, twice, in another order, or never."""

    def __init__(self, chance: random.Random, late_max: Nanos) -> None:
        """Begin as bad as `chance` has it; nothing takes longer than `late_max`."""
        self._chance = chance
        self._late_max = late_max
        self._lost, self._twice, self._late = (chance.choice([0, 5, 20, 40]) for _ in range(3))
        self._under_way: list[tuple[int, int, T]] = []  # when it arrives, a number, the thing
        self._count = 0

    def put(self, thing: T, now: Nanos) -> None:
        """Send something, once, twice or not at all."""
        if self._chance.randrange(100) < self._lost:
            return
        for _ in range(2 if self._chance.randrange(100) < self._twice else 1):
            late = self._chance.randrange(100) < self._late
            self._count += 1
            arrival = now + (self._chance.randrange(self._late_max) if late else 0)
            self._under_way.append((arrival, self._count, thing))

    @property
    def next_time(self) -> int:
        """When the next thing arrives; never, if nothing is under way."""
        return min((arrival for arrival, _, _ in self._under_way), default=NEVER)

    def take(self) -> T:
        """Return the next thing that arrives."""
        first = min(self._under_way, key=lambda entry: entry[:2])
        self._under_way.remove(first)
        return first[2]

    def cut(self) -> None:
        """Lose what is under way."""
        self._under_way.clear()

    def heal(self) -> None:
        """Lose, repeat and delay nothing from now on."""
        self._lost = self._twice = self._late = 0


class VenueOrder:
    """An order as the venue has it."""

    def __init__(self, approved: Approved) -> None:
        """Take it as it arrived."""
        self.order = approved.order
        self.instrument = approved.instrument
        self.side = approved.side
        self.quantity: int = approved.quantity
        self.price = approved.price
        self.client_order = approved.client_order
        self.venue_order = f"V{approved.client_order}"
        self.filled = 0
        self.status = Status.OPEN
        self.reopened = 0  # how often it got back what it may trade

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self.status in (Status.OPEN, Status.SUSPENDED, Status.DONE_FOR_DAY)

    @property
    def leaves(self) -> int:
        """What may still trade."""
        return self.quantity - self.filled if self.alive else 0


class HostileVenue:
    """Orders, executions, positions and cash as they really are, and what is said of them."""

    def __init__(self, chance: random.Random, lies: bool) -> None:
        """Begin with nothing."""
        self.now = Nanos(0)
        self.lies = lies
        self.kind = False  # from the healing on: takes what it is asked, and invents nothing
        self.orders: dict[OrderId, VenueOrder] = {}
        self.fills: dict[str, StatementFill] = {}  # that stand
        self.reports: Line[Input] = Line(chance, Nanos(1_500 * MILLISECOND))
        self._chance = chance
        self._messages: dict[str, bool] = {}  # client order ids: burned for ever
        self._taken_back: list[Input] = []  # busts and corrections, to be said again
        self._count = 0

    # --- what it is asked ---

    def act(self, action: Action) -> None:
        """Do what a message says, if it has not come before."""
        if isinstance(action, SendOrder):
            self._take(action.approved)
        elif isinstance(action, ReplaceOrder):
            self._replace(action.approved)
        elif isinstance(action, CancelOrder):
            self._cancel(action)
        elif isinstance(action, QueryOrder):
            self.say(self.status(action.order, action.instrument))
        elif isinstance(action, RequestStatement):
            self.say(self.statement(action.fills_since))

    def _take(self, approved: Approved) -> None:
        if self._is_old(approved):
            return
        assert approved.order not in self.orders, "sent again, and it was taken the first time"
        where = (approved.order, approved.instrument)
        answer = 99 if self.kind else self._chance.randrange(100)
        if answer < 20:
            transient = answer < 12
            self.say(VenueRejected(*where, "busy", self.now, transient, approved.request))
            return
        taken = self.orders[approved.order] = VenueOrder(approved)
        self.say(VenueAccepted(*where, taken.venue_order, self.now))

    def _replace(self, approved: Approved) -> None:
        if self._is_old(approved):
            return
        order = self.orders.get(approved.order)
        where = (approved.order, approved.instrument)
        no = not self.kind and self._chance.randrange(4) == 0
        if order is None or not order.alive or approved.quantity <= order.filled or no:
            self.say(VenueReplaceRejected(*where, "no", self.now, approved.request))
            return
        order.quantity, order.price = approved.quantity, approved.price
        order.client_order = approved.client_order
        if self._chance.randrange(2):
            order.venue_order = f"V{approved.client_order}"
        terms = (approved.quantity, approved.price)
        self.say(VenueReplaced(*where, *terms, self.now, approved.request, order.venue_order))

    def _cancel(self, action: CancelOrder) -> None:
        order = self.orders.get(action.order)
        where = (action.order, action.instrument)
        no = not self.kind and self._chance.randrange(5) == 0
        if order is None or not order.alive or no:
            self.say(VenueCancelRejected(*where, "too late", self.now, action.request))
            return
        order.status = Status.CANCELED
        self.say(VenueCanceled(*where, "as you wish", self.now))

    def _is_old(self, approved: Approved) -> bool:
        known = approved.client_order in self._messages
        self._messages[approved.client_order] = True
        return known

    # --- what it does of its own accord ---

    def trade(self) -> None:
        """Fill some order as far as it likes."""
        order = self._some_order(alive=True)
        if order is None or order.status is not Status.OPEN:
            return
        quantity = Quantity(self._chance.randint(1, min(order.leaves, 6)))
        line = self._execute(order, order.price or Price(self._chance.randint(98, 102)), quantity)
        cumulative = Quantity(order.filled) if self._chance.randrange(2) else None
        if self.lies and not self._chance.randrange(10):
            cumulative = Quantity(self._chance.randint(0, 20))
        if self.lies and not self._chance.randrange(20):
            line = msgspec.structs.replace(line, order=OrderId(self._chance.randint(1, 12)))
        self.say(_report(line, cumulative, order.side))

    def act_up(self) -> None:
        """Do something that nobody asked for."""
        self._chance.choice(
            [self._bust, self._correct, self._end, self._pause, *[self._lie] * (2 * self.lies)]
        )()

    def _execute(self, order: VenueOrder, price: Price, quantity: Quantity) -> StatementFill:
        self._count += 1
        line = StatementFill(
            order.instrument,
            f"E{self._count}",
            DAY,
            order.side,
            price,
            quantity,
            Money(self._chance.randint(-2, 5)),
            Liquidity.MAKER,
            self.now,
            order.order,
            order.client_order,
            order.venue_order,
        )
        self.fills[line.execution] = line
        order.filled += quantity
        if order.filled >= order.quantity and order.alive:
            order.status = Status.FILLED
        return line

    def _forget(self, line: StatementFill) -> VenueOrder:
        """Take an execution back. An order that works gets back what it lost by it."""
        del self.fills[line.execution]
        order = self.orders[line.order]
        order.filled -= line.quantity
        order.reopened += order.alive
        if order.status is Status.FILLED:
            order.status = Status.CANCELED
        return order

    def _bust(self) -> None:
        line = self._some_fill()
        if line is not None:
            self._forget(line)
            self._take_back(self._busted(line.order, line.instrument, line.execution))

    def _correct(self) -> None:
        line = self._some_fill()
        if line is None:
            return
        order = self._forget(line)
        least = max(1, line.quantity - 2)
        quantity = Quantity(self._chance.randint(least, line.quantity))
        new = self._execute(order, Price(line.price + self._chance.randint(-1, 1)), quantity)
        self._take_back(_correction(line, new, self.now))

    def _take_back(self, report: Input) -> None:
        self._taken_back.append(report)
        self.say(report)

    def _end(self) -> None:
        order = self._some_order(alive=True)
        if order is not None:
            where = (order.order, order.instrument)
            order.status = self._chance.choice([Status.CANCELED, Status.EXPIRED])
            canceled = VenueCanceled(*where, "the venue's own doing", self.now)
            expired = VenueExpired(*where, self.now)
            self.say(canceled if order.status is Status.CANCELED else expired)

    def _pause(self) -> None:
        order = self._some_order(alive=True)
        if order is None:
            return
        where = (order.order, order.instrument)
        if order.status is not Status.OPEN:
            order.status = Status.OPEN
            self.say(VenueResumed(*where, self.now))
        elif self._chance.randrange(2):
            order.status = Status.SUSPENDED
            self.say(VenueSuspended(*where, "volatility", self.now))
        else:
            order.status = Status.DONE_FOR_DAY
            self.say(VenueDoneForDay(*where, self.now))

    # --- what never was ---

    def _lie(self) -> None:
        """Say something that is not so, or of what is not there."""
        chance = self._chance
        number = OrderId(chance.randint(1, 14))
        known = self.orders.get(number)
        instrument = known.instrument if known else InstrumentId(chance.randint(1, 2))
        where = (number, instrument)
        self._count += 1
        execution = chance.choice([f"L{self._count}", f"E{chance.randint(1, 9)}"])
        quantity = Quantity(chance.choice([1, 2, 3, 5, 0, -1, 10**15, 2**62]))
        price = Price(chance.choice([99, 100, 101, 101, 0, -5]))
        terms = (execution, DAY, price, quantity, Money(1), Liquidity.TAKER)
        more = Quantity(chance.randint(1, 9))
        reason = "a lie"
        lies: list[Input] = [
            *[VenueFilled(number, instrument, *terms, self.now)] * 4,
            VenueAccepted(*where, "V1-1-1", self.now),
            VenueRejected(*where, reason, self.now),
            VenueCanceled(*where, reason, self.now),
            VenueExpired(*where, self.now),
            VenueReplaced(*where, more, price, self.now),
            VenueReplaceRejected(*where, reason, self.now),
            VenueCancelRejected(*where, reason, self.now),
            VenueResumed(*where, self.now),
            *[self._busted(*where, execution)] * 2,
            VenueCorrected(number, instrument, "E1", *terms, reason, self.now),
            VenueOrderStatus(*where, True, self.now, chance.choice(list(Status)), filled=quantity),
        ]
        self.say(chance.choice(lies))

    # --- the truth ---

    def say(self, report: Input) -> None:
        """Put a report on the line."""
        self.reports.put(report, self.now)

    def say_again(self) -> None:
        """Say again what a statement cannot say: what was taken back, and how orders stand."""
        for report in self._taken_back:
            self.say(report)
        for order in self.orders.values():
            self.say(self.status(order.order, order.instrument))

    def status(self, number: OrderId, instrument: InstrumentId) -> VenueOrderStatus:
        """Return what became of an order, if it ever came here."""
        order = self.orders.get(number)
        if order is None:
            return VenueOrderStatus(number, instrument, False, self.now)
        return VenueOrderStatus(
            number,
            instrument,
            True,
            self.now,
            order.status,
            Quantity(order.quantity),
            order.price,
            Quantity(order.filled),
            order.venue_order,
            "as it is",
        )

    def position(self, instrument: InstrumentId) -> int:
        """Return what the executions add up to."""
        return sum(_signed(line) for line in self.fills.values() if line.instrument == instrument)

    def cash(self) -> int:
        """Return what is left after what was paid in full, and fees."""
        lines = self.fills.values()
        paid = sum(_signed(line) * line.price * UNITS[line.instrument] for line in lines)
        return CASH - paid - sum(line.fee for line in lines)

    def statement(self, since: Nanos = Nanos(0)) -> Statement:
        """Return everything, as it is now."""
        return Statement(
            ACCOUNT,
            VENUE,
            self.now,
            "the venue",
            tuple(self._line(order) for order in self.orders.values() if order.alive),
            tuple(line for line in self.fills.values() if line.venue_time > since or since == 0),
            tuple(
                StatementPosition(number, SignedQuantity(self.position(number)))
                for number in UNITS
                if self.position(number)
            ),
            (StatementCash("USD", Money(self.cash())),),
            since,
        )

    def explain(self, order: OrderId, instrument: InstrumentId, execution: str) -> None:
        """Own up: take back what was told of an execution, and tell the true one anew.

        Without an execution the order is in question: it is canceled, so that both sides agree.
        """
        known = self.orders.get(order)
        if not execution:
            if known is not None and known.alive:
                known.status = Status.CANCELED
            self.say(VenueCanceled(order, instrument, "nobody knew any more", self.now))
            return
        line = self.fills.get(execution)
        self.say(self._busted(order, instrument, execution))
        if line is not None:
            mine = self._forget(line)
            self.say(_report(self._execute(mine, line.price, line.quantity), None, mine.side))

    def read_out(self) -> None:
        """Say on the telephone what was ever taken back: a lie may have used the id of its heir."""
        for report in self._taken_back:
            if isinstance(report, VenueCorrected):
                self.say(self._busted(report.order, report.instrument, report.original))

    def _line(self, order: VenueOrder) -> StatementOrder:
        return StatementOrder(
            order.instrument,
            order.side,
            Quantity(order.quantity),
            Quantity(order.filled),
            order.price,
            client_order=order.client_order,
            venue_order=order.venue_order,
        )

    def _busted(self, order: OrderId, instrument: InstrumentId, execution: str) -> VenueBusted:
        return VenueBusted(order, instrument, execution, DAY, "erroneous", self.now)

    def _some_order(self, alive: bool) -> VenueOrder | None:
        found = [order for order in self.orders.values() if order.alive or not alive]
        return self._chance.choice(found) if found else None

    def _some_fill(self) -> StatementFill | None:
        return self._chance.choice(list(self.fills.values())) if self.fills else None


def _signed(line: StatementFill) -> int:
    return line.quantity if line.side is Side.BUY else -line.quantity


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
