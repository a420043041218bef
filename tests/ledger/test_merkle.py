"""RFC 6962 against a naive recursion written from its text, and the vectors of its first log."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle

# inputs and roots of the reference test of Certificate Transparency
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
    + ("606162636465666768696a6b6c6d6e6f",)
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(data: list[bytes]) -> bytes:
    """MTH of section 2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(data[:k]) + naive(data[k:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    leaves = [merkle.leaf(data) for data in INPUTS[:size]]
    assert merkle.root(leaves).hex() == ROOTS[size - 1] == naive(INPUTS[:size]).hex()


def test_no_leaves_hash_to_the_hash_of_nothing() -> None:
    assert merkle.root([]) == naive([]) == merkle.EMPTY


@given(st.lists(st.binary(max_size=3), max_size=70))
@settings(deadline=None, max_examples=60)
def test_appending_gives_the_same_root_as_the_definition(data: list[bytes]) -> None:
    frontier: list[bytes] = []
    for size, item in enumerate(data):
        merkle.append(frontier, size, merkle.leaf(item))
    assert len(frontier) == bin(len(data)).count("1")
    assert merkle.frontier_root(frontier) == naive(data)


def test_every_leaf_of_every_small_tree_is_proved_and_no_other() -> None:
    data = [bytes([n]) for n in range(20)]
    leaves = [merkle.leaf(item) for item in data]
    for size in range(1, 21):
        root = naive(data[:size])
        for at in range(size):
            path = merkle.inclusion(leaves[:size], at)
            assert merkle.verify_inclusion(leaves[at], at, size, path, root)
            assert not merkle.verify_inclusion(leaves[(at + 1) % 20], at, size, path, root)
            assert not merkle.verify_inclusion(leaves[at], at, size, [*path, root], root)
            assert not merkle.verify_inclusion(leaves[at], size, size, path, root)
            if path:
                assert not merkle.verify_inclusion(leaves[at], at, size, path[:-1], root)


def test_every_earlier_tree_is_proved_a_beginning_and_no_other() -> None:
    data = [bytes([n]) for n in range(20)]
    leaves = [merkle.leaf(item) for item in data]
    other = naive([b"x", *data[1:]])
    for size in range(1, 21):
        root = naive(data[:size])
        for first in range(1, size + 1):
            proof = merkle.consistency(leaves[:size], first)
            assert merkle.verify_consistency(first, size, naive(data[:first]), root, proof)
            assert not merkle.verify_consistency(first, size, other, root, proof)
            assert not merkle.verify_consistency(first, size, naive(data[:first]), other, proof)
            if proof:
                assert not merkle.verify_consistency(
                    first, size, naive(data[:first]), root, proof[:-1]
                )
            assert not merkle.verify_consistency(
                first, size, naive(data[:first]), root, [*proof, merkle.EMPTY]
            )


def test_a_place_outside_the_tree_is_an_error() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion([merkle.EMPTY], 1)
    with pytest.raises(IndexError):
        merkle.consistency([merkle.EMPTY], 0)
    assert not merkle.verify_consistency(0, 1, merkle.EMPTY, merkle.EMPTY, [])


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_what_is_no_hash_is_an_error_wherever_it_stands(size: int) -> None:
    """A node over 31 + 33 bytes hashes as one over 32 + 32 does."""
    wrong, leaves = b"x" * size, [merkle.leaf(bytes([n])) for n in range(4)]
    root = merkle.root(leaves)
    path, proof = merkle.inclusion(leaves, 1), merkle.consistency(leaves, 3)
    for call in (
        lambda: merkle.append([], 0, wrong),
        lambda: merkle.node(wrong, leaves[0]),
        lambda: merkle.node(leaves[0], wrong),
        lambda: merkle.frontier_root([wrong]),
        lambda: merkle.root([leaves[0], wrong]),
        lambda: merkle.verify_inclusion(wrong, 1, 4, path, root),
        lambda: merkle.verify_inclusion(leaves[1], 1, 4, [wrong, *path[1:]], root),
        lambda: merkle.verify_inclusion(leaves[1], 1, 4, path, wrong),
        lambda: merkle.verify_consistency(3, 4, wrong, root, proof),
        lambda: merkle.verify_consistency(3, 4, root, wrong, proof),
        lambda: merkle.verify_consistency(3, 4, root, root, [*proof[:-1], wrong]),
    ):
        with pytest.raises(ValueError, match="32 bytes"):
            call()
