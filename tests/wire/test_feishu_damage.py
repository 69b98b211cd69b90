"""Damaged and invented pushes are refused or unread, and never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.platforms.port import Request
from tests.fakes import feishu as fake
from tests.wire.test_feishu_vectors import VECTORS, ingress, read

OURS = ingress()
SIGNED = [v for v in VECTORS.values() if read(v).event is not None and v["config"]["encrypt_key"]]
SIGNED = [v for v in SIGNED if v["config"]["encrypt_key"] == fake.ENCRYPT_KEY]
Damage = Callable[[bytes, int], bytes]


def flip(body: bytes, place: int) -> bytes:
    at = place % len(body)
    return body[:at] + bytes([body[at] ^ (1 + place % 255)]) + body[at + 1 :]


def truncate(body: bytes, place: int) -> bytes:
    return body[: place % len(body)]


@given(
    vector=st.sampled_from(SIGNED),
    damage=st.sampled_from([flip, truncate]),
    place=st.integers(0, 100_000),
)
def test_a_damaged_push_is_never_an_event(
    vector: dict[str, Any], damage: Damage, place: int
) -> None:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    body = damage(vector["body"].encode(), place)
    reading = OURS.read(Request("/webhook/feishu", headers, body))
    assert reading.refused == "signature"
    resealed = {name.lower(): value for name, value in fake.sign(body).items()}
    reading = OURS.read(Request("/webhook/feishu", resealed, body))
    assert reading.refused or reading.unread or reading.event


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(value=json_values)
def test_any_json_under_a_right_signature_is_read_or_unread(value: object) -> None:
    body = fake.encrypt(json.dumps(value).encode())
    headers = {name.lower(): found for name, found in fake.sign(body).items()}
    reading = OURS.read(Request("/webhook/feishu", headers, body))
    assert reading.event is None


KINDS = sorted(
    {
        json.loads(v["decrypted_plaintext"])["header"]["event_type"]
        for v in SIGNED
        if "header" in json.loads(v["decrypted_plaintext"])
    }
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(KINDS), data=st.data())
def test_any_event_of_a_known_kind_is_read_or_unread(kind: str, data: st.DataObject) -> None:
    plain = next(v for v in SIGNED if f'"{kind}"' in v["decrypted_plaintext"])
    push = json.loads(plain["decrypted_plaintext"])
    spot: Any = push["event"]
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [key for key, value in spot.items() if isinstance(value, dict) and value]
        if inner:
            spot = spot[data.draw(st.sampled_from(inner))]
    spot[data.draw(st.sampled_from(sorted(spot)))] = data.draw(json_values)
    body, headers = fake.push(push)
    request = Request("/webhook/feishu", {k.lower(): v for k, v in headers.items()}, body)
    reading = OURS.read(request)
    assert (reading.event is None) == bool(reading.unread)
