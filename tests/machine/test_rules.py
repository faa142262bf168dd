"""Every rule of orders, positions and events has a test that carries its id; and those that no
other file has a place for.

The rules are those of `corrections.md` (what was wrong in the sources) and `requirements.md`.
"""

import ast
import json
from pathlib import Path
from typing import Final

import msgspec
import pytest

from fairlead.machine.lifecycle import NEXT_STATUS, Event
from fairlead.machine.orders import Order
from fairlead.machine.valuation import equity, unrealised
from fairlead.model.errors import UnreadableText
from fairlead.model.inputs import Input, ToleranceChange, VenueFilled
from fairlead.model.outputs import Action, BreakOpened, OrderFilled, Output
from fairlead.model.terms import BreakKind, Status
from fairlead.model.text import read_input, read_object, write
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity
from fairlead.readers.ledger import Ledger
from fairlead.readers.order_flow import OrderFlow
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.world import Handling
from tests.machine.build import (
    BUY,
    CASH,
    DISCONNECTED,
    NO_TIME,
    SELL,
    START,
    STARTED,
    Rig,
    accepted,
    busted,
    cancel,
    canceled,
    filled,
    only,
    quote,
    rejected,
    submit,
)
from tests.machine.hostile_session import Session
from tests.machine.venue_side import fill_line, position_line, statement
from tests.model.records import known_names
from tests.simulator.orders import INSTRUMENT, all_of, quick, send
from tests.simulator.orders import START as OPENING

TESTS: Final = Path(__file__).parents[1]


def ids(family: str, last: int) -> list[str]:
    """Return the ids of a family of rules, from 01 on."""
    return [f"{family}-{number:02}" for number in range(1, last + 1)]


RULES: Final = [
    *ids("B-EVT", 13),
    *ids("B-OMS", 19),
    *ids("B-POS", 12),
    *ids("B-PAP", 3),
    *ids("S0-OMS", 2),
    *ids("S1-OMS", 10),
    *ids("S2-OMS", 1),
    *ids("S3-OMS", 1),
    *ids("S4-OMS", 4),
    *ids("S0-POS", 1),
    *ids("S1-POS", 6),
    *ids("S2-POS", 1),
    *ids("S3-POS", 3),
    *ids("S4-POS", 2),
]


def test_each_rule_has_a_test_that_carries_its_id() -> None:
    """Issue: a rule without a test comes back as a bug."""
    said: list[str] = []
    for path in sorted(TESTS.rglob("test_*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        tests = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        said.extend(
            ast.get_docstring(test) or "" for test in tests if test.name.startswith("test_")
        )
    everything = "\n".join(said)
    assert [rule for rule in RULES if rule not in everything] == []


# --- orders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("event", list(Event))
def test_an_order_takes_each_step_of_its_life_or_stays_as_it_was(
    status: Status, event: Event
) -> None:
    """S0-OMS-01: one by one, from every status."""
    order = Order(submit(1), NO_TIME)
    order.status = status
    assert order.step(event) is ((status, event) in NEXT_STATUS)
    assert order.status is NEXT_STATUS.get((status, event), status)


@pytest.mark.parametrize(
    ("theirs", "reports", "ours"),
    [
        ("SUBMITTED", [], Status.SENT),
        ("ACKNOWLEDGED", [accepted(1)], Status.OPEN),
        ("PARTIALLY_FILLED", [filled(1, 3, "E1")], Status.OPEN),
        ("FILLED", [filled(1, 8, "E1")], Status.FILLED),
        ("PENDING_CANCEL", [accepted(1), cancel(1)], Status.CANCEL_PENDING),
        ("CANCELED", [accepted(1), canceled(1)], Status.CANCELED),
        ("REJECTED", [rejected(1)], Status.REJECTED),
        ("UNKNOWN", [DISCONNECTED], Status.UNKNOWN),
    ],
)
def test_each_state_of_the_sources_is_one_status(
    theirs: str, reports: list[Input], ours: Status
) -> None:
    """S1-OMS-01: NEW, PENDING_VALIDATION and PENDING_SUBMISSION last no longer than one input."""
    assert Rig(submit(1), *reports).status(1) is ours, theirs


def test_what_an_order_filled_begins_at_nothing() -> None:
    """B-OMS-02: the first fill adds to 0, not to a price that is missing."""
    rig = Rig(submit(1, quantity=10), accepted(1))
    assert (rig.order(1).filled, rig.order(1).filled_cost) == (0, 0)
    rig.give(filled(1, 4, "E1", price=99))
    assert (rig.order(1).filled, rig.order(1).filled_cost) == (4, 4 * 99)
    rig.give(busted(1, "E1"))
    assert (rig.order(1).filled, rig.order(1).filled_cost) == (0, 0)


def test_what_is_left_is_counted_after_the_fill() -> None:
    """B-OMS-19, B-OMS-01: of 100, 40 at 10 leave 60, and 60 at 11 leave none; on average 10.6."""
    rig = Rig(quote(10, 12), submit(1, quantity=100, price=11), accepted(1))
    [first] = [one for one in rig.give(filled(1, 40, "E1", price=10)) if type(one) is OrderFilled]
    assert (first.filled, first.leaves) == (40, 60)
    [second] = [one for one in rig.give(filled(1, 60, "E2", price=11)) if type(one) is OrderFilled]
    assert (second.filled, second.leaves) == (100, 0)
    assert rig.order(1).filled_cost * 10 == 106 * rig.order(1).filled


def test_the_time_of_the_venue_and_ours_are_kept_apart() -> None:
    """B-OMS-18: when it changed by our clock, and when by theirs."""
    rig = Rig(submit(1))
    asked = rig.time
    rig.wait(70)
    rig.give(msgspec.structs.replace(accepted(1), venue_time=Nanos(5)))
    order = rig.order(1)
    assert (order.time, order.updated, order.venue_time) == (asked, asked + 70, 5)


# --- positions and money --------------------------------------------------------------------------


def test_a_position_and_its_profit_are_true_in_the_same_input() -> None:
    """S0-POS-01, S1-POS-01: quantity, cost, realised, unrealised, cash and equity, exactly."""
    rig = Rig(submit(1, quantity=10), accepted(1), filled(1, 10, "E1", price=100))
    rig.give(submit(2, SELL, 4, 102), accepted(2), filled(2, 4, "E2", price=102), quote(103, 105))
    position = rig.position()
    assert (position.quantity, position.open_cost, position.realised) == (6, 600, 8)
    assert unrealised(rig.machine.state, position) == 6 * (103 - 100)
    assert rig.account().cash == CASH + 8
    assert equity(rig.machine.state, rig.account()) == CASH + 8 + 18


def test_equity_is_taken_from_what_is_unrealised_now() -> None:
    """B-POS-11: short 100 at 10 and marked at 12, the loss of 200 is in equity at once."""
    rig = Rig(quote(9, 10), submit(1, SELL, 100, 10), accepted(1), filled(1, 100, "E1", price=10))
    rig.give(quote(11, 12))
    assert unrealised(rig.machine.state, rig.position()) == -200
    assert equity(rig.machine.state, rig.account()) == CASH - 200


def test_positions_profit_and_differences_are_there_to_be_asked_for() -> None:
    """S3-POS-02: each in constant time, by strategy, instrument and account."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "E1"))
    positions = rig.machine.positions
    assert [one.quantity for one in positions.all()] == [3]
    one = InstrumentId(1)
    assert positions.net(one) == positions.account_net(rig.account().account, one) == 3
    assert rig.machine.state.reconciliation.open_breaks() == []


@pytest.mark.parametrize(
    ("tolerance", "theirs", "opens"), [(2, 5, False), (2, 6, True), (0, 4, True)]
)
def test_a_position_diverges_by_their_quantity_less_ours(
    tolerance: int, theirs: int, opens: bool
) -> None:
    """S4-POS-02: in increments of the account's net position; what is tolerated is no break."""
    tolerated = ToleranceChange(InstrumentId(1), Quantity(tolerance), "ann", "as agreed")
    rig = Rig(tolerated, submit(1), accepted(1), filled(1, 3, "E1"))
    rig.wait(10)
    held = (position_line(theirs),)
    outputs = rig.give(statement(rig.time, positions=held, fills=(fill_line(1, "E1", 3),)))
    opened = [one for one in outputs if isinstance(one, BreakOpened)]
    figures = [(BreakKind.POSITION_DIFFERS, "3", str(theirs))]
    assert [(one.kind, one.ours, one.theirs) for one in opened] == (figures if opens else [])


# --- events and what follows them -----------------------------------------------------------------


def test_what_readers_make_of_a_session_is_their_own_and_agrees() -> None:
    """B-EVT-11: apart from the machine, from inputs and outputs alone, over a hostile session."""

    class Followed(Session):
        def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
            answered = super().say(one, to_twin)
            ledger.follow(self.machine.state.sequence, self.time, one, answered)
            flow.follow(one, answered)
            return answered

    for seed in range(20):
        ledger, flow = Ledger(), OrderFlow()
        session = Followed(seed)
        for _ in range(60):
            session.step()
        session.settle()
        assert ledger.disagreements == [], f"session {seed}"
        assert flow.ties_out, f"session {seed}"
        for seen in ledger.positions.values():
            instrument = seen.instrument.instrument
            held = session.machine.positions.get(seen.strategy, instrument)
            assert held.quantity == seen.quantity


def test_an_execution_is_told_with_all_that_a_row_of_it_needs() -> None:
    """B-EVT-12: side, liquidity, fee and the id that is unique; the order has the rest."""
    rig = Rig(submit(1), accepted(1))
    fill = only(OrderFilled, rig.give(filled(1, 3, "E1", fee=Money(2))))
    row = (fill.order, fill.side, fill.quantity, fill.price, fill.fee, fill.execution)
    assert row == (1, BUY, 3, 100, 2, "E1")
    order = rig.order(1)
    assert (order.client_order, order.venue_order, order.filled) == ("1-1-1", "V1", 3)
    account = rig.machine.state.strategies[order.strategy].account
    position = rig.position()
    assert (position.account, position.strategy, position.instrument) == (account, 1, 1)


# --- paper ----------------------------------------------------------------------------------------


def on_paper(*actions: Action) -> list[VenueFilled]:
    """Return the fills of orders at a simulated exchange that offers 100 at 500, and no more."""
    paper = Exchange([INSTRUMENT], quick())
    paper.open(OPENING)
    all_of(paper)
    listing = paper.listings[INSTRUMENT.instrument]
    paper.enter(listing, SELL, Price(500), Quantity(100), Handling.LIMIT, paper.now)
    for action in actions:
        paper.act(action, paper.now)
    return [one for _, one in all_of(paper) if isinstance(one, VenueFilled)]


def test_an_order_on_paper_trades_as_far_as_there_is_somebody_to_trade_with() -> None:
    """B-PAP-02: later than its signal, at the price of the book, and no more than is there."""
    assert on_paper(send(1, BUY, 300, 490)) == []  # its limit is below the offer
    [fill] = on_paper(send(1, BUY, 200, 510))
    assert (fill.quantity, fill.price, fill.cumulative) == (100, 500, 100)
    assert fill.venue_time > OPENING
    assert on_paper(send(1, SELL, 100, 510)) == []  # nobody bids: no price, and no crash


def test_a_side_is_spelled_in_one_way() -> None:
    """B-PAP-03: "BUY" and "buy" are not two sides; the other one is refused with its place."""
    names = known_names()
    line = json.dumps(write(submit(1), names))
    assert '"side": "buy"' in line
    with pytest.raises(UnreadableText, match="side"):
        read_input(read_object(line.replace('"buy"', '"BUY"')), names, NO_TIME)


def test_paper_makes_its_orders_and_positions_by_the_code_that_trades_live() -> None:
    """B-PAP-03, S3-POS-03: the stage is a word in the journal; the same day ends the same."""

    def day(stage: str) -> Rig:
        started = msgspec.structs.replace(STARTED, stage=stage)
        fill = filled(1, 3, "E1", fee=Money(2))
        return Rig(started, START, submit(1, trader="ann"), accepted(1), fill)

    ends = [(one.position().quantity, one.account().cash) for one in (day("paper"), day("full"))]
    assert ends == [(3, CASH - 2)] * 2
