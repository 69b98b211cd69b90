"""Reports: one record of a week, drawn with two faces.

A report is made of lines, and a line of a key of `cards/words` (`report.line.…`) and the values
that it is said with. Every line names the records that its values are taken from, so that whoever
reads a number can look where it comes from; what a person wrote instead names that person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

LONGEST_SECTION = 8000


class Face(StrEnum):
    """Who reads it: the team and its supervisor, or the customer."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class Part(StrEnum):
    """The sections of a week's report, in their order."""

    SUMMARY = "summary"
    DONE = "done"
    PLAN = "plan"
    MILESTONES = "milestones"
    RISKS = "risks"
    BLOCKERS = "blockers"
    WAITING = "waiting"
    PARTICIPATION = "participation"
    FAQ = "faq"
    FOLLOWUPS = "followups"
    SUGGESTIONS = "suggestions"


CUSTOMER_PARTS = (
    Part.SUMMARY,
    Part.DONE,
    Part.PLAN,
    Part.MILESTONES,
    Part.RISKS,
    Part.WAITING,
    Part.SUGGESTIONS,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. `values` are texts, whole numbers and ISO dates (`…_on`); `sources` the
    records behind them (`M3`, `R2`, `S1`, `Q4`, `standup:2026-11-24:李雷`). `shared` ones stand in
    the customer's face too, or, where they are not for `inside`, there alone. A line that says that
    something is not known has no sources."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    shared: bool = False
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Curve:
    """A picture's numbers: `steps` are ISO dates, `lines` amounts by name (`None`: not known)."""

    name: str
    steps: tuple[str, ...]
    lines: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wrote in the place of a section of one face."""

    face: Face
    part: Part
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """Who sent which face when, and what it said then: that is what its readers have."""

    face: Face
    by: str | None
    at: datetime
    parts: Mapping[Part, tuple[Line, ...]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    edits: tuple[Edit, ...] = ()
    drafted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one week of a project, `first` to `last` day of it, both included."""

    id: str
    project_id: str
    first: date
    last: date
    drafted_at: datetime
    parts: Mapping[Part, tuple[Line, ...]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    edits: tuple[Edit, ...] = ()
    sent: tuple[Sent, ...] = ()
    version: int = 1

    def lines(self, part: Part, face: Face) -> tuple[Line, ...]:
        found = self.parts.get(part, ())
        inside = face is Face.INTERNAL
        return tuple(one for one in found if (one.inside if inside else one.shared))

    def edit_of(self, part: Part, face: Face) -> Edit | None:
        return next((e for e in self.edits if (e.part, e.face) == (part, face)), None)

    def sent_as(self, face: Face) -> Sent | None:
        """The last time that a face was sent."""
        return next((one for one in reversed(self.sent) if one.face is face), None)


def parts_of(face: Face) -> tuple[Part, ...]:
    return tuple(Part) if face is Face.INTERNAL else CUSTOMER_PARTS


def sent(report: Report, face: Face, by: str | None, at: datetime) -> Report:
    """The report with one face sent as it is now."""
    return replace(report, sent=(*report.sent, _as_it_is(report, face, by, at)))


def _as_it_is(report: Report, face: Face, by: str | None, at: datetime) -> Sent:
    return Sent(
        face,
        by,
        at,
        {part: report.lines(part, face) for part in parts_of(face)},
        report.curves,
        tuple(e for e in report.edits if e.face is face),
        report.drafted_at,
    )


def says_the_same(report: Report, before: Sent) -> bool:
    """Whether a face says what it said when it was sent."""
    now = _as_it_is(report, before.face, None, before.at)
    return (now.parts, now.edits) == (before.parts, before.edits)


def as_sent(report: Report, face: Face) -> Report | None:
    """The report as a face of it was sent last, whatever has become of it since; `None` when it
    never was."""
    last = report.sent_as(face)
    if last is None:
        return None
    return replace(
        report,
        parts=last.parts,
        curves=last.curves,
        edits=last.edits,
        drafted_at=last.drafted_at or report.drafted_at,
    )


def edited(report: Report, edit: Edit) -> Report:
    """The report with a person's words in the place of a section; empty ones take them back."""
    others = [e for e in report.edits if (e.part, e.face) != (edit.part, edit.face)]
    kept = [replace(edit, text=edit.text[:LONGEST_SECTION])] if edit.text.strip() else []
    return replace(report, edits=(*others, *kept))


def redrawn(
    report: Report, fresh: Report, parts: Sequence[Part], face: Face | None = None
) -> Report:
    """The report with some sections as the records have them now, and nobody's words there in this
    face, or in both."""
    after = {**report.parts, **{part: fresh.parts.get(part, ()) for part in parts}}
    kept = tuple(e for e in report.edits if e.part not in parts or face not in (None, e.face))
    return replace(
        report, parts=after, curves=fresh.curves, edits=kept, drafted_at=fresh.drafted_at
    )


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week of a day."""
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)
