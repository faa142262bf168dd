"""The story of an order: everything that concerned it, and nothing else."""

from fairlead.model.inputs import (
    CancelRequest,
    CloseBreakCommand,
    Input,
    Statement,
    SubmitRequest,
    VenueAccepted,
    VenueCanceled,
    VenueDisconnected,
    VenueFilled,
)
from fairlead.model.outputs import (
    AccountChanged,
    BreakClosed,
    BreakOpened,
    CancelOrder,
    FillQuarantined,
    OrderFilled,
    OrderRefused,
    OrderUnknown,
    PositionChanged,
    SendOrder,
)
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import Contingency, Liquidity, OrderType, Side, Status, TimeInForce
from fairlead.model.units import (
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from fairlead.readers.story import Relative, Story
from tests.readers.sessions import ACCOUNT, PERPETUAL, SPOT, STRATEGY, Scene

MINE = OrderId(1)
BUY, SELL = Side.BUY, Side.SELL


def told(order: int = MINE) -> tuple[Scene, Story]:
    """Return a scene with a quoted market, and the story of an order to come."""
    scene = Scene()
    story = Story(scene.machine, OrderId(order))
    scene.readers = (story,)
    scene.quote(SPOT, 9_990, 10_010)
    scene.quote(PERPETUAL, 9_990, 10_010)
    return scene, story


def kinds(story: Story) -> list[type]:
    """Return the kinds of the inputs that are told."""
    return [type(step.input) for step in story.steps]


def fill(order: int, execution: str, quantity: int = 1, venue_time: int = 0) -> VenueFilled:
    """Return a fill of an order in the spot instrument at 100.00."""
    terms = (Price(10_000), Quantity(quantity), Money(0), Liquidity.MAKER)
    return VenueFilled(OrderId(order), SPOT, execution, 20240808, *terms, Nanos(venue_time))


def submit(order: int, **more: object) -> SubmitRequest:
    """Return a request to buy ten at 100.00."""
    who = (STRATEGY, OrderId(order), SPOT, BUY, OrderType.LIMIT, TimeInForce.GTC, False)
    return SubmitRequest(*who, Quantity(10), Price(10_000), **more)  # type: ignore[arg-type]


def test_a_story_goes_from_the_request_to_the_last_fill() -> None:
    scene, story = told()
    scene.trade(SPOT, BUY, 10, 10_000)
    assert kinds(story) == [SubmitRequest, VenueAccepted, VenueFilled]
    statuses = [step.standing.status for step in story.steps if step.standing]
    assert statuses == [Status.SENT, Status.OPEN, Status.FILLED]
    assert [step.sequence for step in story.steps] == [scene.sequence - 2 + n for n in range(3)]
    found = story.found()
    assert found is not None
    assert found.filled == 10


def test_other_orders_and_the_market_are_no_part_of_it() -> None:
    scene, story = told()
    scene.order(SPOT, BUY, 10, 10_000)
    before = len(story.steps)
    scene.trade(SPOT, BUY, 5, 10_000)
    scene.trade(PERPETUAL, SELL, 5, 10_000)
    scene.quote(SPOT, 9_980, 10_000)
    assert len(story.steps) == before


def test_every_check_of_an_order_that_passes_is_told_with_value_and_limit() -> None:
    scene, story = told()
    scene.order(SPOT, BUY, 10, 10_000)
    checks = story.steps[0].checks
    assert all(each.passed for each in checks)
    names = [each.check.check for each in checks]
    assert {"killed", "message_rate", "price_collar", "position_quantity_max"} <= set(names)
    (most,) = (each.check for each in checks if each.check.check == "order_quantity_max")
    assert (most.measured, most.limit) == (10, 10**9)
    assert isinstance(story.steps[0].outputs[0], SendOrder)


def test_the_checks_that_fail_are_those_of_the_refusal_and_the_others_are_told_too() -> None:
    scene, story = told()
    scene.order(SPOT, BUY, 2 * 10**9, 10_000)
    (step,) = story.steps
    (refused,) = step.outputs
    assert isinstance(refused, OrderRefused)
    assert tuple(each.check for each in step.checks if not each.passed) == refused.failed
    assert sum(each.passed for each in step.checks) > len(refused.failed)


def test_what_refuses_an_order_before_the_gate_is_told_as_a_failed_check() -> None:
    scene, story = told()
    scene.order(SPOT, BUY, 10, 10_000)
    scene.feed([submit(MINE)])  # the number is burned
    step = story.steps[-1]
    assert [(each.check.check, each.passed) for each in step.checks] == [("order_id_new", False)]


def test_checks_of_another_order_are_not_taken_for_its_own() -> None:
    scene, story = told(2)
    scene.order(SPOT, BUY, 2 * 10**9, 10_000)
    scene.order(SPOT, BUY, 10, 10_000)
    (step,) = story.steps
    assert all(each.passed for each in step.checks)
    assert len({each.check.check for each in step.checks}) == len(step.checks)


def test_what_is_checked_twice_on_the_way_is_told_once() -> None:
    scene, story = told(2)
    parent = scene.order(SPOT, BUY, 10, 10_000)
    scene.feed([submit(2, after=parent)])
    scene.fill(parent, SPOT, 10, 10_000)
    released = story.steps[-1]
    assert any(isinstance(output, SendOrder) for output in released.outputs)
    names = [each.check.check for each in released.checks]
    assert "message_rate" in names
    assert len(set(names)) == len(names)


def test_the_latency_is_our_time_less_the_venues() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.after(1).feed([VenueAccepted(order, SPOT, "V1", Nanos(scene.now - 250))])
    scene.feed([fill(order, "e1", venue_time=scene.now + 40)])
    request, accepted, filled = story.steps
    assert (request.venue_time, request.latency) == (None, None)
    assert accepted.latency == 250
    assert filled.latency == -40  # the venue's clock is ahead


def test_a_cancel_that_waits_for_the_acknowledgement_is_a_step() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.feed([CancelRequest(STRATEGY, order)])
    waits = story.steps[-1]
    assert waits.outputs == []
    assert waits.standing is not None
    assert waits.standing.cancel_wanted
    scene.accept(order, SPOT)
    assert any(isinstance(output, CancelOrder) for output in story.steps[-1].outputs)


def test_money_that_its_fills_move_belongs_to_it() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.fill(order, SPOT, 10, 10_000)
    told_kinds = [type(output) for output in story.steps[-1].outputs]
    assert told_kinds == [OrderFilled, PositionChanged, AccountChanged]


def test_what_is_seen_again_and_changes_nothing_is_told() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.feed([fill(order, "e1"), fill(order, "e1")])
    assert kinds(story) == [SubmitRequest, VenueFilled, VenueFilled]
    assert story.steps[-1].standing == story.steps[-2].standing


def test_an_order_that_gets_lost_with_the_session_says_so() -> None:
    scene, story = told()
    scene.order(SPOT, BUY, 10, 10_000)
    scene.feed([VenueDisconnected("VENUE", "reset")])
    assert isinstance(story.steps[-1].input, VenueDisconnected)
    assert any(isinstance(output, OrderUnknown) for output in story.steps[-1].outputs)


def test_a_number_that_only_a_venue_ever_named_has_a_story_without_an_order() -> None:
    scene, story = told(77)
    scene.feed([fill(77, "x1")])
    (step,) = story.steps
    assert step.standing is None
    assert [type(output) for output in step.outputs] == [FillQuarantined, BreakOpened]
    assert story.found() is None
    assert len(story.breaks) == 1


def test_the_end_of_a_break_about_it_is_told() -> None:
    scene, story = told(77)
    scene.feed([fill(77, "x1")])
    scene.feed([fill(78, "x2")])
    scene.feed([CloseBreakCommand(story.breaks[0], "ann", "of another desk")])
    scene.feed([CloseBreakCommand(story.breaks[0] + 1, "ann", "of another desk")])
    assert [type(output) for output in story.steps[-1].outputs] == [BreakClosed]
    assert len(story.steps) == 2


def test_of_a_statement_the_lines_that_name_it_by_any_id_are_told() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.accept(order, SPOT)
    other = scene.order(SPOT, BUY, 10, 10_000)
    scene.accept(other, SPOT)
    terms = (SPOT, BUY, Quantity(10), Quantity(0), Price(10_000))
    by_client = StatementOrder(*terms, client_order="1-1-1")
    by_number = StatementOrder(*terms, order=order)
    by_venue = StatementOrder(*terms, venue_order=f"V{order}")
    of_other = StatementOrder(*terms, client_order="1-2-1")
    stranger = StatementOrder(*terms, venue_order="V99")
    lines = (by_client, of_other, by_number, stranger, by_venue)
    scene.after(1).feed([Statement(ACCOUNT, "VENUE", scene.now, "drop copy", orders=lines)])
    step = story.steps[-1]
    assert step.lines == [by_client, by_number, by_venue]
    assert step.venue_time == scene.now


def test_a_statement_that_does_not_name_it_is_no_step() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.accept(order, SPOT)
    scene.feed([fill(order, "e1", 10, venue_time=1)])
    before = len(story.steps)
    missed = (SPOT, "e9", 20240808, BUY, Price(1), Quantity(1), Money(0), Liquidity.TAKER)
    line = StatementFill(*missed, Nanos(5))
    scene.after(1).feed([Statement(ACCOUNT, "", scene.now, fills=(line,), fills_since=Nanos(2))])
    assert len(story.steps) == before


def test_relatives_are_children_those_held_after_it_and_those_of_its_group() -> None:
    scene, story = told()
    group = OrderId(9)
    requests: list[Input] = [
        submit(1, group=group, contingency=Contingency.OCO),
        submit(2, group=group, contingency=Contingency.OCO),
        submit(3, after=MINE),
        submit(4, parent=MINE),
        submit(5),
    ]
    scene.feed(requests)
    assert story.relatives() == [
        Relative(OrderId(2), "group"),
        Relative(OrderId(3), "after"),
        Relative(OrderId(4), "child"),
    ]


def test_the_end_without_a_fill_is_told() -> None:
    scene, story = told()
    order = scene.order(SPOT, BUY, 10, 10_000)
    scene.accept(order, SPOT)
    scene.feed([VenueCanceled(order, SPOT, "session over", scene.now)])
    standing = story.steps[-1].standing
    assert standing is not None
    assert (standing.status, standing.canceled) == (Status.CANCELED, 10)
