"""The whole machine: every input has its step, the same in gives the same out, and no venue,
however late, confused or hostile, makes it break an invariant.
"""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fairlead.machine.machine import STEPS, Machine
from fairlead.model import inputs
from fairlead.model.codec import encode_outputs
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.outputs import Action, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.terms import Side, Status
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    StrategyId,
    UpdateId,
)
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    FAILED,
    KILL,
    NO_TIME,
    POLICY,
    RELEASE,
    SECOND,
    SELL,
    SET_UP,
    START,
    STARTED,
    STOP,
    UNCONFIRMED,
    Rig,
    accepted,
    busted,
    cancel,
    cancel_rejected,
    canceled,
    corrected,
    expired,
    filled,
    limits,
    order_status,
    quote,
    rejected,
    replace,
    replace_rejected,
    replaced,
    submit,
)
from tests.machine.busy import a_day
from tests.machine.naive import Auditor

ROOT = Path(__file__).parents[2]
POSITION_MAX = Quantity(30)


def digests(day: list[Input]) -> str:
    """Return the digests of all outputs and of the state after a day."""
    machine = Machine()
    answered = hashlib.blake2b()
    for number, one in enumerate([*SET_UP, *day], 1):
        outputs = machine.apply(Sequence(number), Nanos(number * 1_000), one)
        answered.update(encode_outputs(outputs))
    return f"{answered.hexdigest()} {machine.digest()}"


# --- one page of steps ----------------------------------------------------------------------------


def test_every_input_has_its_step_and_nothing_else_has() -> None:
    """B-EVT-05: the table is exhaustive over what can happen."""
    assert set(STEPS) == set(get_args(Input))


def test_what_is_no_input_stops_the_machine() -> None:
    """B-EVT-05: an unknown kind is a hard error, not a silence."""
    stranger: Any = object()
    with pytest.raises(KeyError):
        Machine().apply(Sequence(1), Nanos(0), stranger)


def test_inputs_are_applied_in_their_order_and_once() -> None:
    """B-EVT-07, B-EVT-13: by number; a gap or a repetition stops the machine."""
    rig = Rig()
    following = rig.machine.state.sequence + 1
    for wrong in (following - 1, following + 1):
        with pytest.raises(AssertionError, match="follows"):
            rig.machine.apply(Sequence(wrong), rig.time, START)


def test_time_never_goes_back() -> None:
    """Fault 8: the sequencer holds it, the machine insists."""
    rig = Rig()
    rig.wait(-1)
    with pytest.raises(AssertionError, match="time goes back"):
        rig.give(START)


# --- determinism ----------------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_outputs_and_the_same_state() -> None:
    """Invariant 2: byte for byte, and another day gives others."""
    assert digests(a_day(7, 400)) == digests(a_day(7, 400))
    assert digests(a_day(7, 400)) != digests(a_day(8, 400))


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "0", "TZ": "UTC"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "random", "TZ": "America/St_Johns", "LC_ALL": "C"},
    ],
    ids=lambda surroundings: surroundings["PYTHONHASHSEED"],
)
def test_another_process_in_another_place_answers_the_same(surroundings: dict[str, str]) -> None:
    """Invariant 2, B-EVT-09: no clock, no chance, no order of a set."""
    program = "from tests.machine.test_machine import a_day, digests; print(digests(a_day(7, 400)))"
    path = os.pathsep.join([str(ROOT), *sys.path])
    there = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | surroundings | {"PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert there.stdout.strip() == digests(a_day(7, 400))


# --- an auditor looks on -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_on_a_busy_day_every_invariant_holds_after_every_input(seed: int) -> None:
    """Invariants 4, 5, 6, 8, 10 and 12; and the day was busy enough to mean something."""
    rig, auditor = Rig(), Auditor(POSITION_MAX)
    happened: Counter[str] = Counter()
    for one in a_day(seed, 1_500):
        outputs = rig.give(one)
        auditor.follow(one, outputs)
        auditor.check(rig.machine)
        happened.update(type(output).__name__ for output in outputs)
    for kind in ("SendOrder", "OrderRefused", "OrderFilled", "OrderCanceled", "FillIgnored"):
        assert happened[kind] >= 5, happened


# --- a hostile venue, a wild strategy, a nervous operator ----------------------------------------

Happening = Callable[[int], Input]  # from the id of the latest order to what happens

small = st.integers(1, 20)
# 4,000 at 10**15 are a little less than all money; what is larger does not fit even once.
absurd = st.sampled_from([0, -1, 4_000, 10**15, 10**15 + 1, 2**62, 2**63 - 1, -(2**63)])
numbers = st.one_of(small, small, absurd)
prices = st.one_of(st.integers(92, 108), absurd)
sides = st.sampled_from([BUY, SELL])
instruments = st.sampled_from([1, 2]).map(InstrumentId)
executions = st.integers(1, 12).map(lambda number: f"E{number}")
levels = st.lists(st.tuples(prices.map(Price), numbers.map(Quantity)), max_size=3).map(tuple)


def of_a_recent_order(
    make: Callable[..., Input], **terms: st.SearchStrategy[Any]
) -> st.SearchStrategy[Happening]:
    """Return something that happens to one of the latest orders, or to the next one."""

    def bind(ago: int, **chosen: Any) -> Happening:
        return lambda latest: make(max(1, latest - ago), **chosen)

    return st.builds(bind, ago=st.sampled_from([-1, -1, 0, 0, 1, 2, 3]), **terms)


any_terms: dict[str, st.SearchStrategy[Any]] = {"quantity": numbers, "price": prices}
wild_requests = st.one_of(
    of_a_recent_order(
        submit,
        side=sides,
        instrument=instruments,
        strategy=st.sampled_from([1, 2, 3]).map(StrategyId),
        **any_terms,
    ),
    of_a_recent_order(cancel, strategy=st.sampled_from([1, 2])),
    of_a_recent_order(replace, **any_terms),
)
stray_reports = st.one_of(
    of_a_recent_order(accepted, instrument=instruments),
    of_a_recent_order(rejected, instrument=instruments),
    of_a_recent_order(canceled, instrument=instruments),
    of_a_recent_order(expired),
    of_a_recent_order(cancel_rejected),
    of_a_recent_order(replace_rejected),
    of_a_recent_order(replaced, **any_terms),
    of_a_recent_order(rejected, instrument=instruments, transient=st.booleans()),
    of_a_recent_order(order_status, status=st.sampled_from(Status), filled=numbers),
    of_a_recent_order(busted, execution=executions),
    of_a_recent_order(corrected, original=executions, execution=executions, **any_terms),
)
lying_fills = of_a_recent_order(
    filled,
    execution=executions,
    instrument=instruments,
    fee=st.one_of(st.integers(-5, 5), absurd).map(Money),
    **any_terms,
)
markets = st.one_of(
    st.builds(quote, prices, prices, numbers, numbers, st.integers(0, 20), instruments),
    st.builds(
        lambda kind, *what: kind(*what, NO_TIME),
        st.sampled_from([BookSnapshot, BookChange]),
        instruments,
        levels,
        levels,
        st.integers(0, 20).map(UpdateId),
    ),
    st.builds(BookGap, instruments, st.just("hole")),
)
commands = st.sampled_from(
    [
        *(KILL, STOP, DISCONNECTED, CONNECTED, POLICY, UNCONFIRMED, inputs.TimePassed()),
        msgspec.structs.replace(STARTED, epoch=1),  # an old node
        msgspec.structs.replace(FAILED, strategy=StrategyId(2)),
    ]
)


class HostileVenue(RuleBasedStateMachine):
    """A market that trades, and anything said at any time; an auditor looks on."""

    def __init__(self) -> None:
        """Begin ready to trade, with so little headroom that limits matter."""
        super().__init__()
        self.rig = Rig()
        self.auditor = Auditor(POSITION_MAX)
        self.said: list[Input] = []
        self.latest = 0
        self.lies = False
        most = {"position_quantity_max": POSITION_MAX}
        self.say(limits(1, **most), limits(2, order_notional_max=Money(50_000), **most))

    def say(self, *what: Input) -> None:
        """Apply inputs and let the auditor follow."""
        for one in what:
            self.said.append(one)
            self.auditor.follow(one, self.rig.give(one))

    @initialize(lies=st.sampled_from([False, False, True]))
    def choose_a_venue(self, lies: bool) -> None:
        """One that lies about fills closes its instruments early, so most of them do not."""
        self.lies = lies

    @rule(side=sides, quantity=small, instrument=instruments, known=st.booleans())
    def trade(self, side: Side, quantity: int, instrument: InstrumentId, known: bool) -> None:
        """Ask for a plain order, that the venue takes at once or later."""
        self.latest += 1
        self.say(submit(self.latest, side, quantity, instrument=instrument))
        if known:
            self.say(accepted(self.latest, instrument))

    @rule(ago=st.integers(0, 5), quantity=st.integers(1, 6))
    def fill(self, ago: int, quantity: int) -> None:
        """Fill an order that the venue may know, more than it asked for now and then."""
        order = self.rig.machine.orders.get(OrderId(self.latest - ago))
        if order is not None and order.status not in (Status.REFUSED, Status.REJECTED):
            fresh = f"F{len(self.said)}"
            self.say(filled(order.order, quantity, fresh, instrument=order.instrument))

    @rule(yes=st.booleans())
    def answer(self, yes: bool) -> None:
        """Let the venue answer everything that it was asked."""
        for order in self.rig.machine.orders.all_working():
            number, instrument = order.order, order.instrument
            if order.status in (Status.SENT, Status.UNKNOWN):
                self.say(accepted(number, instrument) if yes else rejected(number, instrument))
            elif order.status is Status.CANCEL_PENDING:
                self.say(canceled(number, instrument) if yes else cancel_rejected(number))
            elif order.status is Status.REPLACE_PENDING:
                terms = (order.new_quantity, order.new_price)
                self.say(replaced(number, *terms) if yes else replace_rejected(number))

    @rule(ago=st.integers(0, 3), quantity=small, keep=st.booleans())
    def change_of_mind(self, ago: int, quantity: int, keep: bool) -> None:
        """Ask for other terms, or for a cancel."""
        order = self.rig.machine.orders.get(OrderId(self.latest - ago))
        if order is not None:
            terms = {"strategy": order.strategy, "instrument": order.instrument}
            asked = replace(order.order, order.filled + quantity, **terms)
            self.say(asked if keep else cancel(order.order, order.strategy))

    @rule()
    def calm_down(self) -> None:
        """Let the operator and the market come back to normal, a little later."""
        self.rig.wait(10_000_000)
        start = msgspec.structs.replace(STARTED, epoch=self.rig.machine.state.epoch + 1)
        touches = [BookSnapshot(InstrumentId(one), (), (), UpdateId(0), NO_TIME) for one in (1, 2)]
        self.say(
            start,
            CONNECTED,
            UNCONFIRMED,
            START,
            RELEASE,
            *touches,
            quote(99, 101),
            quote(99, 101, instrument=2),
        )

    @rule(nanos=st.sampled_from([1, SECOND, 6 * SECOND]))
    def wait(self, nanos: int) -> None:
        """Let time go by; what is due then comes with the next input."""
        self.rig.wait(nanos)

    @rule(what=wild_requests)
    def ask(self, what: Happening) -> None:
        """Anything that a strategy may ask."""
        one = what(self.latest)
        self.say(one)
        if isinstance(one, inputs.SubmitRequest):
            self.latest = max(self.latest, one.order)

    @rule(what=st.one_of(stray_reports, lying_fills))
    def tell(self, what: Happening) -> None:
        """Anything that a venue may say."""
        one = what(self.latest)
        if self.lies or not isinstance(one, inputs.VenueFilled):
            self.say(one)

    @rule(what=st.one_of(markets, commands))
    def disturb(self, what: Input) -> None:
        """Anything that a feed or an operator may say."""
        self.say(what)

    @rule(back=st.integers(1, 8))
    def repeat(self, back: int) -> None:
        """Say something again, late."""
        one = self.said[-back % len(self.said)]
        if not isinstance(one, inputs.NodeStarted):
            self.say(one)

    @invariant()
    def the_auditor_agrees(self) -> None:
        """Invariants 4, 5, 6, 8, 9, 10 and 12, from outside."""
        self.auditor.check(self.rig.machine)

    def teardown(self) -> None:
        """Whatever happened, the state can be written down."""
        assert self.rig.machine.digest()


TestHostileVenue = HostileVenue.TestCase
TestHostileVenue.settings = settings(stateful_step_count=100, max_examples=60)


# --- an honest venue behind a bad line -----------------------------------------------------------


class HonestVenue:
    """A venue that does what it says, and whose reports come late, twice, and in any order."""

    def __init__(self) -> None:
        """Begin without orders."""
        self.quantity: dict[OrderId, int] = {}
        self.filled: dict[OrderId, int] = {}
        self.open: dict[OrderId, bool] = {}
        self.reports: list[Input] = []  # on their way
        self._executions = 0

    def leaves(self, order: OrderId) -> int:
        """Return what may still trade here."""
        return self.quantity[order] - self.filled[order] if self.open[order] else 0

    def act(self, action: Action, yes: bool) -> None:
        """Do what is asked where that is possible, and report."""
        if isinstance(action, SendOrder):
            order = action.approved.order
            self.quantity[order], self.filled[order] = action.approved.quantity, 0
            self.open[order] = yes
            self.reports.append(accepted(order) if yes else rejected(order))
        elif isinstance(action, CancelOrder):
            done = self.open[action.order] and yes
            self.reports.append(canceled(action.order) if done else cancel_rejected(action.order))
            self.open[action.order] &= not done
        elif isinstance(action, ReplaceOrder):
            order, quantity = action.approved.order, action.approved.quantity
            done = self.open[order] and quantity > self.filled[order] and yes
            self.reports.append(replaced(order, quantity) if done else replace_rejected(order))
            if done:
                self.quantity[order] = quantity

    def trade(self, order: OrderId, quantity: int) -> None:
        """Fill an order as far as it goes."""
        quantity = min(quantity, self.leaves(order))
        if quantity:
            self._executions += 1
            self.reports.append(filled(order, quantity, f"E{self._executions}"))
            self.filled[order] += quantity
            self.open[order] = self.leaves(order) > 0


class BadLine(RuleBasedStateMachine):
    """What the machine counts is never less than what may trade, and in the end it is the same."""

    def __init__(self) -> None:
        """Begin ready to trade."""
        super().__init__()
        self.rig = Rig()
        self.venue = HonestVenue()
        self.latest = 0

    def give(self, one: Input, yes: bool = True) -> None:
        """Apply an input; actions reach the venue at once."""
        for output in self.rig.give(one):
            if isinstance(output, SendOrder | CancelOrder | ReplaceOrder):
                self.venue.act(output, yes)

    @rule(quantity=small, yes=st.sampled_from([True, True, True, False]))
    def ask_for_an_order(self, quantity: int, yes: bool) -> None:
        """A buy, that the venue takes or not."""
        self.latest += 1
        self.give(submit(self.latest, quantity=quantity), yes)

    @rule(ago=st.integers(0, 2), quantity=small, yes=st.booleans())
    def ask_for_a_replace(self, ago: int, quantity: int, yes: bool) -> None:
        """Other terms, that the venue takes or not."""
        self.give(replace(max(1, self.latest - ago), quantity), yes)

    @rule(ago=st.integers(0, 2), yes=st.booleans())
    def ask_for_a_cancel(self, ago: int, yes: bool) -> None:
        """A cancel, that the venue does or not."""
        self.give(cancel(max(1, self.latest - ago)), yes)

    @rule(ago=st.integers(0, 2), quantity=small)
    def trade(self, ago: int, quantity: int) -> None:
        """A fill at the venue."""
        order = OrderId(self.latest - ago)
        if order in self.venue.open:
            self.venue.trade(order, quantity)

    @rule(which=st.integers(0, 30), again=st.booleans())
    def hear(self, which: int, again: bool) -> None:
        """One of the reports arrives; it may come again, unless it answers a replace.

        An answer to a replace carries no number of its question, so a second copy of it cannot be
        told from the answer to the next one: sessions must not deliver it twice.
        """
        reports = self.venue.reports
        if reports:
            report = reports[which % len(reports)]
            if not again or isinstance(report, VenueReplaced | VenueReplaceRejected):
                reports.remove(report)
            self.give(report)

    @invariant()
    def nothing_that_may_trade_is_left_out(self) -> None:
        """Invariant 8: counted at its worst case, whatever is late."""
        for order in self.venue.open:
            assert self.rig.order(order).reserved >= self.venue.leaves(order)

    def teardown(self) -> None:
        """Fault 9: when all reports have arrived, both sides agree."""
        while self.venue.reports:
            self.give(self.venue.reports.pop(0))
        for order, filled_there in self.venue.filled.items():
            assert self.rig.order(order).filled == filled_there
            assert self.rig.order(order).reserved == self.venue.leaves(order)
        assert self.rig.position().quantity == sum(self.venue.filled.values())


TestBadLine = BadLine.TestCase
TestBadLine.settings = settings(stateful_step_count=60)
