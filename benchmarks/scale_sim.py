"""How Golive grows, by simulation: `python -m benchmarks.scale_sim [--groups N …] [--apps N] …`.

A working day of so many groups, and what comes late in it: a Markdown table with a column for each
number of groups, and one of what the tables weigh. What goes in is in `benchmarks/scale_model.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.scale_model import (
    ASK,
    CLOSE,
    FEISHU,
    MINUTE,
    PLATFORMS,
    WORKING_DAYS,
    Day,
    Found,
    Scenario,
    part,
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows a group and working day (a fifth of a Friday's reports), bytes a row with its indexes
    on SQLite and PostgreSQL (`python -m benchmarks scale`), and for how many days rows are kept
    (`bot/scheduler.py`); 0 is for ever."""

    rows: float
    sqlite: int
    postgres: int
    kept: int = 0


TABLES = {
    "outbox": Table(28, 492, 765, 15),
    "inbox": Table(19, 154, 211, 2),
    "living_cards": Table(7.1, 528, 1161),
    "answers": Table(7, 382, 550),
    "audit": Table(1.5, 222, 765),
    "rounds": Table(1, 270, 983),
    "faq_questions": Table(0.5, 494, 2949),
    "reports": Table(0.2, 4759, 2294),
    "notices": Table(0.2, 347, 4096, 400),
}
YEAR = 250


def storage(groups: int) -> Iterator[str]:
    """What stands in each table after a year, as Markdown."""
    yield "| table | rows a day | rows after a year | SQLite | PostgreSQL | if all were kept |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    sums = [0.0, 0.0, 0.0]
    for name, one in TABLES.items():
        day = one.rows * groups
        stands = day * min(YEAR, one.kept * YEAR / 365 if one.kept else YEAR)
        sizes = stands * one.sqlite, stands * one.postgres, day * YEAR * one.postgres
        sums = [total + size for total, size in zip(sums, sizes, strict=True)]
        yield f"| {name} | {day:,.0f} | {stands:,.0f} | {' | '.join(map(_gib, sizes))} |"
    yield f"| all | | | {' | '.join(map(_gib, sums))} |"


def _gib(size: float) -> str:
    return f"{size / 2**30:,.2f} GiB"


def most(found: Found, seconds: float) -> int:
    """The most calls of one app (and, where each has limits of its own, kind) in any window."""
    by_kind = found.scenario.platform.by_kind
    windows: dict[tuple[int, str], deque[float]] = defaultdict(deque)
    top = 0
    for at, app, _, call in found.sends:
        window = windows[app, call if by_kind else ""]
        window.append(at)
        while at - window[0] >= seconds:
            window.popleft()
        top = max(top, len(window))
    return top


def told(found: Found) -> list[tuple[str, str]]:
    """What is to be known of a day, as pairs of a name and a figure."""
    lag, calls = found.lag, found.calls()
    rush = [count for second, count in found.arrivals.items() if ASK <= second < CLOSE + MINUTE]
    per_app = sum(calls.values()) / found.scenario.apps

    def late(what: str) -> str:
        spread = lag.get(what, [])
        return (
            f"{_span(part(spread, 0.5))} · {_span(part(spread, 0.99))} · {_span(part(spread, 1))}"
        )

    return [
        ("events a day · most in a second", f"{found.pushed:,} · {max(rush, default=0):,}"),
        ("acknowledged, p50 · p99 · worst", " · ".join(f"{part(found.ack, share) * 1000:,.0f} ms"
         for share in (0.5, 0.99, 1))),
        ("09:30 prompt late, p50 · p99 · last", late("prompt")),
        ("10:15 reminder late", late("reminder")),
        ("reminded within 5 min of their prompt", f"{found.needless:,}"),
        ("10:30 digest late", late("digest")),
        ("change of a card late", late("edit")),
        ("answer to a command or question late", late("reply")),
        ("17:00 weekly report late", late("report")),
        ("rows owed · merged away · deepest queue",
         f"{found.owed:,} · {found.merged:,} · {found.deepest:,}"),
        ("calls a day · most in 1 s · in 60 s of one app",
         f"{sum(calls.values()):,} · {most(found, 1.0)} · {most(found, 60.0):,}"),
        ("calls a month, an app", f"{per_app * WORKING_DAYS:,.0f}"),
    ]  # fmt: skip


def _span(seconds: float) -> str:
    if seconds >= 90:
        return f"{seconds / 60:,.1f} min"
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1000:,.0f} ms"


def table(scenarios: Sequence[tuple[str, Scenario]]) -> Iterator[str]:
    """The days side by side, as Markdown."""
    columns = [(name, told(Day(scenario).live())) for name, scenario in scenarios]
    yield f"| | {' | '.join(name for name, _ in columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    for number, (what, _) in enumerate(columns[0][1]):
        yield f"| {what} | {' | '.join(column[number][1] for _, column in columns)} |"


def main() -> int:
    """A column for each number of groups, all with the same options."""
    usual = Scenario()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_sim", description=__doc__)
    parser.add_argument("--groups", type=int, nargs="+", default=[usual.groups], help="all of them")
    parser.add_argument("--apps", type=int, default=1, help="groups are dealt out to them")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--platform", choices=sorted(PLATFORMS), default=FEISHU.name)
    parser.add_argument("--asked", type=int, default=usual.asked, help="people a group who answer")
    parser.add_argument("--spread", type=float, default=0.0, help="minutes before their time")
    parser.add_argument("--by-kind", action="store_true", help="limits for each kind of call")
    parser.add_argument("--leader-of-app", action="store_true", help="a relay for each app")
    parser.add_argument("--edits-last", action="store_true", help="changes after all else")
    parser.add_argument("--friday", action="store_true", help="with weekly reports")
    parser.add_argument("--storage", action="store_true", help="what the tables weigh instead")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    if said.storage:
        for groups in said.groups:
            print(f"{groups:,} groups", *storage(groups), sep="\n")
        return 0
    scenarios = [
        (
            f"{groups:,} groups",
            Scenario(
                groups,
                said.apps,
                replace(PLATFORMS[said.platform], by_kind=said.by_kind),
                said.replicas,
                said.asked,
                friday=said.friday,
                spread=said.spread * MINUTE,
                leader_of_app=said.leader_of_app,
                edits_last=said.edits_last,
                seed=said.seed,
            ),
        )
        for groups in said.groups
    ]
    print("\n".join(table(scenarios)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
