"""The check of decoders finds what is planted for it: each way to be a bad decoder, once."""

from collections.abc import Callable
from random import Random

import pytest

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from tests.gateways.mutations import check_decoder, mutated

SAMPLES = [b'{"price":"26.50","size":12}', b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"]
MUTATIONS = 300


def sound(frame: bytes) -> bytes:
    if frame not in SAMPLES:
        raise MalformedFrame("unknown", f"{len(frame)} bytes that nobody wrote")
    return frame


def raising(error: Exception) -> Callable[[bytes], bytes]:
    def decode(frame: bytes) -> bytes:
        if frame not in SAMPLES:
            raise error
        return frame

    return decode


def test_a_sound_decoder_passes_and_every_frame_is_told() -> None:
    checked = check_decoder(sound, SAMPLES, mutations=MUTATIONS)
    assert checked.frames == MUTATIONS + MUTATIONS // 4
    assert checked.answered + sum(checked.rejected.values()) == checked.frames
    assert checked.answered >= MUTATIONS // 4  # the whole frames among them


def test_the_same_seed_makes_the_same_frames() -> None:
    one, same, other = (Random(seed) for seed in (5, 5, 6))
    frames = [mutated(SAMPLES, one) for _ in range(100)]
    assert frames == [mutated(SAMPLES, same) for _ in range(100)]
    assert frames != [mutated(SAMPLES, other) for _ in range(100)]
    assert sum(frame in SAMPLES for frame in frames) < 20


@pytest.mark.parametrize(
    ("decode", "found"),
    [
        (raising(MalformedFrame("price 26.50", "what was found there")), "is no fixed word"),
        (raising(MalformedFrame("unknown", "")), "says nothing"),
        (raising(MalformedFrame("unknown", "x" * 1_000)), "a message of 1017 characters"),
        (raising(MalformedFrame("unknown", "found \x00 in the frame")), "cannot be printed"),
        (lambda frame: frame, "none was refused"),
        (lambda frame: bytes(2_000_000 + len(frame) * 201), "bytes of memory for a frame"),
    ],
)
def test_a_bad_decoder_is_found(decode: Callable[[bytes], object], found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        check_decoder(decode, SAMPLES, mutations=MUTATIONS)


def test_any_other_exception_comes_out_with_its_frame() -> None:
    with pytest.raises(KeyError) as raised:
        check_decoder(raising(KeyError("size")), SAMPLES, mutations=MUTATIONS)
    assert "bytes), seed 1" in raised.value.__notes__[0]


def test_an_exception_of_an_iterator_is_found() -> None:
    with pytest.raises(ZeroDivisionError):
        check_decoder(lambda _frame: (1 // n for n in (1, 0)), SAMPLES, mutations=MUTATIONS)


def test_too_many_reasons_are_found() -> None:
    def decode(frame: bytes) -> bytes:
        raise MalformedFrame(
            "at_" + "abcdefghij"[len(frame) % 10] * (len(frame) % 7 + 1), "all is bad here"
        )

    with pytest.raises(AssertionError, match="too many reasons"):
        check_decoder(decode, SAMPLES, mutations=MUTATIONS)


def test_what_is_kept_of_every_frame_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.gateways.mutations.BYTES_KEPT_MAX", 50_000)
    kept = []

    def decode(frame: bytes) -> bytes:
        kept.append(frame + bytes(1_000))
        return sound(frame)

    with pytest.raises(AssertionError, match="bytes stay in memory"):
        check_decoder(decode, SAMPLES, mutations=MUTATIONS)


def test_counts_out_of_balance_are_found() -> None:
    counts = FeedCounts()

    def decode(frame: bytes) -> bytes:
        counts.frames += 1
        sound(frame)
        counts.passed("Quote")
        return frame

    with pytest.raises(AssertionError, match="out of balance"):
        check_decoder(decode, SAMPLES, counts=counts, mutations=MUTATIONS)
