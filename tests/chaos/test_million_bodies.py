"""Up to a million hostile requests; the short form is in `tests/wire/test_hostile_bodies.py`.

A million takes an hour on two processors, so 20,000 are what is sent unless more are wanted:
`GOLIVE_BODIES=1000000 pytest -m slow tests/chaos/test_million_bodies.py -s` sends them all and
prints what came of them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from bot import logs
from tests import attack

BODIES = int(os.environ.get("GOLIVE_BODIES", "20000"))
# Of a hundred; the playground draws whole pages, so a hundredth of all is enough to ask of it.
SHARES = {"feishu": 66, "dingtalk": 25, "presses": 4, "forms": 5}
PLAYGROUND = 0.01


def _attack(url: str, count: int, seed: int, kind: str) -> attack.Outcome:
    """In a process of its own, so that the processors share the work."""
    logs.set_up("INFO", "text", [])

    async def run() -> attack.Outcome:
        stage = (
            attack.playground(url, seed)
            if kind == "playground"
            else attack.platforms(url, SHARES, seed)
        )
        async with stage as target:
            return await target.attack(count)

    return asyncio.run(run())


@pytest.mark.slow(minutes=2)
def test_hostile_requests_without_end_do_no_harm(empty_sqlite: Path, tmp_path: Path) -> None:
    visits = round(BODIES * PLAYGROUND)
    each = (BODIES - visits) // 2
    jobs = [(each, "platforms"), (each, "platforms"), (visits, "playground")]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        running = []
        for seed, (count, kind) in enumerate(jobs, start=101):
            path = shutil.copy(empty_sqlite, tmp_path / f"{seed}.db")
            running.append(pool.submit(_attack, f"sqlite+aiosqlite:///{path}", count, seed, kind))
        outcomes = [one.result() for one in running]
    for outcome in outcomes:
        sent = outcome.statuses.total()
        print(  # noqa: T201
            f"\n{sent:,} in {outcome.seconds:.0f} s ({sent / outcome.seconds:.0f}/s), "
            f"{outcome.grown / 2**20:+.1f} MB, {dict(outcome.heard)}, "
            f"{ ({s: outcome.of(s) for s in sorted({s for _, s in outcome.statuses})}) }"
        )
        assert outcome.wrong == []
        assert outcome.grown < 20 * 1024 * 1024
    assert sum(outcome.statuses.total() for outcome in outcomes) == 2 * each + visits
