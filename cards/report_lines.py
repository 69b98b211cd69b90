"""The lines of a report in words, and the records that they are taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.domain.report import Curve, Face, Line, Part, Report
from cards.elements import Picture, Tone, Trend, TrendLine
from cards.risk import short
from cards.words import Words

LONGEST_TEXT = 160
# Beyond so many, the records behind a line are only counted.
MOST_CITED = 12
_TONES = {
    "agreed": Tone.CALM,
    "done": Tone.GOOD,
    "high": Tone.BAD,
    "medium": Tone.WATCH,
    "low": Tone.INFO,
    "share": Tone.INFO,
}


def said(w: Words, line: Line, face: Face = Face.INTERNAL) -> str:
    """A line in words. Customers read some lines in words of their own."""
    key = f"report.line.{line.key}"
    values = {name: _value(w, name, value) for name, value in line.values.items()}
    own = f"{key}.customer"
    return w(own if face is Face.CUSTOMER and w.has(own) else key, **values)


def _value(w: Words, name: str, value: Any) -> Any:
    if name.endswith("_on"):
        return w.day(date.fromisoformat(value))
    if name in _NAMED or name == "way":
        return _ARROWS[value] if name == "way" else w(f"{_NAMED[name]}.{value}")
    if name == "milestone":
        return w.milestone(value)
    if name == "items":
        return w("report.semicolon").join(short(_flat(item), LONGEST_TEXT) for item in value)
    if not isinstance(value, str):
        return f"{value:+d}" if name == "net" else value
    return short(_flat(value), LONGEST_TEXT) or (w(_EMPTY[name]) if name in _EMPTY else "")


# What stands for nothing, by what it would say.
_EMPTY = {
    "owner": "risk.nobody",
    "reason": "risk.reason.none",
    "note": "risk.reason.none",
    "text": "report.nothing",
}
_NAMED = {
    "health": "health",
    "role": "role",
    "level": "risk.level",
    "risk_state": "risk.state",
    "suggestion_state": "suggestion.state",
}
_ARROWS = {"up": " ↑", "down": " ↓", "same": ""}


def _flat(words: str) -> str:
    return " ".join(words.split())


def cited(w: Words, sources: Sequence[str]) -> str:
    """The records behind a line, as people call them; what somebody said on several days is told
    as one."""
    if len(sources) > MOST_CITED:
        return w("report.source.more", count=len(sources))
    days: dict[tuple[str, str], list[str]] = {}
    named: list[str] = []
    for source in sources:
        kind, _, rest = source.partition(":")
        if kind in ("standup", "feedback"):
            day, _, name = rest.partition(":")
            on = date.fromisoformat(day)
            days.setdefault((kind, name), []).append(f"{on.month}-{on.day}")
        else:
            named.append(w("report.source.golive") if source == "golive" else source)
    for (kind, name), found in days.items():
        named.append(w(f"report.source.{kind}", day=w.comma.join(found), name=name).strip())
    return w.comma.join(named)


def section(w: Words, report: Report, part: Part, face: Face) -> list[tuple[str, str]]:
    """A section as pairs of statement and evidence; a person's words stand in for them.

    Customers read no ids: most of them would be of records that they do not see.
    """
    edit = report.edit_of(part, face)
    if edit:
        return [(line, "") for line in edit.text.split("\n") if line.strip()]
    inside = face is Face.INTERNAL
    return [
        (said(w, line, face), cited(w, line.sources) if inside else "")
        for line in report.lines(part, face)
    ]


def as_text(w: Words, report: Report, part: Part, face: Face) -> str:
    """A section as somebody would edit it, a statement a line."""
    return "\n".join(statement for statement, _ in section(w, report, part, face))


# Where a picture stands in a document: beside the lines that say the same.
_PLACE = {
    "burnup": Part.MILESTONES,
    "burnup.shared": Part.MILESTONES,
    "risks": Part.RISKS,
    "shares": Part.PARTICIPATION,
}


def pictures(w: Words, report: Report, face: Face, part: Part | None = None) -> list[Picture]:
    """What went how over the weeks, of one section or of all; customers see the plan alone, as far
    as it is shared with them."""
    inside = face is Face.INTERNAL
    return [
        _trend(w, curve)
        for curve in report.curves
        if (curve.name != "burnup.shared") == inside
        and (inside or curve.name == "burnup.shared")
        and part in (None, _PLACE[curve.name])
    ]


def _trend(w: Words, curve: Curve) -> Trend:
    steps = tuple(_step(step) for step in curve.steps)
    lines = tuple(
        TrendLine(w(f"report.curve.{name}"), _TONES[name], values, dashed=name == "agreed")
        for name, values in curve.lines.items()
    )
    share = curve.name == "shares"
    return Trend(
        w(f"report.picture.{_kind(curve)}"),
        _told(w, curve),
        "%" if share else w("report.unit"),
        steps,
        lines,
        100.0 if share else None,
    )


def _kind(curve: Curve) -> str:
    """What it shows, whoever sees it."""
    return curve.name.partition(".")[0]


def _step(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.month}/{day.day}"


def _told(w: Words, curve: Curve) -> str:
    """Where each line stands at last."""
    ends: Mapping[str, float | None] = {
        name: next((v for v in reversed(values) if v is not None), None)
        for name, values in curve.lines.items()
    }
    told = [f"{w(f'report.curve.{name}')} {value:g}" for name, value in ends.items()
            if value is not None]  # fmt: skip
    return f"{w(f'report.picture.{_kind(curve)}')}: {w.comma.join(told)}"
