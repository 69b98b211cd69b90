"""Figures, what they must be, and how both are shown."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `ratio` is its part of the empty FastAPI handler's in the same run.

    Where `at_least` or `at_most` is set the figure is held to it, the ratio to `ratio_at_least`.
    """

    what: str
    value: float
    unit: str
    engine: str = ""
    at_least: float | None = None
    at_most: float | None = None
    ratio: float | None = None
    ratio_at_least: float | None = None

    @property
    def good(self) -> bool:
        """Whether everything that the figure is held to is so; true where nothing is asked."""
        return (
            (self.at_least is None or self.value >= self.at_least)
            and (self.at_most is None or self.value <= self.at_most)
            and (
                self.ratio_at_least is None
                or (self.ratio is not None and self.ratio >= self.ratio_at_least)
            )
        )


def machine() -> dict[str, str]:
    """What the figures depend on besides Golive."""
    return {
        "cpus": str(os.cpu_count()),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def table(figures: Iterable[Figure], about: dict[str, str]) -> str:
    """The figures as a Markdown table under a line about the machine."""
    head = (
        f"{about['cpus']} CPUs (load {about['load']} at the start), Python {about['python']}, "
        f"SQLite {about['sqlite']}, {about['system']}, {about['date']}"
    )
    lines = [
        head,
        "",
        "| what | figure | needed | ratio to the empty handler | engine |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for one in figures:
        value = f"{_number(one.value)} {one.unit}".strip()
        mark = "" if one.good else " **missed**"
        lines.append(
            f"| {one.what} | {value}{mark} | {_needed(one)} | {_ratio(one)} | {one.engine} |"
        )
    return "\n".join(lines)


def write_json(path: Path, figures: Iterable[Figure], about: dict[str, str]) -> None:
    """The same for machines: `{"machine": {…}, "figures": [{…, "good": true}]}`."""
    rows = [asdict(one) | {"good": one.good} for one in figures]
    said = json.dumps({"machine": about, "figures": rows}, indent=2, ensure_ascii=False)
    path.write_text(said + "\n", encoding="utf-8")


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def _needed(one: Figure) -> str:
    parts = []
    if one.at_least is not None:
        parts.append(f"≥ {_number(one.at_least)}")
    if one.at_most is not None:
        parts.append(f"≤ {_number(one.at_most)}")
    return ", ".join(parts)


def _ratio(one: Figure) -> str:
    if one.ratio is None:
        return ""
    asked = f" (≥ {one.ratio_at_least})" if one.ratio_at_least is not None else ""
    return f"{one.ratio:.3f}{asked}"
