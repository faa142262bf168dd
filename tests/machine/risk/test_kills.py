"""Layer 6, the first check of all: what is killed, and what passes all the same."""

import msgspec
import pytest

from fairlead.machine.orders import Order
from fairlead.machine.requests import terms_of
from fairlead.machine.risk.gate import Layer
from fairlead.machine.risk.kills import NOT_DUE, Kill, Kills
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.scopes import node_of
from fairlead.model.inputs import InstrumentRenamed, KillCommand
from fairlead.model.outputs import FailedCheck, SendOrder
from fairlead.model.risk import FIRM, KillPolicy, Scope
from fairlead.model.risk_terms import KillMode, KillStep, ScopeKind
from fairlead.model.terms import Unit
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, StrategyId
from tests.machine.build import KILL, VENUE, Rig, account, only, strategy, submit

PATH = (  # of strategy 1 in instrument 1, the widest first
    FIRM,
    Scope(ScopeKind.ACCOUNT, "account 1"),
    Scope(ScopeKind.STRATEGY, "strategy 1"),
    Scope(ScopeKind.VENUE, VENUE),
    Scope(ScopeKind.INSTRUMENT, "ABCUSD"),
)
ELSEWHERE = (
    Scope(ScopeKind.ACCOUNT, "account 2"),
    Scope(ScopeKind.STRATEGY, "strategy 2"),
    Scope(ScopeKind.INSTRUMENT, "XYZ/USD"),
)
ALONE = account(2)


def killed(rig: Rig, scope: Scope, flattens: bool = False) -> Kill:
    """Kill a scope, without any of the work that follows."""
    node = node_of(rig.machine.state, scope)
    assert node is not None
    kill = Kill(node, KillMode.CANCEL, "ann", "a drill", "a test")
    kill.flattens = flattens
    rig.machine.gate.kills.add(kill)
    return kill


def terms(rig: Rig, *, closing: bool = False, reduces: bool = False) -> Terms:
    """Return what an order of strategy 1 in instrument 1 asks of the gate."""
    order = Order(submit(99), rig.time)
    asked = terms_of(rig.machine.state, order, order.quantity, Price(100), rig.time)
    asked.closing = closing
    asked.reduces = reduces
    return asked


def failed(rig: Rig, asked: Terms) -> list[FailedCheck]:
    """Return the checks that an order fails here."""
    checks = Checks(OrderId(99), None)
    rig.machine.gate.kills.check(asked, checks)
    return checks.failed


def no(scope: Scope) -> FailedCheck:
    """Return what says that a scope is killed."""
    return FailedCheck("killed", None, None, Unit.NONE, str(scope))


@pytest.mark.parametrize("scope", PATH, ids=str)
def test_an_order_fails_by_the_name_of_each_killed_scope_that_it_is_in(scope: Scope) -> None:
    """Control 39, S1-RISK-09: every reason is told."""
    rig = Rig()
    assert failed(rig, terms(rig)) == []
    killed(rig, scope)
    assert failed(rig, terms(rig)) == [no(scope)]
    if scope != FIRM:
        killed(rig, FIRM)
        assert failed(rig, terms(rig)) == [no(FIRM), no(scope)]


@pytest.mark.parametrize("scope", ELSEWHERE, ids=str)
def test_an_order_passes_what_is_killed_elsewhere(scope: Scope) -> None:
    rig = Rig(ALONE)
    killed(rig, scope)
    assert failed(rig, terms(rig)) == []


def test_that_nothing_is_killed_is_a_check_that_is_recorded() -> None:
    """Every check of every order, passed or not."""
    rig = Rig()
    trace: list[tuple[OrderId, FailedCheck, bool]] = []
    rig.machine.gate.kills.check(terms(rig), Checks(OrderId(99), trace))
    assert trace == [(99, FailedCheck("killed", None, None, Unit.NONE), True)]


@pytest.mark.parametrize(
    ("closing", "reduces", "flattens", "passes"),
    [
        (True, True, True, True),
        (True, True, False, False),  # nobody said that positions are to be closed
        (True, False, True, False),  # it does not close anything
        (False, True, True, False),  # a strategy wants it
    ],
)
def test_only_what_the_kill_itself_closes_passes_and_only_if_it_reduces(
    closing: bool, reduces: bool, flattens: bool, passes: bool
) -> None:
    """B-KILL-01: close-only."""
    rig = Rig()
    killed(rig, FIRM, flattens)
    assert (failed(rig, terms(rig, closing=closing, reduces=reduces)) == []) is passes


def test_the_widest_kill_decides_whether_positions_are_closed() -> None:
    """Who kills the firm without flattening stops what flattens in it; who flattens, flattens."""
    strategy_scope = PATH[2]
    for firm, part, passes in ((True, False, True), (False, True, False)):
        rig = Rig()
        killed(rig, strategy_scope, flattens=part)
        killed(rig, FIRM, flattens=firm)
        assert (failed(rig, terms(rig, closing=True, reduces=True)) == []) is passes


def test_nothing_closes_what_is_not_killed() -> None:
    """A machine that wants to has lost its way."""
    rig = Rig()
    asked = terms(rig, closing=True, reduces=True)
    assert failed(rig, asked) == [FailedCheck("killed", None, None, Unit.NONE)]


def test_the_layer_alone_stops_the_flow_with_all_others_off() -> None:
    """Issue: with all layers above it disabled, it alone stops what it is for."""
    rig = Rig()
    rig.machine.gate.layers = Layer.KILL
    only(SendOrder, rig.give(submit(1)))
    rig.give(KILL)
    assert list(rig.refused(submit(2))) == ["killed"]
    rig.machine.gate.layers = 0
    only(SendOrder, rig.give(submit(3)))


def test_a_kill_follows_its_instrument_to_a_new_name() -> None:
    """The scope is the instrument, not the letters."""
    rig = Rig(KillCommand("ann", "a drill", PATH[4], KillMode.BLOCK))
    rig.give(InstrumentRenamed(InstrumentId(1), "NEW", "R1"))
    assert list(rig.refused(submit(1))) == ["killed"]
    assert str(rig.machine.gate.kills.all()[0].node.scope) == "instrument NEW"


def test_a_scope_that_comes_after_the_kill_is_in_it() -> None:
    """A strategy that is defined later belongs to a killed account all the same."""
    rig = Rig(KillCommand("ann", "a drill", PATH[1], KillMode.BLOCK))
    rig.give(strategy(3))
    assert list(rig.refused(submit(1, strategy=StrategyId(3)))) == ["killed"]


def test_the_firm_is_killed_by_its_own_kill_alone() -> None:
    rig = Rig()
    kills = rig.machine.gate.kills
    part = killed(rig, PATH[2])
    assert (rig.machine.gate.killed, len(kills)) == (False, 1)
    whole = killed(rig, FIRM)
    assert (rig.machine.gate.killed, len(kills)) == (True, 2)
    kills.release(part)
    assert rig.machine.gate.killed
    kills.release(whole)
    assert (rig.machine.gate.killed, len(kills)) == (False, 0)


def test_what_is_due_next_is_the_earliest_of_all_kills() -> None:
    rig = Rig()
    kills = rig.machine.gate.kills
    assert kills.next_time() == NOT_DUE
    first, second = killed(rig, FIRM), killed(rig, PATH[2])
    assert kills.next_time() == NOT_DUE
    first.deadline, second.next_time = Nanos(7), Nanos(8)
    assert kills.next_time() == 7
    first.deadline = Nanos(9)
    assert kills.next_time() == 8


CHANGES = {
    "mode": KillMode.FLATTEN,
    "flattens": True,
    "person": "bob",
    "reason": "another",
    "source": "a watchdog",
    "step": KillStep.FLATTENING,
    "deadline": Nanos(1),
    "next_time": Nanos(1),
    "asked": 1,
    "stage_time": Nanos(1),
    "turn": StrategyId(1),
    "problems": {(StrategyId(1), InstrumentId(1)): "the book is stale"},
    "venues": [VENUE],
}


@pytest.mark.parametrize("name", CHANGES)
def test_all_that_a_later_output_may_depend_on_is_in_the_digest(name: str) -> None:
    """Invariant 2: a machine that would go on otherwise has another digest."""
    rig = Rig()
    kill = killed(rig, FIRM)
    before = rig.machine.digest()
    setattr(kill, name, CHANGES[name])
    assert rig.machine.digest() != before


def test_the_policy_and_what_is_on_its_way_are_in_the_digest() -> None:
    rig = Rig()
    kills: Kills = rig.machine.gate.kills
    digests = [rig.machine.digest()]
    kills.policy = msgspec.structs.replace(KillPolicy(), stage_orders_max=1)
    digests.append(rig.machine.digest())
    kills.closing[OrderId(1)] = Order(submit(1), rig.time)
    digests.append(rig.machine.digest())
    assert len(set(digests)) == 3
