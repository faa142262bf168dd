"""What an order must say to be one: every rule that is broken is named."""

from typing import Any

import pytest

from fairlead.model.inputs import NodeStarted
from fairlead.model.outputs import OrderHeld, SendOrder
from fairlead.model.terms import Contingency, OrderType, Peg, TimeInForce
from fairlead.model.units import BasisPoints, Nanos, OrderId, Price, Quantity
from tests.machine.build import START, Rig, instrument, limits, only, quote, submit

STOP: dict[str, Any] = {"order_type": OrderType.STOP, "price": Price(0)}
TRAILING: dict[str, Any] = {"order_type": OrderType.TRAILING_STOP, "price": Price(0)}
PEGGED: dict[str, Any] = {"order_type": OrderType.PEGGED, "price": Price(0)}


@pytest.mark.parametrize(
    ("terms", "check"),
    [
        ({"price": Price(0), "order_type": OrderType.LIMIT}, "price_present"),
        ({"price": Price(100), "order_type": OrderType.MARKET}, "price_absent"),
        (STOP, "trigger_price_present"),
        ({"order_type": OrderType.STOP_LIMIT}, "trigger_price_present"),
        ({**STOP, "trigger_price": Price(-5)}, "trigger_price_present"),
        ({"trigger_price": Price(120)}, "trigger_price_absent"),
        (TRAILING, "trail_present"),
        ({**TRAILING, "trail": Price(3), "trail_share": BasisPoints(5)}, "trail_present"),
        ({**TRAILING, "trail": Price(-3)}, "trail_present"),
        ({"trail": Price(3)}, "trail_absent"),
        (PEGGED, "peg_present"),
        ({**PEGGED, "peg": Peg.MIDPOINT}, "order_type_offered"),
        ({"peg": Peg.MIDPOINT}, "peg_absent"),
        ({"display_quantity": Quantity(2)}, "iceberg_offered"),
        ({"time_in_force": TimeInForce.GTD}, "expire_time_present"),
        ({"time_in_force": TimeInForce.GTD, "expire_time": Nanos(5)}, "expire_time_future"),
        ({"expire_time": Nanos(10**18)}, "expire_time_absent"),
        ({"time_in_force": TimeInForce.AT_OPEN}, "time_in_force_offered"),
        ({"time_in_force": TimeInForce.AT_CLOSE}, "time_in_force_offered"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "post_only_can_rest"),
        ({"post_only": True, "order_type": OrderType.MARKET, "price": 0}, "post_only_can_rest"),
        ({"group": OrderId(1)}, "group_and_contingency"),
        ({"contingency": Contingency.OCO}, "group_and_contingency"),
        ({"after": OrderId(9)}, "parent_known"),
        ({"quantity": Quantity(0)}, "quantity_min"),
        ({"reduce_only": True}, "reduce_only"),
    ],
)
def test_an_order_that_breaks_a_rule_of_its_making_is_refused(
    terms: dict[str, Any], check: str
) -> None:
    """B-OMS-14, S1-OMS-04: the rule is named."""
    assert check in Rig().refused(submit(1, **terms))


def test_all_broken_rules_are_named_together() -> None:
    """Invariant 12: not the first of them."""
    wrong: dict[str, Any] = {
        "time_in_force": TimeInForce.GTD,
        "trail": Price(1),
        "peg": Peg.PRIMARY,
    }
    refused = Rig().refused(submit(1, quantity=0, **wrong))
    assert {"quantity_min", "trail_absent", "peg_absent", "expire_time_future"} <= set(refused)


@pytest.mark.parametrize("stage", ["small", "full"])
def test_a_live_order_needs_somebody_who_answers_for_it(stage: str) -> None:
    """S0-OMS-02: strategy and trader, in live mode."""
    rig = Rig(NodeStarted(2, "build", "configuration", stage), START)
    assert list(rig.refused(submit(1))) == ["trader_named"]
    assert isinstance(rig.give(submit(2, trader="ann"))[-1], SendOrder)
    assert rig.order(2).trader == "ann"


def test_what_the_venue_offers_it_gets_as_it_was_asked_for() -> None:
    """Native types are not emulated."""
    offered = instrument(
        instrument=3,
        symbol="NATIVE",
        order_types=tuple(OrderType),
        times_in_force=tuple(TimeInForce),
        icebergs=True,
    )
    rig = Rig(offered, limits(3), quote(99, 101, instrument=3))
    asked: dict[str, Any] = {
        **STOP,
        "trigger_price": Price(104),
        "instrument": offered.instrument.instrument,
    }
    sent = only(SendOrder, rig.give(submit(1, **asked))).approved
    assert (sent.order_type, sent.trigger_price) == (OrderType.STOP, 104)
    asked = {"display_quantity": Quantity(2), "instrument": offered.instrument.instrument}
    outputs = rig.give(submit(2, **asked, time_in_force=TimeInForce.AT_CLOSE))
    sent = only(SendOrder, outputs).approved
    assert (sent.display_quantity, sent.time_in_force) == (
        2,
        TimeInForce.AT_CLOSE,
    )


def test_a_stop_that_the_venue_does_not_have_waits_in_the_machine() -> None:
    """Emulated: no exposure, nothing sent, and a fact that says what it waits for."""
    rig = Rig()
    held = only(OrderHeld, rig.give(submit(1, **STOP, trigger_price=Price(120))))
    assert held.reason == "until its trigger price"
    assert rig.working() == 0
