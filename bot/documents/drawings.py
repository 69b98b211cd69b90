"""The pictures of a document, drawn in its one font."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bot.documents import letters
from bot.documents.texts import changed
from cards.elements import Picture
from cards.render import svg
from cards.render.strokes import clean

HERE = Path(__file__).parent
# Points. The words of a picture, 14 units high, are as large as those around it.
PER_UNIT, WIDEST, HIGHEST = 0.75, 470.0, 640.0
# Sharp in print, and small enough to travel.
PIXELS_PER_INCH = 200.0
_SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')


class Drawing(NamedTuple):
    """A picture as SVG, its width and height in points, and its words for who cannot see it."""

    svg: str
    wide: float
    high: float
    told: str


def drawing(picture: Picture) -> Drawing:
    drawn = svg.draw(changed(picture, letters.shown), font=letters.FONT)
    size = _SIZE.search(drawn)
    wide, high = (float(size[1]), float(size[2])) if size else (WIDEST, WIDEST)
    scale = min(PER_UNIT, WIDEST / wide, HIGHEST / high)
    return Drawing(drawn, wide * scale, high * scale, clean(f"{picture.title}: {picture.told}"))


def rasters(drawings: Sequence[Drawing]) -> list[bytes]:
    """Each as PNG. All in one call: loading the font takes longer than drawing."""
    if not drawings:
        return []
    source = (HERE / "pictures.typ").read_bytes()
    data = json.dumps([one._asdict() for one in drawings], ensure_ascii=False)
    made = compiled(source, "png", data, ppi=PIXELS_PER_INCH)
    return made if isinstance(made, list) else [made]


def compiled(source: bytes, kind: Literal["pdf", "png"], data: str, **more: Any) -> Any:
    """What the typesetter makes of `source`, which finds `data` (JSON) as `sys.inputs.data`.

    Raises `RuntimeError` when it cannot. Bytes; a list of them for several pages of PNG.
    """
    import typst  # noqa: PLC0415

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False,
        font_paths=[str(letters.folder())],
    )  # fmt: skip
    compiler = typst.Compiler(source, root=str(HERE), font_paths=fonts, ignore_system_fonts=True)
    return compiler.compile(format=kind, sys_inputs={"data": data}, **more)
