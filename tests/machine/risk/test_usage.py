"""Layers 2 and 3: each limit at it and one beyond; and in any session none is ever exceeded."""

import os
from typing import Final

import msgspec
import pytest

from fairlead.model.inputs import (
    BookGap,
    Input,
    InstrumentRenamed,
    ParentRequest,
    ProfileChange,
    Quote,
    RiskLimitChange,
)
from fairlead.model.outputs import (
    Approved,
    LimitAlert,
    OrderRefused,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.risk import FIRM, Limit, Profile, Scope
from fairlead.model.risk_terms import AlertLevel, LimitKind, ScopeKind
from fairlead.model.units import InstrumentId, Millionths, Money, Nanos, Quantity
from tests.machine.build import (
    BUY,
    SECOND,
    SELL,
    Rig,
    accepted,
    canceled,
    filled,
    limits,
    only,
    quote,
    rate,
    rejected,
    strategy,
    submit,
)
from tests.machine.hostile_session import Session
from tests.machine.risk import brute

# The account has 10,000.00, prices are 100 increments (1.00 each), a lot is worth 1.00.
EQUITY: Final = 1_000_000  # in cents
MAIN: Final = Scope(ScopeKind.ACCOUNT, "account 1")
SCOPES: Final = (
    FIRM,
    MAIN,
    Scope(ScopeKind.STRATEGY, "strategy 1"),
    Scope(ScopeKind.VENUE, "VENUE"),
    Scope(ScopeKind.INSTRUMENT, "ABCUSD"),
)


def limit(kind: LimitKind, hard: float, window: int = 0, scope: Scope = MAIN) -> RiskLimitChange:
    """Return a limit of a scope, in whole units."""
    made = Limit(kind, Millionths(round(hard * 1_000_000)), window=Nanos(window))
    return RiskLimitChange(scope, (made,), "ann", "as agreed")


def a_rig(*inputs: Input) -> Rig:
    """Return a machine whose own instrument limits are out of the way."""
    wide = {
        "order_quantity_max": Quantity(900),
        "order_notional_max": Money(10**9),
        "position_quantity_max": Quantity(10**6),
        "reference_age_max": Nanos(100 * SECOND),
    }
    return Rig(limits(1, **wide), limits(2, **wide), rate(1_000, 100), *inputs)


def passes(rig: Rig, *inputs: Input) -> bool:
    """Return whether the last input let an order out."""
    outputs = rig.give(*inputs)
    return any(isinstance(output, SendOrder | ReplaceOrder) for output in outputs)


# kind, the limit in whole units, the largest buy at 100 that passes, the name of the check
AT_THE_LIMIT: Final = [
    (LimitKind.POSITION_QUANTITY, 30, 30, "position_quantity"),
    (LimitKind.POSITION_VALUE, 30, 30, "position_value"),
    (LimitKind.POSITION_SHARE, 0.003, 30, "position_share"),
    (LimitKind.GROSS, 30, 30, "gross"),
    (LimitKind.GROSS_SHARE, 0.003, 30, "gross_share"),
    (LimitKind.NET_LONG_SHARE, 0.003, 30, "net_long_share"),
    (LimitKind.SECTOR, 30, 30, "sector"),
    (LimitKind.SECTOR_SHARE, 0.003, 30, "sector_share"),
    (LimitKind.CURRENCY_SHARE, 0.003, 30, "currency_share"),
    (LimitKind.CAPITAL, 30, 30, "capital"),
    (LimitKind.VALUE_DAY, 30, 30, "value_day"),
    (LimitKind.QUANTITY_DAY, 30, 30, "quantity_day"),
]
IDS: Final = [name for _, _, _, name in AT_THE_LIMIT]


@pytest.mark.parametrize(("kind", "hard", "most", "check"), AT_THE_LIMIT, ids=IDS)
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_at_the_limit_an_order_passes_and_one_beyond_it_is_refused(
    scope: Scope, kind: LimitKind, hard: float, most: int, check: str
) -> None:
    """Controls 7, 8, 9, 17; S0-RISK-01..04, S1-RISK-02..05, S4-RISK-05, S4-RISK-08, S4-RISK-11."""
    assert passes(a_rig(limit(kind, hard, scope=scope)), submit(1, BUY, most, 100))
    rig = a_rig(limit(kind, hard, scope=scope))
    assert list(rig.refused(submit(1, BUY, most + 1, 100))) == [check]
    assert passes(rig, submit(2, BUY, most - 1, 100))


@pytest.mark.parametrize(("kind", "hard", "most", "check"), AT_THE_LIMIT, ids=IDS)
def test_two_orders_never_use_the_same_headroom(
    kind: LimitKind, hard: float, most: int, check: str
) -> None:
    """B-RISK-02, B-RISK-10: what works is counted from its approval on."""
    rig = a_rig(limit(kind, hard))
    assert passes(rig, submit(1, BUY, most - 10, 100))
    assert check in rig.refused(submit(2, BUY, 11, 100))
    assert passes(rig, submit(3, BUY, 10, 100))
    assert check in rig.refused(submit(4, BUY, 1, 100))


def test_headroom_comes_back_when_an_order_is_gone() -> None:
    """Control 7 counts at the send and gives back what was rejected alone."""
    rig = a_rig(limit(LimitKind.GROSS, 30), limit(LimitKind.VALUE_DAY, 60))
    rig.give(submit(1, BUY, 30, 100), accepted(1), canceled(1))
    assert passes(rig, submit(2, BUY, 30, 100))
    rig.give(rejected(2))
    assert passes(rig, submit(3, BUY, 30, 100))
    assert "value_day" in rig.refused(submit(4, BUY, 1, 100))


def test_a_short_position_is_held_by_its_own_side() -> None:
    """B-RISK-01: sells count against the short side, long and short separately."""
    rig = a_rig(limit(LimitKind.POSITION_QUANTITY, 30), limit(LimitKind.NET_SHORT_SHARE, 0.003))
    assert passes(rig, submit(1, BUY, 30, 100), submit(2, SELL, 30, 100))
    refused = rig.refused(submit(3, SELL, 1, 100))
    assert refused == {
        "position_quantity": (31, 30),
        "net_short_share": (3_100, 3_000),
    }


def test_what_reduces_passes_where_only_increasing_is_forbidden() -> None:
    """B-RISK-08: a breach never blocks the way back."""
    rig = a_rig()
    rig.give(submit(1, BUY, 50, 100), accepted(1), filled(1, 50, "e1", 100))
    rig.give(
        limit(LimitKind.GROSS, 10),
        limit(LimitKind.POSITION_SHARE, 0.001),
        limit(LimitKind.SECTOR_SHARE, 0.001),
        limit(LimitKind.VALUE_DAY, 1),
    )
    assert {"gross", "position_share", "sector_share"} <= set(rig.refused(submit(2, BUY, 1, 100)))
    assert passes(rig, submit(3, SELL, 50, 100))
    assert "gross" not in rig.refused(submit(4, SELL, 1, 100))  # past flat at worst, no larger
    assert "value_day" in rig.refused(submit(5, SELL, 1, 100))


@pytest.mark.parametrize("kind", [LimitKind.GROSS, LimitKind.CAPITAL, LimitKind.SECTOR_SHARE])
def test_without_its_own_price_an_order_is_not_taken_for_one_that_adds_nothing(
    kind: LimitKind,
) -> None:
    """B-RISK-03, B-RISK-05: the check itself says no, whatever else does."""
    rig = a_rig(limit(kind, 1_000_000))
    rig.give(BookGap(InstrumentId(1), "lost"))
    assert kind.name.lower() in rig.refused(submit(1, BUY, 1, 100))


def test_without_a_price_nothing_that_increases_passes() -> None:
    """B-RISK-03, B-RISK-05, invariant 11: unmeasured fails, in other instruments too."""
    rig = a_rig(limit(LimitKind.GROSS_SHARE, 1))
    rig.give(submit(1, BUY, 10, 100, instrument=2), accepted(1, instrument=2))
    assert passes(rig, submit(2, BUY, 10, 100))
    rig.give(BookGap(InstrumentId(2), "lost"))
    assert rig.refused(submit(3, BUY, 10, 100)) == {"gross_share": (None, 1_000_000)}
    rig.give(quote(99, 101, instrument=2))
    assert passes(rig, submit(4, BUY, 10, 100))


def test_equity_falls_with_the_mark_and_takes_the_limit_with_it() -> None:
    """S4-RISK-11: a share is of the equity of now."""
    rig = a_rig(limit(LimitKind.GROSS_SHARE, 0.01))
    rig.give(submit(1, BUY, 90, 100), accepted(1), filled(1, 90, "e1", 100))
    assert passes(rig, submit(2, BUY, 9, 100))
    rig.give(quote(49, 51))
    refused = rig.refused(submit(3, BUY, 110, 50))
    assert list(refused) == ["gross_share"]


def test_the_number_of_positions_counts_what_may_become_one() -> None:
    """S4-RISK-08: max_positions at its worst case."""
    rig = a_rig(limit(LimitKind.POSITIONS, 1))
    assert passes(rig, submit(1, BUY, 1, 100))
    assert rig.refused(submit(2, BUY, 1, 100, instrument=2)) == {"positions": (2, 1)}
    assert passes(rig, submit(3, BUY, 1, 100))


def test_the_value_of_a_window_is_forgotten_when_it_slides_out() -> None:
    """Control 7: cumulative value per window."""
    rig = a_rig(limit(LimitKind.VALUE_WINDOW, 30, SECOND))
    assert passes(rig, submit(1, BUY, 30, 100))
    rig.wait(SECOND - 1)
    assert "value_window" in rig.refused(submit(2, BUY, 1, 100))
    rig.wait(1)
    assert passes(rig, submit(3, BUY, 30, 100))


def test_cash_is_held_back_for_what_already_buys() -> None:
    """Control 18: what is paid in full needs its money free."""
    rig = a_rig(limit(LimitKind.CASH, 9_000))  # spot: 10 at 100.0 is 1,000.00
    assert passes(rig, submit(1, BUY, 100, 100, instrument=2))
    refused = rig.refused(submit(2, BUY, 1, 100, instrument=2))
    assert refused == {"cash_left": (899_000, 900_000)}
    assert passes(rig, submit(3, BUY, 50, 100))  # a perpetual is not paid in full


def test_sectors_are_buckets_and_what_has_none_has_its_own() -> None:
    """S0-RISK-03: an unknown sector is a bucket of its own."""
    rig = a_rig(limit(LimitKind.SECTOR, 30))
    rig.give(ProfileChange(Profile(InstrumentId(1), "tech"), "ann", "known"))
    assert passes(rig, submit(1, BUY, 30, 100), submit(2, BUY, 3, 100, instrument=2))
    rig.give(ProfileChange(Profile(InstrumentId(2), "tech"), "ann", "known"))
    assert "sector" in rig.refused(submit(3, BUY, 1, 100, instrument=2))


def test_alerts_come_at_seventy_percent_once() -> None:
    """Tightest wins, and an alert at 70 % of it (Nasdaq clearing's pre-alert)."""
    rig = a_rig(limit(LimitKind.GROSS, 100))
    assert not [one for one in rig.give(submit(1, BUY, 69, 100)) if isinstance(one, LimitAlert)]
    alert = only(LimitAlert, rig.give(submit(2, BUY, 1, 100)))
    assert (alert.level, alert.measured) == (AlertLevel.WARNING, 70_000_000)
    assert not [one for one in rig.give(submit(3, BUY, 1, 100)) if isinstance(one, LimitAlert)]
    assert only(LimitAlert, rig.give(submit(4, BUY, 29, 100))).level is AlertLevel.HARD


def test_an_order_that_is_refused_raises_no_alarm_about_limits_that_it_would_have_used() -> None:
    """An alarm is of what is, not of what somebody wanted."""
    rig = a_rig(limit(LimitKind.GROSS, 100), limit(LimitKind.POSITION_QUANTITY, 50))
    outputs = rig.give(submit(1, BUY, 90, 100))
    assert [type(output) for output in outputs] == [OrderRefused]
    assert only(LimitAlert, rig.give(submit(2, BUY, 40, 100))).kind is LimitKind.POSITION_QUANTITY


def test_an_instrument_keeps_its_limits_and_its_use_under_another_name() -> None:
    """A rename is of a name alone: the scope's counts go on."""
    rig = a_rig(limit(LimitKind.GROSS, 30, scope=SCOPES[4]))
    assert passes(rig, submit(1, BUY, 20, 100))
    rig.give(InstrumentRenamed(InstrumentId(1), "ABCUSDT", "r1"))
    assert rig.refused(submit(2, BUY, 11, 100)) == {"gross": (3_100, 3_000)}
    assert passes(rig, submit(3, BUY, 10, 100))


def test_the_tightest_scope_wins_and_is_named() -> None:
    """firm > desk > account > strategy > venue > instrument."""
    rig = a_rig(limit(LimitKind.GROSS, 50, scope=FIRM), limit(LimitKind.GROSS, 20, scope=SCOPES[2]))
    refusal = only(OrderRefused, rig.give(submit(1, BUY, 60, 100)))
    scopes = [failed.scope for failed in refusal.failed]
    assert scopes == ["firm", "strategy strategy 1"]


def test_children_never_exceed_their_parent() -> None:
    """Invariant 13, control 5: what works and what is filled, together."""
    rig = a_rig(
        ParentRequest(
            submit(1).strategy, submit(1).order, InstrumentId(1), BUY, Quantity(30), Money(0)
        )
    )
    assert passes(rig, submit(2, BUY, 20, 100, parent=1))
    assert rig.refused(submit(3, BUY, 11, 100, parent=1)) == {"parent_quantity": (31, 30)}
    rig.give(accepted(2), filled(2, 20, "e1", 100))
    assert passes(rig, submit(4, BUY, 10, 100, parent=1))
    rig.give(accepted(4), filled(4, 10, "e2", 100))
    refused = rig.refused(submit(5, BUY, 1, 100, parent=1))
    assert refused == {"parent_open": (None, None), "parent_quantity": (31, 30)}
    assert "parent_known" in rig.refused(submit(6, BUY, 1, 100, parent=99))
    assert "parent_side" in rig.refused(submit(7, SELL, 1, 100, parent=1))


def test_the_number_of_a_parent_is_used_once_whoever_uses_it() -> None:
    """Control 15: neither by another strategy's parent, nor by an order."""
    one, other = submit(1).strategy, strategy(2).strategy
    wanted = (submit(1).order, InstrumentId(1), BUY, Quantity(30), Money(0))
    rig = a_rig(ParentRequest(one, *wanted))
    assert "order_id_new" in rig.refused(ParentRequest(other, *wanted))
    mine = msgspec.structs.replace(submit(1, BUY, 1, 100), strategy=other)
    assert "order_id_new" in rig.refused(mine)


# --- any session -----------------------------------------------------------------------------

SESSIONS: Final = int(os.environ.get("FAIRLEAD_SESSIONS", "60"))
HELD: Final = (
    limit(LimitKind.GROSS_SHARE, 0.004),
    limit(LimitKind.POSITION_SHARE, 0.003, scope=FIRM),
    limit(LimitKind.POSITION_QUANTITY, 25, scope=Scope(ScopeKind.STRATEGY, "strategy 1")),
)


class Watched(Session):
    """A hostile session under limits of scopes, with every sum added up again after each input."""

    def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
        """Give the machine an input, and object where a limit was exceeded by an order."""
        before = brute.gross(self.machine, MAIN) if self.machine.positions.accounts() else 0
        answered = super().say(one, to_twin)
        if self.machine.positions.accounts() and self.machine.state.begun:
            brute.check(self.machine)
            for output in answered:
                # What was due leaves before a quote of the same moment moves the price.
                if isinstance(output, SendOrder) and not isinstance(one, Quote):
                    self._within(output.approved, before)
        return answered

    def _within(self, approved: Approved, before: int | None) -> None:
        here = brute.standings(self.machine, MAIN)[1, approved.instrument]
        buys = approved.side is BUY
        if (here.net + here.buys <= 0) if buys else (here.net - here.sells >= 0):
            return  # it only reduces: it passes although a price has moved beyond the limit
        account = self.machine.positions.accounts()[0]
        node = self.machine.gate.tree.firm
        equity = self.machine.gate.exposure.equity(node, account.account)
        gross = brute.gross(self.machine, MAIN)
        own = brute.standings(self.machine, HELD[2].scope).get((1, approved.instrument))
        self.happened["sent under limits"] += 1
        if gross is not None and equity is not None:
            more = before is None or gross > before  # what adds nothing did not exceed it
            assert gross * 1000 <= 4 * equity or not more, "gross_share exceeded"
        assert own is None or own.worst <= 25


@pytest.mark.parametrize("chunk", range(4))
def test_no_session_ever_exceeds_a_limit_by_an_order(chunk: int) -> None:
    """Invariant 8, at every instant, against sums from nothing; S1-RISK-08."""
    sent = 0
    for seed in range(chunk, SESSIONS, 4):
        session = Watched(seed)
        for held in HELD:
            session.say(held)
        for _ in range(60):
            session.step()
        sent += session.happened["sent under limits"]
    assert sent > SESSIONS / 8
