"""The simulator of docs/scale.md: what holds of every day, whatever its size."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scale_model import (
    DINGTALK,
    FEISHU,
    Costs,
    Day,
    Found,
    Platform,
    Scenario,
    part,
)
from benchmarks.scale_sim import TABLES, most, storage, table

SMALL = Scenario(groups=60, friday=True)
SLOW = Costs(batch=1.5, event=0.4)


def live(scenario: Scenario) -> Found:
    return Day(scenario).live()


days = st.builds(
    Scenario,
    groups=st.integers(1, 60),
    apps=st.integers(1, 3),
    platform=st.sampled_from([FEISHU, DINGTALK, replace(FEISHU, by_kind=True)]),
    replicas=st.integers(1, 3),
    friday=st.booleans(),
    spread=st.sampled_from([0.0, 300.0]),
    leader_of_app=st.booleans(),
    edits_last=st.booleans(),
    doubled=st.sampled_from([0.0, 0.2]),
    costs=st.sampled_from([Costs(), SLOW]),
    seed=st.integers(0, 9),
)


@settings(max_examples=15, deadline=None)
@given(days)
def test_nothing_is_lost_and_nothing_is_sent_that_was_not_owed(day: Scenario) -> None:
    found = live(day)
    assert found.pushed == found.acknowledged == len(found.ack)
    assert found.owed == found.merged + len(found.sends)
    assert len(found.lag["prompt"]) == len(found.lag["digest"]) == day.groups


@settings(max_examples=15, deadline=None)
@given(days)
def test_no_window_of_app_or_chat_holds_more_than_the_platform_takes(day: Scenario) -> None:
    found = live(day)
    for count, seconds in day.platform.app:
        assert most(found, seconds - 1e-6) <= count
    by_chat: dict[str, list[float]] = {}
    for at, _, chat, _ in found.sends:
        by_chat.setdefault(chat, []).append(at)
    for count, seconds in day.platform.chat:
        for times in by_chat.values():
            held = zip(times, times[count:], strict=False)
            assert all(later - first > seconds - 1e-6 for first, later in held)


def test_the_same_seed_is_the_same_day_and_another_is_another() -> None:
    assert live(SMALL).sends == live(SMALL).sends
    assert live(SMALL).sends != live(replace(SMALL, seed=2)).sends


@pytest.mark.parametrize("platform", [FEISHU, DINGTALK], ids=lambda one: one.name)
@pytest.mark.parametrize("what", ["prompt", "digest", "reminder"])
def test_more_groups_never_hear_sooner(platform: Platform, what: str) -> None:
    sizes = (50, 100, 200)
    found = [live(replace(SMALL, groups=n, platform=platform)) for n in sizes]
    last = [part(one.lag[what], 1) for one in found]
    assert last == sorted(last)


def test_a_group_hears_its_own_messages_in_the_order_in_which_they_were_owed() -> None:
    found = live(SMALL)
    order = Counter(chat for _, _, chat, call in found.sends if call == "card" and chat == "g7")
    assert order["g7"] >= 4, "prompt, digest and two replies"
    times = [at for at, _, chat, _ in found.sends if chat == "g7"]
    assert times == sorted(times)


def test_a_thousand_prompts_a_minute_and_no_more() -> None:
    """Two every 40 ms: the first thousand are out after 20 s, the next begins a minute later."""
    found = live(Scenario(groups=2_000))
    assert 60 <= part(found.lag["prompt"], 1) <= 85


def test_prompts_that_begin_before_their_time_are_there_when_it_comes() -> None:
    late = live(Scenario(groups=400))
    spread = live(Scenario(groups=400, spread=300.0))
    assert part(spread.lag["prompt"], 1) < 1 < part(late.lag["prompt"], 1)


def test_changes_of_cards_that_go_last_let_the_digest_pass() -> None:
    first, last = (live(Scenario(groups=500, edits_last=is_so)) for is_so in (False, True))
    assert part(last.lag["digest"], 1) < part(first.lag["digest"], 1)


def test_events_that_are_acknowledged_too_late_come_again_and_still_count_once() -> None:
    found = live(Scenario(groups=40, costs=Costs(batch=4.0), doubled=0))
    assert found.doubled > 0
    assert found.acknowledged == found.pushed


def test_the_table_has_a_column_for_each_scenario() -> None:
    lines = list(table([("a", SMALL), ("b", replace(SMALL, apps=3, leader_of_app=True))]))
    assert {line.count("|") for line in lines} == {4}


def test_every_table_that_grows_is_weighed() -> None:
    lines = list(storage(10_000))
    assert len(lines) == len(TABLES) + 3
    assert lines[2] == "| outbox | 280,000 | 2,876,712 | 1.32 GiB | 2.05 GiB | 49.87 GiB |"
