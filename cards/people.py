"""Who is who."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.people import Member
from cards.elements import Card, note
from cards.project import people_list
from cards.words import Words


def who_is_who(w: Words, members: Sequence[Member], said: str = "") -> Card:
    """The project's members by role; `said` is what has just been changed."""
    head = said or w("role.list.title")
    return Card(head, (people_list(w, members), note(w("role.list.hint"))), language=w.language)
