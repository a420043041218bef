"""Merkle hash trees as in Certificate Transparency (RFC 6962, section 2.1), with SHA-256. Pure.

A tree over n leaves is known by its *frontier*: the roots of its complete subtrees from left to
right, one for every one-bit of n. That is enough to append and to compute the root, so that a
tree of millions of events costs a few dozen bytes a level.
Leaves are given as leaf hashes (``leaf``), positions from 0.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()  # root of no leaves


def leaf(data: bytes) -> bytes:
    """Return the leaf hash of ``data``: the prefix keeps leaves and nodes apart."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + _hash(left) + _hash(right)).digest()


def _hash(value: bytes) -> bytes:
    """Only hashes are joined: else two trees over other leaves could have one root."""
    if len(value) != 32:
        raise ValueError(f"a hash has 32 bytes, this one {len(value)}")
    return value


def append(frontier: list[bytes], size: int, leaf_hash: bytes) -> None:
    """Add one leaf to the tree of ``size`` leaves that ``frontier`` describes, in place."""
    while size & 1:  # as in binary counting: every complete pair becomes one
        leaf_hash = node(frontier.pop(), leaf_hash)
        size >>= 1
    frontier.append(_hash(leaf_hash))


def frontier_root(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree that ``frontier`` describes."""
    if not frontier:
        return EMPTY
    result = _hash(frontier[-1])
    for left in reversed(frontier[:-1]):
        result = node(left, result)
    return result


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over all leaf hashes."""
    frontier: list[bytes] = []
    for size, leaf_hash in enumerate(leaves):
        append(frontier, size, leaf_hash)
    return frontier_root(frontier)


def _split(n: int) -> int:
    """The largest power of two smaller than ``n`` (n > 1)."""
    return 1 << (n - 1).bit_length() - 1


def inclusion(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """Return the audit path of one leaf (RFC 6962, 2.1.1): siblings from the leaf upwards."""
    if not 0 <= position < len(leaves):
        raise IndexError(f"no leaf {position} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if position < k:
        return [*inclusion(leaves[:k], position), root(leaves[k:])]
    return [*inclusion(leaves[k:], position - k), root(leaves[:k])]


def inclusions(leaves: Sequence[bytes], positions: Iterable[int]) -> dict[int, list[bytes]]:
    """Return the audit paths of several leaves; each subtree's root is computed once."""
    wanted = sorted(set(positions))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < len(leaves):
        raise IndexError(f"no such leaf in a tree of {len(leaves)}")
    paths: dict[int, list[bytes]] = {position: [] for position in wanted}

    def walk(begin: int, end: int, inside: list[int]) -> bytes:
        """Return the root of a range, having added to the paths of the leaves inside."""
        if not inside:
            return root(leaves[begin:end])
        if end - begin == 1:
            return leaves[begin]
        middle = begin + _split(end - begin)
        left = [position for position in inside if position < middle]
        right = [position for position in inside if position >= middle]
        roots = walk(begin, middle, left), walk(middle, end, right)
        for position in left:
            paths[position].append(roots[1])
        for position in right:
            paths[position].append(roots[0])
        return node(*roots)

    if wanted:
        walk(0, len(leaves), wanted)
    return paths


def verify_inclusion(
    leaf_hash: bytes, position: int, size: int, path: Sequence[bytes], root_hash: bytes
) -> bool:
    """Does ``path`` prove that the tree with this root has this leaf at ``position``?

    The verification of RFC 9162, 2.1.3.2. Raises ``ValueError`` for what is no SHA-256 hash.
    """
    for value in (leaf_hash, *path, root_hash):
        _hash(value)
    if not 0 <= position < size:
        return False
    at, last, result = position, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node(sibling, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node(result, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and result == root_hash


def consistency(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Return the proof that the tree over the ``first`` leaves is a beginning of this one."""
    if not 0 < first <= len(leaves):
        raise IndexError(f"no tree of {first} in a tree of {len(leaves)}")
    return _subproof(leaves, first, True)


def _subproof(leaves: Sequence[bytes], first: int, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2: ``whole`` while the verifier knows this subtree's root."""
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if first <= k:
        return [*_subproof(leaves[:k], first, whole), root(leaves[k:])]
    return [*_subproof(leaves[k:], first - k, False), root(leaves[:k])]


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Does ``proof`` show that the second tree only added to the first? (RFC 9162, 2.1.4.2)

    Raises ``ValueError`` for what is no SHA-256 hash.
    """
    for value in (first_root, second_root, *proof):
        _hash(value)
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node(sibling, old), node(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
