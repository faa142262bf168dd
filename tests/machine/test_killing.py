"""The kill switch at work: every level and mode, steps that fail, restarts, and what comes late."""

from typing import Any

import msgspec
import pytest

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    Input,
    KillPolicyChange,
    ReleaseCommand,
    StrategyDefinition,
    TimePassed,
)
from fairlead.model.outputs import (
    InputRefused,
    KillEngaged,
    KillReleased,
    KillStepped,
    OrderRefused,
    Output,
    SendOrder,
)
from fairlead.model.risk import FIRM, KillPolicy, Scope
from fairlead.model.risk_terms import KillMode, KillStep, ScopeKind
from fairlead.model.terms import OrderType, Status
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Millionths,
    Nanos,
    OrderId,
    Price,
    Sequence,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    DISCONNECTED,
    KILL,
    POLICY,
    RELEASE,
    SECOND,
    SELL,
    SET_UP,
    START,
    STARTED,
    STOP,
    UNCONFIRMED,
    VENUE,
    Rig,
    accepted,
    cancel_rejected,
    canceled,
    filled,
    only,
    quote,
    rate,
    rejected,
    replaced,
    sends_cancel,
    submit,
)
from tests.machine.street import (
    CLOSING,
    FLATTEN,
    MM,
    OTHER,
    PLACES,
    TO_THE_END,
    WIDE,
    Street,
    cancels,
    closings,
    ended,
    kill,
    kinds,
    notes,
    steps,
    wide,
)
from tests.machine.witness import KilledSession

SCOPES = {  # by the places that are in them
    FIRM: (1, 2, 3, 4, 5),
    Scope(ScopeKind.DESK, "rates"): (3, 5),
    Scope(ScopeKind.ACCOUNT, "account 1"): (1, 2, 4),
    MM: (1, 4),
    Scope(ScopeKind.VENUE, OTHER): (4, 5),
    Scope(ScopeKind.INSTRUMENT, "ABCUSD"): (1, 3),
}
WHOLE_VENUES = {FIRM: [VENUE, OTHER], Scope(ScopeKind.VENUE, OTHER): [OTHER]}
MODES = list(KillMode)


# --- every level, every mode ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES, ids=[mode.name for mode in MODES])
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_each_level_stops_exactly_what_is_in_it_and_each_mode_goes_exactly_so_far(
    scope: Scope, mode: KillMode
) -> None:
    """Control 39, RTS 6 Art 12, S0-KILL-02."""
    street = wide()
    held = {place: street.position(*place) for place in PLACES}
    outputs = street.give(kill(scope, mode)) + street.pass_time()
    assert outputs[0] == KillEngaged("ann", "a drill", scope, mode, "a test")
    covered = {PLACES[number - 1] for number in SCOPES[scope]}
    asked = {10 * number + 1 for number in SCOPES[scope]} if mode >= KillMode.CANCEL else set()
    assert set(cancels(outputs)) == asked
    for place in PLACES:
        closed = place in covered and mode >= KillMode.FLATTEN
        assert street.position(*place) == (0 if closed else held[place])
        assert _may_trade(street, place) is (place not in covered)
    assert ended(outputs) == (WHOLE_VENUES.get(scope, []) if mode is KillMode.DISCONNECT else [])
    assert kinds(outputs)[-1] is KillStep.DONE
    assert street.rig.machine.next_due() is None


def _may_trade(street: Street, place: tuple[int, int]) -> bool:
    number = street.rig.machine.orders.last_id(StrategyId(place[0])) + 1_000
    where = {"strategy": StrategyId(place[0]), "instrument": InstrumentId(place[1])}
    street.rig.give(quote(99, 101, instrument=place[1]))
    answered = street.rig.give(submit(number, BUY, 3, 96, **where))
    if isinstance(answered[0], SendOrder):
        return True
    assert isinstance(answered[0], OrderRefused)
    assert "killed" in [failed.check for failed in answered[0].failed]
    return False


STEPS_OF = {
    KillMode.BLOCK: [KillStep.BLOCKED, KillStep.DONE],
    KillMode.CANCEL: [KillStep.BLOCKED, KillStep.CANCELING, KillStep.CANCELED, KillStep.DONE],
    KillMode.FLATTEN: [
        *(KillStep.BLOCKED, KillStep.CANCELING, KillStep.CANCELED, KillStep.FLATTENING),
        *(KillStep.VERIFIED, KillStep.DONE),
    ],
    KillMode.DISCONNECT: list(KillStep),
}


@pytest.mark.parametrize("mode", MODES, ids=[mode.name for mode in MODES])
def test_the_order_of_work_is_block_cancel_confirm_flatten_verify_disconnect(
    mode: KillMode,
) -> None:
    """B-KILL-01, S0-KILL-02: each step is reported, none before the one that it rests on."""
    street = wide()
    outputs = street.give(msgspec.structs.replace(KILL, mode=mode)) + street.pass_time()
    assert steps(outputs) == [(step, 0) for step in STEPS_OF[mode]]
    positions = [type(one).__name__ for one in outputs]
    if mode is KillMode.DISCONNECT:
        first_close = positions.index("SendOrder")
        last_cancel = len(positions) - 1 - positions[::-1].index("CancelOrder")
        assert last_cancel < first_close < positions.index("Disconnect")


def test_a_kill_cancels_nothing_and_closes_nothing_by_itself_unless_it_was_told_to() -> None:
    """S3-KILL-01: flattening is off by default; the default mode blocks and cancels."""
    street = wide()
    outputs = street.give(KILL) + street.pass_time()
    assert len(cancels(outputs)) == 5
    assert closings(outputs) == []
    assert all(street.position(*place) for place in PLACES)


def test_a_kill_of_what_is_not_known_is_refused() -> None:
    """It would stop nothing, and somebody would believe it had."""
    rig = Rig()
    refused = only(InputRefused, rig.give(kill(Scope(ScopeKind.DESK, "none"), KillMode.BLOCK)))
    assert refused == InputRefused("KillCommand", "desk none is not known")
    only(SendOrder, rig.give(submit(1)))


# --- block and cancel -----------------------------------------------------------------------------


def test_a_kill_blocks_before_it_cancels() -> None:
    """B-KILL-01: block new, then cancel all; the order of the outputs shows it."""
    rig = Rig(submit(1), accepted(1))
    outputs = rig.give(KILL)
    assert outputs[0] == KillEngaged("ann", "a drill")
    assert outputs[2] == sends_cancel(1)
    assert kinds(outputs) == [KillStep.BLOCKED, KillStep.CANCELING]


def test_a_kill_is_obeyed_whoever_gives_it() -> None:
    """Control 39: stopping needs no name, going on does."""
    rig = Rig()
    rig.give(msgspec.structs.replace(KILL, person="", reason=""))
    assert "killed" in rig.refused(submit(1))


def test_a_second_kill_cancels_what_is_open_again() -> None:
    """B-KILL-02: what was rejected is asked again, and what is pending too: it may be lost."""
    rig = Rig(submit(1), accepted(1), submit(2), accepted(2), KILL, cancel_rejected(1))
    assert rig.status(1) is Status.OPEN
    assert cancels(rig.give(KILL)) == [1, 2]


def test_saying_it_again_does_not_put_off_the_deadline() -> None:
    """A watchdog that kills every second must not keep the positions open for ever."""
    rig = Rig(UNCONFIRMED, submit(1), accepted(1), FLATTEN)
    for _ in range(4):
        rig.wait(SECOND)
        rig.give(FLATTEN)
    rig.wait(SECOND)
    assert KillStep.CANCELED in kinds(rig.give(FLATTEN))


def test_what_waits_in_the_machine_is_gone_even_when_only_new_orders_are_blocked() -> None:
    """A stop, a child and a retry are nothing at a venue: they would be new when they go."""
    street = Street()
    street.give(
        POLICY,
        submit(1, SELL, 8, 0, order_type=OrderType.STOP, trigger_price=Price(90)),
        submit(2, BUY, 8, 97),
        submit(3, SELL, 8, 105, after=OrderId(2)),
    )
    street.deaf[4] = True
    street.give(submit(4, BUY, 7, 97), rejected(4, transient=True))
    assert [street.rig.status(number) for number in (1, 3, 4)] == [Status.HELD] * 3
    outputs = street.give(msgspec.structs.replace(KILL, mode=KillMode.BLOCK))
    assert only(KillStepped, outputs[:-1]).done == 3
    assert [street.rig.status(number) for number in (1, 3, 4)] == [Status.CANCELED] * 3
    assert cancels(outputs) == []
    assert street.rig.status(2) is Status.OPEN


def test_nothing_that_hangs_on_a_killed_order_goes_when_it_fills() -> None:
    """Contingencies release nothing in a killed scope."""
    street = Street(submit(1, BUY, 8, 97), accepted(1))
    street.give(submit(2, SELL, 8, 105, after=OrderId(1)))
    street.give(msgspec.structs.replace(KILL, mode=KillMode.BLOCK), street.fill(1, 8))
    street.give(submit(3, SELL, 8, 105, after=OrderId(1)))
    assert not [one for one in street.heard if isinstance(one, SendOrder)]
    assert [street.rig.status(number) for number in (2, 3)] == [Status.CANCELED, Status.REFUSED]


@pytest.mark.parametrize("evidence", [accepted(1), replaced(1, 20)], ids=["accepted", "replaced"])
@pytest.mark.parametrize("killed", ["before", "after"])
def test_a_kill_reaches_an_order_that_was_unknown_meanwhile(killed: str, evidence: Input) -> None:
    """Invariant 9: the cancel may be lost with the session, so it goes out again."""
    rig = Rig(submit(1), accepted(1))
    rig.give(*((KILL, DISCONNECTED) if killed == "before" else (DISCONNECTED, KILL)))
    assert cancels(rig.give(filled(1, 1, "E1"))) == []
    assert rig.status(1) is Status.UNKNOWN
    assert cancels(rig.give(evidence)) == [1]
    assert rig.status(1) is Status.CANCEL_PENDING


def test_an_order_that_nobody_knows_about_is_left_and_told_never_taken_for_dead() -> None:
    """Invariant 10."""
    rig = Rig(submit(1), accepted(1), DISCONNECTED, KILL)
    rig.wait(5 * SECOND)
    outputs = rig.give(TimePassed())
    assert steps(outputs) == [(KillStep.CANCELED, 1), (KillStep.DONE, 1)]
    assert notes(outputs) == ["not confirmed: 1"]
    assert rig.status(1) is Status.UNKNOWN


def test_a_rejected_cancel_is_sent_again_even_long_after_the_kill_is_done() -> None:
    """B-KILL-02, fault: the venue turned the cancel down; the order must not live on unseen."""
    rig = Rig(submit(1), accepted(1), KILL)
    rig.wait(5 * SECOND)
    assert KillStep.DONE in kinds(rig.give(TimePassed()))
    rig.wait(100 * SECOND)
    rig.give(TimePassed(), cancel_rejected(1))
    rig.wait(SECOND)
    assert cancels(rig.give(TimePassed())) == [1]
    rig.give(canceled(1))
    rig.wait(5 * SECOND)
    rig.give(TimePassed())
    assert rig.machine.next_due() is None


def test_cancels_of_a_kill_are_never_held_back_by_a_rate() -> None:
    """Control 11: what makes the risk smaller is never starved."""
    street = wide(positions=False)
    street.give(rate(1, 0))
    assert len(cancels(street.give(KILL))) == 5


# --- raising, releasing ---------------------------------------------------------------------------


def test_killing_again_raises_the_mode_and_never_lowers_it() -> None:
    """Control 39: idempotent, latched."""
    street = wide()
    for mode, expected in ((2, 2), (1, 2), (3, 3), (2, 3), (4, 4), (1, 4)):
        outputs = street.give(msgspec.structs.replace(KILL, mode=KillMode(mode)))
        assert only(KillEngaged, outputs).mode == expected
        street.pass_time()
    assert not any(street.position(*place) for place in PLACES)


def test_a_kill_outlives_a_restart_and_a_start() -> None:
    """Invariant 9: nothing but a release ends it."""
    rig = Rig(KILL, msgspec.structs.replace(STARTED, epoch=2), START)
    assert list(rig.refused(submit(1))) == ["killed"]
    assert rig.give(RELEASE) == [KillReleased("ann", "the drill is over")]
    only(SendOrder, rig.give(submit(2)))


def test_a_release_starts_nothing_that_was_stopped() -> None:
    """Two locks, two keys."""
    rig = Rig(STOP, KILL, RELEASE)
    assert list(rig.refused(submit(1))) == ["trading_stopped"]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        (FIRM, "trading was not killed"),
        (MM, "strategy strategy 1 was not killed"),
        (Scope(ScopeKind.DESK, "none"), "desk none was not killed"),
    ],
)
def test_a_release_without_a_kill_is_refused(scope: Scope, reason: str) -> None:
    """It would say that something happened that did not."""
    command = ReleaseCommand("ann", "the drill is over", scope)
    assert Rig().give(command) == [InputRefused("ReleaseCommand", reason)]


def test_a_release_is_of_exactly_its_scope() -> None:
    """The release of the firm leaves a killed strategy killed, and the other way round."""
    rig = Rig(KILL, msgspec.structs.replace(KILL, scope=MM), RELEASE)
    assert not rig.machine.gate.killed
    assert list(rig.refused(submit(1))) == ["killed"]
    only(SendOrder, rig.give(submit(2, strategy=StrategyId(2))))
    rig.give(KILL, msgspec.structs.replace(RELEASE, scope=MM))
    assert list(rig.refused(submit(3))) == ["killed"]


def test_a_release_ends_a_flattening_at_once() -> None:
    """A person can always stop it; what it has on its way is canceled."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 90)
    street.takes = False
    street.deaf[CLOSING + 1] = True
    [sent] = closings(street.give(FLATTEN))
    street.give(accepted(sent.order))
    outputs = street.give(RELEASE)
    assert steps(outputs) == [(KillStep.FLATTENING, 2)]  # the position, and an order
    assert cancels(outputs) == [sent.order]
    assert closings(street.pass_time()) == []
    assert street.rig.machine.next_due() is None


def test_a_policy_needs_a_person_and_a_step_that_has_begun_keeps_its_deadline() -> None:
    rig = Rig(submit(1), accepted(1), KILL)
    longer = KillPolicy(confirm=Nanos(60 * SECOND))
    assert rig.give(KillPolicyChange(longer, " ", "x")) == [
        InputRefused("KillPolicyChange", "it names no person")
    ]
    rig.give(KillPolicyChange(longer, "ann", "x"))
    rig.wait(5 * SECOND)
    assert KillStep.CANCELED in kinds(rig.give(TimePassed()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, 0) for name in ("confirm", "retry", "flatten", "stage", "stage_orders_max")),
        *(("stage_share", 0), ("stage_share", 1_000_001)),
        *(("price_offset", -1), ("price_offset", 10_000)),
    ],
)
def test_a_policy_by_which_a_kill_would_not_work_is_none(field: str, value: int) -> None:
    terms: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=field):
        KillPolicy(**terms)
    KillPolicy(stage_share=Millionths(1_000_000), price_offset=BasisPoints(9_999))


# --- disconnect -----------------------------------------------------------------------------------


def test_a_session_that_does_not_end_in_time_is_told() -> None:
    """Best effort: the kill is done, and a person knows what is left."""
    rig = Rig(TO_THE_END)
    rig.wait(5 * SECOND)
    outputs = rig.give(TimePassed())
    assert steps(outputs) == [(KillStep.DISCONNECTED, 1), (KillStep.DONE, 0)]
    assert notes(outputs) == [f"not confirmed: {VENUE}"]


def test_a_venue_at_which_others_trade_stays_connected_and_is_told() -> None:
    """Their orders would go with the session."""
    street = wide()
    outputs = street.give(msgspec.structs.replace(TO_THE_END, scope=MM)) + street.pass_time()
    assert ended(outputs) == []
    [told] = [
        one for one in outputs if isinstance(one, KillStepped) and one.step is KillStep.DISCONNECTED
    ]
    assert (told.left, told.note) == (2, "others trade at: VENUE, OTHER")


def test_a_firm_without_a_strategy_leaves_its_venues_too() -> None:
    """The sessions are the firm's, whoever trades."""
    inputs = [one for one in SET_UP if not isinstance(one, StrategyDefinition)]
    machine = Machine()
    outputs = [machine.apply(Sequence(n), Nanos(SECOND), one) for n, one in enumerate(inputs, 1)]
    outputs.append(machine.apply(Sequence(len(inputs) + 1), Nanos(SECOND), TO_THE_END))
    assert ended(outputs[-1]) == [VENUE]


def test_a_position_that_cannot_be_closed_does_not_keep_a_session_open() -> None:
    """B-KILL-02: a step that fails never keeps the next from its turn."""
    street = Street(UNCONFIRMED)
    street.hold(1, 1, 1, 9)
    street.give(quote(102, 101), TO_THE_END)
    street.rig.wait(301 * SECOND)
    outputs = street.give(TimePassed())
    assert (KillStep.FLATTENING, 1) in steps(outputs)
    assert ended(outputs) == [VENUE]


# --- after a restart ------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(0, 60, 3))
def test_a_machine_that_is_replayed_is_killed_as_well_and_goes_on_where_it_was(after: int) -> None:
    """S0-KILL-08, invariant 2: the procedure is state, wherever it was interrupted."""
    street = wide()
    street.takes = after % 2 == 0
    begun = len(street.said)
    street.give(TO_THE_END)
    street.pass_time(20 * SECOND)
    rig = Rig(*WIDE)
    twin = rig.machine
    for number, (time, said) in enumerate(street.said):
        if number == min(begun + after, len(street.said) - 1):
            twin = _replayed(street, number)
            assert twin.gate.killed or number == begun
        twin.apply(Sequence(twin.state.sequence + 1), time, said)
    assert twin.digest() == street.rig.machine.digest()


def _replayed(street: Street, most: int) -> Machine:
    """Return another machine that was given the same so far."""
    machine = Rig(*WIDE).machine
    for time, said in street.said[:most]:
        machine.apply(Sequence(machine.state.sequence + 1), time, said)
    return machine


# --- any session ----------------------------------------------------------------------------------


def test_in_any_session_nothing_leaves_what_is_killed_but_what_closes() -> None:
    """Invariants 8 to 10, control 41: whatever the venue does, and in both machines alike."""
    closed = 0
    for seed in range(60):
        session = KilledSession(seed)
        try:
            for _ in range(100):
                session.step()
        except Exception as error:
            raise AssertionError(f"KilledSession({seed}): {error}") from error
        closed += session.witness.closed
    assert closed > 30, "hardly anything was closed"


class Forgetful(KilledSession):
    """A session whose machine forgets that something is killed."""

    def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
        answered = super().say(one, to_twin)
        kills = self.machine.gate.kills
        for known in kills.all():
            kills.release(known)
        return answered


def test_a_machine_that_forgets_a_kill_is_found_out() -> None:
    """Fault 26: the rig itself is tested."""
    sessions = [Forgetful(seed) for seed in range(20)]
    with pytest.raises(AssertionError, match="killed, and"):
        _run_all(sessions)


def _run_all(sessions: list[Forgetful]) -> None:
    for session in sessions:
        for _ in range(100):
            session.step()
