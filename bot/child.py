"""The child's side of a long connection: a process that holds a platform's own client.

The clients of the platforms import slowly, block where they should wait and swallow what should
stop them, so each lives in a process that can be ended from outside. It is given its settings as
the first line on standard input and speaks in lines of JSON:

child to parent  `{"alive": {"connected": bool, "silent": seconds, "connections": count}}` every
                 two seconds,
                 `{"id": n, "kind": "…", "body": {…}}` for what the platform pushed
parent to child  `{"id": n, "answer": {…}}`, or with `null` when it could not be handled
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

BEAT = 2.0
# The platforms want their answer within three seconds; what takes longer they send again.
ANSWER_WITHIN = 2.5


class Parent:
    """The process that started this one."""

    def __init__(self) -> None:
        # The clients print; what they print may carry tickets, so it goes nowhere.
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        self.settings: dict[str, Any] = json.loads(sys.stdin.readline())
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._heard = time.monotonic()
        self.connections = 0
        self.connected: Callable[[], bool] = lambda: False
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()

    def heard(self) -> None:
        """The platform has been heard from."""
        self._heard = time.monotonic()

    def hand_over(self, kind: str, body: object) -> Future[Any]:
        """Give the parent what was pushed; its answer comes later, `None` if it has failed."""
        number = next(self._numbers)
        answer: Future[Any] = Future()
        self._waiting[number] = answer
        self._say({"id": number, "kind": kind, "body": body})
        return answer

    def _listen(self) -> None:
        for line in sys.stdin:
            said = json.loads(line)
            answer = self._waiting.pop(said["id"], None)
            if answer and not answer.done():
                answer.set_result(said["answer"])
        # The parent is gone.
        os._exit(0)

    def _beat(self) -> None:
        while True:
            silent = time.monotonic() - self._heard
            state = {"connected": bool(self.connected()), "silent": round(silent, 1)}
            self._say({"alive": state | {"connections": self.connections}})
            time.sleep(BEAT)

    def _say(self, what: object) -> None:
        with self._writing:
            try:
                self._out.write(json.dumps(what) + "\n")
                self._out.flush()
            except (BrokenPipeError, ValueError):
                os._exit(0)
