"""A session is told completely, exactly, and with everything that went wrong in it."""

import json

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    BookGap,
    CashMoved,
    CloseBreakCommand,
    CurrencyDefinition,
    ExchangeRate,
    InstrumentSplit,
    KillCommand,
    MarkPolicyChange,
    NodeStarted,
    PositionCorrection,
    Quote,
    ReleaseCommand,
    ReverseCommand,
    Statement,
    StopCommand,
    StrategyFailed,
    SubmitRequest,
    VenueBusted,
    VenueDisconnected,
    VenueRejected,
)
from fairlead.model.statements import StatementPosition
from fairlead.model.terms import CashKind, MarkPolicy, OrderType, Side, StopPolicy, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
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


def test_what_moved_the_record_without_an_order_is_an_event() -> None:
    """Control 44: corrections, their undoing, corporate actions and breaks, in order."""
    summary, scene = begin()
    five = SignedQuantity(5)
    made = PositionCorrection(ACCOUNT, STRATEGY, SPOT, five, Price(10_050), "ann", "found")
    scene.feed([made])
    number = Sequence(scene.sequence)
    held = (StatementPosition(SPOT, SignedQuantity(7)),)
    scene.after(1).feed([ReverseCommand(number, "bob", "a mistake")])
    scene.feed([InstrumentSplit(SPOT, 2, 1, "S1")])
    scene.after(1).feed([Statement(ACCOUNT, "", scene.now, positions=held)])
    scene.feed([CloseBreakCommand(1, "ann", "on its way")])
    told = [(event.what, event.text) for event in summary.result().events[2:]]
    assert told == [
        ("position corrected", "ETH-USDT by 0.005: ann: found"),
        ("correction undone", f"input {number} by bob: a mistake"),
        (
            "position corrected",
            f"ETH-USDT by -0.005: input {number} undone by bob: a mistake",
        ),
        ("corporate action", "ETH-USDT: split 2 for 1 (S1)"),
        (
            "break opened",
            "1: position differs, ETH-USDT: ours 0.000, theirs 0.007 (operations)",
        ),
        ("break closed", "1: ann: on its way"),
    ]


def test_breaks_are_told_while_they_are_open_and_counted_after() -> None:
    summary, scene = begin()
    held = [(StatementPosition(SPOT, SignedQuantity(amount)),) for amount in (7, 9)]
    for positions in held:
        scene.after(1).feed([Statement(ACCOUNT, "", scene.now, positions=positions)])
    breaks = summary.result().breaks
    assert (breaks.opened, breaks.closed) == (1, {})
    [text] = breaks.open_now
    assert text == "1: position differs, ETH-USDT: ours 0.000, theirs 0.009 (operations)"
    scene.feed([CloseBreakCommand(1, "ann", "on its way")])
    breaks = summary.result().breaks
    assert (breaks.opened, breaks.closed, breaks.open_now) == (1, {"explained": 1}, [])


def test_flows_are_no_profit_and_every_currency_is_told() -> None:
    """B-POS-06: equity = initial + flows + realised + unrealised - fees + fx."""
    summary, scene = begin()
    pay = Money(500 * 10**8)
    scene.feed(
        [
            CashMoved(ACCOUNT, "USDT", CashKind.DEPOSIT, pay, "R1", "ann", "wired"),
            CurrencyDefinition(ACCOUNT, "EUR", Money(10 * 10**8)),
        ]
    )
    (account,) = summary.result().accounts
    assert (account.equity, account.fx, account.profit) == (None, None, None)
    assert account.mark_missing == "EUR: no exchange rate to USDT is known"
    scene.feed([ExchangeRate("EUR", "USDT", Rate(2 * 10**8), scene.now)])
    scene.feed([ExchangeRate("EUR", "USDT", Rate(3 * 10**8), scene.now)])
    (account,) = summary.result().accounts
    assert (account.initial, account.flows) == ("1000020.00000000", "500.00000000")
    assert (account.equity, account.fx) == ("1000530.00000000", "10.00000000")
    assert (account.profit, account.cash) == ("10.00000000", "1000500.00000000")
    assert [(each.currency, each.cash) for each in account.currencies] == [
        ("USDT", "1000500.00000000"),
        ("EUR", "10.00000000"),
    ]


def test_a_mark_between_two_increments_is_written_exactly() -> None:
    """B-POS-07: the middle of 100.00 and 101.01."""
    summary, scene = begin()
    scene.feed([MarkPolicyChange(MarkPolicy.MID, Nanos(0), "ann", "as agreed")])
    scene.quote(SPOT, 10_000, 10_101)
    scene.trade(SPOT, BUY, 1_000, 10_050)
    (position,) = summary.result().positions
    assert (position.mark, position.unrealised) == ("100.505", "0.00500000")


def test_what_is_held_or_taken_back_is_told() -> None:
    summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_050)
    scene.feed([VenueBusted(OrderId(1), SPOT, "E1", 20240808, "erroneous", scene.now)])
    stop = SubmitRequest(
        STRATEGY,
        OrderId(2),
        SPOT,
        SELL,
        OrderType.STOP,
        TimeInForce.GTC,
        False,
        Quantity(100),
        Price(0),
        trigger_price=Price(9_900),
    )
    scene.feed([stop])
    result = summary.result()
    assert (result.orders.held, result.orders.sent, result.orders.ties_out) == (1, 1, True)
    assert (result.fills.count, result.fills.busted) == (1, 1)
    assert result.positions[0].quantity == "0.000"
    assert result.ties_out


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
