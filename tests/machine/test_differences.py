"""Breaks, quarantine and gates under everything that venues, brokers and people may say."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    AdoptFillCommand,
    AssignBreakCommand,
    CloseBreakCommand,
    Input,
    ReconcileCommand,
    ReconciliationPolicyChange,
    ReopenCommand,
    SignOffCommand,
    Statement,
    TradingDayBegan,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakOpened,
    OrderFilled,
    Output,
    PositionCorrected,
    StatementReconciled,
)
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import BreakKind, BreakState, Liquidity, Side
from fairlead.model.units import AccountId, InstrumentId, Money, Nanos, StrategyId
from tests.machine.build import (
    DAY,
    VENUE,
    Rig,
    accepted,
    account,
    cancel,
    canceled,
    filled,
    quote,
    replace,
    replaced,
    strategy,
    submit,
)
from tests.machine.venue_side import cash_line, position_line

FEW = st.integers(0, 4)
ORDERS = st.integers(1, 4)
SIDES = st.sampled_from(Side)
EXECUTIONS = st.sampled_from(["e1", "e2", "e3", "e4"])
PRICES = st.integers(99, 101)
INSTRUMENTS = st.sampled_from([InstrumentId(1), InstrumentId(2), InstrumentId(9)])
KNOWN = st.sampled_from([InstrumentId(1), InstrumentId(2)])
IDS = {
    "order": st.integers(0, 5),
    "client_order": st.sampled_from(["", "1-1-1", "1-2-1", "x"]),
    "venue_order": st.sampled_from(["", "V1", "V2", "V9"]),
}
ORDER_LINES = st.builds(
    StatementOrder,
    KNOWN,
    SIDES,
    st.integers(5, 9),
    st.integers(0, 5),
    PRICES,
    **IDS,
)
FILL_LINES = st.builds(
    StatementFill,
    KNOWN,
    EXECUTIONS,
    st.sampled_from([DAY, DAY + 1]),
    SIDES,
    PRICES,
    st.integers(1, 9),
    st.integers(-1, 2),
    st.just(Liquidity.MAKER),
    st.integers(0, 2 * 10**9),
    **IDS,
)
POSITION_LINES = st.builds(position_line, st.integers(-5, 9), st.integers(1, 2))
CASH_LINES = st.builds(
    cash_line, st.integers(999_990, 1_000_000), st.sampled_from(["USD", "USD", "EUR"])
)


def section(lines: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a section that is not covered, or a few lines."""
    return st.none() | st.lists(lines, max_size=3).map(tuple)


STATEMENTS = st.builds(
    Statement,
    st.sampled_from([AccountId(1), AccountId(1), AccountId(2)]),
    st.sampled_from([VENUE, VENUE, ""]),
    st.integers(10**9 - 5, 2 * 10**9),
    st.just("a liar"),
    section(ORDER_LINES),
    section(FILL_LINES),
    section(POSITION_LINES),
    section(CASH_LINES),
    st.sampled_from([Nanos(0), Nanos(0), Nanos(10**9)]),
)
VENUES: st.SearchStrategy[Input] = st.one_of(
    st.builds(submit, ORDERS, SIDES),
    st.builds(submit, ORDERS, SIDES, instrument=st.just(InstrumentId(2))),
    st.builds(accepted, ORDERS),
    st.builds(
        filled, st.integers(1, 6), st.integers(0, 9), EXECUTIONS, PRICES, instrument=INSTRUMENTS
    ),
    st.builds(canceled, ORDERS),
    st.builds(cancel, ORDERS),
    st.builds(replace, ORDERS, st.integers(1, 9)),
    st.builds(replaced, ORDERS, st.integers(1, 9)),
    st.just(VenueConnected(VENUE)),
    st.just(VenueDisconnected(VENUE, "broke")),
    st.just(quote(99, 101)),
)
NAMED: Any = ("ann", "so")
PEOPLE: st.SearchStrategy[Input] = st.one_of(
    st.builds(lambda number: CloseBreakCommand(number, *NAMED), FEW),
    st.builds(lambda number: AssignBreakCommand(number, "bob", *NAMED), FEW),
    st.builds(lambda number: ReopenCommand(number, *NAMED), KNOWN),
    st.builds(
        lambda execution, strategy, side: AdoptFillCommand(
            VENUE, DAY, execution, StrategyId(strategy), "ann", "so", side
        ),
        EXECUTIONS,
        st.integers(0, 3),
        st.none() | SIDES,
    ),
    st.just(ReconcileCommand(*NAMED)),
    st.just(SignOffCommand(AccountId(1), DAY, *NAMED)),
    st.builds(TradingDayBegan, st.integers(DAY, DAY + 3)),
    st.builds(
        lambda auto: ReconciliationPolicyChange(ReconciliationPolicy(auto_correct=auto), *NAMED),
        st.booleans(),
    ),
)
ANYTHING = st.lists(st.one_of(STATEMENTS, STATEMENTS, VENUES, VENUES, PEOPLE), max_size=30)


class Record:
    """What the facts alone say of breaks."""

    def __init__(self) -> None:
        """Begin with none."""
        self.opened: dict[int, BreakOpened] = {}
        self.closed: dict[int, BreakState] = {}

    def read(self, outputs: list[Output]) -> None:
        """Read facts: numbers grow, and nothing that is over changes."""
        for output in outputs:
            if isinstance(output, BreakOpened):
                assert output.number == len(self.opened) + 1
                self.opened[output.number] = output
            elif isinstance(output, BreakClosed):
                assert output.number in self.opened
                assert output.number not in self.closed
                self.closed[output.number] = output.state
            elif isinstance(output, BreakChanged):
                assert output.number in self.opened
                assert output.number not in self.closed

    def open(self) -> list[BreakOpened]:
        """Return what is open."""
        return [fact for number, fact in self.opened.items() if number not in self.closed]


@given(ANYTHING)
def test_whatever_is_said_the_facts_tell_the_breaks_and_the_gates(said: list[Input]) -> None:
    """Invariants 4, 10 and 11, DESIGN: no venue, broker or person makes the record contradict
    itself, and no instrument with an open break is open.
    """
    rig = Rig(account(2), strategy(3, account=2))
    record = Record()
    everything: list[Output] = []
    for one in said:
        rig.wait(1)
        outputs = rig.give(one)
        everything += outputs
        record.read(outputs)
        check(rig, record, outputs)
    moved = {1: 0, 2: 0}
    for output in everything:
        if isinstance(output, OrderFilled):
            moved[output.instrument] += (
                output.quantity if output.side is Side.BUY else -output.quantity
            )
        elif isinstance(output, PositionCorrected):
            moved[output.instrument] += output.quantity
    assert {number: rig.machine.positions.net(InstrumentId(number)) for number in (1, 2)} == moved


def check(rig: Rig, record: Record, outputs: list[Output]) -> None:
    """Hold the state against the facts."""
    state = rig.machine.state
    reconciliation = state.reconciliation
    found = record.open()
    assert [known.number for known in reconciliation.open_breaks()] == [one.number for one in found]
    assert reconciliation.any_open is bool(found)
    for number in (1, 2, 9):
        instrument = InstrumentId(number)
        broken = [one for one in found if one.instrument == instrument]
        assert reconciliation.open_in(instrument) == len(broken)
        if broken:
            assert reconciliation.gate_problem(instrument) == "break_open"
    for number in (0, 1, 2):
        mine = [one for one in found if one.account == number]
        assert reconciliation.open_of(AccountId(number)) == len(mine)
    for waiting in reconciliation.quarantine.values():
        assert waiting
        for held in waiting:
            for number in held.numbers:
                known = reconciliation.any_break(number)
                assert known is not None
                assert known.kind is BreakKind.FILL_UNEXPLAINED
    for one in outputs:
        if isinstance(one, StatementReconciled):
            assert one.open_breaks == reconciliation.open_of(one.account)
            assert reconciliation.coverage.agreed(one.account, one.venue) <= rig.time
    assert rig.account().cash == rig.account().ledgers()[0].cash.rounded
    rig.account().check_identity()
    assert msgspec.msgpack.encode(reconciliation.content())


def test_money_of_a_statement_is_never_booked_by_itself() -> None:
    """Control 44: cash differences are for a person, whatever the policy."""
    rig = Rig(ReconciliationPolicyChange(ReconciliationPolicy(auto_correct=True), *NAMED))
    rig.give(Statement(AccountId(1), VENUE, rig.time, cash=(cash_line(7),)))
    assert rig.account().cash == Money(1_000_000)
