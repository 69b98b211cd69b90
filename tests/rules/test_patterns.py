"""No regular expression explodes, and no text keeps the understanding busy.

What counts is processor time, by an alarm that rings in the middle of a search: a search that grows
exponentially never ends, whatever the machine.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bot.language import asked, commands, dates, feedback, risk, standup
from bot.language.faq.words import bare
from bot.language.normal import fold
from tests.chat import START
from tests.patterns import hard, patterns

SEEN = dates.Seen(START)
READERS: dict[str, Callable[[str], object]] = {
    "commands": commands.understand,
    "stand-ups": standup.parse,
    "risks": risk.read,
    "facts": risk.facts,
    "dates": lambda text: dates.read(text, SEEN),
    "feedback": feedback.read,
    "complaints": feedback.complains,
    "wishes": feedback.wishes,
    "questions": bare,
    "answers": asked.question_and_answer,
    "synonyms": asked.synonyms_said,
}
PUMPS = (
    " ", "\n", "1", "a", "的", "，", "谢谢", "满意度 ", "负责人 ", "下上", "休", "- ", "昨天",
    "今天：\n", "1月", "风险 ", "@", "M1 ", "问：", "=", "¼", "ﷺ", "ﬃ", "a\u0300", "\u200b",
    "照旧", "一下", "记录", "新建",
)  # fmt: skip
# How the forms of commands are asked; every other pattern is searched for.
_ASKED = dict.fromkeys((form.pattern for _, form in commands._forms().begins), re.Pattern.match)
_ASKED |= {form.pattern: re.Pattern.fullmatch for _, form, _ in commands._forms().whole}
LONG = (4_390, 100_000)
BEGINNINGS = ("", "新建", "FAQ 添加 问：", "明天 ", "昨天：")


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Seconds of processor time."""

    def ring(*_: object) -> None:
        pytest.fail(f"more than {seconds} s of processor time: {what}")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_the_patterns_of_the_product_are_found() -> None:
    found = patterns()
    assert len(found) > 400
    assert risk._NUMBERS.pattern in found


@pytest.mark.parametrize("length", [100, pytest.param(1_000, marks=pytest.mark.slow)])
def test_no_pattern_explodes(length: int) -> None:
    """A pattern that backtracks over its square takes milliseconds here, one over a power ages.

    The forms of commands are asked of a folded line, in which no blank follows another.
    """
    for pattern in patterns().values():
        ask = _ASKED.get(pattern.pattern)
        with at_most(5, pattern.pattern):
            for text in hard(pattern, length):
                ask(pattern, fold(text)) if ask else pattern.search(text)


def test_a_pattern_that_explodes_is_noticed() -> None:
    bad = re.compile(r"(?:\s|\s)*x")

    def try_it() -> None:
        with at_most(0.2, bad.pattern):
            for text in hard(bad, 100):
                bad.search(text)

    with pytest.raises(pytest.fail.Exception, match="processor"):
        try_it()


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("length", [300, *(pytest.param(n, marks=pytest.mark.slow) for n in LONG)])
def test_no_text_keeps_the_understanding_busy(name: str, length: int) -> None:
    """As long as a command may be, as long as what is told, and as long as a message can be."""
    for start in BEGINNINGS:
        for pump in PUMPS:
            text = (start + pump * length)[:length] + "ψ"
            fold.cache_clear()
            with at_most(5, f"{name} of {start!r} and {length} times {pump!r}"):
                READERS[name](text)
