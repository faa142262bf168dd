"""CRC32 over the best 25 levels of both sides in turn, as text: how OKX and Bitget prove books."""

from itertools import zip_longest
from typing import Final
from zlib import crc32

from fairlead.gateways.venue_book import BookSide

DEPTH: Final = 25


def level_text(price: str, quantity: str) -> str:
    """Return what of a level the checksum is made of."""
    return f"{price}:{quantity}"


def signed_checksum(bids: BookSide, asks: BookSide) -> int:
    """Return the checksum of `bid:ask:bid:ask...` from the best on, as a signed 32-bit number.

    Where one side is shorter, the other goes on alone.
    """
    pairs = zip_longest(bids.texts(DEPTH), asks.texts(DEPTH))
    text = ":".join([level for pair in pairs for level in pair if level is not None])
    unsigned = crc32(text.encode())
    return unsigned - 2**32 if unsigned >= 2**31 else unsigned
