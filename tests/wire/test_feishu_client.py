"""The client against a Feishu over real HTTP: one token, errors by what helps, one message."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.responses import HTMLResponse, Response

from bot.core.clock import FrozenClock
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.port import DeliveryError, Trouble
from tests.fakes.feishu import APP_ID, APP_SECRET, BOT_OPEN_ID, Call, FeishuServer, error, running

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"
TEXT = {"text": "hello"}


@pytest.fixture(scope="module")
def served() -> Iterator[FeishuServer]:
    with running(FeishuServer()) as server:
        yield server


@pytest.fixture
def server(served: FeishuServer) -> FeishuServer:
    served.calls.clear()
    served.sent.clear()
    served.by_uuid.clear()
    served.valid_tokens.clear()
    served.members.clear()
    served.token_lasts = 7200
    served.fault = lambda _: None
    return served


@pytest_asyncio.fixture
async def client(server: FeishuServer, clock: FrozenClock) -> AsyncIterator[FeishuClient]:
    client = FeishuClient(server.url, APP_ID, SecretStr(APP_SECRET), clock)
    yield client
    await client.close()


def sends(answer: Callable[[], Response]) -> Callable[[Call], Response | None]:
    """A fault that answers every send and leaves the token alone."""
    return lambda call: None if call.path == TOKEN_PATH else answer()


async def failure(client: FeishuClient, uuid: str = "u1") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await client.send("chat", "oc_1", "text", TEXT, uuid)
    return caught.value


def asked(server: FeishuServer) -> int:
    return Counter(call.path for call in server.calls)[TOKEN_PATH]


async def test_thirty_calls_at_once_ask_for_one_token(
    client: FeishuClient, server: FeishuServer
) -> None:
    server.fault = lambda call: 0.1 if call.path == TOKEN_PATH else None
    sent = await asyncio.gather(
        *(client.send("chat", "oc_1", "text", TEXT, f"u{n}") for n in range(30))
    )
    assert len(set(sent)) == 30
    assert asked(server) == 1


async def test_the_token_is_renewed_when_less_than_half_an_hour_is_left(
    client: FeishuClient, server: FeishuServer, clock: FrozenClock
) -> None:
    await client.chat("oc_1")
    clock.move_to(clock.now() + timedelta(seconds=7200 - 30 * 60 - 1))
    await client.chat("oc_1")
    assert asked(server) == 1
    clock.move_to(clock.now() + timedelta(seconds=2))
    await client.chat("oc_1")
    assert asked(server) == 2


async def test_an_expired_token_is_renewed_once_and_the_call_made_again(
    client: FeishuClient, server: FeishuServer
) -> None:
    await client.chat("oc_1")
    server.valid_tokens.clear()
    assert await client.send("chat", "oc_1", "text", TEXT, "u1") in server.sent
    assert asked(server) == 2


async def test_many_calls_that_find_the_token_expired_renew_it_once(
    client: FeishuClient, server: FeishuServer
) -> None:
    await client.chat("oc_1")
    server.valid_tokens.clear()
    await asyncio.gather(*(client.send("chat", "oc_1", "text", TEXT, f"u{n}") for n in range(20)))
    assert len(server.sent) == 20
    assert asked(server) == 2


async def test_a_token_that_is_never_taken_is_not_asked_for_for_ever(
    client: FeishuClient, server: FeishuServer
) -> None:
    server.fault = sends(lambda: error(99991663, "token invalid", 400))
    assert (await failure(client)).trouble is Trouble.PASSING
    assert asked(server) == 2


@pytest.mark.parametrize("header", ["x-ogw-ratelimit-reset", "X-Ogw-Ratelimit-Reset"])
async def test_what_feishu_says_to_wait_is_passed_on(
    client: FeishuClient, server: FeishuServer, header: str
) -> None:
    server.fault = sends(lambda: error(99991400, "request trigger frequency limit", 429,
                                       {header: "17"}))  # fmt: skip
    found = await failure(client)
    assert (found.trouble, found.wait) == (Trouble.BUSY, timedelta(seconds=17))


@pytest.mark.parametrize("told", ["", "soon", "-5", "nan", "inf", "1e99"])
async def test_a_nonsensical_wait_does_no_harm(
    client: FeishuClient, server: FeishuServer, told: str
) -> None:
    server.fault = sends(lambda: error(99991400, "limit", 429, {"x-ogw-ratelimit-reset": told}))
    found = await failure(client)
    assert found.trouble is Trouble.BUSY
    assert found.wait is None or timedelta() <= found.wait <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "status", "trouble"),
    [
        (230020, 400, Trouble.BUSY),
        (230002, 400, Trouble.GONE),
        (230099, 400, Trouble.CONTENT),
        (230013, 400, Trouble.DENIED),
        (424242, 400, Trouble.DENIED),
        (424242, 500, Trouble.PASSING),
        (0, 503, Trouble.PASSING),
    ],
)
async def test_errors_are_classed_by_what_can_be_done(
    client: FeishuClient, server: FeishuServer, code: int, status: int, trouble: Trouble
) -> None:
    server.fault = sends(lambda: error(code, "words", status))
    assert (await failure(client)).trouble is trouble


@pytest.mark.parametrize(
    ("body", "status"),
    [("<html>502 Bad Gateway</html>", 502), ("[]", 500), ("", 504)],
)
async def test_a_gateways_own_page_is_a_passing_trouble(
    client: FeishuClient, server: FeishuServer, body: str, status: int
) -> None:
    server.fault = sends(lambda: HTMLResponse(body, status))
    assert (await failure(client)).trouble is Trouble.PASSING


async def test_a_refused_connection_is_a_passing_trouble(clock: FrozenClock) -> None:
    client = FeishuClient("http://127.0.0.1:9", APP_ID, SecretStr(APP_SECRET), clock)
    assert (await failure(client)).trouble is Trouble.PASSING
    await client.close()


async def test_one_uuid_twice_is_one_message(client: FeishuClient, server: FeishuServer) -> None:
    first = await client.send("chat", "oc_1", "text", TEXT, "same")
    assert await client.send("chat", "oc_1", "text", TEXT, "same") == first
    assert len(server.messages("oc_1")) == 1


async def test_people_are_written_to_by_their_open_id(
    client: FeishuClient, server: FeishuServer
) -> None:
    message = await client.send("person", "ou_li", "text", TEXT, "u1")
    assert server.sent[message].to == "ou_li"


async def test_replies_edits_and_reactions_reach_their_message(
    client: FeishuClient, server: FeishuServer
) -> None:
    first = await client.send("chat", "oc_1", "interactive", {"schema": "2.0"}, "u1")
    answer = await client.reply(first, "text", TEXT, "u2")
    await client.edit(first, {"schema": "2.0", "body": {}})
    await client.react(first, "DONE")
    assert server.sent[answer].parent == first
    assert server.sent[first].faces == 2
    assert server.sent[first].reactions == ["DONE"]


async def test_the_bot_learns_its_own_id(client: FeishuClient) -> None:
    assert await client.bot_open_id() == BOT_OPEN_ID


async def test_the_members_of_a_chat_are_listed(client: FeishuClient, server: FeishuServer) -> None:
    server.members["oc_1"] = [{"member_id": f"ou_{n}", "name": f"N{n}"} for n in range(3)]
    assert [m["member_id"] async for m in client.members("oc_1")] == ["ou_0", "ou_1", "ou_2"]


@pytest.mark.parametrize("secret", ["wrong-secret-0123456789"])
async def test_a_wrong_secret_is_an_error_without_the_secret(
    server: FeishuServer, clock: FrozenClock, secret: str
) -> None:
    client = FeishuClient(server.url, APP_ID, SecretStr(secret), clock)
    found = await failure(client)
    await client.close()
    assert secret not in repr(found)
    assert secret not in str(found)
    assert found.trouble is Trouble.PASSING, "what is owed waits for the right secret"


async def test_no_error_tells_a_secret_or_a_token(
    client: FeishuClient, server: FeishuServer
) -> None:
    await client.chat("oc_1")
    token = next(iter(server.valid_tokens))
    for fault in (
        sends(lambda: error(230013, "denied", 400)),
        sends(lambda: HTMLResponse("<p>bad</p>", 502)),
        sends(lambda: error(99991663, "token invalid", 400)),
    ):
        server.fault = fault
        found = await failure(client)
        for hidden in (APP_SECRET, token, *server.valid_tokens):
            assert hidden not in repr(found)
            assert hidden not in str(found)


async def test_a_token_from_before_is_told_by_no_error_either(
    client: FeishuClient, server: FeishuServer
) -> None:
    server.fault = sends(lambda: error(230001, "t-fake-99 is old, t-g1044qe-.x too", 400))
    assert (await failure(client)).reason.count("***") == 2


async def test_an_id_leads_nowhere_else(client: FeishuClient, server: FeishuServer) -> None:
    """Whoever could choose an id of ours could otherwise choose the call that is made with it."""
    with pytest.raises(DeliveryError):
        await client.edit("../chats/oc_1?x=#", {"a": 1})
    paths = [call.path for call in server.calls if call.path != TOKEN_PATH]
    assert paths == ["/open-apis/im/v1/messages/../chats/oc_1%3Fx=%23"], "no query, no other call"
