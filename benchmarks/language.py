"""How long a text takes to be understood, what the worst text takes, and what the import costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.results import Figure
from bot import evaluate
from bot.calendars import Calendars
from bot.language import commands, dates, prose, risk, standup
from bot.language.grams import shape

LABELLED = Path(__file__).parent.parent / "tests" / "data" / "chat"
SEEN = dates.Seen(
    datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Asia/Shanghai")), Calendars().of("CN")
)
TAKE: dict[str, Callable[[str], object]] = {
    "standup": standup.parse,
    "risk": risk.read,
    "dates": lambda text: dates.read(text, SEEN),
    "commands": commands.understand,
}
# Long, and each hard on some pattern.
NASTY = ("测" * 100_000, "看一下" * 30_000, "1." * 50_000, "昨天：" * 30_000, "\n" * 100_000,
         "a " * 50_000, "麻烦请帮我" * 20_000, "周一到周五" * 20_000, "，" * 100_000)  # fmt: skip
_IMPORT = """
import time, psutil
before = psutil.Process().memory_info().rss
start = time.perf_counter()
from bot.language import commands, dates, risk, standup, taken
spent = time.perf_counter() - start
print(spent, (psutil.Process().memory_info().rss - before) / 2**20)
from datetime import datetime
taken.take("昨天导完，今天对账，接口还没人回", dates.Seen(datetime(2026, 1, 1)))
print((psutil.Process().memory_info().rss - before) / 2**20)
"""


def run(*, quick: bool) -> Iterator[Figure]:
    """One core, one process; every text several times, its best time."""
    rounds = 3 if quick else 7
    for kind, take in TAKE.items():
        texts = [row["text"] for row in evaluate.load(LABELLED / f"{kind}.jsonl", kind)]
        take(texts[0])
        spent = sorted(min(_ms(take, text) for _ in range(rounds)) for text in texts)
        yield Figure(f"{kind}: a text, median", spent[len(spent) // 2], "ms")
        yield Figure(f"{kind}: a text, p99", spent[int(len(spent) * 0.99)], "ms", at_most=2)
        worst = max(min(_ms(take, text) for _ in range(rounds)) for text in NASTY)
        yield Figure(f"{kind}: the worst of 100,000 letters", worst, "ms", at_most=50)
    found = [_imported() for _ in range(rounds)]
    yield Figure("import of bot.language", min(one[0] for one in found), "ms", at_most=150)
    yield Figure("  memory that it takes", min(one[1] for one in found), "MB", at_most=20)
    yield Figure("  and with its models, after the first text", min(one[2] for one in found), "MB")


def _ms(take: Callable[[str], object], text: str) -> float:
    prose.tell.cache_clear()
    shape.cache_clear()
    start = time.perf_counter()
    take(text)
    return (time.perf_counter() - start) * 1000


def _imported() -> tuple[float, float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True
    )
    seconds, megabytes, later = map(float, done.stdout.split())
    return seconds * 1000, megabytes, later
