"""What is looser needs two persons; what is tighter, one. Bound to the exact change, for a day."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import AttestCommand, Input, RiskLimitChange, TimePassed
from fairlead.model.outputs import (
    ChangeProposed,
    InputRefused,
    LimitsAttested,
    ProposalEnded,
    RiskLimitsChanged,
)
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import InstrumentId, Nanos, Quantity
from tests.machine.build import SECOND, STARTED, Rig, limits, only, rate, submit
from tests.machine.governed import (
    DAY,
    MAIN,
    a_limit,
    approval,
    change,
    proposed,
    refusal,
    removal,
)

STARTED_AGAIN = msgspec.structs.replace(STARTED, epoch=2)


def gross(rig: Rig) -> int | None:
    """Return the limit of the gross of the account in whole units, None if there is none."""
    node = rig.machine.gate.tree.find(MAIN)
    limit = None if node is None else node.limit(LimitKind.GROSS)
    return None if limit is None else limit.hard // 1_000_000


def refused(rig: Rig, given: Input) -> str:
    """Return why an input was refused; it was the only thing that it led to."""
    [output] = rig.give(given)
    assert isinstance(output, InputRefused)
    assert output.kind == type(given).__name__
    return output.reason


# --- one person or two ---------------------------------------------------------------------------


def test_what_is_tighter_holds_at_once() -> None:
    """RISK: a decrease needs one person."""
    rig = Rig(change(100))
    fact = only(RiskLimitsChanged, rig.give(change(60)))
    assert (gross(rig), fact.person, fact.scope) == (60, "ann", MAIN)
    assert "gross" in rig.refused(submit(1, quantity=61))


def test_a_first_limit_is_tighter_than_none() -> None:
    rig = Rig()
    only(RiskLimitsChanged, rig.give(change(60)))
    assert gross(rig) == 60


def test_what_is_looser_waits_for_a_second_person() -> None:
    """RISK: an increase needs two persons; until then the old limit holds."""
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    assert gross(rig) == 60
    assert "gross" in rig.refused(submit(1, quantity=61))
    outputs = rig.give(approval(waits))
    assert only(ProposalEnded, outputs).outcome == "approved"
    assert only(RiskLimitsChanged, outputs).person == "ann"
    assert gross(rig) == 100


def test_the_same_limit_again_is_no_increase() -> None:
    rig = Rig(change(60))
    only(RiskLimitsChanged, rig.give(change(60)))


def test_taking_a_limit_away_is_an_increase() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(removal()))
    assert gross(rig) == 60
    rig.give(approval(waits))
    assert gross(rig) is None


def test_of_a_change_what_is_tighter_holds_at_once_and_the_rest_waits() -> None:
    """A decrease needs one person, whatever else is asked for with it."""
    rig = Rig(change(60), change(60, LimitKind.CAPITAL))
    both = (a_limit(LimitKind.GROSS, 50), a_limit(LimitKind.CAPITAL, 61))
    outputs = rig.give(change(0, limits=both))
    assert [one.kind for one in only(RiskLimitsChanged, outputs).limits] == [LimitKind.GROSS]
    waits = proposed([output for output in outputs if isinstance(output, ChangeProposed)])
    assert gross(rig) == 50
    [capital] = only(RiskLimitsChanged, rig.give(approval(waits))).limits
    assert (capital.kind, gross(rig)) == (LimitKind.CAPITAL, 50)


def test_an_increase_that_was_overtaken_by_a_decrease_is_no_increase_any_more() -> None:
    """Bound to the exact change: from what it was, not from what it is by then."""
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    rig.give(change(20))
    assert only(ProposalEnded, rig.give(approval(waits))).outcome == "overtaken"
    assert gross(rig) == 20


@pytest.mark.parametrize(
    ("kind", "first", "looser", "tighter"),
    [
        (LimitKind.GROSS, 60, 61, 59),
        (LimitKind.PRICE_FLOOR, 5, 4, 6),
        (LimitKind.CASH, 500, 499, 501),
        (LimitKind.DEPTH, 10, 9, 11),
        (LimitKind.LOSS_DAY, 100, 101, 99),
    ],
)
def test_of_the_least_that_is_allowed_less_is_looser(
    kind: LimitKind, first: int, looser: int, tighter: int
) -> None:
    proposed(Rig(change(first, kind)).give(change(looser, kind)))
    only(RiskLimitsChanged, Rig(change(first, kind)).give(change(tighter, kind)))


def test_a_shorter_window_is_looser_and_a_longer_one_is_not() -> None:
    """As much in half the time is more."""

    def windowed(window: int) -> RiskLimitChange:
        return change(0, limits=(a_limit(LimitKind.VALUE_WINDOW, 100, window),))

    proposed(Rig(windowed(60 * SECOND)).give(windowed(30 * SECOND)))
    only(RiskLimitsChanged, Rig(windowed(60 * SECOND)).give(windowed(90 * SECOND)))


@pytest.mark.parametrize(
    "looser",
    [
        limits(order_quantity_max=Quantity(101)),
        limits(order_notional_max=20_001),
        limits(position_quantity_max=Quantity(201)),
        limits(collar=1_001),
        limits(reference_age_max=Nanos(SECOND + 1)),
        rate(1_001, 100),
        rate(1_000, 101),
        rate(1_000, 100, SECOND - 1),
    ],
)
def test_limits_of_an_instrument_and_the_rate_are_governed_too(looser: Input) -> None:
    rig = Rig()
    before = (rig.machine.gate.limits(InstrumentId(1)), rig.machine.gate.throttle.rate)
    waits = proposed(rig.give(looser))
    assert (rig.machine.gate.limits(InstrumentId(1)), rig.machine.gate.throttle.rate) == before
    rig.give(approval(waits))
    assert (rig.machine.gate.limits(InstrumentId(1)), rig.machine.gate.throttle.rate) != before


@pytest.mark.parametrize(
    "tighter",
    [
        limits(order_quantity_max=Quantity(99), collar=999),
        rate(999, 100),
        rate(1_000, 100, 2 * SECOND),
    ],
)
def test_a_tighter_instrument_or_rate_needs_one_person(tighter: Input) -> None:
    assert Rig().give(tighter) == []


def test_before_trading_ever_began_limits_are_set_up_by_one_person() -> None:
    """What a configuration sets is approved with the configuration."""
    rig = Rig(change(60), change(100))
    assert gross(rig) == 100
    assert rig.machine.state.approvals.all() == []


# --- the second person ---------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ann", " ann", "ANN", "Ann ", "a n n", " AnN "])
def test_who_proposes_does_not_approve_however_the_name_is_written(person: str) -> None:
    """RISK: proposer is not approver; case and blanks say nothing."""
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    assert "a second person" in refused(rig, approval(waits, person))
    assert gross(rig) == 60


@pytest.mark.parametrize("field", ["person", "reason"])
def test_an_approval_has_a_person_and_a_reason(field: str) -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    assert "no person or no reason" in refused(rig, approval(waits, **{field: " "}))


def test_an_approval_is_bound_to_the_exact_change() -> None:
    """Another digest, or that of another proposal, approves nothing."""
    rig = Rig(change(60))
    first = proposed(rig.give(change(100)))
    second = proposed(rig.give(change(900)))
    assert first.digest != second.digest
    assert "digest" in refused(rig, approval(first, digest=second.digest))
    assert "digest" in refused(rig, approval(second, digest=first.digest))
    assert "digest" in refused(rig, approval(first, digest=""))
    assert gross(rig) == 60


def test_the_same_change_proposed_twice_has_two_digests() -> None:
    """An approval of the one that was declined is none of the other."""
    rig = Rig(change(60))
    first = proposed(rig.give(change(100)))
    rig.give(refusal(first.number))
    second = proposed(rig.give(change(100)))
    assert (first.number, second.number) == (1, 2)
    assert first.digest != second.digest


def test_an_approval_is_used_once() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    rig.give(approval(waits), change(60))
    assert "nothing waits as 1" in refused(rig, approval(waits))
    assert gross(rig) == 60


def test_a_number_that_was_never_given_is_refused() -> None:
    rig = Rig()
    nothing = ChangeProposed(7, "", "", "ann", "", Nanos(0))
    assert "nothing waits as 7" in refused(rig, approval(nothing))
    assert "nothing waits as 7" in refused(rig, refusal(7))


def test_a_proposal_expires_after_a_day_and_not_before() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    assert waits.expires == rig.time + DAY
    rig.wait(DAY)
    only(RiskLimitsChanged, rig.give(approval(waits)))

    late = Rig(change(60))
    waits = proposed(late.give(change(100)))
    late.wait(DAY + 1)
    ended, refusal_of_it = late.give(approval(waits))
    assert isinstance(ended, ProposalEnded)
    assert (ended.outcome, ended.number) == ("expired", 1)
    assert isinstance(refusal_of_it, InputRefused)
    assert gross(late) == 60


def test_an_expired_proposal_ends_without_anybody_saying_anything() -> None:
    """Time alone ends it: the machine says when it is due."""
    rig = Rig(change(60))
    proposed(rig.give(change(100)))
    assert rig.machine.next_due() == rig.time + DAY + 1
    rig.wait(DAY + 1)
    assert only(ProposalEnded, rig.give(TimePassed())).outcome == "expired"
    assert rig.machine.state.approvals.all() == []
    assert rig.machine.next_due() is None


def test_anybody_may_decline_also_who_proposed() -> None:
    for person in ("ann", "bob"):
        rig = Rig(change(60))
        waits = proposed(rig.give(change(100)))
        ended = only(ProposalEnded, rig.give(refusal(waits.number, person)))
        assert (ended.outcome, ended.person) == ("declined", person)
        assert "nothing waits" in refused(rig, approval(waits))
        assert gross(rig) == 60


def test_a_no_has_a_person_and_a_reason() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(change(100)))
    nameless = msgspec.structs.replace(refusal(waits.number), person=" ")
    assert "no person or no reason" in refused(rig, nameless)
    assert len(rig.machine.state.approvals.all()) == 1


# --- its time ------------------------------------------------------------------------------------


def later(rig: Rig, span: int, whole: int, **terms: Any) -> RiskLimitChange:
    """Return a change that comes into force some time from now."""
    return change(whole, effective=Nanos(rig.time + span), **terms)


def test_a_change_comes_into_force_at_its_time() -> None:
    """Effective-dated: neither before nor after."""
    rig = Rig(change(60))
    assert rig.give(later(rig, 10 * SECOND, 40)) == []
    rig.wait(10 * SECOND - 1)
    rig.give(TimePassed())
    assert gross(rig) == 60
    assert rig.machine.next_due() == rig.time + 1
    rig.wait(1)
    assert only(RiskLimitsChanged, rig.give(TimePassed())).limits[0].hard == 40_000_000
    assert gross(rig) == 40


def test_its_time_comes_before_an_order_of_that_moment() -> None:
    rig = Rig(change(60))
    rig.give(later(rig, SECOND // 2, 40))
    rig.wait(SECOND // 2)
    assert "gross" in rig.refused(submit(1, quantity=41))


def test_a_time_that_is_past_is_now() -> None:
    rig = Rig(change(60))
    only(RiskLimitsChanged, rig.give(change(40, effective=Nanos(rig.time))))
    assert gross(rig) == 40


def test_changes_of_one_time_are_made_in_the_order_in_which_they_came() -> None:
    rig = Rig(change(60))
    rig.give(later(rig, SECOND, 50), later(rig, SECOND, 40))
    rig.wait(SECOND)
    first, second = (each for each in rig.give(TimePassed()) if isinstance(each, RiskLimitsChanged))
    assert (first.limits[0].hard, second.limits[0].hard) == (50_000_000, 40_000_000)


def test_a_looser_one_is_approved_first_and_then_waits_for_its_time() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(later(rig, 10 * SECOND, 100)))
    rig.give(approval(waits))
    assert gross(rig) == 60
    rig.wait(10 * SECOND)
    rig.give(TimePassed())
    assert gross(rig) == 100


def test_what_was_tighter_when_it_was_said_may_not_loosen_when_its_time_comes() -> None:
    """60, then 40 from tomorrow on, then 10 now: tomorrow 40 would be an increase by one person."""
    rig = Rig(change(60))
    rig.give(later(rig, 10 * SECOND, 40), change(10))
    rig.wait(10 * SECOND)
    waits = proposed(rig.give(TimePassed()))
    assert (waits.person, gross(rig)) == ("ann", 10)
    assert "a second person" in refused(rig, approval(waits, "Ann"))
    rig.give(approval(waits))
    assert gross(rig) == 40


def test_what_two_persons_wanted_holds_at_its_time_whatever_holds_then() -> None:
    rig = Rig(change(60))
    waits = proposed(rig.give(later(rig, 10 * SECOND, 100)))
    rig.give(approval(waits), change(10))
    rig.wait(10 * SECOND)
    only(RiskLimitsChanged, rig.give(TimePassed()))
    assert gross(rig) == 100


# --- what is no change ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (change(60, scope=Scope(ScopeKind.ACCOUNT, "account 9")), "account account 9 is not known"),
        (change(60, scope=Scope(ScopeKind.DESK, "none")), "desk none is not known"),
        (change(60, person=" "), "it names no person"),
        (change(60, limits=()), "it changes nothing"),
        (
            change(60, limits=(a_limit(LimitKind.GROSS, 60), a_limit(LimitKind.GROSS, 50))),
            "it sets a limit twice",
        ),
        (limits(9), "unknown instrument"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: Input, reason: str) -> None:
    assert refused(Rig(), given) == reason


@pytest.mark.parametrize(
    "scope",
    [FIRM, MAIN, Scope(ScopeKind.STRATEGY, "strategy 1"), Scope(ScopeKind.VENUE, "VENUE")],
    ids=str,
)
def test_every_scope_that_is_known_takes_limits(scope: Scope) -> None:
    rig = Rig(change(30, scope=scope))
    assert rig.refused(submit(1, quantity=31)) == {"gross": (3_100, 3_000)}


@pytest.mark.parametrize("given", [limits(order_quantity_max=Quantity(101)), rate(1_001, 100)])
def test_a_looser_change_of_nobody_is_refused(given: Any) -> None:
    assert refused(Rig(), msgspec.structs.replace(given, person="")) == "it names no person"


# --- attestation ---------------------------------------------------------------------------------


def test_a_person_attests_the_limits_exactly_as_they_stand() -> None:
    """S0-RISK-15: by their digest, which any change changes."""
    rig = Rig(change(60))
    told = refused(rig, AttestCommand("?", "ann", "quarterly"))
    digest = told.rpartition(" ")[2]
    attested = only(LimitsAttested, rig.give(AttestCommand(digest, "ann", "quarterly")))
    assert (attested.digest, attested.person) == (digest, "ann")
    rig.give(change(59))
    assert refused(rig, AttestCommand(digest, "ann", "quarterly")) != told
    assert "no person" in refused(rig, AttestCommand(digest, "", "quarterly"))


# --- after a restart -----------------------------------------------------------------------------


def test_the_digest_of_the_state_tells_what_waits() -> None:
    """What two machines differ in is in their digests: a standby would notice."""
    machines = [Rig(change(60)) for _ in range(4)]
    machines[0].give(TimePassed())
    machines[1].give(change(100))
    machines[2].give(change(101))
    machines[3].give(later(machines[3], SECOND, 40))
    assert len(dict.fromkeys(rig.machine.digest() for rig in machines)) == 4


def test_a_restart_knows_what_waits_and_what_was_approved() -> None:
    """A restart is a replay of the same inputs; the node that starts halts and decides no more."""

    def session() -> Rig:
        rig = Rig(change(60))
        first = proposed(rig.give(change(100)))
        proposed(rig.give(rate(2_000, 100)))
        rig.give(approval(first), later(rig, SECOND, 40), STARTED_AGAIN)
        return rig

    rig, again = session(), session()
    assert again.machine.digest() == rig.machine.digest()
    assert [each.what for each in again.machine.state.approvals.all()] == ["the message rate"]
    assert gross(again) == 100
    assert again.give(change(101))[0] == proposed(rig.give(change(101)))  # two persons, as before
    again.wait(SECOND)
    again.give(TimePassed())
    assert gross(again) == 40


def test_a_person_whose_name_nobody_can_read_neither_proposes_nor_approves() -> None:
    """RISK: whoever signs can be told from everybody else."""
    expected = "the name of its person holds characters that nobody sees"
    rig = Rig(change(60))
    unseen = msgspec.structs.replace(change(100), person="ca\u200brl")
    assert refused(rig, unseen) == expected
    waits = proposed(rig.give(change(100)))
    assert refused(rig, approval(waits, "b\u200bob")) == expected
    rig.give(approval(waits))
    assert gross(rig) == 100
