"""`golive understand` and `golive eval`, as an operator or a script runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.server import command

LABELLED = Path(__file__).parent.parent / "data" / "chat"


def test_each_line_is_taken_in_every_way(tmp_path: Path) -> None:
    lines = [
        "麻烦把蓝图签字延到国庆后第一个工作日，客户领导出差",
        json.dumps({"text": "周五3点", "now": "2026-08-05T10:00:00+08:00"}, ensure_ascii=False),
        '{"text": "上线后一个月", "now": "2026-05-06T10:00", "anchors": {"go_live": "2026-05-18"}}',
        json.dumps({"text": "同昨", "prev": {"done": ["导数"], "plan": ["对账"], "blockers": []}}),
        "张工月底离职，报表这块没人接手",
    ]  # fmt: skip
    done = command(tmp_path, "understand", "--json", stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    postponed, friday, later, same, leaving = map(json.loads, done.stdout.splitlines())
    assert postponed["command"] == {
        "intent": "milestone.postpone",
        "slots": {"title": "蓝图签字", "date": "国庆后第一个工作日", "reason": "客户领导出差"},
    }
    assert friday["date"] == "2026-08-07T15:00"
    assert later["date"] == "2026-06-18"
    assert same["standup"] == {
        "done": ["导数"], "plan": ["对账"], "blockers": [], "flags": ["same_as_prev"]
    }  # fmt: skip
    assert leaving["risk"]["action"] == "open"
    assert leaving["risk"]["category"] == "人员/资源"
    assert "没人" in leaving["why"]


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    bad = '{"text": "明天", "now": "gestern"}\n{"words": 1}\n明天下午三点\n'
    done = command(tmp_path, "understand", "--json", stdin=bad)
    assert done.returncode == 1
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["明天下午三点"]
    assert "line 1" in done.stderr
    assert "line 2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["standup", "risk", "dates", "commands"])
def test_the_labelled_lines_are_scored(tmp_path: Path, kind: str) -> None:
    done = command(tmp_path, "eval", kind, str(LABELLED / f"{kind}.jsonl"), "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["lines"] >= 120
    shown = command(tmp_path, "eval", kind, str(LABELLED / f"{kind}.jsonl"))
    assert "ms_p99" in shown.stdout


def test_a_file_that_is_not_labelled_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "好"}\nnot json\n', encoding="utf-8")
    done = command(tmp_path, "eval", "risk", str(tmp_path / "bad.jsonl"))
    assert done.returncode == 2
    assert "line 1" in done.stderr
    assert "Traceback" not in done.stderr
