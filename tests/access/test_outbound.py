"""Whatever address comes in from outside: nobody but the configured host is ever called."""

from __future__ import annotations

from starlette.responses import Response

from tests.acceptance.dingtalk_day import GROUP, Day, day
from tests.fakes import dingtalk_push as push
from tests.fakes.dingtalk import REPLY_PATH, Call, DingTalkServer, running

# `{own}` is the host that was configured, `{evil}` one that counts whoever calls it.
SESSIONS = (
    "http://{evil}{path}",
    "http://{own}@{evil}{path}",
    "http://user:pw@{evil}{path}",
    "http://{own}:pw@{evil}{path}",
    "http://{evil}#@{own}{path}",
    "http://{evil}?@{own}{path}",
    "http://{evil}/{own}{path}",
    "http://{evil}\\@{own}{path}",
    "http://{own}\\@{evil}{path}",
    "http://{own}\\.{evil}{path}",
    "http:\\\\{evil}{path}",
    "http:/{evil}{path}",
    "http:///{evil}{path}",
    "//{evil}{path}",
    "\\\\{evil}{path}",
    "{evil}{path}",
    "http://{own}%40{evil}{path}",
    "http://{own}%2f@{evil}{path}",
    "http://{own}%00@{evil}{path}",
    "http://{own}%0d%0aHost:%20{evil}{path}",
    "http://{own}\r\nHost: {evil}{path}",
    "http://{own}\t@{evil}{path}",
    "http://{own}\n@{evil}{path}",
    " http://{evil}{path}",
    "\thttp://{evil}{path}",
    "ht\ntp://{evil}{path}",
    "HTTP://{evil}{path}",
    "hTTp://{own}@{evil}{path}",
    "http://127。0。0。1:{port}{path}",
    "http://127．0．0．1:{port}{path}",
    "http://１２７.0.0.1:{port}{path}",
    "http://127.1:{port}{path}",
    "http://2130706433:{port}{path}",
    "http://0x7f000001:{port}{path}",
    "http://0177.0.0.1:{port}{path}",
    "http://127.0.0.1.:{port}{path}",
    "http://localhost:{port}{path}",
    "http://LOCALHOST.:{port}{path}",
    "http://ⓛocalhost:{port}{path}",
    "http://[::ffff:127.0.0.1]:{port}{path}",
    "http://[::ffff:7f00:1]:{port}{path}",
    "http://[::1]:{port}{path}",
    "http://0.0.0.0:{port}{path}",
    "http://{own}/robot/../..//{evil}{path}",
    "http://{own}{path}&next=http://{evil}/",
    "http://{own}{path}#http://{evil}/",
    "http://{own}{path} http://{evil}{path}",
    "http://{own}/redirect?url=http://{evil}{path}",
    "data:text/plain,{evil}",
    "file:///etc/passwd",
    "file://{evil}/etc/passwd",
    "ftp://{evil}{path}",
    "gopher://{evil}{path}",
    "javascript:fetch('http://{evil}')",
    "jar:http://{evil}!/",
    "unix:///var/run/docker.sock",
)


def session_body(one: Day, address: object, number: int) -> dict[str, object]:
    """In private, each time of somebody else: a group is answered twenty times a minute."""
    body = push.robot_message(f"u{number}", "帮助", private=True, created_ms=int(one.stamp()))
    return {**body, "sessionWebhook": address}


def forms(own: str, evil: str) -> list[str]:
    path, port = f"{REPLY_PATH}?session=x", evil.rpartition(":")[2]
    return [form.format(own=own, evil=evil, path=path, port=port) for form in SESSIONS]


async def test_no_session_address_leads_elsewhere(sqlite_url: str) -> None:
    with running(DingTalkServer()) as own, running(DingTalkServer()) as evil:
        hosts = [server.url.removeprefix("http://") for server in (own, evil)]
        async with day(sqlite_url, own) as one:
            for number, address in enumerate(forms(*hosts)):
                answer = await one.push(session_body(one, address, number))
                assert answer.status_code == 200, address
                assert not evil.calls, address
            # They are all answered, by calls to the host that was configured and with a token.
            answers = [call for call in own.calls if call.path.startswith("/v1.0/robot/oToM")]
            assert len(answers) == len(SESSIONS)
            assert not [call for call in own.calls if call.path == REPLY_PATH]
            # A session of our own host's is used, to show that it could have been.
            await one.says("pm", "帮助")
            assert [call for call in own.calls if call.path == REPLY_PATH]


async def test_a_redirect_is_not_followed(sqlite_url: str) -> None:
    """Not by an answer, a counted call, an upload or a download."""
    with running(DingTalkServer()) as own, running(DingTalkServer()) as evil:
        turned: set[str] = set()

        def astray(call: Call) -> Response | None:
            if call.path.startswith("/v1.0/oauth2/"):
                return None
            turned.add(call.path)
            status = (301, 302, 303, 307, 308)[len(own.calls) % 5]
            return Response(b"", status, {"Location": f"{evil.url}{call.path}"})

        async with day(sqlite_url, own) as one:
            await one.says("pm", "新项目 华鼎ERP")
            own.fault = astray
            for _ in range(6):
                await one.says("pm", "帮助")
                await one.says("pm", "帮助", private=True)
                await one.says("pm", "我的成长 导出 Word", private=True)
            for code in ("f1", "f2"):
                await one.push(given_file(one, code))
            assert len(turned) > 1, "calls of several kinds"
            assert not evil.calls


def given_file(one: Day, code: str) -> dict[str, object]:
    content = {"downloadCode": code, "fileName": "计划.xlsx"}
    return push.robot_message(
        "pm", chat=GROUP, msgtype="file", content=content, private=True, base=one.dingtalk.url,
        created_ms=int(one.stamp()),
    )  # fmt: skip


def test_there_are_many_ways() -> None:
    assert len(set(SESSIONS)) >= 40
