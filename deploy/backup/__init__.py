"""Backup and restore: base backups, a stream of changes, files and exported heads, without keys.

A backup folder holds

    bases/2026-11-30T010203Z/postgres    a base backup as pg_basebackup makes it, with its manifest
    bases/2026-11-30T010203Z/backup.json what is in it, and what is needed to use it (``manifest``)
    wal/                                 every change since (pg_receivewal), to the last moment
    materials/ab/abcd…                   what was handed in, encrypted, each named by its own hash
    heads/                               tree heads as they were exported (docs/ledger.md)

and no key: whoever has it alone reads no ID number, signs nothing, and cannot go on from it.
"""
