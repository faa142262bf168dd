"""Kraken's own worked examples of its checksum."""

from fairlead.gateways.kraken.checksum import checksum, level_text
from fairlead.gateways.venue_book import BookSide

# From the venue's guides "Book checksum", versions 1 and 2; best level first.
FIRST_ASKS = "0.05005 0.05010 0.05015 0.05020 0.05025 0.05030 0.05035 0.05040 0.05045 0.05050"
FIRST_BIDS = "0.05000 0.04995 0.04990 0.04980 0.04975 0.04970 0.04965 0.04960 0.04955 0.04950"
SECOND_ASKS = (
    "45285.2 0.00100000 45286.4 1.54571953 45286.6 1.54571109 45289.6 1.54560911"
    " 45290.2 0.15890660 45291.8 1.54553491 45294.7 0.04454749 45296.1 0.35380000"
    " 45297.5 0.09945542 45299.5 0.18772827"
)
SECOND_BIDS = (
    "45283.5 0.10000000 45283.4 1.54582015 45282.1 0.10000000 45281.0 0.10000000"
    " 45280.3 1.54592586 45279.0 0.07990000 45277.6 0.03310103 45277.5 0.30000000"
    " 45277.3 1.54602737 45276.6 0.15445238"
)


def side(sign: int, words: list[str]) -> BookSide:
    made = BookSide(sign)
    for price, quantity in zip(words[::2], words[1::2], strict=True):
        made.set(int(price.replace(".", "")), 1, level_text(price, quantity))
    return made


def test_the_example_of_version_1() -> None:
    bids, asks = (
        [word for price in text.split() for word in (price, "0.00000500")]
        for text in (FIRST_BIDS, FIRST_ASKS)
    )
    assert checksum(side(1, bids), side(-1, asks)) == 974947235


def test_the_example_of_version_2() -> None:
    bids, asks = side(1, SECOND_BIDS.split()), side(-1, SECOND_ASKS.split())
    assert checksum(bids, asks) == 3310070434


def test_levels_behind_the_tenth_do_not_count() -> None:
    bids, asks = side(1, SECOND_BIDS.split()), side(-1, SECOND_ASKS.split())
    bids.set(1, 1, level_text("0.1", "1"))
    asks.set(9_999_999, 1, level_text("999999.9", "1"))
    assert checksum(bids, asks) == 3310070434
