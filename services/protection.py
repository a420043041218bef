"""Encrypting and decrypting ID numbers in answers; needs the keys. The pure part is ``tokens``."""

from people.protection import protect, unprotect

__all__ = ["protect", "unprotect"]
