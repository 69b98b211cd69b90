"""A believable project: two weeks of stand-ups, a plan under way, people with their roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.calendars import Calendars
from bot.context import Context
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.risk import Happened, Risk, RiskState
from bot.domain.schedule import at
from bot.domain.standup import Answer, Entry, Leave, Round
from bot.milestones import from_template
from bot.platforms.playground.people import GROUP, PLATFORM, PLAYERS
from bot.platforms.playground.sample_faq import seed_faq
from bot.shelf import Shelf
from storage.unit_of_work import UnitOfWork

NAME = "华鼎ERP二期"
DAYS = 10

# What the three engineers said on each of the last ten working days: done, plan, blockers. The
# story: a database that comes late, a data migration with duplicates, a training that is prepared.
_STORY: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (
        ("调研采购流程，出了访谈纪要", "整理采购审批节点", ""),
        ("梳理物料编码规则", "和客户确认编码位数", ""),
        ("申请测试服务器", "装操作系统和补丁", "服务器还没批下来"),
    ),
    (
        ("采购审批节点整理完", "搭建采购模块基础配置", ""),
        ("编码位数确认为 12 位", "导出旧系统物料 1.2 万条", ""),
        ("服务器批了，系统装好", "装数据库", ""),
    ),
    (
        ("采购订单类型配置", "采购审批流配置", ""),
        (
            "旧物料导出完成",
            "清洗重复物料",
            "旧系统里有 600 多条重复物料，客户没人确认保留哪条",
        ),
        ("数据库安装", "部署应用服务", ""),
    ),
    (
        ("采购审批流配好两级", "供应商主数据模板", ""),
        ("重复物料清掉 200 条", "继续清洗", "等客户仓库确认剩下的重复物料"),
        ("应用部署完成", "配置备份", ""),
    ),
    (
        ("供应商模板发给客户", "采购入库流程", ""),
        ("王主任派了库管配合，确认 300 条", "清完剩下的", ""),
        ("备份策略配好", "接口环境联通", "和财务系统的网络策略没开"),
    ),
    (
        ("采购入库流程跑通", "销售订单配置", ""),
        ("重复物料全部清完", "导入测试库", ""),
        ("催网络策略", "财务接口联调", "网络策略申请第三天，还没审批"),
    ),
    (
        ("销售订单配置完成", "销售出库", ""),
        ("物料导入测试库 11,380 条", "核对库存期初", ""),
        ("网络策略通了，开始联调", "凭证接口联调", ""),
    ),
    (
        ("销售出库跑通", "写采购操作手册", ""),
        ("库存期初核对 70%", "核对完剩余部分", ""),
        ("凭证接口 3 个通过", "应收应付接口", ""),
    ),
    (
        ("采购操作手册初稿", "销售操作手册", ""),
        (
            "库存期初核对完成，差异 12 条",
            "和财务确认差异",
            "12 条差异要财务盖章确认，王会计出差",
        ),
        ("应收接口通过", "应付接口联调", ""),
    ),
    (
        ("销售操作手册初稿", "准备第一场用户培训", ""),
        ("差异解释报告发给财务", "跟进财务确认", "王会计明天才回来"),
        ("应付接口通过", "压测和权限梳理", ""),
    ),
)


# What, which kind, how bad, whose, how it stands, opened on which of the days, what was done.
_REGISTER = (
    ("测试服务器比计划晚到三天", "环境/权限", 3, "lilei", RiskState.CLOSED, 0,
     "服务器已到位，部署完成"),
    ("旧系统往来单位编码重复，期初对不上", "数据迁移异常", 4, "hanmeimei", RiskState.MITIGATING, 4,
     "与财务逐条核对差异，先导入无争议部分"),
    ("仓库的审批层级客户内部还没统一", "客户配合", 3, "wangqiang", RiskState.ACKNOWLEDGED, 5, ""),
)  # fmt: skip


async def seed(uow: UnitOfWork, shelf: Shelf, today: date) -> Project:
    """Write the sample as if the bot had been in the group for two weeks before `today`."""
    ctx = Context(uow, shelf)
    chat = await uow.chats.meet(PLATFORM, GROUP, ChatKind.GROUP)
    await uow.chats.save(replace(chat, name=f"{NAME}项目群", external=True))
    settings = Settings()
    calendar = shelf.calendars.of(settings.country)
    golive = calendar.shift(today, 9)
    started = calendar.shift(today, -DAYS)
    project = Project(
        new_id(),
        NAME,
        chat.id,
        settings,
        golive,
        "four_weeks",
        at(started, time(9, 0), Settings().zone_info),
    )
    await uow.projects.add(project)
    people = {}
    for player in PLAYERS:
        person = await uow.people.meet(PLATFORM, player.someone)
        await uow.members.join(project.id, person, uow.now, player.role)
        people[player.account] = person
    template = shelf.templates.plans["four_weeks"]
    steps = from_template(ctx, project, template, golive, done_before=today)
    await uow.milestones.add(steps)
    days = [calendar.shift(today, -n) for n in range(DAYS, 0, -1)]
    engineers = [people[account].id for account in ("lilei", "hanmeimei", "wangqiang")]
    rounds = [_round(project, day) for day in days]
    answers = [
        _answer(round_, person, words, minutes=4 + 11 * number)
        for round_, day_words in zip(rounds, _STORY, strict=True)
        for number, (person, words) in enumerate(zip(engineers, day_words, strict=True))
        # One day somebody was away and one day somebody forgot, as it happens.
        if not (round_ is rounds[3] and number == 2) and not (round_ is rounds[6] and number == 1)
    ]
    await uow.standups.import_(rounds, answers)
    await uow.leaves.take(Leave(engineers[2], days[3], days[3]))
    ids = {account: person.id for account, person in people.items()}
    await _risks(ctx, project, ids, days)
    await seed_faq(uow, project, ids, days)
    await ctx.arrange(project)
    ctx.hang("standup.digest", rounds[-1].id, chat, project.id)
    return project


async def _risks(ctx: Context, project: Project, people: dict[str, str], days: list[date]) -> None:
    """What the first two weeks brought: a risk that is over, one that somebody treats, and one
    that nobody has answered yet."""
    for text, kind, weight, owner, state, opened, told in _REGISTER:
        when = at(days[opened], time(10, 40), project.zone)
        ended = at(days[opened + 4], time(16, 5), project.zone)
        over = state is RiskState.CLOSED
        risk = await ctx.uow.risks.add(
            Risk(
                new_id(),
                project.id,
                0,
                text,
                kind,
                weight,
                weight,
                state,
                when,
                ended if over else when,
                people[owner],
                ctx.calendar(project).shift(days[opened], 5),
                mitigation=told if state is RiskState.MITIGATING else "",
                raised_by=people[owner],
                closed_at=ended if over else None,
                closed_by=people[owner] if over else None,
                reason=told if over else "",
            )
        )
        lines = [Happened(risk.id, when, "opened", people[owner], {"quote": text})]
        if over:
            lines.append(Happened(risk.id, ended, "closed", people[owner], {"reason": told}))
        await ctx.uow.risks.happened(lines)


def first_morning(now: datetime, calendars: Calendars) -> datetime:
    """Where the demo's clock starts: just before a stand-up, on today's or the next working day."""
    settings = Settings()
    zone = settings.zone_info
    day = calendars.of(settings.country).from_day(now.astimezone(zone).date())
    return at(day, time(9, 29, 55), zone)


def _round(project: Project, day: date) -> Round:
    opens = at(day, project.settings.standup.ask, project.zone)
    closes = at(day, project.settings.standup.close, project.zone)
    return Round(new_id(), project.id, RoundKind.STANDUP, day, opens, closes, closes)


def _answer(round_: Round, person_id: str, words: tuple[str, str, str], minutes: int) -> Answer:
    done, planned, blocker = words
    entry = Entry((done,), (planned,), (blocker,) if blocker else ())
    text = f"昨天：{done}\n今天：{planned}\n阻碍：{blocker or '无'}"
    when = round_.opens_at + timedelta(minutes=minutes)
    return Answer(round_.id, person_id, entry, text, "form", when, late=False)
