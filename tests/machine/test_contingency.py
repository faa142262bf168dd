"""What a changed order means for those that hang together with it; more in tests/scripts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.orders import Hold
from fairlead.model.inputs import BookGap, Input, InstrumentSplit, OrderPolicyChange
from fairlead.model.outputs import (
    OrderCanceled,
    OrderHeld,
    OrderRefused,
    OrderReplaced,
    OrderTriggered,
    Output,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Contingency, InstrumentKind, OrderType, Status, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    FAILED,
    KILL,
    SECOND,
    SELL,
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
    instrument,
    limits,
    only,
    order_status,
    quote,
    rate,
    rejected,
    replace,
    replaced,
    submit,
)
from tests.machine.families import (
    FORGOTTEN,
    Counterparty,
    bracket,
    bring_to_an_end,
    limit_of_group,
    live,
    messages,
    play,
    remembered,
    stop,
)

OCO, OUO = Contingency.OCO, Contingency.OUO
AFTER: dict[str, Any] = {"after": OrderId(1)}
PARENT = submit(1, BUY, 8, 100)
CHILD = submit(2, SELL, 8, 105, **AFTER)
POLICY = OrderPolicyChange(OrderPolicy(timeout=Nanos(0)), "ann", "agreed")


# --- children: what they are for -----------------------------------------------------------------


def test_a_child_is_held_without_exposure_and_goes_with_the_first_fill() -> None:
    """OTO: for as much as the parent filled."""
    rig = Rig(PARENT)
    held = only(OrderHeld, rig.give(CHILD))
    assert (held.order, rig.working(SELL)) == (2, 0)
    assert messages(rig.give(accepted(1))) == []
    assert messages(rig.give(filled(1, 3, "E1"))) == [("send", 2, 3)]
    assert (rig.working(SELL), rig.order(2).quantity) == (3, 3)


@pytest.mark.parametrize(("fills", "sent"), [([4], []), ([5], [("send", 2, 5)]),
                                             ([9], [("send", 2, 5)]),
                                             ([4, 6], [("send", 2, 10)])])  # fmt: skip
def test_a_child_goes_in_whole_lots(fills: list[int], sent: list[tuple[str, int, int]]) -> None:
    """What is no whole lot waits for the rest of it."""
    terms = instrument(instrument=InstrumentId(3), symbol="LOTS", quantity_lot=Quantity(5),
                       quantity_min=Quantity(5))  # fmt: skip
    rig = Rig(terms, limits(3), quote(99, 101, instrument=3))
    three = {"instrument": InstrumentId(3)}
    rig.give(submit(1, BUY, 20, 100, **three), submit(2, SELL, 20, 105, **AFTER, **three))
    found: list[Output] = []
    for number, quantity in enumerate(fills):
        found += rig.give(filled(1, quantity, f"E{number}", **three))
    assert messages(found) == sent


def test_a_child_waits_until_its_parent_filled_what_the_venue_takes() -> None:
    """At least the smallest quantity and the smallest worth; too little at the end ends it."""
    terms = instrument(instrument=InstrumentId(3), symbol="LEAST", quantity_min=Quantity(2),
                       notional_min=Money(420))  # fmt: skip
    three = {"instrument": InstrumentId(3)}
    rig = Rig(terms, limits(3), quote(99, 101, instrument=3))
    rig.give(submit(1, BUY, 8, 100, **three), submit(2, SELL, 8, 105, **AFTER, **three))
    rig.give(submit(3, SELL, 8, 0, **AFTER, **three))
    assert messages(rig.give(filled(1, 3, "E1", **three))) == []  # 315 are too little
    rig.give(accepted(1, 3), cancel(1))
    gone = [one for one in rig.give(canceled(1, 3)) if isinstance(one, OrderCanceled)]
    assert [(one.order, one.reason) for one in gone[1:]] == [
        (2, "its parent filled too little"),
        (3, "its parent filled too little"),
    ]
    rig.give(submit(4, BUY, 8, 100, **three))
    rig.give(submit(5, SELL, 8, 105, after=OrderId(4), **three))
    assert messages(rig.give(filled(4, 4, "E2", **three))) == [("send", 5, 4)]


@pytest.mark.parametrize(
    "terms",
    [
        {"price": Price(0), "order_type": OrderType.MARKET},
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": TimeInForce.FOK},
        {"order_type": OrderType.MARKET_TO_LIMIT, "price": Price(0)},
    ],
)
def test_a_child_that_takes_at_once_waits_until_its_parent_is_done(terms: dict[str, Any]) -> None:
    """It could not grow: what the parent filled after it would have no child."""
    rig = Rig(PARENT, submit(2, SELL, 8, **{"price": 105, **terms, **AFTER}))
    assert messages(rig.give(accepted(1), filled(1, 3, "E1"))) == []
    assert messages(rig.give(canceled(1))) == [("send", 2, 3)]


def test_a_child_of_an_inverse_contract_waits_until_it_is_worth_enough() -> None:
    """Its worth is divided by the price: 4 contracts of 100 at 50.00 are 8.00."""
    terms = instrument(instrument=InstrumentId(3), symbol="INVERSE", kind=InstrumentKind.INVERSE,
                       multiplier=100, notional_min=Money(800))  # fmt: skip
    three = {"instrument": InstrumentId(3)}
    rig = Rig(terms, limits(3), quote(4_990, 5_010, instrument=3))
    rig.give(submit(1, BUY, 8, 5_000, **three), submit(2, SELL, 8, 5_000, **AFTER, **three))
    assert messages(rig.give(filled(1, 3, "E1", 5_000, **three))) == []
    assert messages(rig.give(filled(1, 1, "E2", 5_000, **three))) == [("send", 2, 4)]


def test_a_child_waits_while_nobody_knows_the_market_and_is_decided_when_it_goes() -> None:
    """Invariant 11: it is not refused for a book that is stale for a moment."""
    rig = Rig(BookGap(InstrumentId(1), "the feed is gone"), quote(99, 101), PARENT)
    rig.give(BookGap(InstrumentId(1), "again"), CHILD)
    assert rig.order(2).decision_price == 0
    assert InstrumentId(1) not in rig.machine.state.watched  # there is nothing to wait for yet
    assert messages(rig.give(filled(1, 8, "E1"))) == []
    assert rig.status(2) is Status.HELD
    assert messages(rig.give(quote(101, 105))) == [("send", 2, 8)]
    assert rig.order(2).decision_price == 103


def test_what_a_parent_fills_after_its_end_counts_too() -> None:
    """B-OMS-10: a late fill is booked, and its way out grows."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"), accepted(2), canceled(1))
    assert messages(rig.give(filled(1, 2, "E2"))) == [("replace", 2, 5)]


@pytest.mark.parametrize(
    "end",
    [
        [rejected(1)],
        [accepted(1), canceled(1)],
        [accepted(1), expired(1)],
        [cancel(1), accepted(1), canceled(1)],
    ],
)
def test_a_parent_that_ends_without_any_fill_ends_its_children_and_theirs(
    end: list[Input],
) -> None:
    """Nothing is left behind that waits for what cannot come."""
    rig = Rig(PARENT, CHILD, submit(3, BUY, 8, 90, after=OrderId(2)), *end)
    assert [rig.status(number) for number in (2, 3)] == [Status.CANCELED, Status.CANCELED]
    assert remembered(rig) == FORGOTTEN


def test_a_held_parent_that_risk_refuses_ends_its_children() -> None:
    """Invariant 12: the refusal is recorded; what hung on it goes."""
    rig = Rig(stop(1, BUY, 8, 103), CHILD, limits(order_quantity_max=Quantity(7)))
    outputs = rig.give(quote(102, 103))
    assert only(OrderRefused, outputs).order == 1
    assert only(OrderCanceled, outputs).reason == "its parent ended without a fill"


def test_a_child_of_a_child_follows_it() -> None:
    """OTO: each in its turn, for what the one before filled."""
    rig = Rig(PARENT, CHILD, submit(3, BUY, 8, 90, after=OrderId(2)))
    assert messages(rig.give(filled(1, 5, "E1"))) == [("send", 2, 5)]
    assert messages(rig.give(filled(2, 2, "E2"))) == [("send", 3, 2)]


def test_a_corrected_fill_of_the_parent_changes_its_child_once() -> None:
    """Taken back and booked anew in one step: the child goes to where that ends."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 5, "E1"), accepted(2))
    assert messages(rig.give(corrected(1, "E1", "E2", 4))) == [("replace", 2, 4)]


@pytest.mark.parametrize(("limit", "goes"), [(8, False), (9, True)])
def test_a_child_that_may_not_go_now_waits_for_a_market_in_which_it_may(
    limit: int, goes: bool
) -> None:
    """A reason of the moment (here the message rate) throws nothing away."""
    rig = Rig(rate(1, 0), PARENT, CHILD)
    assert messages(rig.give(filled(1, 8, "E1"))) == []
    assert rig.status(2) is Status.HELD
    rig.wait(SECOND * limit // 9)
    assert messages(rig.give(quote(99, 101))) == ([("send", 2, 8)] if goes else [])


def test_a_child_that_came_back_is_tried_again_for_what_its_parent_filled_by_then() -> None:
    """B-OMS-13: the same order; between two attempts a fill is taken back."""
    rig = Rig(POLICY, PARENT, CHILD, accepted(1), filled(1, 5, "E1"), filled(1, 2, "E2"))
    rig.give(rejected(2, transient=True), busted(1, "E2"))
    rig.wait(SECOND)
    assert messages(rig.give(quote(99, 101))) == [("send", 2, 5)]


def test_a_child_that_came_back_and_has_nothing_to_do_any_more_is_not_tried_again() -> None:
    """The only fill was taken back while it waited for its next attempt."""
    rig = Rig(POLICY, PARENT, CHILD, accepted(1), filled(1, 5, "E1"))
    rig.give(rejected(2, transient=True))
    assert only(OrderCanceled, rig.give(busted(1, "E1"))).reason == "nothing is left for it"
    rig.wait(SECOND)
    assert messages(rig.give(quote(99, 101))) == []


# --- children: what the venue and the strategy say ------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "after_fill"),
    [
        (2, []),  # its strategy wants less: the parent's fills do not matter any more
        (3, [("replace", 2, 5)]),  # another price alone: it goes on growing
    ],
)
def test_what_the_strategy_wants_of_a_child_stands(
    wanted: int, after_fill: list[tuple[str, int, int]]
) -> None:
    """A replace of its own is not undone, within what the parent filled."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"), accepted(2))
    assert messages(rig.give(replace(2, wanted, 106))) == [("replace", 2, wanted)]
    assert messages(rig.give(replaced(2, wanted, 106))) == []
    assert messages(rig.give(filled(1, 2, "E2"))) == after_fill


def test_a_child_is_never_more_than_its_parent_filled_whoever_wants_it() -> None:
    """OTO: brought back as soon as the venue has answered."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"), accepted(2))
    assert messages(rig.give(replace(2, 9, 106))) == [("replace", 2, 9)]
    assert messages(rig.give(replaced(2, 9, 106))) == [("replace", 2, 3)]
    rig.give(replaced(2, 3, 106), replace(2, 9, 106))  # and again, as often as it is wanted
    assert messages(rig.give(replaced(2, 9, 106))) == [("replace", 2, 3)]


def test_the_last_way_out_takes_the_rest_of_the_entry_with_it() -> None:
    """Filled or refused, it cannot grow; nothing would get out of what the entry still trades."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"))
    assert messages(rig.give(filled(2, 3, "E2"))) == [("cancel", 1, 0)]
    rig.give(canceled(1))
    assert remembered(rig) == FORGOTTEN


def test_a_way_out_that_was_to_be_smaller_leaves_the_entry_alone() -> None:
    """It did all that it was for."""
    rig = Rig(PARENT, submit(2, SELL, 3, 105, **AFTER), accepted(1), filled(1, 3, "E1"))
    assert messages(rig.give(filled(2, 3, "E2"))) == []


@pytest.mark.parametrize("last", [2, 3])
def test_an_entry_stays_while_another_way_out_is_left(last: int) -> None:
    """The last one counts."""
    second = submit(3, SELL, 8, 106, **AFTER)
    rig = Rig(PARENT, CHILD, second, accepted(1), filled(1, 3, "E1"))
    assert messages(rig.give(filled(5 - last, 3, "E2"))) == []
    assert messages(rig.give(filled(last, 3, "E3"))) == [("cancel", 1, 0)]


def test_a_child_that_adds_to_its_parent_does_not_end_it() -> None:
    """A second purchase after the first is no way out of it."""
    rig = Rig(PARENT, submit(2, BUY, 8, 101, **AFTER), accepted(1), filled(1, 3, "E1"))
    assert messages(rig.give(filled(2, 3, "E2"))) == []
    assert rig.status(1) is Status.OPEN


def test_a_stop_that_adds_to_its_parent_does_not_end_it_when_it_fires() -> None:
    """Only what gets out of the entry waits for the entry to go."""
    rig = Rig(PARENT, stop(2, BUY, 8, 103, **AFTER), accepted(1), filled(1, 3, "E1"))
    assert messages(rig.give(quote(102, 103))) == [("send", 2, 3)]


# --- brackets -------------------------------------------------------------------------------------


def test_a_stop_in_the_machine_follows_the_entry_and_says_so() -> None:
    """Its quantity is known to who asks, though nothing of it is at the venue."""
    rig = Rig(*bracket(), accepted(1))
    outputs = rig.give(filled(1, 3, "E1"))
    assert [(one.order, one.quantity) for one in outputs if isinstance(one, OrderReplaced)] == [
        (3, 3),
        (2, 3),
    ]
    assert rig.order(3).hold is Hold.TRIGGER
    rig.wait(1)
    rig.give(filled(1, 2, "E2"))
    assert (rig.order(3).quantity, rig.order(3).updated) == (5, rig.time)
    assert rig.working(SELL) == 3


@pytest.mark.parametrize("contingency", [OCO, OUO])
def test_when_the_entry_is_filled_beyond_the_stop_the_limit_is_not_even_sent(
    contingency: Contingency,
) -> None:
    """The market is there already: the stop alone goes."""
    rig = Rig(*bracket(contingency), accepted(1), quote(95, 96))
    outputs = rig.give(filled(1, 8, "E1"))
    assert messages(outputs) == [("send", 3, 8)]
    assert rig.status(2) is Status.CANCELED
    only(OrderTriggered, outputs)


def test_where_one_cancels_the_other_the_first_fill_of_the_limit_ends_the_stop() -> None:
    """OCO is all or nothing: who wants the rest protected says OUO."""
    rig = Rig(*bracket(OCO), accepted(1), filled(1, 8, "E1"), accepted(2))
    gone = only(OrderCanceled, rig.give(filled(2, 1, "E2")))
    assert (gone.order, gone.reason) == (3, "another of its group was filled")


def test_a_fired_stop_waits_while_the_outcome_of_the_limit_is_unknown() -> None:
    """Invariant 10: unknown is never treated as gone."""
    rig = Rig(UNCONFIRMED, *bracket(), accepted(1), filled(1, 8, "E1"), accepted(2))
    assert messages(rig.give(quote(95, 97))) == [("cancel", 2, 0)]
    assert messages(rig.give(DISCONNECTED, quote(94, 97), CONNECTED, quote(94, 97))) == []
    assert messages(rig.give(order_status(2, Status.OPEN))) == [("cancel", 2, 0)]
    assert messages(rig.give(quote(94, 97))) == []
    assert messages(rig.give(canceled(2))) == [("send", 3, 8)]


def test_a_limit_that_the_venue_does_not_cancel_is_asked_again_while_the_stop_waits() -> None:
    """A second later, by the market; not at the speed of the wire."""
    rig = Rig(*bracket(), accepted(1), filled(1, 8, "E1"), accepted(2), quote(95, 97))
    assert messages(rig.give(cancel_rejected(2), quote(94, 97))) == []
    rig.wait(SECOND - 1)
    assert messages(rig.give(quote(94, 97))) == []
    rig.wait(1)
    assert messages(rig.give(quote(94, 97))) == [("cancel", 2, 0)]


def test_a_fired_stop_goes_with_the_next_market_if_it_could_not_when_the_limit_was_gone() -> None:
    """It has fired: that the market recovers since does not matter."""
    rig = Rig(*bracket(), accepted(1), filled(1, 8, "E1"), accepted(2), quote(95, 97))
    rig.give(rate(0, 0))
    assert messages(rig.give(canceled(2), quote(99, 101))) == []
    rig.loosen(rate(10, 0))
    assert messages(rig.give(quote(99, 101))) == [("send", 3, 8)]


def test_a_fill_of_the_entry_that_is_taken_back_shrinks_both_ways_out() -> None:
    """And the stop waits for its parent again when nothing is left of it."""
    rig = Rig(*bracket(), accepted(1), filled(1, 3, "E1"), filled(1, 2, "E2"), accepted(2))
    rig.give(replaced(2, 5, 105))
    assert messages(rig.give(busted(1, "E2"))) == [("replace", 2, 3)]
    assert rig.order(3).quantity == 3
    rig.give(replaced(2, 3, 105))
    assert messages(rig.give(busted(1, "E1"))) == [("cancel", 2, 0)]
    assert (rig.order(3).hold, rig.order(3).quantity) == (Hold.PARENT, 8)
    rig.give(canceled(2))
    rig.give(filled(1, 1, "E3"))
    assert (rig.order(3).hold, rig.order(3).quantity) == (Hold.TRIGGER, 1)


def test_a_fill_of_the_limit_that_is_taken_back_is_given_back_to_the_stop() -> None:
    """OUO: though the limit was done and gone."""
    rig = Rig(*bracket(), accepted(1), filled(1, 8, "E1"), accepted(2), filled(2, 3, "E2"))
    rig.give(canceled(2))
    assert rig.order(3).quantity == 5
    rig.give(busted(2, "E2"))
    assert rig.order(3).quantity == 8
    assert messages(rig.give(quote(95, 97))) == [("send", 3, 8)]


def test_an_over_fill_of_the_limit_leaves_nothing_for_the_stop() -> None:
    """B-OMS-09: booked as it is; the stop must not make it worse."""
    rig = Rig(*bracket(), accepted(1), filled(1, 8, "E1"), accepted(2))
    assert only(OrderCanceled, rig.give(filled(2, 9, "E2"))).order == 3
    assert rig.position().quantity == -1


@pytest.mark.parametrize("command", [KILL, STOP, FAILED])
def test_a_command_that_cancels_all_cancels_a_bracket(command: Input) -> None:
    """Control 39: what waits in the machine goes at once, what works is asked to."""
    rig = Rig(*bracket(), accepted(1), filled(1, 3, "E1"), accepted(2))
    assert messages(rig.give(command)) == [("cancel", 1, 0), ("cancel", 2, 0)]
    assert live(rig) == [1, 2]
    rig.give(canceled(1), canceled(2))
    assert remembered(rig) == FORGOTTEN


def test_after_a_split_a_bracket_goes_on_in_new_units() -> None:
    """What the done entry filled counts as what it is today."""
    rig = Rig(*bracket(quantity=8), accepted(1), filled(1, 8, "E1"), accepted(2))
    rig.give(filled(2, 2, "E2"))
    rig.give(InstrumentSplit(InstrumentId(1), 2, 1, "two for one"))
    stopped = rig.order(3)
    assert (rig.position().quantity, stopped.quantity) == (12, 12)
    assert stopped.conditions.trigger_price in (47, 48)
    rig.give(quote(51, 52))
    rig.give(filled(2, 2, "E3", 53))
    assert stopped.quantity == 10


# --- groups ---------------------------------------------------------------------------------------


def test_three_of_a_group_share_what_is_left() -> None:
    """OUO: each loses what both others filled."""
    rig = Rig(*(limit_of_group(number, OUO) for number in (1, 2, 3)))
    rig.give(*(accepted(number) for number in (1, 2, 3)))
    assert messages(rig.give(filled(1, 3, "E1"))) == [("replace", 2, 5), ("replace", 3, 5)]
    rig.give(replaced(2, 5, 98), replaced(3, 5, 98))
    assert messages(rig.give(filled(3, 4, "E2"))) == [("replace", 1, 4), ("replace", 2, 1)]


# --- all together ---------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["fill", "fill", "answer", "answer", "refuse", "up", "down", "late", "wait", "cancel"]
        ),
        st.integers(1, 6),
        st.integers(1, 8),
    ),
    max_size=60,
)


@given(STEPS, st.sampled_from([OCO, OUO]))
def test_two_exits_never_trade_what_only_one_of_them_may(
    steps: list[tuple[str, int, int]], contingency: Contingency
) -> None:
    """Whatever the venue does in whatever order: no flip, not even at the worst; all is forgotten.

    Invariants 5, 8 and 14, with two brackets, races, refused cancels and refused replaces.
    """
    rig, venue = Rig(), Counterparty()
    venue.take(rig.give(*bracket(contingency), *bracket(contingency, first=4)))
    for step in steps:
        play(rig, venue, step)
        held = rig.position().quantity
        assert held >= 0
        assert rig.working(SELL) <= held
        if contingency is OUO:
            for first in (1, 4):
                check_stop(rig, first)
    bring_to_an_end(rig, venue)
    assert live(rig) == []
    assert remembered(rig) == FORGOTTEN
    assert rig.machine.state.deadlines.content() == []


def check_stop(rig: Rig, first: int) -> None:
    """A stop that waits for its trigger is for all of the entry that the limit has not got out."""
    stopped = rig.order(first + 2)
    if stopped.status is Status.HELD and stopped.hold is Hold.TRIGGER:
        left = rig.order(first).filled - rig.order(first + 1).filled
        assert stopped.quantity == left
        assert left > 0
