"""A person's own record, and a project's archive."""

from __future__ import annotations

import io
import json
import zipfile

from tests.chat import Chat, read


async def worked(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日 模板 四周")
    await chat.says("li", "风险 服务器要晚到，环境准备会拖 @李雷", mentions=("li",))
    await chat.says("pm", "里程碑 M4 负责人 @李雷", mentions=("li",))
    await chat.says("pm", "里程碑 M2 负责人 @李雷", mentions=("li",))
    await chat.says("pm", "里程碑 M2 延期 12月9日 服务器没到")
    await chat.presses("pm", "只改这一个", on=chat.last("只改这一个"))
    await chat.says("pm", "里程碑 M1 完成")
    await chat.says("li", "里程碑 M4 完成")
    await chat.says("li", "FAQ 添加 问：怎么重置密码 答：找管理员重置")
    await chat.says("user", "满意度 4")


async def test_it_shows_what_the_records_say_to_the_person_alone(chat: Chat) -> None:
    await worked(chat)
    await chat.says("li", "我的成长")
    assert "已私下发给你" in read(chat.group[-1])
    words = read(chat.private("li")[-1])
    assert "华鼎ERP（工程师，11月24日（周二） 起）" in words
    assert "1 个里程碑中 1 个按最初约定完成（100%）  华鼎ERP M4" in words
    assert "提出 1 个风险  华鼎ERP R1" in words
    assert "早 10 天提出  华鼎ERP R1、华鼎ERP M2" in words
    assert "完成 1 次培训  华鼎ERP M4" in words
    assert "华鼎ERP：平均 4.0 分（1 份）" in words
    assert "客户小赵" not in words


async def test_it_is_exported_to_the_person_and_to_nobody_else(chat: Chat) -> None:
    await worked(chat)
    await chat.whispers("li", "我的成长")
    card = chat.private("li")[-1]
    await chat.presses("li", "PDF", on=card)
    file = chat.private("li")[-1].file
    assert file
    assert file.name == "李雷 的成长记录.pdf"
    await chat.presses("han", "PDF", on=card, chat="p2p_ou_han")
    assert not [s for s in chat.private("han") if s.file]
    await chat.whispers("li", "我的成长 导出 Word")
    word = chat.private("li")[-1].file
    assert word
    assert word.kind == "docx"


async def test_customers_have_none(chat: Chat) -> None:
    await worked(chat)
    await chat.whispers("user", "我的成长")
    assert "还没有你作为项目组成员参与的项目" in read(chat.private("user")[-1])


async def test_somebody_new_is_told_that_there_is_nothing_yet(chat: Chat) -> None:
    await chat.given_project()
    await chat.whispers("han", "我的成长")
    words = read(chat.private("han")[-1])
    assert "还没有由你负责且已完成的里程碑" in words
    assert "还没有由你提出的风险" in words


async def test_the_archive_holds_reports_and_records(chat: Chat) -> None:
    await worked(chat)
    await chat.at("17:01", "2026-11-27")
    await chat.says("li", "项目归档")
    assert "项目经理、主管" in read(chat.platform.shown[-1])
    await chat.says("pm", "项目归档")
    file = next(s.file for s in reversed(chat.private("pm")) if s.file)
    assert file
    assert file.name == "华鼎ERP 项目归档 2026-11-27.zip"
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        names = packed.namelist()
        risks = json.loads(packed.read("risks.json"))
        people = json.loads(packed.read("people.json"))
    assert any(name.endswith("内部版.docx") for name in names)
    assert any(name.endswith("内部版.pdf") for name in names)
    assert any(one["text"].startswith("服务器要晚到") for one in risks)
    assert {"陈静", "李雷"} <= {one["name"] for one in people}
    assert not [s for s in chat.group if s.file]


async def test_nothing_of_another_project_is_in_it(chat: Chat) -> None:
    await worked(chat)
    await chat.says("pm", "新项目 别的项目", group="oc_two")
    await chat.says("pm", "风险 别人的秘密", group="oc_two")
    await chat.says("pm", "项目归档")
    file = next(s.file for s in reversed(chat.private("pm")) if s.file)
    assert file
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        for name in packed.namelist():
            if name.endswith(".json"):
                assert "别人的秘密" not in packed.read(name).decode()
