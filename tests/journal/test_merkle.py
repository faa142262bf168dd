"""The tree of RFC 6962: against its published roots, against pymerkle, and against forgery."""

import hashlib

import pymerkle  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal import merkle
from fairlead.journal.merkle import Frontier, decode_frontier

# The leaves and roots that the tests of Certificate Transparency use.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle.leaf_hash(content) for content in INPUTS]
SIZES = st.integers(min_value=1, max_value=70)


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def grown(hashes: list[bytes]) -> Frontier:
    tree = Frontier()
    for leaf in hashes:
        tree = tree.appended(leaf)
    return tree


def test_the_published_roots_are_met() -> None:
    assert grown([]).root() == hashlib.sha256(b"").digest() == merkle.root_of([])
    for size, root in enumerate(ROOTS, 1):
        assert grown(LEAVES[:size]).root().hex() == root
        assert merkle.root_of(LEAVES[:size]).hex() == root


def test_an_independent_library_gives_the_same_roots_and_proofs() -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    ours = Frontier()
    for number in range(100):
        content = number.to_bytes(4, "big")
        theirs.append_entry(content)
        ours = ours.appended(merkle.leaf_hash(content))
        assert ours.root() == theirs.get_root()
    hashes = leaves(100)
    for index in (0, 1, 31, 63, 64, 98, 99):
        proof = theirs.prove_inclusion(index + 1)  # they count from one
        pymerkle.verify_inclusion(hashes[index], ours.root(), proof)
        assert list(proof.path[1:]) == merkle.inclusion_proof(hashes, index)


@given(SIZES, st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(hashes, index)
    root = merkle.root_of(hashes)
    assert merkle.includes(root, size, index, hashes[index], proof)
    assert not merkle.includes(root, size, index, merkle.leaf_hash(b"forged"), proof)
    assert not merkle.includes(root, size, index, hashes[index], [*proof, hashes[0]])
    assert not merkle.includes(merkle.leaf_hash(root), size, index, hashes[index], proof)
    assert not merkle.includes(root, size, size, hashes[index], proof)
    if proof:
        assert not merkle.includes(root, size, index, hashes[index], proof[:-1])
    for other in range(size):
        if other != index:
            assert not merkle.includes(root, size, other, hashes[index], proof)


@given(SIZES, st.data())
def test_a_tree_that_grew_is_told_from_one_that_was_changed(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    before = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(hashes, before)
    root, root_before = merkle.root_of(hashes), merkle.root_of(hashes[:before])
    assert merkle.extends(root, size, root_before, before, proof)
    changed = [*hashes]
    changed[data.draw(st.integers(0, before - 1))] = merkle.leaf_hash(b"forged")
    assert not merkle.extends(merkle.root_of(changed), size, root_before, before, proof)
    forged = merkle.consistency_proof(changed, before)
    assert not merkle.extends(merkle.root_of(changed), size, root_before, before, forged)
    assert not merkle.extends(root, size, root_before, before, [*proof, root])
    if proof:
        assert not merkle.extends(root, size, root_before, before, proof[:-1])
    assert not merkle.extends(root, size, root_before, 0, proof)


@given(st.integers(min_value=0, max_value=300))
def test_a_frontier_goes_on_from_its_bytes(size: int) -> None:
    tree = grown(leaves(size))
    again = decode_frontier(tree.encode())
    assert (again.size, again.peaks, again.root()) == (tree.size, tree.peaks, tree.root())
    assert len(tree.encode()) == 8 + 32 * size.bit_count()
    more = merkle.leaf_hash(b"more")
    assert again.appended(more).root() == tree.appended(more).root()


@pytest.mark.parametrize("content", [b"", b"1234567", grown(leaves(5)).encode()[:-1]])
def test_bytes_that_are_no_frontier_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="bytes, a frontier"):
        decode_frontier(content)
