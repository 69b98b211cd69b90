"""Suggestions: what people would like, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

LONGEST_TEXT = 500
LONGEST_NOTE = 300


class SuggestionState(StrEnum):
    NEW = "new"
    PLANNED = "planned"
    DONE = "done"
    DECLINED = "declined"


OPEN = frozenset({SuggestionState.NEW, SuggestionState.PLANNED})


@dataclass(frozen=True, slots=True)
class Voice:
    """One person who made a suggestion, in their words; `chat` is where they said it."""

    person_id: str
    at: datetime
    text: str
    chat_id: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one or more people suggested; `number` counts within the project (S1, S2 …)."""

    id: str
    project_id: str
    number: int
    text: str
    state: SuggestionState
    at: datetime
    voices: tuple[Voice, ...] = ()
    note: str = ""
    answered_by: str | None = None
    changed_at: datetime | None = None
    version: int = 1

    @property
    def label(self) -> str:
        return f"S{self.number}"

    @property
    def open(self) -> bool:
        return self.state in OPEN


def joined(suggestion: Suggestion, voice: Voice) -> Suggestion:
    """The same said by one more person; saying it twice is saying it once."""
    if any(one.person_id == voice.person_id for one in suggestion.voices):
        return suggestion
    return replace(suggestion, voices=(*suggestion.voices, voice))


def answered(
    suggestion: Suggestion, state: SuggestionState, note: str, by: str | None, at: datetime
) -> Suggestion:
    return replace(suggestion, state=state, note=note[:LONGEST_NOTE], answered_by=by, changed_at=at)
