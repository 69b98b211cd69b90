"""Read once what every process would read anew: program, models, patterns, calendars, libraries.
Tests' processes are forked from one that has imported this (`tests/forked.py`)."""

import aiosqlite  # noqa: F401
import anyio._backends._asyncio  # noqa: F401
import asyncpg  # type: ignore[import-untyped] # noqa: F401
import httpcore  # noqa: F401
import yaml  # noqa: F401

import tests.chaos.dying  # noqa: F401
from bot.calendars import Calendars
from bot.language.commands import understand
from bot.language.linear import load
from bot.language.standup import parse

for model in ("intents", "clauses", "risk_action", "risk_category", "risk_severity"):
    load(model)
for line in ("谁没填", "新项目 华鼎ERP", "风险 接口没给 @李雷 12月3日", "今天随便聊聊"):
    understand(line)
parse("昨天：接口联调\n今天：写手册\n阻塞：服务器还没到货")
Calendars().of("CN")
