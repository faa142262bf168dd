"""The bytes of a segment: what is encoded is decoded, and everything else is told apart."""

import hashlib
import struct

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal import format as layout
from fairlead.model.units import Nanos, Sequence

kinds = st.integers(layout.INPUT, layout.MARK)
sequences = st.integers(0, 2**64 - 1).map(Sequence)
times = st.integers(-(2**63), 2**63 - 1).map(Nanos)
chains = st.binary(min_size=layout.CHAIN_BYTES, max_size=layout.CHAIN_BYTES)
HEADER = layout.Header(3, Sequence(17), bytes(range(32)))
RECORD = layout.encode_record(layout.INPUT, Sequence(7), Nanos(99), b"payload")
COMMIT = layout.encode_record(layout.COMMIT, Sequence(7), Nanos(99), bytes(32))


def flipped(content: bytes, bit: int) -> bytes:
    """Return bytes with one bit turned over."""
    turned = bytearray(content)
    turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)


# --- headers -------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), sequences, chains)
def test_a_header_is_read_as_it_was_written(epoch: int, first: Sequence, chain: bytes) -> None:
    """S1-EVT-01: whoever wrote it, where it begins, and what it continues."""
    content = layout.Header(epoch, first, chain).encode()
    assert len(content) == layout.HEADER_BYTES
    header = layout.decode_header(content + b"records")
    assert (header.epoch, header.first, header.chain) == (epoch, first, chain)


def test_a_header_with_any_bit_flipped_is_no_header() -> None:
    """Fault 3: also in the version, which would else read as a newer format."""
    for bit in range(layout.HEADER_BYTES * 8):
        with pytest.raises(layout.BadHeader):
            layout.decode_header(flipped(HEADER.encode(), bit))


@pytest.mark.parametrize("length", [0, 1, layout.HEADER_BYTES - 1])
def test_a_header_that_is_cut_is_no_header(length: int) -> None:
    """Fault 1: and it says how much is there."""
    with pytest.raises(layout.BadHeader, match=f"^{length} bytes, a header has 60"):
        layout.decode_header(HEADER.encode()[:length])


def test_another_file_is_not_taken_for_a_segment() -> None:
    """A person may have put anything there."""
    with pytest.raises(layout.BadHeader, match="begins with b'PK"):
        layout.decode_header(b"PK\x03\x04" + bytes(80))


def test_a_newer_format_is_refused_with_what_to_do() -> None:
    """Fault 23: an old build never guesses at what a newer one wrote."""
    head = struct.pack("<8sHHIQ32s", b"FAIRLEAD", layout.VERSION + 1, 0, 1, 1, bytes(32))
    with pytest.raises(layout.NewerFormat, match=r"format 3, .* up to 2: use the build that wrote"):
        layout.decode_header(head + struct.pack("<I", crc32c(head)))


def test_flags_of_a_newer_build_are_refused_with_what_to_do() -> None:
    """Fault 23: what this build does not understand may change the meaning of every byte."""
    content = layout.Header(1, Sequence(1), bytes(32), flags=0x80).encode()
    with pytest.raises(layout.NewerFormat, match=r"flags 0x0080, .* use the build that wrote it"):
        layout.decode_header(content)


def test_flags_of_a_format_that_had_none_are_no_header() -> None:
    content = layout.Header(1, Sequence(1), bytes(32), layout.ENCRYPTED, layout.FORMAT_1).encode()
    with pytest.raises(layout.BadHeader, match="format 1 has none"):
        layout.decode_header(content)
    content = layout.Header(1, Sequence(1), bytes(32), layout.ENCRYPTED).encode()
    assert layout.decode_header(content).flags == layout.ENCRYPTED


def test_a_header_of_format_1_is_read() -> None:
    content = layout.Header(3, Sequence(17), bytes(32), version=layout.FORMAT_1).encode()
    assert layout.decode_header(content).version == 1
    assert layout.decode_header(HEADER.encode()).version == 2


# --- records -------------------------------------------------------------------------------------


@given(kinds, sequences, times, st.binary(max_size=300), st.binary(max_size=20), st.binary())
def test_a_record_is_read_as_it_was_written(
    kind: int, sequence: Sequence, time: Nanos, payload: bytes, before: bytes, after: bytes
) -> None:
    """S1-EVT-01: wherever it stands, and whatever follows."""
    content = before + layout.encode_record(kind, sequence, time, payload) + after
    record = layout.decode_record(content, len(before))
    assert isinstance(record, layout.Record)
    assert (record.kind, record.sequence, record.time) == (kind, sequence, time)
    assert record.payload == payload
    assert record.end == len(content) - len(after)


def test_a_record_with_any_bit_flipped_is_no_record() -> None:
    """Fault 3, S1-EVT-01: length, number, time, kind and payload are all under the checksum."""
    for bit in range(len(RECORD) * 8):
        assert isinstance(layout.decode_record(flipped(RECORD, bit), 0), str)


def test_a_record_that_is_cut_is_no_record() -> None:
    """Fault 1: at any byte."""
    for length in range(len(RECORD)):
        assert isinstance(layout.decode_record(RECORD[:length], 0), str)


def test_what_is_wrong_with_a_record_is_said() -> None:
    """Whoever has to decide what to restore wants to know."""
    assert layout.decode_record(b"before" + RECORD[:3], 6) == "3 bytes, a record begins with 25"
    assert layout.decode_record(RECORD[:-1], 0) == "a payload of 7 bytes, 6 are there"
    assert layout.decode_record(RECORD[:-1] + b"X", 0) == "its checksum is wrong"
    unknown = layout.encode_record(9, Sequence(1), Nanos(1), b"")
    assert layout.decode_record(unknown, 0) == "kind 9 is not known"


def test_a_length_that_lies_takes_no_memory() -> None:
    """Invariant 14: four bytes of rubbish do not ask for four gigabytes."""
    lie = struct.pack("<IIQqB", 0, 0xFFFF_FFFF, 1, 1, layout.INPUT)
    assert (
        layout.decode_record(lie + bytes(100), 0) == "a payload of 4294967295 bytes, 100 are there"
    )


def test_a_record_is_bounded() -> None:
    """Invariant 14: what is too large is never half written."""
    largest = bytes(layout.PAYLOAD_BYTES_MAX)
    record = layout.encode_record(layout.INPUT, Sequence(1), Nanos(1), largest)
    assert isinstance(layout.decode_record(record, 0), layout.Record)
    with pytest.raises(AssertionError, match="bounded"):
        layout.encode_record(layout.INPUT, Sequence(1), Nanos(1), largest + b"1")


def test_the_layout_is_the_one_that_is_documented() -> None:
    """Fault 23: a change of a byte is a change of the format's version."""
    body = struct.pack("<IQqB", 7, 7, 99, 1) + b"payload"
    assert struct.pack("<I", crc32c(body)) + body == RECORD
    assert (layout.INPUT, layout.OUTPUTS, layout.COMMIT, layout.SEAL) == (1, 2, 3, 4)
    assert (layout.SCHEMA, layout.VERSION) == (5, 2)
    assert crc32c(b"123456789") == 0xE306_9283  # the check value of CRC-32C (RFC 3720)


# --- chain ---------------------------------------------------------------------------------------


@given(chains, st.binary(max_size=100))
def test_the_chain_is_a_hash_of_all_that_came_before(chain: bytes, group: bytes) -> None:
    """B-EVT-07: BLAKE2b-256 over the chain before and the bytes of the group."""
    expected = hashlib.blake2b(chain + group, digest_size=32).digest()
    assert layout.next_chain(chain, group) == layout.next_chain(chain, bytearray(group)) == expected


# --- where a closing record follows --------------------------------------------------------------


@given(st.binary(max_size=200), st.sampled_from([layout.COMMIT, layout.SEAL]))
def test_an_intact_closing_record_is_found_behind_any_rubbish(rubbish: bytes, kind: int) -> None:
    """Fault 3: it is what tells damage in the middle from a torn end."""
    closing = layout.encode_record(kind, Sequence(7), Nanos(99), bytes(32))
    content = b"x" + rubbish + closing
    assert layout.find_closing_record(content, 0) == len(content) - len(closing)


@given(st.binary(max_size=300))
def test_rubbish_holds_no_closing_record(rubbish: bytes) -> None:
    """Fault 1: a torn end is a torn end."""
    assert layout.find_closing_record(rubbish, 0) == -1


def test_a_closing_record_that_is_damaged_or_an_input_as_long_closes_nothing() -> None:
    """Nor does the record at the offset itself: it is the one that is in doubt."""
    as_long = layout.encode_record(layout.INPUT, Sequence(7), Nanos(99), bytes(32))
    assert layout.find_closing_record(b"x" + as_long, 0) == -1
    assert layout.find_closing_record(b"x" + COMMIT[:-1] + b"!", 0) == -1
    assert layout.find_closing_record(COMMIT, 0) == -1
    assert layout.find_closing_record(b"x" + as_long + COMMIT, 0) == 1 + len(as_long)


# --- torn, or changed ----------------------------------------------------------------------------

CHAINED = layout.encode_record(layout.COMMIT, Sequence(7), Nanos(99), bytes(range(100, 132)))
GROUP = RECORD + CHAINED


@pytest.mark.parametrize("length", range(len(RECORD), len(GROUP)))
def test_a_file_that_ends_within_a_group_is_torn(length: int) -> None:
    """Fault 1: at any byte."""
    assert layout.is_torn(GROUP[:length], 0, len(RECORD))


def test_a_last_record_that_is_all_there_and_wrong_was_changed() -> None:
    """Fault 3: it may have been acknowledged. Its length and its kind may be what was changed."""
    for bit in range(len(RECORD) * 8, len(GROUP) * 8):
        assert not layout.is_torn(flipped(GROUP, bit), 0, len(RECORD))
    for bit in range(len(RECORD) * 8):
        assert not layout.is_torn(flipped(GROUP, bit), 0, 0)


@pytest.mark.parametrize("before", [0, 1, 100, 300, 470, 500, 511])
def test_sectors_that_never_came_are_told_from_what_was_changed(before: int) -> None:
    """Fault 2: whichever are missing, with the commit there or not; also after a whole group."""
    payload = bytes(range(1, 256)) * 8
    start = len(GROUP) + before
    long = layout.encode_record(layout.INPUT, Sequence(8), Nanos(99), payload)
    content = bytes(range(1, 256))[:1] * start + long + CHAINED
    for sector in range(start // 512, -(-len(content) // 512)):
        begin, end = max(start, sector * 512), min(len(content), sector * 512 + 512)
        torn = content[:begin] + bytes(end - begin) + content[end:]
        offset = start if begin < start + len(long) else start + len(long)
        assert layout.is_torn(torn, start, offset), (before, sector)
    assert not layout.is_torn(flipped(content, (start + 700) * 8), start, start)
