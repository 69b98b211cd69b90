"""An FAQ as people keep it: a table (CSV, TSV, XLSX), JSON lines, Markdown or Word.

Everything is read and every line that cannot be taken is named; nothing is written here. Workbooks
and documents come from anybody and are opened as `bot/sealed.py` says (`python -m bot.faq_files
xlsx|docx`: the file on standard input, an `FaqFile` as JSON on standard output).
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import msgspec

from bot import sealed
from bot.domain.faq import LONGEST_ANSWER, LONGEST_QUESTION
from bot.language.asked import readers_said
from bot.language.faq.wordings import MOST
from bot.language.faq.words import bare
from bot.language.faq_columns import ANSWER, QUESTION, heads, unnumbered, wordings
from bot.language.normal import fold, tidy

MOST_ROWS, MOST_COLUMNS = 20_000, 200
LAST_ROW = 1_048_576  # of Excel
HEADER_WITHIN = 5
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_HEADING = re.compile(r"^(#{1,6})\s+(.+)$")
# What a spreadsheet would take for a formula, full width signs too.
_FORMULA = tuple("=+-@＝＋－＠\t\r")


@dataclass(frozen=True, slots=True)
class FaqRow:
    """One question with its answer, and the line where it begins."""

    line: int
    question: str
    answer: str
    variants: tuple[str, ...] = ()
    readers: str = "all"
    category: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line was not taken (0: the file); `key` is a sentence in `cards/words`."""

    line: int
    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaqFile:
    rows: tuple[FaqRow, ...] = ()
    refused: tuple[Refused, ...] = ()


def read(name: str, content: bytes) -> FaqFile:
    """A file by its content and the ending of its name; never raises. Call it off the loop."""
    if len(content) > sealed.LARGEST:
        return _only("faq.file.large", most=sealed.LARGEST // sealed.MB)
    if not content.strip():
        return _only("faq.file.empty")
    ending = name.lower().rpartition(".")[2]
    if content.startswith((_ZIP, _OLE)):
        return _checked(_packed(ending, content))
    text, reader = sealed.decoded(content), _TEXTS.get(ending)
    if text is None or reader is None:
        return _only("faq.file.unreadable" if reader else "faq.file.kind")
    return _checked(reader(text))


def _packed(ending: str, content: bytes) -> FaqFile:
    """A workbook or document, read by a child."""
    if content.startswith(_OLE):
        return _only("faq.file.old")
    kind = "docx" if ending == "docx" else "xlsx"
    needed = "word/document.xml" if kind == "docx" else "xl/workbook.xml"
    if why := sealed.refused(content, needed):
        return _only(f"faq.file.{why}")
    try:
        return msgspec.json.decode(sealed.in_child("bot.faq_files", content, kind), type=FaqFile)
    except (sealed.Failed, msgspec.DecodeError):
        return _only("faq.file.unreadable")


def _only(key: str, **values: Any) -> FaqFile:
    return FaqFile((), (Refused(0, key, values),))


def _checked(found: FaqFile) -> FaqFile:
    """The rows that can be taken; the same question twice is taken once."""
    if len(found.rows) + len(found.refused) > MOST_ROWS:
        return _only("faq.file.many", most=MOST_ROWS)
    rows: list[FaqRow] = []
    refused = list(found.refused)
    seen: dict[tuple[str, str], int] = {}
    for row in map(_tidied, found.rows):
        key = (fold(row.question), row.readers)
        why: Refused | None = None
        if len(bare(row.question)) < 2:
            why = Refused(row.line, "faq.file.no_question")
        elif not row.answer:
            why = Refused(row.line, "faq.file.no_answer", {"question": row.question[:60]})
        elif len(row.question) > LONGEST_QUESTION:
            why = Refused(row.line, "faq.file.long_question", {"most": LONGEST_QUESTION})
        elif len(row.answer) > LONGEST_ANSWER:
            why = Refused(row.line, "faq.file.long_answer", {"most": LONGEST_ANSWER})
        elif key in seen:
            why = Refused(row.line, "faq.file.twice", {"other": seen[key]})
        if why:
            refused.append(why)
        else:
            seen[key] = row.line
            rows.append(row)
    if not rows and not refused:
        refused.append(Refused(0, "faq.file.nothing"))
    return FaqFile(tuple(rows), tuple(sorted(refused, key=lambda one: one.line)))


def _tidied(row: FaqRow) -> FaqRow:
    question = tidy(row.question)
    others = dict.fromkeys(tidy(one)[:LONGEST_QUESTION] for one in row.variants)
    variants = [one for one in others if one and fold(one) != fold(question)]
    return replace(
        row,
        question=question,
        answer=tidy(row.answer),
        variants=tuple(variants[:MOST]),
        category=tidy(row.category)[:60],
        version=tidy(row.version)[:40],
    )


# --- text ----------------------------------------------------------------------------------------


def _json_lines(text: str) -> FaqFile:
    rows: list[FaqRow] = []
    refused: list[Refused] = []
    for line, words in enumerate(text.splitlines(), start=1):
        if not words.strip():
            continue
        if len(rows) + len(refused) > MOST_ROWS:
            break
        try:
            found = json.loads(words)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            refused.append(Refused(line, "faq.file.no_object"))
            continue
        variants = found.get("variants")
        rows.append(
            FaqRow(
                line,
                str(found.get("question") or ""),
                str(found.get("answer") or ""),
                tuple(map(str, variants)) if isinstance(variants, list) else (),
                readers_said(str(found.get("audience") or "")),
                str(found.get("category") or ""),
                str(found.get("version") or ""),
            )
        )
    return FaqFile(tuple(rows), tuple(refused))


def _markdown(text: str) -> FaqFile:
    """A heading with text under it is a question; one without is a category. 问：… 答：… too."""

    def told() -> Iterator[tuple[int, int, str]]:
        for line, words in enumerate(text.splitlines(), start=1):
            heading = _HEADING.match(words[:1000])
            level, title = (len(heading[1]), heading[2].rstrip(" #")) if heading else (0, words)
            yield line, level, title

    return _prose(told())


def _prose(told: Iterable[tuple[int, int, str]]) -> FaqFile:
    """Questions and answers from lines with the level of each heading, 0 for plain text."""
    rows: list[FaqRow] = []
    asked: tuple[int, str] | None = None
    answer: list[str] = []
    category = ""

    def keep() -> None:
        nonlocal category
        words = "\n".join(answer).strip()
        if asked and words:
            rows.append(FaqRow(asked[0], asked[1], words, category=category))
        elif asked:
            category = asked[1]

    for line, level, words in told:
        if len(rows) > MOST_ROWS:
            break
        marked, given = QUESTION.match(words.strip()), ANSWER.match(words.strip())
        if level or marked:
            keep()
            asked = (line, unnumbered(marked[1] if marked else words))
            answer = []
        elif asked:
            answer.append(given[1] if given and not answer else words)
    keep()
    return FaqFile(tuple(rows))


def _delimited(text: str) -> FaqFile:
    delimiter = max("\t,;，；", key=lambda one: _fits(text, one))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return _grid((reader.line_num, cells[:MOST_COLUMNS]) for cells in reader)
    except csv.Error as error:
        return _only("faq.file.table", why=str(error))


def _fits(text: str, delimiter: str) -> int:
    """How many of the first rows have more than one cell; a head that is known counts most."""
    try:
        rows = [
            row
            for row, _ in zip(
                csv.reader(io.StringIO(text), delimiter=delimiter), range(20), strict=False
            )
        ]
    except csv.Error:
        return 0
    known = any(heads(row[:MOST_COLUMNS]) for row in rows[:HEADER_WITHIN])
    return 100 * known + sum(len(row) > 1 for row in rows)


def _grid(lines: Iterable[tuple[int, Sequence[str]]]) -> FaqFile:
    """A table; without a head its columns are question, answer, other wordings, readers."""
    places = {"question": 0, "answer": 1, "variants": 2, "readers": 3}
    rows: list[FaqRow] = []
    refused: list[Refused] = []
    filled = 0
    for line, cells in lines:
        if len(rows) + len(refused) > MOST_ROWS:
            break
        if not any(cell.strip() for cell in cells):
            continue
        filled += 1
        head = heads(cells) if filled <= HEADER_WITHIN and not rows[1:] else None
        if head:
            places, rows, refused = head, [], []
            continue
        used = {name: cells[at].strip() for name, at in places.items() if at < len(cells)}
        if any(cell.startswith(("=", "＝")) for cell in used.values()):
            refused.append(Refused(line, "faq.file.formula"))
            continue
        values = {name: _typed(cell) for name, cell in used.items()}
        rows.append(
            FaqRow(
                line,
                values.get("question", ""),
                values.get("answer", ""),
                wordings(values.get("variants", "")),
                readers_said(values.get("readers", "")),
                values.get("category", ""),
                values.get("version", ""),
            )
        )
    return FaqFile(tuple(rows), tuple(refused))


_TEXTS: dict[str, Callable[[str], FaqFile]] = {
    **dict.fromkeys(("jsonl", "json", "ndjson"), _json_lines),
    **dict.fromkeys(("md", "markdown"), _markdown),
    **dict.fromkeys(("csv", "tsv", "txt"), _delimited),
}


# --- the child -----------------------------------------------------------------------------------


def _workbook(content: bytes) -> FaqFile:
    """The first sheet that has rows."""
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        found = _grid(
            (line, ["=" if cell.data_type == "f" else "" if cell.value is None else str(cell.value)
                    for cell in cells[:MOST_COLUMNS]])
            for line, cells in enumerate(islice(sheet.iter_rows(), LAST_ROW), 1)
        )  # fmt: skip
        if found.rows or found.refused:
            return found
    return FaqFile()


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _document(content: bytes) -> FaqFile:
    """Headings with text under them, 问：… 答：… lines, and tables with a known head."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415  (`sealed.refused` saw no entities)

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        whole = ET.fromstring(packed.read("word/document.xml"))  # noqa: S314
        body = whole.find(f"{_W}body")
        names = _styles(packed)
    told: list[tuple[int, int, str]] = []
    rows: list[FaqRow] = []
    for number, element in enumerate(body if body is not None else (), start=1):
        if element.tag == f"{_W}p":
            told.append((number, _level(element, names), _words(element)))
        elif element.tag == f"{_W}tbl":
            cells = [
                ["\n".join(_words(p) for p in cell.iter(f"{_W}p")) for cell in row.iter(f"{_W}tc")]
                for row in element.iter(f"{_W}tr")
            ]
            if cells and any(heads(row) for row in cells[:HEADER_WITHIN]):
                rows += _grid((number, row) for row in cells).rows
    return FaqFile((*_prose(told).rows, *rows))


def _styles(packed: zipfile.ZipFile) -> dict[str, str]:
    """Styles by id: a Chinese Word calls its first heading `1`."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415

    if "word/styles.xml" not in packed.namelist():
        return {}
    found = {}
    whole = ET.fromstring(packed.read("word/styles.xml"))  # noqa: S314
    for style in whole.iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        if name is not None:
            found[style.get(f"{_W}styleId", "")] = name.get(f"{_W}val", "").lower()
    return found


def _level(paragraph: Any, names: dict[str, str]) -> int:
    """The level of a heading, 0 for plain text."""
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    id_ = style.get(f"{_W}val", "") if style is not None else ""
    found = re.fullmatch(r"(?:heading|title)\s*(\d?)", names.get(id_, id_).lower())
    return int(found[1] or 1) if found else 0


def _words(element: Any) -> str:
    return "".join(
        "\n" if part.tag == f"{_W}br" else "\t" if part.tag == f"{_W}tab" else part.text or ""
        for part in element.iter()
        if part.tag in (f"{_W}t", f"{_W}br", f"{_W}tab")
    )


# --- writing -------------------------------------------------------------------------------------

Line = tuple[str, str, str, str, str, str]


def written(kind: str, head: Line, rows: Sequence[FaqRow]) -> bytes:
    """The rows as `csv`, `jsonl`, `md`, `docx` or `xlsx`; `head` are the columns' names.

    In tables nothing that people wrote is a formula.
    """
    if kind == "jsonl":
        return "".join(_as_json(row) for row in rows).encode()
    if kind == "md":
        return "\n".join(f"## {row.question}\n\n{row.answer}\n" for row in rows).encode()
    table = [head, *([_harmless(cell) for cell in _cells(row)] for row in rows)]
    if kind == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(table)
        return text.getvalue().encode("utf-8-sig")
    if kind == "docx":
        return _table_in_word([head, *map(_cells, rows)])
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("FAQ")
    for line in table:
        sheet.append(list(line))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _table_in_word(table: Sequence[Line]) -> bytes:
    from docx import Document  # noqa: PLC0415

    document = Document()
    drawn = document.add_table(rows=0, cols=len(table[0]), style="Table Grid")
    for line in table:
        for cell, words in zip(drawn.add_row().cells, line, strict=True):
            cell.text = words
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def _cells(row: FaqRow) -> Line:
    return (row.question, row.answer, "\n".join(row.variants), row.readers, row.category,
            row.version)  # fmt: skip


def _as_json(row: FaqRow) -> str:
    kept = {"question": row.question, "variants": row.variants, "answer": row.answer,
            "audience": row.readers, "category": row.category, "version": row.version}  # fmt: skip
    return json.dumps(kept, ensure_ascii=False) + "\n"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _typed(cell: str) -> str:
    """A cell as it was before `_harmless`."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell


def _as_child() -> Iterator[bytes]:
    sealed.limit()
    # openpyxl uses these where it finds them; here its only parser shall be Python's own.
    sys.modules.update(dict.fromkeys(("lxml", "defusedxml", "numpy", "PIL")))  # type: ignore[arg-type]
    content = sys.stdin.buffer.read(sealed.LARGEST)
    yield msgspec.json.encode(
        _workbook(content) if sys.argv[1:] == ["xlsx"] else _document(content)
    )


if __name__ == "__main__":
    sys.stdout.buffer.writelines(_as_child())
