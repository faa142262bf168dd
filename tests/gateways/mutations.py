"""Frames that went wrong, from one seed, and what a decoder must do with each of them.

A decoder answers, or it raises `MalformedFrame`: nothing else comes out of it. Its counts stay
balanced, the reasons are few fixed words, the messages can be read, and memory stays bounded.

    def test_mutated_frames_are_answered_or_refused() -> None:
        feed = BinanceFeed(ETHUSDT, Market.SPOT)
        check_feed(feed, SAMPLES)

How many: `FAIRLEAD_MUTATIONS`, 500 where it is not set. Which: `FAIRLEAD_MUTATIONS_SEED`.
"""

import os
import re
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import Feed, FeedCounts
from fairlead.model.inputs import Input
from fairlead.model.units import Nanos

MUTATIONS: Final = int(os.environ.get("FAIRLEAD_MUTATIONS", "500"))
SEED: Final = int(os.environ.get("FAIRLEAD_MUTATIONS_SEED", "1"))

REASONS_MAX: Final = 24  # few: somebody makes a dashboard of them
MESSAGE_LENGTH_MIN: Final = len("malformed frame: ") + 8
MESSAGE_LENGTH_MAX: Final = 500
FRAME_BYTES_MAX: Final = 256 * 1024
# What one frame may cost while it is read: objects are larger than their bytes, not without end.
BYTES_PER_FRAME_BYTE_MAX: Final = 200
BYTES_PER_FRAME_MAX: Final = 1_000_000
# What may remain of all of them together: caches, books, bounded buffers.
BYTES_KEPT_MAX: Final = 32_000_000

_WHOLE_EVERY: Final = 4  # as often a frame comes that is whole: what is refused changes no state
_FIELD_BYTES: Final = (1, 2, 4, 6, 8)
_FIELD_VALUES: Final = (
    0x00,
    0xFF,
    0x7F,
    0x80,
    0x20,
    0x30,
)  # each byte of a field, or its first one
_TEXT_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NO_NUMBERS: Final = (
    b"NaN", b"Infinity", b"-Infinity", b"-1", b"-0.5", b"0", b"", b"null", b"1e308", b"1e999",
    b"9" * 25, b"9" * 400, b"0." + b"0" * 60 + b"1", b"18446744073709551616", b'"', b"[]", b"{}",
    b"true", b" 1", b"+1", b"1,5", b"0x10", b"\xd9\xa1",
)  # fmt: skip


class Checked(NamedTuple):
    """What came of a run; a test prints it, and says what it expects of it."""

    frames: int
    answered: int
    rejected: dict[str, int]  # by reason
    bytes_peak: int  # of memory, for the frame that cost most
    bytes_kept: int


# --- mutations -----------------------------------------------------------------------------------


def mutated(samples: Sequence[bytes], random: Random) -> bytes:
    """Return one of the samples with one to three things wrong."""
    frame = random.choice(samples)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        frame = random.choice(_MUTATIONS)(frame, samples, random)
    return frame[:FRAME_BYTES_MAX]


def _flip(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    """Turn one to eight bits."""
    flipped = bytearray(frame)
    for _ in range(random.randint(1, 8) if frame else 0):
        flipped[random.randrange(len(frame))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def _truncate(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    return frame[: random.randrange(len(frame) + 1)]


def _extend(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    return frame + random.randbytes(random.choice((1, 2, 7, 100)))


def _splice(frame: bytes, samples: Sequence[bytes], random: Random) -> bytes:
    """Go on in the middle with another sample."""
    other = random.choice(samples)
    begun = frame[: random.randrange(len(frame) + 1)]
    return begun + other[random.randrange(len(other) + 1) :]


def _repeat(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    """Say a part of it again, a few times or very often."""
    begin, end = _part(frame, random)
    return frame[:end] + frame[begin:end] * random.choice((1, 2, 3, 1000)) + frame[end:]


def _cut_out(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    begin, end = _part(frame, random)
    return frame[:begin] + frame[end:]


def _swap(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    """Let two fields of one length change places."""
    length = random.choice(_FIELD_BYTES)
    if len(frame) < 2 * length:
        return frame[::-1]
    one = random.randrange(len(frame) - 2 * length + 1)
    two = random.randrange(one + length, len(frame) - length + 1)
    first, second = frame[one : one + length], frame[two : two + length]
    return frame[:one] + second + frame[one + length : two] + first + frame[two + length :]


def _overwrite(frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    """Set a binary field to its least, its greatest, or a sign."""
    length = random.choice(_FIELD_BYTES)
    at = random.randrange(max(1, len(frame) - length + 1))
    value = random.choice(_FIELD_VALUES)
    field = (
        bytes([value]) * length if random.random() < 0.5 else bytes([value, *[0] * (length - 1)])
    )
    return frame[:at] + field + frame[at + length :]


def _no_number(frame: bytes, samples: Sequence[bytes], random: Random) -> bytes:
    """Write something else where text has a number."""
    numbers = list(_TEXT_NUMBER.finditer(frame[:FRAME_BYTES_MAX]))
    if not numbers:
        return _overwrite(frame, samples, random)
    found = random.choice(numbers)
    return frame[: found.start()] + random.choice(_NO_NUMBERS) + frame[found.end() :]


def _garbage(_frame: bytes, _samples: Sequence[bytes], random: Random) -> bytes:
    return random.randbytes(random.choice((0, 1, 2, 20, 50, 1_000)))


_Mutation = Callable[[bytes, Sequence[bytes], Random], bytes]
_MUTATIONS: Final[tuple[_Mutation, ...]] = (
    _flip, _flip, _truncate, _extend, _splice, _repeat, _cut_out, _swap, _overwrite, _no_number,
    _no_number, _garbage,
)  # fmt: skip


def _part(frame: bytes, random: Random) -> tuple[int, int]:
    begin = random.randrange(len(frame) + 1)
    return begin, min(len(frame), begin + random.choice((1, 2, 4, 8, 40)))


# --- the check -----------------------------------------------------------------------------------


def check_feed(feed: Feed, samples: Sequence[bytes], seed: int = SEED) -> Checked:
    """Give a feed mutated frames among whole ones. Raises `AssertionError` that shows the frame."""

    def receive(frame: bytes) -> list[Input]:
        return feed.receive(frame, Nanos(1_700_000_000_000_000_000))

    return check_decoder(receive, samples, seed=seed, counts=feed.counts)


def check_decoder(
    decode: Callable[[bytes], object],
    samples: Sequence[bytes],
    *,
    seed: int = SEED,
    counts: FeedCounts | None = None,
    mutations: int = MUTATIONS,
) -> Checked:
    """Give `decode` mutated frames among whole ones, and hold it to what the page above says.

    `decode` may keep state from frame to frame; `counts` are its, where it has some. What it
    returns is gone through, if it is an iterator.
    """
    assert samples, "there is nothing to mutate"
    run = _Run(decode, counts)
    tracemalloc.start()
    try:
        for frame in _frames(samples, Random(seed), mutations):
            try:
                run.take(frame)
            except Exception as error:
                shown = f"{frame[:400]!r} ({len(frame)} bytes), seed {seed}"
                error.add_note(f"frame {run.frames}: {shown}")
                raise
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept <= BYTES_KEPT_MAX, f"{kept} bytes stay in memory, expected {BYTES_KEPT_MAX} at most"
    assert len(run.rejected) <= REASONS_MAX, f"too many reasons: {sorted(run.rejected)}"
    assert run.rejected, f"of {run.frames} mutated frames none was refused"
    return Checked(run.frames, run.answered, run.rejected, run.bytes_peak, kept)


def _frames(samples: Sequence[bytes], random: Random, mutations: int) -> Iterator[bytes]:
    for number in range(mutations):
        if number % _WHOLE_EVERY == 0:
            yield samples[number // _WHOLE_EVERY % len(samples)]
        yield mutated(samples, random)


class _Run:
    """One decoder under check, and what came of it so far."""

    def __init__(self, decode: Callable[[bytes], object], counts: FeedCounts | None) -> None:
        self.frames = 0
        self.answered = 0
        self.rejected: dict[str, int] = {}
        self.bytes_peak = 0
        self._decode = decode
        self._counts = counts

    def take(self, frame: bytes) -> None:
        self.frames += 1
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            answer = self._decode(frame)
            for _ in answer if isinstance(answer, Iterator) else ():
                pass
        except MalformedFrame as error:
            _check_wording(error)
            self.rejected[error.reason] = self.rejected.get(error.reason, 0) + 1
        else:
            self.answered += 1
        self._check_memory(frame, tracemalloc.get_traced_memory()[1] - before)
        if self._counts is not None:
            counts = self._counts
            assert counts.balanced, f"out of balance: {counts.frames} frames, {vars(counts)}"

    def _check_memory(self, frame: bytes, cost: int) -> None:
        self.bytes_peak = max(self.bytes_peak, cost)
        allowed = BYTES_PER_FRAME_MAX + BYTES_PER_FRAME_BYTE_MAX * len(frame)
        assert cost <= allowed, f"{cost} bytes of memory for a frame of {len(frame)}"


def _check_wording(error: MalformedFrame) -> None:
    """A reason is one word to count by; the message says what was found, for people."""
    text = str(error)
    assert re.fullmatch(r"[a-z][a-z_]{2,29}", error.reason), f"{error.reason!r} is no fixed word"
    assert text.startswith("malformed frame: "), f"{text!r} does not say what it is of"
    assert len(text) >= MESSAGE_LENGTH_MIN, f"{text!r} says nothing"
    assert len(text) <= MESSAGE_LENGTH_MAX, f"a message of {len(text)} characters: {text[:200]!r}"
    assert text.isprintable(), f"{text!r} cannot be printed as it is"
