"""A document as a workbook: a sheet to read, then a sheet per table to sort and filter."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.documents.texts import cut, named, plain
from cards.document import Document, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | None

# What a spreadsheet takes: characters in a cell and in a sheet's name, digits of a number.
LONGEST, LONGEST_NAME, MOST_DIGITS = 32_767, 31, 15
_FORBIDDEN = "[]:*?/\\"
# Widths of columns, in digits; a Chinese character is two wide.
_NARROWEST, _WIDEST, _LOOKED_AT = 8, 60, 500
_OPTIONS = {
    # A child of ours may write no file.
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Section, statement, evidence.
_REPORT = (22, 80, 26)
# There is no date in it, so that the same document is the same file; but one must be given.
_MADE = datetime(2026, 1, 1, tzinfo=UTC)
_SOFT, _LINE, _GROUND = "#646b78", "#d6dae1", "#eef2fb"


class _Looks:
    """The formats of a workbook's cells. Without a font: people's own shows all that they write."""

    def __init__(self, book: Workbook) -> None:
        base = {"valign": "top", "text_wrap": True}
        self.title: Format = book.add_format({"bold": True, "font_size": 16})
        self.subtitle: Format = book.add_format({"font_color": _SOFT})
        self.head: Format = book.add_format(
            base | {"bold": True, "bg_color": _GROUND, "bottom": 1, "bottom_color": _LINE}
        )
        self.section: Format = book.add_format(base | {"bold": True})
        self.again: Format = book.add_format(base | {"font_color": _SOFT})
        self.text: Format = book.add_format(base)
        self.number: Format = book.add_format({"valign": "top"})


def printed(document: Document) -> bytes:
    """The workbook, the same bytes for the same document."""
    from xlsxwriter import Workbook  # noqa: PLC0415

    made = io.BytesIO()
    with Workbook(made, _OPTIONS) as book:
        book.set_properties({"title": _cut(document.title, 255), "created": _MADE})
        looks = _Looks(book)
        # A name that spreadsheets keep for themselves.
        taken = {"history"}
        name = named(document.title, taken, _FORBIDDEN, LONGEST_NAME)
        _report(book.add_worksheet(name), document, looks)
        for table in document.tables:
            name = named(table.name, taken, _FORBIDDEN, LONGEST_NAME)
            _table(book.add_worksheet(name), table, looks)
    return made.getvalue()


def _report(sheet: Worksheet, document: Document, looks: _Looks) -> None:
    """A row per statement; its section stands in every row, so that rows can be sorted."""
    for column, wide in enumerate(_REPORT):
        sheet.set_column(column, column, wide)
    _page(sheet, landscape=False)
    row = 0
    for words, look in ((document.title, looks.title), (document.subtitle, looks.subtitle)):
        if words:
            _write(sheet, row, 0, words.replace("\n", " "), look)
            row += 1
    row += 1
    for label, value in document.facts:
        _write(sheet, row, 0, label, looks.again)
        _write(sheet, row, 1, value, looks.text)
        row += 1
    for section in document.sections:
        row += 1
        look = looks.section
        lines = [(item.text, item.evidence, looks.text) for item in section.items]
        lines += [(section.note, "", looks.again)] if section.note else []
        for text, evidence, plain_look in lines or [("", "", looks.text)]:
            _write(sheet, row, 0, section.title, look)
            _write(sheet, row, 1, text, plain_look)
            _write(sheet, row, 2, evidence, looks.again)
            row, look = row + 1, looks.again
    if document.footer:
        _write(sheet, row + 1, 0, document.footer.replace("\n", " "), looks.subtitle)


def _table(sheet: Worksheet, table: Table, looks: _Looks) -> None:
    """A table under its head, which stays in view."""
    for column, wide in enumerate(_widths([table.head, *table.rows[:_LOOKED_AT]])):
        sheet.set_column(column, column, wide)
    _page(sheet, landscape=True)
    for column, words in enumerate(table.head):
        _write(sheet, 0, column, words, looks.head)
    for number, cells in enumerate(table.rows, start=1):
        for column, cell in enumerate(cells):
            _write(sheet, number, column, cell, looks.text)
    if table.head:
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, len(table.rows), len(table.head) - 1)


def _page(sheet: Worksheet, *, landscape: bool) -> None:
    """For who prints it: A4, as wide as the page."""
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if landscape:
        sheet.set_landscape()


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, look: Format) -> None:
    """Texts as texts, whatever they begin with; numbers as such, unless they would be rounded."""
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, look)
    elif isinstance(cell, str):
        sheet.write_string(row, column, _cut(cell, LONGEST), look)
    elif isinstance(cell, int) and abs(cell) >= 10**MOST_DIGITS:
        sheet.write_string(row, column, str(cell), look)
    else:
        sheet.write_number(row, column, cell, look)


def _cut(words: str, longest: int) -> str:
    return cut(plain(words), longest)


def _widths(rows: Sequence[Sequence[Cell]]) -> Iterable[int]:
    """A width for every column, by the longest line in it."""
    for column in range(max(map(len, rows))):
        cells = [row[column] for row in rows if column < len(row)]
        lines = [line for cell in cells for line in str(cell or "").split("\n")]
        longest = max((_digits(line[:_WIDEST]) for line in lines), default=0)
        # Room for the button of the filter.
        yield min(max(longest + 3, _NARROWEST), _WIDEST)


def _digits(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in line)
