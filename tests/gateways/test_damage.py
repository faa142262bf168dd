"""One damaged frame, at every place: the feed notices at that point, and recovers."""

from pathlib import Path

import pytest

from fairlead.gateways.binance import Market
from fairlead.gateways.damage import KINDS, Damage, damage_of
from fairlead.gateways.errors import DamageUnknown
from fairlead.gateways.formats import FormatOptions, format_named
from fairlead.model.inputs import BookGap
from fairlead.model.units import Nanos
from tests.gateways.binance.venue import Follower, Venue

FRAMES = [(Nanos(10 * number), b"frame-%d" % number) for number in range(1, 5)]
CHANGES = 12


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("drop:2", [b"frame-1", b"frame-3", b"frame-4"]),
        ("duplicate:2", [b"frame-1", b"frame-2", b"frame-2", b"frame-3", b"frame-4"]),
        ("swap:2", [b"frame-1", b"frame-3", b"frame-2", b"frame-4"]),
        ("swap:4", [b"frame-1", b"frame-2", b"frame-3", b"frame-4"]),
        ("corrupt:2", [b"frame-1", b"fra\xffe-2", b"frame-3", b"frame-4"]),
        ("truncate:2", [b"frame-1", b"fra", b"frame-3", b"frame-4"]),
        ("drop:9", [b"frame-1", b"frame-2", b"frame-3", b"frame-4"]),
    ],
)
def test_one_frame_is_damaged_and_no_other(damage: str, expected: list[bytes]) -> None:
    assert [frame for _, frame in damage_of(damage).apply(iter(FRAMES))] == expected


def test_frames_that_change_places_come_at_the_times_of_each_other() -> None:
    swapped = list(damage_of("swap:1").apply(iter(FRAMES)))
    assert swapped[:2] == [(10, b"frame-2"), (20, b"frame-1")]


@pytest.mark.parametrize("text", ["", "drop", "drop:0", "drop:-1", "drop:x", "lose:1", "drop:1:2"])
def test_what_is_no_damage_is_told(text: str) -> None:
    with pytest.raises(DamageUnknown, match=r"is no damage, expected one of drop:N, duplicate:N"):
        damage_of(text)


def session(market: Market, seed: int) -> tuple[list[bytes], Venue, int]:
    """Return a snapshot, changes, another snapshot and changes; the venue, which knows the truth;
    and where the second snapshot stands.
    """
    venue = Venue(market, seed)
    frames = [venue.snapshot(), *(venue.depth() for _ in range(CHANGES))]
    again = len(frames) + 1
    return [*frames, venue.snapshot(), *(venue.depth() for _ in range(CHANGES))], venue, again


def played(path: Path, damage: Damage, venue: Venue) -> tuple[int, bool]:
    """Return how many gaps were told, and whether the book is believed at the end.

    Whenever it is believed it is the venue's.
    """
    opened = format_named("binance-raw").open([path], FormatOptions(between=damage.apply))
    unit = 10 ** (opened.instruments[0].quantity_decimals - 3)  # the venue here counts in 0.001
    follower = Follower()
    gaps = 0
    for _, inputs in opened.events():
        follower.follow(inputs)
        gaps += sum(isinstance(each, BookGap) for each in inputs)
        if follower.sides is not None:
            shown = tuple({p: q // unit for p, q in side.items()} for side in follower.sides)
            assert shown == venue.history[follower.update], "a book that never was"
    assert opened.counts.balanced
    return gaps, follower.sides is not None and follower.update == venue.update


def written(tmp_path: Path, frames: list[bytes]) -> Path:
    path = tmp_path / "day"
    path.write_bytes(b"".join(b"%d %s\n" % (time, frame) for time, frame in enumerate(frames, 1)))
    return path


@pytest.mark.parametrize("market", [Market.SPOT, Market.USDM])
@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_damaged_anywhere_makes_no_wrong_book_and_a_snapshot_mends_it(
    tmp_path: Path, kind: str, market: Market
) -> None:
    """Of a change that is lost the next one tells; the last one of all has none after it.

    A futures snapshot says nothing of the event that it stands in: one that is lost right before it
    leaves the book stale until another snapshot.
    """
    frames, venue, again = session(market, 5)
    path = written(tmp_path, frames)
    for place in range(2, len(frames) + 1):
        gaps, whole = played(path, Damage(kind, place), venue)
        is_change = place != again
        is_told = place < again - 1 or again < place < len(frames)
        if kind == "duplicate":
            assert whole, place
            assert gaps == 0 or market is Market.USDM, place
        elif kind == "swap":
            assert whole or (gaps and place > again), place
        elif is_change and is_told:
            assert gaps >= 1, place
        assert whole or place >= again - (market is Market.USDM), (
            f"{place}: not mended by the snapshot"
        )
