"""NASDAQ TotalView-ITCH 5.0: messages, the feed of many instruments, files, captures, the wire."""

from fairlead.gateways.itch.feed import ItchFeed
from fairlead.gateways.itch.live import LiveItch, Places
from fairlead.gateways.itch.stream import ItchStream

__all__ = ["ItchFeed", "ItchStream", "LiveItch", "Places"]
