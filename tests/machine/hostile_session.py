"""One session between a machine and a hostile venue: from one seed, with an auditor looking on.

A wild strategy asks, the venue answers badly, the session breaks, the operator is nervous. Beside
the machine runs its twin, whose account keeps its cost by FIFO: it must answer the same. At the end
the line heals, honest statements are compared until all is settled, and a person explains what only
a person can; then both records must be the same.
"""

import random
from collections import Counter
from fractions import Fraction
from typing import Final

import msgspec

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AdoptFillCommand,
    CancelRequest,
    Input,
    InstrumentDefinition,
    OrderPolicyChange,
    TimePassed,
    VenueFilled,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    Action,
    CancelOrder,
    Output,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import (
    BreakKind,
    Contingency,
    CostBasis,
    InstrumentKind,
    OrderType,
    Status,
    TimeInForce,
)
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    StrategyId,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.books import VenueBooks
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.hostile.venue import HostileVenue, Temper
from fairlead.simulator.world import NEVER
from tests.machine.build import (
    BUY,
    CASH,
    CONNECTED,
    DISCONNECTED,
    KILL,
    PERPETUAL,
    RATE,
    RELEASE,
    SECOND,
    SELL,
    SPOT,
    START,
    STARTED,
    account,
    limits,
    quote,
    rate,
    replace,
    strategy,
    submit,
)
from tests.machine.naive import Auditor

MILLISECOND: Final = 1_000_000
ACCOUNT: Final = AccountId(1)
POSITION_MAX: Final = 30
FIRST: Final[Instrument] = msgspec.structs.replace(PERPETUAL, kind=InstrumentKind.SPOT)
INSTRUMENTS: Final = {one.instrument: one for one in (FIRST, SPOT)}
POLICY: Final = OrderPolicy(
    timeout=Nanos(3 * SECOND),
    retry_delay=Nanos(100 * MILLISECOND),
    answer_timeout=Nanos(500 * MILLISECOND),
)
WAITS: Final = [1_000, MILLISECOND, MILLISECOND, 20 * MILLISECOND, 200 * MILLISECOND, 2 * SECOND]
ACTIONS: Final = (SendOrder, ReplaceOrder, CancelOrder, QueryOrder, RequestStatement)
ROUNDS_MAX: Final = 12  # of statements, telephone calls and explanations at the end


def set_up(basis: CostBasis) -> list[Input]:
    """Return what makes a machine ready, with little headroom, so that limits matter."""
    most = {"position_quantity_max": Quantity(POSITION_MAX), "reference_age_max": Nanos(10**18)}
    return [
        STARTED,
        account(cost_basis=basis),
        InstrumentDefinition(FIRST),
        InstrumentDefinition(SPOT),
        strategy(1),
        strategy(2),
        limits(1, **most),
        limits(2, order_notional_max=Money(200_000), **most),
        rate(RATE.count_max, RATE.cancel_reserve),
        OrderPolicyChange(POLICY, "ann", "as agreed"),
        quote(99, 101),
        quote(99, 101, instrument=2),
        START,
        CONNECTED,
    ]


class Session:
    """A machine, its twin, the venue, and the two lines between them."""

    def __init__(self, seed: int, lies: bool | None = None) -> None:
        """Begin connected, and confirmed by a first statement. `lies`: as the seed has it."""
        self.chance = random.Random(seed)
        self.lies = bool(self.chance.randrange(2)) if lies is None else lies
        self.machine = Machine()
        self.twin = Machine()
        self.auditor = Auditor(POSITION_MAX, INSTRUMENTS)
        own = Chance(seed, 0)
        self.books = VenueBooks([FIRST, SPOT], ACCOUNT, CASH)
        reports: Line[Input] = Line(own, Nanos(1_500 * MILLISECOND))
        temper = Temper(own, self.lies)
        self.venue = HostileVenue(own, temper, self.books, reports, Price(100))
        self.wire: Line[Action] = Line(own, Nanos(300 * MILLISECOND))
        self.time = Nanos(10 * SECOND)
        self.skew = temper.skew  # of the venue's clock
        self.latest = 0
        self.happened: Counter[str] = Counter()
        self.adopted: dict[tuple[int, str], bool] = {}  # by a person
        self._stands = True
        basis = set_up(CostBasis.FIFO)
        for one, other in zip(set_up(CostBasis.AVERAGE), basis, strict=True):
            self.say(one, other)
        self.wait(MILLISECOND)
        self.say(self.books.statement(self.venue.now))

    # --- the two machines ---

    def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
        """Give both machines an input; actions go on the wire, the auditor looks on."""
        following = Sequence(self.machine.state.sequence + 1)
        answered = self.machine.apply(following, self.time, one)
        self.twin.apply(following, self.time, to_twin or one)
        self.auditor.follow(one, answered)
        if self.machine.positions.accounts():
            self.auditor.check(self.machine)
            self._compare_twin()
        for output in answered:
            self.happened[type(output).__name__] += 1
            if isinstance(output, ACTIONS) and self._stands:
                self.wire.put(output, self.time)
        return answered

    def _compare_twin(self) -> None:
        """The cost basis says when profit is realised: once flat, all of it is."""
        self.auditor.check_money(self.twin)
        for key, held in self.auditor.position.items():
            if held == 0:
                ours = self.machine.positions.get(*key)
                theirs = self.twin.positions.get(*key)
                assert ours.realised_fine == theirs.realised_fine, "FIFO and average cost disagree"
                assert ours.open_cost_fine == theirs.open_cost_fine == 0
                self.happened["flat"] += 1

    # --- one step ---

    def step(self) -> None:
        """Let a little time go by, and let something happen."""
        self.wait(self.chance.choice(WAITS))
        self.chance.choice(
            [
                *[self.ask] * 6,
                self.ask_family,
                *[self.change] * 3,
                *[self.venue.trade] * 6,
                *[self.venue.act_up] * 2,
                *[self.move_market] * 2,
                self.disturb,
            ]
        )()
        if not self.lies:
            self._counts_enough()

    def ask(self) -> None:
        """Want an order, of any kind."""
        chance = self.chance
        self.latest += 1
        price = chance.choice([0, *range(96, 105)])
        side = chance.choice([BUY, SELL])
        terms = {
            "instrument": InstrumentId(chance.randint(1, 2)),
            "strategy": StrategyId(chance.randint(1, 2)),
        } | chance.choice([{}, {}, {}, self._conditions()])
        wanted = submit(self.latest, side, chance.randint(1, 9), price)
        self.say(msgspec.structs.replace(wanted, **terms))

    def _conditions(self) -> dict[str, object]:
        chance = self.chance
        until = Nanos(self.time + chance.choice([MILLISECOND, SECOND]))
        kinds: list[dict[str, object]] = [
            {"reduce_only": True},
            {"order_type": OrderType.UNSET, "price": Price(0)},
            {"time_in_force": TimeInForce.GTD, "expire_time": until},
            {"timeout": Nanos(300 * MILLISECOND)},
            {"slippage_max": BasisPoints(100)},
            {"after": OrderId(max(1, self.latest - chance.randint(1, 3)))},
            {"order_type": OrderType.TRAILING_STOP, "price": Price(0), "trail": Price(2)},
            self._stop(),
        ]
        return chance.choice(kinds)

    def ask_family(self) -> None:
        """Want a bracket: an entry, and two ways out of which one is enough."""
        chance = self.chance
        entry, first, second = (OrderId(self.latest + number) for number in (1, 2, 3))
        self.latest += 3
        side, other = chance.choice([(BUY, SELL), (SELL, BUY)])
        quantity, price = chance.randint(1, 9), chance.randint(98, 102)
        kind = chance.choice([Contingency.OCO, Contingency.OUO])
        shared = {
            "strategy": StrategyId(chance.randint(1, 2)),
            "instrument": InstrumentId(chance.randint(1, 2)),
        }
        ways_out = {"group": first, "contingency": kind, "reduce_only": bool(chance.randrange(2))}
        if chance.randrange(4):
            ways_out["after"] = entry
        self.say(submit(entry, side, quantity, price, **shared))
        self.say(submit(first, other, quantity, 100, **shared, **ways_out))
        self.say(submit(second, other, quantity, 0, **shared, **ways_out, **self._stop()))

    def _stop(self) -> dict[str, object]:
        trigger = Price(self.chance.randint(97, 103))
        return {"order_type": OrderType.STOP, "trigger_price": trigger}

    def change(self) -> None:
        """Change one's mind about one of the latest orders."""
        number = max(1, self.latest - self.chance.randint(0, 4))
        order = self.machine.orders.get(OrderId(number))
        owner = StrategyId(1) if order is None else order.strategy
        instrument = InstrumentId(1) if order is None else order.instrument
        if self.chance.randrange(2):
            self.say(CancelRequest(owner, OrderId(number)))
        else:
            quantity, price = self.chance.randint(1, 12), self.chance.randint(96, 104)
            self.say(replace(number, quantity, price, strategy=owner, instrument=instrument))

    def move_market(self) -> None:
        """Move a touch."""
        bid = self.chance.randint(97, 102)
        self.say(quote(bid, bid + 2, instrument=self.chance.randint(1, 2)))

    def disturb(self) -> None:
        """Break the session, or let it stand again; kill, and go on; start again."""
        chance = self.chance
        if not self._stands:
            self._connect()
        elif chance.randrange(3):
            self._stands = False
            self.say(DISCONNECTED)
            if chance.randrange(2):
                self.wire.clear()
        elif chance.randrange(2):
            self.say(KILL)
            self.say(RELEASE)
        else:
            epoch = self.machine.state.epoch + 1
            self.say(msgspec.structs.replace(STARTED, epoch=epoch))
            self.say(DISCONNECTED)
            self.say(START)
            self._connect()

    def _connect(self) -> None:
        self._stands = True
        self.say(CONNECTED)

    def wait(self, nanos: int) -> None:
        """Let time go by: what arrives and what is due meanwhile happens at its own time.

        Now and then what is due has to wait for another input that comes with it.
        """
        until = self.time + nanos
        patient = self.chance.randrange(4) == 0
        while True:
            message = self.wire.next_time
            report = self.venue.reports.next_time if self._stands else NEVER
            due = NEVER if patient else self.machine.next_due() or NEVER
            following = min(message, report, due)
            if following > until:
                break
            self._go_to(max(self.time, following))
            if following == message:
                self.venue.act(0, self.wire.take())
            elif following == report:
                self.say(self.venue.reports.take())
            else:
                self.say(TimePassed())
        self._go_to(until)

    def _go_to(self, time: int) -> None:
        self.time, self.venue.now = Nanos(time), Nanos(time + self.skew)

    def _counts_enough(self) -> None:
        """Invariants 8 and 10: of what may trade at a venue that does not lie, nothing is missing.

        What the machine counts as filled and working is never less than what the venue does; but
        for an order that got back what it may trade twice: the first report of it may be lost.
        """
        for there in self.books.orders:
            order = self.machine.orders.get(there.order)
            assert order is not None
            here = order.filled + order.reserved
            enough = here >= there.filled + there.leaves
            unheard = there.reopened > 1
            assert enough or unheard or not there.alive, f"order {there.order}"

    # --- the end ---

    def settle(self) -> None:
        """Heal the line, compare statements until all is settled, and compare both records."""
        self.wire.heal()
        self.venue.reports.heal()
        self.venue.heal()
        if not self._stands:
            self._connect()
        for number in range(ROUNDS_MAX):
            self._settle_round()
            if number and self._is_settled():
                break
        self.wait(SECOND)
        self.say(self.books.statement(self.venue.now))
        self.agree()

    def _settle_round(self) -> None:
        """Ask, hear everything again, compare, and let a person explain what is left."""
        self.wait(8 * SECOND)
        self.venue.say_again()
        self.wait(SECOND)
        self.say(self.books.statement(self.venue.now))
        self._explain()

    def _is_settled(self) -> bool:
        state = self.machine.state
        working = state.orders.all_working()
        theirs = [order.order for order in self.books.alive()]
        return (
            not state.reconciliation.any_open
            and all(
                order.status in (Status.OPEN, Status.SUSPENDED, Status.DONE_FOR_DAY)
                for order in working
            )
            and sorted(order.order for order in working) == sorted(theirs)
        )

    def _explain(self) -> None:
        """Let a person telephone, and say whose the fills are that could not be booked."""
        state = self.machine.state
        for known in state.reconciliation.open_breaks():
            if known.kind in (BreakKind.FILL_NOT_AT_VENUE, BreakKind.FILL_DIFFERS):
                execution = known.item if known.session_date else ""
                where = (known.order, known.instrument)
                self.venue.explain(*where, execution, known.session_date)
            elif known.kind in (BreakKind.ORDER_DIFFERS, BreakKind.ORDER_NOT_AT_VENUE):
                self.venue.explain(known.order, known.instrument, "", 0)
            elif known.kind is BreakKind.POSITION_DIFFERS and self.lies:
                self.venue.read_out()
        for (venue, date, execution), held in list(state.reconciliation.quarantine.items()):
            for report in [one.report for one in held]:
                mine = self._owner(report)
                self.say(AdoptFillCommand(venue, date, execution, mine, "ann", "asked the venue"))
                if mine:
                    self.adopted[date, execution] = True

    def _owner(self, report: VenueFilled) -> StrategyId:
        """Return whose a fill is that its order could not take; 0 if there never was such a one."""
        line = self.books.fills.get((report.session_date, report.execution))
        order = self.machine.orders.get(report.order)
        if line is None or order is None or line.order != report.order:
            return StrategyId(0)
        terms = (line.instrument, line.price, line.quantity, line.fee)
        said = (report.instrument, report.price, report.quantity, report.fee)
        return order.strategy if terms == said else StrategyId(0)

    def agree(self) -> None:
        """Object to any difference that is left between the two records."""
        state = self.machine.state
        assert not state.reconciliation.any_open, [
            (known.kind.name, known.order, known.item, known.ours, known.theirs)
            for known in state.reconciliation.open_breaks()
        ]
        for number in INSTRUMENTS:
            net = self.machine.positions.net(number)
            assert net == self.books.position(number), f"the position in {number}"
        ours = self.machine.positions.accounts()[0].ledger("USD")
        assert ours is not None
        assert ours.cash.rounded == self.books.cash(), "cash"
        self._orders_agree()

    def _orders_agree(self) -> None:
        fills = self.books.fills.items()
        for order in self.machine.orders.all():
            there = self.books.find(order.order)
            assert order.status is not Status.UNKNOWN, f"order {order.order}"
            alive = there is not None and there.alive
            assert order.working is alive, f"order {order.order} is {order.status.name}"
            if there is not None and alive:
                assert order.quantity == there.quantity, f"order {order.order}"
            mine = [
                line for key, line in fills if line.order == order.order and key not in self.adopted
            ]
            filled = sum(line.quantity for line in mine)
            assert order.filled == filled, f"order {order.order}"
            if filled:
                exact = Fraction(sum(line.price * line.quantity for line in mine), filled)
                assert Fraction(order.filled_cost, order.filled) == exact, "the average price"


def run(seed: int, steps: int) -> Session:
    """Run one session to its end."""
    session = Session(seed)
    for _ in range(steps):
        session.step()
    session.settle()
    return session
