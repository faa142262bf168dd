"""Limits in a configuration: one key for each kind of limit, and what it becomes in the machine.

A key with a number is the hard bound; written out it is `{hard, warning, window}`. Without a
`warning` a limit warns at 70 % of its hard bound. A key that is not set is as the profile says.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from fairlead.model.risk import LEAST, WINDOWED, Limit
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import Nanos
from fairlead.node.settings import (
    Amount,
    Contradiction,
    ExactNumber,
    PositiveDuration,
    Section,
    decimals,
    millionths,
    refuse,
    spelled,
)


class Bound(Section):
    """One limit: its hard bound, where it warns, and over which window it counts."""

    hard: Amount
    warning: Amount | None = None
    window: PositiveDuration | None = None

    def limit(self, kind: LimitKind) -> Limit:
        """Return it as a limit of a kind."""
        warning = millionths(self.warning) if self.warning is not None else None
        return Limit(kind, millionths(self.hard), warning, self.window or Nanos(0))


def _written_out(value: object) -> object:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return {"hard": value} if is_number else value


def _around_nothing(bounds: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if len(bounds) != 2 or not bounds[0] <= 0 <= bounds[1]:
        refuse("the shortest and the longest, as in [-0.1, 0.1]")
    return bounds


LimitBound = Annotated[Bound, BeforeValidator(_written_out)]
NetBounds = Annotated[tuple[ExactNumber, ...], AfterValidator(_around_nothing), Strict(False)]

# The kind of each key. `net_exposure` is two: how long and how short.
KINDS: Final = {
    "max_order_size": LimitKind.ORDER_QUANTITY,
    "max_order_value": LimitKind.ORDER_NOTIONAL,
    "max_order_volume": LimitKind.ORDER_VOLUME_SHARE,
    "price_collar": LimitKind.PRICE_COLLAR,
    "price_floor": LimitKind.PRICE_FLOOR,
    "max_spread": LimitKind.SPREAD,
    "min_depth": LimitKind.DEPTH,
    "max_working_orders": LimitKind.WORKING_ORDERS,
    "max_unacknowledged": LimitKind.UNACKNOWLEDGED,
    "max_messages": LimitKind.MESSAGES,
    "max_messages_day": LimitKind.MESSAGES_DAY,
    "max_repeated_executions": LimitKind.REPEATED_EXECUTIONS,
    "max_order_to_trade": LimitKind.ORDER_TO_TRADE,
    "max_position_size": LimitKind.POSITION_QUANTITY,
    "max_position_value": LimitKind.POSITION_VALUE,
    "max_position": LimitKind.POSITION_SHARE,
    "max_positions": LimitKind.POSITIONS,
    "gross_value": LimitKind.GROSS,
    "gross_exposure": LimitKind.GROSS_SHARE,
    "max_sector_value": LimitKind.SECTOR,
    "max_sector": LimitKind.SECTOR_SHARE,
    "max_currency": LimitKind.CURRENCY_SHARE,
    "capital_limit": LimitKind.CAPITAL,
    "min_cash": LimitKind.CASH,
    "max_value_window": LimitKind.VALUE_WINDOW,
    "max_value_day": LimitKind.VALUE_DAY,
    "max_quantity_day": LimitKind.QUANTITY_DAY,
    "max_instruments": LimitKind.INSTRUMENTS,
    "max_delta": LimitKind.DELTA,
    "max_gamma": LimitKind.GAMMA,
    "max_vega": LimitKind.VEGA,
    "max_value_at_risk": LimitKind.VALUE_AT_RISK_SHARE,
    "max_expected_shortfall": LimitKind.EXPECTED_SHORTFALL_SHARE,
}
_COUNTS: Final = (
    LimitKind.WORKING_ORDERS,
    LimitKind.UNACKNOWLEDGED,
    LimitKind.MESSAGES,
    LimitKind.MESSAGES_DAY,
    LimitKind.REPEATED_EXECUTIONS,
    LimitKind.POSITIONS,
    LimitKind.INSTRUMENTS,
)


class RiskLimitSettings(Section):
    """The limits of a scope. Shares are of equity where nothing else is said."""

    # Of one order.
    max_order_size: LimitBound | None = None
    max_order_value: LimitBound | None = None
    max_order_volume: LimitBound | None = Field(
        default=None, validation_alias=spelled("max_order_volume", "max_participation")
    )
    price_collar: LimitBound | None = None
    price_floor: LimitBound | None = None
    max_spread: LimitBound | None = None
    min_depth: LimitBound | None = None
    # Of what is on its way.
    max_working_orders: LimitBound | None = None
    max_unacknowledged: LimitBound | None = None
    max_messages: LimitBound | None = None
    max_messages_day: LimitBound | None = None
    max_repeated_executions: LimitBound | None = None
    max_order_to_trade: LimitBound | None = None
    # Of a position.
    max_position_size: LimitBound | None = None
    max_position_value: LimitBound | None = None
    max_position: LimitBound | None = Field(
        default=None, validation_alias=spelled("max_position", "max_single_stock_exposure")
    )
    max_positions: LimitBound | None = None
    # Of all positions.
    gross_value: LimitBound | None = Field(
        default=None, validation_alias=spelled("gross_value", "max_portfolio_value")
    )
    gross_exposure: LimitBound | None = Field(
        default=None, validation_alias=spelled("gross_exposure", "max_leverage")
    )
    net_exposure: NetBounds | None = None
    max_sector_value: LimitBound | None = None
    max_sector: LimitBound | None = Field(
        default=None, validation_alias=spelled("max_sector", "max_sector_exposure")
    )
    max_currency: LimitBound | None = None
    capital_limit: LimitBound | None = None
    min_cash: LimitBound | None = None
    max_value_window: LimitBound | None = None
    max_value_day: LimitBound | None = None
    max_quantity_day: LimitBound | None = None
    max_instruments: LimitBound | None = None
    max_delta: LimitBound | None = None
    max_gamma: LimitBound | None = None
    max_vega: LimitBound | None = None
    max_value_at_risk: LimitBound | None = None
    max_expected_shortfall: LimitBound | None = None

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits that are set, in the order of their kinds."""
        found = [bound.limit(KINDS[name]) for name, bound in self.bounds()]
        if self.net_exposure is not None:
            short, long = self.net_exposure
            found.append(Limit(LimitKind.NET_LONG_SHARE, millionths(long)))
            found.append(Limit(LimitKind.NET_SHORT_SHARE, millionths(-short)))
        return tuple(sorted(found, key=lambda limit: limit.kind))

    def bounds(self) -> Iterator[tuple[str, Bound]]:
        """Return the keys that are set, but for `net_exposure`."""
        for name in KINDS:
            bound = getattr(self, name)
            if bound is not None:
                yield name, bound

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the bounds that their kind does not have."""
        for name, bound in self.bounds():
            kind = KINDS[name]
            if (kind in WINDOWED) != (bound.window is not None):
                expected = "a window" if kind in WINDOWED else "no window"
                yield Contradiction((name, "window"), expected)
            if kind in _COUNTS and decimals(bound.hard):
                yield Contradiction((name, "hard"), "a whole number")
            if bound.warning is not None:
                before = _wrong_warning(kind in LEAST, bound.warning, bound.hard)
                if before:
                    yield Contradiction((name, "warning"), before)


def _wrong_warning(is_least: bool, warning: Decimal, hard: Decimal) -> str:
    """Return what is expected of a warning that comes too late, or nothing."""
    if is_least:
        return "" if warning > hard else "more than the hard bound: it is the least"
    return "" if warning < hard else "less than the hard bound"
