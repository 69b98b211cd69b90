"""Two projects with everything in them, whose every word tells whose it is.

Of each project's words `open` may be read by its customers, `secret` by its team alone, and
`for_admins` by administrators besides. Customers read along in the rooms of both. One event is
tried at a time, in a transaction that is thrown away.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.event import listen

from bot.context import Context, Reply
from bot.core.actions import Action
from bot.core.errors import Refusal
from bot.core.events import (
    BotAdded,
    ChatKind,
    Event,
    FormValue,
    MembersJoined,
    MembersLeft,
    Message,
    Press,
    Someone,
)
from bot.core.ids import new_id
from bot.domain.followup import FollowUp
from bot.domain.project import RoundKind
from bot.domain.risk import RiskState
from bot.routing import Routing
from cards.elements import pack
from handlers import ROUTER
from storage.base import metadata
from storage.tables.living import Living
from storage.tables.outbox import outbox
from storage.tables.people import members
from storage.unit_of_work import UnitOfWork
from tests.chat import Chat

# Who is in a project, as what; from outside the organisation or not.
CAST: Mapping[str, tuple[str, bool]] = {
    "manager": ("项目经理", False),
    "supervisor": ("主管", False),
    "engineer": ("工程师", False),  # to whom what has an owner belongs
    "other": ("工程师", False),
    "admin": ("客户管理员", True),
    "user": ("客户用户", True),
    "newcomer": ("", False),
    "guest": ("", True),
    "gone": ("项目经理", False),
}
# What is written when nobody acts: who met whom, what is owed, what is noted.
QUIET = frozenset(
    {"people", "members", "chats", "audit", "inbox", "troubles", "outbox", "living", "schedule"}
)

_WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")


@dataclass
class Side:
    """One project: its words, its room, the ids of what is in it by the names that actions use."""

    mark: str
    names: str
    room: str
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> str:
        return f"{self.mark}明"

    @property
    def secret(self) -> str:
        return f"{self.mark}密"

    @property
    def for_admins(self) -> str:
        return f"{self.mark}管"

    def someone(self, who: str) -> Someone:
        return Someone(f"ou_{self.room}_{who}", f"{self.names}{who}", CAST[who][1])


@dataclass(frozen=True)
class Told:
    """What one event led to: refused with which sentence, changed which tables, said to whom;
    whether any row of the other project's is not as it was."""

    refused: str
    changed: frozenset[str]
    said: Mapping[str, str]
    theirs: bool = False

    def to(self, *accounts: str) -> str:
        return "\n".join(self.said.get(account, "") for account in accounts)


class _Enough(Exception):  # noqa: N818
    """The trial is over and nothing of it shall stay."""


class World:
    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.ours, self.theirs = Side("玄武", "东边", "oc_ours"), Side("朱雀", "西边", "oc_theirs")
        self.routing = Routing(ROUTER, chat.shelf)
        self.watch_theirs = False
        self._theirs: set[str] | None = None
        self._written: set[str] = set()
        self._listen()
        self._numbers = itertools.count(1)

    async def build(self) -> World:
        sides = (self.ours, self.theirs)
        for side in sides:
            await self._begin(side)
        await self.chat.at("09:00", day="2026-11-25")
        for side in sides:
            await self._fill(side)
        return self

    # --- trying ----------------------------------------------------------------------------------

    def message(
        self,
        who: Someone,
        text: str,
        room: str = "",
        mentions: Sequence[Someone] = (),
        **more: Any,
    ) -> Message:
        """Said in a room, or in private where there is none."""
        kind = ChatKind.GROUP if room else ChatKind.PRIVATE
        n = next(self._numbers)
        return Message(
            "fake", (f"w{n}",), self.chat.clock.now(), room or f"p2p_{who.id}", kind, f"wm{n}",
            who, text, tuple(mentions), addressed=True, **more,
        )  # fmt: skip

    def press(
        self, who: Someone, action: Action | None, room: str = "", card: str = "", **fields: Any
    ) -> Press:
        """Pressed in a room or in private, on a card of ours unless another is named."""
        n = next(self._numbers)
        given: dict[str, FormValue] = fields
        place = room or f"p2p_{who.id}"
        return Press(
            "fake", (f"w{n}",), self.chat.clock.now(), place, card or f"card_{place}", who,
            action, given,
        )  # fmt: skip

    async def tried(self, event: Event) -> Told:
        """What an event would lead to; nothing of it stays."""
        try:
            return await self._once(event, lambda uow: self.routing.handle(event, uow))
        except Refusal as no:
            refused = no
        told = await self._once(event, lambda uow: self.routing.refuse(event, refused, uow))
        return replace(told, refused=refused.key)

    async def _once(self, event: Event, do: Callable[[UnitOfWork], Awaitable[Reply]]) -> Told:
        try:
            async with self.chat.database.begin() as uow:
                self._written.clear()
                roles = await _roles(uow)
                if self.watch_theirs and self._theirs is None:
                    self._theirs = await self._rows_of_theirs(uow)
                reply = await do(uow)
                await uow.flush()
                changed = self._written - QUIET
                if await _roles(uow) != roles:
                    changed |= {"roles"}
                watched = self._theirs is not None and bool(changed)
                theirs = watched and await self._rows_of_theirs(uow) != self._theirs
                said = await self._said(event, reply, uow)
                raise _Enough
        except _Enough:
            return Told("", frozenset(changed), said, theirs)

    async def _rows_of_theirs(self, uow: UnitOfWork) -> set[str]:
        """Every row of the other project and of what belongs to it."""
        ids = {one for one in self.theirs.ids.values() if isinstance(one, str) and len(one) == 32}
        found: set[str] = set()
        for table in metadata.sorted_tables:
            if table.name in QUIET:
                continue
            keys = [column.name for column in table.columns if column.name.endswith("id")]
            for row in (await uow.connection.execute(select(table))).mappings():
                if ids & {row[key] for key in keys}:
                    found.add(f"{table.name} {dict(row)}")
        return found

    def _listen(self) -> None:
        """Note every table of which a row is written."""

        def heard(_c: Any, cursor: Any, statement: str, *_: object) -> None:
            found = _WRITES.match(statement)
            if found and cursor.rowcount:
                self._written.add(found[1])

        listen(self.chat.database.engine.sync_engine, "after_cursor_execute", heard)

    async def _said(self, event: Event, reply: Reply, uow: UnitOfWork) -> dict[str, str]:
        """By account of chat or person: every word of every card, drawing and file."""
        said: dict[str, list[str]] = {}
        if isinstance(event, Message | Press):
            if reply.toast:
                said.setdefault(event.sender.id, []).append(reply.toast.text)
            if reply.face:
                said.setdefault(_reader(event.chat), []).append(_words(reply.face))
        ctx = Context(uow, self.chat.shelf)
        rows = await uow.connection.execute(select(outbox).where(outbox.c.state == "pending"))
        for row in rows.all():
            said.setdefault(_reader(row.to), []).append(await _of_row(row, replace(ctx), uow))
        return {account: "\n".join(words) for account, words in said.items()}

    # --- furnishing ------------------------------------------------------------------------------

    async def _begin(self, side: Side) -> None:
        """The room, its people, and their first stand-up."""
        chat, now, room = self.chat, self.chat.clock.now(), side.room
        people = {who: side.someone(who) for who in CAST}
        pm = people["manager"]
        await chat.happens(BotAdded("fake", self._key(), now, room, f"{side.open}群", True, pm))
        await self._says(side, "manager", f"新项目 {side.open}ERP 上线 12月25日 模板 四周")
        everybody = tuple(people.values())
        await chat.happens(MembersJoined("fake", self._key(), now, room, everybody))
        for who, (role, _) in CAST.items():
            if role:
                await self._says(side, "manager", f"角色 @{people[who].name} {role}", who)
            await self._whispers(side, who, "帮助")
        await chat.happens(MembersLeft("fake", self._key(), now, room, (people["gone"],)))
        await self._says(side, "manager", "站会")
        await self._whispers(side, "other", f"昨天：{side.open}装环境\n今天：装环境\n阻碍：无")

    async def _fill(self, side: Side) -> None:
        """A day of everything."""
        li = side.someone("engineer").name
        yes, no = side.open, side.secret
        for who, text, *mentions in (
            ("manager", f"里程碑 添加 {no}割接 12月10日"),
            ("manager", f"里程碑 M7 负责人 @{li}", "engineer"),
            ("manager", f"风险 {no}数据库随时会崩 @{li}", "engineer"),
            ("admin", f"风险 {yes}审批流程一直没有定下来，拖累了配置"),
            ("manager", "站会"),
            ("manager", "上线评审"),
            ("admin", f"建议 {yes}库存报表能直接导出成 Excel"),
            ("user", f"投诉 {yes}打印模板错了三次都没人管"),
            ("manager", f"周报 修改 内部版 风险：{no}换供应商"),
        ):
            await self._says(side, who, text, *mentions)
        for who, text in (
            ("engineer", f"昨天：{yes}写接口\n今天：联调\n阻碍：{yes}没有环境"),
            ("engineer", f"FAQ 添加 问：{yes}如何打印出库单 答：{yes}点打印。"),
            ("engineer", f"FAQ 添加 问：管理口令在哪里 答：{side.for_admins}保险柜。 管理员"),
            ("user", f"{yes}多公司合并抵消怎么做？"),
            ("engineer", "回答 Q1 二期才有。"),
            ("user", "月末结账一直转圈，是不是要清缓存？"),
            ("other", "请假 明天"),
            ("manager", "里程碑 M3 延期 12月15日 客户没时间"),
            ("manager", "上线 12月30日"),
            ("manager", f"导入计划\n名称\t日期\n{no}新的一步\t12月12日"),
        ):
            await self._whispers(side, who, text)
        people = {who: side.someone(who) for who in CAST}
        async with self.chat.database.begin() as uow:
            await self._count(side, people, uow)

    async def _says(self, side: Side, who: str, text: str, *mentions: str) -> None:
        named = [side.someone(one) for one in mentions]
        await self.chat.happens(self.message(side.someone(who), text, side.room, named))

    async def _whispers(self, side: Side, who: str, text: str) -> None:
        await self.chat.happens(self.message(side.someone(who), text))

    def _key(self) -> tuple[str]:
        return (f"w{next(self._numbers)}",)

    async def _count(self, side: Side, people: Mapping[str, Someone], uow: UnitOfWork) -> None:
        """Put a follow-up to the user, and note what everything is called."""
        chat = await uow.chats.find("fake", side.room)
        assert chat
        project = await uow.projects.of_chat(chat.id)
        assert project
        assert project.golive
        known = {who: await uow.people.meet("fake", one) for who, one in people.items()}
        ask = new_id()
        put = FollowUp(new_id(), project.id, 1, project.golive, "", ask, uow.now)
        await uow.followups.add([put])
        await uow.followups.put_to([(ask, known["user"].id)], uow.now)
        risks = {risk.number: risk for risk in await uow.risks.of(project.id, states=RiskState)}
        mine_risk = risks[1]
        complaint = next(risk for risk in risks.values() if risk.source == "complaint")
        plan = {one.number: one for one in await uow.milestones.of(project.id)}
        mine = next(one for one in plan.values() if side.secret in one.name)
        round_ = next(iter([await uow.standups.latest(project.id, kind) for kind in RoundKind]))
        assert round_
        report = (await uow.reports.newest(project.id))[0]
        entry = await uow.faq.numbered(project.id, 1)
        assert entry
        questions = [await uow.faq.question_numbered(project.id, n) for n in (1, 2)]
        asked, waiting = questions
        assert asked
        assert waiting
        drafts = {
            kind: await uow.drafts.newest(project.id, known["manager"].id, kind)
            for kind in ("follow", "golive", "import")
        }
        suggestion = (await uow.suggestions.of(project.id))[0]
        body = {"question": f"{side.secret}怎么合并", "answer": "二期", "readers": "all"}
        me = known["engineer"].id
        kept = await uow.drafts.keep(project.id, me, "faq.keep", body, uow.now)
        hung: dict[str, str] = {}
        for drawing, subject, alone in (
            ("standup.prompt", round_.id, ""),
            ("standup.digest", round_.id, ""),
            ("standup.reminder", f"{known['other'].id}:{round_.day.isoformat()}", "other"),
            ("risk.card", mine_risk.id, ""),
            ("risk.private", mine_risk.id, "engineer"),
            ("followup.card", ask, ""),
            ("faq.open", waiting.id, "engineer"),
            ("faq.asked", waiting.id, ""),
        ):
            place = ("person", people[alone].id) if alone else ("chat", side.room)
            card = Living(new_id(), drawing, subject, "fake", *place, project.id)
            known_ = [one for one in await uow.living.find(drawing, subject) if one.message]
            if not known_:
                known_ = [replace(card, message=f"{drawing}@{side.room}")]
                uow.living.add(card)
                await uow.living.hung(known_)
            hung[drawing] = known_[0].message or ""
        leave = await uow.leaves.coming(known["other"].id, project.local(uow.now).date())
        assert leave
        side.ids = {
            "project_id": project.id,
            "day": project.golive.isoformat(),
            "person_id": known["engineer"].id,
            "risk_id": mine_risk.id,
            "proposal": next(r.id for r in risks.values() if r.number < 0),
            "complaint": complaint.id,
            "milestone_id": mine.id,
            "round_id": round_.id,
            "report_id": report.id,
            "entry_id": entry.id,
            "asked": asked.id,
            "question_id": waiting.id,
            "draft_id": drafts["golive"],
            "drafts": drafts,
            "faq_draft": kept,
            "hung": hung,
            "owner": known["other"].id,
            "first_milestone": plan[1].id,
            "suggestion_id": suggestion.id,
            "ask_id": ask,
            "leave": leave,
            "versions": {
                one.id: one.version  # type: ignore[attr-defined]
                for one in (*risks.values(), *plan.values(), report, suggestion)
            },
            "labels": {r.id: r.label for r in risks.values()}
            | {m.id: m.label for m in plan.values()},
        }


def _reader(account: str) -> str:
    """Whoever is alone in a private chat is its reader."""
    return account.removeprefix("p2p_")


def _words(what: Any) -> str:
    return msgspec.json.encode(what).decode()


async def _of_row(row: Any, ctx: Context, uow: UnitOfWork) -> str:
    match row.kind:
        case "card":
            return _words(row.payload["card"])
        case "file":
            paper = await ROUTER.papers[row.payload["paper"]](row.payload["subject"], ctx)
            return _words(paper)
        case "show":
            living = (await uow.living.get_many([row.payload["living"]]))[row.payload["living"]]
            card = await ROUTER.drawings[living.drawing](living.subject, ctx)
            return _words(pack(card)) if card else ""
    return ""


async def _roles(uow: UnitOfWork) -> set[tuple[str, ...]]:
    rows = await uow.connection.execute(select(members).where(members.c.role.is_not(None)))
    return {(row.project_id, row.person_id, row.role) for row in rows}
