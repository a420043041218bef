"""The QR code of a certificate's address (ISO/IEC 18004), in a tenth of the time of a new one.

Placing bits, Reed-Solomon and the mask are all linear over GF(2). So with version, level and mask
fixed, a code is the code of one address of that length, with those modules turned over that each
differing bit turns. Those are worked out once a bit, by segno, and remembered.
"""

import re
from functools import lru_cache

import segno

MASK = 2  # fixed, because choosing one costs more than drawing the page
_RUN = re.compile("1+")


def svg(site: str, public_id: str) -> str:
    """Return the code of ``{site}{public_id}`` as SVG, one path; both are ASCII."""
    size, modules = _modules(site.encode("ascii"), public_id.encode("ascii"))
    bits = f"{modules:0{size * size}b}"
    runs = []
    for y in range(size):
        for run in _RUN.finditer(bits, y * size, y * size + size):
            start, end = run.span()
            runs.append(f"M{start - y * size} {y}h{end - start}v1h{start - end}z")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        f' shape-rendering="crispEdges"><path d="{"".join(runs)}"/></svg>'
    )


def _modules(site: bytes, public_id: bytes) -> tuple[int, int]:
    """Return the width, and all modules row by row as one number."""
    size, modules = _code(site + bytes(len(public_id)))
    for place, byte in enumerate(public_id):
        for bit in range(7):
            if byte >> bit & 1:
                modules ^= _turned(site, len(public_id), place, bit)
    return size, modules


@lru_cache(maxsize=1024)
def _turned(site: bytes, length: int, place: int, bit: int) -> int:
    """Return the modules that one bit of the last ``length`` bytes turns over."""
    tail = bytearray(length)
    before = _code(site + bytes(tail))[1]
    tail[place] = 1 << bit
    return before ^ _code(site + bytes(tail))[1]


@lru_cache(maxsize=8)
def _code(data: bytes) -> tuple[int, int]:
    code = segno.make(data, mode="byte", error="m", mask=MASK, micro=False, boost_error=False)
    bits = "".join(str(module) for row in code.matrix for module in row)
    return len(code.matrix), int(bits, 2)
