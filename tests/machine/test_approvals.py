"""What waits: bounded, in order, and bound to exactly what was proposed."""

import msgspec
import pytest

from fairlead.machine.approvals import (
    PROPOSAL_LIFE,
    PROPOSALS_MAX,
    Approvals,
    Governed,
    digest_of,
    same_person,
)
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import Nanos
from tests.machine.build import rate
from tests.machine.governed import DAY, an_override, change

NOW = Nanos(1_000)


def test_a_proposal_waits_for_a_day() -> None:
    assert PROPOSAL_LIFE == DAY
    found = Approvals().add(change(1), "limits", NOW)
    assert found is not None
    assert found.expires == NOW + DAY


def test_numbers_grow_and_are_never_given_again() -> None:
    approvals = Approvals()
    for number in (1, 2, 3):
        found = approvals.add(change(1), "limits", NOW)
        assert found is not None
        assert found.number == number
        approvals.end(number)
    assert approvals.all() == []


def test_so_many_wait_and_not_one_more() -> None:
    """Nobody reads more; memory is bounded."""
    approvals = Approvals()
    for _ in range(PROPOSALS_MAX):
        assert approvals.add(change(1), "limits", NOW) is not None
    assert approvals.add(change(1), "limits", NOW) is None
    approvals.end(1)
    assert approvals.add(change(1), "limits", NOW) is not None


def test_so_many_wait_for_their_time_and_not_one_more() -> None:
    approvals = Approvals()
    assert all(approvals.postpone(change(1), True) for _ in range(PROPOSALS_MAX))
    assert not approvals.postpone(change(1), True)


def test_what_is_due_comes_out_earliest_first_and_once() -> None:
    approvals = Approvals()
    for effective in (30, 10, 20):
        approvals.postpone(change(1, effective=Nanos(effective)), effective == 20)
    assert approvals.next_time() == 10
    due = approvals.take_effective(Nanos(20))
    assert [(one.change.effective, one.approved) for one in due] == [(10, False), (20, True)]
    assert approvals.take_effective(Nanos(20)) == []
    assert [one.change.effective for one in approvals.postponed()] == [30]


def test_what_is_due_next_is_the_earlier_of_an_end_and_a_beginning() -> None:
    approvals = Approvals()
    assert approvals.next_time() is None
    approvals.add(change(1), "limits", NOW)
    assert approvals.next_time() == NOW + DAY + 1
    approvals.postpone(change(1, effective=Nanos(NOW + DAY)), True)
    assert approvals.next_time() == NOW + DAY


@pytest.mark.parametrize("late", [0, 1])
def test_a_proposal_is_over_one_nanosecond_after_its_day(late: int) -> None:
    approvals = Approvals()
    found = approvals.add(change(1), "limits", NOW)
    assert approvals.expired(Nanos(NOW + DAY + late)) == ([found] if late else [])


def test_every_part_of_a_change_is_in_its_digest() -> None:
    """Approved is exactly what was looked at: its number, its scope, its limits, its time."""
    whole = change(1)
    others: list[Governed] = [
        change(2),
        change(1, person="bob"),
        change(1, reason="another"),
        change(1, effective=Nanos(1)),
        change(1, removed=(LimitKind.CAPITAL,)),
        rate(1, 1),
        an_override("spread", expires=1),
    ]
    digests = [digest_of(1, whole), digest_of(2, whole)]
    digests += [digest_of(1, other) for other in others]
    assert len(dict.fromkeys(digests)) == len(digests)
    assert digest_of(1, msgspec.structs.replace(whole)) == digests[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ann", "ann", True),
        ("ann", " Ann ", True),
        ("Ann Lee", "annlee", True),
        ("Stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE", True),
        ("ann", "anna", False),
        ("ann", "", False),
    ],
)
def test_a_person_is_the_same_however_the_name_is_written(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


@pytest.mark.parametrize(
    "other",
    [
        "a\u200bnn",  # a zero-width blank
        "ann\ufeff",
        "a\u00adnn",  # a soft hyphen
        "\u202eann",  # from right to left
        "ａｎｎ",  # noqa: RUF001
        "a\tnn",
        "ANN",
        " ann ",
        "a n\u00a0n",
    ],
)
def test_how_a_name_is_written_makes_no_second_person(other: str) -> None:
    """RISK: an increase needs two persons."""
    assert same_person("ann", other)
    assert not same_person("anne", other)
