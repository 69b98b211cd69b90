"""The two languages say the same things, everything that is said has words, and nothing more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from bot.domain.people import Role
from bot.domain.project import RoundKind
from bot.language.commands import Command, _forms
from bot.language.dates import Seen
from bot.language.taken import take
from cards.understanding import understanding
from cards.words import LANGUAGES, Words
from cards.words.en import WORDS as EN
from cards.words.zh import WORDS as ZH
from tests.chat import START

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "cards", "handlers", "schedules")
# Keys are said where they are asked for, or travel there in a table, a route or a refusal: any
# literal with the shape of a key counts as a use, an f-string as a pattern of keys.
LITERAL = re.compile(r"""(?P<f>f?)(?P<q>["'])(?P<key>[a-z_{}.()!:\[\]]+)(?P=q)""")
ASKED = re.compile(r"""(?:\bw|Words\([^)]*\)|Refusal)\(\s*(?P<q>["'])(?P<key>[^"']+)(?P=q)""")
PREFIX = re.compile(r"""\bf["']([a-z_.]+\.)\{""")
HOLE = re.compile(r"\{[^}]*\}")
# What `Words` itself reads.
OWN = frozenset({"weekdays", "months", "comma"})


def sources() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".py", ".html") and path.name not in ("zh.py", "en.py"):
                yield path.read_text("utf-8")


def placeholders(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(sentence) if name is not None})


def uses() -> tuple[set[str], set[str]]:
    """Literal keys, and patterns from f-strings and Jinja's `"play." ~ name`."""
    literal: set[str] = set()
    patterns: set[str] = set()
    for source in sources():
        for found in LITERAL.finditer(source):
            key = found["key"]
            if "{" in key:
                patterns.add(".*".join(re.escape(part) for part in HOLE.split(key)))
            elif key.endswith("."):
                patterns.add(re.escape(key) + ".*")
            else:
                literal.add(key)
        patterns |= {re.escape(prefix) + ".*" for prefix in PREFIX.findall(source)}
    kinds = {rf"{kind}\..*" for kind in RoundKind}
    return literal, {p for p in patterns if re.search("[a-z]", p)} | kinds


def test_both_languages_have_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_feature_says_over_the_words_of_another(language: str) -> None:
    paths = (ROOT / "cards" / "words" / language).glob("*.py")
    said = [
        key
        for path in paths
        for key in re.findall(r'^    "([^"]+)":', path.read_text("utf-8"), re.MULTILINE)
    ]
    assert [key for key, times in Counter(said).items() if times > 1] == []


@pytest.mark.parametrize("key", sorted(ZH))
def test_both_sentences_of_a_key_have_the_same_placeholders(key: str) -> None:
    assert placeholders(ZH[key]) == placeholders(EN[key])


def test_every_sentence_says_something() -> None:
    for table in LANGUAGES.values():
        assert [key for key, sentence in table.items() if not sentence.strip()] == []


def test_english_has_no_chinese_in_it() -> None:
    # The names of the languages, and dates that are typed in Chinese by everybody.
    named = {"settings.language.zh", "play.language", "refused.date", "refused.leave"}
    assert [k for k, s in EN.items() if k not in named and re.search("[\u4e00-\u9fff]", s)] == []


def test_every_key_that_is_asked_for_exists() -> None:
    asked = {found["key"] for source in sources() for found in ASKED.finditer(source)}
    assert len(asked) > 100
    assert sorted(key for key in asked if key not in ZH and not key.endswith(".")) == []


def test_every_pattern_of_keys_finds_some() -> None:
    asked = re.compile(r"""\bw\(\s*f(["'])([^"']+)\1""")
    missing = []
    for source in sources():
        for found in asked.finditer(source):
            pattern = ".*".join(re.escape(part) for part in HOLE.split(found[2]))
            if not any(re.fullmatch(pattern, key) for key in ZH):
                missing.append(found[2])
    assert missing == []


def test_no_key_is_left_over() -> None:
    literal, patterns = uses()
    said = [re.compile(pattern) for pattern in patterns]
    unused = [
        key
        for key in ZH
        if key not in OWN and key not in literal and not any(p.fullmatch(key) for p in said)
    ]
    assert unused == [], unused


@pytest.mark.parametrize("language", LANGUAGES)
def test_weekdays_and_months_are_complete(language: str) -> None:
    assert len(LANGUAGES[language]["weekdays"].split()) == 7
    assert len(LANGUAGES[language]["months"].split()) == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_has_a_name(language: str) -> None:
    names = {Words(language).role(role) for role in (*Role, None)}
    assert len(names) == len(Role) + 1


def test_an_unknown_language_speaks_chinese() -> None:
    assert Words("xx").language == "zh"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_and_slot_can_be_shown(language: str) -> None:
    """The page "Understanding" shows whatever the table of commands knows."""
    forms = _forms()
    patterns = [*((one[0], one[1]) for one in forms.whole), *forms.begins]
    seen = Seen(START)
    for intent, pattern in patterns:
        slots = dict.fromkeys((name.removesuffix("2") for name in pattern.groupindex), "x")
        taken = replace(take("帮助", seen), command=Command(intent, slots, "x", 1.0))
        assert understanding(Words(language), taken).elements
