"""A real `golive demo` and a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.fakes.serving import free_port

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A loaded machine may take a while between a click and what it leads to.
expect.set_options(timeout=20_000)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def demo(served: str) -> str:
    """The demo's address; its sandbox is as it was at the start, as whoever resets it finds it."""
    answer = httpx.post(f"{served}/playground/reset", timeout=20, trust_env=False)
    assert answer.status_code == 303, answer.text
    return served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One process for all."""
    port, folder = free_port(), tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "bot", "demo", "--port", str(port), "--data", str(folder)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    ) as process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            assert "ready" in line, line
            yield f"http://127.0.0.1:{port}"
            process.terminate()
            process.wait(15)
        finally:
            process.kill()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium or Chrome on this machine; `make browser` installs one as root")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def page(browser: Browser, demo: str) -> AsyncIterator[Page]:
    """A page that fails its test when the browser's console complains."""
    complaints: list[str] = []
    context = await browser.new_context(
        base_url=demo, viewport={"width": 1366, "height": 900}, locale="zh-CN"
    )
    page = await context.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    assert complaints == []
