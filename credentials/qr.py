"""QR codes of long texts, such as the addresses that open a wallet."""

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules around it (ISO/IEC 18004)


def svg(text: str) -> SafeString:
    """Return the code of an ASCII text as an SVG that fills what it stands in."""
    code = segno.make(text, error="l", micro=False, boost_error=False)
    modules = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix, QUIET)
        for x, dark in enumerate(row, QUIET)
        if dark
    ]
    size = len(code.matrix) + 2 * QUIET
    return mark_safe(  # noqa: S308 - of modules alone
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        f' shape-rendering="crispEdges"><path d="{"".join(modules)}"/></svg>'
    )
