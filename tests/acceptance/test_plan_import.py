"""A plan as a file: sent to the bot in private, or taken in at the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

from tests.acceptance.dingtalk_day import day
from tests.acceptance.server import command
from tests.acceptance.stages import on_feishu
from tests.fakes import dingtalk_push as push
from tests.fakes import feishu as fake
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.dingtalk import running as running_dingtalk
from tests.fakes.feishu import FeishuServer, running

ROWS = (
    ("里程碑", "完成日期", "负责人"),
    ("历史数据迁移", "2026-12-10", "李雷"),
    ("接口联调", "2026-12-14", "王五"),
)


def workbook(rows: Sequence[Sequence[str]] = ROWS) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def file_message(who: str, name: str, key: str) -> dict[str, object]:
    event = fake.message(f"ou_{who}", "", chat=f"oc_p2p_{who}", private=True)
    sent = event["event"]["message"]
    sent["message_type"] = "file"
    sent["content"] = json.dumps({"file_key": key, "file_name": name})
    return event


async def test_a_workbook_sent_in_private_is_shown_and_taken_on_feishu(sqlite_url: str) -> None:
    with running(FeishuServer()) as feishu:
        async with on_feishu(sqlite_url, feishu) as stage:
            await stage.begin()
            await stage.says("pm", "新项目 华鼎ERP 上线 12月25日")
            feishu.files |= {"file_1": workbook(), "file_2": workbook((("谁", "啥"), ("a", "b")))}
            await stage._say("ou_pm", file_message("pm", "计划.xlsx", "file_1"))
            assert await stage.sees("收到表格", "pm")
            (shown,) = [s for s in feishu.messages() if "会添加 2 个里程碑" in s.words]
            value = fake.find_action(shown.content, "plan.answer")
            await stage.push(fake.press("ou_pm", value, card=shown.message, chat=shown.to))
            await stage.says("pm", "计划")
            assert await stage.sees("M8 接口联调")
            await stage._say("ou_pm", file_message("pm", "乱.xlsx", "file_2"))
            assert [s for s in feishu.messages() if "一行都没有导入" in s.words]


async def test_whoever_manages_nothing_cannot_send_a_plan(sqlite_url: str) -> None:
    with running(FeishuServer()) as feishu:
        async with on_feishu(sqlite_url, feishu) as stage:
            await stage.begin()
            await stage.says("pm", "新项目 华鼎ERP 上线 12月25日")
            await stage._say("ou_li", file_message("li", "计划.xlsx", "file_1"))
            assert await stage.sees("只有项目经理和主管可以导入", "li")


async def test_a_workbook_sent_in_private_is_shown_on_dingtalk(sqlite_url: str) -> None:
    with running_dingtalk(DingTalkServer()) as dingtalk:
        async with day(sqlite_url, dingtalk) as one:
            await one.says("pm", "新项目 华鼎ERP 上线 2027-03-15", nick="陈静")
            code = "mIofN681YE3f" * 20
            dingtalk.files[code] = workbook()
            body = push.robot_message(
                "pm",
                msgtype="file",
                content={"downloadCode": code, "fileName": "计划.xlsx"},
                private=True,
                nick="陈静",
                base=dingtalk.url,
                created_ms=int(one.stamp()),
            )
            await one.push(body)
            assert one.seen("会添加 2 个里程碑", "pm")
            await one.says("pm", "确认导入", nick="陈静", private=True)
            assert one.seen("历史数据迁移")


async def test_the_command_line_shows_first_and_writes_on_yes(
    sqlite_url: str, tmp_path: Path
) -> None:
    with running_dingtalk(DingTalkServer()) as dingtalk:
        async with day(sqlite_url, dingtalk) as one:
            await one.says("pm", "新项目 华鼎ERP", nick="陈静")
    given = {"DATABASE_URL": sqlite_url}
    path = tmp_path / "计划.xlsx"
    path.write_bytes(workbook())
    words = ("plan", "import", str(path), "--project", "华鼎ERP")
    shown = command(tmp_path, *words, settings=given)
    assert shown.returncode == 0, shown.stderr
    assert "M1 历史数据迁移 2026-12-10" in shown.stdout
    assert "Nothing is written yet" in shown.stdout
    taken = command(tmp_path, *words, "--yes", settings=given)
    assert "Imported." in taken.stdout
    again = command(tmp_path, *words, "--yes", settings=given)
    assert again.returncode == 1
    assert "第 2 行" in again.stdout
    nowhere = command(tmp_path, *words[:-1], "别的", settings=given)
    assert nowhere.returncode == 2
    assert "no project is called" in nowhere.stderr
