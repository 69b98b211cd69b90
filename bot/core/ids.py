"""Identifiers that nobody has to hand out."""

from __future__ import annotations

import os


def new_id() -> str:
    """32 hexadecimal digits; short enough for Feishu's `uuid` of at most 50 characters."""
    return os.urandom(16).hex()
