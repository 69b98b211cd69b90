"""Plan templates: the built-in ones, a team's own, and what is said about a file that is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import SetupError
from bot.domain.people import Role
from bot.language.risk import CATEGORIES
from bot.templates import LARGEST, Templates

# What the projects of before were planned with; their milestones must stay where they are.
OFFSETS = {
    "four_weeks": {
        "kickoff": 20, "environment": 15, "configuration": 10, "training": 5, "rehearsal": 2,
        "golive": 0,
    },
    "sprint": {"planning": 10, "development": 4, "acceptance": 1, "golive": 0},
    "blank": {"golive": 0},
}  # fmt: skip
GUIDE = (Path(__file__).parents[2] / "docs/plan-templates.md").read_text("utf-8")
HOSPITAL, OWN_ADVICE = (
    re.findall(rf"```yaml\n({start}:.*?)```", GUIDE, re.DOTALL)[0] for start in ("name", "接口延迟")
)
GOLIVE = "      - {name: 上线, key: live, golive: true}\n"


def plan(*milestones: str, golive: str = GOLIVE) -> str:
    """A plan whose milestones begin in line 5, one a line."""
    lines = "".join(f"      - {{{milestone}}}\n" for milestone in milestones)
    return f"name: 试用\nphases:\n  - name: 准备\n    milestones:\n{lines}{golive}"


def read(folder: Path, text: str | bytes, name: str = "his.yaml") -> Templates:
    raw = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(raw)
    return Templates(folder)


def refused(folder: Path, text: str | bytes, line: int, *said: str, name: str = "his.yaml") -> str:
    """The sentence about the file; it is one, with the file, the line and all that is `said`."""
    with pytest.raises(SetupError) as caught:
        read(folder, text, name)
    sentence = str(caught.value)
    assert sentence.startswith(f"{folder / name}, line {line}: "), sentence
    assert re.fullmatch(r"[^\n]+; [^\n]+\.", sentence), "what is wrong and the remedy"
    assert all(part in sentence for part in said), sentence
    return sentence


# The built-in plans and advice


def test_the_built_in_plans_keep_their_keys_names_days_and_order() -> None:
    plans = Templates().plans
    assert list(plans) == ["four_weeks", "sprint", "blank"]
    for key, template in plans.items():
        assert (template.key, template.name) == (key, key)
        assert {step.name: step.offset for step in template.steps} == OFFSETS[key]
        keys = list(OFFSETS[key])
        assert [step.key for step in template.steps] == keys
        assert [step.after for step in template.steps] == [(), *((key,) for key in keys[:-1])]
        assert [step.golive for step in template.steps] == [k == "golive" for k in keys]


def test_who_does_and_who_sees_the_built_in_steps() -> None:
    steps = {step.key: step for plan in Templates().plans.values() for step in plan.steps}
    roles = {key: step.role for key, step in steps.items()}
    assert roles["environment"] is roles["configuration"] is Role.ENGINEER
    assert roles["kickoff"] is roles["golive"] is Role.MANAGER
    assert [key for key in roles if roles[key] is Role.CUSTOMER_ADMIN] == ["acceptance"]
    shared = {key for key, step in steps.items() if step.shared}
    assert shared == {"kickoff", "training", "acceptance", "golive"}


def test_the_built_in_checklists_are_keys_of_three_to_five() -> None:
    for template in Templates().plans.values():
        for step in template.steps:
            for word in (step.name, step.phase, *step.checklist):
                assert re.fullmatch("[a-z_]+", word)
            if template.key != "blank":
                assert 3 <= len(step.checklist) <= 5


def test_there_is_advice_for_each_kind_of_risk_in_both_languages() -> None:
    templates = Templates()
    for category in CATEGORIES:
        chinese, english = templates.advice(category, "zh"), templates.advice(category, "en")
        assert 2 <= len(chinese) == len(english) <= 4
        assert all(text.isascii() and len(text) <= 120 for text in english)
        assert all(len(text) <= 60 for text in chinese)
    assert templates.advice("需求变更", "de") == templates.advice("需求变更", "zh")
    assert templates.advice("天气", "zh") == ()


def test_nothing_is_read_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(yaml, "compose", never)
    Templates()


# A team's own files


def test_the_guides_example_is_a_plan(tmp_path: Path) -> None:
    template = read(tmp_path, HOSPITAL).plans["his"]
    assert template.name == "医院HIS上线"
    first, *_, last = template.steps
    assert (first.key, first.name, first.offset) == ("server", "服务器到位", 20)
    assert (first.phase, first.role, first.shared) == ("环境准备", Role.ENGINEER, False)
    assert (len(first.checklist), first.after, first.golive) == (4, (), False)
    after = {step.key: step.after for step in template.steps}
    assert after["departments"] == ("server",)
    assert after["rehearsal"] == ("insurance", "training")
    assert (last.key, last.offset, last.golive, last.shared) == ("golive", 0, True, True)


def test_plans_stand_in_the_order_of_their_files_after_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(plan().replace("试用", "乙"), "utf-8")
    (tmp_path / ".hidden.yaml").write_text("[", "utf-8")
    (tmp_path / "notes.txt").write_text("[", "utf-8")
    templates = read(tmp_path, plan(), "A.YAML")
    assert list(templates.plans) == ["four_weeks", "sprint", "blank", "A", "b"]


def test_a_plan_with_a_built_in_key_replaces_that_one(tmp_path: Path) -> None:
    templates = read(tmp_path, plan(), "sprint.yaml")
    assert list(templates.plans) == ["four_weeks", "sprint", "blank"]
    assert templates.plans["sprint"].name == "试用"
    assert templates.find("sprint") is templates.find("试用")


@pytest.mark.parametrize("typed", ["his", "HIS", " ＨＩＳ ", "医院HIS上线", "醫院his上線"])
def test_a_plan_is_found_by_key_or_name_however_typed(tmp_path: Path, typed: str) -> None:
    templates = read(tmp_path, HOSPITAL)
    assert templates.find(typed) is templates.plans["his"]
    assert templates.find("Four_Weeks") is templates.plans["four_weeks"]
    assert templates.find("") is templates.find("别的") is None


def test_a_step_without_a_key_has_its_position(tmp_path: Path) -> None:
    text = plan("name: 甲, before_golive: 3", "name: 乙, before_golive: 3, after: []")
    steps = read(tmp_path, text).plans["his"].steps
    assert [(step.key, step.after) for step in steps] == [("1", ()), ("2", ()), ("live", ("2",))]


def test_what_looks_like_a_number_or_a_date_is_the_text_that_was_written(tmp_path: Path) -> None:
    text = plan("name: 2026-01-01, key: 007, before_golive: 3, checklist: [1.50, 是]")
    step = read(tmp_path, text).plans["his"].steps[0]
    assert (step.name, step.key, step.checklist) == ("2026-01-01", "007", ("1.50", "是"))


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf" + plan().replace("\n", "\r\n").encode()
    assert read(tmp_path, raw).plans["his"].name == "试用"


def test_own_advice_replaces_a_category_as_a_whole(tmp_path: Path) -> None:
    templates = read(tmp_path, OWN_ADVICE, "advice.yaml")
    assert len(templates.advice("接口延迟", "zh")) == 2
    assert templates.advice("接口延迟", "en")[0].startswith("Call the integration desk")
    assert templates.advice("客户配合", "zh") == Templates().advice("客户配合", "zh")
    chinese = read(tmp_path, "接口延迟: {zh: [打电话]}", "advice.yaml")
    assert chinese.advice("接口延迟", "en") == ("打电话",)


# What is said about a file that is wrong


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("name: a\nphases: [\n", 3, "not YAML"),
        ("name: 甲: 乙\n", 1, "not YAML (mapping values are not allowed"),
        ("name: a\n\tphases:\n", 2, "indent with spaces"),
        ("name: a\n---\nname: b\n", 2, "not YAML"),
        ("name: a\nb\x00c: d\n", 2, "U+0000"),
        ("", 1, "the file is empty"),
        ("# 以后再写\n", 1, "the file is empty"),
        ("- a\n", 1, "the plan must have fields"),
        ("name: a\n", 1, "the plan has no phases"),
        ("phases: []\n", 1, "the plan has no name"),
        ("name: a\nname: b\n", 2, "name twice (line 1 too)"),
        ("name:\nphases: []\n", 1, "the plan's name is empty; write 1 to 60"),
        ("name: a\nphases: []\n", 2, "phases is empty"),
        ("name: a\nphases: 3\n", 2, "phases must be a list"),
        ("name: a\nphases:\n  - 准备\n", 3, "a phase must have fields"),
        ("name: a\nphases:\n  - name: b\n", 3, "a phase has no milestones"),
        ("name: a\nphases:\n  - milestones: []\n", 3, "a phase has no name"),
        ("name: a\nphases:\n  - name: b\n    milestones: []\n", 4, "milestones is empty"),
        ("name: a\nphase: []\n", 2, '"phase" is no field of the plan; write "phases"'),
        ("name: a\n? [b]\n: c\n", 2, '"" is no field of the plan; use one of name, phases'),
        ("name: [a]\nphases: []\n", 1, "name must be a text"),
        (f"name: {'长' * 61}\nphases: []\n", 1, "over 60 characters"),
        ("name: &a x\nphases: *a\n", 1, "make aliases"),
        ("name: x\nphases: !!python/object:os.system [x]\n", 2, "tag !!python/object:os.system"),
        ("name: !secret x\n", 1, "the tag !secret is not taken"),
        ("name: ! x\n", 1, "the tag ! is not taken"),
        ("name: x\nphases: " + "[" * 20, 2, "too many lists"),
        ("name: x\nphases: " + "{a: " * 5000, 2, "too many lists"),
        ("name: x\nphases: " + "[" * 99_000, 2, "exceeded maximum nesting depth"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, line: int, said: str) -> None:
    refused(tmp_path, text, line, said)


LONG = ", ".join(["x"] * 31)


@pytest.mark.parametrize(
    ("milestone", "said"),
    [
        ("before_golive: 3", "a milestone has no name"),
        ("name: '', before_golive: 3", "name is empty"),
        ("name: '\u200b', before_golive: 3", "name is empty"),
        (f"name: {'长' * 61}, before_golive: 3", "over 60 characters"),
        ("name: {a: b}, before_golive: 3", "name must be a text; put it into quotes"),
        ("name: a", "a milestone has no before_golive"),
        ("name: a, before_golive: ", "before_golive is no number; write a whole number"),
        ("name: a, before_golive: [3]", "before_golive is no number"),
        ("name: a, before_golive: -3", 'before_golive is "-3"; write a whole number'),
        ("name: a, before_golive: 2.5", 'before_golive is "2.5"'),
        ("name: a, before_golive: 三天", 'before_golive is "三天"'),
        ("name: a, before_golive: 012", 'before_golive is "012"'),
        ("name: a, before_golive: 1001", 'before_golive is "1001"'),
        (f"name: a, before_golive: {'9' * 5000}", "working days, 0 to 1000"),
        ("name: a, before_goliv: 3", 'is no field of a milestone; write "before_golive"'),
        ("name: a, 天数: 3", "use one of name, key, before_golive, role"),
        ("name: a, before_golive: 3, role: pm", f'no role "pm"; use one of {", ".join(Role)}'),
        ("name: a, before_golive: 3, customer: 是", "customer must be true or false"),
        ("name: a, before_golive: 3, golive: 'true'", "golive must be true or false"),
        ("name: a, before_golive: 3, golive: true", "the go-live is 3 working days before itself"),
        ("name: a, golive: true", "line 5 is a go-live too"),
        ("name: a, before_golive: 3, key: live", 'the key "live" is that of line 5 too'),
        ("name: a, before_golive: 3, after: [lvie]", 'no key is "lvie"; write "live"'),
        ("name: a, before_golive: 3, after: [甲]", 'no key is "甲"; use one of 1, 2, live'),
        ("name: a, before_golive: 3, after: server", "after must be a list"),
        ("name: a, before_golive: 3, after: ", "after must be a list"),
        ("name: a, before_golive: 3, checklist: [b: c]", "an entry of checklist must be a text"),
        (f"name: a, before_golive: 3, checklist: [{'长' * 121}]", "over 120 characters"),
        (f"name: a, before_golive: 3, checklist: [{LONG}]", "checklist has over 30 entries"),
        ("name: a, before_golive: 3, checklist: [*all]", "make aliases"),
        ("name: a, before_golive: 3, checklist: [*重要*]", "not YAML"),
    ],
)
def test_a_wrong_milestone_is_named_by_its_line(tmp_path: Path, milestone: str, said: str) -> None:
    before = GOLIVE if "line 5" in said else "      - {name: 第一, before_golive: 9}\n"
    after = "" if "line 5" in said else GOLIVE
    text = plan(milestone, golive=after).replace("milestones:\n", f"milestones:\n{before}")
    refused(tmp_path, text, 6, said)


def test_a_plan_needs_a_golive(tmp_path: Path) -> None:
    refused(tmp_path, plan("name: a, before_golive: 3", golive=""), 3, "has no go-live; add golive")


def test_a_circle_is_named_along_its_keys(tmp_path: Path) -> None:
    text = plan(
        "name: 零, before_golive: 9, key: z",
        "name: 甲, before_golive: 5, key: a, after: [c]",
        "name: 乙, before_golive: 5, key: b, after: [a]",
        "name: 丙, before_golive: 5, key: c, after: [z, b]",
    )
    refused(tmp_path, text, 6, "these wait for one another: a -> b -> c -> a;")
    alone = plan("name: 甲, before_golive: 5, key: a, after: [a]")
    refused(tmp_path, alone, 5, "these wait for one another: a -> a;")


def test_a_step_may_not_be_dated_before_what_it_waits_for(tmp_path: Path) -> None:
    text = plan("name: 甲, key: a, before_golive: 3", "name: 乙, key: b, before_golive: 5")
    said = '"b", 5 days before go-live, comes after "a" (line 5, 3 days before)'
    refused(tmp_path, text, 6, said, "change a before_golive")
    free = plan("name: 甲, before_golive: 3", "name: 乙, before_golive: 5, after: []")
    assert read(tmp_path, free).plans["his"].steps[1].after == ()


def test_more_than_300_milestones(tmp_path: Path) -> None:
    many = [f"name: 第{n}步, before_golive: 3" for n in range(299)]
    assert len(read(tmp_path, plan(*many)).plans["his"].steps) == 300
    refused(tmp_path, plan(*many, "name: 多, before_golive: 3"), 305, "over 300")
    phase = "  - name: b\n    milestones:\n      - {name: c, before_golive: 0}\n"
    refused(tmp_path, plan(*many) + phase, 307, "over 300 milestones; take some out")


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 40))]
    refused(tmp_path, "\n".join(lines), 1, "make aliases")


def test_a_file_that_is_too_large_or_not_utf_8(tmp_path: Path) -> None:
    padding = "#" * (LARGEST - len(plan().encode()))
    assert read(tmp_path, plan() + padding).plans["his"]
    refused(tmp_path, plan() + padding + "#", 1, "over 200 KB")
    refused(tmp_path, b"name: a\n" + "phases: 准备".encode("gb18030"), 2, "not UTF-8; save")
    refused(tmp_path, plan().encode("utf-16"), 1, "not UTF-8")


def test_two_plans_cannot_be_called_the_same(tmp_path: Path) -> None:
    refused(tmp_path, plan().replace("试用", "Sprint"), 1, '"Sprint" is what the built-in plan')
    read(tmp_path, plan())
    refused(tmp_path, plan(), 1, '"试用" is what his.yaml is called', name="other.yaml")
    (tmp_path / "other.yaml").unlink()
    text = "# 又一个\n" + plan().replace("试用", "HIS")
    refused(tmp_path, text, 2, '"HIS" is what his.yaml is called', name="other.yaml")
    (tmp_path / "other.yaml").unlink()
    refused(tmp_path, plan(), 1, '"his" is what his.yaml is called', name="his.yml")


def test_a_key_that_a_project_cannot_keep(tmp_path: Path) -> None:
    assert read(tmp_path, plan(), f"{'k' * 20}.yaml").plans["k" * 20]
    refused(tmp_path, plan(), 1, "20 characters at most", name=f"{'k' * 21}.yaml")


def test_a_folder_or_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"TEMPLATE_DIR: .*missing cannot be listed"):
        Templates(tmp_path / "missing")
    (tmp_path / "his.yaml").mkdir()
    with pytest.raises(SetupError, match=r"his\.yaml cannot be read"):
        Templates(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "需求变更: {zh: [a]}\n天气: {zh: [a]}\n",
            2,
            '"天气" is no field of the advice; use one of 需求变更',
        ),
        ("# x\n需求变: {zh: [a]}\n", 2, 'write "需求变更"'),
        (
            "需求变更:\n  cn: [a]\n",
            2,
            '"cn" is no field of the advice on 需求变更; use one of zh, en',
        ),
        ("需求变更: [a]\n", 1, "the advice on 需求变更 must have fields"),
        ("需求变更:\n  zh: a\n", 2, "zh must be a list"),
        ("需求变更:\n  zh: [a, b, c, d,\n    e]\n", 3, "zh has over 4 entries"),
        (f"需求变更:\n  zh:\n  - {'长' * 121}\n", 3, "over 120 characters"),
        ("[]", 1, "the advice must have fields"),
    ],
)
def test_wrong_advice(tmp_path: Path, text: str, line: int, said: str) -> None:
    refused(tmp_path, text, line, said, name="advice.yaml")


# Whatever the file

VALID: list[str] = [HOSPITAL, plan("name: a, before_golive: 3, checklist: [b]")]
pieces = st.sampled_from(
    [*"\n\t :-[]{}&*!#'\"\\%@`|>,?~\x00\x85\u2028", '"\\ud800"', '"\\UFFFFFFFF"', "<<: ", "...\n"]
)
noise = st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode()))
keys = st.sampled_from(["name", "phases", "milestones", "before_golive", "after", "golive", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
)
dumped = values.map(lambda value: str(yaml.safe_dump(value, allow_unicode=True)).encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A plan with a few places overwritten."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 3))):
        at, long = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        text = text[:at] + draw(pieces | st.text(max_size=3)) + text[at + long :]
    return text.encode()


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With libyaml and, as where there is none, without."""
    if request.param == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader")


@given(raw=noise | damaged() | dumped)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_file_is_a_plan_or_refused(tmp_path: Path, loader: None, raw: bytes) -> None:
    for name in ("his.yaml", "advice.yaml"):
        said = "his.yaml, line 1: fine; good."
        try:
            str(read(tmp_path, raw, name).plans).encode()
        except SetupError as error:
            said = str(error)
        assert re.fullmatch(r".*\.yaml, line [1-9]\d*: [^\n]+; [^\n]+\.", said), said
        (tmp_path / name).unlink()
