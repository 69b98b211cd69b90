"""Files to hand on: a report of 60 statements and three pictures as Word, PDF and spreadsheet.

From the paper to the bytes, with the start of the child process. Wall times, medians.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from benchmarks.results import Figure
from bot.documents import printed
from cards.document import Document, Item, Paper, Section, Table
from cards.elements import Bars, Gantt, GanttRow, Matrix, Picture, Tone

SECTIONS, ITEMS, ROWS = 6, 10, 500
WITHIN = {"docx": 1.0, "pdf": 2.0, "xlsx": 1.0}
LEGEND = ("已完成", "计划", "逾期", "原定", "预计", "今天")


def run(*, quick: bool) -> Iterator[Figure]:
    """The median of several files of each kind."""
    paper = Paper("周报", {"周报": _report()})
    for kind, most in WITHIN.items():
        took = [_once(paper, kind) for _ in range(3 if quick else 9)]
        yield Figure(f"report of 60 statements as {kind}", median(took), "s", at_most=most)


def _once(paper: Paper, kind: str) -> float:
    began = perf_counter()
    asyncio.run(printed(paper, kind))
    return perf_counter() - began


def _report() -> Document:
    items = tuple(
        Item(f"第{n}件：数据迁移的第一轮核对已完成，差异已登记并由双方负责人签字确认。", f"M{n}")
        for n in range(ITEMS)
    )
    sections = [Section(f"第{n}节", items) for n in range(SECTIONS - 1)]
    rows = tuple((f"R{n}", "旧系统编码重复，期初余额对不上", n, n / 2) for n in range(ROWS))
    return Document(
        "华东制造 ERP 上线项目周报", "第 33 周", (("项目经理", "王小明"), ("阶段", "验收")),
        (*sections, Section("图", items, pictures=_pictures())),
        (Table("风险", ("编号", "说明", "天数", "得分"), rows),), "内部资料",
    )  # fmt: skip


def _pictures() -> tuple[Picture, ...]:
    steps = tuple(
        GanttRow(f"第{n}步", f"2026-{n:02}-01", f"2026-{n:02}-24", f"2026-{n:02}-20", "", n < 7)
        for n in range(1, 13)
    )
    points = tuple((f"R{n}", 1 + n % 5, 1 + n // 5) for n in range(25))
    ages = tuple((f"风险 {n}", n + 1, Tone.WATCH) for n in range(12))
    return (
        Matrix("风险", "二十五项", "可能", "影响", points),
        Gantt("计划", "十二步", "2026-07-15", steps, LEGEND),
        Bars("天数", "十二项", "天", ages),
    )
