"""What is kept for how long, somebody who is forgotten, and a project that moves."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from bot import keeping_commands
from bot.core.clock import FrozenClock
from storage import privacy, project_file
from storage.backup import back_up
from storage.base import metadata
from storage.migrate import migrate
from storage.privacy import purge, rules
from storage.rows_file import FileError
from storage.tables.standups import answers, rounds
from storage.unit_of_work import Database
from tests.chat import PEOPLE, Chat, read


@pytest.fixture
async def lived(chat: Chat) -> Chat:
    """A week in which 李雷 answers, raises a risk, asks, complains and is named by others."""
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "里程碑 M2 负责人 @李雷", mentions=("li",))
    await chat.says("pm", "风险 李雷的接口文档还没给 @李雷", mentions=("li",))
    await chat.says("han", "FAQ 添加 问：怎么重置密码 答：找李雷重置")
    await chat.says("li", "怎么导出库存报表")
    await chat.at("09:31")
    await chat.says("li", "日报 昨天：装好了服务器\n今天：装数据库\n阻碍：服务器还没到货")
    await chat.says("li", "请假 明天")
    await chat.says("li", "建议 库存报表能导出 Excel")
    await chat.says("pm", "周报")
    await chat.at("18:00", "2026-11-27")
    return chat


async def count(database: Database, name: str) -> int:
    async with database.read() as uow:
        table = metadata.tables[name]
        found = await uow.connection.execute(select(func.count()).select_from(table))
        return int(found.scalar_one())


# --- retention ------------------------------------------------------------------------------------


async def test_what_people_wrote_goes_after_its_time_and_the_project_stays(lived: Chat) -> None:
    database, years = lived.database, timedelta(days=1095)
    lived.clock.move_to(lived.clock.now() + years - timedelta(days=30))
    async with database.begin() as uow:
        gone = await purge(uow.connection, uow.now, years)
    assert {"inbox", "outbox", "notices"} <= set(gone)
    assert not {"rounds", "audit"} & set(gone)
    lived.clock.move_to(lived.clock.now() + timedelta(days=31))
    async with database.begin() as uow:
        gone = await purge(uow.connection, uow.now, years)
    assert {"rounds", "audit"} <= set(gone)
    assert await count(database, "rounds") == await count(database, "answers") == 0
    assert await count(database, "milestones") == 6
    assert await count(database, "risks") == 1
    await lived.says("pm", "项目")
    assert "华鼎ERP" in read(lived.last("华鼎ERP"))


async def test_nothing_that_people_wrote_goes_where_it_is_kept_for_ever(lived: Chat) -> None:
    lived.clock.move_to(lived.clock.now() + timedelta(days=9_999))
    async with lived.database.begin() as uow:
        gone = await purge(uow.connection, uow.now, timedelta())
    assert not {"rounds", "audit", "faq_questions"} & set(gone)


def test_every_table_that_grows_has_its_rule_or_lives_as_long_as_its_project() -> None:
    ruled = {rule.table.name for rule in rules(timedelta(days=90))}
    with_project = {
        "answers", "chats", "faq_entries", "faq_vectors", "feedback", "followup_people",
        "followups", "golives", "leaves", "members", "milestones", "people",
        "projects", "reports", "risk_history", "risks", "schedule", "suggestions",
    }  # fmt: skip
    assert ruled | with_project | {"playground_messages"} == set(metadata.tables)
    assert not ruled & with_project


# --- forgetting -----------------------------------------------------------------------------------


async def test_after_forgetting_no_name_and_no_account_is_left(lived: Chat, tmp_path: Path) -> None:
    li = PEOPLE["li"]
    url = lived.database.url.render_as_string(hide_password=False)
    shown = await keeping_commands.run("forget", url, user="李雷", yes=False)
    assert shown[-1].startswith("Nothing is changed yet")
    assert "ou_li" in (await dump(lived.database, tmp_path))
    done = await keeping_commands.run("forget", url, user="李雷", yes=True)
    assert "Backups that were made before" in done[-1]
    assert any("open risks and milestones have no owner" in line for line in done)
    left = await dump(lived.database, tmp_path)
    assert li.name not in left
    assert "ou_li" not in left
    where = {line.split(":")[0] for line in left.splitlines() if "装好了服务器" in line}
    assert where <= {"reports"}, "a report still tells what was done, and not by whom"
    assert "接口文档还没给" in left, "the risk itself stays"
    with pytest.raises(FileError, match="nobody is known"):
        await keeping_commands.run("forget", url, user="李雷", yes=True)
    # The bot goes on, and whoever writes again is somebody new.
    await lived.says("pm", "风险")
    await lived.says("pm", "项目")
    await lived.says("li", "帮助")
    async with lived.database.read() as uow:
        assert len(await privacy.find(uow.connection, "ou_li")) == 1


async def dump(database: Database, folder: Path) -> str:
    """Every row as it lies in the file, after the name of its table."""
    path = make_url(database.url).database
    with sqlite3.connect(str(path)) as connection:
        found = [
            f"{table}: " + " ".join(map(written, row))
            for table in metadata.tables
            for row in connection.execute(f"SELECT * FROM {table}")
        ]
    connection.close()
    return "\n".join(found)


def written(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


async def test_of_two_with_one_name_only_the_account_goes(lived: Chat) -> None:
    async with lived.database.begin() as uow:
        other = await uow.people.meet("fake", PEOPLE["han"].__class__("ou_other", "李雷"))
        found = await privacy.find(uow.connection, "李雷")
        assert len(found) == 2
        (first,) = (one for one in found if one.account == "ou_li")
        done = await privacy.forget(uow.connection, first, uow.now)
    assert done.shared_name
    assert other.name == "李雷"
    async with lived.database.read() as uow:
        assert [one.account for one in await privacy.find(uow.connection, "李雷")] == ["ou_other"]


# --- a project that moves -------------------------------------------------------------------------


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    url = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    migrate(url)
    return url


@pytest.mark.parametrize("new_url", ["sqlite", "postgres"], indirect=True)
async def test_a_project_moves_beside_others_with_all_that_hangs_on_it(
    lived: Chat, new_url: str, tmp_path: Path, clock: FrozenClock
) -> None:
    file = tmp_path / "project.json.gz"
    done = await project_file.write(lived.database, "华鼎ERP", file)
    assert done.rows > 40
    there = Database(new_url, clock)
    other = Chat(there, clock)
    await other.dispatcher.start()
    try:
        await other.given_project("别的项目", "oc_other")
        name, added = await project_file.take_in(there, file)
        assert name == "华鼎ERP"
        assert done.rows - 7 <= added.rows <= done.rows, "people who are known are not added"
        with pytest.raises(FileError, match="already"):
            await project_file.take_in(there, file)
        for name in ("milestones", "risks", "answers", "rounds", "suggestions"):
            assert await count(there, name) >= await count(lived.database, name)
        await other.says("pm", "项目")
        assert "华鼎ERP" in read(other.last("华鼎ERP"))
        await other.says("li", "风险 R1 我来跟")
        assert "李雷" in read(other.last("R1"))
        await other.says("user", "怎么重置密码")
        assert "找李雷重置" in read(other.last("找李雷重置"))
    finally:
        await other.dispatcher.stop()
        await there.close()


async def test_what_is_no_project_of_ours_is_refused(lived: Chat, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no projects are called"):
        await project_file.write(lived.database, "没有", tmp_path / "x")
    whole = tmp_path / "whole"
    await back_up(lived.database, whole)
    with pytest.raises(FileError, match="golive restore"):
        await project_file.take_in(lived.database, whole)
    assert not (tmp_path / "x").exists()


def test_the_answers_go_with_their_rounds() -> None:
    (key,) = (k for column in answers.columns for k in column.foreign_keys if k.references(rounds))
    assert key.ondelete == "CASCADE"
