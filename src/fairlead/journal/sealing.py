"""Payloads that only who has a key can read: what the journal asks of who has it.

Each segment, and each snapshot, has a key of its own: made of the key of the journal and of a mark
that was drawn anew and stands there in the clear. A nonce is the kind and the sequence of a record,
and a segment has no two records of the same: so none is ever used twice under one key, also not
after a crash, since who goes on begins another segment. What is sealed is bound to its place; moved
to another one it does not open.

Checksums, chain and Merkle tree are over what is written: who checks them needs no key, and the
readers of this room give payloads as they found them. What opens them is outside of it.
"""

import struct
from typing import Final, Protocol

from fairlead.model.units import Nanos, Sequence

MARK_BYTES: Final = 48
TAG_BYTES: Final = 16  # how much longer a payload is once it is sealed
NONCE_BYTES: Final = 12
SNAPSHOT_NONCE: Final = bytes(NONCE_BYTES)  # a key of its own seals one snapshot and nothing else

_NONCE: Final = struct.Struct("<IQ")
_PLACE: Final = struct.Struct("<IBQq")


class Sealing(Protocol):
    """Seals and opens with the key of one segment, or of one snapshot."""

    @property
    def mark(self) -> bytes:
        """What says in the clear which key this is to who has the key of the journal."""

    def seal(self, nonce: bytes, content: bytes, about: bytes) -> bytes:
        """Return the content sealed, and bound to what it is about."""

    def open(self, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
        """Return the content. Raises `PayloadForged` if it is not what was sealed."""


class Cipher(Protocol):
    """Has the key of a journal."""

    def begin(self) -> Sealing:
        """Return what seals with a key that was never used before."""

    def find(self, mark: bytes) -> Sealing:
        """Return what opens what was sealed under a mark. Raises `JournalSealed`."""


def seal_payload(
    sealing: Sealing, epoch: int, kind: int, sequence: Sequence, time: Nanos, payload: bytes
) -> bytes:
    """Return the payload of a record as it is written."""
    place = _PLACE.pack(epoch, kind, sequence, time)
    return sealing.seal(_NONCE.pack(kind, sequence), payload, place)


def open_payload(
    sealing: Sealing, epoch: int, kind: int, sequence: Sequence, time: Nanos, sealed: bytes
) -> bytes:
    """Return what was sealed in a record. Raises `PayloadForged`."""
    place = _PLACE.pack(epoch, kind, sequence, time)
    return sealing.open(_NONCE.pack(kind, sequence), sealed, place)
