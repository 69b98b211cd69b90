"""One record is one line, whatever stands in it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs
from tests.hearing import logging_as

# What people may be called or write: lines of their own, a terminal's orders, turned text.
NASTY = (
    "a\nlevel=error event=forged", "a\r\n2026-01-01 forged", "a\rforged", "\x1b[2J\x1b[31mred",
    "\x9b31m", "a\x85forged", "a\u2028forged\u2029", "\u202egnp.exe", "\u2066x\u2069", "\x00",
    "\x08\x08", "\x0b\x0c", "\x7f", 'a" level=error b="', '{"event": "forged"}', "a\tb", "\ud800",
)  # fmt: skip
FORBIDDEN = frozenset("\r\x00\x08\x0b\x0c\x1b\x7f\x85\x9b\u2028\u2029\u202e\u2066\u2069")


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    with logging_as("INFO"):
        yield request.param


@pytest.mark.parametrize("nasty", NASTY)
def test_a_record_is_one_line(form: str, nasty: str) -> None:
    written = io.StringIO()
    with contextlib.redirect_stderr(written):
        logs.set_up("DEBUG", form, ["canary-secret"])
        say(nasty)
    # A terminal breaks lines at more than the line feed.
    lines = written.getvalue().rstrip("\n").split("\n")
    assert not FORBIDDEN & set("".join(lines))
    assert len(lines) == 4
    assert "canary-secret" not in written.getvalue()
    if form == "json":
        records = [json.loads(line) for line in lines]
        assert [record["level"] for record in records] == ["info", "info", "warning", "error"]
        assert records[0]["event"] == "said"


def say(nasty: str) -> None:
    log = logs.get("test")
    log.info("said", who=nasty, many=[nasty], nested={"text": nasty})
    log.info(nasty, why="canary-secret")
    logging.getLogger("a.library").warning("it said %s", nasty)
    try:
        raise ValueError(nasty)
    except ValueError:
        log.exception("broken", text=nasty)
