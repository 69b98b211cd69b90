"""What every platform's parser needs: pieces of JSON that have the shape they should have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Tree = Mapping[str, Any]
# The chat and person tables take 128; platforms' ids are far shorter.
LONGEST_ID = 120


def read_object(raw: bytes, trouble: type[Exception]) -> dict[str, Any]:
    """A JSON object; raises `trouble` for anything else."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise trouble("no JSON") from error
    if not isinstance(found, dict):
        raise trouble("no object")
    return found


def tree(value: object) -> Tree:
    """An object; raises `TypeError` for anything else."""
    if not isinstance(value, dict):
        raise TypeError
    return value


def text_of(value: object) -> str:
    """A text without zero bytes; empty for anything that is none."""
    return value.replace("\0", "") if isinstance(value, str) else ""


def id_of(value: object) -> str:
    """An identifier: short, without anything that could mean something elsewhere; raises
    `ValueError` for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        raise ValueError
    return value
