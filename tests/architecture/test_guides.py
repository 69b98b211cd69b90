"""The guides name what exists: settings, addresses, files; their settings are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDES = ("feishu", "dingtalk", "dingtalk-cards")
ROUTES = {
    "/webhook/feishu",
    "/webhook/dingtalk",
    "/webhook/dingtalk/events",
    "/webhook/dingtalk/cards",
}
ELSEWHERE = {"POSTGRES_PASSWORD", "PORT"}


def _texts() -> Iterator[tuple[str, str]]:
    for name in GUIDES:
        for ending in (".md", ".zh-CN.md"):
            yield f"{name}{ending}", (ROOT / "docs" / f"{name}{ending}").read_text("utf-8")


def _settings(text: str) -> list[dict[str, str]]:
    """The blocks of settings, with what is commented out left out."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    found = [dict(re.findall(r"^([A-Z][A-Z_]+)=(\S*)", block, re.MULTILINE)) for block in blocks]
    return [block for block in found if block]


def test_every_setting_and_address_in_a_guide_exists() -> None:
    known = {name.upper() for name in Settings.model_fields} | ELSEWHERE
    for name, text in _texts():
        words = re.findall(r"\b((?:FEISHU|DINGTALK|PUBLIC|DATABASE|LOG)_[A-Z_]+)\b", text)
        assert set(words) <= known, (name, set(words) - known)
        assert set(re.findall(r"/webhook/[a-z/]+[a-z]", text)) <= ROUTES, name


def test_every_link_in_a_document_leads_somewhere() -> None:
    for path in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+?)(?:#[^)]*)?\)", path.read_text("utf-8")):
            if "://" not in link:
                assert (path.parent / link).exists(), (path.name, link)


def test_both_languages_give_the_same_settings() -> None:
    texts = dict(_texts())
    for name in GUIDES:
        english, chinese = (
            {key for block in _settings(texts[f"{name}{ending}"]) for key in block}
            for ending in (".md", ".zh-CN.md")
        )
        assert english == chinese, name


@pytest.mark.parametrize("name", ["feishu", "dingtalk"])
def test_the_settings_of_a_guide_are_taken_as_they_stand(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [b for b in _settings(dict(_texts())[f"{name}.md"]) if f"{name.upper()}_" in str(b)]
    assert blocks
    for block in blocks:
        with monkeypatch.context() as environment:
            for key, value in block.items():
                environment.setenv(key, value)
            assert Settings(_env_file=None)
