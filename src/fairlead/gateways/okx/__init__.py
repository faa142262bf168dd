"""OKX market data, spot and derivatives: books proved by checksum and by a chain of numbers."""

from fairlead.gateways.okx.feed import OkxFeed

__all__ = ["OkxFeed"]
