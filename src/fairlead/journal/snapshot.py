"""Snapshots: what a session knew at one input, in a file beside the segments. A cache, no truth.

A snapshot stands between two segments: what follows it begins a segment of its own, so a start
reads the newest snapshot and the segments after it, and nothing else. It is written aside, made
durable, and only then given its name. What does not decode, or does not fit, is passed over for the
one before it, and in the end for a replay from the first input.

    "FLSNAP01" | sequence u64 | time i64 | epoch u32 | chain 32 bytes | build 16 bytes
    | length of the witness u32 | length of the image u64 | witness | image
    | BLAKE2b-256 of everything before

All integers are little-endian. The witness is what who signs the journal has seen of it (nothing
where nobody does). What it and the image mean is not known here.

"FLSNAP02" is the same with an image that is sealed (`sealing.py`), under a key of its own and bound
to everything before it: the image is a mark, and then what was sealed.
"""

import hashlib
import struct
from pathlib import Path
from typing import Final

from fairlead.journal.disk import Disk, write_all
from fairlead.journal.errors import JournalSealed, PayloadForged, SnapshotDamaged
from fairlead.journal.sealing import MARK_BYTES, SNAPSHOT_NONCE, TAG_BYTES, Cipher
from fairlead.model.units import Nanos, Sequence

SUFFIX: Final = ".snapshot"
_PART_SUFFIX: Final = ".snapshot-part"  # being written, or left behind by a crash
MAGIC: Final = b"FLSNAP01"
MAGIC_SEALED: Final = b"FLSNAP02"
BUILD_BYTES: Final = 16
DIGEST_BYTES: Final = 32
_HEADER: Final = struct.Struct("<8sQqI32s16sIQ")


class Snapshot:
    """What stood after an input, and where the journal stood then."""

    def __init__(
        self,
        sequence: Sequence,
        time: Nanos,
        epoch: int,
        chain: bytes,
        build: bytes,
        image: bytes,
        witness: bytes = b"",
    ) -> None:
        """Take the last input that it knows, with the time and the epoch of it and the chain after
        it; which build can read it; the state as bytes; and what who signs has seen.
        """
        assert len(build) == BUILD_BYTES, "a build is told by 16 bytes"
        self.sequence: Final = sequence
        self.time: Final = time
        self.epoch: Final = epoch
        self.chain: Final = chain
        self.build: Final = build
        self.image: Final = image
        self.witness: Final = witness
        self.digest: bytes = b""  # of the file: set when it is written or read


def write(directory: Path, snapshot: Snapshot, disk: Disk, cipher: Cipher | None = None) -> bytes:
    """Write a snapshot, durable on return, and return its digest; sealed where there is a `cipher`.

    Raises `OSError`.
    """
    content = _encode(snapshot, cipher)
    part = directory / f"{snapshot.sequence:020d}{_PART_SUFFIX}"
    _remove_if_there(part, disk)
    file = disk.create(part)
    try:
        write_all(disk, file, content)
        disk.sync(file)
    finally:
        disk.close(file)
    disk.rename(part, path_of(directory, snapshot.sequence))
    disk.sync_directory(directory)
    return content[-DIGEST_BYTES:]


def path_of(directory: Path, sequence: Sequence) -> Path:
    """Return where the snapshot after an input lies."""
    return directory / f"{sequence:020d}{SUFFIX}"


def read(path: Path, disk: Disk, cipher: Cipher | None = None) -> Snapshot:
    """Return the snapshot in a file, opened where that is sealed. Raises `SnapshotDamaged`."""
    try:
        content = disk.read(path)
    except OSError as error:
        raise SnapshotDamaged(f"{path}: cannot be read: {error}") from error
    try:
        snapshot = _decode(content, cipher)
    except (JournalSealed, PayloadForged) as error:
        raise SnapshotDamaged(f"{path}: {error}") from error
    if snapshot is None:
        raise SnapshotDamaged(f"{path}: is not what was written")
    if path.name != path_of(path.parent, snapshot.sequence).name:
        raise SnapshotDamaged(f"{path}: is a snapshot after input {snapshot.sequence}")
    return snapshot


def newest_first(directory: Path, disk: Disk) -> list[Path]:
    """Return the snapshots of a journal. Raises `OSError`."""
    names = [name for name in disk.names(directory) if name.endswith(SUFFIX)]
    return [directory / name for name in sorted(names, reverse=True)]


def remove_old(directory: Path, kept: int, disk: Disk) -> None:
    """Remove all but the newest, and what a crash left half written. Raises `OSError`."""
    for path in newest_first(directory, disk)[kept:]:
        disk.remove(path)
    for name in disk.names(directory):
        if name.endswith(_PART_SUFFIX):
            disk.remove(directory / name)


def _encode(snapshot: Snapshot, cipher: Cipher | None) -> bytes:
    image = snapshot.image
    if cipher is None:
        body = _head(MAGIC, snapshot, len(image)) + snapshot.witness + image
    else:
        sealing = cipher.begin()
        length = MARK_BYTES + len(image) + TAG_BYTES
        before = _head(MAGIC_SEALED, snapshot, length) + snapshot.witness
        body = before + sealing.mark + sealing.seal(SNAPSHOT_NONCE, image, before)
    return body + _digest(body)


def _head(magic: bytes, snapshot: Snapshot, image_length: int) -> bytes:
    return _HEADER.pack(
        magic,
        snapshot.sequence,
        snapshot.time,
        snapshot.epoch,
        snapshot.chain,
        snapshot.build,
        len(snapshot.witness),
        image_length,
    )


def _decode(content: bytes, cipher: Cipher | None) -> Snapshot | None:
    """Return a snapshot, None if the bytes are none. Raises `JournalSealed`, `PayloadForged`."""
    end = len(content) - DIGEST_BYTES
    if end < _HEADER.size or _digest(content[:end]) != content[end:]:
        return None
    magic, sequence, time, epoch, chain, build, seen, length = _HEADER.unpack_from(content)
    begin = _HEADER.size + seen
    if magic not in (MAGIC, MAGIC_SEALED) or length != end - begin:
        return None
    witness, image = content[_HEADER.size : begin], content[begin:end]
    if magic == MAGIC_SEALED:
        image = _opened(image, content[:begin], cipher)
    snapshot = Snapshot(Sequence(sequence), Nanos(time), epoch, chain, build, image, witness)
    snapshot.digest = content[end:]
    return snapshot


def _opened(image: bytes, before: bytes, cipher: Cipher | None) -> bytes:
    if cipher is None:
        raise JournalSealed("is encrypted, and no key was given")
    sealing = cipher.find(image[:MARK_BYTES])
    return sealing.open(SNAPSHOT_NONCE, image[MARK_BYTES:], before)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def _remove_if_there(path: Path, disk: Disk) -> None:
    try:
        disk.remove(path)
    except FileNotFoundError:
        return
