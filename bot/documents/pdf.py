"""A document as PDF. How it looks is said in `report.typ`."""

from __future__ import annotations

import json
import re

import msgspec

from bot.documents import letters
from bot.documents.drawings import HERE, compiled, drawing
from bot.documents.texts import changed
from cards.document import Document, Section

_LANGUAGE = re.compile(r"[a-z]{2,3}")


def printed(document: Document) -> bytes:
    """The PDF, the same bytes for the same document: no date is in it."""
    made: bytes = compiled((HERE / "report.typ").read_bytes(), "pdf", _data(document))
    return made


def _data(document: Document) -> str:
    """The document as the template takes it: only what it shows, and the pictures drawn."""
    words = changed(msgspec.structs.replace(document, sections=(), tables=()), letters.shown)
    asked = _LANGUAGE.match(document.language)
    shown = {
        "title": words.title,
        "subtitle": words.subtitle,
        "facts": words.facts,
        "footer": words.footer.replace("\n", " "),
        "language": asked[0] if asked else "en",
        "sections": [_section(section) for section in document.sections],
    }
    return json.dumps(shown, ensure_ascii=False)


def _section(section: Section) -> dict[str, object]:
    return {
        "title": letters.shown(section.title),
        "items": [
            {"text": letters.shown(item.text), "evidence": letters.shown(item.evidence)}
            for item in section.items
        ],
        "note": letters.shown(section.note),
        "pictures": [drawing(picture)._asdict() for picture in section.pictures],
    }
