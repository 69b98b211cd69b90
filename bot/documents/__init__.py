"""Documents to hand on: a paper becomes a Word, PDF or spreadsheet file, or a zip of them.

The libraries that write them are large and hold the interpreter while they work, and a template may
come from anybody: so all of it happens in a child process with little memory and little time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.core.errors import GoliveError
from cards.document import Paper

KINDS = ("docx", "pdf", "xlsx", "zip")
# The child's exit code when it says, as JSON, what is wrong with the template.
TELLS = 3
# What `why` may be of a broken template. `at` is the place in it, where there is one to name.
WHYS = (
    "missing",  # no such file, or no right to read it
    "large",  # more than 5 MB
    "no_docx",  # anything but a Word document; also one in the old format
    "locked",  # has a password
    "macros",
    "unsafe",  # too large when unpacked, or with parts that no Word document has
    "syntax",  # `at`: the line with a tag that cannot be understood
    "unknown",  # `at`: the tag or line with a name that no report has
    "no_place",  # nothing in it is a place for the sections
    "failed",  # `at`: the line whose tag cannot be carried out, empty where none is known
)


class Unprintable(GoliveError):  # noqa: N818  (an answer to whoever asked for the file)
    """There is no file. `key` names the sentence in `cards/words`, `values` fill it in.

    `refused.template_broken` has `name` (the template's file name), `why` (one of `WHYS`) and `at`
    (at most 80 characters of the template); `refused.file_failed` has nothing.
    """

    def __init__(self, key: str, values: dict[str, Any]) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


async def printed(paper: Paper, kind: str, template: Path | None = None) -> bytes:
    """The paper as a file of a kind of `KINDS`, the Word documents in it by the template, if any.

    Raises `Unprintable` when the template is broken, or when there is no file after 20 seconds.
    """
    # The child, which imports this too, has no use for it, and it takes longer than most files.
    from bot.documents import press  # noqa: PLC0415

    return await press.printed(paper, kind, template)
