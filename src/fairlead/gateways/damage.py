"""One frame of a recording, damaged on purpose: to see that a feed notices, and recovers."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from fairlead.gateways.errors import DamageUnknown
from fairlead.gateways.recorded import Frames
from fairlead.model.units import Nanos

Placed = tuple[Nanos, bytes]

_NO_TEXT: Final = 0xFF  # no byte of UTF-8, and no length, type or side of a binary protocol


class Damage(NamedTuple):
    """What happens to which frame of a recording; the first frame is 1."""

    kind: str  # one of `KINDS`
    place: int

    def apply(self, frames: Frames) -> Frames:
        """Yield the frames, with one of them damaged."""
        harm = KINDS[self.kind]
        for place, frame in enumerate(frames, start=1):
            if place == self.place:
                yield from harm(frame, frames)
            else:
                yield frame


def damage_of(text: str) -> Damage:
    """Return the damage that `drop:1000` means. Raises `DamageUnknown`."""
    kind, _, place = text.partition(":")
    if kind not in KINDS or not (place.isascii() and place.isdigit() and int(place)):
        kinds = ", ".join(f"{each}:N" for each in KINDS)
        raise DamageUnknown(f"{text!r} is no damage, expected one of {kinds}, N from 1 on")
    return Damage(kind, int(place))


def _drop(frame: Placed, rest: Frames) -> Iterator[Placed]:
    yield from ()


def _duplicate(frame: Placed, rest: Frames) -> Iterator[Placed]:
    yield from (frame, frame)


def _swap(frame: Placed, rest: Frames) -> Iterator[Placed]:
    """Yield the frame after its follower; each comes when the other one did."""
    follower = next(rest, None)
    if follower is None:
        yield frame
    else:
        yield frame[0], follower[1]
        yield follower[0], frame[1]


def _corrupt(frame: Placed, rest: Frames) -> Iterator[Placed]:
    """Yield the frame with the byte in its middle overwritten."""
    time, content = frame
    middle = len(content) // 2
    yield time, content[:middle] + bytes((_NO_TEXT,)) + content[middle + 1 :]


def _truncate(frame: Placed, rest: Frames) -> Iterator[Placed]:
    time, content = frame
    yield time, content[: len(content) // 2]


KINDS: Final[dict[str, Callable[[Placed, Frames], Iterator[Placed]]]] = {
    "drop": _drop,
    "duplicate": _duplicate,
    "swap": _swap,
    "corrupt": _corrupt,
    "truncate": _truncate,
}
