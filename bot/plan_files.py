"""A plan as people keep it: a table in a file (CSV, TSV, XLSX) or pasted into a chat.

Everything is read and every mistake is named by its line; nothing is written here. A workbook
comes from anybody, so it is looked over as a zip file first and then opened by a child process
that may use little memory and little time (`python -m bot.plan_files`: the workbook on standard
input, a `PlanFile` as JSON on standard output).

A line number is the row as Excel shows it, counted from 1: a cell with a line break in it is still
one row, an empty row counts.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any

import msgspec

from bot import sealed
from bot.language import plan_columns
from bot.language.normal import fold, language_of
from bot.sealed import LARGEST, MB

LARGEST_TEXT = MB
ROWS, COLUMNS, NAME, CELL = 300, 200, 60, 500  # the two last in letters
HEADER_WITHIN = 5  # filled rows
SEEN = 100  # rows, filled or not, that a delimiter is tried on
# Where they tie, the first one is meant: a comma is rather part of a text than a tab is.
DELIMITERS = "\t|｜;,，"
TEXTS = ("csv", "tsv", "txt")

_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_RULE = re.compile(r":?-+:?")  # the line under the head of a table in Markdown
# Number formats that are dates in a Chinese Excel and have no code in the file.
_CHINESE_DATES = {27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58}
_NO_TABLE = ("plan.file.columns", "plan.file.empty")

_Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One milestone as it stands in the file.

    `date` is as written, `2026-12-25` for a date of Excel; `after` is what it depends on (names,
    keys or row numbers, several parted by , ; or an ideographic comma); `customer` says in some
    word whether customers see it.
    """

    line: int
    name: str
    date: str
    owner: str = ""
    after: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a line, 0 for the file as a whole; `key` is a sentence in `cards/words`.

    `values` are texts and numbers for its placeholders, without the line.
    """

    line: int
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The rows that are right, and what is wrong; whoever imports wants no problems at all."""

    rows: tuple[PlanRow, ...]
    problems: tuple[Problem, ...]


def read(name: str, content: bytes) -> PlanFile:
    """A file by its content and the ending of its name; never raises.

    A workbook takes up to 15 seconds: call it off the event loop.
    """
    if len(content) > LARGEST:
        return _only("plan.file.large", most=LARGEST // MB)
    if refused := _refused_kind(name.strip().lower().rpartition(".")[2], content):
        return _only(refused)
    if content.startswith(_ZIP):
        return _workbook(content)
    if len(content) > LARGEST_TEXT:
        return _only("plan.file.large", most=LARGEST_TEXT // MB)
    text = sealed.decoded(content)
    return _only("plan.file.encoding") if text is None else _table(text, headless=False)


def read_text(text: str) -> PlanFile:
    """A table pasted into a chat; without a head its columns are name, date, owner. Never raises.

    Cells are parted by tabs (copied from Excel), commas, semicolons or bars.
    """
    if len(text) > LARGEST_TEXT:
        return _only("plan.file.large", most=LARGEST_TEXT // MB)
    # Half a surrogate pair cannot be stored.
    return _table(text.encode("utf-8", "replace").decode("utf-8"), headless=True)


def _refused_kind(ending: str, content: bytes) -> str | None:
    """Why this kind of file is not read; `None` for text and for what looks like a workbook."""
    if not content.strip():
        return "plan.file.empty"
    if content.startswith(_OLE):
        return "plan.file.locked" if _ENCRYPTED in content else "plan.file.old"
    if ending in ("xlsm", "xltm"):
        return "plan.file.macros"
    if content.startswith(_ZIP) or ending in TEXTS:
        return None
    return "plan.file.not_workbook" if ending == "xlsx" else "plan.file.kind"


def _only(key: str, **values: object) -> PlanFile:
    return PlanFile((), (Problem(0, key, values),))


# --- text ----------------------------------------------------------------------------------------


def _table(text: str, *, headless: bool) -> PlanFile:
    if not text.strip(DELIMITERS + '" \r\n'):
        return _only("plan.file.empty")
    problems: list[Problem] = []
    delimiter = max(DELIMITERS, key=lambda one: _fit(text, one))
    return _plan(_records(text, delimiter, problems), problems, headless=headless)


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """How well it parts the first rows: columns known in the best row, rows with two cells."""
    rows = _filled(islice(_records(text, delimiter, []), SEEN), [])
    return plan_columns.fit([cells for _, cells in islice(rows, HEADER_WITHIN)])


def _records(text: str, delimiter: str, problems: list[Problem]) -> Iterator[_Row]:
    """The rows of a text; one that cannot be parted is a problem and the last."""
    line, lines = 0, io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for line, cells in enumerate(reader, 1):
            yield line, cells
    except csv.Error:
        problems.append(Problem(line + 1, "plan.file.quotes"))


# --- rows and columns ----------------------------------------------------------------------------


def _plan(rows: Iterable[_Row], problems: list[Problem], *, headless: bool) -> PlanFile:
    """The table with its head found; `problems` grow as `rows` are read."""
    filled = _filled(rows, problems)
    first = list(islice(filled, HEADER_WITHIN))
    if not first:
        return PlanFile((), (*problems, Problem(0, "plan.file.empty")))
    at, heads = plan_columns.head([cells for _, cells in first])
    missing = plan_columns.missing(heads)
    if not missing:
        return _milestones(chain(first[at + 1 :], filled), heads, problems)
    if headless and (usual := plan_columns.usual(first[0][1])):
        return _milestones(chain(first, filled), usual, problems)
    return PlanFile((), (*problems, _lacking(*first[at], missing)))


def _filled(rows: Iterable[_Row], problems: list[Problem]) -> Iterator[_Row]:
    """The rows with something in them. The first one that is too wide is a problem."""
    wide = False
    for line, cells in rows:
        words = [cell.strip() for cell in cells if cell and not cell.isspace()]
        if all(_RULE.fullmatch(word) for word in words):
            continue
        if not wide and any(cell.strip() for cell in cells[COLUMNS:]):
            wide = True
            problems.append(Problem(line, "plan.file.wide", {"most": COLUMNS}))
        yield line, cells


def _lacking(line: int, cells: Sequence[str], missing: Sequence[str]) -> Problem:
    """A table without the needed columns: what its head, or what may be it, says instead."""
    found = " / ".join([plan_columns.words(cell)[:20] for cell in cells if cell.strip()][:12])
    need = " / ".join(plan_columns.shown(role, language_of(found)) for role in missing)
    return Problem(line, "plan.file.columns", {"found": found, "need": need})


def _milestones(
    rows: Iterable[_Row], heads: Mapping[str, int], problems: list[Problem]
) -> PlanFile:
    """The rows under a head; `heads` are its columns by their places, from 0."""
    good: list[PlanRow] = []
    lines: dict[str, int] = {}
    count = 0
    for line, cells in rows:
        values = {r: cells[n].strip() if n < len(cells) else "" for r, n in heads.items()}
        if not any(values.values()):
            continue
        count += 1
        if count > ROWS:
            problems.append(Problem(line, "plan.file.rows", {"most": ROWS}))
            break
        row = PlanRow(line, **{r: plan_columns.cleaned(r, value) for r, value in values.items()})
        wrong = list(_wrong(line, heads, values)) or list(_wrong_words(row))
        first = lines.setdefault(fold(row.name), line) if row.name and not wrong else line
        if first != line:
            wrong.append(Problem(line, "plan.file.twice", {"name": row.name, "first": first}))
        problems += wrong
        good += [] if wrong else [row]
    if not count and not problems:
        problems.append(Problem(0, "plan.file.no_rows"))
    return PlanFile(tuple(good), tuple(problems))


def _wrong(line: int, heads: Mapping[str, int], values: Mapping[str, str]) -> Iterator[Problem]:
    """Cells that are not taken as they are."""
    for role, value in values.items():
        cell = f"{plan_columns.letters(heads[role])}{line}"
        if value.startswith("="):
            yield Problem(line, "plan.file.formula", {"cell": cell})
        elif len(value) > CELL:
            yield Problem(line, "plan.file.cell", {"cell": cell, "most": CELL, "have": len(value)})


def _wrong_words(row: PlanRow) -> Iterator[Problem]:
    if not row.name:
        yield Problem(row.line, "plan.file.no_name")
    if len(row.name) > NAME:
        yield Problem(row.line, "plan.file.name_long", {"most": NAME, "have": len(row.name)})
    if not row.date:
        yield Problem(row.line, "plan.file.no_date", {"name": row.name[:NAME]})


# --- workbooks -----------------------------------------------------------------------------------


def _workbook(content: bytes) -> PlanFile:
    if refused := sealed.refused(content, "xl/workbook.xml"):
        return _only(f"plan.file.{refused}")
    try:
        return msgspec.json.decode(sealed.in_child("bot.plan_files", content), type=PlanFile)
    except (sealed.Failed, msgspec.DecodeError):
        return _only("plan.file.unreadable")


# --- the child -----------------------------------------------------------------------------------


def _sheets(content: bytes) -> PlanFile:
    """The first visible sheet with the needed head, else what its first filled sheet lacks."""
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    empty = _only("plan.file.empty")
    lacking = empty
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            plan = _plan(_grid(sheet, book.epoch), [], headless=False)
            if not any(problem.key in _NO_TABLE for problem in plan.problems):
                return plan
            lacking = plan if lacking == empty else lacking
    return lacking


def _grid(sheet: Any, epoch: datetime) -> Iterator[_Row]:
    # What a file says of its own size is often wrong; Excel's own last row is not.
    sheet.reset_dimensions()
    for line, cells in enumerate(islice(sheet.iter_rows(), 1_048_576), 1):
        yield line, [_text(cell, epoch) for cell in cells]


def _text(cell: Any, epoch: datetime) -> str:
    """A cell as it would be typed; a formula is only its first letter."""
    from openpyxl.utils.datetime import from_excel  # noqa: PLC0415

    value: object = cell.value
    if cell.data_type == "f":
        return "="
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float) and cell.style_array.numFmtId in _CHINESE_DATES:
        with suppress(ValueError, OverflowError):
            value = from_excel(value, epoch)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _as_child() -> None:
    sealed.limit()
    # openpyxl uses these where it finds them; here its only parser shall be Python's own.
    sys.modules.update(dict.fromkeys(("lxml", "defusedxml", "numpy", "PIL")))  # type: ignore[arg-type]
    plan = _sheets(sys.stdin.buffer.read(LARGEST))
    sys.stdout.buffer.write(msgspec.json.encode(plan))


if __name__ == "__main__":
    _as_child()
