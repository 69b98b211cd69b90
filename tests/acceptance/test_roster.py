"""`golive roster import`: all of a table or nothing, with the line that is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.core.clock import SystemClock
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.people import Role
from bot.domain.project import Project
from storage.unit_of_work import Database
from tests.acceptance.server import command

NAME = "华鼎ERP"


def given_project(url: str) -> None:
    async def write() -> None:
        database = Database(url, SystemClock())
        async with database.begin() as uow:
            chat = await uow.chats.meet("dingtalk", "cidGROUP1==", ChatKind.GROUP)
            await uow.projects.add(Project(new_id(), NAME, chat.id, created_at=uow.now))
        await database.close()

    asyncio.run(write())


def members(url: str) -> dict[str, tuple[str, Role | None]]:
    async def look() -> dict[str, tuple[str, Role | None]]:
        database = Database(url, SystemClock())
        async with database.read() as uow:
            (project,) = await uow.projects.all()
            found = await uow.members.of(project.id)
        await database.close()
        return {m.person.account: (m.person.name, m.role) for m in found}

    return asyncio.run(look())


def run(folder: Path, url: str, text: bytes, project: str = NAME) -> tuple[int, str]:
    (folder / "people.csv").write_bytes(text)
    words = ("roster", "import", "people.csv", "--project", project)
    settings = {"DATABASE_URL": url, "DINGTALK_CLIENT_ID": "d", "DINGTALK_CLIENT_SECRET": "s"}
    done = command(folder, *words, settings=settings)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_of_people(tmp_path: Path, sqlite_url: str, encoding: str) -> None:
    given_project(sqlite_url)
    table = "账号,姓名,角色\nli,李雷,工程师\nwang,王主任,客户管理员\n,,\nhan,韩梅梅,\n"
    code, said = run(tmp_path, sqlite_url, table.encode(encoding))
    assert (code, "3 people read, 3 of them new" in said) == (0, True), said
    found = members(sqlite_url)
    assert found["li"] == ("李雷", Role.ENGINEER)
    assert found["han"] == ("韩梅梅", None)
    code, said = run(tmp_path, sqlite_url, b"account,role\nli,manager\n")
    assert "1 kept the role" in said
    assert members(sqlite_url)["li"] == ("李雷", Role.ENGINEER)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "line 1"),
        ("谁,干嘛\nli,x\n".encode(), "line 1"),
        ("account,role\nli,engineer\nhan,国王\n".encode(), "line 3"),
        (b"account,role\nli,engineer\n,engineer\n", "line 3"),
        (b"\xff\xfe\x00\x80\x81", "no text"),
        (b"account\n" + b"x\n" * 2_100, "the most is 2000"),
        (b"account\n" + b"x" * 1_100_000, "larger"),
    ],
)
def test_a_wrong_table_names_its_line_and_changes_nothing(
    tmp_path: Path, sqlite_url: str, text: bytes, says: str
) -> None:
    given_project(sqlite_url)
    code, said = run(tmp_path, sqlite_url, text)
    assert code == 2
    assert says in said
    assert members(sqlite_url) == {}


def test_an_unknown_project_is_named(tmp_path: Path, sqlite_url: str) -> None:
    given_project(sqlite_url)
    code, said = run(tmp_path, sqlite_url, b"account\nli\n", "别的项目")
    assert code == 2
    assert "no project is called" in said
