"""What the language knows, as tables that a person can read and extend.

Each file begins with a comment that says what it is for; `#` begins a comment in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).parent


def rows(name: str) -> Iterator[str]:
    """The lines of a table, without comments and empty lines."""
    for row in (_HERE / name).read_text(encoding="utf-8").splitlines():
        if row.strip() and not row.startswith("#"):
            yield row
