"""Another way of logging for a while."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot import logs


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
