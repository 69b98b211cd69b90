"""Numbers as they are written in chat: 12, 十二, 两, 二十三, 三五, two."""

from __future__ import annotations

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_ONE = "[一二两三四五六七八九]"
# Up to three Arabic digits or a Chinese number below a hundred.
NUMBER = rf"(?:\d{{1,3}}|{_ONE}?十{_ONE}?|{_ONE}|零|俩)"
# The same in English, and what is said for "two or three": the greater counts.
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ENGLISH = rf"(?:\d{{1,3}}|an?|{'|'.join(_ENGLISH)})"
ABOUT = "(?:[一二两三四五六七八][二两三四五六七八九十](?=[个天周日年小工]))"


def number(text: str) -> int:
    """An Arabic or Chinese number below a hundred, as `12` or `二十三`."""
    if text.isdigit():
        return int(text)
    if text in _ENGLISH:
        return _ENGLISH.index(text)
    if text in ("a", "an"):
        return 1
    if len(text) == 2 and "十" not in text[:1] and text[1] != "十":
        text = text[1]  # "三五天" is up to five
    tens, ten, ones = text.rpartition("十")
    if ten:
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]
