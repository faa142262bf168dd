"""NASDAQ TotalView-ITCH 5.0: messages, the feed of many instruments, files and captures."""

from fairlead.gateways.itch.feed import ItchFeed

__all__ = ["ItchFeed"]
