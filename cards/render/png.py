"""A picture as PNG, for chats that show pictures but draw none.

It looks the same on every machine: in the one font that is installed with us, on white. Run as a
program it draws the picture on standard input (as JSON) to standard output.
"""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256

import msgspec

from cards.elements import Picture
from cards.render import svg

# Twice what a chat shows on a computer, so that it stays sharp.
WIDE = 1200
_FONT = "Noto Sans SC"


def render(picture: Picture) -> bytes:
    """The picture as PNG, 1200 pixels wide and as high as it needs."""
    # Neither is needed, nor need it be installed, before there is a picture to send.
    from resvg_py import svg_to_bytes  # noqa: PLC0415

    return svg_to_bytes(
        svg_string=svg.draw(picture, font=_FONT),
        width=WIDE,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=[_font()],
        font_family=_FONT,
        sans_serif_family=_FONT,
    )


def key_of(picture: Picture) -> str:
    """A name for what the picture shows: equal pictures have equal names (64 hex digits)."""
    return sha256(msgspec.json.encode(picture)).hexdigest()


@cache
def _font() -> str:
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    return str(sans_path())


if __name__ == "__main__":
    sys.stdout.buffer.write(render(msgspec.json.decode(sys.stdin.buffer.read(), type=Picture)))
