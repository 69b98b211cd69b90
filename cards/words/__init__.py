"""The words that people read: Chinese first, English complete.

Both languages have the same keys with the same placeholders (tested). `Words` also writes dates and
times the way a reader of the language expects.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from bot.domain.people import Member, Role
from bot.domain.plan import Template
from bot.language.risk import CATEGORIES
from cards.words.en import WORDS as EN
from cards.words.zh import WORDS as ZH

LANGUAGES: dict[str, dict[str, str]] = {"zh": ZH, "en": EN}


class Words:
    """The sentences of one language: `words("round.closed", count=3)`."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "zh"
        self._table = LANGUAGES[self.language]

    @property
    def comma(self) -> str:
        return self._table["comma"]

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.language == "zh" else " "

    @property
    def kinds(self) -> tuple[str, ...]:
        """The categories of risks, by the names under which they are kept."""
        return CATEGORIES

    def kind(self, category: str) -> str:
        """A category of risks in the reader's words."""
        return self._table.get(f"understood.kind.{category}", category)

    def has(self, key: str) -> bool:
        return key in self._table

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

    def moment(self, moment: datetime) -> str:
        """`11月24日（周二） 09:30`; the moment is already in the reader's zone."""
        return f"{self.day(moment.date())} {self.time(moment)}"

    def role(self, role: Role | None) -> str:
        return self(f"role.{role.value if role else 'none'}")

    def names(self, members: Iterable[Member]) -> str:
        return self._table["comma"].join(member.person.name for member in members)

    def template(self, template: Template) -> str:
        """A plan's name; the built-in ones are called by their key's words."""
        return (
            self._table.get(f"template.{template.key}", template.name)
            if (template.name == template.key)
            else template.name
        )

    def phase(self, name: str) -> str:
        return self._table.get(f"phase.{name}", name)

    def check(self, name: str) -> str:
        return self._table.get(f"check.{name}", name)

    def milestone(self, name: str) -> str:
        """A template's step in the reader's words; a name that people gave stays as it is."""
        return self._table.get(f"step.{name}", name)
