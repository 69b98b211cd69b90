"""DingTalk's stream, in a process of its own: `python -m bot.platforms.dingtalk.line`.

dingtalk-stream's client holds the connection. Around it: its log, which would show tickets, is
silent; pings whose answer is waited for notice a line that is dead without being closed; and what
is pushed is acknowledged only when it has been handled.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

from bot.child import ANSWER_WITHIN, Parent

PONG_WITHIN = 10.0
ROBOT, CARD = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"


def main() -> None:
    """Connect for as long as the parent lives."""
    parent = Parent()
    # Read by the client when it is imported.
    os.environ["DINGTALK_OPENAPI_ENDPOINT"] = parent.settings["base_url"]
    import dingtalk_stream  # noqa: PLC0415
    from dingtalk_stream.frames import AckMessage, Headers  # noqa: PLC0415
    from websockets.protocol import State  # noqa: PLC0415

    quiet = logging.getLogger("dingtalk")
    quiet.disabled = True

    class Watched(dingtalk_stream.DingTalkStreamClient):  # type: ignore[misc]
        async def route_message(self, json_message: dict[str, Any]) -> Any:
            parent.heard()
            return await super().route_message(json_message)

        async def keepalive(self, ws: Any, ping_interval: float = 0) -> None:
            parent.connections += 1
            while ws.state is State.OPEN:
                try:
                    async with asyncio.timeout(min(PONG_WITHIN, parent.settings["ping"])):
                        await (await ws.ping())
                    parent.heard()
                except Exception:  # noqa: BLE001  (whatever it is, the line is dead)
                    await ws.close()
                    return
                await asyncio.sleep(parent.settings["ping"])

    async def handed(kind: str, message: Any, body: object) -> Any:
        ack = AckMessage()
        ack.headers.message_id = message.headers.message_id
        ack.headers.content_type = Headers.CONTENT_TYPE_APPLICATION_JSON
        ack.message, ack.data = "OK", {"response": {}}
        answer: object = None
        try:
            future = asyncio.wrap_future(parent.hand_over(kind, body))
            answer = await asyncio.wait_for(future, ANSWER_WITHIN)
        except TimeoutError:
            pass
        if kind == "event":
            ack.data = {"status": "LATER" if answer is None else "SUCCESS", "message": ""}
        elif answer is None:
            ack.code, ack.message = AckMessage.STATUS_SYSTEM_EXCEPTION, "later"
        elif answer:
            ack.data = {"response": answer}
        return ack

    class Callback(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
        def __init__(self, kind: str) -> None:
            super().__init__()
            self._kind = kind

        async def raw_process(self, callback_message: Any) -> Any:
            frame = {"golive_frame": str(callback_message.headers.message_id)}
            return await handed(self._kind, callback_message, {**callback_message.data, **frame})

    class Happened(dingtalk_stream.EventHandler):  # type: ignore[misc]
        async def raw_process(self, event_message: Any) -> Any:
            headers = event_message.headers
            known = {"eventType": headers.event_type, "eventId": headers.event_id}
            return await handed("event", event_message, {**event_message.data, **known})

    credential = dingtalk_stream.Credential(
        parent.settings["client_id"], parent.settings["client_secret"]
    )
    client = Watched(credential, quiet)
    client.register_all_event_handler(Happened())
    client.register_callback_handler(ROBOT, Callback("robot"))
    client.register_callback_handler(CARD, Callback("card"))
    parent.connected = lambda: client.websocket is not None and client.websocket.state is State.OPEN
    asyncio.run(client.start())


if __name__ == "__main__":
    main()
