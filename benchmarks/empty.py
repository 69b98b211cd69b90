"""The yardstick: a FastAPI handler that does nothing. `python -m benchmarks.empty PORT`."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/up")
async def up() -> dict[str, str]:
    """For whoever waits until it is up."""
    return {}


@app.post("/webhook/feishu")
async def nothing() -> dict[str, str]:
    """The path is Golive's, so that the very same bytes can be sent to both."""
    return {}


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        http="httptools",
    )
