"""The numbers behind the charts, as JSON. How they look is for `charts.js`.

Money and prices become floats here: a pixel needs no more. Times are milliseconds since the epoch.
Names go into labels that understand some HTML, so they are escaped.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from fairlead.model.decimals import decimal_text
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_MILLISECOND, AccountId, Nanos
from fairlead.readers.equity import EquityCurve, Fill, Series
from fairlead.readers.statistics import drawdowns, without_flows
from fairlead.readers.written import grouped, printable

CHARTS_MAX: Final = 12  # instruments drawn: those with the most fills

Chart = dict[str, object]


def equity_chart(curve: EquityCurve, series: Series, account: AccountId) -> Chart:
    """Return equity and drawdown of an account over time."""
    definition = curve.ledger.accounts[account].definition
    equity = series.equity(account)
    return {
        "kind": "equity",
        "currency": escape(printable(definition.currency)),
        "times": _milliseconds(series.times),
        "equity": _scaled(equity, 10**definition.money_decimals),
        "initial": definition.cash / 10**definition.money_decimals,
        "drawdown": drawdowns(without_flows(equity, series.flows(account))),
    }


def price_chart(curve: EquityCurve, series: Series, instrument: Instrument) -> Chart:
    """Return the mid price of an instrument over time, our fills on it, and what was held."""
    held = 10**instrument.quantity_decimals
    fills = [fill for fill in curve.markers.items if fill.instrument == instrument.instrument]
    return {
        "kind": "price",
        "symbol": escape(printable(instrument.symbol)),
        "decimals": instrument.price_decimals,
        "times": _milliseconds(series.times),
        "mid": _scaled(series.mids(instrument.instrument), 2 * 10**instrument.price_decimals),
        "positions": [
            {
                "name": escape(printable(curve.ledger.owner(position))),
                "quantity": _scaled(series.quantities(key), held),
            }
            for key, position in curve.ledger.positions.items()
            if position.instrument.instrument == instrument.instrument
        ],
        "buys": _markers(curve, instrument, [fill for fill in fills if fill.side is Side.BUY]),
        "sells": _markers(curve, instrument, [fill for fill in fills if fill.side is Side.SELL]),
    }


def charted(curve: EquityCurve) -> list[Instrument]:
    """Return the instruments that are drawn: all that fit, those with the most fills first."""
    fills = dict.fromkeys(curve.ledger.instruments, 0)
    for (_, instrument), position in curve.ledger.positions.items():
        fills[instrument] += position.fills
    ordered = sorted(fills, key=lambda instrument: (-fills[instrument], instrument))
    return [curve.ledger.instruments[instrument] for instrument in ordered[:CHARTS_MAX]]


def _markers(curve: EquityCurve, instrument: Instrument, fills: list[Fill]) -> Chart:
    return {
        "times": _milliseconds([fill.time for fill in fills]),
        "prices": _scaled([fill.price for fill in fills], 10**instrument.price_decimals),
        "texts": [_told(curve, instrument, fill) for fill in fills],
    }


def _told(curve: EquityCurve, instrument: Instrument, fill: Fill) -> str:
    quantity = grouped(decimal_text(fill.quantity, instrument.quantity_decimals))
    price = grouped(decimal_text(fill.price, instrument.price_decimals))
    name = escape(printable(curve.ledger.strategies[fill.strategy].name))
    return f"{fill.side.name} {quantity} at {price}, {fill.told}, {name}"


def _milliseconds(times: list[Nanos]) -> list[int]:
    return [time // NANOS_PER_MILLISECOND for time in times]


def _scaled(values: Sequence[int | None], unit: int) -> list[float | None]:
    return [None if value is None else value / unit for value in values]
