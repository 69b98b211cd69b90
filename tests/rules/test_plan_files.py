"""A plan file is read whole or every mistake in it is named; a hostile one does no harm."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.language.plan_columns import columns, letters
from bot.plan_files import PlanFile, PlanRow, Problem, read, read_text
from bot.sealed import MB

HEAD = ["里程碑", "日期", "负责人", "前置任务", "客户可见"]
BODY = [
    ["项目启动", "2026-11-02", "李雷", "", "是"],
    ["用户培训", "12月1日", "韩梅梅", "项目启动", ""],
    ["正式上线", "2026-12-25", "", "项目启动、用户培训", "是"],
]
GRID = [HEAD, *BODY]
PLAN = (
    PlanRow(2, "项目启动", "2026-11-02", "李雷", "", "是"),
    PlanRow(3, "用户培训", "12月1日", "韩梅梅", "项目启动", ""),
    PlanRow(4, "正式上线", "2026-12-25", "", "项目启动、用户培训", "是"),
)
Parts = Mapping[str, bytes]


def written(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"


def csv_plan(text: str) -> PlanFile:
    return read("plan.csv", text.encode())


def keys(plan: PlanFile) -> list[tuple[int, str]]:
    return [(problem.line, problem.key.removeprefix("plan.file.")) for problem in plan.problems]


def workbook(*sheets: Sequence[Sequence[object]]) -> bytes:
    """A real workbook, each sheet with its rows."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    into = io.BytesIO()
    book.save(into)
    book.close()
    return into.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(parts: Parts) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def with_sheet(change: Callable[[bytes], bytes], rows: Sequence[Sequence[object]] = GRID) -> bytes:
    """A workbook whose first sheet's XML was changed by hand."""
    parts = parts_of(workbook(rows))
    name = "xl/worksheets/sheet1.xml"
    return packed(parts | {name: change(parts[name])})


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，", "｜"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_and_delimiter_gives_the_same_plan(encoding: str, delimiter: str) -> None:
    content = written(GRID, delimiter).encode(encoding)
    for name in ("plan.csv", "PLAN.TSV", "计划.txt"):
        assert read(name, content) == PlanFile(PLAN, ())


def test_big_endian_text_of_excel() -> None:
    content = b"\xfe\xff" + written(GRID, "\t").encode("utf-16-be")
    assert read("plan.txt", content) == PlanFile(PLAN, ())


def test_a_head_in_any_of_its_words_below_a_title_with_other_columns_between() -> None:
    plan = csv_plan(
        "华鼎ERP 实施计划,,,,\n\n编号,任務名稱,開始日期,Due_Date（必填）,責任人*\n"
        "1,启动,10月1日,11月2日,李雷\n"
    )
    assert plan == PlanFile((PlanRow(4, "启动", "11月2日", "李雷"),), ())
    english = csv_plan("ID;Task Name;Finish;Predecessors\n1;Kick-off;2026-11-02;\n")
    assert english.rows == (PlanRow(2, "Kick-off", "2026-11-02"),)


def test_of_two_columns_the_better_word_is_taken() -> None:
    assert columns(["阶段", "任务", "完成日期", "计划完成"]) == {"name": 1, "date": 3}
    assert columns(["备注", "状态", "x" * 1_000]) == {}


def test_cells_in_quotes_keep_delimiters_and_line_breaks_and_a_row_stays_one() -> None:
    plan = csv_plan('名称,日期,依赖\n"上线，\n含演练",11月2日,"M1\nM2"\n\n验收,12月1日,\n')
    assert plan.rows == (
        PlanRow(2, "上线， 含演练", "11月2日", after="M1; M2"),
        PlanRow(4, "验收", "12月1日"),
    )


@pytest.mark.parametrize(
    ("head", "found", "need"),
    [
        ("任务,时长,负责人", "任务 / 时长 / 负责人", "日期"),
        ("编号,日期", "编号 / 日期", "里程碑"),
        ("甲,乙", "甲 / 乙", "里程碑 / 日期"),
        ("what,when", "what / when", "milestone / date"),
    ],
)
def test_a_missing_column_is_named_with_what_is_there(head: str, found: str, need: str) -> None:
    plan = csv_plan(f"\n{head}\n1,2,3\n")
    assert plan == PlanFile((), (Problem(2, "plan.file.columns", {"found": found, "need": need}),))


def test_rows_without_name_or_date_are_named_and_empty_ones_are_not() -> None:
    plan = csv_plan(
        "名称,日期,负责人,备注\n启动,,李雷,\n,11月2日,,\n , ,,合计\n,,李雷,\n验收,12月1日,,\n"
    )
    assert keys(plan) == [(2, "no_date"), (3, "no_name"), (5, "no_name"), (5, "no_date")]
    assert plan.problems[0].values == {"name": "启动"}
    assert plan.rows == (PlanRow(6, "验收", "12月1日"),)


def test_the_same_name_twice_names_both_lines() -> None:
    plan = csv_plan("名称,日期\n上线 ERP,11月2日\n验收,12月1日\n上线　ｅｒｐ,12月2日\n")
    assert plan.problems == (Problem(4, "plan.file.twice", {"name": "上线 ｅｒｐ", "first": 2}),)
    assert [row.line for row in plan.rows] == [2, 3]


def test_a_formula_in_a_used_column_is_named_by_its_cell() -> None:
    plan = csv_plan("备注,名称,日期,负责人\n=1+1,启动,11月2日,@李雷\n-,验收, =B2+7,+86\n")
    assert plan.problems == (Problem(3, "plan.file.formula", {"cell": "C3"}),)
    assert plan.rows == (PlanRow(2, "启动", "11月2日", "@李雷"),)
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_three_hundred_rows_are_a_plan_and_one_more_is_not() -> None:
    body = [f"里程碑{n},2026-12-25" for n in range(301)]
    assert csv_plan("\n".join(["名称,日期", *body[:300]])).problems == ()
    plan = csv_plan("\n".join(["名称,日期", "", *body]))
    assert plan.problems == (Problem(303, "plan.file.rows", {"most": 300}),)
    assert len(plan.rows) == 300


def test_long_names_long_cells_and_wide_tables_are_named() -> None:
    plan = csv_plan(
        f"名称,日期,备注\n{'长' * 60},1日,{'x' * 9_999}\n{'长' * 61},1日\n甲,{'1' * 501}\n"
    )
    assert plan.problems == (
        Problem(3, "plan.file.name_long", {"most": 60, "have": 61}),
        Problem(4, "plan.file.cell", {"cell": "B4", "most": 500, "have": 501}),
    )
    assert [row.line for row in plan.rows] == [2]
    wide = csv_plan(f"名称,日期\n甲,1日{',' * 198}\n乙,1日{',' * 199}x\n丙,1日{',' * 199}x\n")
    assert wide.problems == (Problem(3, "plan.file.wide", {"most": 200}),)


@pytest.mark.parametrize("cell", ['"启动', '"启动"x', "x" * 140_000])
def test_a_row_that_cannot_be_parted_is_named_and_those_before_it_are_read(cell: str) -> None:
    plan = csv_plan(f"名称,日期\n甲,1日\n{cell},2日\n乙,3日\n")
    assert keys(plan) == [(3, "quotes")]
    assert plan.rows == (PlanRow(2, "甲", "1日"),)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("plan.csv", b"", "empty"),
        ("plan.xlsx", b" \n", "empty"),
        ("plan.csv", b"\n,,\n|,\t\n", "empty"),
        ("plan.csv", "名称,日期\n,,\n".encode(), "no_rows"),
        ("plan.csv", b"\xff\x00\x81", "encoding"),
        ("plan.csv", b"\xff\xfea", "encoding"),
        ("plan.csv", b"name\0,date", "encoding"),
        ("plan.txt", b"x" * (MB + 1), "large"),
        ("plan.xlsx", b"x" * (5 * MB + 1), "large"),
        ("plan.pdf", b"%PDF-1.7", "kind"),
        ("plan", b"name,date", "kind"),
        ("plan.xlsx", b"name,date\n", "not_workbook"),
        ("plan.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old"),
        ("plan.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked"),
        ("plan.xlsm", b"PK\x03\x04", "macros"),
        ("plan.xlsx", b"PK\x03\x04", "unsafe"),
    ],
)
def test_a_file_that_is_no_plan_is_one_problem(name: str, content: bytes, key: str) -> None:
    assert keys(read(name, content)) == [(0, key)]


# --- pasted --------------------------------------------------------------------------------------


def test_what_is_copied_from_excel_is_a_plan() -> None:
    assert read_text(written(GRID, "\t")) == PlanFile(PLAN, ())


def test_without_a_head_the_columns_are_name_date_and_owner() -> None:
    text = "项目启动, 2026-11-02, 李雷\n正式上线, 2026-12-25"
    assert read_text(text) == PlanFile(
        (PlanRow(1, "项目启动", "2026-11-02", "李雷"), PlanRow(2, "正式上线", "2026-12-25")), ()
    )
    assert keys(read("plan.csv", text.encode())) == [(1, "columns")]
    full_width = read_text("项目启动，11月2日，李雷\n正式上线，12月25日，韩梅梅")
    assert [row.owner for row in full_width.rows] == ["李雷", "韩梅梅"]


def test_a_table_of_markdown_is_a_plan_with_and_without_a_head() -> None:
    table = "| 里程碑 | 日期 |\n| --- | :-: |\n| 启动 | 11月2日 |\n"
    assert read_text(table).rows == (PlanRow(3, "启动", "11月2日"),)
    assert read_text("| 启动 | 11月2日 | 李雷 |").rows == (PlanRow(1, "启动", "11月2日", "李雷"),)


def test_a_comma_in_a_name_is_not_a_delimiter_where_there_are_tabs() -> None:
    assert read_text("启动，含采购\t11月2日\n上线, 试运行\t12月25日").rows == (
        PlanRow(1, "启动，含采购", "11月2日"),
        PlanRow(2, "上线, 试运行", "12月25日"),
    )


@pytest.mark.parametrize("text", ["大家好", "里程碑\t负责人\n启动\t李雷", "x" * 50])
def test_what_is_no_table_lacks_columns(text: str) -> None:
    assert keys(read_text(text)) == [(1, "columns")]


def test_pasted_text_is_bounded_and_half_letters_are_gone() -> None:
    assert keys(read_text("x" * (MB + 1))) == [(0, "large")]
    assert keys(read_text(" \n")) == [(0, "empty")]
    assert read_text("启\ud800动,11月2日").rows == (PlanRow(1, "启?动", "11月2日"),)


# --- workbooks -----------------------------------------------------------------------------------


def test_a_workbook_gives_the_same_plan() -> None:
    assert read("计划.xlsx", workbook(GRID)) == PlanFile(PLAN, ())


def test_dates_numbers_and_truths_of_excel_are_written_out() -> None:
    rows: list[list[object]] = [
        ["名称", "日期", "前置", "客户可见"],
        ["启动", datetime.fromisoformat("2026-11-02T09:30"), 1, True],
        ["培训", date(2026, 12, 1), 2.0, False],
        [3, clock_time(12, 30), 2.5, None],
        ["上线", 46_381],
    ]
    assert read("plan.xlsx", workbook(rows)).rows == (
        PlanRow(2, "启动", "2026-11-02", after="1", customer="TRUE"),
        PlanRow(3, "培训", "2026-12-01", after="2", customer="FALSE"),
        PlanRow(4, "3", "12:30:00", after="2.5"),
        PlanRow(5, "上线", "46381"),
    )


def test_a_date_in_a_chinese_format_that_excel_keeps_no_code_for() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["名称", "日期"], ["上线", 46_381]):
        sheet.append(row)
    sheet["B2"].number_format = "yyyy-mm-dd;@"
    parts = parts_of(saved(book))
    styles = parts["xl/styles.xml"].replace(b'numFmtId="164" fontId', b'numFmtId="31" fontId')
    assert styles != parts["xl/styles.xml"]
    plan = read("plan.xlsx", packed(parts | {"xl/styles.xml": styles}))
    assert plan.rows == (PlanRow(2, "上线", "2026-12-25"),)


def test_the_first_visible_sheet_with_the_head_is_read_and_its_rows_are_those_seen() -> None:
    book = Workbook()
    book.worksheets[0].append(["说明"])
    for title, state, rows in (
        ("旧", "hidden", [["名称", "日期"], ["旧", "1日"]]),
        ("新", "visible", [["实施计划"], [], ["名称", "日期"], [], ["新", "2日"]]),
        ("三", "visible", [["名称", "日期"], ["三", "3日"]]),
    ):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    assert read("plan.xlsx", saved(book)) == PlanFile((PlanRow(5, "新", "2日"),), ())


def test_a_workbook_without_the_columns_says_what_its_first_filled_sheet_has() -> None:
    plan = read("plan.xlsx", workbook([], [["甲", "乙"]], [["丙"]]))
    values = {"found": "甲 / 乙", "need": "里程碑 / 日期"}
    assert plan == PlanFile((), (Problem(1, "plan.file.columns", values),))
    assert keys(read("plan.xlsx", workbook([]))) == [(0, "empty")]


def test_a_formula_of_excel_is_named_by_its_cell_and_one_beside_the_plan_is_not() -> None:
    rows = [["名称", "日期", "剩余"], ["启动", "1日", "=1+1"], ["上线", "=B2+7", ""]]
    plan = read("plan.xlsx", workbook(rows))
    assert plan.problems == (Problem(3, "plan.file.formula", {"cell": "B3"}),)
    assert plan.rows == (PlanRow(2, "启动", "1日"),)


def test_a_sheet_that_lies_about_its_size_is_read_whole() -> None:
    content = with_sheet(lambda xml: xml.replace(b'ref="A1:E4"', b'ref="A1:A1"'))
    assert read("plan.xlsx", content) == PlanFile(PLAN, ())


def test_a_docx_in_disguise_is_no_workbook() -> None:
    docx = packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    assert keys(read("plan.xlsx", docx)) == [(0, "not_workbook")]
    assert keys(read("plan.docx", docx)) == [(0, "not_workbook")]


def test_a_bomb_is_refused_at_once_and_unpacks_nothing() -> None:
    into = io.BytesIO()
    with (
        zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w") as part,
    ):
        for _ in range(200):
            part.write(bytes(MB))
    bomb = into.getvalue()
    tracemalloc.start()
    began = time.perf_counter()
    plan = read("plan.xlsx", bomb)
    took, (_, most) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert keys(plan) == [(0, "unsafe")]
    assert took < 1
    assert most < 4 * MB


def _smaller(content: bytes) -> bytes:
    """The same with a first part that says, twice, that it is 10 bytes long."""
    sizes = (content.index(b"PK\x03\x04") + 22, content.index(b"PK\x01\x02") + 24)
    for place in sizes:
        content = content[:place] + (10).to_bytes(4, "little") + content[place + 4 :]
    return content


def _encrypted(content: bytes) -> bytes:
    place = content.index(b"PK\x01\x02") + 8
    return content[:place] + b"\x01" + content[place + 1 :]


def _packed_otherwise(parts: Parts, how: int) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda parts: packed(parts | {"../evil": b""}), "unsafe"),
        (lambda parts: packed(parts | {"xl/../../evil": b""}), "unsafe"),
        (lambda parts: packed(parts | {"/etc/evil": b""}), "unsafe"),
        (lambda parts: packed(parts | {"C:\\evil": b""}), "unsafe"),
        (lambda parts: packed(parts | {f"xl/{n}": b"" for n in range(1_000)}), "unsafe"),
        (lambda parts: packed(parts | {"xl/zeros": bytes(MB)}), "unsafe"),
        (lambda parts: _packed_otherwise(parts | {"x": bytes(MB)}, zipfile.ZIP_LZMA), "unsafe"),
        (lambda parts: _packed_otherwise(parts, zipfile.ZIP_BZIP2), "unsafe"),
        (lambda parts: _smaller(packed(parts)), "unsafe"),
        (lambda parts: packed(parts)[:-40], "unsafe"),
        (lambda parts: packed(parts)[:400] + b"\0\0\0" + packed(parts)[403:], "unsafe"),
        (lambda parts: _encrypted(packed(parts)), "locked"),
        (lambda parts: packed(parts | {"xl/vbaProject.bin": b"x"}), "macros"),
        (lambda parts: packed(parts | {"xl/macrosheets/sheet1.xml": b"x"}), "macros"),
        (lambda parts: packed(parts | {"xl/workbook.xml": b"<workbook"}), "unreadable"),
        (lambda parts: packed(parts | {"[Content_Types].xml": b"<Types/>"}), "unreadable"),
    ],
)
def test_a_spoilt_workbook_is_one_problem(spoil: Callable[[Parts], bytes], key: str) -> None:
    assert keys(read("plan.xlsx", spoil(parts_of(workbook(GRID))))) == [(0, key)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", [0, 65_530, 131_071])
def test_entities_are_refused_wherever_they_stand(encoding: str, before: int) -> None:
    declared = '<!DOCTYPE x [<!ENTITY a "aa">]>'.encode(encoding)
    filler = bytes((n * 7919) % 61 + 60 for n in range(before))
    plan = read("plan.xlsx", with_sheet(lambda xml: filler + declared + xml))
    assert keys(plan) == [(0, "unsafe")]


def test_a_sheet_of_hostile_places_is_read_in_its_bounds() -> None:
    wide = b"".join(b'<row r="%d"><c r="XFD%d" t="str"><v>x</v></c></row>' % (n, n) for n in (1, 2))
    content = with_sheet(lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + wide))
    assert keys(read("plan.xlsx", content))[0] == (1, "wide")
    far = with_sheet(lambda xml: xml.replace(b'<row r="1"', b'<row r="%d"' % 10**18))
    assert keys(read("plan.xlsx", far)) == [(0, "empty")]


def test_a_child_that_runs_out_of_memory_is_one_problem() -> None:
    """Millions of cells in one row; the remarks between them keep the ratio below a bomb's."""
    dice = random.Random(1)
    row = b"".join(b"<c a=''/>" * 50 + b"<!--%x-->" % dice.getrandbits(64) for _ in range(36_000))
    content = with_sheet(lambda xml: xml.replace(b"<sheetData>", b"<sheetData><row>" + row))
    assert keys(read("plan.xlsx", content)) == [(0, "unreadable")]


def test_a_child_that_is_killed_is_one_problem() -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read, "plan.xlsx", workbook(GRID))
        killed = False
        while not killed and not reading.done():
            for child in psutil.Process().children():
                if "bot.plan_files" in child.cmdline():
                    child.kill()
                    killed = True
        assert killed
        assert keys(reading.result()) == [(0, "unreadable")]


def test_a_module_in_the_present_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openpyxl.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    assert read("plan.xlsx", workbook(GRID)) == PlanFile(PLAN, ())


def test_the_reading_of_workbooks_costs_nothing_until_there_is_one() -> None:
    code = "import sys, bot.plan_files; print('openpyxl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


# --- anything ------------------------------------------------------------------------------------


@given(name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.xlsx", "a"]), content=st.binary())
def test_any_bytes_are_read_without_an_error(name: str, content: bytes) -> None:
    plan = read(name, content)
    assert plan.rows or plan.problems


@given(
    content=st.binary(), start=st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe"])
)
def test_any_bytes_behind_a_known_beginning_are_a_problem(content: bytes, start: bytes) -> None:
    assert read("a.xlsx", start + content).problems


@given(text=st.text(alphabet='名称日期|,;\t\n\r"=｜，-: a1\0\x85\u2028\ud800'))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for plan in (read_text(text), read_text("名称,日期\n" + text)):
        assert plan.rows or plan.problems
        assert all(row.name and row.date for row in plan.rows)
