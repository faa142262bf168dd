"""Coinbase market data, spot: books without numbers, trades with; and the Advanced Trade feed."""

from fairlead.gateways.coinbase.advanced import CoinbaseAdvancedFeed
from fairlead.gateways.coinbase.feed import CoinbaseFeed

__all__ = ["CoinbaseAdvancedFeed", "CoinbaseFeed"]
