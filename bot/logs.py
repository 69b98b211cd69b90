"""Structured logs in which no secret can appear."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

# What identifies a bearer or a link that works like a password, whoever logs it.
_LOOKS_SECRET = re.compile(
    r"(Bearer\s+|[?&](?:access_token|access_key|ticket|session|sign|token)=)[^\s&\"']+",
    re.IGNORECASE,
)

# Control characters, line and paragraph separators, and what turns the direction of text.
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Redactor:
    """Replaces known secrets, and what looks like one, in every field of a record."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({s for s in secrets if len(s) >= 6}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, words: str) -> str:
        cleaned = self._known.sub("***", words) if self._known else words
        return _LOOKS_SECRET.sub(r"\1***", cleaned)

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def __call__(
        self, _: Any, __: str, record: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {key: self.value(value) for key, value in record.items()}


def set_up(level: str, form: str, secrets: Iterable[str]) -> None:
    """Send our logs and the libraries' through one chain to standard error.

    The redactor stands behind the formatting of exceptions, so that a traceback is cleaned too.
    Nothing inside a value can start a line of its own, move a terminal's cursor or turn its text
    around: what does not print is written escaped.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        Redactor(secrets),
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _one_line,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "apscheduler", "alembic", "uvicorn", "asyncio"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _one_line(_: Any, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _printed(value) for key, value in record.items()}


def _printed(value: Any) -> Any:
    match value:
        case str():
            return _UNPRINTED.sub(lambda it: it[0].encode("unicode_escape").decode(), value)
        case dict():
            return {key: _printed(inner) for key, inner in value.items()}
        case list():
            return [_printed(inner) for inner in value]
    return value


def get(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
