"""The sample's FAQ: what the customer's people asked in two weeks, and what they were told."""

from __future__ import annotations

from datetime import date, time

from bot.core.ids import new_id
from bot.domain.faq import FaqEntry, Question, QuestionState, Readers
from bot.domain.project import Project
from bot.domain.schedule import at
from bot.language.faq.words import bare
from storage.unit_of_work import UnitOfWork

# Question, other wordings, answer, for whom, what it is about, who looks after it.
_ENTRIES = (
    ("忘记登录密码怎么办", ("密码想不起来了", "登录不了提示密码错误"),
     "在登录页点“忘记密码”，输入工号，按短信里的验证码设新密码。新密码至少 8 位。",
     Readers.USER, "登录", "lilei"),
    ("管理员怎么给员工重置密码", ("员工密码忘了我怎么帮他改",),
     "系统管理 → 用户管理，勾选员工，点“重置密码”。临时密码只显示一次，请当面告诉本人。",
     Readers.ADMIN, "登录", "lilei"),
    ("账号被锁定了怎么解锁", ("密码输错太多次登不进去",),
     "连续输错 5 次会锁 30 分钟，到时自动解开。着急请让贵方系统管理员在用户管理里点“解锁”。",
     Readers.ALL, "登录", "lilei"),
    ("新员工怎么开账号", ("来了新人要加用户",),
     "系统管理 → 用户管理 → 新增，填工号、姓名、部门，再选角色。角色决定能看到哪些菜单。",
     Readers.ADMIN, "权限", "wangqiang"),
    ("看不到某个菜单是什么原因", ("菜单不见了", "没有权限打开页面"),
     "菜单跟着角色走。请让贵方系统管理员查看你的角色是否包含该菜单，改完重新登录即可。",
     Readers.ALL, "权限", "wangqiang"),
    ("采购订单审批流程怎么走", ("采购单提交后谁来审",),
     "5 万元以下部门经理审，5 万元及以上再由分管副总审。单据右上角“审批进度”可以看到卡在谁那里。",
     Readers.ALL, "采购", "lilei"),
    ("采购订单提交后还能修改吗", ("单子提交错了怎么撤回",),
     "没人审批前点“撤回”就能改。已经有人审批的，请审批人点“退回”。",
     Readers.ALL, "采购", "lilei"),
    ("如何打印出库单", ("出库单打印在哪里", "打印不了单据"),
     "打开出库单，点右上角“打印”，模板选“三联单”。没反应时检查浏览器是否拦截了弹出窗口。",
     Readers.ALL, "销售", "hanmeimei"),
    ("销售出库后库存没有减少怎么办", ("出库了库存数量不对",),
     "出库单要“审核”后才扣库存。审核过仍不对，请把单号发给我们。",
     Readers.ALL, "库存", "hanmeimei"),
    ("物料编码规则是什么", ("新物料编码怎么编",),
     "12 位：大类 2 位、中类 3 位、小类 3 位、流水 4 位。新增前先按名称搜一下，避免重复。",
     Readers.ALL, "库存", "hanmeimei"),
    ("如何把报表导出到 Excel", ("报表怎么下载", "数据导成表格"),
     "报表右上角“导出”→ Excel。超过 5 万行会转成后台任务，做好后在“我的下载”里取。",
     Readers.ALL, "报表", "wangqiang"),
    ("月末结账的步骤", ("怎么结账", "月结操作顺序"),
     "依次做：单据全部审核 → 成本计算 → 对账平衡检查 → 结账。结账后当月单据不能再改。",
     Readers.ALL, "财务", "wangqiang"),
)  # fmt: skip

# Day, who, what, the entry that answered (from 0; none: an engineer did), whether it was useful.
_ASKED = (
    (2, "zhao", "密码想不起来了进不去系统咋整", 0, True),
    (3, "wang", "来了个新人要加用户", 3, True),
    (5, "zhao", "采购单提交错了怎么撤回", 6, True),
    (6, "zhao", "出库单在哪打印", 7, None),
    (8, "wang", "手机上能审批采购单吗", None, None),
    (9, "zhao", "报表怎么导成表格", 10, True),
)


async def seed_faq(
    uow: UnitOfWork, project: Project, people: dict[str, str], days: list[date]
) -> None:
    """Write the library and what was asked of it; `days` are the sample's working days."""
    entries = [
        await uow.faq.add(
            FaqEntry(new_id(), project.id, 0, question, answer, readers, variants, about,
                     people[owner], source="sample", changed_at=at(days[0], time(9), project.zone))
        )
        for question, variants, answer, readers, about, owner in _ENTRIES
    ]  # fmt: skip
    for day, who, text, place, useful in _ASKED:
        when = at(days[day], time(14, 20 + day), project.zone)
        told = place is not None
        await uow.faq.ask(
            Question(
                new_id(),
                project.id,
                0,
                people[who],
                project.chat_id,
                "",
                text,
                bare(text),
                when,
                QuestionState.ANSWERED if told else QuestionState.CLOSED,
                entries[place].id if place is not None else None,
                0.96 if told else 0.0,
                useful,
                answer="" if told else "手机审批在二期，目前请在电脑上审批。",
                answered_by=None if told else people["lilei"],
                closed_at=None if told else when,
                learnt=True if useful else None,
            )
        )
        if place is not None and useful is not None:
            await uow.faq.rated(entries[place].id, useful=useful)
