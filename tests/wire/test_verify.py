"""Each way in which a push can be not authentic, one flaw at a time, with what our log says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.platforms.dingtalk import verify as ding
from bot.platforms.feishu import verify as feishu
from bot.platforms.port import Unauthentic, Unreadable

KEY, TOKEN = "encrypt-key", "token"
KEYS = feishu.Keys(TOKEN, KEY)
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
STAMP = str(round(NOW.timestamp() * 1000))
SECRET = "client-secret"
AES = base64.b64encode(bytes(range(32))).decode().rstrip("=")
EVENTS = ding.EventKeys("event-token", AES, "dingowner")


def cbc(key: bytes, iv: bytes, padded: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def padded(plain: bytes, block: int) -> bytes:
    count = block - len(plain) % block
    return plain + bytes([count]) * count


# --- Feishu ---------------------------------------------------------------------------------------

HELLO = {"type": "url_verification", "token": TOKEN, "challenge": "c"}
EVENT = {"schema": "2.0", "header": {"token": TOKEN, "event_id": "e"}, "event": {}}


def sealed(value: object, *, pad: Callable[[bytes], bytes] = lambda raw: padded(raw, 16)) -> str:
    plain = value if isinstance(value, bytes) else json.dumps(value).encode()
    raw = cbc(hashlib.sha256(KEY.encode()).digest(), b"i" * 16, pad(plain))
    return base64.b64encode(b"i" * 16 + raw).decode()


def encrypted(value: object, **how: Any) -> bytes:
    return json.dumps({"encrypt": sealed(value, **how)}).encode()


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    right = hashlib.sha256(("1" + "2" + key).encode() + body).hexdigest()
    return {
        "x-lark-signature": right,
        "x-lark-request-timestamp": "1",
        "x-lark-request-nonce": "2",
    }


def test_feishus_signed_and_encrypted_push_opens() -> None:
    body = encrypted(EVENT)
    assert feishu.open_push(signed(body), body, KEYS) == EVENT


def test_feishus_signed_push_needs_no_token_but_no_wrong_one() -> None:
    """The signature is proof enough; where a token is there, it is ours."""
    bare = {"schema": "2.0", "header": {"event_id": "e"}}
    for body in (encrypted(bare), json.dumps(bare).encode()):
        assert feishu.open_push(signed(body), body, KEYS) == bare
    for wrong in ({"header": {"token": "x"}}, {"token": "x"}, {"header": {"token": 5}}):
        for body in (encrypted(wrong), json.dumps(wrong).encode()):
            with pytest.raises(Unauthentic, match=r"^token$"):
                feishu.open_push(signed(body), body, KEYS)


def test_feishus_unsigned_handshake_needs_our_token() -> None:
    body = encrypted(HELLO)
    assert feishu.open_push({}, body, KEYS) == HELLO
    for wrong in (HELLO | {"token": "x"}, {"type": "url_verification", "challenge": "c"}):
        with pytest.raises(Unauthentic, match=r"^token$"):
            feishu.open_push({}, encrypted(wrong), KEYS)


def test_feishus_unsigned_push_is_no_event_even_encrypted() -> None:
    with pytest.raises(Unauthentic, match=r"^unsigned$"):
        feishu.open_push({}, encrypted(EVENT), KEYS)
    with pytest.raises(Unauthentic, match=r"^neither signed nor encrypted$"):
        feishu.open_push({}, json.dumps(HELLO).encode(), KEYS)


@pytest.mark.parametrize("missing", signed(b""))
def test_feishus_half_signed_push_is_refused(missing: str) -> None:
    body = encrypted(HELLO)
    headers = {name: value for name, value in signed(body).items() if name != missing}
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(headers, body, KEYS)


@pytest.mark.parametrize("given", ["", "00", "é" * 64, "\ud800"])
def test_feishus_wrong_signature_is_refused(given: str) -> None:
    body = encrypted(EVENT)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(signed(body) | {"x-lark-signature": given}, body, KEYS)


@pytest.mark.parametrize("part", ["x-lark-request-timestamp", "x-lark-request-nonce"])
def test_feishus_signature_covers_time_nonce_and_body(part: str) -> None:
    body = encrypted(EVENT)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(signed(body) | {part: "9"}, body, KEYS)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(signed(body) | {part: "\ud800"}, body, KEYS)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(signed(body), body + b" ", KEYS)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        feishu.open_push(signed(body, "another key"), body, KEYS)


def test_feishu_without_an_encrypt_key_says_what_is_missing_when_a_push_is_encrypted() -> None:
    body = encrypted(HELLO)
    with pytest.raises(Unauthentic, match=r"^encrypted: set FEISHU_ENCRYPT_KEY$"):
        feishu.open_push(signed(body), body, feishu.Keys(TOKEN))


def test_feishu_without_an_encrypt_key_lives_by_the_token_alone() -> None:
    keys = feishu.Keys(TOKEN)
    assert feishu.open_push({}, json.dumps(EVENT).encode(), keys) == EVENT
    assert feishu.open_push({}, json.dumps(HELLO).encode(), keys) == HELLO
    odd: tuple[dict[str, Any], ...] = (
        {},
        {"token": "x"},
        {"token": None},
        {"header": {}},
        {"header": [], "token": "x"},
    )
    for wrong in odd:
        with pytest.raises(Unauthentic, match=r"^token$"):
            feishu.open_push({}, json.dumps(wrong).encode(), keys)
    assert feishu.open_push({}, json.dumps({"header": [], "token": TOKEN}).encode(), keys)
    for body in (b"", b"[]", b"{", b"\xff"):
        with pytest.raises(Unauthentic):
            feishu.open_push({}, body, keys)


def full_block(raw: bytes) -> bytes:
    """The padding counts one more than a block."""
    return raw + bytes([17]) * (32 - len(raw) % 16)


FLAWS: dict[str, tuple[object, str]] = {
    "no text": (5, "no ciphertext"),
    "no base64": ("***", "no base64"),
    "no ASCII": ("密" * 24, "no base64"),
    "too short": (base64.b64encode(b"i" * 16).decode(), "length"),
    "no whole block": (base64.b64encode(b"i" * 40).decode(), "length"),
    "padding of 0": (sealed(b"x" * 15, pad=lambda raw: raw + b"\0"), "padding"),
    "padding of 17": (sealed(b"x" * 15, pad=full_block), "padding"),
    "uneven padding": (sealed(b"x" * 14, pad=lambda raw: raw + b"\1\2"), "padding"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_feishus_odd_ciphertext_is_unread_when_signed_and_refused_when_not(flaw: str) -> None:
    value, why = FLAWS[flaw]
    body = json.dumps({"encrypt": value}).encode()
    with pytest.raises(Unreadable, match=f"^{why}$"):
        feishu.open_push(signed(body), body, KEYS)
    with pytest.raises(Unauthentic, match=f"^{why}$"):
        feishu.open_push({}, body, KEYS)


@pytest.mark.parametrize("count", [1, 15, 16])
def test_feishus_padding_may_have_any_length_of_a_block(count: int) -> None:
    plain = json.dumps(HELLO).encode()
    plain += b" " * ((16 - count - len(plain)) % 16)
    assert feishu.open_push({}, encrypted(plain), KEYS) == HELLO


def test_feishus_signed_nonsense_is_unread_and_unsigned_nonsense_refused() -> None:
    for body in (b"[]", b"{", encrypted(b"[]"), encrypted(b"\xff")):
        with pytest.raises(Unreadable):
            feishu.open_push(signed(body), body, KEYS)
        with pytest.raises(Unauthentic):
            feishu.open_push({}, body, KEYS)


def test_feishus_secrets_do_not_show() -> None:
    assert TOKEN not in repr(KEYS).replace("verification_token", "")
    assert KEY not in repr(KEYS)


# --- DingTalk: messages and cards -----------------------------------------------------------------


def robot(stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    mac = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(mac).decode()}


def card(stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    mac = hmac.digest(secret.encode(), stamp.encode(), "sha256")
    return {
        "x-ddpaas-signature-timestamp": stamp,
        "x-ddpaas-signature": base64.b64encode(mac).decode(),
    }


CHECKS = [
    pytest.param(ding.check_robot, robot, id="robot"),
    pytest.param(ding.check_card, card, id="card"),
]
Check = Callable[[dict[str, str], str, datetime], None]
Sign = Callable[..., dict[str, str]]


def shifted(**span: float) -> str:
    return str(round((NOW + timedelta(**span)).timestamp() * 1000))


@pytest.mark.parametrize(("check", "sign"), CHECKS)
def test_dingtalks_right_signature_holds_for_an_hour(check: Check, sign: Sign) -> None:
    for stamp in (STAMP, shifted(hours=1), shifted(hours=-1)):
        check(sign(stamp), SECRET, NOW)
    for stamp in (shifted(hours=1, milliseconds=1), shifted(hours=-1, milliseconds=-1)):
        with pytest.raises(Unauthentic, match=r"^timestamp is an hour off"):
            check(sign(stamp), SECRET, NOW)


@pytest.mark.parametrize(("check", "sign"), CHECKS)
def test_dingtalks_missing_header_is_said(check: Check, sign: Sign) -> None:
    for name in sign():
        for headers in ({k: v for k, v in sign().items() if k != name}, sign() | {name: ""}):
            with pytest.raises(Unauthentic, match=r"^missing header$"):
                check(headers, SECRET, NOW)


@pytest.mark.parametrize(("check", "sign"), CHECKS)
@pytest.mark.parametrize("stamp", ["x", "-5", "1e12", "１７６７２３２８００", "²", "1" * 20, " 1"])
def test_dingtalks_odd_time_is_no_number(check: Check, sign: Sign, stamp: str) -> None:
    with pytest.raises(Unauthentic, match=r"^timestamp is no number$"):
        check(sign(stamp), SECRET, NOW)


@pytest.mark.parametrize(("check", "sign"), CHECKS)
def test_dingtalks_longest_number_is_one(check: Check, sign: Sign) -> None:
    with pytest.raises(Unauthentic, match="hour off"):
        check(sign("1" * 19), SECRET, NOW)


@pytest.mark.parametrize(("check", "sign"), CHECKS)
def test_dingtalks_wrong_signature_is_refused(check: Check, sign: Sign) -> None:
    *_, name = sign()
    for headers in (
        sign(secret="another"),
        sign() | {name: "é"},
        sign() | {name: "\ud800"},
        sign(shifted(seconds=1)) | {next(iter(sign())): STAMP},
    ):
        with pytest.raises(Unauthentic, match=r"^signature$"):
            check(headers, SECRET, NOW)


def test_dingtalks_two_signatures_are_not_the_same() -> None:
    mixed = dict(zip(robot(), card().values(), strict=True))
    with pytest.raises(Unauthentic):
        ding.check_robot(mixed, SECRET, NOW)


# --- DingTalk: events -----------------------------------------------------------------------------


def plain(
    words: bytes = b'{"EventType":"check_url"}', owner: bytes = b"dingowner", size: int = -1
) -> bytes:
    length = len(words) if size < 0 else size
    return b"r" * 16 + length.to_bytes(4, "big") + words + owner


def event(raw: bytes, *, pad: int = 32) -> tuple[dict[str, str], bytes]:
    key = base64.b64decode(AES + "=")
    text = base64.b64encode(cbc(key, key[:16], padded(raw, pad) if pad else raw)).decode()
    return push(text)


def push(text: str, **changes: str) -> tuple[dict[str, str], bytes]:
    parts = sorted(["event-token", STAMP, "nonce", text])
    right = hashlib.sha1("".join(parts).encode()).hexdigest()
    query = {"msg_signature": right, "timestamp": STAMP, "nonce": "nonce"} | changes
    return query, json.dumps({"encrypt": text}).encode()


def test_dingtalks_event_opens() -> None:
    assert ding.open_event(*event(plain()), EVENTS) == {"EventType": "check_url"}


def test_dingtalks_event_opens_under_its_older_names() -> None:
    query, body = event(plain())
    older = {"signature": query["msg_signature"], "timeStamp": STAMP, "nonce": "nonce"}
    assert ding.open_event(older, body, EVENTS) == {"EventType": "check_url"}


def test_dingtalks_ciphertext_may_be_wrapped() -> None:
    """SHA-1 is over the text as it came, line ends included."""
    _, body = event(plain())
    text = json.loads(body)["encrypt"]
    wrapped = "\n".join(text[i : i + 40] for i in range(0, len(text), 40))
    assert ding.open_event(*push(wrapped), EVENTS) == {"EventType": "check_url"}


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_dingtalks_events_signature_covers_everything(name: str) -> None:
    query, body = event(plain())
    for odd in ("", "0", "é", "\ud800"):
        with pytest.raises(Unauthentic, match=r"^signature$"):
            ding.open_event(query | {name: odd}, body, EVENTS)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        ding.open_event({k: v for k, v in query.items() if k != name}, body, EVENTS)
    with pytest.raises(Unauthentic, match=r"^signature$"):
        ding.open_event(query, event(plain(b"{}"))[1], EVENTS)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"encrypt": 5}', b'{"encrypt": null}'])
def test_dingtalks_event_without_a_ciphertext_is_refused(body: bytes) -> None:
    with pytest.raises(Unauthentic):
        ding.open_event({}, body, EVENTS)
    with pytest.raises(Unauthentic, match=r"^no ciphertext$"):
        ding.open_event({}, b"{}", EVENTS)


LONG = plain(size=10_000)
INSIDE: dict[str, tuple[tuple[dict[str, str], bytes], str]] = {
    "no base64": (push("***"), "no base64"),
    "no ASCII": (push("密" * 24), "no base64"),
    "empty": (push(""), "length"),
    "no whole block": (push(base64.b64encode(b"x" * 20).decode()), "length"),
    "padding of 0": (event(b"x" * 31 + b"\0", pad=0), "padding"),
    "padding of 33": (event(b"x" * 31 + b"\x21" * 33, pad=0), "padding"),
    "uneven padding": (event(b"x" * 30 + b"\1\2", pad=0), "padding"),
    "no head": (event(b"r" * 16), "length"),
    "longer than it is": (event(LONG), "length"),
    "another app": (event(plain(owner=b"dingother")), "owner"),
    "nobody": (event(plain(owner=b"")), "owner"),
}


@pytest.mark.parametrize("flaw", INSIDE)
def test_dingtalks_odd_ciphertext_is_refused(flaw: str) -> None:
    given, why = INSIDE[flaw]
    with pytest.raises(Unauthentic, match=f"^{why}"):
        ding.open_event(*given, EVENTS)


def test_dingtalks_authentic_nonsense_is_unread() -> None:
    with pytest.raises(Unreadable):
        ding.open_event(*event(plain(b"[]")), EVENTS)


@pytest.mark.parametrize("length", range(32))
def test_dingtalks_padding_may_have_any_length_up_to_32(length: int) -> None:
    words = b"{}" + b" " * length
    assert ding.open_event(*event(plain(words)), EVENTS) == {}


def test_our_answer_to_an_event_is_what_dingtalk_can_open() -> None:
    answer = json.loads(ding.sealed_success(EVENTS, NOW))
    assert set(answer) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    assert answer["timeStamp"] == STAMP
    assert len(bytes.fromhex(answer["nonce"])) == 6
    parts = sorted(["event-token", answer["timeStamp"], answer["nonce"], answer["encrypt"]])
    assert answer["msg_signature"] == hashlib.sha1("".join(parts).encode()).hexdigest()
    key = base64.b64decode(AES + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    opened = decryptor.update(base64.b64decode(answer["encrypt"])) + decryptor.finalize()
    assert len(opened) % 32 == 0
    opened = opened[: -opened[-1]]
    assert opened[16:] == b"\0\0\0\7success" + b"dingowner"
    again = json.loads(ding.sealed_success(EVENTS, NOW))
    assert again["encrypt"] != answer["encrypt"]
    assert again["nonce"] != answer["nonce"]


def test_dingtalks_secrets_do_not_show() -> None:
    assert "event-token" not in repr(EVENTS)
    assert AES not in repr(EVENTS)
