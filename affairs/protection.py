"""What is kept of a person besides their number: encrypted, and bound to whose it is."""

from ledger import encryption


def encrypt(what: str, data: bytes, subject: str) -> bytes:
    """Encrypt ``data``, which is a ``what`` (email, phone, draft) of ``subject``.

    PostgreSQL compares what it is bound to with the row (``affairs.guards``).
    """
    return encryption.encrypt("identity", f"{what}:".encode() + data, bytes.fromhex(subject))


def decrypt(what: str, encrypted: bytes | memoryview, subject: str) -> bytes:
    """Decrypt what ``encrypt`` made; raises ``DecryptionError`` for another person's or kind."""
    data, bound = encryption.decrypt("identity", encrypted)
    kind, _colon, rest = data.partition(b":")
    if bound.hex() != subject or kind != what.encode():
        raise encryption.DecryptionError("the value belongs to another row or column")
    return rest
