"""Self-trade prevention: what meets what, by price; one tick nearer and one further away."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.outputs import OrderRefused, SendOrder
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import InstrumentId, Price, StrategyId
from tests.machine.build import (
    BUY,
    DISCONNECTED,
    SELL,
    accepted,
    account,
    canceled,
    expired,
    filled,
    instrument,
    only,
    quote,
    rejected,
    replace,
    replace_rejected,
    replaced,
    strategy,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import FAR, Twin, patient, policy

NEWEST: Final = policy(self_trade=SelfTrade.CANCEL_NEWEST)
OTHER: Final = StrategyId(2)
FIRST_OF_OTHER: Final = 2**40


def met(rig: Twin, number: int, side: Side, price: int, **terms: Any) -> bool:
    """Return whether an order is refused because it would trade with our own."""
    outputs = rig.give(submit(number, side, 1, price, **terms))
    refused = [one for one in outputs if isinstance(one, OrderRefused)]
    assert all([check.check for check in one.failed] == ["self_trade"] for one in refused)
    assert bool(refused) is not any(isinstance(one, SendOrder) for one in outputs)
    return bool(refused)


@pytest.mark.parametrize(
    ("rests", "at", "price", "refused"),
    [
        (SELL, 102, 101, False),
        (SELL, 102, 102, True),
        (SELL, 102, 103, True),
        (BUY, 98, 99, False),
        (BUY, 98, 98, True),
        (BUY, 98, 97, True),
    ],
)
def test_an_order_at_the_price_of_ours_is_refused_and_one_tick_away_passes(
    rests: Side, at: int, price: int, refused: bool
) -> None:
    """Control 16: said with the nearest price that would pass."""
    rig = Twin(NEWEST, submit(1, rests, price=at), accepted(1))
    rig.restart()
    side = SELL if rests is BUY else BUY
    nearest = at - 1 if side is BUY else at + 1
    failed = {"self_trade": (price, nearest)} if refused else {}
    assert rig.says_no(submit(2, side, 1, price)) == failed
    if refused:
        assert rig.says_no(submit(3, rests, 1, price)) == {}


def test_all_accounts_of_the_firm_are_one_owner() -> None:
    """Control 16: the same beneficial owner, whatever strategy asks; other instruments differ."""
    rig = Twin(NEWEST, account(2), strategy(3, account=2), submit(1, SELL))
    assert met(rig, FIRST_OF_OTHER, BUY, 100, strategy=OTHER)
    assert met(rig, 3 * 2**40, BUY, 100, strategy=StrategyId(3))
    assert not met(rig, 2, BUY, 100, instrument=InstrumentId(2))


def test_a_market_order_reaches_the_edge_of_its_collar() -> None:
    """Control 16: 110 here; nobody knows how deep it goes."""
    rig = Twin(NEWEST, submit(1, SELL, price=110))
    assert met(rig, 2, BUY, 0)
    assert not met(rig, 3, SELL, 0)
    beyond = Twin(NEWEST, submit(1, SELL, price=109), quote(97, 100))  # the edge is 108
    assert not met(beyond, 2, BUY, 0)


@pytest.mark.parametrize(
    "terms",
    [
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": TimeInForce.FOK},
        {"price": 0},
        {"order_type": OrderType.STOP_LIMIT, "trigger_price": Price(110), "price": 100},
    ],
    ids=["ioc", "fok", "market", "stop"],
)
def test_what_rests_nowhere_is_not_met(terms: dict[str, Any]) -> None:
    """Control 16: what takes at once is gone before the next one comes."""
    stops = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT)
    listed = instrument(instrument=FAR, symbol="FAR", order_types=stops)
    rig = Twin(listed, patient(3), quote(99, 101, instrument=3), NEWEST)
    first = submit(1, SELL, instrument=FAR, **terms)
    if terms.get("order_type"):
        first = submit(1, BUY, instrument=FAR, **terms)
    assert rig.passes(first)
    other = SELL if first.side is BUY else BUY
    assert not met(rig, 2, other, 100, instrument=FAR)


def test_what_posts_only_meets_nobody() -> None:
    """Control 16: the venue refuses it where it would trade."""
    rig = Twin(NEWEST, submit(1, SELL))
    assert not met(rig, 2, BUY, 100, post_only=True)
    assert met(rig, 3, SELL, 100)  # it rests all the same


def test_the_venue_may_prevent_it() -> None:
    """Control 16: `allow`, and no policy at all."""
    assert not met(Twin(submit(1, SELL)), 2, BUY, 100)
    assert not met(Twin(policy(self_trade=SelfTrade.ALLOW), submit(1, SELL)), 2, BUY, 100)


@pytest.mark.parametrize(
    ("inputs", "there"),
    [
        ([], True),
        ([accepted(1), cancel_of(1)], True),
        ([accepted(1), cancel_of(1), canceled(1)], False),
        ([rejected(1)], False),
        ([accepted(1), expired(1)], False),
        ([accepted(1), filled(1, 7, "e1", 102)], True),
        ([accepted(1), filled(1, 8, "e1", 102)], False),
    ],
)
def test_an_order_is_there_until_nothing_of_it_can_trade(inputs: list[Any], there: bool) -> None:
    """Control 16: asked to cancel it may still trade."""
    rig = Twin(NEWEST, submit(1, SELL, price=102), *inputs)
    rig.restart()
    assert met(rig, 2, BUY, 102) is there


def test_an_order_whose_outcome_nobody_knows_is_there() -> None:
    """Control 16: and its instrument is closed anyway."""
    rig = Twin(NEWEST, submit(1, SELL, price=102), accepted(1), DISCONNECTED)
    assert "self_trade" in rig.says_no(submit(2, BUY, 1, 102))


def test_an_order_that_is_moved_is_at_both_places_until_the_venue_answers() -> None:
    """Control 16: the nearer one counts."""
    rig = Twin(NEWEST, submit(1, SELL, price=104), accepted(1), replace(1, 8, 102))
    assert met(rig, 2, BUY, 102)
    rig.give(replace_rejected(1))
    assert not met(rig, 3, BUY, 102)
    assert met(rig, 4, SELL, 102)  # number 3 rests there
    rig = Twin(NEWEST, submit(1, SELL, price=102), accepted(1), replace(1, 8, 104))
    assert met(rig, 2, BUY, 102)
    rig.give(replaced(1, 8, 104))
    assert not met(rig, 3, BUY, 103)
    assert met(rig, 4, BUY, 104)


def test_new_terms_that_would_trade_with_ours_are_refused_in_every_mode() -> None:
    """Control 16: nobody is canceled for them."""
    for mode in SelfTrade:
        if mode is SelfTrade.ALLOW:
            continue
        rig = Twin(policy(self_trade=mode))
        rig.give(submit(1, SELL, price=102), accepted(1), submit(2, price=98), accepted(2))
        outputs = rig.give(replace(2, 8, 102))
        assert [check.check for check in only(OrderRefused, outputs).failed] == ["self_trade"]
        assert rig.order(1).working
        assert not rig.order(1).cancel_wanted


ORDERS: Final = st.lists(
    st.tuples(st.sampled_from([BUY, SELL]), st.integers(95, 105), st.booleans(), st.booleans()),
    max_size=30,
)


@given(orders=ORDERS)
def test_no_two_orders_of_ours_could_ever_trade(
    orders: list[tuple[Side, int, bool, bool]],
) -> None:
    """Control 16: whatever comes and goes, the highest buy that works lies below every sell."""
    rig = Twin(NEWEST)
    for number, (side, price, answered, ends) in enumerate(orders, start=1):
        resting = {
            each: [
                one.price
                for one in rig.machine.orders.working_in(InstrumentId(1))
                if one.side is each
            ]
            for each in (BUY, SELL)
        }
        if side is BUY:
            crosses = any(price >= sell for sell in resting[SELL])
        else:
            crosses = any(price <= buy for buy in resting[BUY])
        assert met(rig, number, side, price) is crosses
        if answered and not crosses:
            rig.give(accepted(number))
            if ends:
                rig.give(cancel_of(number), canceled(number))
