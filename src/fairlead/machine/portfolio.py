"""The risk of a portfolio, measured whenever a history comes, a day begins, or somebody asks.

The weights are the signed values of the positions at their marks, in the base currency of the
account; the sample is what they would have made on each day that all their histories have. A
position without a mark, an exchange rate or a history, a history that has ended long ago, and a
sample that is too small for its tail are problems with a name: then there is no number, and
whoever holds a limit against it has to take that for a breach.
"""

from typing import Final, NamedTuple

from fairlead.machine import valuation
from fairlead.machine.accounts import Account
from fairlead.machine.dates import day_number, day_of
from fairlead.machine.risk import portfolio
from fairlead.machine.risk.histories import (
    Histories,
    History,
    MeasuredAt,
    aligned,
)
from fairlead.machine.risk.totals import Slot
from fairlead.machine.state import State
from fairlead.model.outputs import InputRefused, Output, PortfolioRiskMeasured
from fairlead.model.portfolio import ReturnHistory
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    FINE_UNIT,
    MILLIONTHS,
    MONEY_MAX,
    NANOS_PER_SECOND,
    RATE_UNIT,
    Fine,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    Rate,
    divide_half_even,
)

CONFIDENCE: Final = Rate(95_000_000)  # of limits, and where nobody says otherwise
HORIZON: Final = 1  # of limits
HORIZONS: Final = (1, 5)  # trading days
AGE_DAYS_MAX: Final = 10  # of the last common date: a week, and the longest holidays around it

_INVERSE: Final = InstrumentKind.INVERSE
_ACCOUNT: Final = ScopeKind.ACCOUNT
_VALUE_AT_RISK: Final = LimitKind.VALUE_AT_RISK_SHARE
_NOTHING: Final[list[Money | None]] = [None, None, None, None]
_FRESH: Final = NANOS_PER_SECOND
_AHEAD_MAX: Final = 1  # the day has begun in Asia while it has not in UTC


class Terms(NamedTuple):
    """How the risk of a portfolio is measured."""

    confidence: Rate = CONFIDENCE
    horizon: int = HORIZON
    benchmark: str = ""  # "": no beta
    limit: Money | None = None  # of the value at risk


class Sample(NamedTuple):
    """What the present positions of an account would have made, day by day."""

    instruments: list[InstrumentId]
    values: list[Fine]  # of each instrument, signed
    dates: list[int]
    profits: list[int]  # of each date, in grains
    dropped: int
    value_problem: str  # why the values are not known
    problem: str  # why the profits are not known

    @property
    def flat(self) -> bool:
        """Whether nothing is held, so that nothing can be lost."""
        return not self.instruments and not self.value_problem


def returns(state: State, history: ReturnHistory, time: Nanos, outputs: list[Output]) -> None:
    """Keep a history in the place of the one before; measure the accounts that it is about."""
    problem = state.histories.problem(history)
    if history.instrument and history.instrument not in state.instruments:
        problem = "unknown instrument"
    if problem:
        outputs.append(InputRefused("ReturnHistory", problem))
        return
    state.histories.take(history)
    for account in state.positions.accounts():
        if _is_about(state, history, account):
            _report(state, account, outputs)


def day_began(state: State, outputs: list[Output]) -> None:
    """Measure every account at the beginning of a trading day, where there are histories."""
    if state.histories.known:
        for account in state.positions.accounts():
            _report(state, account, outputs)


def projected(
    state: State, account: Account, slot: Slot, buys: bool, added: int
) -> tuple[Millionths | None, Millionths | None]:
    """Return the tail risk that an account would have if an order, and all that works on its side
    of the instrument, filled. None where it is not known.
    """
    change = slot.buys + added if buys else -(slot.sells + added)
    if change and not slot.priced:
        return None, None
    worth = slot.worth(change) if change else 0
    more = {slot.market.instrument.instrument: Fine((worth if buys else -worth) * FINE_UNIT)}
    sample = sampled(state, account, state.histories, today(state), more if change else {})
    return tail_risk(state, account, sample)


def sampled(
    state: State,
    account: Account,
    histories: Histories,
    today: int | None,
    more: dict[InstrumentId, Fine] | None = None,
) -> Sample:
    """Return what the positions of an account, and `more`, would have made by some histories.

    `today` is the number of the day that they are held against; None: their age is not asked.
    """
    values: dict[InstrumentId, Fine] = dict(more) if more else {}
    for position in state.positions.all():
        if position.account != account.account or position.quantity == 0:
            continue
        worth = valuation.worth_in_base(state, position)
        if worth is None:
            problem = _value_problem(state, account, position.instrument)
            return Sample([], [], [], [], 0, problem, problem)
        values[position.instrument] = Fine(values.get(position.instrument, 0) + worth)
    names, weights = list(values), list(values.values())
    found = [histories.of(name) for name in names]
    missing = [name for name, history in zip(names, found, strict=True) if history is None]
    if missing:
        symbols = ", ".join([state.instruments[name].symbol for name in missing])
        return Sample(names, weights, [], [], 0, "", f"no return history of {symbols}")
    known = [history for history in found if history is not None]
    return _joined(state, names, weights, known, today)


def today(state: State) -> int:
    """Return the number of the trading day of the firm; of the present one where none began."""
    date = state.performance.session_date
    return day_number(date) if date else day_of(state.time)


def measure(
    state: State, account: Account, sample: Sample, terms: Terms, histories: Histories
) -> PortfolioRiskMeasured:
    """Return what a sample says on given terms, or the problem that keeps it from saying it."""
    problem = sample.problem
    if not problem and not sample.flat:
        problem = portfolio.days_problem(len(sample.dates), terms.confidence, terms.horizon)
    figures = _NOTHING if problem else _figures(sample, terms)
    spread = None if sample.value_problem else portfolio.concentration(sample.values)
    beta, beta_problem = _beta(state, account, sample, terms, histories)
    used = None
    if not problem and terms.limit is not None:
        used = utilisation(_value_at_risk(sample, terms), terms.limit)
    return PortfolioRiskMeasured(
        account=account.account,
        horizon=terms.horizon,
        confidence=terms.confidence,
        as_of=sample.dates[-1] if sample.dates else 0,
        days=len(sample.dates),
        dropped=sample.dropped,
        value_at_risk=figures[0],
        expected_shortfall=figures[1],
        normal_value_at_risk=figures[2],
        normal_shortfall=figures[3],
        largest=spread.largest if spread else None,
        largest_five=spread.largest_five if spread else None,
        herfindahl=spread.herfindahl if spread else None,
        benchmark=terms.benchmark,
        beta=beta,
        limit=terms.limit,
        utilisation=used,
        problem=problem or _unwritable(figures),
        beta_problem=beta_problem,
    )


def refresh(state: State, account: Account) -> None:
    """Measure anew what limits are held against, where it may be another one by now.

    That is where a quantity has changed, or a second has passed: prices move all the time, and a
    measure costs a multiplication for each position and day.
    """
    quantities: dict[InstrumentId, int] = {}
    for position in state.positions.all():
        if position.account == account.account and position.quantity:
            known = quantities.get(position.instrument, 0)
            quantities[position.instrument] = known + position.quantity
    histories = state.histories
    before = histories.measured.get(account.account)
    if before is None or before.quantities != quantities or before.until <= state.time:
        histories.measured[account.account] = MeasuredAt(quantities, Nanos(state.time + _FRESH))
        _take(state, account, sampled(state, account, histories, today(state)))


def tail_risk(
    state: State, account: Account, sample: Sample
) -> tuple[Millionths | None, Millionths | None]:
    """Return value at risk and expected shortfall of one day at 0.95 as shares of equity.

    Both are rounded up; None where they or the equity are not known, or the equity is nothing.
    """
    if sample.flat:
        return Millionths(0), Millionths(0)
    days = len(sample.dates)
    if sample.problem or portfolio.days_problem(days, CONFIDENCE, HORIZON):
        return None, None
    shortfall = portfolio.expected_shortfall(sample.profits, CONFIDENCE)
    at_risk = portfolio.value_at_risk(sample.profits, CONFIDENCE)
    return (
        _share(state, account, at_risk, 1),
        _share(state, account, shortfall.numerator, shortfall.denominator),
    )


def limit_of(state: State, account: Account) -> Money | None:
    """Return what the value at risk of an account may reach, rounded down.

    None where no limit was set, or the equity of which it is a share is not known.
    """
    node = state.gate.tree.find(Scope(_ACCOUNT, account.name))
    limit = None if node is None else node.limit(_VALUE_AT_RISK)
    equity = valuation.equity_fine(state, account)
    if limit is None or equity is None:
        return None
    bound = max(0, equity) * limit.hard // (MILLIONTHS * FINE_UNIT)
    return Money(min(bound, MONEY_MAX))


def utilisation(grains: int, limit: Money) -> Millionths | None:
    """Return a value at risk as a share of its limit, rounded up: above it is never called at it.

    A profit uses nothing. None where something is at risk and the limit is nothing.
    """
    if grains <= 0:
        return Millionths(0)
    return _rounded_up(grains, limit * portfolio.GRAIN_UNIT) if limit > 0 else None


def _is_about(state: State, history: ReturnHistory, account: Account) -> bool:
    """Whether an account holds what a history is of; a benchmark is about all that hold."""
    for position in state.positions.all():
        mine = position.account == account.account and position.quantity != 0
        if mine and history.instrument in (0, position.instrument):
            return True
    return False


def _report(state: State, account: Account, outputs: list[Output]) -> None:
    histories = state.histories
    sample = sampled(state, account, histories, today(state))
    _take(state, account, sample)
    benchmarks = histories.benchmarks()
    for horizon in HORIZONS:
        limit = limit_of(state, account) if horizon == HORIZON else None
        terms = Terms(CONFIDENCE, horizon, benchmarks[0] if benchmarks else "", limit)
        outputs.append(measure(state, account, sample, terms, histories))


def _take(state: State, account: Account, sample: Sample) -> None:
    """Let limits be held against what was measured."""
    at_risk, shortfall = tail_risk(state, account, sample)
    state.gate.exposure.set_tail_risk(account.account, at_risk, shortfall)


def _value_problem(state: State, account: Account, instrument: InstrumentId) -> str:
    """Return why a position in an instrument has no value in base money."""
    terms = state.instruments[instrument]
    for position in state.positions.open_in(instrument):
        problem = valuation.mark_problem(state, position)
        if position.account == account.account and problem:
            return f"{terms.symbol}: {problem}"
    return f"{terms.symbol}: no exchange rate from {terms.currency} to {account.currency} is known"


def _joined(
    state: State,
    names: list[InstrumentId],
    weights: list[Fine],
    histories: list[History],
    against: int | None,
) -> Sample:
    if not names:
        return Sample([], [], [], [], 0, "", "")
    joined = aligned(histories)
    rows = []
    for name, weight, changes in zip(names, weights, joined.rows, strict=True):
        inverse = state.instruments[name].kind is _INVERSE
        rows.append([portfolio.profit(weight, change, inverse) for change in changes])
    profits = portfolio.summed(rows)
    problem = _age_problem(joined.dates, against)
    return Sample(names, weights, joined.dates, profits, joined.dropped, "", problem)


def _age_problem(dates: list[int], against: int | None) -> str:
    """Return why the last date is not one to measure today's risk with, empty if it is."""
    if not dates or against is None:
        return ""
    age = against - day_number(dates[-1])
    if age > AGE_DAYS_MAX:
        return f"the histories end on {dates[-1]}, {age} days ago, at most {AGE_DAYS_MAX}"
    return f"the histories end on {dates[-1]}, after today" if age < -_AHEAD_MAX else ""


def _value_at_risk(sample: Sample, terms: Terms) -> int:
    """Return the value at risk of enough days, in grains; a flat account risks nothing."""
    if sample.flat:
        return 0
    profits = portfolio.windows(sample.profits, terms.horizon)
    return portfolio.value_at_risk(profits, terms.confidence)


def _figures(sample: Sample, terms: Terms) -> list[Money | None]:
    """Return value at risk and shortfall, historical and normal, of enough days."""
    if sample.flat:
        return [Money(0), Money(0), Money(0), Money(0)]
    confidence, horizon = terms.confidence, terms.horizon
    shortfall = portfolio.expected_shortfall(portfolio.windows(sample.profits, horizon), confidence)
    return [
        portfolio.money(_value_at_risk(sample, terms)),
        portfolio.money(shortfall.numerator, shortfall.denominator),
        portfolio.money(portfolio.normal_value_at_risk(sample.profits, confidence, horizon)),
        portfolio.money(portfolio.normal_shortfall(sample.profits, confidence, horizon)),
    ]


def _unwritable(figures: list[Money | None]) -> str:
    return f"it is beyond {MONEY_MAX} units of money" if None in figures else ""


def _beta(
    state: State, account: Account, sample: Sample, terms: Terms, histories: Histories
) -> tuple[Rate | None, str]:
    """Return the beta of the equity of an account to its benchmark, or why there is none."""
    if not terms.benchmark:
        return None, "no benchmark"
    if sample.problem:
        return None, sample.problem
    if sample.flat:
        return Rate(0), ""
    history = histories.benchmark(terms.benchmark)
    if history is None:
        return None, f"no return history of {terms.benchmark}"
    pairs = zip(sample.dates, sample.profits, strict=True)
    mine = [(date, each) for date, each in pairs if date in history.by_date]
    market = [history.by_date[date] for date, _ in mine]
    problem = portfolio.beta_problem(market)
    equity = valuation.equity_fine(state, account)
    if not problem and (equity is None or equity <= 0):
        problem = valuation.equity_problem(state, account) or "there is no equity"
    if problem or equity is None:
        return None, problem
    found = portfolio.beta([each for _, each in mine], market)
    rate = divide_half_even(found.numerator * RATE_UNIT, found.denominator * equity)
    return (Rate(rate), "") if abs(rate) <= MONEY_MAX else (None, "it is beyond any record")


def _share(state: State, account: Account, grains: int, divisor: int) -> Millionths | None:
    if grains <= 0:
        return Millionths(0)
    equity = valuation.equity_fine(state, account)
    if equity is None or equity <= 0:
        return None
    return _rounded_up(grains, divisor * equity * (portfolio.GRAIN_UNIT // FINE_UNIT))


def _rounded_up(part: int, whole: int) -> Millionths | None:
    """Return a share in millionths, rounded up; None where no record holds it."""
    found = -(-part * MILLIONTHS // whole)
    return Millionths(found) if found <= MONEY_MAX else None
