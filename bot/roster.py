"""`golive roster import FILE --project NAME`: people from a table, where a platform lists nobody.

A CSV file with a head line; the columns are `account` (the platform's id: DingTalk's staff id,
Feishu's open id), `name` and `role`, in English or Chinese. Everything is read before anything is
written.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from bot.core.clock import SystemClock
from bot.core.errors import SetupError
from bot.core.events import Someone
from bot.domain.people import Role, role_on_import
from bot.language.roles import ROLES, role_of
from storage.unit_of_work import Database

LARGEST, MOST = 1024 * 1024, 2_000
_COLUMNS = {
    "account": "account", "账号": "account", "userid": "account", "工号": "account",
    "name": "name", "姓名": "name",
    "role": "role", "角色": "role",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    account: str
    name: str
    role: Role | None


def read(path: Path) -> list[Row]:
    """The file's people; raises `SetupError` with the line that is wrong."""
    if path.stat().st_size > LARGEST:
        msg = f"{path.name} is larger than a list of people is; the most is 1 MB."
        raise SetupError(msg)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        try:
            # What Excel writes on a Chinese Windows.
            text = path.read_text(encoding="gb18030")
        except UnicodeDecodeError:
            msg = f"{path.name} is no text; save it as CSV (UTF-8)."
            raise SetupError(msg) from None
    lines = list(csv.reader(text.splitlines()))
    head = [_COLUMNS.get(cell.strip().lower(), "") for cell in lines[0]] if lines else []
    if "account" not in head:
        msg = f"{path.name}, line 1: name the columns account, name, role (or 账号, 姓名, 角色)."
        raise SetupError(msg)
    if len(lines) > MOST + 1:
        msg = f"{path.name} has {len(lines) - 1} people; the most is {MOST}."
        raise SetupError(msg)
    return [
        _row(path, number, dict(zip(head, cells, strict=False)))
        for number, cells in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]


def _row(path: Path, number: int, cells: dict[str, str]) -> Row:
    account = cells.get("account", "").strip()
    role = cells.get("role", "").strip()
    if not 0 < len(account) <= 120 or not account.isprintable():
        msg = f"{path.name}, line {number}: the account is missing or too long."
        raise SetupError(msg)
    if role and role_of(role) is None:
        known = ", ".join(ROLES)
        msg = f"{path.name}, line {number}: there is no role {role[:20]!r}; use one of {known}."
        raise SetupError(msg)
    return Row(account, " ".join(cells.get("name", "").split())[:200], role_of(role))


async def take_in(url: str, rows: list[Row], project_name: str) -> tuple[int, int]:
    """Make them members of the project; how many are new, and how many kept the role they had.

    A role that somebody has already is not changed here. Raises `SetupError` for a project that
    does not exist or is not alone in its name.
    """
    database = Database(url, SystemClock())
    try:
        async with database.begin() as uow:
            found = [p for p in await uow.projects.all() if p.name == project_name]
            if len(found) != 1:
                many = "more than one project is" if found else "no project is"
                msg = f"{many} called {project_name!r}; see `项目` in its group for the name."
                raise SetupError(msg)
            (project,) = found
            chat = await uow.chats.get(project.chat_id)
            new = kept = 0
            for row in rows:
                person = await uow.people.meet(chat.platform, Someone(row.account, row.name))
                known = await uow.members.find(project.id, person.id)
                role = role_on_import(known, person, row.role)
                kept += bool(known and known.role and row.role and known.role is not row.role)
                new += known is None
                await uow.members.join(project.id, person, uow.now, role)
            uow.audit.note(uow.now, "roster.imported", project_id=project.id, people=len(rows))
            return new, kept
    finally:
        await database.close()
