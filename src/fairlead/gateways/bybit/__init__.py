"""Bybit market data, version 5, and the inverse contracts of version 1 that recordings have."""

from fairlead.gateways.bybit.feed import BybitFeed
from fairlead.gateways.bybit.first_version import BybitFirstFeed

__all__ = ["BybitFeed", "BybitFirstFeed"]
