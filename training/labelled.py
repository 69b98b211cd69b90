"""The labelled lines: those for development and those that were written for training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HERE = Path(__file__).parent / "data"
DEVELOPMENT = Path(__file__).parent.parent / "tests" / "data" / "chat"


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def authors(kind: str) -> dict[str, list[Row]]:
    """The lines of a kind (`risk`, `standup`, `commands`, `dates`) by who wrote them."""
    found = {"dev": rows(DEVELOPMENT / f"{kind}.jsonl")}
    for path in sorted(HERE.glob(f"{kind}_*.jsonl")):
        found[path.stem.rpartition("_")[2]] = rows(path)
    return found


def without(kind: str, held: str) -> Iterator[Row]:
    """All lines but those of one author."""
    for author, lines in authors(kind).items():
        if author != held:
            yield from lines


def digest() -> str:
    """Of everything that is learnt from, so that a test sees when a model is stale."""
    whole = hashlib.sha256()
    for path in sorted([*HERE.glob("*.jsonl"), *DEVELOPMENT.glob("*.jsonl")]):
        if not path.name.startswith(("dates", "faq")):
            whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()[:16]
