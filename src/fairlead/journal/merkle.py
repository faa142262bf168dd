"""A Merkle tree over the groups of a journal, as RFC 6962 describes it (SHA-256).

The chain says that nothing in front was changed, to who reads all of it. The tree's root says the
same in 32 bytes that can be signed, and two short proofs come with it: that one group is in what
was signed, and that what was signed later begins with what was signed before. A leaf is the bytes
of one group, without its commit. `Frontier` is all that a writer keeps: the roots of the full
subtrees, one for each bit of the size.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

HASH_BYTES: Final = 32
_LEAF: Final = b"\x00"  # so that a leaf is never taken for a node (RFC 6962, 2.1)
_NODE: Final = b"\x01"
_SIZE: Final = struct.Struct("<Q")


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two hashes."""
    return hashlib.sha256(_NODE + left + right).digest()


class Frontier:
    """A tree that only grows: its size, and the roots of its full subtrees, largest first.

    It never changes: `appended` makes the next one, so another thread may hold on to this one.
    """

    def __init__(self, size: int = 0, peaks: tuple[bytes, ...] = ()) -> None:
        """Take a tree as it stands; by default the empty one."""
        assert len(peaks) == size.bit_count(), "a full subtree for each bit of the size"
        self.size = size
        self.peaks = peaks

    def appended(self, leaf: bytes) -> "Frontier":
        """Return the tree with one more leaf, of which the hash is given."""
        peaks = list(self.peaks)
        size = self.size
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, leaf))

    def root(self) -> bytes:
        """Return the root. That of the empty tree is the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def encode(self) -> bytes:
        """Return the bytes: the size (u64, little-endian), then the peaks."""
        return _SIZE.pack(self.size) + b"".join(self.peaks)


def decode_frontier(content: bytes) -> Frontier:
    """Return the tree that `encode` wrote. Raises `ValueError` where the bytes are none."""
    if len(content) < _SIZE.size:
        raise ValueError(f"{len(content)} bytes, a frontier has {_SIZE.size} at least")
    size: int = _SIZE.unpack_from(content)[0]
    expected = _SIZE.size + HASH_BYTES * size.bit_count()
    if len(content) != expected:
        raise ValueError(f"{len(content)} bytes, a frontier of {size} leaves has {expected}")
    starts = range(_SIZE.size, expected, HASH_BYTES)
    return Frontier(size, tuple(content[start : start + HASH_BYTES] for start in starts))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes."""
    if not leaves:
        return Frontier().root()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return what leads from the leaf at `index` to the root: PATH of RFC 6962, 2.1.1."""
    assert 0 <= index < len(leaves), "the leaf is in the tree"
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root_of(leaves[:split])]


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof shows that `leaf` stands at `index` in the tree of this root."""
    if not 0 <= index < size:
        return False
    last = size - 1
    found = leaf
    for other in proof:
        if last == 0:
            return False  # longer than the way up
        if index & 1 or index == last:
            found = node_hash(other, found)
            while not index & 1 and index != 0:
                index >>= 1
                last >>= 1
        else:
            found = node_hash(found, other)
        index >>= 1
        last >>= 1
    return last == 0 and found == root


def consistency_proof(leaves: Sequence[bytes], before: int) -> list[bytes]:
    """Return what shows that the first `before` leaves are in it: PROOF of RFC 6962, 2.1.2."""
    assert 0 < before <= len(leaves), "a tree that had leaves, and lost none"
    return _subproof(leaves, before, whole=True)


def _subproof(leaves: Sequence[bytes], before: int, whole: bool) -> list[bytes]:
    """`whole`: the tree of `before` leaves is known to who checks, it need not be told."""
    if before == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if before <= split:
        return [*_subproof(leaves[:split], before, whole), root_of(leaves[split:])]
    return [*_subproof(leaves[split:], before - split, whole=False), root_of(leaves[:split])]


def extends(
    root: bytes, size: int, root_before: bytes, before: int, proof: Sequence[bytes]
) -> bool:
    """Return whether a proof shows that a tree begins with the tree that it was before."""
    if not 0 < before <= size:
        return False
    if before == size:
        return not proof and root == root_before
    steps = list(proof)
    if before.bit_count() == 1:
        steps.insert(0, root_before)  # it is a full subtree: the proof leaves it out
    if not steps:
        return False
    index, last = before - 1, size - 1
    while index & 1:
        index >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not index & 1 and index != 0:
                index >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        index >>= 1
        last >>= 1
    return last == 0 and old == root_before and new == root


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    half: int = 1 << ((size - 1).bit_length() - 1)
    return half
