"""Binance market data: spot, USD-M and COIN-M futures."""

from fairlead.gateways.binance.feed import BinanceFeed
from fairlead.gateways.binance.frames import Market
from fairlead.gateways.binance.instrument import infer

__all__ = ["BinanceFeed", "Market", "infer"]
