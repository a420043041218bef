"""Characters that no text from outside may hold (pure): one rule, used by `people.text`.

Controls (C0 but tab and line ends, DEL, C1), soft hyphen, marks of writing direction and other
invisible signs (Unicode TR 36, `Default_Ignorable_Code_Point`), line and paragraph separators,
variation selectors and tags, halves of surrogate pairs, non-characters (the last two of each
plane, U+FDD0 to U+FDEF), and the sign for what could not be read (U+FFFD): bytes in another
encoding become that. Private use is permitted: rare characters of names are sometimes kept there,
so what has one is never decided by the machine (`certificates.pdf.glyphs`) and never lost.
"""

import re

_RANGES = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
) + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
)
UNSAFE = re.compile(f"[{_RANGES}]")
UNSAFE_IN_LINE = re.compile(f"[\t\n\r{_RANGES}]")  # where a text is one line, as a name is
# what nobody can type, and what bytes became that are not UTF-8
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
