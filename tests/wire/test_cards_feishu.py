"""Every card as Feishu takes it: valid, small enough, and nobody's words mean anything."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from syrupy.assertion import SnapshotAssertion

from cards.elements import Card, Link, Mention, pack, text, unpack
from cards.render import dingtalk, feishu
from cards.render import text as plain
from cards.words import LANGUAGES, Words
from tests.wire.cards_after import DRAWN

SCHEMA = json.loads(
    (Path(__file__).parent / "vectors" / "feishu_card_v2.schema.json").read_text("utf-8")
)
VALIDATOR = Draft7Validator(SCHEMA)
MOST_BYTES, MOST_NODES = 24 * 1024, 120
# Feishu counts the request's body, in which the card stands as an escaped string.
MOST_SENT = 30 * 1024
INPUTS = frozenset({"input", "select_static", "date_picker", "picker_time", "checker"})
HOSTILE = (
    "<at id=all></at>",
    "<at id='all'>所有人</at>",
    '<at user_id="all">all</at>',
    "@所有人",
    "[click](https://evil.example)",
    "![](img_v3_0000)",
    "<a href='https://evil.example'>x</a>",
    "https://evil.example",
    "**b** ~~s~~ `c` ```\ncode\n```",
    "# head\n> quote\n- item\n1. one",
    "<font color='red'>red</font>",
    "${name} {name} {0} %s",
    "a\x00b\x07c\x1b[31m",
    "\u202egnitseretni\u202c",
    "| a | b |\n|---|---|",
    "\ud83d\ude80".encode("utf-16", "surrogatepass").decode("utf-16"),
    "&#60;at id=all&#62;",
    "<!-- x --><script>alert(1)</script>",
    "\t\tindented\n    code",
)
HUGE = "长" * 33_000 + "x" * 1000
hostile_words = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text(alphabet="<>@[]()!*_`#&;:/\\ at id=all\n\t{}$", max_size=60),
)


def tags(node: Any) -> Iterator[dict[str, Any]]:
    """Every tagged node of a card."""
    if isinstance(node, dict):
        if "tag" in node:
            yield node
        for inner in node.values():
            yield from tags(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from tags(inner)


def assert_fits(drawn: dict[str, Any]) -> None:
    problems = sorted(VALIDATOR.iter_errors(drawn), key=lambda e: len(e.path))
    assert not problems, problems[0].message[:500]
    sealed = msgspec.json.encode(drawn)
    assert len(sealed) <= MOST_BYTES
    assert len(msgspec.json.encode({"content": sealed.decode()})) <= MOST_SENT
    nodes = list(tags(drawn))
    assert len(nodes) <= MOST_NODES
    names = Counter(node["name"] for node in nodes if "name" in node)
    assert all(count == 1 for count in names.values()), names
    under_body = [node for node in drawn["body"]["elements"] if node["tag"] == "form"]
    assert len(under_body) == sum(node["tag"] == "form" for node in nodes)
    for form in under_body:
        submits = [n for n in tags(form) if n.get("form_action_type") == "submit"]
        assert len(submits) == 1
    fields = [node for form in under_body for node in tags(form) if node["tag"] in INPUTS]
    assert len(fields) == sum(node["tag"] in INPUTS for node in nodes)


def assert_means_nothing(drawn: dict[str, Any]) -> None:
    """No mention, link, picture or colour beside those that the renderer writes itself."""
    for node in tags(drawn):
        if node["tag"] != "markdown":
            continue
        content = node["content"].replace("<font color='grey'>", "").replace("</font>", "")
        # The people of the drawn cards are mentioned by accounts of ours.
        content = re.sub(r"<at id=ou_[0-9]+></at>", "", content).replace("<br />", "")
        assert "<" not in content
        assert not re.search(r"\]\s*\(", content)
        assert not re.search(r"https?://", content)
        assert "`" not in content


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DRAWN)
def test_every_card_is_one_that_feishu_takes(kind: str, language: str) -> None:
    assert_fits(feishu.render(DRAWN[kind](Words(language), "李雷 Li")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DRAWN)
def test_every_card_survives_the_outbox(kind: str, language: str) -> None:
    card = DRAWN[kind](Words(language), "李雷")
    assert unpack(json.loads(json.dumps(pack(card)))) == card


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("words", [HUGE, "<" * 3000, "\n" * 3000, "\x00" * 3000, '"\\' * 3000])
def test_a_hundred_kilobytes_still_make_a_card(kind: str, words: str) -> None:
    card = DRAWN[kind](Words("zh"), words)
    drawn = feishu.render(card)
    assert_fits(drawn)
    assert drawn["body"]["elements"]
    plain.render(card)
    dingtalk.render(card)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(words=hostile_words, language=st.sampled_from(sorted(LANGUAGES)))
def test_nobodys_words_mean_anything_to_feishu(words: str, language: str) -> None:
    for kind, draw in DRAWN.items():
        drawn = feishu.render(draw(Words(language), words))
        try:
            assert_means_nothing(drawn)
            assert_fits(drawn)
        except AssertionError as error:
            error.add_note(f"in the card {kind!r}")
            raise


def unescaped(words: str) -> str:
    """The Markdown that is left when everything escaped is taken away."""
    return re.sub(r"\\[\\`*_{}\[\]()#+\-.!|>~<&]", "", words)


@pytest.mark.parametrize("words", HOSTILE)
def test_nobodys_words_mean_anything_to_dingtalk(words: str) -> None:
    for kind, draw in DRAWN.items():
        body = unescaped(dingtalk.render(draw(Words("zh"), words))["msgParam"]["text"])
        assert not re.search(r"\]\s*\(", body), kind
        assert "@所有人" not in body, kind
        assert "<" not in body, kind
        assert "`" not in body, kind


@pytest.mark.parametrize("words", HOSTILE)
def test_plain_text_keeps_the_words_as_they_are(words: str) -> None:
    card = Card("t", (text(words),))
    assert plain.render(card) == f"t\n{words}"


def test_a_button_that_cannot_be_pressed_is_printed_as_what_to_type() -> None:
    card = DRAWN["prompt"](Words("zh"), "李雷")
    for shown in (plain.render(card), dingtalk.render(card)["msgParam"]["text"]):
        assert "同昨" in shown
        assert "请假" in shown
        assert "日报" in shown


def test_dingtalks_buttons_type_their_command() -> None:
    message = dingtalk.render(DRAWN["prompt"](Words("zh"), "李雷"))
    assert message["msgKey"] == "sampleActionCard2"
    assert message["msgParam"]["actionTitle1"] == "同昨"
    assert message["msgParam"]["actionURL1"].startswith(
        "dtmd://dingtalkclient/sendMessage?content="
    )


@pytest.mark.parametrize("account", ["all", "ou_1></at><at id=all", "ou_1 all"])
def test_a_mention_is_of_one_account_and_never_of_all(account: str) -> None:
    drawn = feishu.render(Card("t", (text(Mention(account, "x")),)))
    assert "<at id=all" not in json.dumps(drawn)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/)(x", "lark://x", "http://a b"]
)
def test_a_link_goes_to_the_web_or_nowhere(url: str) -> None:
    card = Card("t", (text(Link("here", url)),))
    assert "](" not in json.dumps(feishu.render(card))
    assert "](" not in unescaped(dingtalk.render(card)["msgParam"]["text"])


def test_the_second_forms_fields_are_numbered() -> None:
    drawn = feishu.render(DRAWN["reminder, two projects"](Words("zh"), "x"))
    names = [node["name"] for node in tags(drawn) if node["tag"] == "input"]
    assert names == ["done", "plan", "blockers", "done__2", "plan__2", "blockers__2"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["prompt", "digest"])
def test_what_feishu_gets(kind: str, language: str, snapshot: SnapshotAssertion) -> None:
    assert feishu.render(DRAWN[kind](Words(language), "李雷")) == snapshot
