"""Processes that are forked from one that has imported everything.

A start so costs a fraction of what Python's imports cost. The container's steps, the demo and what
a test writes for itself begin from nothing: elsewhere.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

NOWHERE = Path(os.devnull)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.warm"])


class Forked:
    """`golive …` with what tests ask of a `subprocess.Popen`; what it says is added to files."""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        settings: Mapping[str, str],
        *,
        errors: Path,
        output: Path = NOWHERE,
        given: Path = NOWHERE,
    ) -> None:
        self._words = list(words)
        files = (given, output, errors)
        self._process = FORKS.Process(target=_run, args=(self._words, folder, settings, files))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._words, timeout)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(
    words: Sequence[str], folder: Path, settings: Mapping[str, str], files: Sequence[Path]
) -> None:
    given, *told = files
    os.dup2(os.open(given, os.O_RDONLY), 0)
    for number, path in enumerate(told, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    sys.argv = ["golive", *words]
    from bot.cli import main

    main()
