"""Who is who."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.people import Member
from cards.elements import Card, bullets, note
from cards.project import people_list
from cards.words import Words


def who_is_who(w: Words, members: Sequence[Member], said: str = "") -> Card:
    """The project's members by role; `said` is what has just been changed."""
    head = said or w("role.list.title")
    return Card(head, (people_list(w, members), note(w("role.list.hint"))), language=w.language)


def imported(w: Words, title: str, lines: Sequence[str], members: Sequence[Member]) -> Card:
    """Who is who after an import, with the numbers behind which there is nobody."""
    unknown = (bullets(list(lines)),) if lines else ()
    shown = (*unknown, people_list(w, members), note(w("role.list.hint")))
    return Card(title, shown, language=w.language)
