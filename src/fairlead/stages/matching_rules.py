"""From the settings of a simulated exchange to its rules."""

from decimal import Decimal
from typing import Final

import msgspec

from fairlead.model.instruments import Instrument
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import OrderType, TimeInForce
from fairlead.model.units import NANOS_PER_SECOND, BasisPoints, Money, Nanos, Rate
from fairlead.node.venue_settings import MatchingSettings
from fairlead.simulator.bands import BandTerms
from fairlead.simulator.fees import FeeTier
from fairlead.simulator.hours import Hours
from fairlead.simulator.matching import SelfTrade
from fairlead.simulator.rules import ExchangeRules

_RATE_PER_BASIS_POINT: Final = 10_000
_MINUTE: Final = 60 * NANOS_PER_SECOND


def rules_of(matching: MatchingSettings) -> ExchangeRules:
    """Return the rules that settings say."""
    bands = None
    if matching.bands is not None:
        width = BasisPoints(matching.bands.width_bps)
        bands = BandTerms(width, matching.bands.limit_state, matching.bands.pause)
    phases = [(_time_of_day(one.at), Phase[one.phase.upper()]) for one in matching.hours]
    return ExchangeRules(
        self_trade=SelfTrade[matching.self_trade.upper()],
        hours=Hours(tuple(phases)),
        bands=bands,
        publishes_orders=matching.data == "orders",
        halt_call=matching.halt_call,
    )


def tiers_of(matching: MatchingSettings, money_decimals: int) -> tuple[FeeTier, ...]:
    """Return the fee tiers that settings say; volumes are rounded down."""
    return tuple(
        FeeTier(
            Money(int(one.volume.scaleb(money_decimals))),
            rate_of(one.maker_bps),
            rate_of(one.taker_bps),
        )
        for one in matching.fee_tiers
    )


def listed(instrument: Instrument, matching: MatchingSettings) -> Instrument:
    """Return an instrument with the orders that the exchange takes."""
    return msgspec.structs.replace(
        instrument,
        order_types=(
            *instrument.order_types,
            *(OrderType[name.upper()] for name in matching.order_types),
        ),
        times_in_force=(
            *instrument.times_in_force,
            *(TimeInForce[name.upper()] for name in matching.times_in_force),
        ),
        icebergs=matching.icebergs,
    )


def rate_of(basis_points: Decimal) -> Rate:
    """Return a fee rate."""
    return Rate(int(basis_points * _RATE_PER_BASIS_POINT))


def _time_of_day(text: str) -> Nanos:
    hours, _, minutes = text.partition(":")
    return Nanos((int(hours) * 60 + int(minutes)) * _MINUTE)
