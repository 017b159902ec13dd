"""Text that others wrote, made fit for a page."""

import re
from typing import Final

from markupsafe import Markup, escape

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Controls, what has no width, and what changes the order in which a text is read."""


def visible(text: object) -> Markup:
    """Return a text isolated from the direction of what is around it, with marks for what would act unseen."""
    return Markup("<bdi>{}</bdi>").format(_marked(str(text), keep=""))


def block(text: object) -> Markup:
    """Return likewise a text of several lines, for an element that keeps them."""
    return _marked(str(text), keep="\t\n")


def plain(text: object) -> str:
    """Return likewise a text for where markup cannot stand."""
    return _INVISIBLE.sub(lambda found: f"[U+{ord(found.group()):04X}]", str(text))


def _marked(text: str, *, keep: str) -> Markup:
    made, last = Markup(), 0
    for found in _INVISIBLE.finditer(text):
        if found.group() not in keep:
            made += escape(text[last : found.start()])
            made += Markup('<span class="ctl">U+{:04X}</span>').format(ord(found.group()))
            last = found.end()
    return made + escape(text[last:])
