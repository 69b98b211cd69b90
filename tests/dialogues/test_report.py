"""The weekly report: drafted from records, changed and sent by a person, read by many."""

from __future__ import annotations

from bot.core.clock import FrozenClock
from storage.unit_of_work import Database
from tests.chat import GROUP, PEOPLE, Chat, read
from tests.fakes.platform import Shown

FRIDAY = "2026-11-27"


async def a_week(chat: Chat) -> None:
    """Tuesday to Friday in a project with customers in the group."""
    await chat.given_project(extra="上线 12月25日 模板 四周")
    await chat.says("pm", "设置 群里有客户 开")
    await chat.says("pm", "风险 客户的接口文档还没给 @李雷", mentions=("li",))
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口 3 个\n今天：联调\n阻碍：测试库还没开通")
    await chat.at("10:30")
    await chat.says("pm", "里程碑 M1 完成")
    await chat.at("09:30", "2026-11-25")
    await chat.whispers("li", "昨天：联调采购接口\n今天：联调库存\n阻碍：测试库还没开通")
    await chat.whispers("han", "昨天：整理物料\n今天：导入物料")


async def drafted(chat: Chat) -> Shown:
    await a_week(chat)
    await chat.at("17:01", FRIDAY)
    return next(s for s in reversed(chat.private("pm")) if "项目周报" in read(s))


async def test_on_friday_the_manager_has_a_draft_with_evidence(chat: Chat) -> None:
    draft = await drafted(chat)
    words = read(draft)
    assert "项目周报 · 内部版 · 华鼎ERP" in words
    assert "11月23日（周一） 至 11月29日（周日）" in words
    assert "李雷：写接口 3 个；联调采购接口  11-24、11-25 站会 李雷" in words
    assert "未关闭 1 个，没有高风险  R1" in words
    assert "客户的接口文档还没给" in words
    assert "里程碑完成" in words
    assert "韩梅梅 有 3 次没填  11-24、11-26、11-27 站会 韩梅梅" in words
    assert "本周没有人提问" in words
    assert not [s for s in chat.group if "项目周报" in read(s)]


async def test_the_supervisor_gets_one_digest_over_all_projects(chat: Chat) -> None:
    await a_week(chat)
    await chat.says("pm", "新项目 二号项目", group="oc_two")
    await chat.join("pm", "boss", group="oc_two")
    await chat.says("pm", "角色 @周总 主管", mentions=("boss",), group="oc_two")
    chat.platform.shown.clear()
    await chat.at("17:01", FRIDAY)
    digests = [s for s in chat.private("boss") if "本周项目汇总" in read(s)]
    assert len(digests) == 1
    assert "华鼎ERP" in read(digests[0])
    assert "二号项目" in read(digests[0])


async def test_customers_read_it_only_after_somebody_has_sent_it(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.says("admin", "周报")
    assert "还没有发布" in read(chat.platform.shown[-1])
    await chat.presses("pm", "客户版", on=draft)
    draft = chat.private("pm")[-1]
    assert "客户版" in read(draft).split("\n")[0]
    assert "站会" not in read(draft)
    assert "客户的接口文档还没给" not in read(draft)
    await chat.presses("pm", "修改", on=draft)
    await chat.presses("pm", "下一步", on=draft, part="done")
    await chat.presses("pm", "保存", on=draft, text1="采购接口联调完成\n物料 1.2 万条已整理")
    assert "采购接口联调完成" in read(draft)
    await chat.presses("pm", "发给客户", on=draft)
    sent = next(s for s in reversed(chat.group) if "项目周报" in read(s))
    assert "采购接口联调完成" in read(sent)
    assert "物料 1.2 万条已整理" in read(sent)
    assert "R1" not in read(sent)
    await chat.presses("pm", "发给客户", on=draft)
    assert "之后没有改过" in chat.toast
    await chat.whispers("pm", "周报 修改 客户版 风险：还没有人看过的话")
    await chat.whispers("admin", "周报")
    seen = read(chat.private("admin")[-1])
    assert "采购接口联调完成" in seen
    assert "还没有人看过的话" not in seen


async def test_nobody_sends_what_they_have_not_seen(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.presses("pm", "客户版", on=draft)
    draft = chat.private("pm")[-1]
    old = draft.card
    await chat.whispers("boss", "周报 修改 客户版 风险：周总写的")
    draft.card = old
    await chat.presses("pm", "发给客户", on=draft)
    assert "刚被别人改过" in chat.toast
    assert not [s for s in chat.group if "周总写的" in read(s)]


async def test_on_monday_the_words_mean_fridays_report(chat: Chat) -> None:
    await drafted(chat)
    await chat.at("09:10", "2026-11-30")
    await chat.whispers("pm", "周报 发送 客户版")
    assert "11月23日（周一） 至 11月29日（周日）" in read(chat.group[-1])


async def test_a_draft_is_as_new_as_friday(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日 模板 四周")
    await chat.says("pm", "周报")
    await chat.says("pm", "风险 客户的接口文档还没给 @李雷", mentions=("li",))
    await chat.at("17:01", FRIDAY)
    assert "客户的接口文档还没给" in read(chat.last("项目周报"))


async def test_whoever_manages_no_more_reads_no_more(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.says("boss", "角色 @周总 项目经理", mentions=("boss",))
    await chat.leave("pm")
    await chat.whispers("boss", "周报 修改 内部版 风险：机密")
    assert "机密" not in read(draft)


async def test_the_internal_face_stays_inside(chat: Chat) -> None:
    draft = await drafted(chat)
    chat.platform.shown.clear()
    await chat.presses("pm", "发给团队", on=draft)
    assert "内部版已私下发给项目组 4 人" in chat.toast
    assert not chat.group
    assert "写接口 3 个" in read(chat.private("han")[-1])


async def test_one_section_is_written_anew(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.says("pm", "周报 修改 内部版 风险：都在控制中")
    assert "都在控制中" in read(draft)
    assert "由陈静修改" in read(draft)
    await chat.says("pm", "风险 打印模板还没确认 @李雷", mentions=("li",))
    await chat.presses("pm", "重新生成", on=draft)
    await chat.presses("pm", "重新生成", on=draft, part="risks")
    assert "都在控制中" not in read(draft)
    assert "打印模板还没确认" in read(draft)
    assert "未关闭 2 个" in read(draft)


async def test_an_old_form_does_not_override_what_it_has_not_seen(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.presses("pm", "修改", on=draft)
    await chat.presses("pm", "下一步", on=draft, part="risks")
    form = draft.card
    await chat.whispers("boss", "周报 修改 内部版 风险：周总写的")
    draft.card = form
    await chat.presses("pm", "保存", on=draft, text1="陈静写的")
    assert "刚被别人改过" in chat.toast


async def test_who_may_not_send_is_told(chat: Chat) -> None:
    await drafted(chat)
    await chat.whispers("li", "周报")
    card = chat.private("li")[-1]
    assert "发给客户" not in read(card)
    await chat.whispers("li", "周报 发送 客户版")
    assert "项目经理、主管" in read(chat.private("li")[-1])
    await chat.whispers("user", "周报 客户版")
    assert "写接口" not in read(chat.private("user")[-1])


async def test_a_card_in_another_chat_does_nothing(chat: Chat) -> None:
    draft = await drafted(chat)
    await chat.given_project("其他项目", "oc_other")
    await chat.presses("pm", "发给团队", on=draft, chat="oc_other")
    assert not [s for s in chat.platform.shown if s.to == "oc_other" and "写接口" in read(s)]


async def test_every_exported_file_comes_to_whoever_asked(chat: Chat) -> None:
    await drafted(chat)
    for word, kind in (("Word", "docx"), ("PDF", "pdf"), ("Excel", "xlsx")):
        await chat.whispers("pm", f"周报 导出 {word}")
        file = next(s.file for s in reversed(chat.private("pm")) if s.file)
        assert file
        assert file.kind == kind
        assert file.name == f"华鼎ERP 周报 2026-11-23.{kind}"
        assert len(file.content) > 1000
    await chat.whispers("user", "周报 导出 PDF")
    assert "还没有发布" in read(chat.private("user")[-1])


async def test_without_records_it_says_that_nothing_is_known(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "周报")
    # Customers are members of the group, whatever it is called.
    assert "不知道" not in read(chat.group[-1])
    words = read(chat.private("pm")[-1])
    assert "不知道这周做了什么" in words
    assert "上线日期还没有定" in words
    assert "还没有里程碑，进度无从对比" in words
    assert "不知道有没有阻碍" in words


async def test_last_weeks_report_is_of_last_week(chat: Chat) -> None:
    await a_week(chat)
    await chat.at("09:00", "2026-12-01")
    await chat.says("pm", "周报 上周")
    assert "11月23日（周一） 至 11月29日（周日）" in read(chat.private("pm")[-1])
    assert "写接口 3 个" in read(chat.private("pm")[-1])


async def test_what_was_late_is_of_the_week_that_it_was_due_for(chat: Chat) -> None:
    await a_week(chat)
    chat.clock.move_to(chat.clock.now().replace(day=28, hour=3))
    await chat.at("09:00", "2026-11-30")
    assert "11月23日（周一） 至 11月29日（周日）" in read(chat.last("项目周报"))


async def test_a_draft_hangs_on_either_engine(any_database: Database, clock: FrozenClock) -> None:
    chat = Chat(any_database, clock)
    await chat.dispatcher.start()
    try:
        await chat.given_project()
        await chat.at("17:01", FRIDAY)
        await chat.presses("pm", "客户版", on=chat.last("项目周报"))
        assert "客户版" in read(chat.private("pm")[-1]).split("\n")[0]
        assert chat.last("本周项目汇总").to == PEOPLE["boss"].id
    finally:
        await chat.dispatcher.stop()


async def test_taking_words_back_can_be_sent(chat: Chat) -> None:
    await drafted(chat)
    await chat.whispers("pm", "周报 修改 客户版 风险：写错了")
    await chat.whispers("pm", "周报 发送 客户版")
    await chat.whispers("pm", "周报 修改 客户版 风险： ")
    await chat.whispers("pm", "周报")
    await chat.whispers("pm", "周报 重新生成 客户版 风险")
    await chat.whispers("pm", "周报 发送 客户版")
    sent = [s for s in chat.group if "项目周报" in read(s)]
    assert len(sent) == 2
    assert "写错了" not in read(sent[-1])
    await chat.whispers("pm", "周报 发送 客户版")
    assert "之后没有改过" in read(chat.private("pm")[-1])


# --- upward --------------------------------------------------------------------------------------


async def test_in_the_evening_the_supervisor_hears_exceptions_alone(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口\n今天：联调")
    await chat.whispers("han", "昨天：整理物料\n今天：导入物料")
    chat.platform.shown.clear()
    await chat.at("18:31")
    assert not chat.private("boss")
    await chat.at("18:31", "2026-11-25")
    told = [s for s in chat.private("boss") if "今天的异常" in read(s)]
    assert len(told) == 1
    assert "今天的站会 2 人都没有填" in read(told[0])


async def test_a_week_without_exceptions_is_said_once(chat: Chat) -> None:
    await chat.given_project()
    for day in ("24", "25", "26", "27"):
        await chat.at("09:30", f"2026-11-{day}")
        await chat.whispers("li", "昨天：写接口\n今天：联调")
        await chat.whispers("han", "昨天：整理物料\n今天：导入物料")
        await chat.at("18:35", f"2026-11-{day}")
    told = [s for s in chat.private("boss") if "异常" in read(s)]
    assert len(told) == 1
    assert "这一周没有需要你关注的异常" in read(told[0])


async def test_a_stopped_go_live_and_a_complaint_go_up(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "决定不上线 数据没核对完")
    await chat.says("user", "投诉 打印模板错了三次都没人管")
    await chat.at("18:31")
    words = read(chat.last("今天的异常"))
    assert "陈静 决定不上线：数据没核对完" in words
    assert "客户不满意" in words
    assert GROUP not in words
