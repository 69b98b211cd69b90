"""The tests' fake Feishu as a process: `python -m benchmarks.fake_feishu PORT LATENCY`.

`GET /bench/sends` answers with every message that was sent: `[[seconds, chat], …]`, the seconds by
the machine's monotonic clock at the moment the call arrived.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.feishu import FeishuServer


def build(latency: float) -> FeishuServer:
    """A server that takes `latency` seconds for every call."""
    server = FeishuServer()
    server.fault = lambda _: latency

    async def sends(_: Request) -> Response:
        return JSONResponse(
            [
                [call.at, call.body.get("receive_id", "")]
                for call in list(server.calls)
                if call.method == "POST" and call.path.endswith("/im/v1/messages")
            ]
        )

    server.app.router.routes.insert(0, Route("/bench/sends", sends))
    return server


if __name__ == "__main__":
    uvicorn.run(
        build(float(sys.argv[2])).app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
    )
