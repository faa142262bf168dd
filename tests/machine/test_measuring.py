"""What conditions are asked about: each measure exactly, and each trigger at it and one beyond."""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

import pytest

from fairlead.machine import measuring
from fairlead.machine.scopes import node_of
from fairlead.model.inputs import (
    BookGap,
    ErrorReported,
    Input,
    OutsideValue,
    StrategyFailed,
    TimePassed,
)
from fairlead.model.outputs import BreakerChanged
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.units import InstrumentId, Millionths, Nanos, StrategyId
from tests.machine.build import (
    NO_TIME,
    SECOND,
    SELL,
    accepted,
    account,
    filled,
    quote,
    rejected,
    strategy,
    submit,
)
from tests.machine.risk.limited import (
    INSTRUMENT,
    MAIN,
    MINUTE,
    STRATEGY,
    VENUE_SCOPE,
    Kept,
    a_rig,
    at_bid,
    breaker,
    changes,
    day,
    limit,
    lose,
    order,
    passes,
    refusals,
)
from tests.machine.venue_side import position_line, statement

HALTED: Final = BreakerState.HALTED
ERROR: Final = ErrorReported("gateway", "no route")


def measured(rig: Kept, name: str, scope: Scope = FIRM) -> Fraction | None:
    """Return what a name stands for in a scope now."""
    node = node_of(rig.machine.state, scope)
    assert node is not None
    value = measuring.values(rig.machine.state, node, [name], rig.time)[name]
    return None if value is None else Fraction(*value)


def watched(*names: str, scope: Scope = FIRM) -> list[Input]:
    """Return breakers that measure names and never trip."""
    return [
        breaker(f"{name} > 1000000", f"of {name}", scope=scope, state=BreakerState.WARNING)
        for name in names
    ]


# --- results --------------------------------------------------------------------------------------


def test_profit_is_signed_and_of_the_equity_at_the_beginning_of_its_period() -> None:
    """B-RISK-11, S4-RISK-09, S4-CB-01: `daily_pnl` is a share, a loss is negative."""
    rig = a_rig(*watched("loss_rate_5m"), day(20240809), *lose(100))
    rig.give(at_bid(97))
    for name in ("daily_pnl", "weekly_pnl", "monthly_pnl", "mtd_return"):
        assert measured(rig, name) == Fraction(-300, 1_000_000)
    for name in ("daily_loss", "weekly_loss", "monthly_loss", "drawdown", "loss_rate_5m"):
        assert measured(rig, name) == Fraction(300, 1_000_000)
    rig.give(day(20240812))  # Monday: equity is 9,997.00
    assert measured(rig, "daily_pnl") == measured(rig, "weekly_pnl") == 0
    assert measured(rig, "mtd_return") == Fraction(-300, 1_000_000)
    rig.give(at_bid(101))
    assert measured(rig, "daily_pnl") == Fraction(400, 999_700)
    assert measured(rig, "daily_loss") == measured(rig, "drawdown") == 0
    rig.give(quote(0, 0))
    for name in ("daily_pnl", "daily_loss", "drawdown", "loss_rate_5m", "mtd_return"):
        assert measured(rig, name) is None


def test_losses_in_a_row_need_no_mark() -> None:
    """They are realised."""
    rig = a_rig(*watched("losses_in_a_row"))
    rig.give(*lose(10), submit(2, SELL, 10, 98), accepted(2), filled(2, 10, "S", 99), quote(0, 0))
    assert measured(rig, "losses_in_a_row") == 1


# --- the market -----------------------------------------------------------------------------------


def test_exposures_are_those_of_the_limits() -> None:
    """S4-RISK-11, S0-RISK-04: gross at the worst case, net by sign, of equity."""
    rig = a_rig(*watched("gross_exposure"), *lose(100))
    rig.give(
        submit(2, quantity=50), accepted(2), submit(3, SELL, 10, 100, instrument=InstrumentId(2))
    )
    equity = 999_900
    assert measured(rig, "gross_exposure") == Fraction(150 * 100 + 10 * 100 * 10, equity)
    assert measured(rig, "leverage") == measured(rig, "gross_exposure")
    assert measured(rig, "net_exposure", MAIN) == Fraction(100 * 100, equity)
    assert measured(rig, "position_count", STRATEGY) == 2
    assert measured(rig, "position_count", INSTRUMENT) == 1
    rig.give(BookGap(InstrumentId(2), "lost its place"))
    assert measured(rig, "gross_exposure") is None


def test_the_exposure_of_a_firm_without_accounts_or_with_mixed_money_is_not_known() -> None:
    """Fail closed."""
    rig = a_rig(account(2, currency="EUR"), *watched("gross_exposure"))
    assert measured(rig, "gross_exposure") is None
    assert measured(rig, "gross_exposure", MAIN) == 0


def test_the_use_of_the_value_at_risk_needs_a_limit_and_a_measure() -> None:
    """S1-RISK-13: VaR utilisation; not known without either."""
    rig = a_rig(limit(LimitKind.VALUE_AT_RISK_SHARE, "0.02", MAIN))
    exposure = rig.machine.gate.exposure
    number = rig.account().account
    assert measured(rig, "var_utilisation", MAIN) is None
    exposure.set_tail_risk(number, 18_000, 25_000)
    assert measured(rig, "var_utilisation", MAIN) == Fraction(9, 10)


# --- data -----------------------------------------------------------------------------------------


def test_the_age_of_data_is_that_of_what_is_held_or_works() -> None:
    """S0-CB-05: what nobody holds may be as old as it likes."""
    rig = a_rig(*watched("data_age", "stale_books"))
    rig.wait(3 * SECOND)
    assert measured(rig, "data_age") == 0
    rig.give(submit(1, quantity=1, instrument=InstrumentId(2)))
    assert measured(rig, "data_age") == 3 * SECOND
    rig.give(quote(99, 101, instrument=2))
    assert [measured(rig, name) for name in ("data_age", "stale_books")] == [0, 0]
    rig.give(BookGap(InstrumentId(2), "lost its place"))
    assert measured(rig, "stale_books") == 1
    assert measured(rig, "stale_books", INSTRUMENT) == 0


def test_data_that_grows_old_while_nothing_happens_trips_all_the_same() -> None:
    """S0-CB-05, S0-CB-06: less than a second late; nothing is due where nothing is open."""
    rig = a_rig(breaker("data_age > 2s", "stale"))
    assert rig.machine.next_due() is None
    rig.give(submit(1), accepted(1))
    late = 0
    while not late:
        due = rig.machine.next_due()
        assert due is not None
        rig.wait(due - rig.time)
        if changes(rig.give(TimePassed())) == [("stale", "firm", HALTED)]:
            late = rig.time - 3 * SECOND
    assert 0 < late < SECOND


# --- differences ----------------------------------------------------------------------------------


def test_a_divergence_is_that_of_the_largest_difference_of_a_position() -> None:
    """S4-CB-02: of our position; where we hold nothing, what they hold is all of it."""
    rig = a_rig(*watched("max_divergence"), *lose(100))
    assert measured(rig, "max_divergence") == 0
    rig.wait(SECOND)
    rig.give(statement(rig.time, positions=(position_line(89),)))
    assert measured(rig, "max_divergence") == Fraction(11, 100)
    assert measured(rig, "max_position_divergence", INSTRUMENT) == Fraction(11, 100)
    assert measured(rig, "max_divergence", STRATEGY) == Fraction(11, 100)
    rig.give(statement(rig.time, positions=(position_line(100), position_line(5, 2))))
    assert measured(rig, "max_divergence") == 1
    assert measured(rig, "max_divergence", INSTRUMENT) == 0
    rig.give(statement(rig.time, positions=(position_line(100),)))
    assert measured(rig, "max_divergence") == 0


def test_a_difference_of_another_account_is_not_ones_own() -> None:
    """The scope tree."""
    other = Scope(MAIN.kind, "account 2")
    own = Scope(STRATEGY.kind, "strategy 3")
    rig = a_rig(account(2), strategy(3, 2), *watched("max_divergence"), *lose(100))
    rig.wait(SECOND)
    rig.give(statement(rig.time, positions=(position_line(89),)))
    rig.give(breaker("max_divergence > 9", "a", scope=other))
    rig.give(breaker("max_divergence > 9", "b", scope=own))
    assert measured(rig, "max_divergence", other) == measured(rig, "max_divergence", own) == 0


# --- each trigger at its limit and one beyond -----------------------------------------------------

Giver = Callable[[Kept, int], None]


def losing(rig: Kept, amount: int) -> None:
    """Lose so many dollars, of 10,000."""
    rig.give(*lose(100), at_bid(100 - amount))


def diverging(rig: Kept, amount: int) -> None:
    """Let the broker have so many of 100 less than we have."""
    rig.give(*lose(100))
    rig.wait(SECOND)
    rig.give(statement(rig.time, positions=(position_line(100 - amount),)))


def failing(rig: Kept, amount: int) -> None:
    """Report so many errors."""
    rig.give(*[ERROR] * amount)


def rejecting(rig: Kept, amount: int) -> None:
    """Have so many of 100 orders rejected."""
    for number in range(1, 101):
        rig.wait(SECOND // 100)
        rig.give(submit(number, quantity=number))
    rig.give(*[rejected(number) for number in range(1, amount + 1)])


def failing_by_order(rig: Kept, amount: int) -> None:
    """Report so many errors for 100 orders."""
    rejecting(rig, 0)
    failing(rig, amount)


def refusing(rig: Kept, amount: int) -> None:
    """Have so many of 100 requests refused, the last ones."""
    for number in range(1, 101):
        rig.wait(SECOND // 100)
        rig.give(submit(number, quantity=number if number <= 100 - amount else 950))


def sending(rig: Kept, amount: int) -> None:
    """Send so many orders at once."""
    for number in range(1, amount + 1):
        rig.give(submit(number, quantity=number))


def spending(rig: Kept, amount: int) -> None:
    """Send orders of so many dollars."""
    rig.give(submit(1, quantity=amount))


def fearing(rig: Kept, amount: int) -> None:
    """Say so high an index."""
    rig.give(OutsideValue("vix", Millionths(amount * 1_000_000), NO_TIME))


TRIGGERS: Final[dict[str, tuple[str, Giver, int]]] = {
    "S0-CB-01 drawdown": ("drawdown > 0.0005", losing, 5),
    "S4-CB-01 daily loss": ("daily_pnl < -0.0005", losing, 5),
    "control 21 loss rate": ("loss_rate_1m > 0.0005", losing, 5),
    "S4-CB-02 divergence": ("max_divergence > 0.10", diverging, 10),
    "S4-CB-03 error count": ("error_count_1h > 10", failing, 10),
    "S0-CB-03 error rate": ("error_rate > 1%", failing_by_order, 1),
    "control 35 reject rate": ("reject_rate > 1%", rejecting, 1),
    "control 35 refusal rate": ("refusal_rate > 5%", refusing, 5),
    "Knight order rate": ("order_rate > 50", sending, 50),
    "Knight notional rate": ("notional_rate > 50", spending, 50),
    "S0-CB-04 vix": ("vix > 40", fearing, 40),
}


@pytest.mark.parametrize("name", TRIGGERS)
def test_each_trigger_holds_one_beyond_its_limit_and_not_at_it(name: str) -> None:
    """S0-CB-01..05, S4-CB-01..03: limit - 1, limit, limit + 1, and after a restart."""
    condition, give, at_limit = TRIGGERS[name]
    for amount in (at_limit - 1, at_limit, at_limit + 1):
        rig = a_rig(OutsideValue("vix", Millionths(1), NO_TIME), breaker(condition))
        give(rig, amount)
        rig.wait(SECOND // 10)
        rig.give(TimePassed())
        halted = amount > at_limit
        for _ in range(2):
            standing = rig.machine.gate.breakers.standings["test"]
            assert (standing.state is HALTED) == halted, f"{amount} of {condition}"
            rig.restart()
        rig.wait(SECOND)
        failed = [check for check, *_ in refusals(rig.give(submit(990, quantity=1)))]
        assert ("breaker_halted" in failed) == halted


def test_a_breached_position_limit_trips_as_well() -> None:
    """S0-CB-02: what the market makes of a position that was within its limit when it was taken."""
    rig = a_rig(breaker("gross_exposure > 0.0102", "position"), *lose(100))
    assert changes(rig.give(quote(101, 103))) == []
    rig.wait(SECOND)
    assert changes(rig.give(quote(101, 103))) == []  # 102.00 of 10,001.00
    assert changes(rig.give(quote(103, 105))) == []
    rig.wait(SECOND)
    assert changes(rig.give(TimePassed())) == [("position", "firm", HALTED)]


@pytest.mark.parametrize("condition", ["drawdown > 0.5", "daily_pnl < -0.5", "loss_rate_1m > 0.5"])
def test_a_trigger_on_losses_trips_where_a_mark_is_missing(condition: str) -> None:
    """Invariant 11: missing and stale count as holding."""
    rig = a_rig(breaker(condition), *lose(100))
    rig.give(quote(0, 0))
    rig.wait(SECOND)
    outputs = rig.give(TimePassed())
    assert changes(outputs) == [("test", "firm", HALTED)]
    cause = [one.cause for one in outputs if isinstance(one, BreakerChanged)]
    assert cause[0].endswith("not known")


def test_system_error_is_so_for_an_hour_after_anything_of_ours_failed() -> None:
    """S4-CFG-01, `system_error`: errors, faults of reports, strategies that raise."""
    for given in (ERROR, accepted(77), StrategyFailed(StrategyId(1), "zero")):
        rig = a_rig(*watched("error_count_1h"), breaker("system_error"))
        assert measured(rig, "system_error") == 0
        assert changes(rig.give(given)) == [("test", "firm", HALTED)]
        rig.wait(60 * MINUTE)
        assert measured(rig, "system_error") == 1
        rig.wait(2 * MINUTE)
        assert measured(rig, "system_error") == 0


def test_counts_are_those_of_their_scope() -> None:
    """Control 35: another strategy's rejects are not one's own."""
    own = Scope(STRATEGY.kind, "strategy 2")
    scopes = (FIRM, MAIN, STRATEGY, own, VENUE_SCOPE, INSTRUMENT)
    rig = a_rig(*[breaker("order_rate > 5", str(scope), scope=scope) for scope in scopes])
    rig.give(*[submit(number, quantity=number) for number in (1, 2)])
    rig.give(submit(3, quantity=1, instrument=InstrumentId(2)))
    rig.give(submit(1001, quantity=3, strategy=StrategyId(2)))
    counts = [measured(rig, "order_rate", scope) for scope in scopes]
    assert counts == [4, 4, 3, 1, 4, 3]


def test_an_error_is_the_firms_and_that_of_the_strategy_that_it_names() -> None:
    """S4-CB-03: the source is a name."""
    rig = a_rig(
        *[breaker("error_count_1h > 10", str(scope), scope=scope) for scope in (FIRM, STRATEGY)]
    )
    rig.give(ERROR, ErrorReported("strategy 1", "late"))
    assert [measured(rig, "error_count_1h", scope) for scope in (FIRM, STRATEGY)] == [2, 1]


def test_values_are_said_as_people_read_them() -> None:
    """The cause of a trip is for a person."""
    said = measuring.said({"a": (-31, 1000), "b": None, "c": (1, 3), "d": (7, 1), "e": (-1, 10**9)})
    assert said == "a -0.031, b not known, c 0.333333, d 7, e 0"


def test_an_ordered_halt_needs_no_measure() -> None:
    """A person's order holds whatever is measured."""
    rig = a_rig(order(HALTED))
    assert not passes(rig, submit(1))
    assert rig.machine.next_due() is None


def test_time_is_the_machines_alone() -> None:
    """Two machines that are given the same measure the same."""
    rig = a_rig(*watched("data_age"), submit(1))
    rig.wait(5)
    assert measured(rig, "data_age") == 0  # no input has told the machine that time went by
    rig.give(TimePassed())
    assert measured(rig, "data_age") == Nanos(5)
