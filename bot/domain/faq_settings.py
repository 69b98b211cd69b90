"""What a project manager may change about the FAQ."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Replies(StrEnum):
    """How a question in the group is answered: there for all, in private, or only by offers."""

    ALL = "all"
    PRIVATE = "private"
    OFFER = "offer"


# What may be asked of direct answers: so many right of a hundred.
STRICTNESS = (90, 95, 98)


@dataclass(frozen=True, slots=True)
class FaqSettings:
    """`right` is how many direct answers of a hundred should be right. An entry that has not been
    changed or confirmed for `stale_months` (0: never) may be out of date, as is one for another
    `version` of the product than the project's. `synonyms` are groups of words that mean the same
    here, the library's word first.
    """

    replies: Replies = Replies.ALL
    right: int = 95
    stale_months: int = 12
    version: str = ""
    synonyms: tuple[tuple[str, ...], ...] = ()


FAQ_SETTINGS = FaqSettings()
