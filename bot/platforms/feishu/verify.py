"""Is a push from Feishu? Verified over the raw bytes before anything is decrypted or parsed.

With an Encrypt Key every push is encrypted and signed: `SHA256(timestamp + nonce + key + body)` as
lower-case hex. Only the handshake (`url_verification`) comes without a signature; it is authentic
if it decrypts and carries our token. Without an Encrypt Key the token in the body is all there is.
There is no freshness check: Feishu defines no window and repeats a push for seven hours; a replay
finds its event id claimed.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.platforms.port import Unauthentic, Unreadable
from bot.platforms.shapes import read_object

_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """The two secrets of an app's event subscription; `encrypt_key` may be empty."""

    verification_token: str = field(repr=False)
    encrypt_key: str = field(default="", repr=False)


def open_push(headers: Mapping[str, str], body: bytes, keys: Keys) -> dict[str, Any]:
    """The push's JSON object, if it is authentic; raises `Unauthentic` or `Unreadable`."""
    if not keys.encrypt_key:
        plain = read_object(body, Unauthentic)
        if "encrypt" in plain:
            raise Unauthentic("encrypted: set FEISHU_ENCRYPT_KEY")
        return _checked_token(plain, keys)
    signed = _signature_holds(headers, body, keys.encrypt_key)
    if signed is False:
        raise Unauthentic("signature")
    trouble = Unreadable if signed else Unauthentic
    outer = read_object(body, trouble)
    if "encrypt" not in outer:
        if not signed:
            raise Unauthentic("neither signed nor encrypted")
        return _checked_token(outer, keys, absent_is_fine=True)
    inner = read_object(_decrypt(outer["encrypt"], keys.encrypt_key, trouble), trouble)
    if signed:
        return _checked_token(inner, keys, absent_is_fine=True)
    if inner.get("type") != "url_verification":
        raise Unauthentic("unsigned")
    return _checked_token(inner, keys)


def _signature_holds(headers: Mapping[str, str], body: bytes, key: str) -> bool | None:
    """Whether the signature is right; `None` if the push carries none at all."""
    given = headers.get("x-lark-signature")
    stamp = headers.get("x-lark-request-timestamp")
    nonce = headers.get("x-lark-request-nonce")
    if given is None and stamp is None and nonce is None:
        return None
    if not given or stamp is None or nonce is None:
        return False
    right = hashlib.sha256((stamp + nonce + key).encode("utf-8", "replace") + body).hexdigest()
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


def _checked_token(
    push: dict[str, Any], keys: Keys, *, absent_is_fine: bool = False
) -> dict[str, Any]:
    header = push.get("header")
    token = header.get("token") if isinstance(header, dict) else push.get("token")
    if token is None and absent_is_fine:
        return push
    if not isinstance(token, str) or not hmac.compare_digest(
        token.encode("utf-8", "replace"), keys.verification_token.encode()
    ):
        raise Unauthentic("token")
    return push


def _decrypt(sealed: object, key: str, trouble: type[Exception]) -> bytes:
    """AES-256-CBC with the key's SHA-256, the IV in front, PKCS#7 behind."""
    if not isinstance(sealed, str):
        raise trouble("no ciphertext")
    try:
        raw = b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise trouble("no base64") from error
    if len(raw) < 2 * _BLOCK or len(raw) % _BLOCK:
        raise trouble("length")
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(raw[:_BLOCK]))
    decryptor = cipher.decryptor()
    padded = decryptor.update(raw[_BLOCK:]) + decryptor.finalize()
    count = padded[-1]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise trouble("padding")
    return padded[:-count]
