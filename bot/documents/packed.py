"""All of a paper as one zip file, the same bytes for the same paper."""

from __future__ import annotations

import json
from pathlib import Path

from bot.documents import pdf, word
from bot.documents.archives import archive
from bot.documents.texts import named
from cards.document import Paper

_FORBIDDEN = '<>:"/\\|?*'
_LONGEST = 80


def printed(paper: Paper, template: Path | None = None) -> bytes:
    """Each document as `.docx` and `.pdf`, each of `data` as `.json`."""
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    for words, document in paper.documents.items():
        name = named(words, taken, _FORBIDDEN, _LONGEST)
        files[f"{name}.docx"] = word.printed(document, template)
        files[f"{name}.pdf"] = pdf.printed(document)
    taken = set()
    for words, value in paper.data.items():
        name = named(words.removesuffix(".json"), taken, _FORBIDDEN, _LONGEST)
        said = json.dumps(value, ensure_ascii=False, indent=2)
        files[f"{name}.json"] = f"{said}\n".encode()
    return archive(files)
