"""Is a push from DingTalk? Three kinds of push, three ways to sign.

*Robot messages*: `base64(HMAC-SHA256(secret, timestamp + "\\n" + secret))` in the headers, with the
app's Client Secret. The signature does not cover the body: whoever has seen one pair of headers can
send any body for an hour. So nothing in the body is trusted to lead anywhere (see `sessions`), and
a message counts once by its id.

*Cards*: `base64(HMAC-SHA256(secret, timestamp))` with the secret of the registered callback.

*Organisation events*: encrypted with AES-256-CBC, signed with SHA-1 over the sorted token, time,
nonce and ciphertext as received, and addressed to the app's Client ID inside the ciphertext.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.platforms.port import Unauthentic, Unreadable
from bot.platforms.shapes import read_object

# DingTalk's own bound for robot messages; for cards it defines none and the same is taken.
WITHIN_MS = 3_600_000
_BLOCK, _PAD, _HEAD = 16, 32, 20


def check_robot(headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """Raises `Unauthentic` unless the headers of a robot message are right and fresh."""
    stamp = _fresh(headers, "timestamp", now)
    _check(headers, "sign", secret, f"{stamp}\n{secret}")


def check_card(headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """Raises `Unauthentic` unless the headers of a card callback are right and fresh."""
    stamp = _fresh(headers, "x-ddpaas-signature-timestamp", now)
    _check(headers, "x-ddpaas-signature", secret, stamp)


def _fresh(headers: Mapping[str, str], name: str, now: datetime) -> str:
    stamp = headers.get(name, "")
    if not stamp:
        raise Unauthentic("missing header")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 20):
        raise Unauthentic("timestamp is no number")
    if abs(round(now.timestamp() * 1000) - int(stamp)) > WITHIN_MS:
        raise Unauthentic("timestamp is an hour off; is this machine's clock right?")
    return stamp


def _check(headers: Mapping[str, str], name: str, secret: str, signed: str) -> None:
    given = headers.get(name, "")
    if not given:
        raise Unauthentic("missing header")
    right = b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256"))
    if not hmac.compare_digest(right, given.encode("utf-8", "replace")):
        raise Unauthentic("signature")


@dataclass(frozen=True, slots=True)
class EventKeys:
    """The two secrets of an app's event subscription, and its Client ID as the addressee."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    owner: str

    @property
    def cipher(self) -> Cipher[modes.CBC]:
        key = b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK]))


def open_event(query: Mapping[str, str], body: bytes, keys: EventKeys) -> dict[str, Any]:
    """The JSON object in an authentic event push; raises `Unauthentic` or `Unreadable`."""
    outer = read_object(body, Unauthentic)
    sealed = outer.get("encrypt")
    if not isinstance(sealed, str):
        raise Unauthentic("no ciphertext")
    given = query.get("msg_signature") or query.get("signature") or ""
    stamp = query.get("timestamp") or query.get("timeStamp") or ""
    right = _signature(keys.token, stamp, query.get("nonce", ""), sealed)
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
        raise Unauthentic("signature")
    return read_object(_open(sealed, keys), Unreadable)


def _signature(*parts: str) -> str:
    return hashlib.sha1(
        "".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def _open(sealed: str, keys: EventKeys) -> bytes:
    try:
        raw = b64decode("".join(sealed.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthentic("no base64") from error
    if not raw or len(raw) % _BLOCK:
        raise Unauthentic("length")
    decryptor = keys.cipher.decryptor()
    plain = decryptor.update(raw) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= _PAD or plain[-pad:] != bytes([pad]) * pad:
        raise Unauthentic("padding")
    plain = plain[:-pad]
    end = _HEAD + int.from_bytes(plain[_BLOCK:_HEAD], "big")
    if len(plain) < _HEAD or end > len(plain):
        raise Unauthentic("length")
    if not hmac.compare_digest(plain[end:], keys.owner.encode()):
        raise Unauthentic("owner: the event is for another app than DINGTALK_CLIENT_ID")
    return plain[_HEAD:end]


def sealed_success(keys: EventKeys, now: datetime) -> bytes:
    """The answer that DingTalk expects to an event: `success`, encrypted and signed."""
    words, owner = b"success", keys.owner.encode()
    plain = os.urandom(_BLOCK) + len(words).to_bytes(4, "big") + words + owner
    pad = _PAD - len(plain) % _PAD
    encryptor = keys.cipher.encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    stamp, nonce = str(round(now.timestamp() * 1000)), os.urandom(6).hex()
    text = b64encode(sealed).decode()
    return msgspec.json.encode(
        {
            "msg_signature": _signature(keys.token, stamp, nonce, text),
            "timeStamp": stamp,
            "nonce": nonce,
            "encrypt": text,
        }
    )
