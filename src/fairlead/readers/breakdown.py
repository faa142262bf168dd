"""The statistics of each strategy, in each instrument and in all: what the account is made of.

Returns of a strategy are *contributions*: what its profit moved between two points of the grid, as
a share of the equity of the whole account at the earlier one. So those of all strategies add up to
the return of the account, and a strategy that rests has a contribution of 0.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from fairlead.model.units import AccountId, Fine, Money, rounded
from fairlead.readers import statistics
from fairlead.readers.equity import EquityCurve, Series
from fairlead.readers.holdings import LedgerPosition, Trips
from fairlead.readers.ledger import PositionKey
from fairlead.readers.measures import (
    DEFINITIONS,
    Definition,
    Measure,
    Writer,
    annualised,
    span_of,
    trip_measures,
)
from fairlead.readers.statistics import Measured, ratio, undefined

_CONTRIBUTIONS: Final = "Of its contributions to the equity of the account. "
_TAKEN_OVER: Final = (
    *("round_trips", "win_rate", "profit_factor", "average_win", "average_loss", "turnover"),
)
_TOLD: Final[dict[str, Definition]] = {
    "profit": ("Profit", "money", "Realised and unrealised profit, less fees."),
    "fees": ("Fees", "money", "What venues charged, less rebates."),
    "volume": ("Volume", "money", "Notional bought and sold."),
    "interval_sharpe": (
        *DEFINITIONS["interval_sharpe"][:2],
        _CONTRIBUTIONS + DEFINITIONS["interval_sharpe"][2],
    ),
    "sharpe": (*DEFINITIONS["sharpe"][:2], _CONTRIBUTIONS + DEFINITIONS["sharpe"][2]),
    "max_drawdown_amount": (
        "Maximum drawdown, amount",
        "money",
        "The most that its profit fell below its highest point before; it began at 0.",
    ),
    **{name: DEFINITIONS[name] for name in _TAKEN_OVER},
    "exposure": ("Exposure", "share", "Share of the points of the curve with a position open."),
}


class Share(msgspec.Struct, frozen=True):
    """What one strategy did in one instrument, or (`instrument` "") in all of them."""

    strategy: str
    instrument: str
    currency: str
    measures: list[Measure]


def breakdown_of(curve: EquityCurve, account: AccountId) -> list[Share]:
    """Return the shares of an account: each strategy, followed by each of its instruments.

    A strategy that trades in several currencies has no sum of its own: its instruments have.
    """
    series = curve.series()
    ledger = curve.ledger
    held = {key: one for key, one in ledger.positions.items() if one.account == account}
    owners: dict[str, dict[PositionKey, LedgerPosition]] = {}
    for key, position in held.items():
        owners.setdefault(ledger.owner(position), {})[key] = position
    found: list[Share] = []
    for owner, positions in owners.items():
        if len({one.instrument.currency for one in positions.values()}) == 1:
            found.append(_share(curve, series, account, owner, "", positions))
        for key, position in positions.items():
            symbol = position.instrument.symbol
            found.append(_share(curve, series, account, owner, symbol, {key: position}))
    return found


def _share(
    curve: EquityCurve,
    series: Series,
    account: AccountId,
    owner: str,
    symbol: str,
    positions: dict[PositionKey, LedgerPosition],
) -> Share:
    terms = next(iter(positions.values())).instrument
    equity = series.equity(account)
    profits = _profits(series, list(positions))
    known = [value for value in equity if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    volume = rounded(Fine(sum(one.volume for one in positions.values())))
    moves = _contributions(profits[series.grid], equity[series.grid])
    per_year = statistics.NANOS_PER_YEAR / series.interval
    open_points = sum(any(state.positions.get(key) for key in positions) for state in series.states)
    last = profits[-1] if profits else None
    found = {
        "profit": undefined("a position has no mark") if last is None else Measured(last),
        "fees": Measured(sum(one.fees for one in positions.values())),
        "volume": Measured(volume),
        "interval_sharpe": statistics.sharpe(moves),
        "sharpe": annualised(statistics.sharpe(moves, per_year), span_of(series)),
        "max_drawdown_amount": Measured(_deepest(profits)),
        **trip_measures(_all_trips(positions.values())),
        "turnover": ratio(volume, mean, "mean equity is not known, or not above 0"),
        "exposure": ratio(open_points, len(series.states), "the session has no length"),
    }
    written = Writer(terms.currency, terms.money_decimals)
    measures = [written.measure(name, told, found[name]) for name, told in _TOLD.items()]
    return Share(owner, symbol, terms.currency, measures)


def _profits(series: Series, keys: Sequence[PositionKey]) -> list[Money | None]:
    """Return the profit of several positions together at each time; None where one is not known."""
    together: list[Money | None] = []
    for parts in zip(*(series.profits(key) for key in keys), strict=True):
        known = [part for part in parts if part is not None]
        together.append(Money(sum(known)) if len(known) == len(parts) else None)
    return together


def _contributions(profits: Sequence[Money | None], equity: Sequence[Money | None]) -> list[float]:
    """Return how much profits moved, as a share of the equity before."""
    return [
        (after - before) / worth
        for (before, after), worth in zip(pairwise(profits), equity, strict=False)
        if before is not None and after is not None and worth is not None and worth > 0
    ]


def _deepest(profits: Sequence[Money | None]) -> int:
    """Return the most that a profit fell below its highest point."""
    peak = deepest = 0
    for profit in profits:
        if profit is not None:
            peak = max(peak, profit)
            deepest = max(deepest, peak - profit)
    return deepest


def _all_trips(positions: Iterable[LedgerPosition]) -> Trips:
    total = Trips()
    for position in positions:
        trips = position.trips
        total.won += trips.won
        total.lost += trips.lost
        total.even += trips.even
        total.profit = Fine(total.profit + trips.profit)
        total.loss = Fine(total.loss + trips.loss)
    return total
