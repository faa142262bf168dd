"""The statistics of a session, named, formed and written out. What each means is said here.

`statistics.py` has the formulas; this file decides what goes into them. Every measure carries its
definition, so that the report can show it beside the number.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from fairlead.model.units import AccountId, Money, Nanos
from fairlead.readers import statistics
from fairlead.readers.equity import EquityCurve, Series
from fairlead.readers.holdings import Trips
from fairlead.readers.order_flow import OrderFlow
from fairlead.readers.statistics import Drawdown, Measured, ratio, undefined
from fairlead.readers.written import grouped, span_text

_BASIS_POINTS: Final = 10_000
_DECIMALS_MAX: Final = 8
_NO_FALL: Final = "equity never fell below a peak"
_NO_TRIPS: Final = "no round trip was closed"


class Measure(msgspec.Struct, frozen=True):
    """One measure: `value` is None where it is undefined, and `note` says why.

    It is in units of `unit`: a share of 1, a number, basis points, money, or nanoseconds (span).
    """

    name: str
    label: str
    unit: str
    definition: str
    value: float | None
    note: str
    text: str


Definition = tuple[str, str, str]  # what it is called, what it is counted in, what it means

DEFINITIONS: Final[dict[str, Definition]] = {
    "total_return": (
        "Total return",
        "share",
        "Profit over initial equity. With deposits or withdrawals: what each unit put in made.",
    ),
    "annual_growth": (
        "Annual growth (CAGR)",
        "share",
        "(last equity / first) to the power of (1 year / span), less 1. From 30 days on.",
    ),
    "interval_volatility": (
        "Volatility per interval",
        "share",
        "Standard deviation (divisor n - 1) of the returns of one sampling interval.",
    ),
    "volatility": (
        "Volatility, annualised",
        "share",
        "Volatility per interval times the root of the intervals in 365 days. From one day on.",
    ),
    "interval_sharpe": (
        "Sharpe ratio per interval",
        "number",
        "Mean return over standard deviation, of one sampling interval. Riskless return 0.",
    ),
    "sharpe": (
        "Sharpe ratio, annualised",
        "number",
        "Sharpe ratio per interval times the root of the intervals in 365 days. From one day on.",
    ),
    "sortino": (
        "Sortino ratio, annualised",
        "number",
        "Mean return over downside deviation (root of the mean, over all returns, of the squared"
        " returns below 0), annualised like the Sharpe ratio. From one day on.",
    ),
    "max_drawdown": (
        "Maximum drawdown",
        "share",
        "Deepest fall of equity below its highest point before, as a share of that point."
        " Deposits and withdrawals are neither a rise nor a fall.",
    ),
    "max_drawdown_amount": (
        "Maximum drawdown, amount",
        "money",
        "The profit lost between the peak and the trough of the maximum drawdown.",
    ),
    "max_drawdown_duration": (
        "Maximum drawdown, duration",
        "span",
        "From the peak of the maximum drawdown until equity was there again, or until the end.",
    ),
    "calmar": ("Calmar ratio", "number", "Annual growth over maximum drawdown. From 30 days on."),
    "round_trips": (
        "Round trips closed",
        "count",
        "Positions that went from flat to flat, or through zero; one strategy, one instrument.",
    ),
    "win_rate": (
        "Win rate",
        "share",
        "Share of the closed round trips that made money after fees. Break-even is no win.",
    ),
    "profit_factor": (
        "Profit factor",
        "number",
        "Gross profit over gross loss of the closed round trips, after fees.",
    ),
    "average_win": ("Average win", "money", "Mean profit, after fees, of the winning round trips."),
    "average_loss": ("Average loss", "money", "Mean loss, after fees, of the losing round trips."),
    "turnover": ("Turnover", "number", "Notional bought and sold over mean equity."),
    "exposure": ("Exposure", "share", "Share of the time in which any position was open."),
    "fees_of_volume": ("Fees of volume", "basis points", "Fees over notional bought and sold."),
    "fees_of_profit": (
        "Fees of profit",
        "share",
        "Fees over realised and unrealised profit before fees.",
    ),
    "fill_ratio": (
        "Fill ratio",
        "share",
        "Share of the orders sent that were filled at least in part. Over all accounts.",
    ),
    "orders_per_fill": ("Orders per fill", "number", "Orders sent over fills. Over all accounts."),
}


def measures_of(curve: EquityCurve, flow: OrderFlow, account: AccountId) -> list[Measure]:
    """Return every measure of an account, in the order of `DEFINITIONS`."""
    series = curve.series()
    found = {
        **_of_equity(curve, series, account),
        **trip_measures(curve.ledger.accounts[account].trips),
        **_of_trading(curve, series, account),
        "fill_ratio": ratio(flow.filled_in_part_or_whole, flow.sent, "no order was sent"),
        "orders_per_fill": ratio(flow.sent, flow.fills, "there was no fill"),
    }
    definition = curve.ledger.accounts[account].definition
    written = Writer(definition.currency, definition.money_decimals)
    return [written.measure(name, DEFINITIONS[name], found[name]) for name in DEFINITIONS]


def span_of(series: Series) -> Nanos:
    """Return how long the session was, from its first market data to its last input."""
    return Nanos(series.times[-1] - series.times[0]) if series.times else Nanos(0)


def _of_equity(curve: EquityCurve, series: Series, account_id: AccountId) -> dict[str, Measured]:
    account = curve.ledger.accounts[account_id]
    span = span_of(series)
    flows = series.flows(account_id)
    equity = series.equity(account_id)
    steady = statistics.without_flows(equity, flows)
    last = curve.ledger.valuation(account)
    returns = statistics.returns_of(steady[series.grid])
    per_year = statistics.NANOS_PER_YEAR / series.interval
    total, growth = undefined(last.reason), undefined(last.reason)
    if last.equity is not None:
        first, end = _ends(account.initial, last.equity, equity, steady)
        total = statistics.total_return(first, end)
        growth = statistics.annual_growth(first, end, span)
    fall = statistics.deepest_drawdown(steady)
    return {
        "total_return": total,
        "annual_growth": growth,
        "interval_volatility": statistics.volatility(returns),
        "volatility": annualised(statistics.volatility(returns, per_year), span),
        "interval_sharpe": statistics.sharpe(returns),
        "sharpe": annualised(statistics.sharpe(returns, per_year), span),
        "sortino": annualised(statistics.sortino(returns, per_year), span),
        "calmar": statistics.calmar(growth, fall.depth if fall else 0.0),
        **_of_drawdown(series, equity, flows, fall),
    }


def _ends(
    initial: Money,
    last: Money,
    equity: Sequence[Money | None],
    steady: Sequence[float | None],
) -> tuple[float, float]:
    """Return equity at the beginning and at the end; with flows, what a unit put in was worth."""
    if steady is equity:
        return initial, last
    known = [value for value in steady if value is not None and value > 0]
    return (known[0], known[-1]) if known else (initial, last)


def _of_drawdown(
    series: Series,
    equity: Sequence[Money | None],
    flows: Sequence[Money],
    fall: Drawdown | None,
) -> dict[str, Measured]:
    if fall is None:
        nothing = Measured(0, _NO_FALL)
        return {
            "max_drawdown": nothing,
            "max_drawdown_amount": nothing,
            "max_drawdown_duration": nothing,
        }
    high, low = equity[fall.peak], equity[fall.trough]
    assert high is not None, "a peak is a known equity"
    assert low is not None, "a trough is a known equity"
    lost = high - flows[fall.peak] - low + flows[fall.trough]
    return {
        "max_drawdown": Measured(fall.depth),
        "max_drawdown_amount": Measured(lost),
        "max_drawdown_duration": Measured(
            series.times[fall.end] - series.times[fall.peak],
            "" if fall.recovered else "not recovered",
        ),
    }


def trip_measures(trips: Trips) -> dict[str, Measured]:
    """Return what closed round trips come to."""
    lossless = _NO_TRIPS if trips.count == 0 else "no round trip lost money"
    winless = _NO_TRIPS if trips.count == 0 else "no round trip made money"
    return {
        "round_trips": Measured(trips.count),
        "win_rate": ratio(trips.won, trips.count, _NO_TRIPS),
        "profit_factor": ratio(trips.gross_profit, trips.gross_loss, lossless),
        "average_win": ratio(trips.gross_profit, trips.won, winless),
        "average_loss": ratio(trips.gross_loss, trips.lost, lossless),
    }


def _of_trading(curve: EquityCurve, series: Series, account_id: AccountId) -> dict[str, Measured]:
    ledger = curve.ledger
    account = ledger.accounts[account_id]
    known = [value for value in series.equity(account_id) if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    value = ledger.valuation(account)
    profit = None if value.unrealised is None else account.realised + value.unrealised
    exposed = account.exposed(ledger.time)
    return {
        "turnover": ratio(account.volume, mean, "mean equity is not known, or not above 0"),
        "exposure": ratio(exposed, span_of(series), "the session has no length"),
        "fees_of_volume": ratio(
            account.fees * _BASIS_POINTS, account.volume, "nothing was bought or sold"
        ),
        "fees_of_profit": undefined(value.reason)
        if profit is None
        else ratio(account.fees, profit, "there is no profit before fees"),
    }


def annualised(measured: Measured, span: Nanos) -> Measured:
    """Return a measure of a year, undefined where the session was too short for one."""
    if measured.value is not None and span < statistics.ANNUALISED_SPAN_MIN:
        return undefined("less than a day says nothing about a year")
    return measured


class Writer:
    """Writes values as people read them. Money is in the smallest unit of the account."""

    def __init__(self, currency: str, money_decimals: int) -> None:
        """Take the currency, and the decimals of its smallest unit."""
        self._currency = currency
        self._money_unit = 10**money_decimals

    def measure(self, name: str, told: Definition, measured: Measured) -> Measure:
        """Return a measure as it is shown."""
        label, unit, definition = told
        value = measured.value
        if value is not None and unit == "money":
            value /= self._money_unit
        text = "undefined" if value is None else self._text(value, unit)
        return Measure(name, label, unit, definition, value, measured.note, text)

    def _text(self, value: float, unit: str) -> str:
        match unit:
            case "share":
                return f"{_significant(value * 100)} %"
            case "basis points":
                return f"{_significant(value)} bp"
            case "money":
                return f"{value:,.2f} {self._currency}"
            case "span":
                return span_text(Nanos(int(value)))
            case "count":
                return grouped(str(int(value)))
        return _significant(value)


def _significant(value: float) -> str:
    """Return two decimals, or as many as show three digits of a small number."""
    decimals = 2
    while decimals < _DECIMALS_MAX and 0 < abs(value) < 10.0 ** (2 - decimals):
        decimals += 1
    return f"{value:,.{decimals}f}"
