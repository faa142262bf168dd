"""Permissions, the restricted list, order types and lives."""

from typing import Any, Final

import pytest

from fairlead.model.inputs import Input, PermissionChange, RestrictionChange, Trade
from fairlead.model.outputs import CancelOrder, OrderCanceled, OrderRefused
from fairlead.model.risk import Permission, Restriction
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import AccountId, InstrumentId, Nanos, Price, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    NO_TIME,
    POLICY,
    SECOND,
    SELL,
    accepted,
    account,
    filled,
    instrument,
    only,
    quote,
    replace,
    strategy,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import FAR, NOTHING, Twin, far, patient, policy

ONE: Final = StrategyId(1)
OTHER: Final = StrategyId(2)
ABROAD: Final = StrategyId(3)
FIRST_OF_OTHER: Final = 2**40
NO: Final = {"permission": NOTHING}
LISTED: Final = {"restricted": NOTHING}


def permitted(*permissions: dict[str, Any]) -> PermissionChange:
    """Return all that strategy 1 may trade."""
    made = tuple(Permission(ONE, **terms) for terms in permissions)
    return PermissionChange(ONE, made, "ann", "as agreed")


def listing(listed: bool = True, **terms: Any) -> RestrictionChange:
    """Return an entry of the restricted list, on it or taken off."""
    return RestrictionChange(Restriction(InstrumentId(1), **terms), listed, "ann", "a mandate")


# --- permissions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permission", "passing", "failing"),
    [
        ({"trader": "bob"}, {"trader": "bob"}, {"trader": "eve"}),
        ({"instruments": (InstrumentId(1),)}, {}, {"instrument": InstrumentId(2)}),
        ({"venues": ("VENUE",)}, {}, {"instrument": FAR}),
        (
            {"order_types": (OrderType.LIMIT,)},
            {},
            {"order_type": OrderType.MARKET, "price": Price(0)},
        ),
    ],
    ids=["trader", "instrument", "venue", "type"],
)
def test_a_strategy_trades_what_its_permission_names(
    permission: dict[str, Any], passing: dict[str, Any], failing: dict[str, Any]
) -> None:
    """Control 25, RTS 6 15(5): trader, instrument, venue and type; an empty list is everything."""
    rig = Twin(*far(), permitted(permission))
    assert rig.says_no(submit(1, **passing)) == {}
    rig.restart()
    assert rig.says_no(submit(2, **failing)) == NO


def test_one_permission_must_fit_in_everything() -> None:
    """Control 25: two halves of two permissions make no whole."""
    limit_orders = {"instruments": (InstrumentId(1),), "order_types": (OrderType.LIMIT,)}
    rig = Twin(permitted(limit_orders, {"instruments": (InstrumentId(2),)}))
    assert rig.says_no(submit(1)) == {}
    assert rig.says_no(submit(2, price=0)) == NO
    assert rig.says_no(submit(3, price=0, instrument=InstrumentId(2))) == {}


def test_without_a_permission_it_is_the_policy_that_says() -> None:
    """Control 25: with `permissions_required` nobody trades what no permission names."""
    rig = Twin()
    assert rig.says_no(submit(1)) == {}
    assert rig.says_no(policy(permissions_required=True), submit(2)) == NO
    assert rig.says_no(permitted({}), submit(3)) == {}
    assert rig.says_no(submit(FIRST_OF_OTHER, strategy=OTHER)) == NO


def test_none_takes_them_all_and_the_last_word_counts() -> None:
    """Control 25: whatever the policy says."""
    rig = Twin(permitted(), submit(1))
    assert rig.says_no(submit(2)) == NO
    assert rig.says_no(permitted({}), submit(3)) == {}
    assert rig.says_no(permitted(), submit(4)) == NO


def test_who_lost_the_permission_changes_nothing_and_cancels() -> None:
    """Control 25: new terms are an order too; a cancel always leaves."""
    rig = Twin(submit(1), accepted(1), permitted())
    assert rig.says_no(replace(1, 9)) == NO
    assert only(CancelOrder, rig.give(cancel_of(1))).order == 1


def test_an_order_that_waits_in_the_machine_needs_its_permission_at_once() -> None:
    """Control 25: a stop that could never go is no protection."""
    rig = Twin(permitted({"instruments": (InstrumentId(2),)}))
    assert rig.says_no(stop(1)) == NO


# --- order types ---------------------------------------------------------------------------------


def stop(number: int, order_type: OrderType = OrderType.STOP, **terms: Any) -> Input:
    """Return a stop that the machine keeps."""
    price = terms.pop("price", 0)
    return submit(number, price=price, order_type=order_type, trigger_price=Price(110), **terms)


def test_a_forbidden_type_is_refused() -> None:
    """Control 32."""
    rig = Twin(policy(order_types_forbidden=(OrderType.MARKET,)))
    assert rig.says_no(submit(1)) == {}
    rig.restart()
    assert rig.says_no(submit(2, price=0)) == {"order_type_allowed": NOTHING}


def test_an_order_is_held_to_the_type_that_it_is_sent_as() -> None:
    """Control 32: one of unset type leaves with a limit."""
    rig = Twin(POLICY, policy(order_types_forbidden=(OrderType.LIMIT,)))
    unset = submit(1, price=0, order_type=OrderType.UNSET)
    assert rig.says_no(unset) == {"order_type_allowed": NOTHING}


def test_a_stop_that_could_never_be_sent_is_refused_at_once() -> None:
    """Control 32: kept here it is sent as a market order; one with a limit is sent as a limit."""
    rig = Twin(policy(order_types_forbidden=(OrderType.MARKET,)))
    assert rig.says_no(stop(1)) == {"order_type_allowed": NOTHING}
    assert rig.says_no(stop(2, OrderType.STOP_LIMIT, price=112)) == {}
    rig.give(policy(order_types_forbidden=(OrderType.STOP_LIMIT,)))
    assert rig.says_no(stop(3)) == {}
    assert rig.says_no(stop(4, OrderType.STOP_LIMIT, price=112)) == {"order_type_allowed": NOTHING}


def test_a_stop_that_fires_as_what_was_forbidden_since_is_kept() -> None:
    """Control 32: it is no reason to throw the protection away."""
    rig = Twin(stop(1), policy(order_types_forbidden=(OrderType.MARKET,)))
    seen = Trade(InstrumentId(1), Price(110), Quantity(1), BUY, "T", NO_TIME)
    rig.wait(1)
    assert not rig.passes(quote(109, 111), seen)
    assert rig.status(1) is Status.HELD
    assert rig.passes(policy(), quote(109, 112))


# --- lives ---------------------------------------------------------------------------------------

MINUTE: Final = 60 * SECOND


@pytest.mark.parametrize(
    ("terms", "life"),
    [
        ({"time_in_force": TimeInForce.IOC}, 0),
        ({"price": 0}, 0),
        ({"timeout": Nanos(MINUTE)}, MINUTE),
        ({"timeout": Nanos(MINUTE + 1)}, MINUTE + 1),
        ({}, None),
        ({"time_in_force": TimeInForce.GTD, "expire_time": Nanos(SECOND + MINUTE)}, MINUTE),
        ({"time_in_force": TimeInForce.GTD, "expire_time": Nanos(SECOND + MINUTE + 1)}, MINUTE + 1),
        (
            {
                "time_in_force": TimeInForce.GTD,
                "expire_time": Nanos(SECOND + MINUTE + 1),
                "timeout": Nanos(MINUTE),
            },
            MINUTE,
        ),
        ({"time_in_force": TimeInForce.DAY}, None),
    ],
)
def test_no_order_works_for_longer_than_the_policy_says(
    terms: dict[str, Any], life: int | None
) -> None:
    """Control 32, max TTL: at it an order passes; one that nobody ends lives too long."""
    times = tuple(TimeInForce)
    rig = Twin(
        instrument(instrument=FAR, symbol="FAR", times_in_force=times),
        patient(3),
        quote(99, 101, instrument=3),
        policy(life_max=Nanos(MINUTE)),
    )
    passed = life is not None and life <= MINUTE
    failed = {} if passed else {"life_max": (life, MINUTE)}
    assert rig.says_no(submit(1, instrument=FAR, **terms)) == failed


# --- the restricted list -------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "refused"), [(None, [BUY, SELL]), (BUY, [BUY]), (SELL, [SELL])])
def test_what_is_listed_is_not_traded_on_its_side(side: Side | None, refused: list[Side]) -> None:
    """S4-RISK-06, control 24: both sides, or one."""
    rig = Twin(listing(side=side))
    rig.restart()
    for number, each in enumerate((BUY, SELL), start=1):
        assert rig.says_no(submit(number, each)) == (LISTED if each in refused else {})
    assert rig.says_no(submit(3, instrument=InstrumentId(2))) == {}
    rig.give(listing(False, side=side))
    assert rig.passes(submit(4, BUY))
    assert rig.passes(submit(5, SELL))


def test_an_account_may_be_restricted_alone() -> None:
    """Control 24: a wall inside the firm."""
    rig = Twin(account(2), strategy(3, account=2), listing(account=AccountId(2)))
    assert rig.says_no(submit(1)) == {}
    assert rig.says_no(submit(3 * 2**40, strategy=ABROAD)) == LISTED


def test_closing_is_allowed_where_the_list_says_so_and_no_further_than_flat() -> None:
    """S4-RISK-06: the closing policy."""
    held = (submit(1), accepted(1), filled(1, 8, "e1"))
    rig = Twin(*held, listing(closing_allowed=True))
    assert rig.says_no(submit(2, SELL, 9)) == LISTED
    assert rig.says_no(submit(3, BUY, 1)) == LISTED
    assert rig.says_no(submit(4, SELL, 8)) == {}
    assert rig.says_no(submit(5, SELL, 1)) == LISTED  # what works already would close it
    closed = Twin(*held, listing())
    assert closed.says_no(submit(2, SELL, 8)) == LISTED


def test_what_works_there_is_canceled_when_it_is_listed() -> None:
    """Control 24: on the restricted side alone; what waits in the machine is gone at once."""
    rig = Twin(
        submit(1),
        accepted(1),
        submit(2, SELL),
        accepted(2),
        stop(3),
        submit(4, instrument=InstrumentId(2)),
    )
    outputs = rig.give(listing(side=BUY))
    assert only(CancelOrder, outputs).order == 1
    assert only(OrderCanceled, outputs).order == 3


def test_a_refusal_says_whose_list_it_is() -> None:
    """Control 24: the firm's, or the account's."""
    for restricted, scope in ((AccountId(0), "firm"), (AccountId(1), "account")):
        refused = only(OrderRefused, Twin(listing(account=restricted)).give(submit(1)))
        assert [check.scope for check in refused.failed] == [scope]
