"""`golive understand` and `golive eval …`: the understanding of chat text, at a terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.calendars import Calendars
from bot.core.clock import SystemClock
from bot.domain.standup import Entry
from bot.evaluate import FLAGS, KINDS, load
from bot.language.dates import Seen
from bot.language.headings import FIELDS
from bot.language.taken import Taken, take
from cards.render import text as as_text
from cards.understanding import understanding, why
from cards.words import Words


def understand(lines: Iterable[str], w: Words, *, as_json: bool) -> Iterator[tuple[str, bool]]:
    """What to print for each line of text or JSON object, and whether it could be read."""
    zone = ZoneInfo(os.environ.get("TIMEZONE") or "Asia/Shanghai")
    calendar = Calendars().of("CN")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _row(line)
            now = _moment(row.get("now"), zone)
            anchors = {
                n: date.fromisoformat(str(v)[:10]) for n, v in row.get("anchors", {}).items()
            }
            prev = _entry(row.get("prev"))
        except (ValueError, TypeError, AttributeError) as error:
            yield f"line {number}: {error}", False
            continue
        taken = take(row["text"], Seen(now, calendar, anchors), prev)
        if as_json:
            yield json.dumps(as_object(taken, w), ensure_ascii=False), True
        else:
            yield f"> {row['text']}\n{as_text.render(understanding(w, taken))}\n", True


def _row(line: str) -> Mapping[str, Any]:
    """A line of text, or an object with a text in it."""
    if not line.lstrip().startswith("{"):
        return {"text": line.rstrip("\n")}
    try:
        row = json.loads(line)
    except ValueError:
        return {"text": line.rstrip("\n")}
    if not isinstance(row.get("text"), str):
        msg = "the object needs a text."
        raise TypeError(msg)
    found: Mapping[str, Any] = row
    return found


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    if not text:
        return SystemClock().now().astimezone(zone)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _entry(prev: Mapping[str, list[str]] | None) -> Entry | None:
    return Entry(*(tuple(map(str, prev.get(name) or ())) for name in FIELDS)) if prev else None


def as_object(taken: Taken, w: Words) -> dict[str, Any]:
    """A text and how it was taken, as docs/features/understanding.md describes it."""
    sign, entry = taken.risk, taken.standup.entry
    return {
        "text": taken.text,
        "command": {"intent": taken.command.intent, "slots": dict(taken.command.slots)},
        "standup": {name: list(getattr(entry, name)) for name in FIELDS}
        | {"flags": sorted(taken.standup.flags & FLAGS)},
        "risk": {
            "risk": sign.action == "open",
            "category": sign.category if sign.action == "open" else "none",
            "action": sign.action,
            "severity": sign.severity if sign.action == "open" else None,
        },
        "date": taken.when.iso(),
        "why": why(w, taken),
    }


def evaluate(kind: str, file: Path, *, as_json: bool, wrong: int) -> Iterator[str]:
    """The figures of a labelled file; for people also the lines that went wrong."""
    report = KINDS[kind](load(file, kind))
    if as_json:
        yield json.dumps(report.figures, ensure_ascii=False)
        return
    for name, value in report.figures.items():
        yield f"{name:18} {value}"
    for text, wanted, got in report.wrong[:wrong]:
        yield f"\n{text}\n  wanted {wanted}\n  got    {got}"
    if len(report.wrong) > wrong:
        yield f"\n{len(report.wrong)} lines went wrong; see them with --wrong {len(report.wrong)}."
