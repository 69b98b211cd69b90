"""What a typed line asks for, and what it must not be taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.commands import understand


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("帮助", "help"),
        ("Help", "help"),
        ("？", "help"),
        ("请帮助一下", "help"),
        ("项目", "project.show"),
        ("看下项目", "project.show"),
        ("角色", "role.list"),
        ("谁是谁", "role.list"),
        ("设置", "settings"),
        ("SETTINGS", "settings"),
        ("站会", "standup.open"),
        ("开个站会吧", "standup.open"),
        ("日报", "daily.open"),
        ("谁没填", "standup.missing"),
        ("谁还没交日报", "standup.missing"),
        ("who is missing", "standup.missing"),
        ("请假", "leave"),
        ("我想请假", "leave"),
        ("leave", "leave"),
        ("日报 昨天：联调 今天：测试", "answer"),
        ("站会：昨天联调", "answer"),
        ("\u200b帮助\u200b", "help"),
        ("ｈｅｌｐ", "help"),
    ],
)
def test_a_line_is_understood(text: str, intent: str) -> None:
    command = understand(text)
    assert (command.intent, command.confidence) == (intent, 1.0)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("新项目 华鼎ERP", {"name": "华鼎ERP"}),
        ("新项目 华鼎ERP 上线 12月25日", {"name": "华鼎ERP", "golive": "12月25日"}),
        (
            "新项目 华鼎 ERP 上线 2026-12-25 模板 四周",
            {"name": "华鼎 ERP", "golive": "2026-12-25", "template": "四周"},
        ),
        ("new project Huading ERP", {"name": "Huading ERP"}),
        ("角色 @李雷 工程师", {"who": "@李雷", "role": "工程师"}),
        ("角色 @李雷 @韩梅梅 项目经理", {"who": "@李雷 @韩梅梅", "role": "项目经理"}),
        ("role @Li Lei customer admin", {"who": "@Li Lei", "role": "customer admin"}),
        ("站会时间 9点半", {"time": "9点半"}),
        ("站会改到下午3点", {"time": "下午3点"}),
        ("日报时间 17:30", {"time": "17:30"}),
        ("请假 明天", {"when": "明天"}),
        ("请假 11月25日到27日", {"when": "11月25日到27日"}),
    ],
)
def test_slots_are_given_as_they_were_typed(text: str, slots: dict[str, str]) -> None:
    assert understand(text).slots == slots


def test_an_answers_text_keeps_its_lines() -> None:
    slots = understand("日报 昨天：联调 API\n今天：测试\n阻碍：无").slots
    assert slots["text"] == "昨天：联调 API\n今天：测试\n阻碍：无"


@pytest.mark.parametrize(
    "text",
    ["", "昨天写完接口，今天联调", "项目经理今天请假了吗", "站会几点开始", "帮助客户导入数据",
     "不要开站会", "把设置页面做完", "这个项目不错", "谁没填工时表", "日报系统的接口"],
)  # fmt: skip
def test_what_only_mentions_a_command_is_none(text: str) -> None:
    assert understand(text).intent == "none"


@pytest.mark.parametrize(
    ("text", "near"), [("帮助我们部门", "help"), ("项目健不健康", "project.show")]
)
def test_a_slip_is_offered_what_it_comes_near_to(text: str, near: str) -> None:
    command = understand(text)
    assert command.intent == "none"
    assert near in command.near
    assert len(command.near) <= 3


@given(text=st.text(max_size=80))
def test_any_text_is_a_command_or_none(text: str) -> None:
    command = understand(text)
    assert (command.intent == "none") == (command.confidence == 0.0)
    assert len(command.near) <= 3


def test_a_hundred_kilobytes_are_not_a_command() -> None:
    assert understand("长" * 33_000).intent == "none"


@pytest.mark.parametrize(
    "text",
    [
        "设置 页面 联调完成",
        "Settings: fixed the login bug",
        "settings page fixed",
        "设置 权限\n完成联调",
        "设置 好了 谢谢",
        "设置好了 谢谢",
        "撤回了",
        "请帮我撤回了",
        "取消请假了",
        "取消请假吗",
        "填了",
        "成员 13800000000 已经离职",
        "诊断出问题了，是网络",
    ],
)
def test_talk_about_a_command_is_no_command(text: str) -> None:
    assert understand(text).intent == "none"


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("设置 站会发起时间 09:20", "settings.set", {"name": "站会发起时间", "value": "09:20"}),
        ("设置：日报开关 开", "settings.set", {"name": "日报开关", "value": "开"}),
        ("settings Quiet from 21:00", "settings.set", {"name": "Quiet from", "value": "21:00"}),
        ("撤回", "answer.withdraw", {}),
        ("撤销请假", "leave.cancel", {}),
        ("填站会", "standup.fill", {}),
        ("诊断一下", "doctor", {}),
    ],
)
def test_the_commands_that_buttons_type(text: str, intent: str, slots: dict[str, str]) -> None:
    found = understand(text)
    assert (found.intent, dict(found.slots)) == (intent, slots)


def test_people_are_imported_by_numbers_and_roles_alone() -> None:
    found = understand("成员 13800001111 工程师，13900002222")
    assert found.intent == "member.import"
    assert "13900002222" in found.slots["people"]


@pytest.mark.parametrize(
    "text",
    ["请假事由原来20字够了，现在要200字", "请假短信里名字显示成方块", "请假走钉钉还是飞书？",
     "周报模板",
     "里程碑评审会的PPT", "谁值班谁点外卖，老规矩", "同上一条日报", "别关R22，还没验证",
     "如果M6周五还完不成，我们再说延期", "他刚才在群里打“关闭风险R5”，结果没反应"],
)  # fmt: skip
def test_talk_with_the_words_of_commands_does_nothing(text: str) -> None:
    assert understand(text).intent == "none"


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("站會太早了，往後挪半小時", "standup.time", {"delta": "半小時"}),
        ("Ｍ３　完成", "milestone.done", {"id": "Ｍ３"}),
        ("麻烦把终验往后顺延到明年1月15日，甲方年底封账", "milestone.postpone",
         {"title": "终验", "date": "明年1月15日", "reason": "甲方年底封账"}),
        ("帮忙记录风险：接口延迟，WMS回传库存要40分钟，@廖凯 跟进，下周一前", "risk.open",
         {"text": "WMS回传库存要40分钟", "category": "接口延迟", "owner": "廖凯",
          "date": "下周一前"}),
        ("faq 加上 手机收不到验证码 => 查下是不是被当垃圾短信拦了", "faq.add",
         {"question": "手机收不到验证码", "answer": "查下是不是被当垃圾短信拦了"}),
        ("R7 可以关了，VPN已续期", "risk.close", {"id": "R7", "reason": "VPN已续期"}),
    ],
)  # fmt: skip
def test_loose_commands_keep_their_fields(text: str, intent: str, slots: dict[str, str]) -> None:
    found = understand(text)
    assert (found.intent, dict(found.slots)) == (intent, slots)
