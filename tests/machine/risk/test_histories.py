"""Return histories: joined by date, kept whole or refused whole, and bounded."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.risk.histories import (
    BENCHMARKS_MAX,
    DATES_MAX,
    RETURN_MAX,
    Histories,
    History,
    aligned,
    history_problem,
)
from fairlead.model.portfolio import ReturnHistory
from fairlead.model.units import NANOS_PER_SECOND, RATE_UNIT, InstrumentId, Rate

DAY = 86_400 * NANOS_PER_SECOND
EPOCH = date(1970, 1, 1)
DATES = st.dates(date(1900, 1, 1), date(9999, 12, 31))
HISTORIES = st.lists(
    st.dictionaries(st.integers(1, 12), st.integers(-9, 9), min_size=1), min_size=1, max_size=4
)


def number(day: date) -> int:
    """Return a day as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def days(count: int) -> tuple[int, ...]:
    """Return so many dates, one after the other."""
    return tuple(number(date(2000, 1, 1) + timedelta(each)) for each in range(count))


def history(returns: dict[int, int]) -> History:
    """Return a history in August 2024, from day to return."""
    ordered = sorted(returns)
    return History(
        tuple(20240800 + day for day in ordered), tuple(Rate(returns[day]) for day in ordered)
    )


def of_benchmark(name: str, instrument: int = 0) -> ReturnHistory:
    """Return a history of one day."""
    return ReturnHistory((20240808,), (Rate(1),), InstrumentId(instrument), name)


@given(HISTORIES)
def test_histories_are_joined_by_date_and_what_is_left_out_is_counted(
    given_returns: list[dict[int, int]],
) -> None:
    """B-VAR-04: not by place, not by the length of the first."""
    common = sorted(set.intersection(*map(set, given_returns)))
    union = set.union(*map(set, given_returns))
    found = aligned([history(each) for each in given_returns])
    assert found.dates == [20240800 + day for day in common]
    assert found.rows == [[each[day] for day in common] for each in given_returns]
    assert found.dropped == len(union) - len(common)


def test_a_history_that_begins_later_is_not_shifted() -> None:
    """B-VAR-04: the length of the first key decides nothing."""
    found = aligned([history({5: 1, 6: 2, 7: 3, 8: 4}), history({7: 30, 8: 40, 9: 50})])
    assert found.dates == [20240807, 20240808]
    assert found.rows == [[3, 4], [30, 40]]
    assert found.dropped == 3


@pytest.mark.parametrize(
    ("dates", "returns", "problem"),
    [
        ((20240808,), (1, 2), "it has 1 dates and 2 returns"),
        ((), (), f"it has 0 dates, expected 1 to {DATES_MAX}"),
        ((20240808, 20240808), (1, 2), "20240808 stands twice"),
        ((20240809, 20240808), (1, 2), "20240808 follows 20240809"),
        ((20240230,), (1,), "20240230 is no yyyymmdd"),
        (
            (20240808,),
            (-RATE_UNIT,),
            "the return of 20240808 is not above -100 % and at most +10,000 %: -100000000e-8",
        ),
        (
            (20240808,),
            (RETURN_MAX + 1,),
            "the return of 20240808 is not above -100 % and at most +10,000 %: 10000000001e-8",
        ),
    ],
)
def test_what_cannot_be_a_history_is_refused(
    dates: tuple[int, ...], returns: tuple[int, ...], problem: str
) -> None:
    assert history_problem(dates, tuple(map(Rate, returns))) == problem


def test_the_worst_and_the_best_return_that_can_be_are_kept() -> None:
    edges = (Rate(1 - RATE_UNIT), RETURN_MAX)
    assert history_problem((20240807, 20240808), edges) == ""


def test_a_history_may_have_5000_dates_and_not_one_more() -> None:
    assert history_problem(days(DATES_MAX), (Rate(0),) * DATES_MAX) == ""
    more = history_problem(days(DATES_MAX + 1), (Rate(0),) * (DATES_MAX + 1))
    assert more == "it has 5001 dates, expected 1 to 5000"


@pytest.mark.parametrize(("name", "instrument"), [("", 0), ("  ", 0), ("INDEX", 1)])
def test_a_history_is_of_an_instrument_or_of_a_benchmark(name: str, instrument: int) -> None:
    problem = Histories().problem(of_benchmark(name, instrument))
    assert problem == "it is of one instrument or of one benchmark: name one of the two"


def test_the_names_of_benchmarks_are_bounded_and_a_known_one_may_come_again() -> None:
    histories = Histories()
    for each in range(BENCHMARKS_MAX):
        assert histories.problem(of_benchmark(f"B{each}")) == ""
        histories.take(of_benchmark(f"B{each}"))
    assert histories.problem(of_benchmark("B0")) == ""
    assert histories.problem(of_benchmark("more")) == "16 benchmarks are known already"


def test_a_new_history_replaces_the_old_one() -> None:
    histories = Histories()
    one = InstrumentId(1)
    histories.take(ReturnHistory((20240807, 20240808), (Rate(1), Rate(2)), one))
    histories.take(ReturnHistory((20240808,), (Rate(3),), one))
    found = histories.of(one)
    assert found is not None
    assert found.by_date == {20240808: 3}


def test_the_content_tells_every_history_apart() -> None:
    contents = []
    for given_history in (of_benchmark("A"), of_benchmark("B"), of_benchmark("", 1)):
        histories = Histories()
        histories.take(given_history)
        contents.append(histories.content())
    assert contents[0] != contents[1] != contents[2] != contents[0]
