"""The checksum of OKX and Bitget, by the example in the documentation of the former."""

from zlib import crc32

from fairlead.gateways.level_checksum import DEPTH, level_text, signed_checksum
from fairlead.gateways.venue_book import BookSide


def side(sign: int, *levels: tuple[str, str]) -> BookSide:
    made = BookSide(sign)
    for price, quantity in levels:
        made.set(int(price.replace(".", "")), 1, level_text(price, quantity))
    return made


def signed(text: str) -> int:
    found = crc32(text.encode())
    return found - 2**32 if found >= 2**31 else found


def test_bids_and_asks_are_taken_in_turn() -> None:
    bids = side(1, ("3366.1", "7"), ("3366.0", "6"))
    asks = side(-1, ("3366.8", "9"), ("3368.0", "8"))
    assert signed_checksum(bids, asks) == signed("3366.1:7:3366.8:9:3366.0:6:3368.0:8")


def test_a_longer_side_goes_on_alone_and_its_text_is_as_it_was_sent() -> None:
    bids = side(1, ("3366.1", "7"))
    asks = side(-1, ("3366.8", "9"), ("3368.0", "8"), ("3372.0", "8.00"))
    expected = signed("3366.1:7:3366.8:9:3368.0:8:3372.0:8.00")
    assert signed_checksum(bids, asks) == expected
    assert -(2**31) <= expected < 2**31


def test_no_levels_and_levels_behind_the_last_one() -> None:
    assert signed_checksum(BookSide(1), BookSide(-1)) == 0
    many = [(f"{price}.0", "1") for price in range(100, 100 + DEPTH)]
    expected = signed(":".join(f"{price}:{quantity}" for price, quantity in many))
    assert signed_checksum(side(1), side(-1, *many)) == expected
    assert signed_checksum(side(1), side(-1, *many, ("999.0", "1"))) == expected
