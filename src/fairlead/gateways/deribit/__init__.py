"""Deribit market data, futures and options: books proved by a chain of numbers."""

from fairlead.gateways.deribit.feed import DeribitFeed

__all__ = ["DeribitFeed"]
