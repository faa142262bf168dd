"""All layers of risk at once, over any number of hostile sessions; beside them what they found.

`FAIRLEAD_SESSIONS=10000` runs the whole of it; a session that fails says its seed.
"""

import os
from collections import Counter
from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import (
    BookGap,
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    InstrumentRenamed,
    InstrumentSplit,
    ParentRequest,
    ReplaceRequest,
    SubmitRequest,
    TimePassed,
    TradingDayBegan,
)
from fairlead.model.outputs import (
    CancelOrder,
    Disconnect,
    InputRefused,
    Output,
    ReplaceOrder,
    RiskLimitsChanged,
    SendOrder,
)
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import KillMode, LimitKind, ScopeKind
from fairlead.model.units import (
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Quantity,
    Rate,
    Sequence,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    NO_TIME,
    PERPETUAL,
    SECOND,
    UNCONFIRMED,
    Rig,
    accepted,
    cancel_rejected,
    canceled,
    filled,
    limits,
    only,
    quote,
    rejected,
    replace,
    submit,
)
from tests.machine.governed import approval, change, proposed
from tests.machine.risk_sessions import RiskSession
from tests.machine.risk_world import INVERSE
from tests.machine.street import kill

SESSIONS = int(os.environ.get("FAIRLEAD_SESSIONS", "80"))
STEPS = 100
CANARY_SESSIONS = 60
ONE, TWO = InstrumentId(1), InstrumentId(2)


# --- any number of sessions -----------------------------------------------------------------------


def ended(seed: int) -> RiskSession:
    """Return a session that was run to its end; one that fails says its seed."""
    try:
        session = RiskSession(seed)
        session.run(STEPS)
    except Exception as error:
        raise AssertionError(f"seed {seed}, {STEPS} steps: {error}") from error
    return session


@pytest.mark.timeout(120 + SESSIONS // 2)
def test_no_session_gets_beyond_any_layer() -> None:
    """Invariants 8, 11 and 13, B-RISK-01, B-RISK-08, B-KILL-02: against sums from nothing.

    A second machine that only heard what the first one was told answers the same, and the sessions
    were wild enough to mean something.
    """
    happened: Counter[str] = Counter()
    for seed in range(SESSIONS):
        happened.update(ended(seed).auditor.happened)
    for what in ("sent", "held", "refused by a measure"):
        assert happened[what] > 3 * SESSIONS, f"{what} hardly happened: {happened}"
    for check in ("positions", "instruments", "order_quantity", "parent_notional"):
        assert happened[f"no: {check}"] * 10 > SESSIONS, f"{check} hardly failed: {happened}"
    assert happened["replaced"] * 3 > SESSIONS


# --- what they found, each as the shortest story --------------------------------------------------


def ready(*inputs: Input) -> Rig:
    """Return a machine that asks for no statements."""
    return Rig(UNCONFIRMED, limits(reference_age_max=Nanos(10**17)), *inputs)


def parent(quantity: int, notional: int = 0, instrument: int = 1) -> ParentRequest:
    """Return parent 1, which buys."""
    where = (StrategyId(1), OrderId(1), InstrumentId(instrument), BUY)
    return ParentRequest(*where, Quantity(quantity), Money(notional))


def test_a_kill_survives_a_cancel_that_is_rejected_while_sessions_end() -> None:
    """B-KILL-01: what comes late is asked again, whatever step the kill is at."""
    rig = ready(submit(1), accepted(1), kill(FIRM, KillMode.DISCONNECT))
    rig.wait(6 * SECOND)
    assert only(Disconnect, rig.give(TimePassed())).venue == "VENUE"
    rig.give(cancel_rejected(1))
    rig.wait(SECOND)
    assert only(CancelOrder, rig.give(TimePassed())).order == 1


def test_a_book_that_a_split_has_lost_prices_nothing_any_more() -> None:
    """B-RISK-03, invariant 11: although nobody holds what was split, an order works there."""
    rig = ready(change(900, scope=FIRM), submit(1, price=90), accepted(1))
    rig.give(InstrumentSplit(ONE, 3, 2, "s1"))
    assert rig.refused(submit(2, instrument=TWO))["gross"] == (None, 90_000)


def test_a_price_that_comes_back_with_a_fill_is_the_price_of_everybody() -> None:
    """What one strategy traded first must not leave another one without a price."""
    strategy_2 = Scope(ScopeKind.STRATEGY, "strategy 2")
    mine = submit(2, strategy=StrategyId(2))
    rig = ready(change(900, scope=strategy_2), submit(1), mine, accepted(1), accepted(2))
    rig.give(BookGap(ONE, "lost"))
    rig.give(submit(3, instrument=TWO))  # everything is valued anew
    rig.give(quote(99, 101), filled(1, 4, "e1"))
    only(SendOrder, rig.give(submit(4, instrument=TWO, strategy=StrategyId(2))))


def test_a_scope_in_which_nobody_traded_when_its_limit_was_set_is_held_to_it() -> None:
    """B-RISK-02: its values are kept from its first order on, in every instrument."""
    mine: dict[str, Any] = {"strategy": StrategyId(2)}
    rig = ready(change(15, scope=Scope(ScopeKind.STRATEGY, "strategy 2")), submit(1))
    only(SendOrder, rig.give(submit(2, quantity=10, **mine)))
    assert rig.refused(submit(3, quantity=1, instrument=TWO, **mine)) == {"gross": (2_000, 1_500)}


def test_a_day_that_is_said_again_does_not_give_its_headroom_back() -> None:
    """Control 7: the value of a day is counted once, however often the day begins."""
    day = TradingDayBegan(20240808)
    rig = ready(change(10, LimitKind.VALUE_DAY, FIRM), day, submit(1, quantity=10))
    only(InputRefused, rig.give(day))
    assert rig.refused(submit(2, quantity=1)) == {"value_day": (1_100, 1_000)}


@pytest.mark.parametrize(
    ("kind", "whole", "check"),
    [
        (LimitKind.CASH, 9_100, "cash_left"),
        (LimitKind.VALUE_DAY, 900, "value_day"),
        (LimitKind.CAPITAL, 905, "capital"),
    ],
)
def test_a_dearer_price_alone_is_held_too(kind: LimitKind, whole: int, check: str) -> None:
    """B-RISK-02, control 18: 90 at 9.20 are 828 of 10,000 in cash, and at 10.80 they are 972."""
    wide = {"order_notional_max": Money(10**7), "reference_age_max": Nanos(10**17)}
    rig = ready(limits(2, **wide), change(whole, kind, FIRM))
    rig.give(submit(1, quantity=90, price=92, instrument=TWO), accepted(1, 2))
    assert list(rig.refused(replace(1, 90, 108, instrument=TWO))) == [check]


def test_what_was_sent_the_day_before_is_not_taken_back_from_today() -> None:
    """Control 7: a rejection gives back what the present day has counted, and no more."""
    rig = ready(change(20, LimitKind.VALUE_DAY, FIRM), TradingDayBegan(20240808))
    rig.give(submit(1, quantity=10), TradingDayBegan(20240809), submit(2, quantity=20))
    rig.give(rejected(1))
    assert rig.refused(submit(3, quantity=1)) == {"value_day": (2_100, 2_000)}


def test_a_rejection_gives_back_what_was_counted_whatever_its_money_is_worth_now() -> None:
    """Control 7: 10.00 at a rate of 1 are 10.00, also after the rate was 3."""
    where = {"instrument": InstrumentId(4), "symbol": "FAR", "currency": "EUR"}
    far = msgspec.structs.replace(PERPETUAL, **where)
    euros = CurrencyDefinition(AccountId(1), "EUR", Money(0))
    rig = ready(euros, InstrumentDefinition(far), limits(4), change(30, LimitKind.VALUE_DAY, FIRM))
    rig.give(ExchangeRate("EUR", "USD", Rate(RATE_UNIT), NO_TIME), quote(99, 101, instrument=4))
    rig.give(submit(1, quantity=20), submit(2, quantity=10, instrument=far.instrument))
    rig.give(ExchangeRate("EUR", "USD", Rate(3 * RATE_UNIT), NO_TIME), rejected(2, 4))
    assert rig.refused(submit(3, quantity=11)) == {"value_day": (3_100, 3_000)}
    only(SendOrder, rig.give(submit(4, quantity=10)))


def test_an_instrument_that_takes_over_a_name_has_its_own_use_of_limits() -> None:
    """A rename is of a name alone, also where the name was another's."""
    rig = ready(submit(1, quantity=20), InstrumentRenamed(ONE, "NEW", "r1"))
    rig.give(InstrumentRenamed(TWO, "ABCUSD", "r2"))
    rig.give(change(30, scope=Scope(ScopeKind.INSTRUMENT, "ABCUSD")))
    only(SendOrder, rig.give(submit(2, quantity=3, instrument=TWO)))
    found = rig.refused(submit(3, quantity=1, instrument=TWO))
    assert found == {"gross": (4_000, 3_000)}


@pytest.mark.parametrize("waits", ["for its time", "for a second person"])
def test_a_change_that_waits_is_about_its_instrument_under_any_name(waits: str) -> None:
    """B-CFG: what was said of an instrument is not lost with its name, nor another's."""
    scope = Scope(ScopeKind.INSTRUMENT, "ABCUSD")
    rig = ready(change(30, scope=scope))
    if waits == "for its time":
        rig.give(change(20, scope=scope, effective=Nanos(rig.time + SECOND)))
        approving: Input = TimePassed()
    else:
        approving = approval(proposed(rig.give(change(40, scope=scope))))
    rig.give(InstrumentRenamed(ONE, "NEW", "r1"), InstrumentRenamed(TWO, "ABCUSD", "r2"))
    rig.wait(SECOND)
    changed = only(RiskLimitsChanged, rig.give(approving))
    assert changed.scope == Scope(ScopeKind.INSTRUMENT, "NEW")


@pytest.mark.parametrize(("new", "old", "fits"), [(2, 1, 20), (1, 2, 5)])
def test_a_parent_is_split_with_its_children(new: int, old: int, fits: int) -> None:
    """Invariant 13: after a split it allows what it allowed, in the new units."""
    rig = ready(parent(30), submit(2, quantity=20, parent=1), accepted(2), filled(2, 10, "e1"))
    rig.give(canceled(2), InstrumentSplit(ONE, new, old, "s1"), quote(99, 101))
    rig.give(submit(3, quantity=fits, parent=1))
    assert rig.order(3).working
    left = (20 * new // old) - fits
    assert "parent_quantity" in rig.refused(submit(4, quantity=left + 1, parent=1))
    only(SendOrder, rig.give(submit(5, quantity=left, parent=1)))


def test_a_child_counts_at_its_old_price_until_the_venue_knows_the_new_one() -> None:
    """Invariant 13: 16 at 95 may still trade at 100, which is more than 1,550."""
    rig = ready(parent(0, 1_550, 0), submit(2, quantity=10, parent=1), accepted(2))
    assert rig.refused(replace(2, 16, 95)) == {"parent_notional": (1_600, 1_550)}
    only(ReplaceOrder, rig.give(replace(2, 15, 95)))


def test_a_child_in_an_inverse_contract_counts_at_the_lower_price() -> None:
    """The lower its price, the more it is worth: 9 at 90 are 1,000, and 1 at 99 is 102 more."""
    rig = ready(InstrumentDefinition(INVERSE), limits(3), quote(99, 101, instrument=3))
    where = {"instrument": InstrumentId(3)}
    rig.give(parent(0, 1_101, 0), submit(2, BUY, 9, 99, parent=1, **where), accepted(2, 3))
    only(ReplaceOrder, rig.give(replace(2, 9, 90, **where)))
    assert rig.refused(submit(3, BUY, 1, 99, parent=1, **where)) == {
        "parent_notional": (1_102, 1_101)
    }


# --- canaries: the auditor finds what is broken on purpose ----------------------------------------


class Broken(RiskSession):
    """A session in which something is broken while an input is answered."""

    broken = "nothing"

    def __init__(self, seed: int) -> None:
        """Begin under a limit that many orders reach."""
        super().__init__(seed)
        self.say(change(8, LimitKind.POSITION_QUANTITY, FIRM))

    def step(self) -> None:
        """Kill now and then, and want another order changed all the same."""
        super().step()
        if self.chance.randrange(6) == 0:
            self.say(kill(FIRM, KillMode.BLOCK))
            self.change()
            self.release()

    def apply(self, following: Sequence, one: Input) -> list[Output]:
        """Break something, give the machine the input, and mend what was broken."""
        exposure, kills = self.machine.gate.exposure, self.machine.gate.kills
        asks = isinstance(one, SubmitRequest | ReplaceRequest)
        if self.broken == "the reserve is not counted":
            for order in self.machine.orders.all():
                order.reserved = Quantity(0)
                working = exposure.of(order.instrument)
                working.buys = working.sells = Quantity(0)
            for slot in exposure.slots():
                slot.buys = slot.sells = 0
        elif self.broken == "a kill is ignored for replaces" and isinstance(one, ReplaceRequest):
            known, kills._kills = kills._kills, {}
            answered = super().apply(following, one)
            kills._kills = known
            return answered
        elif self.broken == "limits are held against what is, not what may come" and asks:
            works = [(slot, slot.buys, slot.sells) for slot in exposure.slots()]
            for slot in exposure.slots():
                slot.buys = slot.sells = 0
            answered = super().apply(following, one)
            for slot, buys, sells in works:
                slot.buys += buys
                slot.sells += sells
                slot.value_anew()
            return answered
        return super().apply(following, one)


@pytest.mark.parametrize(
    "broken",
    [
        "the reserve is not counted",
        "a kill is ignored for replaces",
        "limits are held against what is, not what may come",
    ],
)
def test_the_sessions_find_what_is_broken_on_purpose(broken: str) -> None:
    """A test that cannot fail is a defect: each of these would be a way past risk."""
    for seed in range(CANARY_SESSIONS):
        session = Broken(seed)
        session.broken = broken
        try:
            for _ in range(STEPS):
                session.step()
        except AssertionError:
            return
    pytest.fail(f"nobody saw that {broken}")


def test_what_the_canaries_run_in_is_sound_as_long_as_nothing_is_broken() -> None:
    """The canaries fail because of what they break."""
    for seed in range(5):
        session = Broken(seed)
        for _ in range(STEPS):
            session.step()
