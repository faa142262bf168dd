"""The formulas: known series, an independent library where it is there, and what is undefined."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Money, Nanos
from fairlead.readers import statistics
from fairlead.readers.statistics import NANOS_PER_DAY, NANOS_PER_YEAR, Measured

KNOWN = [0.01, -0.02, 0.03, 0.0, -0.01, 0.02]
finite_returns = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60)


def money(*amounts: int | None) -> list[Money | None]:
    """Return amounts as money."""
    return [None if amount is None else Money(amount) for amount in amounts]


def money_in(*amounts: int) -> list[Money]:
    """Return what was paid in until each point."""
    return [Money(amount) for amount in amounts]


def defined(measured: Measured) -> float:
    """Return the value of a measure that must have one."""
    assert measured.value is not None, measured.note
    return measured.value


def test_returns_skip_what_is_not_known() -> None:
    returns = statistics.returns_of(money(100, 110, None, 120, 90))
    assert returns == [0.1, -0.25]


def test_a_return_on_nothing_is_left_out() -> None:
    assert statistics.returns_of(money(0, 110, -5, 10)) == [(-5 - 110) / 110]


def test_volatility_divides_by_one_less() -> None:
    assert defined(statistics.volatility([0.01, 0.03])) == pytest.approx(math.sqrt(0.0002))
    assert defined(statistics.volatility([0.01, 0.03], 4)) == pytest.approx(2 * math.sqrt(0.0002))


def test_sharpe_is_mean_over_deviation() -> None:
    assert defined(statistics.sharpe([0.01, 0.03])) == pytest.approx(0.02 / math.sqrt(0.0002))
    assert defined(statistics.sharpe([0.01, 0.03], 1, riskless=0.02)) == pytest.approx(0)


def test_sortino_takes_the_downside_over_all_returns() -> None:
    downside = math.sqrt((0.02**2 + 0.01**2) / 6)
    assert defined(statistics.sortino(KNOWN)) == pytest.approx(sum(KNOWN) / 6 / downside)


@pytest.mark.parametrize("returns", [[], [0.01]])
def test_fewer_than_two_returns_say_nothing(returns: list[float]) -> None:
    for measure in (statistics.volatility, statistics.sharpe, statistics.sortino):
        assert measure(returns) == Measured(None, "fewer than two returns")


def test_returns_that_do_not_vary_have_no_sharpe_ratio() -> None:
    assert statistics.sharpe([0.1] * 7) == Measured(None, "returns do not vary")
    assert statistics.sharpe([0.0] * 7) == Measured(None, "returns do not vary")


def test_returns_that_never_fall_have_no_sortino_ratio() -> None:
    measured = statistics.sortino([0.01, 0.02, 0.0])
    assert measured == Measured(None, "no return lies below the target")


def test_total_return_is_profit_over_initial_equity() -> None:
    assert defined(statistics.total_return(Money(200), Money(150))) == -0.25
    assert statistics.total_return(Money(0), Money(150)).value is None


def test_annual_growth_compounds() -> None:
    two_years = Nanos(2 * NANOS_PER_YEAR)
    growth = statistics.annual_growth(Money(100), Money(121), two_years)
    assert defined(growth) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("first", "last", "days", "note"),
    [
        (100, 101, 29, "fewer than 30 days say nothing about a year"),
        (100, 0, 60, "equity is not above 0 at both ends"),
        (-1, 5, 60, "equity is not above 0 at both ends"),
    ],
)
def test_annual_growth_is_undefined(first: int, last: int, days: int, note: str) -> None:
    span = Nanos(days * NANOS_PER_DAY)
    assert statistics.annual_growth(Money(first), Money(last), span) == Measured(None, note)


def test_the_deepest_drawdown_has_its_peak_trough_and_recovery() -> None:
    fall = statistics.deepest_drawdown(money(100, 90, 100, 120, None, 60, 80, 120, 110))
    assert fall is not None
    assert fall.depth == 0.5
    assert (fall.peak, fall.trough, fall.end, fall.recovered) == (3, 5, 7, True)


def test_a_drawdown_that_is_not_recovered_lasts_until_the_end() -> None:
    fall = statistics.deepest_drawdown(money(100, 60, 80))
    assert fall is not None
    assert (fall.end, fall.recovered) == (2, False)


@pytest.mark.parametrize("equity", [(), (100,), (1, 1, 2), (None, None), (-5, 0, 3)])
def test_equity_that_never_fell_has_no_drawdown(equity: tuple[int | None, ...]) -> None:
    assert statistics.deepest_drawdown(money(*equity)) is None


def test_drawdowns_are_shares_of_the_peak_so_far() -> None:
    falls = statistics.drawdowns(money(-3, 100, 75, None, 200, 100))
    assert falls == [None, 0, -0.25, None, 0, -0.5]


@given(st.lists(st.one_of(st.none(), st.integers(1, 10**9)), max_size=40))
def test_the_deepest_drawdown_is_the_lowest_of_all(equity: list[int | None]) -> None:
    falls = [fall for fall in statistics.drawdowns(money(*equity)) if fall is not None]
    deepest = statistics.deepest_drawdown(money(*equity))
    assert (deepest.depth if deepest else 0.0) == -min(falls, default=0.0)


def test_without_flows_equity_is_itself() -> None:
    equity = money(100, None, 90)
    assert statistics.without_flows(equity, money_in(0, 0, 0)) is equity
    assert statistics.without_flows(equity, money_in(7, 7, 7)) is equity


def test_a_deposit_is_no_return_and_a_withdrawal_no_drawdown() -> None:
    """B-POS-10: 10 % are made on 100, 1,000 are paid in, 10 % are made on all, 605 are paid out."""
    equity = money(100, 110, 1_110, 1_221, 616)
    steady = statistics.without_flows(equity, money_in(0, 0, 1_000, 1_000, 395))
    assert steady == pytest.approx([100, 110, 110, 121, 121])
    assert statistics.returns_of(steady) == pytest.approx([0.1, 0, 0.1, 0])
    assert statistics.deepest_drawdown(statistics.without_flows(equity, money_in(*[0] * 5)))


def test_a_fall_is_as_deep_with_a_deposit_as_without() -> None:
    """B-POS-10: down a tenth, the rest doubled by a deposit, and down another tenth."""
    equity, flows = money(100, 90, 180, 162), money_in(0, 0, 90, 90)
    fall = statistics.deepest_drawdown(statistics.without_flows(equity, flows))
    assert fall is not None
    assert fall.depth == pytest.approx(0.19)
    assert (fall.peak, fall.trough) == (0, 3)


def test_what_is_not_known_between_flows_is_left_out() -> None:
    steady = statistics.without_flows(money(100, None, 1_320), money_in(0, 500, 1_210))
    assert steady == [100, None, pytest.approx(110)]


def test_an_account_that_began_empty_begins_with_its_deposit() -> None:
    steady = statistics.without_flows(money(0, 500, 550), money_in(0, 500, 500))
    assert steady == [0, 500, pytest.approx(550)]
    assert statistics.returns_of(steady) == pytest.approx([0.1])


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(-(10**6), 10**6)), min_size=2))
def test_only_what_is_made_counts(steps: list[tuple[int, int]]) -> None:
    """Exact rationals: the product of what each interval made of what it had."""
    equity, flows, exact = [1_000], [0], Fraction(1_000)
    for made, paid in steps:
        exact *= Fraction(made, equity[-1])
        flows.append(flows[-1] + max(paid, 1 - made))
        equity.append(made + flows[-1] - flows[-2])
    steady = statistics.without_flows(money(*equity), money_in(*flows))
    assert steady[-1] == pytest.approx(float(exact))


def test_calmar_is_growth_over_drawdown() -> None:
    assert defined(statistics.calmar(Measured(0.3), 0.1)) == pytest.approx(3)
    assert statistics.calmar(Measured(None, "too short"), 0.1).note == "too short"
    assert statistics.calmar(Measured(0.3), 0).note == "equity never fell below a peak"


@given(finite_returns)
def test_no_measure_is_ever_infinite_or_not_a_number(returns: list[float]) -> None:
    for measure in (statistics.volatility, statistics.sharpe, statistics.sortino):
        value = measure(returns, 365.0).value
        assert value is None or math.isfinite(value)


@pytest.mark.filterwarnings("ignore")  # those of the library are not ours
@given(finite_returns)
def test_an_independent_library_says_the_same(returns: list[float]) -> None:
    empyrical = pytest.importorskip("empyrical", reason="the reference library is not installed")
    numpy = pytest.importorskip("numpy")
    known = numpy.array(returns)
    pairs = [
        (statistics.volatility(returns, 252), empyrical.annual_volatility(known)),
        (statistics.sharpe(returns, 252), empyrical.sharpe_ratio(known)),
        (statistics.sortino(returns, 252), empyrical.sortino_ratio(known)),
    ]
    for measured, reference in pairs:
        if measured.value is not None:
            assert measured.value == pytest.approx(reference, rel=1e-6, abs=1e-9)


@pytest.mark.filterwarnings("ignore")
@given(st.lists(st.integers(1_000, 2_000), min_size=61, max_size=80))
def test_an_independent_library_grows_the_same(equity: list[int]) -> None:
    """A day of trading is a 252nd of a year there, and a span of calendar time here."""
    empyrical = pytest.importorskip("empyrical", reason="the reference library is not installed")
    numpy = pytest.importorskip("numpy")
    returns = numpy.array(statistics.returns_of(money(*equity)))
    first, last = money(equity[0], equity[-1])
    assert first is not None
    assert last is not None
    total = statistics.total_return(first, last)
    assert defined(total) == pytest.approx(empyrical.cum_returns_final(returns), abs=1e-9)
    span = Nanos(len(returns) * NANOS_PER_YEAR // 252)
    growth = statistics.annual_growth(first, last, span)
    assert defined(growth) == pytest.approx(empyrical.annual_return(returns), rel=1e-6, abs=1e-9)
    deepest = statistics.deepest_drawdown(money(*equity))
    calmar = statistics.calmar(growth, deepest.depth if deepest else 0.0)
    if calmar.value is not None:
        assert calmar.value == pytest.approx(empyrical.calmar_ratio(returns), rel=1e-6, abs=1e-9)


@pytest.mark.filterwarnings("ignore")
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=40))
def test_an_independent_library_finds_the_same_drawdown(equity: list[int]) -> None:
    empyrical = pytest.importorskip("empyrical", reason="the reference library is not installed")
    numpy = pytest.importorskip("numpy")
    returns = numpy.array(statistics.returns_of(money(*equity)))
    deepest = statistics.deepest_drawdown(money(*equity))
    assert -empyrical.max_drawdown(returns) == pytest.approx(deepest.depth if deepest else 0.0)
