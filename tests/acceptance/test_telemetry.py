"""A collector is told of pushes where one is named, and of nothing that opens anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.core.errors import SetupError
from bot.telemetry import telemetry
from tests.acceptance.conftest import Make
from tests.acceptance.crowd import questions
from tests.acceptance.server import command, until
from tests.fakes.feishu import FeishuServer

ANYWHERE = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Collector:
    """Takes OTLP over HTTP and keeps the bodies by path."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {}

    def told(self, path: str) -> bytes:
        return b"".join(self.bodies.get(path, ()))

    @contextmanager
    def serving(self) -> Iterator[str]:
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                bodies.setdefault(self.path, []).append(body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def test_a_collector_is_told_of_pushes_by_their_ids_and_of_nothing_else(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    collector = Collector()
    soon = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
    with collector.serving() as address:
        bot = golive(
            sqlite_url, **soon, **{ANYWHERE: address, "PUBLIC_URL": "https://golive.example"}
        )
        asked = questions(3)
        bot.tell(*asked)
        assert bot.get("/form/a-secret-token").status_code == 404
        assert bot.get("/metrics").status_code == 200
        ids = [event["header"]["event_id"].encode() for event in asked]
        until(lambda: all(id_ in collector.told("/v1/traces") for id_ in ids), "traces")
        until(lambda: b"http.server.request.duration" in collector.told("/v1/metrics"), "metrics")
        bot.end()
    everything = b"".join(map(collector.told, collector.bodies))
    assert b"/webhook/feishu" in everything
    for never in (b"a-secret-token", b"/form", b"/metrics", "帮助".encode()):
        assert never not in everything
    assert set(collector.bodies) == {"/v1/traces", "/v1/metrics"}


def test_without_a_collector_nothing_is_measured_for_one() -> None:
    config = telemetry({})
    assert [config[name] for name in ("auto_configure", "tracing", "metrics", "logs")] == [
        False
    ] * 4


def test_a_collector_without_the_exporter_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SetupError, match=r"install golive\[telemetry\]"):
        telemetry({ANYWHERE: "http://collector:4318"})


def test_a_collector_for_traces_alone_gets_traces_alone() -> None:
    config = telemetry({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"})
    assert (config["auto_configure"], config["tracing"], config["metrics"]) == (True, True, False)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({ANYWHERE: "collector:4318"}, "begins with http"),
        ({ANYWHERE: "http://"}, "begins with http"),
        ({ANYWHERE: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "port 4318"),
    ],
)
def test_a_collector_that_cannot_be_told_stops_the_start_with_one_sentence(
    environ: dict[str, str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(SetupError, match=says):
        telemetry(environ)
    url = f"sqlite+aiosqlite:///{tmp_path}/golive.db"
    settings = {"PLAYGROUND": "true", "DATABASE_URL": url} | environ
    done = command(tmp_path, "serve", "--host", "127.0.0.1", settings=settings)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
