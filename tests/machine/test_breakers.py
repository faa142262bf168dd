"""Steps of breakers and dynamic limits: defined, tripped, let go, escalated, ordered by persons."""

from typing import Any, Final

import pytest

from fairlead.model.inputs import (
    BreakerCommand,
    BreakerDefinition,
    DynamicLimitDefinition,
    ErrorReported,
    Input,
    InstrumentRenamed,
    OutsideValue,
    TimePassed,
)
from fairlead.model.outputs import (
    BreakerChanged,
    BreakerEscalated,
    CancelOrder,
    InputRefused,
    KillEngaged,
    OrderCanceled,
    Output,
)
from fairlead.model.risk import FIRM, Breaker, Scope
from fairlead.model.risk_terms import (
    BreakerState,
    KillMode,
    LimitKind,
    ResetPolicy,
    ScopeKind,
)
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Millionths, Nanos, OrderId, StrategyId
from tests.machine.build import (
    NO_TIME,
    SECOND,
    Rig,
    accepted,
    cancel_rejected,
    canceled,
    only,
    submit,
)
from tests.machine.governed import approval, proposed
from tests.machine.risk.limited import (
    INSTRUMENT,
    MAIN,
    MINUTE,
    RELEASE,
    STRATEGY,
    VENUE_SCOPE,
    Kept,
    a_rig,
    at_bid,
    breaker,
    changes,
    day,
    dynamic,
    lose,
    millionths,
    order,
    passes,
    refusals,
)

ACTIVE, WARNING, RECOVERY = BreakerState.ACTIVE, BreakerState.WARNING, BreakerState.RECOVERY
HALTED, REDUCE_ONLY = BreakerState.HALTED, BreakerState.REDUCE_ONLY
NEXT_DAY, COOL_DOWN = ResetPolicy.NEXT_DAY, ResetPolicy.COOL_DOWN
NOWHERE: Final = Scope(ScopeKind.ACCOUNT, "nobody's")


def vix(value: str | None) -> OutsideValue:
    """Return a volatility index, or that nobody knows it."""
    return OutsideValue("vix", None if value is None else millionths(value), NO_TIME)


def refused(outputs: list[Output]) -> str:
    """Return why an input was refused."""
    return only(InputRefused, outputs).reason


def second(rig: Rig, given: Input) -> list[Output]:
    """Return what comes of a change that a second person approves."""
    return rig.give(approval(proposed(rig.give(given))))


# --- definitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "scope", "error"),
    [
        ("daily_pln < -0.03", FIRM, "1:1: found the unknown name 'daily_pln'"),
        ("daily_pnl <", FIRM, "1:12: found the end"),
        ("daily_pnl < 2h", FIRM, "1:13: found a duration"),
        ("daily_pnl < -0.03", VENUE_SCOPE, "1:1: found the unknown name 'daily_pnl'"),
        ("var_utilisation > 0.9", FIRM, "1:1: found the unknown name 'var_utilisation'"),
        ("error_rate > 0.01", INSTRUMENT, "1:1: found the unknown name 'error_rate'"),
        ("data_age > 5", FIRM, "1:12: found a number"),
    ],
)
def test_a_condition_that_means_nothing_is_refused_with_its_place(
    condition: str, scope: Scope, error: str
) -> None:
    """S4-RISK-07, B-RISK-15: unknown names and wrong units fail at load, with line and column."""
    reason = refused(a_rig().give(breaker(condition, scope=scope)))
    assert reason.startswith(f"breaker 'test': {error}")
    dynamic_reason = refused(a_rig().give(dynamic(condition, LimitKind.GROSS, "1", scope)))
    assert dynamic_reason.startswith(f"dynamic limit 'test': {error}")
    recovered = breaker("vix > 40", scope=scope, recovered=condition)
    assert refused(a_rig().give(recovered)).startswith(f"breaker 'test': {error}")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (BreakerDefinition(Breaker("x", FIRM, "vix > 1"), " ", "r"), "it names no person"),
        (BreakerDefinition(Breaker("x", NOWHERE, "vix > 1"), "ann", "r"), "account nobody's"),
        (
            DynamicLimitDefinition(dynamic("vix > 1", LimitKind.GROSS, "1").dynamic, "", "r"),
            "it names no person",
        ),
        (dynamic("vix > 1", LimitKind.GROSS, "1", NOWHERE), "account nobody's is not known"),
        (dynamic("vix > 1", LimitKind.GROSS, "1", name=" "), "it has no name or no limit"),
        (breaker("vix > 1", "loss_day"), "'loss_day' is no name for a breaker"),
        (breaker("vix > 1", "ordered"), "'ordered' is no name for a breaker"),
        (BreakerCommand(FIRM, HALTED, "ann", " "), "it names no person or no reason"),
        (BreakerCommand(FIRM, HALTED, " ", "why"), "it names no person or no reason"),
        (BreakerCommand(NOWHERE, HALTED, "ann", "why"), "account nobody's is not known"),
        (RELEASE, "nothing has tripped in firm"),
        (OutsideValue("two words", None, NO_TIME), "'two words' is no name for one"),
        (OutsideValue("drawdown", None, NO_TIME), "'drawdown' is no name for one"),
        (OutsideValue("and", None, NO_TIME), "'and' is no name for one"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(given: Input, reason: str) -> None:
    """Errors of persons are values."""
    assert refused(a_rig().give(given)).startswith(reason)


def test_the_memory_for_outside_values_is_bounded() -> None:
    """Invariant 14."""
    rig = a_rig()
    for number in range(1_000):
        assert rig.give(OutsideValue(f"v{number}", None, NO_TIME)) == []
    assert refused(rig.give(OutsideValue("one_more", None, NO_TIME))) == "there are 1000 already"
    assert rig.give(OutsideValue("v7", Millionths(1), NO_TIME)) == []


def test_a_breaker_keeps_its_scope_and_its_state_when_it_is_defined_anew() -> None:
    """A definition is no way out of a halt."""
    rig = a_rig(vix("41"), breaker("vix > 40"))
    assert refused(rig.give(breaker("vix > 40", scope=MAIN))) == "breaker 'test' is that of firm"
    assert changes(second(rig, breaker("vix > 50"))) == []
    assert refusals(rig.give(submit(1)))[0][0] == "breaker_halted"
    assert changes(rig.give(RELEASE)) == [("test", "firm", ACTIVE)]


# What of a breaker may be made stricter by one person, and how far.
STRICT: Final[dict[str, Any]] = {
    "condition": "vix > 40",
    "state": REDUCE_ONLY,
    "reset": COOL_DOWN,
    "cool_down": Nanos(60),
    "recovered": "vix < 38",
    "recovery": Nanos(60),
    "size_share": Millionths(400_000),
    "collar_share": Millionths(400_000),
    "trips_max": 3,
}


@pytest.mark.parametrize(
    ("name", "stricter", "looser"),
    [
        ("state", HALTED, WARNING),
        ("cool_down", Nanos(61), Nanos(59)),
        ("recovery", Nanos(61), Nanos(59)),
        ("size_share", Millionths(399_999), Millionths(400_001)),
        ("collar_share", Millionths(399_999), Millionths(400_001)),
        ("trips_max", 2, 4),
        ("trips_max", 1, 0),
        ("condition", "vix > 40", "vix > 39"),
        ("recovered", "vix < 38", ""),
        ("flatten", True, None),
        ("kills", True, None),
    ],
)
def test_what_is_stricter_needs_one_person_and_anything_else_two(
    name: str, stricter: object, looser: object
) -> None:
    """Control 48: nobody knows which of two conditions is stricter, so another one needs two."""
    rig = a_rig(vix("12"), breaker(**STRICT))
    assert rig.give(breaker(**{**STRICT, name: stricter})) == []
    other = STRICT if looser is None else {**STRICT, name: looser}
    held = rig.machine.gate.breakers.standings["test"].trip
    waits = proposed(rig.give(breaker(**other)))
    assert waits.what == "breaker test"
    assert refused(rig.give(breaker(**other))) == "the same change waits as 1 already"
    assert rig.machine.gate.breakers.standings["test"].trip is held
    rig.give(approval(waits))
    assert rig.machine.gate.breakers.standings["test"].trip is not held


# --- tripping -------------------------------------------------------------------------------------


def test_a_breaker_that_halts_cancels_what_works_in_its_scope_and_blocks_what_is_new() -> None:
    """S0-CB-06, S0-CB-07: with the input that trips it; others trade on."""
    rig = a_rig(vix("40"), breaker("vix > 40", scope=STRATEGY))
    rig.give(submit(1), accepted(1), submit(2, strategy=StrategyId(2), price=99), accepted(2))
    rig.give(submit(3, price=97), accepted(3))
    outputs = rig.give(vix("40.000001"))
    changed = only(BreakerChanged, outputs)
    assert (changed.before, changed.after) == (ACTIVE, HALTED)
    assert changed.cause == "vix > 40: vix 40.000001"
    assert [one.order for one in outputs if isinstance(one, CancelOrder)] == [1, 3]
    assert refusals(rig.give(submit(4))) == [("breaker_halted", None, None, "strategy strategy 1")]
    assert passes(rig, submit(5, strategy=StrategyId(2)))


def test_a_cancel_that_a_venue_turns_down_is_asked_for_again_while_the_scope_is_halted() -> None:
    """A halt is over what works, not over what was asked of it."""
    rig = a_rig(vix("20"), breaker("vix > 40"))
    rig.give(submit(1), accepted(1), vix("41"), cancel_rejected(1))
    assert rig.status(1) is Status.OPEN
    rig.wait(SECOND)
    assert only(CancelOrder, rig.give(TimePassed())).order == 1
    rig.give(canceled(1))
    rig.wait(10 * SECOND)
    assert rig.give(TimePassed()) == []


def test_what_waits_in_the_machine_is_canceled_too() -> None:
    """A stop that a halt leaves behind would go off later."""
    rig = a_rig(submit(1), accepted(1), submit(2, after=OrderId(1)))
    outputs = rig.give(order(HALTED))
    assert [one.order for one in outputs if isinstance(one, OrderCanceled)] == [2]
    assert [one.order for one in outputs if isinstance(one, CancelOrder)] == [1]


def test_what_cannot_be_measured_trips() -> None:
    """Invariant 11: a missing `vix` is not a calm market."""
    rig = a_rig(vix("12"), breaker("vix > 40"))
    assert passes(rig, submit(1))
    outputs = rig.give(vix(None))
    assert changes(outputs) == [("test", "firm", HALTED)]
    assert only(BreakerChanged, outputs).cause == "vix > 40: vix not known"
    assert changes(a_rig().give(breaker("vix > 40"))) == [("test", "firm", HALTED)]


def test_a_stricter_breaker_goes_over_a_laxer_one_and_each_is_let_go_by_itself() -> None:
    """S0-CB-07: warning, then open."""
    rig = a_rig(vix("12"), breaker("vix > 30", "warn", state=WARNING), breaker("vix > 40", "open"))
    assert changes(rig.give(vix("35"))) == [("warn", "firm", WARNING)]
    assert changes(rig.give(vix("45"))) == [("open", "firm", HALTED)]
    assert changes(rig.give(vix("35"), order(ACTIVE))) == [("open", "firm", ACTIVE)]
    assert rig.machine.gate.breakers.state(rig.machine.gate.tree.firm) is WARNING


# --- letting go -----------------------------------------------------------------------------------


def test_a_daily_loss_halts_until_the_next_session_of_the_calendar() -> None:
    """S4-CB-01: daily_pnl < -0.03, reset next_trading_day."""
    rig = a_rig(breaker("daily_pnl < -0.0005", "Daily Loss", reset=NEXT_DAY), day(20240809))
    rig.give(*lose(500))
    assert passes(rig, submit(2, quantity=1))
    assert changes(rig.give(at_bid(98))) == []
    rig.wait(SECOND // 10)
    assert changes(rig.give(TimePassed())) == [("Daily Loss", "firm", HALTED)]
    rig.wait(60 * 60 * SECOND)  # a weekend
    rig.give(at_bid(105))
    assert refused(rig.give(day(20240809))).startswith("session_date 20240809 does not follow")
    assert refusals(rig.give(submit(3, quantity=1)))[0][0] == "breaker_halted"
    rig.restart()
    assert changes(rig.give(day(20240812))) == [("Daily Loss", "firm", ACTIVE)]
    assert passes(rig, submit(4, quantity=1))


def test_a_position_divergence_halts_until_a_person_says_so_and_not_while_it_is_open() -> None:
    """S4-CB-02, S4-CB-03: reset manual, by a named person with a reason."""
    rig = a_rig(breaker("error_count_1h > 10", "Error Count"))
    error = ErrorReported("gateway", "no route")
    assert changes(rig.give(*[error] * 10)) == []
    assert changes(rig.give(error)) == [("Error Count", "firm", HALTED)]
    reason = refused(rig.give(RELEASE))
    assert reason == "breaker 'Error Count' still holds: error_count_1h > 10: error_count_1h 11"
    rig.restart()
    rig.wait(59 * MINUTE)
    assert refused(rig.give(RELEASE)) == reason
    rig.wait(2 * MINUTE)
    assert refusals(rig.give(submit(1)))[0][0] == "breaker_halted"  # it does not let go by itself
    rig.give(order(ACTIVE, reason=""))
    assert refusals(rig.give(submit(2)))[0][0] == "breaker_halted"
    changed = only(BreakerChanged, rig.give(RELEASE))
    assert (changed.after, changed.cause) == (ACTIVE, "ann: seen to")
    assert passes(rig, submit(3))


def cooling(*inputs: Input, **terms: Any) -> Kept:
    """Return a machine with a breaker that lets go after fifteen minutes below 38."""
    cool: dict[str, Any] = {"reset": COOL_DOWN, "cool_down": Nanos(15 * MINUTE)}
    made = breaker("vix > 40", "open", recovered="vix < 38", **{**cool, **terms})
    return a_rig(vix("12"), made, *inputs)


def test_a_breaker_cools_down_with_hysteresis() -> None:
    """S0-CB-07: 15 minutes and 2 points; what rises in between begins again."""
    rig = cooling(vix("41"), vix("39"))
    rig.wait(60 * MINUTE)
    assert changes(rig.give(TimePassed())) == []
    assert changes(rig.give(vix("37.999999"))) == []
    rig.wait(15 * MINUTE - 1)
    assert changes(rig.give(TimePassed())) == []
    assert changes(rig.give(vix("38"), vix("37"))) == []
    rig.restart()
    rig.wait(15 * MINUTE - 1)
    assert changes(rig.give(TimePassed())) == []
    assert rig.machine.next_due() == rig.time + 1
    rig.wait(1)
    assert changes(rig.give(TimePassed())) == [("open", "firm", ACTIVE)]
    # Nothing but that the value is believed for a day.
    assert rig.machine.next_due() == rig.time - 15 * MINUTE + 24 * 60 * MINUTE + 1


def test_after_a_recovery_with_smaller_sizes_it_is_active_again() -> None:
    """S0-CB-07: Circuit Open -> Recovery -> Normal, each a fact."""
    rig = cooling(recovery=Nanos(MINUTE))
    rig.give(vix("41"), vix("37"))
    rig.wait(15 * MINUTE)
    assert changes(rig.give(TimePassed())) == [("open", "firm", RECOVERY)]
    assert refusals(rig.give(submit(1, quantity=451)))[0][0] == "order_quantity_max"
    assert passes(rig, submit(2, quantity=450))
    rig.wait(MINUTE - 1)
    assert changes(rig.give(TimePassed())) == []
    rig.wait(1)
    assert changes(rig.give(TimePassed())) == [("open", "firm", ACTIVE)]


def test_it_trips_again_out_of_its_recovery() -> None:
    """S0-CB-07: a re-trip is a trip."""
    rig = cooling(recovery=Nanos(MINUTE))
    rig.give(vix("41"), vix("37"))
    rig.wait(15 * MINUTE)
    rig.give(TimePassed())
    assert changes(rig.give(vix("41"))) == [("open", "firm", HALTED)]
    assert rig.machine.gate.breakers.standings["open"].trips == 2


def test_a_breaker_stays_with_an_instrument_that_is_renamed() -> None:
    """A new name is no way out of a halt, and what was counted stays counted."""
    rig = a_rig(vix("12"), breaker("vix > 40 or order_rate > 2", scope=INSTRUMENT))
    rig.give(order(REDUCE_ONLY, INSTRUMENT), vix("41"))
    rig.give(InstrumentRenamed(InstrumentId(1), "NEW", "r1"))
    halted = ("breaker_halted", None, None, "instrument NEW")
    assert refusals(rig.give(submit(1))) == [halted]
    renamed = Scope(ScopeKind.INSTRUMENT, "NEW")
    rig.give(vix("12"))
    assert changes(rig.give(order(ACTIVE, renamed))) == [
        ("test", "instrument NEW", ACTIVE),
        ("ordered", "instrument NEW", ACTIVE),
    ]
    rig.give(*[submit(number, quantity=number) for number in (2, 3, 4)])
    assert refusals(rig.give(submit(5))) == [halted]


# --- escalation -----------------------------------------------------------------------------------


def trip_and_release(rig: Rig, times: int) -> list[Output]:
    """Trip a breaker that a person lets go each time."""
    outputs: list[Output] = []
    for _ in range(times):
        outputs += rig.give(vix("41"), vix("12"), RELEASE)
    return outputs


def test_one_trip_more_than_its_most_within_a_day_kills_the_scope() -> None:
    """S0-CB-07: repeated trips escalate to a kill."""
    rig = a_rig(vix("12"), breaker("vix > 40", "open", scope=MAIN, trips_max=2), day(20240808))
    outputs = [one for _ in range(2) for one in rig.give(vix("41"), vix("12"), order(ACTIVE, MAIN))]
    assert not [one for one in outputs if isinstance(one, BreakerEscalated | KillEngaged)]
    rig.restart()
    outputs = rig.give(vix("41"))
    assert only(BreakerEscalated, outputs) == BreakerEscalated("open", MAIN, 3)
    engaged = only(KillEngaged, outputs)
    assert (engaged.scope, engaged.mode) == (MAIN, KillMode.CANCEL)
    assert (engaged.person, engaged.source) == ("breaker open", "breaker")
    rig.give(vix("12"), order(ACTIVE, MAIN))
    assert refusals(rig.give(submit(1))) != []  # a kill stays a kill


def test_trips_are_counted_per_trading_day_and_0_counts_none() -> None:
    """S0-CB-07: yesterday's trips are yesterday's."""
    rig = a_rig(vix("12"), breaker("vix > 40", "open", trips_max=1), day(20240808))
    outputs = trip_and_release(rig, 1) + rig.give(day(20240809)) + trip_and_release(rig, 1)
    assert not [one for one in outputs if isinstance(one, BreakerEscalated)]
    assert only(BreakerEscalated, trip_and_release(rig, 1)).trips == 2
    rig = a_rig(vix("12"), breaker("vix > 40", "open", trips_max=0))
    assert not [one for one in trip_and_release(rig, 9) if isinstance(one, BreakerEscalated)]


@pytest.mark.parametrize(
    ("terms", "mode"),
    [({"kills": True}, KillMode.CANCEL), ({"flatten": True}, KillMode.FLATTEN)],
)
def test_a_breaker_may_kill_at_once(terms: dict[str, bool], mode: KillMode) -> None:
    """S0-KILL-01, S4-RISK-14: catastrophic loss; flatten is off by default."""
    rig = a_rig(vix("12"), breaker("vix > 40", "open", **terms), *lose(100))
    engaged = only(KillEngaged, rig.give(vix("41")))
    assert (engaged.scope, engaged.mode) == (FIRM, mode)


# --- persons --------------------------------------------------------------------------------------


def test_a_person_may_restrict_a_scope_and_let_it_go() -> None:
    """Control 40: what is ordered stands beside what has tripped."""
    rig = a_rig(vix("12"), breaker("vix > 40", "open", scope=MAIN))
    assert changes(rig.give(order(REDUCE_ONLY, MAIN))) == [("ordered", str(MAIN), REDUCE_ONLY)]
    assert refused(rig.give(order(REDUCE_ONLY, MAIN))) == f"{MAIN} is reduce_only already"
    assert changes(rig.give(order(WARNING, MAIN))) == [("ordered", str(MAIN), WARNING)]
    rig.give(vix("41"), vix("12"))
    rig.restart()
    assert changes(rig.give(order(ACTIVE, MAIN))) == [
        ("open", str(MAIN), ACTIVE),
        ("ordered", str(MAIN), ACTIVE),
    ]


# --- regimes --------------------------------------------------------------------------------------


def walk(rig: Rig, moves: list[int]) -> list[tuple[str, str, BreakerState]]:
    """Return what changes while the bid moves along, half a second apart."""
    found: list[tuple[str, str, BreakerState]] = []
    for price in moves:
        rig.wait(SECOND // 2)
        found += changes(rig.give(at_bid(price)))
    rig.wait(SECOND)
    return found + changes(rig.give(TimePassed()))


def test_a_crash_halts_and_normal_volatility_that_loses_as_much_does_not() -> None:
    """S0-RISK-14: two series from 99 to 91; one in seconds and under a high index, one all day."""
    guards = (
        breaker("loss_rate_1m > 0.0005", "crash", state=REDUCE_ONLY),
        breaker("drawdown > 0.001 or (vix > 30 and drawdown > 0.0005)", "regime"),
    )
    calm = a_rig(vix("14"), *guards, *lose(100))
    slow = [99, 98, 99, 97, 98, 96, 97, 95, 94, 95, 93, 92, 93, 91]
    series = [price for each in slow for price in [each] * 100]  # 50 seconds at each price
    assert walk(calm, series) == []
    crash = a_rig(vix("36"), *guards, *lose(100))
    assert walk(crash, [98, 96, 95, 94, 93, 92, 91]) == [
        ("crash", "firm", REDUCE_ONLY),
        ("regime", "firm", HALTED),
    ]
