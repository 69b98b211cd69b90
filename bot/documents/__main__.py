"""`python -m bot.documents KIND [TEMPLATE]`: the paper on standard input (as JSON), printed.

Exit code 3 says, as a JSON object of strings on standard output, why the template cannot be used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from bot import sealed
from bot.documents import TELLS, Unprintable
from cards.document import Document, Paper


def main() -> int:
    """Print what is asked for; nothing but the library of that kind of file is loaded."""
    # Every thread takes address space, and by itself the typesetter starts one for each processor.
    os.environ["RAYON_NUM_THREADS"] = "1"
    sealed.limit()
    kind, *rest = sys.argv[1:]
    paper = msgspec.json.decode(sys.stdin.buffer.read(), type=Paper)
    try:
        made = _printed(paper, kind, Path(rest[0]) if rest else None)
    except Unprintable as error:
        sys.stdout.buffer.write(msgspec.json.encode(error.values))
        return TELLS
    sys.stdout.buffer.write(made)
    return 0


def _printed(paper: Paper, kind: str, template: Path | None) -> bytes:
    first = next(iter(paper.documents.values()), Document(paper.name))
    if kind == "xlsx":
        from bot.documents import sheet  # noqa: PLC0415

        return sheet.printed(first)
    if kind == "pdf":
        from bot.documents import pdf  # noqa: PLC0415

        return pdf.printed(first)
    if kind == "docx":
        from bot.documents import word  # noqa: PLC0415

        return word.printed(first, template)
    if kind == "zip":
        from bot.documents import packed  # noqa: PLC0415

        return packed.printed(paper, template)
    msg = f"no kind of file is called {kind}"
    raise ValueError(msg)


if __name__ == "__main__":
    sys.exit(main())
