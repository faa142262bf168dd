"""Bitget market data, spot and derivatives: books proved by checksum."""

from fairlead.gateways.bitget.feed import BitgetFeed

__all__ = ["BitgetFeed"]
