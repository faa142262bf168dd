"""Binance market data: spot and USD-M futures. COIN-M and other venues are siblings of this."""

from fairlead.gateways.binance.feed import BinanceFeed
from fairlead.gateways.binance.frames import Market
from fairlead.gateways.binance.instrument import infer

__all__ = ["BinanceFeed", "Market", "infer"]
