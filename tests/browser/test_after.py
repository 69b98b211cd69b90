"""The sample project past its go-live to day 30, by moving the clock, as four people see it."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.browser


async def _at(page: Page, account: str, chat: str = "group") -> None:
    await page.goto(f"/playground?as={account}&chat={chat}")


async def _say(page: Page, account: str, words: str, chat: str = "group") -> None:
    await _at(page, account, chat)
    before = await page.get_by_role("article").count()
    await page.locator("#text").fill(words if chat == "private" else f"@Golive {words}")
    await page.locator("#text").press("Enter")
    await expect(page.get_by_role("article")).not_to_have_count(before)


def _card(page: Page, words: str) -> Locator:
    return page.get_by_role("article").filter(has_text=words).last


async def _clock(page: Page, *steps: str) -> None:
    """Move the clock on; what falls due on the way has been said when it stands there."""
    for step in steps:
        async with page.expect_response(lambda r: "/playground/clock" in r.url, timeout=60_000):
            await page.locator(f"button[name=to][value={step}]").click()


async def test_from_go_live_to_day_thirty(page: Page) -> None:
    await _say(page, "chenjing", "上线评审")
    await _card(page, "Go/No-Go").get_by_role("button", name="同意上线").click()
    await expect(_card(page, "Go/No-Go")).to_contain_text("项目经理 同意 陈静")
    # An open high risk would hold the follow-ups.
    await _say(page, "chenjing", "风险 R2 关闭 编码已经清理完", "private")
    for milestone in ("M4", "M5", "M6"):
        await _say(page, "chenjing", f"里程碑 {milestone} 完成", "private")
    await expect(_card(page, "回访安排")).to_be_visible()

    await _clock(page, "day", "hour")
    await _at(page, "wang")
    asked = _card(page, "上线第 1 天回访")
    await expect(asked).to_contain_text("@王主任")
    await asked.get_by_role("button", name="2 分").click()
    await expect(page.get_by_role("status")).to_contain_text("陈静 会在")
    await asked.get_by_role("textbox", name="想说的一句话").fill("查库存要等半分钟")
    await asked.get_by_role("button", name="提交").click()
    await expect(asked).to_contain_text("已收到 1 份回答")

    await _at(page, "chenjing", "private")
    task = _card(page, "回访反馈：王主任 打了 2 分")
    await expect(task).to_contain_text("查库存要等半分钟")
    await task.get_by_role("button", name="关闭").click()
    await task.get_by_role("textbox", name="原因").fill("加了索引，现在两秒")
    await task.get_by_role("button", name="关闭风险").click()

    await _at(page, "wang")
    end = _card(page, "您反映的问题有结果了")
    await expect(end).to_contain_text("加了索引，现在两秒")
    await end.get_by_role("button", name="问题解决了").click()
    await expect(page.get_by_role("status")).to_contain_text("太好了")

    await _clock(page, "week", "week", "week", "week", "week")
    await expect(_card(page, "上线第 30 天回访")).to_contain_text("推荐给同行")
    await _at(page, "wang")
    last = _card(page, "上线第 30 天回访")
    await last.get_by_role("combobox", name="推荐").select_option("9")
    await last.get_by_role("button", name="提交").click()
    await expect(last).to_contain_text("已收到 1 份回答")
    await _say(page, "chenjing", "回访", "private")
    await expect(_card(page, "净推荐值")).to_contain_text("+100（1 份）")


async def test_the_weekly_report_is_edited_sent_and_downloaded(page: Page) -> None:
    await _say(page, "chenjing", "周报", "private")
    draft = _card(page, "项目周报")
    await expect(draft).to_contain_text("未关闭 2 个，其中高风险 1 个")
    await draft.get_by_role("button", name="客户版").click()
    await expect(draft).not_to_contain_text("高风险")
    await draft.get_by_role("button", name="修改").click()
    await draft.get_by_role("combobox", name="哪一部分").select_option("done")
    await draft.get_by_role("button", name="下一步").click()
    await draft.get_by_role("textbox", name="本周完成").fill("采购审批流已配置\n期初数据已核对")
    await draft.get_by_role("button", name="保存").click()
    await expect(draft).to_contain_text("采购审批流已配置")
    await draft.get_by_role("button", name="发给客户").click()
    await expect(draft).to_contain_text("陈静 于")

    await _at(page, "wang")
    sent = _card(page, "项目周报")
    await expect(sent).to_contain_text("期初数据已核对")
    await expect(sent).not_to_contain_text("高风险")
    await sent.get_by_role("button", name="PDF").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name=".pdf").last.click()
    file = await (await downloading.value).path()
    assert file.read_bytes().startswith(b"%PDF")
