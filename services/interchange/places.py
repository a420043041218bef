"""Faults of a file that was made elsewhere, with the place where they stand."""

from __future__ import annotations

from city.errors import SourceError


def fault(file: str, place: str, zh: str, en: str, line: int = 1) -> SourceError:
    """A fault at a place such as ``参数 Parameters!C5``; empty: in the file as a whole."""
    return SourceError(
        file, line, f"{place}：{zh}" if place else zh, f"{place}: {en}" if place else en
    )
