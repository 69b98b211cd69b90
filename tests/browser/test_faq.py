"""A question becomes knowledge, as four people see it in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.browser


async def _speak_as(page: Page, account: str, chat: str = "group") -> None:
    await page.goto(f"/playground?as={account}&chat={chat}")


async def _ask(page: Page, account: str, words: str) -> None:
    await _speak_as(page, account)
    await page.locator("#text").fill(f"@Golive {words}")
    await page.locator("#text").press("Enter")


def _said(page: Page, words: str) -> Locator:
    return page.get_by_role("article").filter(has_text=words)


async def test_a_question_becomes_knowledge(page: Page) -> None:
    await _ask(page, "zhao", "你好，密码想不起来了进不去系统咋整")
    await expect(_said(page, "输入工号，按短信里的验证码")).to_be_visible()
    await expect(_said(page, "临时密码只显示一次")).to_have_count(0)

    await _ask(page, "wang", "管理员怎么给员工重置密码")
    await expect(_said(page, "这条内容只对管理员开放，已私聊发给您").last).to_be_visible()
    await expect(_said(page, "临时密码只显示一次")).to_have_count(0)
    await _speak_as(page, "wang", "private")
    await expect(_said(page, "临时密码只显示一次")).to_be_visible()

    await _ask(page, "zhao", "盘点机的固件要升级到哪个版本？")
    handed = page.get_by_role("article")
    await expect(handed.last).to_contain_text("转")
    if await _said(page, "您是想问").count():
        await page.get_by_role("button", name="都不是，转人工").last.click()
    await expect(_said(page, "已转给同事")).to_be_visible()
    asked = await _engineer_asked(page)
    await asked.get_by_role("button", name="我来答").click()
    await expect(page.get_by_role("status")).to_contain_text("你来回答")
    await asked.get_by_role("textbox", name="答案").fill(
        "升级到 **4.2**，安装包在[手册](https://example.com/pda)第 3 页。"
    )
    await asked.get_by_role("button", name="发给提问人").click()
    keep = _said(page, "存成 FAQ？")
    await keep.get_by_role("textbox", name="问题").fill("盘点机固件升级到哪个版本")
    await keep.get_by_role("button", name="存成 FAQ").click()
    await expect(page.get_by_role("status")).to_contain_text("已存入问答库 F13")

    await _speak_as(page, "zhao")
    answered = _said(page, "的回答").last
    await expect(answered).to_contain_text("升级到 4.2")
    await expect(answered.get_by_role("link", name="手册")).to_have_attribute(
        "href", "https://example.com/pda"
    )
    await _ask(page, "wang", "盘点机固件升级到哪个版本")
    await expect(_said(page, "来自问答库 F13")).to_contain_text("升级到 4.2")


async def _engineer_asked(page: Page) -> Locator:
    """The card of one of those who were fetched."""
    for account in ("lilei", "hanmeimei", "wangqiang"):
        await _speak_as(page, account, "private")
        card = _said(page, "有人提问，等您回答")
        if await card.count():
            return card.last
    pytest.fail("nobody was asked")


async def test_the_library_shows_how_it_does_and_is_edited(page: Page) -> None:
    await _speak_as(page, "lilei", "private")
    await page.locator("#text").fill("FAQ")
    await page.locator("#text").press("Enter")
    library = _said(page, "近 30 天提问")
    await expect(library).to_contain_text("12")
    await page.locator("#text").fill("FAQ F8")
    await page.locator("#text").press("Enter")
    entry = _said(page, "F8 如何打印出库单")
    await entry.get_by_role("button", name="修改").click()
    await entry.get_by_role("textbox", name="答案").fill("点右上角的打印机图标。")
    await entry.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("F8 已更新")
    await expect(entry).to_contain_text("打印机图标")


async def test_a_question_is_tried_as_somebody(page: Page) -> None:
    await page.goto("/playground/faq?as=zhao")
    await expect(page.get_by_text("近 30 天提问")).to_be_visible()
    await page.locator("#text").fill("员工密码忘了我怎么帮他改")
    await page.get_by_role("button", name="试试").click()
    result = page.get_by_role("status")
    await expect(result).to_contain_text("把握")
    await expect(result).not_to_contain_text("管理员怎么给员工重置密码")
    await page.goto("/playground/faq?as=wang")
    await page.get_by_role("button", name="员工密码忘了怎么帮他改").click()
    await expect(page.get_by_role("status")).to_contain_text("管理员怎么给员工重置密码")
