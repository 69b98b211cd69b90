"""Feishu's long connection, in a process of its own: `python -m bot.platforms.feishu.line`.

lark-oapi's client holds the connection; around it are a quicker ping (its own is every two minutes,
too seldom to notice a dead line in time) and quicker reconnecting.
"""

from __future__ import annotations

import json
from typing import Any

from bot.child import ANSWER_WITHIN, Parent

RECONNECT = 5


def main() -> None:
    """Connect for as long as the parent lives."""
    parent = Parent()
    from lark_oapi.ws import Client  # noqa: PLC0415  (seconds of import, only in this process)

    class Watched(Client):  # type: ignore[misc]
        async def _handle_message(self, msg: bytes) -> None:
            parent.heard()
            await super()._handle_message(msg)

        async def _connect(self) -> None:
            await super()._connect()
            parent.connections += self._conn is not None

        def _configure(self, conf: Any) -> None:
            super()._configure(conf)
            self._ping_interval = parent.settings["ping"]
            self._reconnect_nonce = self._reconnect_interval = RECONNECT
            self._reconnect_count = -1

    class Handler:
        """In place of the SDK's dispatcher, which would parse and refuse on its own."""

        @staticmethod
        def _do_without_validation(payload: bytes) -> object:
            answer = parent.hand_over("push", json.loads(payload)).result(ANSWER_WITHIN)
            if answer is None:
                raise RuntimeError
            return answer or None

    client = Watched(
        parent.settings["app_id"],
        parent.settings["app_secret"],
        event_handler=Handler(),
        domain=parent.settings["base_url"],
    )
    parent.connected = lambda: client._conn is not None  # noqa: SLF001
    client.start()


if __name__ == "__main__":
    main()
