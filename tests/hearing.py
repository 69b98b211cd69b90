"""What the product says in its log, and another way of saying it for a while."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot import logs


def told(log: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The records of an event."""
    said = [record.msg for record in log.records if isinstance(record.msg, dict)]
    return [one for one in said if one["event"] == event]


@contextmanager
def logging_as(level: str, form: str = "text", secrets: Iterable[str] = ()) -> Iterator[None]:
    """Log as told; afterwards as before, so that the next test still hears what it listens for."""
    root = logging.getLogger()
    handlers, before = root.handlers[:], root.level
    logs.set_up(level, form, secrets)
    try:
        yield
    finally:
        logs.set_up("INFO", "text", [])
        root.handlers[:] = handlers
        root.setLevel(before)
