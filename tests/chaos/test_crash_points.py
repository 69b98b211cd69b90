"""The process dies at every point of a morning, one life after the other: nothing that was
acknowledged is lost, nothing is seen twice, and the morning ends as it would have.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy.engine import make_url

from tests.acceptance.stages import moment
from tests.chaos.dying import Push, Step, Story, Until
from tests.chaos.scenes import Scene, Seen, a_project_on_dingtalk, a_project_on_feishu, away
from tests.chat import START
from tests.fakes import dingtalk_push as ding
from tests.fakes import feishu as fake

# A morning in so many pieces, to be run side by side. Every point of the morning on Feishu and
# SQLite; of the others one in so many, since what differs is the driver's waiting for an answer, or
# the way out, where `at_most_one_in_doubt` asks less.
PARTS = 8
ONE_IN = {("feishu", "sqlite"): 1, ("feishu", "postgresql"): 10}
ONE_IN |= {("dingtalk", "sqlite"): 6, ("dingtalk", "postgresql"): 16}
STAMP = START.timestamp()
ANSWER = "日报 昨天：装好了服务器\n今天：装数据库\n阻碍：服务器还没到货"
Check = Callable[[Seen, Seen], bool]


@pytest.fixture
def on_feishu(any_url: str) -> Iterator[Scene]:
    with a_project_on_feishu(any_url) as scene:
        yield scene


@pytest.fixture
def on_dingtalk(any_url: str) -> Iterator[Scene]:
    with a_project_on_dingtalk(any_url) as scene:
        yield scene


def feishu_sends(event: dict[str, object]) -> Push:
    body = fake.encrypt(json.dumps(event, ensure_ascii=False).encode())
    return Push("/webhook/feishu", body, fake.sign(body, stamp=str(round(STAMP))))


def feishu_morning() -> list[Step]:
    return [
        Until(moment("2026-11-24", "09:30")),
        feishu_sends(fake.message("ou_li", ANSWER)),
        feishu_sends(fake.message("ou_pm", "风险 接口没给 @李雷", mentions={"李雷": "ou_li"})),
        Until(moment("2026-11-24", "10:31")),
    ]


def dingtalk_morning(base: str) -> list[Step]:
    stamp = round(STAMP * 1000)
    said = ding.robot_message("li", ANSWER, base=base, nick="李雷", created_ms=stamp)
    body = json.dumps(said, ensure_ascii=False).encode()
    return [
        Until(moment("2026-11-24", "09:30")),
        Push("/webhook/dingtalk", body, ding.sign(str(stamp))),
        Until(moment("2026-11-24", "10:31")),
    ]


class Morning:
    """A scene, what happens in it, and how it ends when nobody dies."""

    def __init__(self, scene: Scene, steps: list[Step]) -> None:
        self._scene, self._steps = scene, steps
        story = self._begin()
        story.go_on()
        self.calm, self.points = self._end(story), story.points
        assert "还没填：韩梅梅" in str(self.calm.words)

    def part(self, number: int) -> range:
        """The points of one of the pieces."""
        engine = make_url(self._scene.url).get_backend_name()
        one_in = ONE_IN[self._scene.platform.name, engine]
        return range(1 + number * one_in, self.points, PARTS * one_in)

    def _begin(self) -> Story:
        return Story(self._scene.fresh(), START + timedelta(minutes=5), self._steps)

    def _end(self, story: Story) -> Seen:
        url = story.settings["database_url"]
        seen = self._scene.seen(url)
        away(url)
        return seen

    def die_at(self, points: Iterable[int], holds: Check) -> None:
        for point in points:
            story = self._begin()
            story.go_on(dies_at=point)
            died_in = story.step
            story.go_on()
            assert holds(self._end(story), self.calm), f"point {point}, in step {died_in}"


def the_same(seen: Seen, calm: Seen) -> bool:
    assert seen == calm
    return True


def at_most_one_in_doubt(seen: Seen, calm: Seen) -> bool:
    """DingTalk does not recognise what it has been sent before: a call that was under way is not
    made again and counted. Everything else is there, once and in its order; a card of which nobody
    knows whether it hangs is hung anew, with its newer face, when there is something to change."""
    assert seen.rows == calm.rows
    doubt = seen.owed.get("unknown", 0)
    for place, words in seen.words.items():
        left = iter(calm.words[place])
        assert [one for one in words if one in calm.words[place] and one not in left] == []
        anew = [one for one in words if one not in calm.words[place]]
        assert len(anew) <= doubt, anew
    lost = [
        (place, one)
        for place, words in calm.words.items()
        for one in words
        # How far a round has come is said where that is free; a restart forgets the session.
        if one not in seen.words.get(place, []) and "进行中" not in one
    ]
    assert len(lost) <= doubt <= 1, lost
    assert Counter(seen.owed).total() == Counter(calm.owed).total()
    return True


def test_dying_all_over_the_morning_changes_nothing(on_feishu: Scene) -> None:
    morning = Morning(on_feishu, feishu_morning())
    morning.die_at(range(7, morning.points, morning.points // 4), the_same)


def test_dying_leaves_at_most_one_message_in_doubt_on_dingtalk(on_dingtalk: Scene) -> None:
    base = on_dingtalk.platform.settings["dingtalk_api_base_url"]
    morning = Morning(on_dingtalk, dingtalk_morning(base))
    morning.die_at(range(5, morning.points, morning.points // 4), at_most_one_in_doubt)


@pytest.mark.slow(minutes=3)
@pytest.mark.parametrize("part", range(PARTS))
def test_dying_at_any_point_of_the_morning_changes_nothing(on_feishu: Scene, part: int) -> None:
    morning = Morning(on_feishu, feishu_morning())
    morning.die_at(morning.part(part), the_same)


@pytest.mark.slow(minutes=1)
@pytest.mark.parametrize("part", range(PARTS))
def test_dying_at_any_point_leaves_at_most_one_in_doubt_on_dingtalk(
    on_dingtalk: Scene, part: int
) -> None:
    base = on_dingtalk.platform.settings["dingtalk_api_base_url"]
    morning = Morning(on_dingtalk, dingtalk_morning(base))
    morning.die_at(morning.part(part), at_most_one_in_doubt)
