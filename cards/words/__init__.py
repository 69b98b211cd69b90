"""The words that people read: Chinese first, English complete.

Both languages have the same keys with the same placeholders (tested). `Words` also writes dates and
times the way a reader of the language expects.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from bot.domain.people import Member, Role
from cards.words.en import EN
from cards.words.zh import ZH

LANGUAGES: dict[str, dict[str, str]] = {"zh": ZH, "en": EN}


class Words:
    """The sentences of one language: `words("round.closed", count=3)`."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "zh"
        self._table = LANGUAGES[self.language]

    def __call__(self, key: str, **values: Any) -> str:
        return self._table[key].format(**values)

    def day(self, day: date) -> str:
        """`11月24日（周二）` or `Tue 24 Nov`."""
        weekday = self._table["weekdays"].split()[day.weekday()]
        if self.language == "zh":
            return f"{day.month}月{day.day}日（{weekday}）"
        return f"{weekday} {day.day} {self._table['months'].split()[day.month - 1]}"

    def time(self, moment: datetime) -> str:
        """`09:30`; the moment is already in the reader's zone."""
        return f"{moment:%H:%M}"

    def role(self, role: Role | None) -> str:
        return self(f"role.{role.value if role else 'none'}")

    def names(self, members: Iterable[Member]) -> str:
        return self._table["comma"].join(member.person.name for member in members)

    def milestone(self, name: str) -> str:
        """A template's step in the reader's words; a name that people gave stays as it is."""
        return self._table.get(f"step.{name}", name)
