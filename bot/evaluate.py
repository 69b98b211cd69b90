"""Scores of the understanding of chat text on labelled lines.

The formats stand in docs/features/understanding.md.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.calendars import Calendars
from bot.core.errors import SetupError
from bot.domain.standup import Entry
from bot.language import commands, dates, risk, standup
from bot.language.headings import FIELDS

Row = Mapping[str, Any]
Figures = dict[str, float | int]
# What a stand-up is labelled with; the bot itself knows more.
FLAGS = frozenset(standup.FLAGS)


@dataclass(frozen=True)
class Report:
    """The figures of a kind, and each line that was taken wrongly: text, wanted, got."""

    figures: Figures
    wrong: Sequence[tuple[str, str, str]] = field(default_factory=tuple)


NEEDED: Mapping[str, tuple[str, ...]] = {
    "standup": ("text", "expect"),
    "risk": ("text", "risk", "category", "action"),
    "dates": ("text", "now", "expect"),
    "commands": ("text", "intent"),
}


def load(path: Path, kind: str) -> list[dict[str, Any]]:
    """The labelled lines of a kind in a file; a bad line is named with its number."""
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            missing = [name for name in NEEDED[kind] if name not in row]
        except (ValueError, TypeError):
            msg = f"{path}, line {number}: not a JSON object."
            raise SetupError(msg) from None
        if missing or not isinstance(row["text"], str):
            msg = f"{path}, line {number}: a labelled line needs {', '.join(NEEDED[kind])}."
            raise SetupError(msg)
        found.append(row)
    if not found:
        msg = f"{path} has no labelled line in it."
        raise SetupError(msg)
    return found


def _timed(rows: Sequence[Row], take: Callable[[Row], Any]) -> tuple[list[Any], Figures]:
    """What each line was taken for, and how long that took once the models were read."""
    for row in rows[:40]:
        take(row)
    taken, spent = [], []
    for row in rows:
        start = time.perf_counter()
        taken.append(take(row))
        spent.append((time.perf_counter() - start) * 1000)
    spent.sort()
    return taken, {
        "ms_median": round(spent[len(spent) // 2], 3),
        "ms_p99": round(spent[min(int(len(spent) * 0.99), len(spent) - 1)], 3),
    }


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def alike(one: str, other: str) -> bool:
    """Whether two items are the same: one contains the other, or bigram F1 is at least 0.6."""
    if one in other or other in one:
        return True
    left, right = _bigrams(one), _bigrams(other)
    both = sum((left & right).values())
    return 2 * both / max(sum(left.values()) + sum(right.values()), 1) >= 0.6


def _bigrams(text: str) -> Counter[str]:
    bare = re.sub(r"\W", "", text)
    return Counter(bare[n : n + 2] for n in range(len(bare) - 1)) or Counter([bare])


def found(expected: Sequence[str], got: Sequence[str]) -> int:
    """How many expected items were found, each got item counting once."""
    left = list(got)
    count = 0
    for item in expected:
        match = next((one for one in left if alike(item, one)), None)
        if match is not None:
            left.remove(match)
            count += 1
    return count


def standups(rows: Sequence[Row]) -> Report:
    taken, figures = _timed(rows, lambda row: standup.parse(row["text"], _entry(row.get("prev"))))
    hit, wanted, got = Counter[str](), Counter[str](), Counter[str]()
    free = alarms = exact = 0
    wrong = []
    kinds = kinds_hit = 0
    for row, read in zip(rows, taken, strict=True):
        expect = row["expect"]
        missed = False
        for name in FIELDS:
            items = getattr(read.entry, name)
            count = found(expect[name], items)
            hit[name] += count
            wanted[name] += len(expect[name])
            got[name] += len(items)
            missed |= count < max(len(expect[name]), len(items))
        free += not expect["blockers"]
        alarms += not expect["blockers"] and bool(read.entry.blockers)
        same = read.flags & FLAGS == set(row.get("flags", ()))
        exact += same
        for blocker, accepted in zip(
            expect["blockers"], row.get("blocker_categories", ()), strict=False
        ):
            for item, said in zip(read.entry.blockers, read.categories, strict=False):
                if alike(blocker, item) and accepted:
                    kinds += 1
                    kinds_hit += bool(set(said[:1]) & set(accepted))
        if missed or not same:
            shown = {name: list(getattr(read.entry, name)) for name in FIELDS}
            wrong.append(
                (row["text"], _json(expect, row.get("flags", ())), _json(shown, read.flags & FLAGS))
            )
    for name in FIELDS:
        figures[f"{name}_f1"] = _rate(2 * hit[name], wanted[name] + got[name])
    return Report(
        {
            "lines": len(rows),
            **figures,
            "blocker_recall": _rate(hit["blockers"], wanted["blockers"]),
            "false_blockers": round(alarms / free, 4) if free else 0.0,
            "flags_exact": _rate(exact, len(rows)),
            "blocker_category": _rate(kinds_hit, kinds),
        },
        wrong,
    )


def _entry(prev: Mapping[str, Sequence[str]] | None) -> Entry | None:
    return Entry(*(tuple(prev.get(name, ())) for name in FIELDS)) if prev else None


def _json(fields: Mapping[str, Sequence[str]], flags: Iterable[str]) -> str:
    return json.dumps({**fields, "flags": sorted(flags)}, ensure_ascii=False)


def risks(rows: Sequence[Row]) -> Report:
    taken, figures = _timed(rows, lambda row: risk.read(row["text"]))
    pairs = list(zip(rows, taken, strict=True))
    said = sum(read.action == "open" for _, read in pairs)
    real = [(row, read) for row, read in pairs if row["risk"]]
    hit = [(row, read) for row, read in real if read.action == "open"]
    calm = [read for row, read in pairs if not row["risk"]]
    over = [read for row, read in pairs if row.get("action") == "resolve"]
    kinds = sum(
        read.category in (row["category"], *row.get("also_accept", ())) for row, read in hit
    )
    precision, recall = _rate(len(hit), said), _rate(len(hit), len(real))
    wrong = [
        (
            row["text"],
            _risk_words(row["action"], row["category"]),
            _risk_words(read.action, read.category),
        )
        for row, read in pairs
        if row["action"] != read.action
        or (row["risk"] and read.category not in (row["category"], *row.get("also_accept", ())))
    ]
    return Report(
        {
            "lines": len(rows),
            "precision": precision,
            "recall": recall,
            "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
            "false_alarms": round(sum(r.action == "open" for r in calm) / max(len(calm), 1), 4),
            "category": _rate(kinds, len(hit)),
            "resolve_recall": _rate(sum(read.action == "resolve" for read in over), len(over)),
            **figures,
        },
        wrong,
    )


def _risk_words(action: str, category: str) -> str:
    return action if action == "none" else f"{action} {category}"


def days(rows: Sequence[Row]) -> Report:
    calendar = Calendars().of("CN")

    def take(row: Row) -> str | None:
        anchors = {name: date.fromisoformat(v[:10]) for name, v in row.get("anchors", {}).items()}
        seen = dates.Seen(datetime.fromisoformat(row["now"]), calendar, anchors)
        return dates.read(row["text"], seen).iso()

    taken, figures = _timed(rows, take)
    right = [
        got == row["expect"] or got in row.get("accept", ())
        for row, got in zip(rows, taken, strict=True)
    ]
    wrong = [
        (f"{row['text']} ({row['now'][:16]})", str(row["expect"]), str(got))
        for row, got, ok in zip(rows, taken, right, strict=True)
        if not ok
    ]
    given = sum(not ok and got is not None for got, ok in zip(taken, right, strict=True))
    return Report(
        {
            "lines": len(rows),
            "accuracy": _rate(sum(right), len(rows)),
            "wrong_date": round(given / len(rows), 4),
            **figures,
        },
        wrong,
    )


def intents(rows: Sequence[Row]) -> Report:
    taken, figures = _timed(rows, lambda row: commands.understand(row["text"]))
    pairs = list(zip(rows, taken, strict=True))
    right = [(row, read) for row, read in pairs if row["intent"] == read.intent]
    idle = [read for row, read in pairs if row["intent"] == "none"]
    return Report(
        {
            "lines": len(rows),
            "accuracy": _rate(len(right), len(rows)),
            "acted_on_none": round(
                sum(read.intent != "none" for read in idle) / max(len(idle), 1), 4
            ),
            "slots_exact": _rate(
                sum(dict(read.slots) == row.get("slots", {}) for row, read in right), len(right)
            ),
            **figures,
        },
        [
            (row["text"], row["intent"], read.intent)
            for row, read in pairs
            if row["intent"] != read.intent
        ],
    )


KINDS: Mapping[str, Callable[[Sequence[Row]], Report]] = {
    "standup": standups,
    "risk": risks,
    "dates": days,
    "commands": intents,
}
