"""The market maker: where it quotes, how it leans, and that no race makes it hold too much."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.model.inputs import BookGap, BookSnapshot, VenueDisconnected
from fairlead.model.outputs import Approved
from fairlead.model.terms import Side, Status
from fairlead.model.units import Price, Quantity, StrategyId, UpdateId
from fairlead.strategy.errors import InvalidParameters, UnknownInstrument
from fairlead.strategy.host import Host
from strategies.market_making import MarketMaking
from tests.strategy.rig import AAA, BBB, SECOND, Rig

SIZE = 1_000  # one, in lots of 0.001
CAP = 5 * SIZE


def maker(**parameters: Any) -> MarketMaking:
    """Return a maker of AAA that quotes 10 bp (0.10 at 100) around the mid and leans by 10 bp."""
    given = {
        "instruments": ["AAA"],
        "half_spread_bps": 10,
        "skew_bps": 10,
        "tolerance_bps": 2,
        "refresh_seconds": 1,
    }
    return MarketMaking.with_parameters({**given, **parameters})


def quoting(**parameters: Any) -> Rig:
    """Return a rig in which a maker quotes around 100.00."""
    rig = Rig(maker(**parameters)).start()
    rig.quote(9_995, 10_005)
    rig.accept_all()
    return rig


def quotes(rig: Rig) -> dict[str, tuple[int, int]]:
    """Return price and leaves of what works on each side; one order at most."""
    working = [one for side in Side for one in rig.working(side)]
    found = {one.side.name: (int(one.price), int(one.leaves)) for one in working}
    assert len(found) == len(working), "one order per side"
    return found


def replace_all(rig: Rig) -> None:
    """Let the venue take every replace that is on its way."""
    latest: dict[int, Approved] = {approved.order: approved for approved in rig.replaced()}
    for approved in latest.values():
        if rig.order(approved.order).status is Status.REPLACE_PENDING:
            rig.replace(approved)


def fill_side(rig: Rig, side: Side, quantity: int) -> None:
    """Execute some of the order on a side, and let the venue take what follows."""
    (order,) = rig.working(side)
    rig.fill(order.order, order.price, quantity)
    replace_all(rig)
    rig.accept_all()


# --- where it quotes ------------------------------------------------------------------------------


def test_it_quotes_both_sides_around_the_mid_and_only_as_a_maker() -> None:
    rig = quoting()
    assert quotes(rig) == {"BUY": (9_990, SIZE), "SELL": (10_010, SIZE)}
    assert all(approved.post_only for approved in rig.sent())


def test_prices_that_fall_between_ticks_are_rounded_away_from_the_mid() -> None:
    rig = quoting(half_spread_bps=10.4)
    assert quotes(rig) == {"BUY": (9_989, SIZE), "SELL": (10_011, SIZE)}


def test_it_follows_a_book_without_quotes() -> None:
    rig = Rig(maker()).start()
    bids, asks = ((Price(9_995), Quantity(5)),), ((Price(10_005), Quantity(5)),)
    rig.run(BookSnapshot(AAA, bids, asks, UpdateId(1), rig.time))
    assert quotes(rig) == {"BUY": (9_990, SIZE), "SELL": (10_010, SIZE)}


def test_long_it_moves_both_quotes_down_and_short_up() -> None:
    rig = quoting(tolerance_bps=1)
    fill_side(rig, Side.BUY, SIZE)
    assert rig.position() == SIZE
    assert quotes(rig) == {"BUY": (9_988, SIZE), "SELL": (10_008, SIZE)}  # a fifth of 10 bp
    fill_side(rig, Side.SELL, SIZE)
    fill_side(rig, Side.SELL, SIZE)
    assert rig.position() == -SIZE
    assert quotes(rig) == {"BUY": (9_992, SIZE), "SELL": (10_012, SIZE)}


def test_at_the_cap_it_quotes_only_the_side_that_reduces() -> None:
    rig = quoting(position_max=1)
    fill_side(rig, Side.BUY, SIZE)
    assert quotes(rig) == {"SELL": (10_000, SIZE)}


def test_near_the_cap_it_quotes_no_more_than_the_room_that_is_left() -> None:
    rig = quoting(position_max="1.5")
    fill_side(rig, Side.BUY, SIZE)
    assert quotes(rig)["BUY"][1] == SIZE // 2


def test_leaning_never_takes_it_through_the_other_side() -> None:
    rig = quoting(skew_bps=500, position_max=1)
    fill_side(rig, Side.BUY, SIZE)
    assert quotes(rig) == {"SELL": (9_996, SIZE)}  # one tick above the bid


def test_it_leans_no_longer_against_a_fill_that_was_taken_back() -> None:
    rig = quoting()
    (order,) = rig.working(Side.BUY)
    fill_side(rig, Side.BUY, SIZE)
    leaning = quotes(rig)
    rig.bust(order.order, execution=1)
    replace_all(rig)
    assert rig.position() == 0
    assert quotes(rig) == {"BUY": (9_990, SIZE), "SELL": (10_010, SIZE)} != leaning


def test_it_leans_against_a_position_that_was_corrected() -> None:
    filled = quoting()
    fill_side(filled, Side.BUY, SIZE)
    corrected = quoting()
    corrected.correct(SIZE, 9_990)
    replace_all(corrected)
    assert quotes(corrected) == quotes(filled)


def test_a_small_move_leaves_the_quotes_and_a_larger_one_moves_them() -> None:
    rig = quoting()
    rig.quote(9_996, 10_006)
    assert rig.replaced() == []
    rig.quote(10_000, 10_010)
    assert [(one.side.name, one.price) for one in rig.replaced()] == [
        ("BUY", 9_994),
        ("SELL", 10_016),
    ]
    assert rig.canceled() == []


def test_it_asks_for_nothing_while_an_answer_is_on_its_way() -> None:
    rig = quoting()
    for bid in (10_000, 10_050, 10_100):
        rig.quote(bid, bid + 10)
    assert len(rig.replaced()) == 2
    replace_all(rig)
    assert len(rig.replaced()) == 4
    replace_all(rig)
    assert quotes(rig) == {"BUY": (10_094, SIZE), "SELL": (10_116, SIZE)}


def test_every_instrument_has_its_own_quotes_and_others_are_left_alone() -> None:
    rig = Rig(maker(instruments=["BBB"])).start()
    for instrument in (AAA, BBB):
        rig.quote(9_995, 10_005, instrument)
    assert {approved.instrument for approved in rig.sent()} == {BBB}
    everything = Rig(maker(instruments=[])).start()
    for instrument in (AAA, BBB):
        everything.quote(9_995, 10_005, instrument)
    assert [approved.instrument for approved in everything.sent()] == [AAA, AAA, BBB, BBB]


# --- when it does not -----------------------------------------------------------------------------


def test_it_pulls_its_quotes_when_the_book_is_lost_and_comes_back_with_it() -> None:
    rig = quoting()
    rig.run(BookGap(AAA, "lost a packet"))
    assert len(rig.canceled()) == 2
    for order in rig.canceled():
        rig.cancel(order)
    assert quotes(rig) == {}
    rig.quote(9_995, 10_005)
    assert quotes(rig) == {"BUY": (9_990, SIZE), "SELL": (10_010, SIZE)}


def test_it_pulls_its_quotes_when_a_side_of_the_market_is_gone() -> None:
    rig = quoting()
    rig.run(BookSnapshot(AAA, (), ((Price(10_005), Quantity(5)),), UpdateId(1), rig.time))
    assert len(rig.canceled()) == 2


def test_it_pulls_its_quotes_when_the_touch_is_old() -> None:
    rig = quoting(quote_age_max_seconds=3)
    rig.advance(3 * SECOND)
    assert rig.canceled() == []
    rig.advance(4 * SECOND)
    assert len(rig.canceled()) == 2


def test_what_was_rejected_is_tried_again_at_the_refresh_and_not_before() -> None:
    rig = Rig(maker()).start()
    rig.quote(9_995, 10_005)
    for approved in rig.sent():
        rig.reject(approved.order)
    rig.quote(9_996, 10_006)
    assert len(rig.sent()) == 2
    rig.advance(SECOND)
    assert len(rig.sent()) == 4


def test_what_risk_refuses_is_no_endless_loop() -> None:
    rig = Rig(maker(quantity=10_000_000)).start()
    rig.quote(9_995, 10_005)
    rig.quote(9_996, 10_006)
    assert len(rig.refused()) == 2
    rig.advance(SECOND)
    assert len(rig.refused()) == 4


def test_a_quote_that_cannot_be_moved_is_canceled_and_placed_anew() -> None:
    rig = quoting()
    rig.quote(10_000, 10_010)
    for approved in rig.replaced():
        rig.reject_replace(approved.order)
    assert rig.canceled() == [approved.order for approved in rig.replaced()]
    for order in rig.canceled():
        rig.cancel(order)
    assert quotes(rig) == {}
    rig.quote(10_000, 10_010)
    rig.advance(SECOND)
    assert quotes(rig) == {"BUY": (9_994, SIZE), "SELL": (10_016, SIZE)}


def test_a_partial_fill_is_topped_up_at_the_refresh_once_half_is_gone() -> None:
    rig = quoting(skew_bps=0)
    fill_side(rig, Side.BUY, 400)
    rig.advance(SECOND)
    assert quotes(rig)["BUY"] == (9_990, 600)
    fill_side(rig, Side.BUY, 200)
    rig.advance(2 * SECOND)
    replace_all(rig)
    assert quotes(rig)["BUY"] == (9_990, SIZE)


def test_an_order_of_unknown_outcome_keeps_its_side_closed() -> None:
    rig = quoting()
    rig.run(VenueDisconnected("VENUE", "cable"))
    rig.advance(3 * SECOND)
    rig.quote(10_100, 10_110)
    assert len(rig.sent()) == 2


def test_after_the_stop_it_asks_for_nothing_when_its_orders_are_gone() -> None:
    rig = quoting()
    rig.host.stop(rig.time)
    for side in Side:
        (order,) = rig.working(side)
        rig.fill(order.order, order.price, SIZE // 2)
        rig.cancel(order.order)
    assert len(rig.sent()) == 2
    assert [line.text for line in rig.host.log_lines()] == ["holds 0.000 AAA"]


def test_after_a_restart_it_goes_on_with_the_orders_and_the_position_that_are_there() -> None:
    rig = quoting()
    fill_side(rig, Side.BUY, SIZE)
    before = quotes(rig)
    rig.host = Host(rig.machine)
    rig.host.add(StrategyId(1), maker())
    rig.host.start(rig.time)
    rig.drain()
    rig.quote(9_995, 10_005)
    assert quotes(rig) == before
    rig.quote(10_005, 10_015)
    replace_all(rig)
    assert quotes(rig) == {"BUY": (9_997, SIZE), "SELL": (10_019, SIZE)}


# --- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"quantity": 0}, "quantity is 0 and position_max is 0, expected 0 < quantity"),
        ({"quantity": 2, "position_max": 1}, "quantity is 2 and position_max is 1"),
        ({"half_spread_bps": 0}, "'half_spread_bps' is 0, expected a number > 0"),
        ({"refresh_seconds": "soon"}, "'refresh_seconds' is 'soon', expected a number"),
    ],
)
def test_parameters_that_could_never_trade_are_refused(
    parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameters, match=message):
        maker(**parameters)


def test_the_cap_is_five_quotes_unless_said() -> None:
    assert maker(quantity="0.2").parameters.cap == Decimal(1)
    assert maker(quantity="0.2", position_max="0.5").parameters.cap == Decimal("0.5")


def test_an_unknown_symbol_fails_it_at_the_start() -> None:
    rig = Rig(maker(instruments=["CCC"])).start()
    assert rig.failures()[0].error.startswith(f"{UnknownInstrument.__name__}: unknown instrument")


# --- any order of events --------------------------------------------------------------------------

_EVENT = st.tuples(st.integers(0, 7), st.integers(0, 10**6))


@settings(max_examples=150, deadline=None)
@given(st.lists(_EVENT, max_size=80))
def test_no_order_of_fills_rejects_and_races_takes_it_past_its_cap(
    events: list[tuple[int, int]],
) -> None:
    rig = quoting()
    for kind, number in events:
        _happen(rig, kind, number)
        assert rig.failures() == []
        for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
            orders = rig.working(side)
            assert len(orders) <= 1
            worst = sign * rig.position() + sum(order.leaves_worst for order in orders)
            assert worst <= CAP


def _happen(rig: Rig, kind: int, number: int) -> None:
    """Let one thing happen that could happen now."""
    working = rig.machine.orders.all_working()
    if kind == 0 or not working:
        bid = 9_900 + number % 200
        rig.quote(bid, bid + 1 + number % 7)
        return
    order = working[number % len(working)]
    if kind == 1:
        rig.advance(rig.time + number * 3_000)
    elif kind == 2 and order.status is Status.SENT:
        (rig.accept if number % 3 else rig.reject)(order.order)
    elif kind in (3, 4):
        rig.fill(order.order, order.price, 1 + number % max(1, order.leaves_worst))
    elif kind == 5 and order.status is Status.REPLACE_PENDING:
        if number % 3:
            quantity = order.new_quantity
            rig.replace(next(a for a in reversed(rig.replaced()) if a.quantity == quantity))
        else:
            rig.reject_replace(order.order)
    elif kind == 6 and order.status is Status.CANCEL_PENDING:
        rig.cancel(order.order)
    elif kind == 7:
        rig.run(BookGap(AAA, "lost") if number % 2 else VenueDisconnected("VENUE", "cable"))
