"""Names as text: their comparison, and the difference of two that look alike.

Names are compared in Unicode's composed form (NFC), and every kind of blank in them is a plain one. Letters that only
look alike, such as a Latin and a Cyrillic ``a``, stay different.
"""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

_ALIKE = str.maketrans(
    # Cyrillic, then Greek, then dashes, quotation marks and other letters that look like the ASCII ones below them.
    "аеіјорсухѕԁԛԝһӏАВЕЅІЈКМНОРСТУХԌԚԜҮοανικρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‐‑‒–—―−﹣⁃’‘ʼ′ʹ“”″ıɑɡⅼ∕⁄∗٭",
    "aeijopcyxsdqwhlABESIJKMHOPCTYXGQWYoavikpuABEZHIKMNOPTYX---------'''''\"\"\"iagl//**",
)
_JOINERS = "\u200c\u200d"  # joiners belong to words of some scripts, and to emoji
_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))


def normal_name(text: str) -> str:
    """Return a name in the form in which names are compared."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in composed).strip()


def skeleton(text: str) -> str:
    """Return a text with plain letters, blanks and dashes for those that look like them."""
    if text.isascii():
        return text
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf" and c not in _SELECTORS)
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in seen).translate(_ALIKE)


def unseen(text: str, allowed: str = "") -> str:
    """First character of a name that cannot be seen, ``""`` if there is none.

    Joiners are allowed next to letters that are not ASCII, line breaks and tabs where ``allowed`` has them.
    """
    if text.isprintable():
        return ""
    for i, c in enumerate(text):
        around = text[max(i - 1, 0) : i + 2]
        if c in allowed or (c in _JOINERS and not around.replace(c, "").isascii()):
            continue
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") or c in "\ufffe\uffff":
            return c
    return ""


def difference(text: str, other: str) -> str:
    """Sentence on the characters that differ between two texts that look alike; ``""`` if they do not, or are equal."""
    if text == other or skeleton(text).split() != skeleton(other).split():
        return ""
    parts = []
    for tag, a, b, i, j in SequenceMatcher(None, other, text, autojunk=False).get_opcodes():
        if tag != "equal":
            parts.append(_change(other[a:b], text[i:j]))
    more = f" and {len(parts) - 2} more" if len(parts) > 2 else ""
    return f"It looks like '{other}', but {' and '.join(parts[:2])}{more}."


def _change(before: str, after: str) -> str:
    if not after:
        return f"lacks {_points(before)}"
    return f"has {_points(after)} {f'in place of {_points(before)}' if before else 'more'}"


def _points(text: str) -> str:
    """Characters by number and name: ``U+0435 (CYRILLIC SMALL LETTER IE)``."""
    spelt = [f"U+{ord(c):04X} ({unicodedata.name(c, 'without a name')})" for c in text[:3]]
    return " ".join(spelt) + (" ..." if len(text) > 3 else "")
