"""One text, taken in every way at once: what `golive understand` and the playground show."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.standup import Entry
from bot.language import commands, dates, risk, standup


@dataclass(frozen=True, slots=True)
class Taken:
    """A text as a command, as a stand-up, as a sign of risk and as a date."""

    text: str
    command: commands.Command
    standup: standup.StandupText
    risk: risk.RiskSign
    when: dates.When


def take(text: str, seen: dates.Seen, prev: Entry | None = None) -> Taken:
    """Take a text, seen from a moment; `prev` is the same person's last stand-up."""
    return Taken(
        text,
        commands.understand(text),
        standup.parse(text, prev),
        risk.read(text),
        dates.read(text, seen),
    )
