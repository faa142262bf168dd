"""The terminal shows what the result says, and nothing that came from outside can dress it up."""

import re

from fairlead.model.inputs import (
    BookGap,
    CashMoved,
    CurrencyDefinition,
    ExchangeRate,
    KillCommand,
    Statement,
    VenueBusted,
    VenueRejected,
)
from fairlead.model.outputs import PositionChanged
from fairlead.model.statements import StatementPosition
from fairlead.model.terms import CashKind, Side
from fairlead.model.units import Money, Nanos, OrderId, Rate, Sequence, SignedQuantity
from fairlead.readers.summary import SessionSummary
from fairlead.readers.summary_text import REASONS_SHOWN_MAX, summary_text
from tests.readers.sessions import ACCOUNT, SPOT, STRATEGY, Scene


def told(scene: Scene, summary: SessionSummary) -> str:
    """Return the text after one fill."""
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, Side.BUY, 1_000, 10_050, fee=100)
    return summary_text(summary.result(), 140)


def test_the_numbers_of_the_result_are_shown() -> None:
    summary = SessionSummary()
    text = told(Scene(summary), summary)
    assert "999,999.49999900" in text
    assert "-0.50000000" in text
    assert "1 requested: 1 sent, 0 refused; of those sent 1 filled" in text
    assert "ok   equity of main: 999,999.49999900 paid and received, ties out" in text
    assert "FAIL" not in text


def test_a_machine_that_disagrees_fails_the_check() -> None:
    summary = SessionSummary()
    scene = Scene(summary)
    wrong = PositionChanged(STRATEGY, SPOT, SignedQuantity(7), Money(0), Money(0), Money(0))
    summary.follow(Sequence(99), scene.now, KillCommand("ann", "drill"), [wrong])
    text = summary_text(summary.result(), 140)
    assert "FAIL the machine's positions and cash are those of the record" in text
    assert "input 99: position of strategy 1" in text


def test_what_is_unusual_stands_only_where_it_happened() -> None:
    summary = SessionSummary()
    scene = Scene(summary)
    plain = told(scene, summary)
    for word in ("flows", "fx", "taken back", "held", "withdrawn", "breaks"):
        assert word not in plain, word
    scene.feed(
        [
            CashMoved(ACCOUNT, "USDT", CashKind.DEPOSIT, Money(5 * 10**8), "R", "ann", "wired"),
            CurrencyDefinition(ACCOUNT, "EUR"),
            ExchangeRate("EUR", "USDT", Rate(10**8), scene.now),
            VenueBusted(OrderId(1), SPOT, "E1", 20240808, "erroneous", scene.now),
            Statement(
                ACCOUNT,
                "",
                Nanos(scene.now + 1),
                positions=(StatementPosition(SPOT, SignedQuantity(7)),),
            ),
        ]
    )
    text = summary_text(summary.result(), 160)
    assert re.search(r"flows +5\.00000000", text)
    assert re.search(r"fx +0\.00000000", text)
    assert "1 x taken back" in text
    assert "1 opened" in text
    assert "position differs, ETH-USDT" in text


def test_a_missing_mark_is_written_as_missing() -> None:
    summary = SessionSummary()
    scene = Scene(summary)
    told(scene, summary)
    scene.feed([BookGap(SPOT, "lost at update 9"), KillCommand("ann", "drill")])
    text = summary_text(summary.result(), 140)
    assert "no mark" in text
    assert "without a mark, at cost: ETH-USDT: lost at update 9" in text
    assert "KILLED" in text


def test_names_and_reasons_are_never_markup_or_escapes() -> None:
    summary = SessionSummary()
    scene = Scene(summary, name="[bold red]x[/]")
    scene.quote(SPOT, 10_000, 10_100)
    order = scene.order(SPOT, Side.BUY, 1_000, 10_050)
    scene.feed([VenueRejected(order, SPOT, "\x1b[2Jno [link=x]money[/link]", scene.now)])
    text = told(scene, summary)
    assert "[bold red]x[/]" in text
    assert "\ufffd[2Jno [link=x]money[/link]" in text
    assert "\x1b" not in text


def test_a_venue_with_many_reasons_does_not_flood_the_screen() -> None:
    summary = SessionSummary()
    scene = Scene(summary)
    scene.quote(SPOT, 10_000, 10_100)
    for number in range(60):
        order = scene.order(SPOT, Side.BUY, 1_000, 10_050)
        scene.feed([VenueRejected(order, SPOT, f"no {number:02}", scene.now)])
    text = summary_text(summary.result(), 200)
    assert f"{60 - REASONS_SHOWN_MAX} others" in text


def test_an_empty_session_is_shown() -> None:
    assert "0 inputs" in summary_text(SessionSummary().result())
