"""The table of legal steps: every pair of a status and an event, and the diagram drawn from it."""

import os
from itertools import product
from pathlib import Path

import pytest

from fairlead.machine.lifecycle import FIX_EVENT, FIX_STATUS, NEXT_STATUS, WORKING, Event
from fairlead.machine.orders import Order
from fairlead.model.terms import Status
from fairlead.model.units import Price, Quantity
from tests.machine.build import NO_TIME, submit

FIRST = (Status.REFUSED, Status.HELD, Status.SENT)  # where an order can begin

PAGE = Path(__file__).parents[2] / "docs" / "internals" / "orders.md"
BEGIN, END = "<!-- drawn from the table: begin -->", "<!-- drawn from the table: end -->"

# The whole table again, as a person reads it: what happens, and what becomes of each status.
# `A>B` leads from A to B, `A` alone stays; a status that is not named in a row has no such step.
TABLE = {
    Event.ACCEPTED: "SENT>OPEN HELD>OPEN OPEN TRIGGERED SUSPENDED DONE_FOR_DAY CANCEL_PENDING"
    " REPLACE_PENDING UNKNOWN>OPEN FILLED CANCELED EXPIRED",
    Event.REJECTED: "SENT>REJECTED UNKNOWN>REJECTED",
    Event.RETURNED: "SENT>HELD",
    Event.RELEASED: "HELD>SENT",
    Event.RELEASE_REFUSED: "HELD>REFUSED",
    Event.FILLED_IN_PART: "SENT>OPEN HELD>OPEN OPEN TRIGGERED SUSPENDED DONE_FOR_DAY"
    " CANCEL_PENDING REPLACE_PENDING UNKNOWN CANCELED EXPIRED",
    Event.FILLED_WHOLLY: "SENT>FILLED HELD>FILLED OPEN>FILLED TRIGGERED>FILLED SUSPENDED>FILLED"
    " DONE_FOR_DAY>FILLED CANCEL_PENDING>FILLED REPLACE_PENDING>FILLED UNKNOWN>FILLED FILLED"
    " CANCELED>FILLED EXPIRED>FILLED",
    Event.BUSTED: "SENT OPEN TRIGGERED SUSPENDED DONE_FOR_DAY CANCEL_PENDING REPLACE_PENDING"
    " UNKNOWN FILLED>CANCELED CANCELED EXPIRED",
    Event.OVERTAKEN: "FILLED>UNKNOWN",
    Event.CANCEL_REQUESTED: "SENT HELD>CANCELED OPEN>CANCEL_PENDING TRIGGERED>CANCEL_PENDING"
    " SUSPENDED>CANCEL_PENDING DONE_FOR_DAY>CANCEL_PENDING CANCEL_PENDING"
    " REPLACE_PENDING>CANCEL_PENDING UNKNOWN",
    Event.CANCELED: "SENT>CANCELED HELD>CANCELED OPEN>CANCELED TRIGGERED>CANCELED"
    " SUSPENDED>CANCELED DONE_FOR_DAY>CANCELED CANCEL_PENDING>CANCELED REPLACE_PENDING>CANCELED"
    " UNKNOWN>CANCELED",
    Event.CANCEL_REJECTED: "CANCEL_PENDING>OPEN UNKNOWN FILLED CANCELED EXPIRED",
    Event.REPLACE_REQUESTED: "OPEN>REPLACE_PENDING TRIGGERED>REPLACE_PENDING",
    Event.REPLACED: "CANCEL_PENDING REPLACE_PENDING>OPEN UNKNOWN>OPEN",
    Event.REPLACE_REJECTED: "CANCEL_PENDING REPLACE_PENDING>OPEN UNKNOWN FILLED CANCELED EXPIRED",
    Event.EXPIRED: "SENT>EXPIRED HELD>EXPIRED OPEN>EXPIRED TRIGGERED>EXPIRED SUSPENDED>EXPIRED"
    " DONE_FOR_DAY>EXPIRED CANCEL_PENDING>EXPIRED REPLACE_PENDING>EXPIRED UNKNOWN>EXPIRED",
    Event.DISCONNECTED: "SENT>UNKNOWN OPEN>UNKNOWN TRIGGERED>UNKNOWN SUSPENDED>UNKNOWN"
    " DONE_FOR_DAY>UNKNOWN CANCEL_PENDING>UNKNOWN REPLACE_PENDING>UNKNOWN UNKNOWN",
    Event.TIMED_OUT: "SENT>UNKNOWN CANCEL_PENDING>UNKNOWN REPLACE_PENDING>UNKNOWN UNKNOWN",
    Event.TRIGGERED: "SENT>TRIGGERED OPEN>TRIGGERED TRIGGERED SUSPENDED>TRIGGERED"
    " DONE_FOR_DAY>TRIGGERED CANCEL_PENDING REPLACE_PENDING UNKNOWN>TRIGGERED",
    Event.SUSPENDED: "SENT>SUSPENDED OPEN>SUSPENDED TRIGGERED>SUSPENDED SUSPENDED"
    " DONE_FOR_DAY>SUSPENDED CANCEL_PENDING REPLACE_PENDING UNKNOWN>SUSPENDED",
    Event.RESUMED: "OPEN TRIGGERED>OPEN SUSPENDED>OPEN DONE_FOR_DAY>OPEN CANCEL_PENDING"
    " REPLACE_PENDING UNKNOWN>OPEN",
    Event.DONE_FOR_DAY: "SENT>DONE_FOR_DAY OPEN>DONE_FOR_DAY TRIGGERED>DONE_FOR_DAY"
    " SUSPENDED>DONE_FOR_DAY DONE_FOR_DAY CANCEL_PENDING REPLACE_PENDING UNKNOWN>DONE_FOR_DAY",
}


def expected() -> dict[tuple[Status, Event], Status]:
    """Return the table above as pairs."""
    found = {}
    for event, row in TABLE.items():
        for step in row.split():
            before, _, after = step.partition(">")
            found[Status[before], event] = Status[after or before]
    return found


EXPECTED = expected()


def order_in(status: Status) -> Order:
    """Return an order that stands somewhere in its life."""
    order = Order(submit(1), NO_TIME)
    order.status = status
    return order


def terms_of(order: Order) -> list[object]:
    """Return everything of an order that a step could change."""
    return [
        *(order.status, order.hold, order.quantity, order.price, order.filled, order.canceled),
        *(order.filled_cost, order.cancel_wanted, order.new_quantity, order.new_price),
    ]


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_an_order_takes_the_steps_of_the_table_and_no_others(status: Status, event: Event) -> None:
    """S1-OMS-02, B-OMS-03, B-OMS-04: every pair, those without a step change nothing."""
    order = order_in(status)
    order.ask_replace(Quantity(12), Price(101))
    before = terms_of(order)
    if (status, event) in EXPECTED:
        assert order.step(event)
        assert order.status is EXPECTED[status, event]
    else:
        assert not order.step(event)
        assert terms_of(order) == before


def test_the_table_that_documents_are_made_from_is_the_one_that_orders_walk() -> None:
    """S1-OMS-02: `NEXT_STATUS` is the whole rule."""
    assert NEXT_STATUS == EXPECTED


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize(
    "status", [one for one in Status if one not in WORKING and one is not Status.HELD]
)
def test_an_order_that_is_done_never_works_again(status: Status, event: Event) -> None:
    """S1-OMS-03: late fills may turn a canceled order into a filled one, nothing revives it."""
    order = order_in(status)
    if not order.step(event) or event is not Event.OVERTAKEN:
        assert not order.live
        assert order.leaves_worst == 0


def test_an_order_that_a_bust_and_a_fill_raced_for_is_unknown() -> None:
    """Invariant 10: it worked when the fill was taken back, so it is not treated as dead."""
    order = order_in(Status.FILLED)
    assert order.step(Event.OVERTAKEN)
    assert order.live
    order.step(Event.CANCELED)
    assert order.leaves_worst == 0


def test_every_status_can_be_reached_and_left_to_an_end() -> None:
    """B-EVT-04: there is one vocabulary, and no status that nothing leads to."""
    reached = set(FIRST)
    while True:
        further = {after for (before, _), after in NEXT_STATUS.items() if before in reached}
        if further <= reached:
            break
        reached |= further
    assert reached == set(Status)


def test_every_status_and_event_has_its_name_in_fix() -> None:
    """B-OMS-03: the terms are those of FIX, or it is said that it has none."""
    assert set(FIX_STATUS) == set(Status)
    assert set(FIX_EVENT) == set(Event)


def drawn() -> str:
    """Return the diagram and the two tables, as the page shows them."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {status.name}" for status in FIRST]
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for (before, event), after in NEXT_STATUS.items():
        if before is not after:
            arrows.setdefault((before, after), []).append(event.name.lower())
    for (before, after), events in arrows.items():
        lines.append(f"    {before.name} --> {after.name}: {', '.join(events)}")
    lines += ["```", "", "| event | in FIX 4.4 | from -> to |", "|---|---|---|"]
    for event in Event:
        steps = [
            f"{before.name} -> {after.name}" if before is not after else f"{before.name} stays"
            for (before, happened), after in NEXT_STATUS.items()
            if happened is event
        ]
        lines.append(f"| {event.name.lower()} | {FIX_EVENT[event]} | {'; '.join(steps)} |")
    lines += ["", "| status | OrdStatus in FIX 4.4 |", "|---|---|"]
    lines += [f"| {status.name} | {FIX_STATUS[status]} |" for status in Status]
    return "\n".join(lines)


def test_the_page_about_orders_is_drawn_from_the_table() -> None:
    """S1-OMS-02: `FAIRLEAD_REWRITE=1` draws it anew."""
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    fresh = f"{head}{BEGIN}\n\n{drawn()}\n\n{END}{tail}"
    if os.environ.get("FAIRLEAD_REWRITE") == "1":
        PAGE.write_text(fresh)
        return
    assert page == fresh
