"""Presses that no card of ours would send: other ids, other bytes, other places, an older card."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import _BY_NAME, Action, pack, unpack
from bot.core.events import Press
from tests.access.acts import BUTTONS, FORMS, button
from tests.access.world import World

PRESSING = ("manager", "engineer", "admin", "user", "newcomer", "guest")
# Ids that are none, and numbers at which something may overflow.
NONSENSE = (
    "",
    "0",
    "' OR 1=1 --",
    "%",
    "../../etc/passwd",
    "é" * 200,
    "x" * 5_000,
    "\u202e",
    "\x00",
)
NUMBERS = (0, -1, 1, 2, 7, 10**9, 2**31, 2**63, 10**30, -(10**30))


@pytest.mark.parametrize("name", BUTTONS)
async def test_a_button_of_another_project_does_nothing_here(world: World, name: str) -> None:
    """With the other project's ids, pressed by everybody where it counts for ours."""
    if name == "project.create":
        return  # carries nothing
    action = button(name, world.theirs)
    for who in PRESSING:
        someone = world.ours.someone(who)
        for room in (world.ours.room, ""):
            told = await world.tried(world.press(someone, action, room, **FORMS.get(name, {})))
            assert told.refused, (who, room)
            assert not told.changed, (who, room)
            assert world.theirs.mark not in str(told.said), (who, room)


@pytest.mark.parametrize("name", BUTTONS)
async def test_a_card_in_a_chat_that_we_do_not_know_does_nothing(world: World, name: str) -> None:
    """Forwarded to a group without the bot, or to somebody's private chat."""
    for who in PRESSING:
        event = world.press(
            world.ours.someone(who), button(name, world.ours), "oc_somewhere", **FORMS.get(name, {})
        )
        told = await world.tried(event)
        assert told.refused == "refused.elsewhere"
        assert not told.changed
        assert world.ours.mark not in str(told.said)


@pytest.mark.parametrize(
    "name", [name for name in BUTTONS if "version" in {f.name for f in fields(_BY_NAME[name])}]
)
async def test_a_form_of_before_a_change_overrides_nothing(world: World, name: str) -> None:
    for version in (0, -1, 99, 2**63):
        action = button(name, world.ours, version=version)
        for who in ("manager", "engineer"):
            event = world.press(world.ours.someone(who), action, **FORMS.get(name, {}))
            told = await world.tried(event)
            assert told.refused
            assert not told.changed


# --- at random -----------------------------------------------------------------------------------


def ids_of(world: World) -> list[str]:
    return [
        value
        for side in (world.ours, world.theirs)
        for value in (*side.ids.values(), *side.ids["drafts"].values())
        if isinstance(value, str)
    ]


def forged(chance: random.Random, kind: type[Action], ids: list[str]) -> Action:
    """An action of that kind with values of the right types and nothing else right."""
    drawn: dict[str, Any] = {}
    for field in fields(kind):
        match field.type:
            case "int":
                drawn[field.name] = chance.choice(NUMBERS)
            case "bool":
                drawn[field.name] = chance.random() < 0.5
            case _:
                drawn[field.name] = chance.choice((*ids, *ids, *NONSENSE, "internal", "docx"))
    return kind(**drawn)


def muddled(chance: random.Random, form: Mapping[str, Any], ids: list[str]) -> dict[str, Any]:
    """A form with some of its fields another's, of another kind, or gone."""
    other = [*FORMS.values(), {"owner": "", "likely": "11", "text9999": "x", "version": "-1"}]
    mixed = {**form, **chance.choice(other)}
    for name in list(mixed):
        if chance.random() < 0.3:
            mixed[name] = chance.choice((*NONSENSE, *ids, True, ("a", "b"), "1" * 400))
    return mixed


async def forge(world: World, seed: int, times: int) -> None:
    world.watch_theirs = True
    chance, ids = random.Random(seed), ids_of(world)
    for turn in range(times):
        name = chance.choice(BUTTONS)
        right = button(name, world.ours)
        action = forged(chance, type(right), ids)
        if chance.random() < 0.5 and fields(right):
            one = chance.choice(fields(right)).name
            action = replace(right, **{one: getattr(action, one)})
        who = world.ours.someone(chance.choice(PRESSING))
        room = chance.choice((world.ours.room, ""))
        form = muddled(chance, FORMS.get(name, {}), ids)
        told = await world.tried(world.press(who, action, room, **form))
        assert not told.theirs, (turn, action, form)
        assert world.theirs.mark not in str(told.said), (turn, action, form)


async def test_forged_values_reach_nothing_of_another_project(world: World) -> None:
    await forge(world, 1, 150)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
async def test_many_forged_values_reach_nothing_of_another_project(world: World, seed: int) -> None:
    await forge(world, seed, 1_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(name=st.sampled_from(BUTTONS), data=st.data())
def test_a_value_of_the_wrong_kind_is_no_action(name: str, data: st.DataObject) -> None:
    """Whatever one field is changed to: it is taken as it is typed, or not at all."""
    kind = _BY_NAME[name]
    right = {"str": "x", "int": 1, "bool": True}
    whole = pack(kind(**{field.name: right[str(field.type)] for field in fields(kind)}))
    assert unpack(whole) is not None
    for field in fields(kind):
        value = data.draw(JSON)
        taken = unpack({"a": name, "v": {**whole["v"], field.name: value}})
        assert (taken is not None) == (type(value) is type(right[str(field.type)]))
        assert (
            unpack({"a": name, "v": {k: v for k, v in whole["v"].items() if k != field.name}})
            is None
        )
    assert unpack({"a": data.draw(JSON), "v": whole["v"]}) is None or fields(kind) == ()
    assert unpack(data.draw(JSON)) is None


async def test_a_press_without_an_action_of_ours_is_told_that_it_is_old(world: World) -> None:
    press = world.press(world.ours.someone("manager"), None, world.ours.room)
    assert isinstance(press, Press)
    told = await world.tried(press)
    assert told.refused == "refused.stale"
    assert not told.changed
