"""Does our own public address answer as Feishu would have it? Plain and encrypted challenges."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from time import perf_counter

import httpx
import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.core.findings import Finding, State
from bot.platforms.feishu.verify import Keys

# Feishu gives the handshake a second.
WITHIN = 1.0


async def probe(public_url: str, keys: Keys) -> Finding:
    """Ask `PUBLIC_URL/webhook/feishu` what Feishu asks when the address is saved."""
    word = os.urandom(8).hex()
    push = {"type": "url_verification", "challenge": word, "token": keys.verification_token}
    body = msgspec.json.encode(push)
    if keys.encrypt_key:
        body = msgspec.json.encode({"encrypt": _sealed(body, keys.encrypt_key)})
    values = {"address": f"{public_url}/webhook/feishu"}
    began = perf_counter()
    try:
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as http:
            answer = await http.post(values["address"], content=body)
    except httpx.HTTPError as error:
        return Finding("feishu.address", State.FAIL, values | {"why": type(error).__name__})
    took = perf_counter() - began
    values["ms"] = str(round(took * 1000))
    if answer.status_code != httpx.codes.OK or answer.content != msgspec.json.encode(
        {"challenge": word}
    ):
        return Finding("feishu.address", State.FAIL, values | {"why": f"HTTP {answer.status_code}"})
    return Finding("feishu.address", State.PASS if took <= WITHIN else State.WARN, values)


def _sealed(plain: bytes, key: str) -> str:
    iv = os.urandom(16)
    pad = 16 - len(plain) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv))
    encryptor = cipher.encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return b64encode(iv + sealed).decode()
