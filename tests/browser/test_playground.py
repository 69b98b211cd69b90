"""A newcomer plays a stand-up through in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser
PROMPT = "每日站会 · "


async def _speak_as(page: Page, account: str, chat: str = "group") -> None:
    await page.goto(f"/playground?as={account}&chat={chat}")


async def test_a_stand_up_from_prompt_to_digest(page: Page) -> None:
    await _speak_as(page, "lilei")
    prompt = page.get_by_role("article").filter(has_text=PROMPT).filter(has_text="进行中")
    await expect(prompt).to_be_visible(timeout=15_000)
    await expect(prompt.get_by_text("已填 0/3")).to_be_visible()

    await prompt.get_by_role("textbox", name="昨天完成").fill("凭证接口联调完成")
    await prompt.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("status")).to_contain_text("还差：今天计划")
    await prompt.get_by_role("textbox", name="今天计划").fill("写培训手册")
    await prompt.get_by_role("textbox", name="阻碍").fill("测试账号还没开")
    await prompt.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("status")).to_contain_text("已提交")
    await expect(prompt.get_by_text("已填 1/3")).to_be_visible()
    await expect(prompt.get_by_role("textbox", name="昨天完成")).to_have_value("")

    await page.get_by_role("button", name="到下一个任务").click()
    await expect(page.locator("#now")).to_contain_text("10:00")
    await page.get_by_role("button", name="到下一个任务").click()
    await expect(page.locator("#now")).to_contain_text("10:15")

    await _speak_as(page, "hanmeimei", "private")
    await expect(page.get_by_text("站会还差你一份")).to_be_visible()
    await page.locator("#text").fill("昨天：差异确认完成\n今天：培训准备\n阻碍：无")
    await page.locator("#text").press("Enter")
    await expect(page.get_by_text("已收到，谢谢")).to_be_visible()

    await _speak_as(page, "wangqiang")
    await page.get_by_role("link", name="回复").last.click()
    await page.locator("#text").fill("昨天压测完，今天梳理权限")
    await page.get_by_role("button", name="发送").click()
    await expect(prompt.get_by_text("全部填完")).to_be_visible()

    await page.get_by_role("button", name="到下一个任务").click()
    digest = page.get_by_role("article").filter(has_text="每日站会汇总").last
    await expect(digest).to_contain_text("3/3 人")
    await expect(digest).to_contain_text("测试账号还没开")
    await expect(digest).to_contain_text("昨天压测完")


async def test_the_inspector_shows_what_the_platforms_get(page: Page) -> None:
    await _speak_as(page, "chenjing")
    await page.locator(".tries").get_by_role("button", name="项目", exact=True).click()
    project = page.locator(".message").filter(has_text="接下来的里程碑")
    await project.get_by_role("link", name="检视").click()
    await expect(page.locator("#inspect")).to_contain_text('"schema": "2.0"')
    await expect(page.locator("#inspect")).to_contain_text("dtmd://")
    await page.locator("#events > summary").click()
    await page.locator("#events details summary").first.click()
    await expect(page.locator("#events")).to_contain_text('"platform": "playground"')


async def test_reset_and_language(page: Page) -> None:
    await _speak_as(page, "chenjing")
    await page.get_by_role("button", name="English").click()
    await page.locator(".tries").get_by_role("button", name="help", exact=True).click()
    await expect(page.get_by_text("What I can do for you")).to_be_visible()
    await page.get_by_role("button", name="Reset sample").click()
    await expect(page.get_by_text("What I can do for you")).to_have_count(0)


async def test_it_is_live_however_late_its_scripts_arrive(page: Page) -> None:
    async def late(route: Route) -> None:
        await page.wait_for_function("window.htmx")
        await page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done)))")
        await route.continue_()

    await page.route("**/hx-sse.min.js", late)
    async with page.expect_request("**/playground/stream"):
        await _speak_as(page, "lilei")


async def test_it_works_without_javascript(browser: Browser, demo: str) -> None:
    context = await browser.new_context(java_script_enabled=False, base_url=demo)
    page = await context.new_page()
    await _speak_as(page, "lilei")
    await page.locator("#text").fill("@Golive 帮助")
    await page.get_by_role("button", name="发送").click()
    for _ in range(40):
        if await page.get_by_text("我能帮你做什么").count():
            break
        await page.reload()
    await expect(page.get_by_text("我能帮你做什么")).to_be_visible()
    await context.close()


LOOKS: tuple[dict[str, Any], ...] = (
    {"lang": "zh", "color_scheme": "light", "width": 1366},
    {"lang": "en", "color_scheme": "dark", "width": 1366},
    {"lang": "zh", "color_scheme": "dark", "width": 390},
    {"lang": "en", "color_scheme": "light", "width": 390},
)


async def test_axe_finds_nothing_in_any_look(page: Page) -> None:
    await _speak_as(page, "chenjing")
    for command, shows in (
        ("帮助", "我能帮你做什么"),
        ("项目", "接下来的里程碑"),
        ("设置", "项目设置"),
    ):
        await page.locator(".tries").get_by_role("button", name=command, exact=True).click()
        await expect(page.get_by_role("article").filter(has_text=shows)).to_be_visible()
    for look in LOOKS:
        await page.set_viewport_size({"width": look["width"], "height": 800})
        await page.emulate_media(color_scheme=look["color_scheme"])
        for path in ("", "/understanding", "/faq"):
            await page.goto(f"/playground{path}?as=chenjing&lang={look['lang']}")
            if path:
                await page.locator(".tries").get_by_role("button").first.click()
                await expect(page.get_by_role("article").first).to_be_visible()
            found = await Axe().run(page)
            assert found.violations_count == 0, f"{look}\n{found.generate_report()}"
            across = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert across <= 0, f"{path} {look} scrolls sideways by {across}"


async def test_everything_can_be_reached_with_the_keyboard(page: Page) -> None:
    await _speak_as(page, "lilei")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="跳到输入框")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("@Golive 项目")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("接下来的里程碑")).to_be_visible()


async def test_a_pasted_text_is_explained(page: Page) -> None:
    await _speak_as(page, "chenjing")
    await page.get_by_role("link", name="看懂了什么").click()
    await page.locator("#text").fill("<b>昨天导完期初</b>，今天对账，接口方一直没人回")
    await page.get_by_role("button", name="看看").click()
    taken = page.get_by_role("status")
    await expect(taken).to_contain_text("阻碍")
    await expect(taken).to_contain_text("一直没人回")
    await expect(taken).to_contain_text("<b>昨天导完期初")
    await page.get_by_role("button", name="麻烦把蓝图签字延到").click()
    await expect(taken).to_contain_text("里程碑延期")
    await expect(taken).to_contain_text("名称“蓝图签字”")
    await page.get_by_role("link", name="回到聊天").click()
    await expect(page.locator("#composer")).to_be_visible()
