"""Office files that are small and become huge: refused by what they declare, before they unfold.

Both readers (FAQ and plan) look a file over with `bot/sealed.py`; whatever is wrong with it, the
person is told in one sentence.
"""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterable

import pytest

from bot import faq_files, plan_files, sealed
from bot.sealed import MB
from cards.words import LANGUAGES, Words
from tests.rules.test_faq_files import docx
from tests.rules.test_plan_files import packed, parts_of, with_sheet, workbook

PARTS = parts_of(workbook([["问题", "答案"], ["如何打印", "点打印"]]))


def streamed(name: str, pieces: Iterable[bytes]) -> bytes:
    """A zip file with a part that is too large to be held at once."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("word/document.xml", b"<w/>")
        with archive.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)
    return into.getvalue()


def refusals(content: bytes) -> list[str]:
    """What is wrong with it as a library and as a plan."""
    books = faq_files.read("a.xlsx", content).refused, faq_files.read("a.docx", content).refused
    plan = plan_files.read("a.xlsx", content).problems
    return [one.key.rpartition(".")[2] for told in (*books, plan) for one in told]


@pytest.mark.parametrize("size", [60, pytest.param(740, marks=pytest.mark.slow)])
def test_1_mb_that_unfolds_to_740_is_refused_unfolded(size: int) -> None:
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * (MB - 42)
    bomb = streamed("xl/worksheets/sheet1.xml", (row for _ in range(size)))
    assert len(bomb) < 1.2 * MB
    tracemalloc.start()
    assert refusals(bomb) == ["unsafe"] * 3
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2 * MB


def test_a_document_of_millions_of_empty_paragraphs_never_reaches_the_parser() -> None:
    """Beneath every bound of sizes, and gigabytes once it is parsed."""
    noise = random.Random(1)
    body = "".join("<w:p/>" * 5_000 + noise.randbytes(300).hex() for _ in range(1_300))
    bomb = docx(body)
    assert len(bomb) < 0.6 * MB
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert all(p.file_size < sealed.RATIO * p.compress_size for p in archive.infolist())
    assert sealed.refused(bomb, "word/document.xml") == "unsafe"


def test_many_small_parts_that_are_much_together_are_refused_by_the_list() -> None:
    """However they share their bytes: what each says of its length is added up."""
    names = {f"xl/{n}": b"x" * 60_000 for n in range(900)}
    assert refusals(packed(PARTS | names)) == ["unsafe"] * 3


def test_a_link_out_of_the_file_is_a_part_like_any_other() -> None:
    into = io.BytesIO(packed(PARTS))
    with zipfile.ZipFile(into, "a") as archive:
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert faq_files.read("a.xlsx", into.getvalue()).rows[0].answer == "点打印"


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>',
        '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
        '<!DOCTYPE l SYSTEM "http://127.0.0.1/x.dtd"><l/>',
    ],
)
def test_entities_from_inside_and_outside_are_refused(xml: str) -> None:
    for name in ("xl/sharedStrings.xml", "xl/styles.xml", "docProps/app.xml"):
        assert "unsafe" in refusals(packed(PARTS | {name: xml.encode()}))


def test_shared_strings_without_end_are_refused() -> None:
    strings = b"<si><t>x</t></si>" * 1_000_000
    bomb = streamed("xl/sharedStrings.xml", (strings for _ in range(2)))
    assert refusals(bomb) == ["unsafe"] * 3


def test_columns_to_the_last_and_a_row_beyond_excel_are_read_in_bounds() -> None:
    wide = b"".join(b'<row r="%d"><c r="XFD%d" t="str"><v>x</v></c></row>' % (n, n) for n in (1, 2))
    content = with_sheet(lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + wide))
    assert faq_files.read("a.xlsx", content).rows[-1].question == "正式上线"
    far = with_sheet(lambda xml: xml.replace(b'<row r="1"', b'<row r="%d"' % 10**12))
    assert [one.key for one in faq_files.read("a.xlsx", far).refused] == ["faq.file.nothing"]


@pytest.mark.parametrize(
    ("name", "line"),
    [("a.csv", "a,b\n"), ("a.md", "# a\nb\n"), ("a.jsonl", "[]\n"), ("a.jsonl", "{}\n")],
)
def test_more_lines_than_a_library_has_are_one_mistake(name: str, line: str) -> None:
    found = faq_files.read(name, line.encode() * 300_000)
    assert [one.key for one in found.refused] == ["faq.file.many"]
    assert found.rows == ()


@pytest.mark.parametrize("content", [b"x" * 100 * MB, b"PK\x03\x04" + b"x" * 100 * MB])
def test_100_mb_on_one_line_are_too_large(content: bytes) -> None:
    assert refusals(content) == ["large"] * 3
    assert faq_files.read("a.csv", content).refused[0].key == "faq.file.large"
    assert plan_files.read("a.csv", content).problems[0].key == "plan.file.large"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["faq", "plan"])
def test_each_refusal_is_one_clear_sentence(language: str, what: str) -> None:
    w = Words(language)
    for why in ("unsafe", "locked", "macros", "not_workbook", "large", "empty", "old", "kind"):
        said = w(f"{what}.file.{why}", most=5)
        assert said
        assert "\n" not in said
        assert said[-1] in "。."
