"""What the acceptance tests stand on: a fake Feishu, and Golive as a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import Golive
from tests.fakes.feishu import FeishuServer, running

Make = Callable[..., Golive]


@pytest.fixture
def feishu() -> Iterator[FeishuServer]:
    with running(FeishuServer()) as server:
        yield server


@pytest.fixture
def golive(tmp_path: Path, feishu: FeishuServer) -> Iterator[Make]:
    """Starts processes that end with the test."""
    made: list[Golive] = []

    def make(database_url: str, **named: object) -> Golive:
        one = Golive(tmp_path, feishu.url, database_url, **named)  # type: ignore[arg-type]
        made.append(one)
        return one.start()

    yield make
    for one in made:
        one.end()
