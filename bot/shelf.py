"""What all events of a process share: an operator's own files, and libraries kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bot.calendars import Calendars
from bot.libraries import Libraries
from bot.templates import Templates


@dataclass(frozen=True)
class Shelf:
    """Working-day calendars; plan templates and advice for risks; FAQ libraries."""

    calendars: Calendars = field(default_factory=Calendars)
    templates: Templates = field(default_factory=Templates)
    libraries: Libraries = field(default_factory=Libraries)

    @classmethod
    def of(cls, calendar_dir: Path | None, template_dir: Path | None) -> Shelf:
        """Raises `SetupError` for a file that cannot be read."""
        return cls(Calendars(calendar_dir), Templates(template_dir))
