"""The playground's pages defend themselves and carry what they promise."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx

import bot.platforms.playground as playground

STATIC = Path(playground.__file__).parent / "static"


def test_every_page_has_its_headers_and_strangers_are_turned_away(demo: str) -> None:
    with httpx.Client(base_url=demo, trust_env=False) as client:
        for path in ("", "/chat", "/side", "/inspect?message=none", "/understanding", "/faq"):
            headers = client.get(f"/playground{path}").headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
        assert client.get("/playground", headers={"Host": "evil.example"}).status_code == 403
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        for action in ("say", "press", "clock", "reset", "language", "understanding", "faq"):
            answer = client.post(f"/playground/{action}", headers=foreign)
            assert answer.status_code == 403, action
        assert client.get("/docs").status_code == 404
        assert client.get("/openapi.json").status_code == 404


def test_what_people_type_stays_text(demo: str) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)> \"'&amp;"
    with httpx.Client(base_url=demo, trust_env=False) as client:
        client.post("/playground/say?as=lilei", data={"text": nasty})
        page = client.get("/playground?as=lilei").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert" in page


def test_a_press_that_names_no_button_is_refused_in_words(demo: str) -> None:
    with httpx.Client(base_url=demo, trust_env=False) as client:
        for button in ("99", "-1", "x", ""):
            answer = client.post(
                "/playground/press?as=lilei&message=none",
                data={"button": button},
                headers={"HX-Request": "true"},
            )
            assert answer.status_code == 200
            assert "过期" in answer.text


def test_vendored_scripts_are_what_their_list_says() -> None:
    listed = re.findall(
        r"\| (\S+\.js) \| \S+ \| `([0-9a-f]{128})` \|",
        (STATIC / "vendor" / "README.md").read_text(encoding="utf-8"),
    )
    found = {
        path.name: hashlib.sha512(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").glob("*.js")
    }
    assert dict(listed) == found
