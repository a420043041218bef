"""QR codes of long texts, such as the addresses that open a wallet."""

import segno
from django.utils.safestring import SafeString, mark_safe


def svg(text: str) -> SafeString:
    """Return the code of an ASCII text as an SVG that fills what it stands in."""
    code = segno.make(text, error="l", micro=False, boost_error=False)
    drawn = code.svg_inline(omitsize=True, border=4, light="#fff", dark="#000")
    return mark_safe(drawn)  # noqa: S308 - of modules alone
