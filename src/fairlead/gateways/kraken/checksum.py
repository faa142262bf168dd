"""Kraken's CRC32 over the best ten asks, then the best ten bids, as digits without point.

Source: the venue's guides "Book checksum" for versions 1 and 2 of its WebSocket API, with one
worked example each (974947235 and 3310070434).
"""

from typing import Final
from zlib import crc32

from fairlead.gateways.venue_book import BookSide

DEPTH: Final = 10


def level_text(price: str, quantity: str) -> str:
    """Return what of a level the checksum is made of: digits, without zeros in front."""
    return price.replace(".", "").lstrip("0") + quantity.replace(".", "").lstrip("0")


def checksum(bids: BookSide, asks: BookSide) -> int:
    """Return the checksum of the book, as an unsigned 32-bit number."""
    return crc32("".join(asks.texts(DEPTH) + bids.texts(DEPTH)).encode())
