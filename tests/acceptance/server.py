"""Golive as operators run it: a process of its own, spoken to over HTTP as Feishu does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx

from tests.fakes import dingtalk, feishu
from tests.fakes.serving import free_port
from tests.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
BASE = {
    "FEISHU_APP_ID": feishu.APP_ID,
    "FEISHU_APP_SECRET": feishu.APP_SECRET,
    "FEISHU_ENCRYPT_KEY": feishu.ENCRYPT_KEY,
    "FEISHU_VERIFICATION_TOKEN": feishu.TOKEN,
    "LOG_LEVEL": "DEBUG",
    "LOG_FORMAT": "json",
}
# Those of the tests' settings, and how the tokens begin that the fakes give out.
SECRETS = (
    feishu.APP_SECRET,
    feishu.ENCRYPT_KEY,
    feishu.TOKEN,
    "t-fake-",
    dingtalk.CLIENT_SECRET,
    dingtalk.EVENT_TOKEN,
    dingtalk.EVENT_AES_KEY,
    dingtalk.CARD_SECRET,
)
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, within: float = 10.0) -> Found:
    """Look again and again until something true is seen, and give it back."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.02)
    return found


def environment(**settings: str) -> dict[str, str]:
    """Nothing of the environment that the tests run in but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | settings


def command(
    folder: Path, *words: str, settings: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """One `golive …` to its end, and the text that it wrote."""
    done = raw_command(folder, *words, settings=settings, stdin=stdin)
    told = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(words, done.returncode, *told)


def raw_command(
    folder: Path, *words: str, settings: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """One `golive …` to its end, and the bytes that it wrote."""
    with TemporaryDirectory() as name:
        given, output, errors = (Path(name) / each for each in ("given", "output", "errors"))
        given.write_text(stdin, encoding="utf-8")
        process = Forked(
            words,
            folder,
            environment(**(settings or {})),
            given=given,
            output=output,
            errors=errors,
        )
        try:
            code = process.wait(30)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, code, output.read_bytes(), errors.read_bytes())


class Golive:
    """One `golive serve`, which can be started again after its end."""

    def __init__(
        self,
        folder: Path,
        feishu_url: str,
        database_url: str,
        *,
        program: Sequence[str] = (),
        **settings: str,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / f"stderr-{self.port}.log"
        self.settings = {
            **BASE,
            "FEISHU_BASE_URL": feishu_url,
            "DATABASE_URL": database_url,
            **settings,
        }
        self._program = program  # for Python, if it is not Golive alone
        self.leaving = threading.Event()
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False
        )

    @property
    def process(self) -> subprocess.Popen[bytes] | Forked:
        assert self._process is not None
        return self._process

    def start(self, within: float = 60.0) -> Golive:
        self.leaving.clear()
        words = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        settings = environment(**self.settings)
        if self._program:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, *self._program, *words],
                    cwd=self.folder,
                    env=settings,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
        else:
            self._process = Forked(words, self.folder, settings, errors=self.log)
        try:
            until(self._up, "golive serve is ready", within)
        except BaseException:
            self.kill()
            raise
        return self

    def _up(self) -> bool:
        assert self.process.poll() is None, f"it ended:\n{self.stderr()[-2000:]}"
        return self.ready() == 200

    def ready(self) -> int:
        """The status of /readyz over a connection of its own; 0 if nobody answers."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            line.close()

    def get(self, path: str) -> httpx.Response:
        return self._http.get(path)

    def post(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return self._http.post("/webhook/feishu", content=body, headers=dict(headers))

    def sealed(self, event: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """An event's body and headers as Feishu sends them to this app."""
        header = {**event["header"], "token": self.settings["FEISHU_VERIFICATION_TOKEN"]}
        plain = json.dumps({**event, "header": header}, ensure_ascii=False).encode()
        key = self.settings["FEISHU_ENCRYPT_KEY"]
        body = feishu.encrypt(plain, key)
        return body, feishu.sign(body, key)

    def push(self, event: Mapping[str, Any]) -> httpx.Response:
        return self.post(*self.sealed(event))

    def tell(self, *events: Mapping[str, Any]) -> None:
        """Push events that must all be acknowledged, one after the other."""
        for event in events:
            answer = self.push(event)
            assert answer.status_code == 200, answer.text

    def tell_all(self, events: Iterable[Mapping[str, Any]], at_once: int = 8) -> list[int]:
        """Push events side by side; the status of each, 0 where no answer came."""

        def one(event: Mapping[str, Any]) -> int:
            try:
                return self.push(event).status_code
            except httpx.TransportError:
                return 0

        with ThreadPoolExecutor(at_once) as crowd:
            return list(crowd.map(one, events))

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all samples of that name with these labels."""
        return sum(value for have, value in self._samples(name) if labels.items() <= have.items())

    def owed(self) -> float:
        """How many rows wait or are being sent, in one look."""
        owed = ("pending", "sending")
        samples = self._samples("golive_outbox_rows")
        return sum(value for have, value in samples if have["state"] in owed)

    def _samples(self, name: str) -> list[tuple[dict[str, str], float]]:
        lines = self.get("/metrics").text.splitlines()
        found = [re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line) for line in lines]
        return [
            (dict(re.findall(r'(\w+)="([^"]*)"', one[2] or "")), float(one[3]))
            for one in found
            if one and one[1] == name
        ]

    def stderr(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait(10)

    def terminate(self) -> None:
        """SIGTERM; does not wait for the end."""
        self.leaving.set()
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Whatever the story was, its log at DEBUG holds no secret."""
        self._http.close()
        if self._process is not None and self._process.poll() is None:
            self.kill()
        said = self.stderr()
        assert [secret for secret in SECRETS if secret in said] == []
