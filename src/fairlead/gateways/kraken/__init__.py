"""Kraken market data, WebSocket versions 1 and 2: books proved by a CRC32 over the best ten."""

from fairlead.gateways.kraken.feed import KrakenFeed
from fairlead.gateways.kraken.second_version import KrakenSecondFeed

__all__ = ["KrakenFeed", "KrakenSecondFeed"]
