"""Layer 4: every limit of losses at it and one beyond; unknown, latched, let go, restarted."""

from typing import Final

import pytest

from fairlead.model.inputs import BookGap, CashMoved, Input, MarkPolicyChange, TimePassed
from fairlead.model.outputs import LimitAlert
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import AlertLevel, BreakerState, LimitKind
from fairlead.model.terms import CashKind, MarkPolicy
from fairlead.model.units import AccountId, InstrumentId, Millionths, Money, Nanos, StrategyId
from tests.machine.build import (
    SECOND,
    SELL,
    Rig,
    accepted,
    account,
    filled,
    quote,
    strategy,
    submit,
)
from tests.machine.risk.limited import (
    HOUR,
    MAIN,
    MINUTE,
    RELEASE,
    STRATEGY,
    Kept,
    a_rig,
    at_bid,
    changes,
    day,
    limit,
    lose,
    order,
    passes,
    refusals,
)

ACTIVE, REDUCE_ONLY = BreakerState.ACTIVE, BreakerState.REDUCE_ONLY
SCOPES: Final = (FIRM, MAIN, STRATEGY)
# 5.00 of 10,000.00: the limit in whole units or as a share, and what is measured at 5.01.
KINDS: Final = [
    (LimitKind.LOSS_DAY, "5", 0, 501, 500),
    (LimitKind.LOSS_DAY_SHARE, "0.0005", 0, 501, 500),
    (LimitKind.LOSS_WEEK, "5", 0, 501, 500),
    (LimitKind.LOSS_WEEK_SHARE, "0.0005", 0, 501, 500),
    (LimitKind.LOSS_MONTH, "5", 0, 501, 500),
    (LimitKind.LOSS_MONTH_SHARE, "0.0005", 0, 501, 500),
    (LimitKind.DRAWDOWN, "5", 0, 501, 500),
    (LimitKind.DRAWDOWN_SHARE, "0.0005", 0, 501, 500),
    (LimitKind.LOSS_RATE_SHARE, "0.0005", 5 * MINUTE, 501, 500),
]
IDS: Final = [kind.name.lower() for kind, *_ in KINDS]


@pytest.mark.parametrize(("kind", "hard", "window", "measured", "bound"), KINDS, ids=IDS)
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_at_the_limit_an_order_passes_and_one_cent_beyond_it_is_refused(
    scope: Scope, kind: LimitKind, hard: str, window: int, measured: int, bound: int
) -> None:
    """Controls 19, 20, 21; S1-RISK-06, S1-RISK-07, S4-RISK-12, S4-RISK-13, B-RISK-12."""
    for lost in (499, 500):
        rig = a_rig(limit(kind, hard, scope, window=window), *lose(lost))
        assert passes(rig, submit(2, quantity=1))
    rig = a_rig(limit(kind, hard, scope, window=window), *lose(501))
    failed = refusals(rig.give(submit(2, quantity=1)))
    assert failed == [(kind.name.lower(), measured, bound, str(scope))]
    rig.restart()
    assert refusals(rig.give(submit(3, quantity=1))) == failed


@pytest.mark.parametrize(("kind", "hard", "window", "measured", "bound"), KINDS, ids=IDS)
def test_what_reduces_passes_where_a_limit_is_reached(
    kind: LimitKind, hard: str, window: int, measured: int, bound: int
) -> None:
    """B-RISK-08: the flatten itself would be refused otherwise; one lot more than it is refused."""
    rig = a_rig(limit(kind, hard, window=window), *lose(600))
    assert refusals(rig.give(submit(2, SELL, 601))) != []
    assert passes(rig, submit(3, SELL, 600))
    assert refusals(rig.give(submit(4, SELL, 1))) != []


def test_fees_and_realised_losses_count() -> None:
    """Control 19: realised and unrealised, fees included."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(400))
    rig.give(submit(2, SELL, 400, 99), accepted(2), filled(2, 400, "S", 99, fee=Money(100)))
    assert passes(rig, submit(3, quantity=1))
    rig.give(filled(3, 1, "F3", fee=Money(1)))
    assert refusals(rig.give(submit(4, quantity=1))) == [("loss_day", 502, 500, "firm")]


def test_a_limit_is_reached_with_the_mark_that_goes_beyond_it_and_for_good() -> None:
    """Control 19: latched. A dip between two looks at the conditions is seen all the same."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(100))
    assert changes(rig.give(at_bid(95))) == []
    dip = rig.give(at_bid(94), at_bid(99))
    assert changes(dip) == [("loss_day", "firm", REDUCE_ONLY)]
    assert refusals(rig.give(submit(2, quantity=1))) == [("loss_day", 600, 500, "firm")]


def test_what_was_reached_shows_the_worst_since() -> None:
    """Invariant 12: the measured value is that of the loss, not of the moment."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(100))
    for bid in (94, 90, 93):
        rig.give(at_bid(bid))
        rig.wait(SECOND)
        rig.give(TimePassed())
    assert refusals(rig.give(submit(2, quantity=1))) == [("loss_day", 1000, 500, "firm")]


@pytest.mark.parametrize(("kind", "hard", "window", "measured", "bound"), KINDS, ids=IDS)
def test_a_loss_that_is_not_known_lets_only_pass_what_reduces(
    kind: LimitKind, hard: str, window: int, measured: int, bound: int
) -> None:
    """Invariant 11: it fails closed, and opens again with the mark: nothing was reached."""
    rig = a_rig(limit(kind, hard, window=window), *lose(100))
    rig.give(quote(0, 0))
    unknown = [one for one in refusals(rig.give(submit(2, quantity=1))) if "loss" in one[0]]
    unknown += [one for one in refusals(rig.give(submit(3, quantity=1))) if "draw" in one[0]]
    assert unknown == [(kind.name.lower(), None, bound, "firm")]
    reducing = refusals(rig.give(submit(4, SELL, 100)))
    assert all("loss" not in check and "drawdown" not in check for check, *_ in reducing)
    rig.give(quote(99, 101))
    assert passes(rig, submit(5, quantity=1))


def test_a_mark_that_is_too_old_is_none() -> None:
    """Invariant 11, stale input: nobody knows what the position has lost since."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(100))
    rig.give(MarkPolicyChange(MarkPolicy.TOUCH, Nanos(SECOND), "ann", "agreed"))
    rig.wait(SECOND)
    assert passes(rig, submit(2, quantity=1))
    rig.wait(1)
    assert refusals(rig.give(submit(3, quantity=1))) == [("loss_day", None, 500, "firm")]


def test_a_lost_book_is_no_mark() -> None:
    """Invariant 11: what a feed lost is not valued at."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(100))
    rig.give(BookGap(InstrumentId(1), "lost its place"))
    failed = refusals(rig.give(submit(2, quantity=1)))
    assert ("loss_day", None, 500, "firm") in failed


# --- when it is let go ----------------------------------------------------------------------------


def reached(kind: LimitKind, hard: str, window: int = 0) -> Kept:
    """Return a machine in which a limit has been reached on Thursday, 8 August 2024."""
    rig = a_rig(limit(kind, hard, window=window), day(20240808), *lose(501))
    assert refusals(rig.give(submit(2, quantity=1))) != []
    return rig


@pytest.mark.parametrize("kind", [LimitKind.LOSS_DAY, LimitKind.LOSS_DAY_SHARE])
def test_a_loss_of_the_day_is_let_go_by_the_next_trading_day_and_by_nothing_before(
    kind: LimitKind,
) -> None:
    """S4-CB-01: time alone does not; a day that does not follow does not; the next session does."""
    rig = reached(kind, "5" if kind is LimitKind.LOSS_DAY else "0.0005")
    rig.wait(23 * HOUR)
    rig.give(at_bid(99), day(20240808))
    assert refusals(rig.give(submit(3, quantity=1))) != []
    rig.restart()
    assert changes(rig.give(day(20240809))) == [(kind.name.lower(), "firm", ACTIVE)]
    assert passes(rig, submit(4, quantity=1))
    rig.restart()
    assert passes(rig, submit(5, quantity=1))


@pytest.mark.parametrize(
    ("kind", "hard", "window"),
    [(kind, hard, window) for kind, hard, window, *_ in KINDS if "DAY" not in kind.name],
    ids=[name for name in IDS if "day" not in name],
)
def test_every_other_loss_is_let_go_by_a_named_person_alone(
    kind: LimitKind, hard: str, window: int
) -> None:
    """Control 20: latched. The loss as it stands is accepted, one cent more is reached again."""
    rig = reached(kind, hard, window)
    rig.give(day(20240809), day(20240901))
    assert refusals(rig.give(submit(3, quantity=1))) != []
    rig.give(order(ACTIVE, reason=" "))
    assert refusals(rig.give(submit(4, quantity=1))) != []
    assert changes(rig.give(RELEASE)) == [(kind.name.lower(), "firm", ACTIVE)]
    assert passes(rig, submit(5, quantity=1))
    rig.give(filled(5, 1, "more"))
    rig.give(at_bid(98))
    again = refusals(rig.give(submit(6, quantity=1)))
    if kind is LimitKind.LOSS_RATE_SHARE:  # the window began anew with the release: 5.03 since
        assert [check for check, *_ in again] == ["loss_rate_share"]
    elif kind in (LimitKind.LOSS_WEEK, LimitKind.LOSS_WEEK_SHARE):
        assert [check for check, *_ in again] == [kind.name.lower()]
    else:
        assert [check for check, *_ in again] == [kind.name.lower()]


def test_weeks_begin_on_monday_and_months_with_their_first_day() -> None:
    """A loss of the week and of the month: calendar weeks and months of the session dates."""
    rig = a_rig(
        limit(LimitKind.LOSS_WEEK, "5", MAIN), limit(LimitKind.LOSS_MONTH, "9", MAIN), day(20240829)
    )
    week, month = LimitKind.LOSS_WEEK, LimitKind.LOSS_MONTH
    rig.give(*lose(100))
    rig.give(day(20240830))  # a Friday: the week goes on
    result = rig.machine.gate.losses.result("account account 1")
    assert result is not None
    rig.give(at_bid(97))
    assert result.loss(week, rig.time, Nanos(0)) == (300 * 720_720_000_000, 100 * 720_720_000_000)
    rig.give(day(20240902))  # Monday, in September
    assert result.loss(week, rig.time, Nanos(0)) == (0, 100 * 720_720_000_000)
    assert result.loss(month, rig.time, Nanos(0)) == (0, 100 * 720_720_000_000)
    rig.give(at_bid(96), day(20240903))
    assert result.loss(week, rig.time, Nanos(0)) == (100 * 720_720_000_000, 100 * 720_720_000_000)


def test_the_loss_rate_forgets_after_its_window_and_no_earlier() -> None:
    """Control 21: 5 % in 5 minutes; what was lost before counts no more."""
    rate = limit(LimitKind.LOSS_RATE_SHARE, "0.0005", window=5 * MINUTE)
    rig = a_rig(rate, *lose(100))
    rig.give(at_bid(96))
    rig.wait(5 * MINUTE)
    rig.give(at_bid(94))  # 6.00 within five minutes
    assert refusals(rig.give(submit(2, quantity=1))) != []
    rig = a_rig(rate, *lose(100))
    rig.give(at_bid(96))
    rig.wait(6 * MINUTE)
    rig.give(at_bid(94))
    assert passes(rig, submit(2, quantity=1))


def test_the_drawdown_is_that_from_the_highest_and_flows_are_none() -> None:
    """Control 20: a profit that is given back is a drawdown; a withdrawal is none."""
    rig = a_rig(limit(LimitKind.DRAWDOWN, "5"), *lose(100))
    rig.give(at_bid(104))
    moved = CashMoved(
        AccountId(1), "USD", CashKind.WITHDRAWAL, Money(-100_000), "w1", person="ann", reason="paid"
    )
    rig.give(moved)
    rig.give(at_bid(99))
    assert passes(rig, submit(2, quantity=1))
    rig.give(at_bid(98))
    assert refusals(rig.give(submit(3, quantity=1))) == [("drawdown", 600, 500, "firm")]


def round_trip(number: int, price: int) -> list[Input]:
    """Return the inputs of a position that is opened at 100 and closed at a price."""
    buy, sell = 2 * number, 2 * number + 1
    return [
        *(submit(buy, quantity=10), accepted(buy), filled(buy, 10, f"B{buy}")),
        *(submit(sell, SELL, 10, 98), accepted(sell), filled(sell, 10, f"S{sell}", price)),
    ]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_losing_round_trips_in_a_row_are_counted_and_a_winning_one_ends_the_row(
    scope: Scope,
) -> None:
    """Loss limits: 2 in a row pass, the third is beyond; one without profit or loss is neither."""
    rig = a_rig(limit(LimitKind.LOSSES_IN_A_ROW, "2", scope))
    for number, price in enumerate((99, 99, 100, 101, 99, 98), start=1):
        rig.give(*round_trip(number, price))
    assert passes(rig, submit(20, quantity=10))
    rig.give(filled(20, 10, "B20"))
    rig.give(submit(21, SELL, 10, 98), accepted(21), filled(21, 10, "S21", 99))
    failed = [("losses_in_a_row", 3, 2, str(scope))]
    assert refusals(rig.give(submit(22, quantity=1))) == failed
    rig.restart()
    assert refusals(rig.give(submit(23, quantity=1))) == failed
    rig.give(order(ACTIVE, scope))
    assert passes(rig, submit(24, quantity=1))


def test_a_fee_makes_a_round_trip_a_losing_one() -> None:
    """Fees count."""
    rig = a_rig(limit(LimitKind.LOSSES_IN_A_ROW, "0"))
    rig.give(submit(1, quantity=10), accepted(1), filled(1, 10, "B1"))
    rig.give(submit(2, SELL, 10, 100), accepted(2), filled(2, 10, "S2", fee=Money(1)))
    assert refusals(rig.give(submit(3, quantity=1))) == [("losses_in_a_row", 1, 0, "firm")]


# --- alerts ---------------------------------------------------------------------------------------


def levels(rig: Rig, *prices: int) -> list[tuple[int, str]]:
    """Return at which bids an alert was said, and which."""
    found: list[tuple[int, str]] = []
    for price in prices:
        outputs = rig.give(at_bid(price))
        rig.wait(SECOND)
        outputs += rig.give(TimePassed())
        found += [(price, one.level.name) for one in outputs if isinstance(one, LimitAlert)]
    return found


def test_a_warning_is_said_once_before_the_hard_limit_and_ends_with_hysteresis() -> None:
    """B-RISK-14, S4-RISK-12: warning below hard; 70 % where none is set."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "10", warning="5"), *lose(100))
    assert levels(rig, 96, 95, 94, 95, 96, 95, 91) == [
        (95, "WARNING"),
        (96, "ENDED"),
        (95, "WARNING"),
    ]
    assert levels(rig, 90, 89, 99) == [(90, "HARD")]
    rig = a_rig(limit(LimitKind.LOSS_DAY, "10"), *lose(100))
    assert levels(rig, 94, 93) == [(93, "WARNING")]


def test_an_alert_names_scope_limit_and_measure() -> None:
    """S4-RISK-14, `notify_admin`: who is told can act on it."""
    rig = a_rig(limit(LimitKind.LOSS_DAY_SHARE, "0.0005", MAIN))
    [alert] = [one for one in rig.give(*lose(400)) if isinstance(one, LimitAlert)]
    shown = (Millionths(400), Millionths(500))
    assert alert == LimitAlert(MAIN, LimitKind.LOSS_DAY_SHARE, AlertLevel.WARNING, *shown)


# --- scopes ---------------------------------------------------------------------------------------


def test_a_strategy_answers_for_its_own_losses_and_a_desk_for_those_of_its_accounts() -> None:
    """The scope tree: who lost nothing trades on."""
    own = StrategyId(2)
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5", STRATEGY), *lose(501))
    assert refusals(rig.give(submit(2, quantity=1))) != []
    assert passes(rig, submit(3, quantity=1, strategy=own))
    other = account(2, desk="rates")
    rig = a_rig(other, strategy(3, 2), *lose(501, strategy=StrategyId(3)))
    rig.give(limit(LimitKind.LOSS_DAY, "5", Scope(FIRM.kind.DESK, "rates")))
    rig.give(at_bid(98))
    assert refusals(rig.give(submit(2, quantity=1, strategy=StrategyId(3)))) != []
    assert passes(rig, submit(4, quantity=1))


def test_a_firm_whose_accounts_count_different_money_cannot_add_it_up() -> None:
    """Fail closed: dollars and euros are not added."""
    rig = a_rig(account(2, currency="EUR"), limit(LimitKind.LOSS_DAY, "5"))
    assert refusals(rig.give(submit(1, quantity=1))) == [("loss_day", None, 500, "firm")]


def test_a_limit_that_is_set_in_the_day_counts_what_was_lost_before() -> None:
    """B-RISK-07: the figures are there before anybody asks for them."""
    rig = a_rig(day(20240808), *lose(501))
    assert passes(rig, submit(2, quantity=1))
    rig.give(limit(LimitKind.LOSS_DAY, "5"))
    assert refusals(rig.give(submit(3, quantity=1))) == [("loss_day", 501, 500, "firm")]


def test_a_limit_that_is_taken_away_is_reached_no_more() -> None:
    """What nobody limits is not limited."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"), *lose(501))
    tree = rig.machine.gate.tree
    tree.set(tree.firm, (), (LimitKind.LOSS_DAY,))
    assert changes(rig.give(TimePassed())) == [("loss_day", "firm", ACTIVE)]
    assert passes(rig, submit(2, quantity=1))
