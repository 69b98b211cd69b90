"""Documents: printed whole whatever people write, and a template does nothing but show them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document as Word
from docx.oxml.ns import qn
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from bot.documents import (
    KINDS,
    WHYS,
    Unprintable,
    letters,
    make_template,
    packed,
    pdf,
    press,
    printed,
    sheet,
    word,
)
from bot.documents.texts import named, plain
from cards.document import Document, Item, Paper, Section, Table
from cards.elements import Bars, Gantt, GanttRow, Matrix, Picture, Tone, Trend, TrendLine

LEGEND = ("done", "planned", "late", "baseline", "forecast", "today")
STEP = GanttRow("验收", "2026-11-02", "2026-11-20", "2026-11-18", "2026-11-25", late=True)
PICTURES: tuple[Picture, ...] = (
    Matrix("风险", "两项。", "可能", "影响", (("R1", 5, 5), ("R2", 1, 2))),
    Gantt("计划", "一步，晚了。", "2026-11-10", (STEP,), LEGEND),
    Bars("天数", "VPN：9 天。", "天", (("VPN", 9, Tone.BAD),)),
    Trend("走势", "升。", "项", ("一", "二"), (TrendLine("已办", Tone.GOOD, (1.0, None)),)),
)
HOSTILE = (
    "{{ 7*7 }} {% raise %} {_{ }_} {# no #} {%p if x %}",
    '#eval("1") *not bold* _x_ $x^2$ <label> @ref \\ // /* `raw`',
    "<w:p/> </w:t> & &amp; ]]> <!--",
    "a\x00b\x07c\x0cd\x1b[31m\ufffe",
    "\u202egnp.exe",
    "\U0001f680\ufe0f up 한국 ไทย \U00020bb7",
    "first\nsecond\r\nthird\tx",
    "=1+1",
    "字" * 10_000,
    "x" * 10_000,
    "",
)
TABLE = Table("登记册", ("编号", "说明", "得分"), (("R1", "旧系统编码重复", 12), ("R2", None, 2.5)))


def document(*texts: str, pictures: tuple[Picture, ...] = (), **more: Any) -> Document:
    items = tuple(Item(text, "M3、R2") for text in texts)
    return Document(
        "第 33 周周报", "2026-08-10", (("项目经理", "王小明"), ("阶段", "验收"), ("上线", "九月")),
        (Section("风险与问题", items, "截至今天。", pictures),), (TABLE,), "内部资料", **more,
    )  # fmt: skip


def paper(*texts: str) -> Paper:
    return Paper("周报", {"周报": document(*texts)}, {"项目": {"风险": [1, "二"]}})


def opened(content: bytes) -> Word:
    return docx.Document(io.BytesIO(content))


def words_of(content: bytes) -> list[str]:
    """The paragraphs of a Word file, tables last."""
    found = opened(content)
    cells = [cell.text for table in found.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in found.paragraphs] + cells


def text_of(content: bytes) -> str:
    """The words of a PDF without the ends of its lines."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return "".join("".join(page.split()) for page in pages).replace("\u200b", "")


# --- Word


def test_a_word_file_says_everything_in_its_styles() -> None:
    made = word.printed(document("已完成", "待定", pictures=PICTURES))
    found = opened(made)
    assert [(one.style.name, one.text) for one in found.paragraphs if one.style][:4] == [
        ("Title", "第 33 周周报"), ("Subtitle", "2026-08-10"),
        ("Heading 1", "风险与问题"), ("List Bullet", "已完成\u2002M3、R2"),
    ]  # fmt: skip
    (bullet,) = [one for one in found.paragraphs if one.text.startswith("待定")]
    assert [run.style.name for run in bullet.runs if run.text] == [
        "Default Paragraph Font", "Evidence",
    ]  # fmt: skip
    assert [cell.text for cell in found.tables[0].rows[1].cells] == ["上线", "九月", "", ""]
    assert len(found.inline_shapes) == 4
    told = [one._inline.docPr.get("descr") for one in found.inline_shapes]
    assert told[2] == "天数: VPN：9 天。"
    footer = found.sections[0].footer.paragraphs[0]
    assert footer.text.startswith("内部资料\t")
    assert [one.text for one in footer._p.iter(qn("w:instrText"))] == ["PAGE", "NUMPAGES"]
    assert found.core_properties.title == "第 33 周周报"
    assert made == word.printed(document("已完成", "待定", pictures=PICTURES))


def test_a_word_file_of_nothing_has_no_empty_table() -> None:
    found = opened(word.printed(Document("")))
    assert found.tables == []
    assert [one.text for one in found.paragraphs] == [""]


def test_hostile_words_are_words_in_word() -> None:
    texts = words_of(word.printed(document(*HOSTILE)))
    bullets = [text.removesuffix("\u2002M3、R2") for text in texts if "M3、R2" in text]
    assert bullets == [plain(text) for text in HOSTILE]


@given(st.lists(st.text(max_size=60), max_size=4))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_words_are_printed_by_word(texts: list[str]) -> None:
    found = words_of(word.printed(document(*texts)))
    bullets = [text.removesuffix("\u2002M3、R2") for text in found if "M3、R2" in text]
    assert bullets == [plain(text) for text in texts]


def test_our_template_is_what_its_script_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_template, "OURS", tmp_path / "report.docx")
    make_template.main()
    made, ours = (zipfile.ZipFile(path) for path in (tmp_path / "report.docx", word.OURS))
    with made, ours:
        assert {n: made.read(n) for n in made.namelist()} == {
            n: ours.read(n) for n in ours.namelist()
        }


# --- templates


def template(folder: Path, *paragraphs: str) -> Path:
    """A customer's template."""
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    path = folder / "客户模板.docx"
    made.save(str(path))
    return path


LOOP = ("{%p for s in sections %}", "{{ s.title }}", "{%p endfor %}")


def why(path: Path) -> tuple[str, str]:
    with pytest.raises(Unprintable) as caught:
        word.printed(document("已完成", pictures=PICTURES[:1]), path)
    assert caught.value.key == "refused.template_broken"
    assert caught.value.values["name"] == path.name
    assert caught.value.values["why"] in WHYS
    return caught.value.values["why"], caught.value.values["at"]


def test_a_customers_template(tmp_path: Path) -> None:
    path = template(tmp_path, "Bericht {{ title|upper }}", *LOOP, "{{ footer }}")
    assert words_of(word.printed(document("已完成"), path)) == [
        "Bericht 第 33 周周报", "风险与问题", "内部资料",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("{{ title", ("syntax", "{{ titleEnde")),
        ("x {% for s in %}", ("syntax", "x {% for s in %}")),
        ("{{ title|nope }}", ("syntax", "{{ title|nope }}")),
        ("{{ title|safe }}", ("syntax", "{{ title|safe }}")),
        ("Von {{ author }} an alle", ("unknown", "{{ author }}")),
        ("{% if false %}{{ range(9) }}{% endif %}", ("unknown", "{{ range(9) }}")),
        ("An {{ sections[0].titel }}!", ("unknown", "An {{ sections[0].titel }}!")),
        ("{{ 1 / 0 }}", ("failed", "{{ 1 / 0 }}")),
        ("{% include 'x' %}", ("failed", "{% include 'x' %}")),
        ("{{ title.__class__.__mro__ }}", ("failed", "{{ title.__class__.__mro__ }}")),
        ("{{ sections[0].pictures[0]._template }}",
         ("failed", "{{ sections[0].pictures[0]._template }}")),
        ("{{ '%s'|format(title.__init__) }}",
         ("failed", "{{ '%s'|format(title.__init__) }}")),
    ],
)  # fmt: skip
def test_a_template_with_a_wrong_tag(
    paragraph: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    assert why(template(tmp_path, "Eins", *LOOP, paragraph, "Ende")) == expected


def test_a_template_without_a_place_for_the_report(tmp_path: Path) -> None:
    assert why(template(tmp_path, "{{ title }}")) == ("no_place", "")


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no_docx"),
        (b"%PDF-1.7", "no_docx"),
        (b"\xd0\xcf\x11\xe0old", "no_docx"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked"),
        (b"PK\x03\x04broken", "unsafe"),
        (b"x" * 6_000_000, "large"),
        (zipped(xl__workbook_xml=b"<a/>"), "no_docx"),
        (zipped(word__document_xml=b"<a/>"), "no_docx"),
        (zipped(word__document_xml=b"0" * 60_000_000), "unsafe"),
        (zipped(word__document_xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "unsafe"),
        (zipped(word__document_xml=b"<a/>", **{"word/vbaProject.bin": b""}), "macros"),
    ],
)
def test_a_file_that_is_no_template(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    path.write_bytes(content)
    assert why(path) == (expected, "")


def test_a_template_that_is_not_there(tmp_path: Path) -> None:
    assert why(tmp_path / "none.docx") == ("missing", "")


# --- PDF


def test_a_pdf_can_be_searched_in_chinese() -> None:
    made = pdf.printed(document("客户已签字", pictures=PICTURES))
    found = text_of(made)
    for words in ("第33周周报", "项目经理", "王小明", "风险与问题", "客户已签字", "M3、R2",
                  "截至今天。", "内部资料", "1/", "VPN", "验收"):  # fmt: skip
        assert words in found, words
    reader = PdfReader(io.BytesIO(made))
    assert reader.metadata is not None
    assert reader.metadata.title == "第 33 周周报"
    assert "/CreationDate" not in reader.metadata
    assert round(float(reader.pages[0].mediabox.width)) == 595
    used: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = [font.get_object()["/BaseFont"] for one in used for font in one["/Font"].values()]
    assert all("NotoSansSC" in name for name in fonts)
    assert made == pdf.printed(document("客户已签字", pictures=PICTURES))


def test_hostile_words_are_words_in_a_pdf() -> None:
    found = text_of(pdf.printed(document(*HOSTILE)))
    for text in HOSTILE[:3]:
        assert "".join(text.split()) in found, text
    assert "first" in found
    assert found.count("字") >= 10_000
    assert found.count("x") >= 10_000


@given(st.text(max_size=80), st.text(max_size=8))
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_any_words_are_printed_by_pdf(words: str, language: str) -> None:
    assert pdf.printed(document(words, words, language=language)).startswith(b"%PDF")


def test_what_the_font_lacks_is_no_box() -> None:
    assert letters.shown("进度 🚀 ok\n 第二 ") == "进度  ok\n第二"
    assert letters.shown("김 𠮷 ไ ★ ✓ ① ℃ 〇 “”\u200d\ue000") == "? ? ? ★ ✓ ① ℃ 〇 “”"
    assert letters.shown("y" * 100).replace("\u200b", "") == "y" * 100


# --- workbooks


def test_a_workbook_keeps_types_and_stays_harmless() -> None:
    signs = tuple(f"{sign}cmd|' /C calc'!A0" for sign in "=+-@＝＋－＠")
    rows = tuple((text, "https://x.example", 7) for text in signs)
    table = Table("a/b:c*?[d]" * 4, ("文本", "网址", "数"), (*rows, (None, 10**18, 1.5)))
    again = Table(table.name, ("x",), (("y" * 40_000,), ("0123",)))
    tables = (table, again, Table("", ()), Table("HISTORY", ("h",)))
    made = sheet.printed(Document("周报: 1/2", tables=tables))
    book = load_workbook(io.BytesIO(made))
    assert book.sheetnames[0] == "周报 1 2"
    assert len({name.casefold() for name in book.sheetnames}) == 5
    assert all(len(name) <= 31 for name in book.sheetnames)
    first = book.worksheets[1]
    for number, text in enumerate(signs, start=2):
        assert (first.cell(number, 1).value, first.cell(number, 1).data_type) == (text, "s")
        assert first.cell(number, 2).hyperlink is None
        assert first.cell(number, 3).data_type == "n"
    last = len(signs) + 2
    assert [first.cell(last, n).value for n in (1, 2, 3)] == [None, str(10**18), 1.5]
    assert first.freeze_panes == "A2"
    assert first.auto_filter.ref == f"A1:C{last}"
    assert first["A1"].font.bold
    assert first.column_dimensions["B"].width > first.column_dimensions["C"].width
    assert len(str(book.worksheets[2]["A2"].value)) == 32_767
    assert book.worksheets[2]["A3"].value == "0123"
    assert made == sheet.printed(Document("周报: 1/2", tables=tables))


def test_the_first_sheet_is_the_report() -> None:
    (report, register) = load_workbook(io.BytesIO(sheet.printed(document("甲", "乙")))).worksheets
    rows = [[cell for cell in row if cell] for row in report.iter_rows(values_only=True)]
    assert [row for row in rows if row] == [
        ["第 33 周周报"],
        ["2026-08-10"],
        ["项目经理", "王小明"],
        ["阶段", "验收"],
        ["上线", "九月"],
        ["风险与问题", "甲", "M3、R2"],
        ["风险与问题", "乙", "M3、R2"],
        ["风险与问题", "截至今天。"],
        ["内部资料"],
    ]
    assert [cell.value for cell in register[1]] == list(TABLE.head)


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=40))
@example([], "0" * 20 + "𐀀" * 5)  # 25 characters, 30 units of UTF-16
@settings(deadline=None, max_examples=40)
def test_any_words_are_printed_by_a_workbook(texts: list[str], name: str) -> None:
    table = Table(name, ("x",), tuple((text,) for text in texts))
    found = load_workbook(io.BytesIO(sheet.printed(Document(name, tables=(table, table)))))
    for number, text in enumerate(texts, start=2):
        cell = found.worksheets[1].cell(number, 1)
        assert (cell.value or "") == plain(text)
        assert cell.data_type in "sn"


def test_names_are_safe_and_unique() -> None:
    taken: set[str] = set()
    given_names = ["a", "A", "../a", "", "x" * 50, "x" * 51, "\x00", "CON\n"]
    found = [named(one, taken, '<>:"/\\|?*', 10) for one in given_names]
    assert found == ["a", "A 2", "a 3", "4", "xxxxxxxxxx", "xxxxxxxx 2", "7", "CON"]


# --- zip files and the child


def test_a_zip_has_everything_under_safe_names() -> None:
    given_paper = Paper(
        "x", {"周报": document("甲"), "../周报": document("乙")}, {"项目.json": {"风险": [1, "二"]}}
    )
    made = packed.printed(given_paper)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert parts.namelist() == [
            "周报.docx", "周报.pdf", "周报 2.docx", "周报 2.pdf", "项目.json",
        ]  # fmt: skip
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        said = parts.read("项目.json").decode()
        assert json.loads(said) == {"风险": [1, "二"]}
        assert "风险" in said
        assert "\n" in said
        assert "甲" in text_of(parts.read("周报.pdf"))
    assert made == packed.printed(given_paper)


BEGINS = {"docx": b"PK", "pdf": b"%PDF", "xlsx": b"PK", "zip": b"PK"}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_child_prints_every_kind(kind: str) -> None:
    assert (await printed(paper("已完成", "\ud83d half"), kind)).startswith(BEGINS[kind])


async def test_the_child_says_what_is_wrong_with_a_template(tmp_path: Path) -> None:
    path = template(tmp_path, *LOOP, "{{ author }}")
    for kind in ("docx", "zip"):
        with pytest.raises(Unprintable) as caught:
            await printed(paper("甲"), kind, path)
        assert caught.value.values == {"name": path.name, "why": "unknown", "at": "{{ author }}"}


async def test_a_template_without_an_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "WITHIN", 2.0)
    many = "{% for a in 'x'.center(99999) %}"
    path = template(tmp_path, *LOOP, f"{many}{many}{{% endfor %}}{{% endfor %}}")
    with pytest.raises(Unprintable, match="file_failed"):
        await printed(paper("甲"), "docx", path)


async def test_a_child_that_nobody_waits_for_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = tmp_path / "pid"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho $$ > {noted}\nexec sleep 60\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    task = asyncio.create_task(printed(paper("甲"), "pdf"))
    started = time.monotonic()
    while not (noted.exists() and noted.read_text().strip()):
        assert time.monotonic() < started + 10
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), signal.SIGCONT)


async def test_a_child_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for executable in ("/bin/false", "/nowhere"):
        monkeypatch.setattr(sys, "executable", executable)
        with pytest.raises(Unprintable) as caught:
            await printed(paper("甲"), "pdf")
        assert (caught.value.key, caught.value.values) == ("refused.file_failed", {})
