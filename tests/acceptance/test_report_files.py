"""`golive report …` in a process of its own, on a database that a project stands in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from docx import Document
from pypdf import PdfReader

from tests.acceptance.server import raw_command
from tests.chat import Chat


def golive(url: str, *words: str, **more: str) -> CompletedProcess[bytes]:
    settings = {"DATABASE_URL": url, "LANG": "zh_CN.UTF-8", **more}
    return raw_command(Path.cwd(), "report", *words, settings=settings)


@pytest.fixture
async def url(chat: Chat, sqlite_url: str) -> str:
    await chat.given_project(extra="上线 12月25日 模板 四周")
    await chat.says("pm", "风险 客户的接口文档还没给 @李雷", mentions=("li",))
    await chat.at("17:01", "2026-11-27")
    return sqlite_url


async def test_a_week_as_word_pdf_and_excel(url: str, tmp_path: Path) -> None:
    week = ("weekly", "--project", "华鼎ERP", "--week", "2026-11-25")
    for kind in ("docx", "pdf", "xlsx"):
        out = tmp_path / f"week.{kind}"
        done = golive(url, *week, "--format", kind, "--out", str(out))
        assert done.returncode == 0, done.stderr.decode()
    words = "\n".join(p.text for p in Document(str(tmp_path / "week.docx")).paragraphs)
    assert "客户的接口文档还没给" in words
    pages = "".join(page.extract_text() for page in PdfReader(tmp_path / "week.pdf").pages)
    assert "客户的接口文档还没给" in pages
    customer = golive(url, *week, "--face", "customer", "--format", "docx")
    told = "\n".join(p.text for p in Document(io.BytesIO(customer.stdout)).paragraphs)
    assert "客户的接口文档还没给" not in told
    assert "R1" not in told


async def test_the_archive_and_somebodys_record(url: str) -> None:
    packed = golive(url, "archive", "--project", "华鼎ERP")
    with zipfile.ZipFile(io.BytesIO(packed.stdout)) as archive:
        assert "projects.json" in archive.namelist()
    record = golive(url, "growth", "--project", "华鼎ERP", "--person", "李雷", "--format", "docx")
    assert record.stdout.startswith(b"PK")


async def test_the_template_can_be_restyled_and_a_broken_one_is_named(
    url: str, tmp_path: Path
) -> None:
    out = tmp_path / "report.docx"
    assert golive(url, "template", "--out", str(out)).returncode == 0
    document = Document(str(out))
    document.paragraphs[0].insert_paragraph_before("某某公司 · 保密")
    document.save(str(out))
    week = ("weekly", "--project", "华鼎ERP", "--week", "2026-11-25")
    done = golive(url, *week, TEMPLATE_DIR=str(tmp_path))
    words = "\n".join(p.text for p in Document(io.BytesIO(done.stdout)).paragraphs)
    assert "某某公司 · 保密" in words
    assert "客户的接口文档还没给" in words
    out.write_bytes(b"no docx at all")
    broken = golive(url, *week, TEMPLATE_DIR=str(tmp_path))
    assert broken.returncode == 2
    assert "report.docx" in broken.stderr.decode()
    assert "Traceback" not in broken.stderr.decode()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("weekly", "--project", "没有"), "no project is called"),
        (("weekly", "--project", "华鼎ERP", "--format", "odt"), "--format is one of"),
        (("weekly", "--project", "华鼎ERP", "--face", "all"), "--face is one of"),
        (("weekly", "--project", "华鼎ERP", "--week", "2099-01-01"), "has not begun"),
        (("growth", "--project", "华鼎ERP", "--person", "王五"), "nobody of the team"),
    ],
)
async def test_what_is_wrong_is_one_sentence(url: str, words: tuple[str, ...], told: str) -> None:
    done = golive(url, *words)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 1
