"""The end of a trading day: what it ended with, and who signed it."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import (
    AdoptFillCommand,
    CashMoved,
    SignOffCommand,
    TradingDayBegan,
)
from fairlead.model.outputs import DaySignedOff, InputRefused
from fairlead.model.terms import CashKind
from fairlead.model.units import AccountId, Money, StrategyId
from tests.machine.build import (
    BUY,
    DAY,
    SECOND,
    VENUE,
    Rig,
    accepted,
    account,
    filled,
    only,
    quote,
    strategy,
    submit,
)
from tests.machine.venue_side import statement

MAIN = AccountId(1)
NEXT = DAY + 1
COMMAND = SignOffCommand(MAIN, DAY, "ann", "compared with the broker")


def sign(**terms: Any) -> SignOffCommand:
    """Return ann's signature under the day, or what `terms` make of it."""
    return msgspec.structs.replace(COMMAND, **terms)


def traded() -> Rig:
    """Return a rig that bought 3 of an order of 8 at 101 with a fee of 2, on the day."""
    rig = Rig(account(2), strategy(3, account=2), TradingDayBegan(DAY))
    rig.give(submit(1, price=101), accepted(1), filled(1, 3, "e1", 101, fee=Money(2)))
    return rig


def test_a_day_is_signed_off_with_what_it_stands_at() -> None:
    """Control 45: trades, orders, breaks, cash, equity and profit, by name."""
    rig = traded()
    equity = Money(1_000_000 - 2 + 3 * (99 - 101))  # marked at the bid
    assert rig.give(COMMAND) == [
        DaySignedOff(MAIN, DAY, "ann", 1, 1, 0, Money(999_998), equity, Money(-8))
    ]
    cash = Money(1_000_000)
    assert rig.give(sign(account=AccountId(2))) == [
        DaySignedOff(AccountId(2), DAY, "ann", 0, 0, 0, cash, cash, Money(0))
    ]


def test_open_breaks_are_counted_and_do_not_forbid_it() -> None:
    """S4-POS-01: a person signs what is there."""
    rig = traded()
    rig.give(statement(SECOND, positions=(), cash=()))
    assert only(DaySignedOff, rig.give(COMMAND)).open_breaks == 2


def test_a_figure_without_a_mark_is_left_out() -> None:
    """Never taken for zero."""
    rig = traded()
    rig.give(quote(0, 101))
    signed = only(DaySignedOff, rig.give(COMMAND))
    assert (signed.cash, signed.equity, signed.daily_profit) == (999_998, None, None)


def test_flows_are_no_profit_of_the_day() -> None:
    """A deposit moves cash and equity, and earns nothing."""
    rig = traded()
    rig.give(CashMoved(MAIN, "USD", CashKind.DEPOSIT, Money(500), "d1", "ann", "more"))
    signed = only(DaySignedOff, rig.give(COMMAND))
    assert (signed.cash, signed.daily_profit) == (1_000_498, -8)


def test_the_fills_are_those_of_the_day() -> None:
    """Counted from its beginning, the adopted ones with them."""
    rig = traded()
    rig.give(filled(1, 1, "e2", 101), filled(7, 1, "e3", 101))
    rig.give(AdoptFillCommand(VENUE, DAY, "e3", StrategyId(2), "ann", "by phone", BUY))
    assert only(DaySignedOff, rig.give(COMMAND)).fills == 3
    rig.give(TradingDayBegan(NEXT))
    rig.give(filled(1, 1, "e4", 101))
    assert only(DaySignedOff, rig.give(sign(session_date=NEXT))).fills == 1


def test_the_day_before_is_signed_off_with_what_it_ended_with() -> None:
    """A market that never closes ends a day by beginning the next one."""
    rig = traded()
    rig.give(TradingDayBegan(NEXT), filled(1, 5, "e2", 101), quote(89, 91))
    equity = Money(1_000_000 - 2 + 3 * (99 - 101))
    assert rig.give(COMMAND) == [
        DaySignedOff(MAIN, DAY, "ann", 1, 1, 0, Money(999_998), equity, Money(-8))
    ]
    today = only(DaySignedOff, rig.give(sign(session_date=NEXT)))
    assert (today.fills, today.working_orders) == (1, 0)


def test_where_no_day_ever_began_all_is_of_the_day_that_is_named() -> None:
    """Nobody said otherwise."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "e1"))
    assert only(DaySignedOff, rig.give(COMMAND)).fills == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (sign(person=""), "no person or no reason"),
        (sign(reason=" "), "no person or no reason"),
        (sign(account=AccountId(9)), "unknown account"),
        (sign(session_date=0), "give it as yyyymmdd"),
        (sign(session_date=DAY - 1), "sign off the present trading day, 20240808:"),
        (sign(session_date=NEXT), "the figures of others are gone"),
    ],
)
def test_a_signature_without_a_person_or_a_day_is_refused(
    command: SignOffCommand, reason: str
) -> None:
    """The reason says what to do."""
    refused = only(InputRefused, traded().give(command))
    assert (refused.kind, reason in refused.reason) == ("SignOffCommand", True)


def test_a_day_is_signed_off_once() -> None:
    """For each account, and by whom is told."""
    rig = traded()
    rig.give(COMMAND)
    refused = only(InputRefused, rig.give(sign(person="bob")))
    assert refused.reason == "20240808 is signed off already, by ann"
    rig.give(TradingDayBegan(NEXT))
    assert "already, by ann" in only(InputRefused, rig.give(COMMAND)).reason


def test_a_day_further_back_is_gone() -> None:
    """Its figures were not kept; the two that can be signed are named."""
    rig = traded()
    rig.give(TradingDayBegan(NEXT), TradingDayBegan(NEXT + 1))
    refused = only(InputRefused, rig.give(COMMAND))
    assert "20240810 or the one before it, 20240809:" in refused.reason
    only(DaySignedOff, rig.give(sign(session_date=NEXT)))


def test_a_day_that_does_not_follow_changes_nothing() -> None:
    """It is refused, and the figures of the day before stay."""
    rig = traded()
    rig.give(TradingDayBegan(NEXT), TradingDayBegan(NEXT), TradingDayBegan(DAY))
    assert only(DaySignedOff, rig.give(COMMAND)).fills == 1


def test_an_account_that_was_not_there_yet_has_no_day_before() -> None:
    """There is nothing to sign."""
    rig = traded()
    rig.give(TradingDayBegan(NEXT), account(3))
    only(InputRefused, rig.give(sign(account=AccountId(3))))
    only(DaySignedOff, rig.give(sign(account=AccountId(3), session_date=NEXT)))
