"""The form page: one link, one person, one browser, once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest

from tests.acceptance.dingtalk_day import GROUP, Day, day, given_project
from tests.fakes.dingtalk import DingTalkServer, running

PUBLIC = "https://golive.example"


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running(DingTalkServer()) as server:
        yield server


async def link_for(one: Day, who: str) -> str:
    """The path of the form link in the newest private message."""
    card = one.seen("还差你一份", who)[-1]
    assert "填写表单" in card.words
    (page,) = re.findall(r"page/link\?url=([^&\"]+)&pc_slide=true", card.words)
    assert unquote(page).startswith(f"{PUBLIC}/form/")
    return unquote(page).removeprefix(PUBLIC)


def browser(one: Day) -> httpx.AsyncClient:
    """Another browser, with cookies of its own."""
    return httpx.AsyncClient(transport=one.http._transport, base_url=PUBLIC)


def form_in(page: str) -> str:
    """Where the page's first form goes."""
    first = re.findall(r'action="([^"]+)"', page)[0]
    return html.unescape(first)


FILLED = {"button": "0", "done": "接口联调", "plan": "写手册", "blockers": ""}


async def test_a_form_is_filled_in_once_by_its_person(
    dingtalk: DingTalkServer, any_url: str
) -> None:
    async with day(any_url, dingtalk, public_url=PUBLIC) as one:
        await given_project(one)
        await one.at("10:16")
        path = await link_for(one, "eng0")
        async with browser(one) as mine, browser(one) as other:
            page = await mine.get(path)
            assert page.status_code == 200
            assert "昨天完成" in page.text
            assert "HttpOnly" in page.headers["set-cookie"]
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert page.headers["cache-control"] == "no-store"

            stranger = await other.get(path)
            assert stranger.status_code == 403
            assert "另一台设备" in stranger.text
            assert (await other.post(path, data=FILLED)).status_code == 403

            path = form_in(page.text)
            half = await mine.post(path, data=FILLED | {"plan": ""})
            assert "还差：今天计划" in half.text
            assert "接口联调" in half.text, "what was typed is still there"

            done = await mine.post(path, data=FILLED)
            assert "已提交" in done.text
            await one.settle()
            again = await mine.get(path)
            assert again.status_code == 410
            assert "已经提交过" in again.text
            stale = await mine.post(path, data=FILLED | {"done": "别的"})
            assert stale.status_code in (403, 410)
        await one.at("10:31")
        assert "接口联调" in one.seen("每日站会汇总", GROUP)[-1].words


async def test_a_link_ends_with_its_round_with_time_and_with_any_change(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk, public_url=PUBLIC) as one:
        await given_project(one)
        await one.at("10:16")
        path = await link_for(one, "eng1")
        async with browser(one) as mine:
            head, _, tail = path.rpartition(".")
            for wrong in (f"{head}.{tail[:-2]}xx", f"{path}x", "/form/x", "/form/", path[:-8]):
                assert (await mine.get(wrong)).status_code in (404, 410), wrong
            assert (await mine.get(path)).status_code == 200
            await one.at("10:31")
            closed = await mine.get(path)
            assert closed.status_code == 410
            assert "已经截止" in closed.text
            await one.at("23:59")
            one.clock.move_to(one.clock.now().replace(day=one.clock.now().day + 3))
            assert "过期" in (await mine.get(path)).text


async def test_odd_bodies_are_answered_in_words(dingtalk: DingTalkServer, sqlite_url: str) -> None:
    async with day(sqlite_url, dingtalk, public_url=PUBLIC) as one:
        await given_project(one)
        await one.at("10:16")
        path = await link_for(one, "eng2")
        async with browser(one) as mine:
            assert (await mine.post(path, data=FILLED)).status_code == 403, "not opened yet"
        async with browser(one) as mine:
            path = await _fresh(one, "eng2")
            page = await mine.get(path)
            for body in (b"", b"\xff", b"x=1", b"a" * 2_000_000):
                answer = await mine.post(path, content=body)
                assert answer.status_code == 400, body[:20]
                assert "返回重填" in answer.text
            for wrong in ("", "?form=", "?form=0000", "?form=" + "x" * 5000):
                assert (await mine.post(path + wrong, data=FILLED)).status_code == 410, wrong[:20]
            path = form_in(page.text)
            foreign = await mine.post(path, data=FILLED, headers={"Sec-Fetch-Site": "cross-site"})
            assert foreign.status_code == 410
            nasty = "<script>alert(1)</script>"
            shown = await mine.post(path, data=FILLED | {"plan": "", "done": nasty})
            assert "<script>" not in shown.text


async def _fresh(one: Day, who: str) -> str:
    """A new link, asked for in private."""
    await one.says(who, "填站会", private=True)
    return await link_for(one, who)


async def test_a_group_never_gets_a_link_and_without_an_address_nobody_does(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk, public_url=PUBLIC) as one:
        await given_project(one)
        await one.at("10:16")
        assert all("/form/" not in sent.words for sent in dingtalk.messages(GROUP))


async def test_without_a_public_address_there_is_no_page(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.at("10:16")
        assert "填写表单" not in one.seen("还差你一份", "eng0")[-1].words
        assert (await one.http.get("/form/x")).status_code == 404
