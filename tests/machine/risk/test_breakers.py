"""The table of the trading breakers: every pair, the diagram drawn from it, what each lets by."""

import os
from itertools import product
from pathlib import Path

import pytest

from fairlead.machine.risk.breakers import NEXT_STATE, ORDERS, TRIPS, Breakers, Event, Standing
from fairlead.machine.risk.tree import Node
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import BreakerState
from fairlead.model.terms import OrderType
from fairlead.model.units import Nanos, Price
from tests.machine.build import BUY, SECOND, SELL, accepted, submit
from tests.machine.risk.limited import (
    INSTRUMENT,
    MAIN,
    STRATEGY,
    VENUE_SCOPE,
    a_rig,
    breaker,
    lose,
    order,
    passes,
    refusals,
)

PAGE = Path(__file__).parents[3] / "docs" / "internals" / "breakers.md"
BEGIN, END = "<!-- drawn from the table: begin -->", "<!-- drawn from the table: end -->"

ACTIVE, WARNING, RECOVERY = BreakerState.ACTIVE, BreakerState.WARNING, BreakerState.RECOVERY
REDUCE_ONLY, CANCEL_ONLY = BreakerState.REDUCE_ONLY, BreakerState.CANCEL_ONLY
HALTED = BreakerState.HALTED

# The whole table again, as a person reads it: `A>B` leads from A to B; no other step exists.
TABLE = {
    Event.TRIPPED_WARNING: "ACTIVE>WARNING RECOVERY>WARNING",
    Event.TRIPPED_REDUCE_ONLY: "ACTIVE>REDUCE_ONLY WARNING>REDUCE_ONLY RECOVERY>REDUCE_ONLY",
    Event.TRIPPED_CANCEL_ONLY: "ACTIVE>CANCEL_ONLY WARNING>CANCEL_ONLY RECOVERY>CANCEL_ONLY"
    " REDUCE_ONLY>CANCEL_ONLY",
    Event.TRIPPED_HALTED: "ACTIVE>HALTED WARNING>HALTED RECOVERY>HALTED REDUCE_ONLY>HALTED"
    " CANCEL_ONLY>HALTED",
    Event.RELEASED: "WARNING>ACTIVE RECOVERY>ACTIVE REDUCE_ONLY>ACTIVE CANCEL_ONLY>ACTIVE"
    " HALTED>ACTIVE",
    Event.RECOVERING: "WARNING>RECOVERY REDUCE_ONLY>RECOVERY CANCEL_ONLY>RECOVERY HALTED>RECOVERY",
    Event.RECOVERED: "RECOVERY>ACTIVE",
    Event.ORDERED_WARNING: "ACTIVE>WARNING RECOVERY>WARNING REDUCE_ONLY>WARNING"
    " CANCEL_ONLY>WARNING HALTED>WARNING",
    Event.ORDERED_RECOVERY: "ACTIVE>RECOVERY WARNING>RECOVERY REDUCE_ONLY>RECOVERY"
    " CANCEL_ONLY>RECOVERY HALTED>RECOVERY",
    Event.ORDERED_REDUCE_ONLY: "ACTIVE>REDUCE_ONLY WARNING>REDUCE_ONLY RECOVERY>REDUCE_ONLY"
    " CANCEL_ONLY>REDUCE_ONLY HALTED>REDUCE_ONLY",
    Event.ORDERED_CANCEL_ONLY: "ACTIVE>CANCEL_ONLY WARNING>CANCEL_ONLY RECOVERY>CANCEL_ONLY"
    " REDUCE_ONLY>CANCEL_ONLY HALTED>CANCEL_ONLY",
    Event.ORDERED_HALTED: "ACTIVE>HALTED WARNING>HALTED RECOVERY>HALTED REDUCE_ONLY>HALTED"
    " CANCEL_ONLY>HALTED",
}


def expected() -> dict[tuple[BreakerState, Event], BreakerState]:
    """Return the table above as pairs."""
    found = {}
    for event, row in TABLE.items():
        for each in row.split():
            before, _, after = each.partition(">")
            found[BreakerState[before], event] = BreakerState[after]
    return found


EXPECTED = expected()


def standing_in(state: BreakerState) -> Standing:
    """Return a breaker that stands somewhere."""
    standing = Standing(Node(FIRM, 0), "test", None)
    standing.state = state
    return standing


@pytest.mark.parametrize(("state", "event"), list(product(BreakerState, Event)))
def test_a_breaker_takes_the_steps_of_the_table_and_no_others(
    state: BreakerState, event: Event
) -> None:
    """S0-CB-07, S0-RISK-12, control 40: every pair; those without a step change nothing."""
    standing = standing_in(state)
    standing.clear_since = Nanos(3)
    if (state, event) in EXPECTED:
        assert standing.step(event, Nanos(7))
        assert (standing.state, standing.since) == (EXPECTED[state, event], 7)
        assert standing.clear_since is None
    else:
        assert not standing.step(event, Nanos(7))
        assert (standing.state, standing.since, standing.clear_since) == (state, 0, 3)


def test_the_table_that_documents_are_made_from_is_the_one_that_breakers_walk() -> None:
    """S0-CB-07: `NEXT_STATE` is the whole rule."""
    assert NEXT_STATE == EXPECTED


def test_no_trip_makes_a_scope_freer() -> None:
    """S0-RISK-12: a trip goes towards the halt; RECOVERY alone may become a mere warning."""
    for (before, event), after in NEXT_STATE.items():
        if event in TRIPS.values() and before is not RECOVERY:
            assert after > before


def test_every_state_can_be_ordered_and_every_one_but_recovery_and_active_tripped_into() -> None:
    """Control 40: the vocabulary of persons is that of the breakers."""
    assert set(ORDERS) == set(BreakerState)
    assert set(TRIPS) == set(BreakerState) - {ACTIVE, RECOVERY}


def drawn() -> str:
    """Return the diagram and the table, as the page shows them."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> ACTIVE"]
    arrows: dict[tuple[BreakerState, BreakerState], list[str]] = {}
    for (before, event), after in NEXT_STATE.items():
        if event not in ORDERS.values() or event is Event.RELEASED:
            arrows.setdefault((before, after), []).append(event.name.lower())
    for (before, after), events in arrows.items():
        lines.append(f"    {before.name} --> {after.name}: {', '.join(events)}")
    lines += ["```", "", "What persons order leads from every state to every other one."]
    lines += ["", "| event | from -> to |", "|---|---|"]
    for event in Event:
        steps = [
            f"{before.name} -> {after.name}"
            for (before, happened), after in NEXT_STATE.items()
            if happened is event
        ]
        lines.append(f"| {event.name.lower()} | {'; '.join(steps)} |")
    return "\n".join(lines)


def test_the_page_about_breakers_is_drawn_from_the_table() -> None:
    """S0-CB-07: `FAIRLEAD_REWRITE=1` draws it anew."""
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    fresh = f"{head}{BEGIN}\n\n{drawn()}\n\n{END}{tail}"
    if os.environ.get("FAIRLEAD_REWRITE") == "1":
        PAGE.write_text(fresh)
        return
    assert page == fresh


# --- what each state lets by ----------------------------------------------------------------------

# Whether a buy of 1 passes, and a sell of 1, where 100 are held.
LETS_BY = {
    ACTIVE: (True, True),
    WARNING: (True, True),
    RECOVERY: (True, True),
    REDUCE_ONLY: (False, True),
    CANCEL_ONLY: (False, False),
    HALTED: (False, False),
}


@pytest.mark.parametrize("scope", [FIRM, MAIN, STRATEGY, VENUE_SCOPE, INSTRUMENT], ids=str)
@pytest.mark.parametrize("state", [state for state in BreakerState if state is not ACTIVE])
def test_each_state_lets_by_what_it_says_in_each_scope(state: BreakerState, scope: Scope) -> None:
    """S0-RISK-12, control 40, B-RISK-08: and after a restart likewise."""
    rig = a_rig(*lose(100), order(state, scope))
    for number in (10, 20):
        rig.wait(SECOND)  # else it is a duplicate
        buys, sells = submit(number, BUY, 1, 90), submit(number + 1, SELL, 1, 110)
        assert (passes(rig, buys), passes(rig, sells)) == LETS_BY[state]
        rig.restart()


def test_a_refusal_names_the_state_and_the_scope() -> None:
    """Invariant 12."""
    rig = a_rig(order(HALTED, MAIN), order(REDUCE_ONLY, INSTRUMENT))
    assert refusals(rig.give(submit(1))) == [
        ("breaker_halted", None, None, "account account 1"),
        ("breaker_reduce_only", None, None, "instrument ABCUSD"),
    ]


@pytest.mark.parametrize("state", BreakerState)
def test_where_nothing_new_may_come_nothing_waits_in_the_machine_either(
    state: BreakerState,
) -> None:
    """Control 40: a stop that is taken in a halt would go off when the halt ends."""
    rig = a_rig(order(state))
    stop = submit(1, BUY, 1, 0, order_type=OrderType.STOP, trigger_price=Price(120))
    outputs = rig.give(stop)
    assert [check for check, *_ in refusals(outputs)] == (
        [f"breaker_{state.name.lower()}"] if state >= CANCEL_ONLY else []
    )


def test_the_strictest_of_a_scope_holds() -> None:
    """S0-RISK-12: breakers of one scope do not soften each other."""
    breakers, firm = Breakers(), Node(FIRM, 0)
    for state in (WARNING, HALTED, REDUCE_ONLY):
        standing = Standing(firm, state.name, None)
        breakers.standings[state.name] = standing
        standing.step(ORDERS[state], Nanos(1))
        breakers.settle(firm)
    assert breakers.state(firm) is HALTED
    breakers.standings["HALTED"].step(Event.RELEASED, Nanos(2))
    breakers.settle(firm)
    assert breakers.state(firm) is REDUCE_ONLY
    assert breakers.state(Node(MAIN, 1)) is ACTIVE


def test_a_warning_halves_sizes_and_collars_and_orders_are_never_changed() -> None:
    """S0-CB-07: half size, tighter collars; B-RISK-17: what is too large is refused as it is."""
    rig = a_rig()
    rig.give(order(WARNING))
    assert passes(rig, submit(1, quantity=450))
    assert [check for check, *_ in refusals(rig.give(submit(2, quantity=451)))] == [
        "order_quantity_max"
    ]
    assert passes(rig, accepted(1), submit(3, quantity=1, price=145))  # of a collar of 90 %
    assert [check for check, *_ in refusals(rig.give(submit(4, quantity=1, price=146)))] == [
        "price_collar"
    ]


def test_a_breaker_has_its_own_shares() -> None:
    """S0-CB-07: configurable; the tightest on the path holds."""
    rig = a_rig()
    rig.give(breaker("stale_books >= 0", state=WARNING, size_share=100_000, collar_share=900_000))
    rig.give(order(WARNING, MAIN))
    rig.give(submit(1, quantity=1))
    path = rig.machine.gate.lanes.of(rig.order(1)).path
    shares = (
        rig.machine.gate.breakers.size_share(path),
        rig.machine.gate.breakers.collar_share(path),
    )
    assert shares == (100_000, 500_000)
