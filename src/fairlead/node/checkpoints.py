"""What is signed about a journal: how long it was, and the root over all of it.

A checkpoint is one line of JSON with fixed order and no spaces; the signature is its last field and
covers the line without it:

    {"checkpoint":1,"journal":...,"epoch":...,"size":...,"last_sequence":...,"time":...,
     "chain":...,"root":...,"build":...,"key":...,"signature":...}

`journal` is the name of the directory and the beginning of the hash of the first group: a journal
that was written anew is another one. `size` counts groups, the leaves of the tree.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from fairlead.journal.merkle import Frontier
from fairlead.model.units import Nanos, Sequence
from fairlead.node.errors import CheckpointUnreadable
from fairlead.node.keys import SigningKey, is_signed

CHECKPOINTS_NAME: Final = "checkpoints.jsonl"
COPY_SUFFIX: Final = ".jsonl"
LINE_BYTES_MAX: Final = 4096
_IDENTITY_DIGITS: Final = 16
_SIGNATURE: Final = b',"signature":'


class Point(NamedTuple):
    """A journal as it stood after a commit."""

    epoch: int
    tree: Frontier
    last: Sequence
    time: Nanos
    chain: bytes


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. Hashes, key and signature are in hex; `time` is that of the last input."""

    checkpoint: int
    journal: str
    epoch: int
    size: int
    last_sequence: int
    time: int
    chain: str
    root: str
    build: str
    key: str
    signature: str

    def line(self) -> bytes:
        """Return the line, with its end."""
        return msgspec.json.encode(self) + b"\n"

    def is_genuine(self, public: str) -> bool:
        """Return whether the holder of this key signed what the line says."""
        return self.key == public and is_signed(public, _signed_part(self), self.signature)


class Written(NamedTuple):
    """A checkpoint, and the file and line that it was read from."""

    path: Path
    line: int
    checkpoint: Checkpoint


def identity(directory: Path, first_leaf: bytes) -> str:
    """Return what a journal is called in its checkpoints."""
    return f"{directory.resolve().name}-{first_leaf.hex()[:_IDENTITY_DIGITS]}"


def signed(journal: str, point: Point, build: str, key: SigningKey) -> Checkpoint:
    """Return a checkpoint of a journal as it stands."""
    unsigned = Checkpoint(
        1,
        journal,
        point.epoch,
        point.tree.size,
        point.last,
        point.time,
        point.chain.hex(),
        point.tree.root().hex(),
        build,
        key.public,
        "",
    )
    return msgspec.structs.replace(unsigned, signature=key.sign(_signed_part(unsigned)))


def read_checkpoints(paths: Iterable[Path]) -> list[Written]:
    """Return the checkpoints of files, in their order. Raises `CheckpointUnreadable`, `OSError`.

    A last line without its end was being written at a crash: it is left out.
    """
    found = []
    for path in paths:
        lines = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            found.append(Written(path, number, _read_line(path, number, line)))
    return found


def checkpoint_files(directory: Path, place: Path | None = None) -> list[Path]:
    """Return the files that have checkpoints of a journal.

    They stand beside its segments, or in a `place`: that file itself, or those in that directory
    which are called after the journal.
    """
    if place is not None and not place.is_dir():
        return [place]
    beside = (place or directory) / CHECKPOINTS_NAME
    found = [beside] if beside.exists() else []
    if place is not None:
        found += sorted(place.glob(f"{directory.resolve().name}-*{COPY_SUFFIX}"))
    return found


def _read_line(path: Path, number: int, line: bytes) -> Checkpoint:
    try:
        read = msgspec.json.decode(line[:LINE_BYTES_MAX], type=Checkpoint)
    except msgspec.DecodeError as error:
        raise CheckpointUnreadable(f"{path}:{number}: not a checkpoint: {error}") from error
    if read.line() != line + b"\n":
        raise CheckpointUnreadable(f"{path}:{number}: not written as a checkpoint is written")
    if read.checkpoint != 1:
        raise CheckpointUnreadable(
            f"{path}:{number}: a checkpoint of format {read.checkpoint}, this build reads 1"
        )
    return read


def _signed_part(checkpoint: Checkpoint) -> bytes:
    head, _, _ = msgspec.json.encode(checkpoint).rpartition(_SIGNATURE)
    return head + b"}"
