"""Layer 1 as a whole: every check is shown with its measure, and alone it stops what it is for."""

from typing import Final

import pytest

from fairlead.machine.requests import terms_of
from fairlead.machine.risk.gate import Layer
from fairlead.machine.risk.pretrade import CHECKS, NO_POLICY
from fairlead.machine.risk.terms import Checks
from fairlead.model.inputs import (
    Input,
    LocateChange,
    MarketHalt,
    NamedCheckDefinition,
    PermissionChange,
    PriceBands,
    RestrictionChange,
    SessionPhase,
    ShortSaleRestriction,
    TradingDayBegan,
)
from fairlead.model.outputs import SendOrder
from fairlead.model.risk import NamedCheck, Permission, PreTradePolicy, Restriction
from fairlead.model.risk_terms import LimitKind, Phase, SelfTrade
from fairlead.model.terms import OrderType, Side, TimeInForce, Unit
from fairlead.model.units import AccountId, InstrumentId, Nanos, Price, Quantity, StrategyId
from tests.machine.actions import split
from tests.machine.build import (
    BUY,
    NO_TIME,
    SECOND,
    SELL,
    VENUE,
    accepted,
    filled,
    quote,
    submit,
)
from tests.machine.risk.twin import MILLION, MINE, Twin, limit, patient, policy, profile

ONE: Final = InstrumentId(1)
DAY: Final = 20240808
WHO: Final = ("ann", "as agreed")
EVERYTHING: Final[tuple[Input, ...]] = (
    patient(),
    *[
        limit(kind, hard * MILLION, MINE, window)
        for kind, hard, window in (
            (LimitKind.PRICE_FLOOR, 0, 0),
            (LimitKind.ORDER_VOLUME_SHARE, 1, 0),
            (LimitKind.SPREAD, 1, 0),
            (LimitKind.DEPTH, 1, 0),
            (LimitKind.REPEATED_EXECUTIONS, 9, SECOND),
            (LimitKind.WORKING_ORDERS, 9, 0),
            (LimitKind.UNACKNOWLEDGED, 9, 0),
            (LimitKind.ORDER_TO_TRADE, 9, 0),
            (LimitKind.MESSAGES, 9, SECOND),
            (LimitKind.MESSAGES_DAY, 9, 0),
        )
    ],
    policy(
        duplicate_window=Nanos(SECOND),
        self_trade=SelfTrade.CANCEL_NEWEST,
        permissions_required=True,
        order_types_forbidden=(OrderType.TRAILING_STOP,),
        life_max=Nanos(SECOND),
        instrument_resume_delay=Nanos(1),
        unacknowledged_age_max=Nanos(3600 * SECOND),
        halt_resume_delay=Nanos(2),
    ),
    TradingDayBegan(DAY, VENUE),
    profile(locate_required=True, average_daily_volume=1_000 * MILLION),
    LocateChange(AccountId(1), ONE, DAY, Quantity(50), "broker 7"),
    ShortSaleRestriction(ONE, True, DAY, NO_TIME),
    PriceBands(ONE, Price(90), Price(110), False, NO_TIME),
    SessionPhase(VENUE, Phase.HALT_AUCTION, NO_TIME, ONE),
    SessionPhase(VENUE, Phase.CONTINUOUS, NO_TIME, ONE),
    MarketHalt("", 1, True, "down", NO_TIME),
    MarketHalt("", 1, False, "up", NO_TIME),
    PermissionChange(StrategyId(1), (Permission(StrategyId(1)),), *WHO),
    RestrictionChange(Restriction(ONE, closing_allowed=True), True, *WHO),
    NamedCheckDefinition(NamedCheck("Small", "order_size < 50"), *WHO),
    submit(1, SELL, 2, 108, time_in_force=TimeInForce.IOC),
)


def test_every_check_is_shown_with_what_it_measured_whether_it_passed_or_not() -> None:
    """S1-RISK-09: what was asked of one order, in one list."""
    rig = Twin(*EVERYTHING)
    rig.wait(2)
    found = rig.shown(submit(2, SELL, 8, 99, time_in_force=TimeInForce.IOC))
    shown = {check.check: check for check, _ in found}
    asked = set(CHECKS) - {"limit_state", "market_halted", "halt_resume_delay"}
    assert asked <= shown.keys()
    facts = {"permission", "order_type_allowed", "restricted", "session_phase", "self_trade"}
    for name in asked - facts - {"duplicate_order"}:
        assert shown[name].measured is not None, name
        assert shown[name].limit is not None, name
        assert shown[name].unit is not Unit.NONE, name
    passed = {check.check: good for check, good in found}
    assert not passed["restricted"]
    assert not passed["short_sale_price"]
    assert passed["locate"]
    assert passed["Small"]


# One thing that is set, and an order that it alone stops.
ALONE: Final[list[tuple[str, list[Input], Input]]] = [
    ("permission", [PermissionChange(StrategyId(1), (), *WHO)], submit(9)),
    ("order_type_allowed", [policy(order_types_forbidden=(OrderType.LIMIT,))], submit(9)),
    ("life_max", [policy(life_max=Nanos(1))], submit(9)),
    ("restricted", [RestrictionChange(Restriction(ONE), True, *WHO)], submit(9)),
    ("session_phase", [SessionPhase(VENUE, Phase.CLOSED, NO_TIME)], submit(9)),
    ("market_halted", [MarketHalt("", 1, True, "down", NO_TIME)], submit(9)),
    ("halt_resume_delay", [MarketHalt("", 1, False, "up", NO_TIME)], submit(9)),
    ("limit_state", [PriceBands(ONE, Price(90), Price(110), True, NO_TIME)], submit(9)),
    ("price_bands", [PriceBands(ONE, Price(90), Price(99), False, NO_TIME)], submit(9)),
    ("price_floor", [limit(LimitKind.PRICE_FLOOR, 2 * MILLION)], submit(9)),
    ("volume_share", [limit(LimitKind.ORDER_VOLUME_SHARE, MILLION)], submit(9)),
    ("spread", [limit(LimitKind.SPREAD, 0)], submit(9, price=101)),
    ("depth", [limit(LimitKind.DEPTH, 99 * MILLION)], submit(9, price=101)),
    ("duplicate_order", [policy(duplicate_window=Nanos(1)), submit(8)], submit(9)),
    ("working_orders", [limit(LimitKind.WORKING_ORDERS, MILLION), submit(8)], submit(9)),
    ("unacknowledged", [limit(LimitKind.UNACKNOWLEDGED, MILLION), submit(8)], submit(9)),
    ("order_to_trade", [limit(LimitKind.ORDER_TO_TRADE, 0), submit(8)], submit(9)),
    ("locate", [profile(locate_required=True)], submit(9, SELL)),
    (
        "short_sale_price",
        [ShortSaleRestriction(ONE, True, DAY, NO_TIME)],
        submit(9, SELL, price=99),
    ),
    ("self_trade", [policy(self_trade=SelfTrade.CANCEL_BOTH), submit(8)], submit(9, SELL)),
]


@pytest.mark.parametrize(("check", "inputs", "request_"), ALONE, ids=[name for name, _, _ in ALONE])
def test_alone_it_stops_the_flow_that_it_is_for(
    check: str, inputs: list[Input], request_: Input
) -> None:
    """With every other layer switched off; and switched off itself, nothing stops it."""
    rig = Twin(*inputs)
    rig.machine.gate.layers = Layer.PRE_TRADE
    assert rig.says_no(request_).keys() == {check}
    without = Twin(*inputs)
    without.machine.gate.layers = ~Layer.PRE_TRADE
    assert without.says_no(request_) == {}


def test_a_runaway_loop_of_the_same_order_is_stopped_at_the_second() -> None:
    """Control 14, Knight: with the policy as it is set where nobody says otherwise."""
    rig = Twin(patient(), policy(duplicate_window=PreTradePolicy().duplicate_window))
    rig.machine.gate.layers = Layer.PRE_TRADE
    sent = 0
    for number in range(1, 51):
        sent += sum(isinstance(one, SendOrder) for one in rig.give(submit(number, price=0)))
        rig.wait(SECOND // 50)
    assert sent == 2  # one in half a second


def test_where_nobody_set_anything_nothing_is_remembered_but_what_works() -> None:
    """A desk that uses none of it pays nothing for it, and its journal means what it meant."""
    rig = Twin(submit(1), accepted(1), submit(2), submit(3, SELL))
    content = rig.machine.gate.pretrade.content()
    assert content[0] == [NO_POLICY, [], []]
    assert content[2:] == [[[], [], [], [], []], [[], []], [[], [], []], [], [], [], [[], []]]
    assert rig.machine.gate.pretrade.own.meetings == []


@pytest.mark.parametrize(
    ("side", "better", "worse"), [(BUY, 50, 111), (SELL, 150, 89)], ids=["buy", "sell"]
)
def test_the_collar_may_hold_the_adverse_side_alone(side: Side, better: int, worse: int) -> None:
    """Control 1: where the policy says so; at the edge of the other side it holds as ever."""
    rig = Twin()
    assert rig.says_no(submit(1, side, 1, better)).keys() == {"price_collar"}
    rig.give(policy(adverse_collar_only=True))
    assert rig.says_no(submit(2, side, 1, better)) == {}
    assert rig.says_no(submit(3, side, 1, worse)) == {"price_collar": (1_100, 1_000)}


def test_a_split_makes_void_what_was_said_in_units_of_before() -> None:
    """B-RISK-13: volume, bands and locates are asked for anew; a restriction stands."""
    rig = Twin(
        patient(),
        TradingDayBegan(DAY, VENUE),
        profile(locate_required=True, average_daily_volume=1_000 * MILLION),
        LocateChange(AccountId(1), ONE, DAY, Quantity(50), "broker 7"),
        PriceBands(ONE, Price(99), Price(101), False, NO_TIME),
        limit(LimitKind.ORDER_VOLUME_SHARE, MILLION),
    )
    assert rig.says_no(submit(1, SELL, 1)) == {}
    rig.give(split(2, 1), quote(49, 51))
    rig.restart()
    volume = {"volume_share": (None, MILLION)}
    assert rig.says_no(submit(2, SELL, 1, 50)) == {**volume, "locate": (1, 0)}
    assert rig.says_no(submit(3, BUY, 1, 52)) == volume
    again = profile(locate_required=True, average_daily_volume=2_000 * MILLION)
    located = LocateChange(AccountId(1), ONE, DAY, Quantity(100), "broker 7")
    assert rig.says_no(again, located, submit(4, SELL, 1, 50)) == {}


def test_what_closes_after_a_kill_is_held_to_the_market_alone() -> None:
    """B-RISK-08: neither permissions nor counts keep a position from being closed; a halt does."""
    set_: list[Input] = [
        *[limit(kind, hard * MILLION) for kind, hard in CLOSED_OUT],
        policy(order_types_forbidden=(OrderType.MARKET, OrderType.LIMIT), life_max=Nanos(1)),
        PermissionChange(StrategyId(1), (), *WHO),
        NamedCheckDefinition(NamedCheck("Never", "order_size < 0"), *WHO),
    ]
    rig = Twin(submit(1), accepted(1), filled(1, 8, "e1"), *set_)
    terms = terms_of(rig.machine.state, rig.order(1), Quantity(16), Price(0), rig.time)
    for closing, phase, failed in (
        (False, Phase.CONTINUOUS, set(CHECKS) & ASKED | {"Never"}),
        (True, Phase.CONTINUOUS, set()),
        (True, Phase.CLOSED, {"session_phase"}),
    ):
        rig.give(SessionPhase(VENUE, phase, NO_TIME))
        checks = Checks(terms.order.order, None)
        terms.closing = closing
        terms.order_type = OrderType.MARKET
        limits = rig.machine.gate.limits(ONE)
        assert limits is not None
        rig.machine.gate.pretrade.check(terms, limits, checks)
        assert {one.check for one in checks.failed} == failed


CLOSED_OUT: Final = (
    (LimitKind.PRICE_FLOOR, 1_000),
    (LimitKind.ORDER_VOLUME_SHARE, 1),
    (LimitKind.SPREAD, 0),
    (LimitKind.DEPTH, 1_000),
    (LimitKind.WORKING_ORDERS, 0),
    (LimitKind.UNACKNOWLEDGED, 0),
    (LimitKind.ORDER_TO_TRADE, 0),
)
ASKED: Final = {
    "price_floor",
    "volume_share",
    "spread",
    "depth",
    "working_orders",
    "unacknowledged",
    "permission",
    "order_type_allowed",
}
