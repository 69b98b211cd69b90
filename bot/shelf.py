"""What all events of a process share: an operator's own files, and libraries kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bot.calendars import Calendars
from bot.libraries import Libraries
from bot.templates import Templates


@dataclass(frozen=True)
class Shelf:
    """Working-day calendars; plan templates and advice for risks; FAQ libraries.

    `letterhead` is where the operator's own template for printed documents lies, if there is one.
    """

    calendars: Calendars = field(default_factory=Calendars)
    templates: Templates = field(default_factory=Templates)
    libraries: Libraries = field(default_factory=Libraries)
    letterhead: Path | None = None

    def template_for(self, kind: str) -> Path | None:
        """The operator's own template, for what has a Word document in it."""
        path = self.letterhead if kind in ("docx", "zip") else None
        return path if path and path.is_file() else None

    @classmethod
    def of(cls, calendar_dir: Path | None, template_dir: Path | None) -> Shelf:
        """Raises `SetupError` for a file that cannot be read."""
        letterhead = template_dir / "report.docx" if template_dir else None
        return cls(Calendars(calendar_dir), Templates(template_dir), letterhead=letterhead)
