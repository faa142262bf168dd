"""A session is told completely, exactly, and with everything that went wrong in it."""

import json

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    BookGap,
    KillCommand,
    NodeStarted,
    Quote,
    ReleaseCommand,
    StopCommand,
    StrategyFailed,
    VenueDisconnected,
    VenueRejected,
)
from fairlead.model.terms import Side, StopPolicy
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Sequence,
    UpdateId,
)
from fairlead.readers.equity import EquityCurve
from fairlead.readers.summary import EVENTS_EACH_MAX, SessionSummary
from tests.readers.sessions import ACCOUNT, PERPETUAL, SPOT, START, STRATEGY, Scene

BUY, SELL = Side.BUY, Side.SELL


def begin() -> tuple[SessionSummary, Scene]:
    """Return a summary and a scene with two quoted instruments."""
    summary = SessionSummary()
    scene = Scene(summary)
    scene.quote(SPOT, 10_000, 10_100)
    scene.quote(PERPETUAL, 10_000, 10_100)
    return summary, scene


def test_a_session_that_never_began_is_told_as_nothing() -> None:
    result = SessionSummary().result()
    assert result.span.inputs == 0
    assert (result.span.first_time, result.accounts, result.positions) == ("", [], [])
    assert result.ties_out


def test_inputs_are_counted_by_kind_with_their_first_and_last() -> None:
    summary, scene = begin()
    scene.after(90).quote(SPOT, 10_000, 10_100)
    result = summary.result()
    assert result.inputs["Quote"] == 3
    assert result.inputs["InstrumentDefinition"] == 2
    assert (result.span.first_sequence, result.span.last_sequence) == (1, scene.sequence)
    assert result.span.first_time == "2024-08-08T00:00:00.000000000Z"
    assert result.span.last_time == "2024-08-08T00:01:30.000000000Z"
    assert sum(result.inputs.values()) == result.span.inputs == scene.sequence


def test_positions_and_money_are_exact_decimal_text() -> None:
    summary, scene = begin()
    scene.trade(SPOT, BUY, 1_500, 10_050, fee=1_507_500)
    scene.trade(SPOT, SELL, 500, 10_090, fee=-50_450)
    result = summary.result()
    (position,) = result.positions
    assert (position.strategy, position.instrument) == ("maker", "ETH-USDT")
    assert (position.quantity, position.average_price) == ("1.000", "100.5000")
    assert position.mark == "100.00"
    assert position.realised == "0.20000000"
    assert position.unrealised == "-0.50000000"
    assert position.fees == "0.01457050"
    assert (position.bought, position.sold) == ("1.500", "0.500")
    assert position.volume == "201.20000000"
    (account,) = result.accounts
    assert account.cash == "999899.68542950"
    assert account.equity == "999999.68542950"
    assert account.profit == "-0.31457050"
    assert account.identity.holds
    assert account.identity.paid_and_received == account.equity


def test_a_perpetual_does_not_debit_the_notional() -> None:
    summary, scene = begin()
    scene.trade(PERPETUAL, SELL, 1_000, 10_050, fee=100)
    (account,) = summary.result().accounts
    assert account.cash == "999999.99999900"
    assert account.unrealised == "-0.50000000"
    assert account.equity == "999999.49999900"


def test_a_missing_mark_leaves_equity_unknown_and_says_why() -> None:
    summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_050)
    scene.feed([BookGap(SPOT, "lost at update 9")])
    result = summary.result()
    (position,) = result.positions
    (account,) = result.accounts
    assert (position.mark, position.unrealised) == (None, None)
    assert position.mark_missing == "ETH-USDT: lost at update 9"
    assert (account.equity, account.unrealised, account.profit) == (None, None, None)
    assert account.mark_missing == "ETH-USDT: lost at update 9"
    assert account.identity.at_cost == 1
    assert account.identity.holds
    assert result.data.stale_now == {"ETH-USDT": "lost at update 9"}


def test_a_stale_book_matters_only_to_who_holds_something() -> None:
    summary, scene = begin()
    scene.feed([BookGap(SPOT, "lost")])
    (account,) = summary.result().accounts
    assert account.equity == "1000000.00000000"


def test_refusals_and_rejects_are_told_with_their_reasons() -> None:
    summary, scene = begin()
    scene.order(SPOT, BUY, 1_000, 90_000)
    order = scene.order(SPOT, BUY, 1_000, 10_050)
    scene.feed([VenueRejected(order, SPOT, "insufficient funds", scene.now)])
    orders = summary.result().orders
    assert (orders.requested, orders.refused, orders.sent, orders.rejected) == (2, 1, 1, 1)
    assert orders.refused_by_check == {"price_collar": 1}
    assert orders.rejected_by_reason == {"insufficient funds": 1}
    assert orders.ties_out


def test_fills_seen_before_and_fills_that_cannot_be_booked_are_told() -> None:
    summary, scene = begin()
    order = scene.order(SPOT, BUY, 1_000, 10_050)
    scene.accept(order, SPOT)
    scene.fill(order, SPOT, 1_000, 10_050)
    scene.fill(order, PERPETUAL, 1_000, 10_050)
    scene.fill(order, SPOT, 500, 10_050)
    fills = summary.result().fills
    assert (fills.count, fills.maker, fills.taker) == (2, 2, 0)
    assert (fills.quarantined, fills.overfilled, fills.late) == (1, 1, 1)
    assert fills.quarantined_by_reason == {"the order is in another instrument": 1}


def test_bad_market_data_is_counted_with_its_reason() -> None:
    summary, scene = begin()
    scene.quote(InstrumentId(99), 1, 2)
    scene.quote(SPOT, 10_200, 10_100)
    scene.quote(SPOT, 10_000, 10_100)
    scene.feed([BookGap(SPOT, "lost at update 9")])
    half = Quote(SPOT, Price(0), Quantity(5), Price(1), Quantity(1), UpdateId(0), scene.now)
    scene.feed([half])
    data = summary.result().data
    assert (data.books_stale, data.books_restored, data.gaps) == (2, 3, 1)
    assert data.stale_by_reason == {"crossed": 1, "lost at update 9": 1}
    assert data.refused_by_reason == {
        "Quote: the bid has a price or a quantity, but not both": 1,
        "Quote: unknown instrument": 1,
    }


def test_what_a_person_must_know_is_listed_in_order() -> None:
    summary, scene = begin()
    scene.feed([VenueDisconnected("VENUE", "line lost")])
    scene.feed([StrategyFailed(STRATEGY, "ZeroDivisionError")])
    scene.feed([KillCommand("ann", "drill")])
    assert summary.result().killed
    scene.feed([ReleaseCommand("bob", "drill over")])
    scene.feed([StopCommand(StopPolicy.CANCEL, "ann", "evening")])
    result = summary.result()
    assert [event.what for event in result.events] == [
        "node started",
        "trading started",
        "venue disconnected",
        "strategy disabled",
        "killed",
        "released",
        "trading stopped",
    ]
    assert result.events[3].text == "maker: failed: ZeroDivisionError"
    assert result.disabled == {"maker": "failed: ZeroDivisionError"}
    assert (result.killed, result.stopped) == (False, True)


def test_a_flood_of_events_is_bounded_and_counted() -> None:
    summary, scene = begin()
    for _ in range(3 * EVENTS_EACH_MAX):
        scene.feed([KillCommand("ann", "again")])
    result = summary.result()
    assert len(result.events) == 2 * EVENTS_EACH_MAX
    assert result.events_dropped == EVENTS_EACH_MAX + 2


def test_a_refused_definition_is_not_believed() -> None:
    summary, scene = begin()
    scene.feed([AccountDefinition(ACCOUNT, "rich", "USDT", 8, Money(10**18))])
    result = summary.result()
    assert [account.account for account in result.accounts] == ["main"]
    assert result.accounts[0].equity == "1000000.00000000"


def test_the_json_is_plain_and_amounts_are_text() -> None:
    summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_050)
    told = json.loads(json.dumps(summary.as_json()))
    assert told["accounts"][0]["equity"] == "999999.50000000"
    assert told["accounts"][0]["identity"]["holds"] is True
    assert told["orders"]["ties_out"] is True


def test_the_same_inputs_give_the_same_summary() -> None:
    first, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_050)
    second, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_050)
    assert first.as_json() == second.as_json()


def test_a_shared_ledger_gives_the_same_summary() -> None:
    alone, curve = SessionSummary(), EquityCurve()
    shared = SessionSummary(curve.ledger)
    scene = Scene(alone, shared, curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, BUY, 1_000, 10_050)
    assert shared.as_json() == alone.as_json()
    assert shared.result().accounts[0].fills == 1


def test_memory_does_not_grow_with_orders_that_are_done() -> None:
    summary, scene = begin()
    for _ in range(200):
        scene.trade(SPOT, BUY, 10, 10_050)
        scene.trade(SPOT, SELL, 10, 10_050)
    assert summary.flow.open == {}
    assert len(summary.ledger.positions) == 1


def test_every_start_of_a_node_is_told() -> None:
    summary = SessionSummary()
    machine = Machine()
    for epoch in (1, 2):
        start = NodeStarted(epoch, f"0.{epoch}", "{}", "paper")
        summary.follow(Sequence(epoch), START, start, machine.apply(Sequence(epoch), START, start))
    result = summary.result()
    assert (result.builds, result.stages) == (["0.1", "0.2"], ["paper"])
    assert len(result.events) == 2
    assert Nanos(result.span.span_ns) == 0
