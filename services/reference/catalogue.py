from pathlib import Path


def pages() -> dict[Path, str]:
    return {}
