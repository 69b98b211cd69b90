"""FAQ files: everything that can be read is, and what cannot is named by its line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.faq_files import FaqFile, FaqRow, read, written

HEAD = ("问题", "答案", "其他问法", "谁能看", "类别", "适用版本")


def keys(found: FaqFile) -> list[tuple[int, str]]:
    return [(one.line, one.key) for one in found.refused]


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, styles: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml",
                       f"<w:document {_W}><w:body>{body}</w:body></w:document>")  # fmt: skip
        parts.writestr("word/styles.xml", f"<w:styles {_W}>{styles}</w:styles>")
    return packed.getvalue()


def paragraph(text: str, style: str = "") -> str:
    mark = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{mark}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_table_with_its_own_order_of_columns() -> None:
    text = (
        "分类,答案,问题,相似问题,受众\n登录,点忘记密码,忘记密码怎么办,密码忘了|想不起密码,管理员\n"
    )
    row = read("a.csv", text.encode("gb18030")).rows[0]
    assert row == FaqRow(
        2, "忘记密码怎么办", "点忘记密码", ("密码忘了", "想不起密码"), "admin", "登录"
    )


def test_a_table_without_a_head() -> None:
    found = read("a.csv", "如何打印,点打印\n如何导出,点导出\n".encode())
    assert [row.question for row in found.rows] == ["如何打印", "如何导出"]


def test_every_line_that_is_wrong_is_named_and_the_rest_taken() -> None:
    text = (
        "问题\t答案\n\t没有问题\n没有答案的问题\t\n如何打印\t点打印\n如何打印 \t又一个\n"
        f"{'长' * 201}\t答\n怎么算\t=1+1\n"
    )
    found = read("a.tsv", text.encode())
    assert [row.question for row in found.rows] == ["如何打印"]
    assert keys(found) == [
        (2, "faq.file.no_question"), (3, "faq.file.no_answer"), (5, "faq.file.twice"),
        (6, "faq.file.long_question"), (7, "faq.file.formula"),
    ]  # fmt: skip


def test_a_workbook() -> None:
    found = read("a.xlsx", xlsx(("问题", "答案"), ("如何打印", "点打印"), ("怎么算", "=1+1")))
    assert [row.answer for row in found.rows] == ["点打印"]
    assert keys(found) == [(3, "faq.file.formula")]


def test_json_lines_as_the_labelled_libraries_have_them() -> None:
    data = Path(__file__).parent.parent / "data" / "faq" / "entries.jsonl"
    found = read("entries.jsonl", data.read_bytes())
    assert len(found.rows) == 120
    assert {row.readers for row in found.rows} == {"user", "admin"}
    assert keys(read("b.jsonl", b'{"question": "x\n[]\n')) == [
        (1, "faq.file.no_object"), (2, "faq.file.no_object"),
    ]  # fmt: skip


def test_markdown_by_headings_and_by_marks() -> None:
    text = (
        "# 登录\n\n## 1. 忘记密码怎么办\n点忘记密码。\n\n等短信。\n\n"
        "问：如何打印？\n答：点打印。\n再点确定。\n"
    )
    rows = read("a.md", text.encode()).rows
    assert [(row.question, row.category) for row in rows] == [
        ("忘记密码怎么办", "登录"), ("如何打印？", "登录"),
    ]  # fmt: skip
    assert rows[0].answer == "点忘记密码。\n\n等短信。"
    assert rows[1].answer == "点打印。\n再点确定。"


def test_a_document_by_headings_also_of_a_chinese_word_and_by_tables() -> None:
    chinese = '<w:style w:styleId="2"><w:name w:val="heading 2"/></w:style>'
    cell = "<w:tc>{}</w:tc>"
    table = "<w:tbl>" + "".join(
        "<w:tr>" + "".join(cell.format(paragraph(words)) for words in row) + "</w:tr>"
        for row in (("问题", "答案"), ("如何导出", "点导出"))
    ) + "</w:tbl>"  # fmt: skip
    body = paragraph("如何打印", "2") + paragraph("点打印") + table
    rows = read("a.docx", docx(body, chinese)).rows
    assert [(row.question, row.answer) for row in rows] == [
        ("如何打印", "点打印"), ("如何导出", "点导出"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", b"", "faq.file.empty"),
        ("a.csv", b"x" * 6_000_000, "faq.file.large"),
        ("a.pdf", b"%PDF-1.7", "faq.file.kind"),
        ("a.csv", b"\x00\x01\x02", "faq.file.unreadable"),
        ("a.xls", b"\xd0\xcf\x11\xe0old", "faq.file.old"),
        ("a.xlsx", b"PK\x03\x04broken", "faq.file.unsafe"),
        ("a.docx", xlsx(("问题", "答案")), "faq.file.not_workbook"),
        ("a.md", "只有一段话".encode(), "faq.file.nothing"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, content: bytes, key: str) -> None:
    assert keys(read(name, content)) == [(0, key)]


def test_a_bomb_is_not_opened() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"0" * 60_000_000)
    assert keys(read("a.docx", packed.getvalue())) == [(0, "faq.file.unsafe")]
    evil = io.BytesIO()
    with zipfile.ZipFile(evil, "w") as parts:
        parts.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert keys(read("a.docx", evil.getvalue())) == [(0, "faq.file.unsafe")]


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", "md", "tsv"]))
def test_any_bytes_have_an_outcome(content: bytes, ending: str) -> None:
    found = read(f"a.{ending}", content)
    assert found.rows or found.refused


@pytest.mark.parametrize("kind", ["csv", "jsonl", "md", "docx", "xlsx"])
def test_what_is_written_can_be_read_again(kind: str) -> None:
    rows = [FaqRow(1, "如何打印", "点打印。\n再点确定。", ("怎么打",), "admin", "单据", "3.2")]
    again = read(f"a.{kind}", written(kind, HEAD, rows)).rows[0]
    assert (again.question, again.answer) == (rows[0].question, rows[0].answer)
    if kind != "md":
        assert (again.variants, again.readers, again.version) == (("怎么打",), "admin", "3.2")


@pytest.mark.parametrize("sign", "=+-@＝")
def test_nothing_that_people_wrote_becomes_a_formula(sign: str) -> None:
    rows = [FaqRow(1, f"{sign}cmd|' /C calc'!A0", "答")]
    book = load_workbook(io.BytesIO(written("xlsx", HEAD, rows)))
    assert book.active["A2"].data_type == "s"  # type: ignore[index]
    assert str(book.active["A2"].value).startswith("'")  # type: ignore[index]
    assert b"\n'" in written("csv", HEAD, rows).replace(b'"', b"")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("words", ["- 第一步\n- 第二步", "=SUM(A1:A9)", "＝求和", "+86", "'=1+1"])
def test_what_looks_like_a_formula_comes_back_as_it_was(kind: str, words: str) -> None:
    rows = [FaqRow(1, f"{words} 是什么", words)]
    (again,) = read(f"a.{kind}", written(kind, HEAD, rows)).rows
    assert (again.question, again.answer) == (f"{words} 是什么", words)


def test_a_line_of_brackets_is_one_mistake() -> None:
    assert keys(read("a.jsonl", b"[" * 200_000)) == [(1, "faq.file.no_object")]


def test_a_heading_of_spaces_is_read_quickly() -> None:
    found = read("a.md", b"# a" + b" " * 50_000 + b"b\nanswer\n")
    assert len(found.rows) + len(found.refused) == 1
