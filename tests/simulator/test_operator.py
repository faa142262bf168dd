"""Executions that are taken back or corrected: as if they never were, or at their right terms."""

from fairlead.model.inputs import Statement, TradeBusted, VenueCorrected, VenueOrderStatus
from fairlead.model.terms import Status
from fairlead.model.units import Price, Quantity
from fairlead.simulator.operator import Operator
from tests.simulator.orders import BUY, SELL, ask, query, send
from tests.simulator.trading_day import Day


def cash_and_shares(day: Day) -> tuple[int, int]:
    """Return what the venue says that we have."""
    day.we(ask())
    statement = day.told(Statement)[-1]
    shares = statement.positions[0].quantity if statement.positions else 0
    return statement.cash[0].amount, shares


def test_a_busted_execution_never_was() -> None:
    day = Day()
    before = cash_and_shares(day)
    day.crowd(SELL, 50, 500)
    day.we(send(1, BUY, 50, 500))
    assert Operator(day.exchange).bust("E000000001", "clearly erroneous", day.now) == ""
    assert day.wait() == ["busted 1 clearly erroneous"]
    assert cash_and_shares(day) == before
    assert [one.trade_id for one in day.told(TradeBusted)] == ["T000000001"]
    assert day.told(Statement)[-1].fills == ()
    day.we(query(1))
    (status,) = day.told(VenueOrderStatus)
    assert (status.status, status.filled, status.reason) == (Status.CANCELED, 0, "busted")
    assert Operator(day.exchange).bust("E000000001", "again", day.now) == "unknown_execution"


def test_what_was_busted_of_a_working_order_is_not_traded_again() -> None:
    day = Day()
    day.we(send(1, BUY, 100, 500))
    day.crowd(SELL, 40, 500)
    day.wait()
    Operator(day.exchange).bust("E000000001", "erroneous", day.now)
    day.crowd(SELL, 100, 500)
    assert day.wait() == ["busted 1 erroneous", "filled 1 60@500 maker", "canceled 1 busted"]


def test_a_corrected_execution_has_another_price_and_is_paid_anew() -> None:
    day = Day()
    before = cash_and_shares(day)
    day.crowd(SELL, 50, 500)
    day.we(send(1, BUY, 50, 500))
    operator, now = Operator(day.exchange), day.now
    assert operator.correct("E000000001", Price(490), Quantity(50), "price", now) == ""
    day.wait()
    (corrected,) = day.told(VenueCorrected)
    assert (corrected.original, corrected.execution) == ("E000000001", "E000000002")
    cash, shares = cash_and_shares(day)
    assert shares == 50
    assert before[0] - cash == 50 * 490 * 10_000 + corrected.fee
    assert [one.execution for one in day.told(Statement)[-1].fills] == ["E000000002"]
    for price, quantity in ((0, 10), (500, 0), (500, 60)):
        wrong = operator.correct("E000000002", Price(price), Quantity(quantity), "no", day.now)
        assert wrong == "not_a_correction"
