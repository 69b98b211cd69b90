"""Dates and times as people type them, seen from Wednesday 25 November 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendars import Calendars
from bot.language.dates import Seen, festivals, find_date, find_span, find_time, number, read

TODAY = date(2026, 11, 25)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("今天", "2026-11-25"),
        ("明天", "2026-11-26"),
        ("后天", "2026-11-27"),
        ("大后天", "2026-11-28"),
        ("tomorrow", "2026-11-26"),
        ("2026-12-25", "2026-12-25"),
        ("2026/12/25", "2026-12-25"),
        ("2026.12.25", "2026-12-25"),
        ("2026年12月25日", "2026-12-25"),
        ("２０２６－１２－２５", "2026-12-25"),
        ("12月25日", "2026-12-25"),
        ("12月25号", "2026-12-25"),
        ("十二月二十五日", "2026-12-25"),
        ("12/25", "2026-12-25"),
        ("12-25", "2026-12-25"),
        ("11月25日", "2026-11-25"),
        ("11月24日", "2027-11-24"),
        ("1月5日", "2027-01-05"),
        ("明年3月1日", "2027-03-01"),
        ("周五", "2026-11-27"),
        ("周三", "2026-11-25"),
        ("周一", "2026-11-30"),
        ("本周五", "2026-11-27"),
        ("下周五", "2026-12-04"),
        ("下个星期一", "2026-11-30"),
        ("下下周二", "2026-12-08"),
        ("礼拜天", "2026-11-29"),
        ("3天后", "2026-11-28"),
        ("三天后", "2026-11-28"),
        ("两周后", "2026-12-09"),
        ("月底", "2026-11-30"),
        ("下个月底", "2026-12-31"),
        ("上线 12月25日 之前", "2026-12-25"),
    ],
)
def test_a_date_is_found(text: str, wanted: str) -> None:
    found = find_date(text, TODAY)
    assert found is not None
    assert found == day(wanted)


@pytest.mark.parametrize(
    "text",
    ["", "华鼎ERP", "三号楼", "80%", "1.5版", "v2.3.1", "进度 3/4%", "2月30日", "13月1日",
     "2026-02-30", "99/99", "联调接口", "10:30", "第二期", "M3"],
)  # fmt: skip
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert find_date(text, TODAY) is None


@given(
    text=st.text(alphabet="0123456789零一二两三十百年月日号周下本个底天后明/-.: 到%", max_size=14)
)
def test_nothing_that_looks_like_a_date_is_an_accident(text: str) -> None:
    find_date(text, TODAY)
    find_span(text, TODAY)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("明天", "2026-11-26", "2026-11-26"),
        ("11月25日到27日", "2026-11-25", "2026-11-27"),
        ("11月30日到12月2日", "2026-11-30", "2026-12-02"),
        ("周四到周五", "2026-11-26", "2026-11-27"),
        ("明天~后天", "2026-11-26", "2026-11-27"),
        ("明天3天", "2026-11-26", "2026-11-28"),
        ("12月31日至1月2日", "2026-12-31", "2027-01-02"),
    ],
)
def test_a_span_has_its_first_and_last_day(text: str, first: str, last: str) -> None:
    assert find_span(text, TODAY) == (day(first), day(last))


@pytest.mark.parametrize("text", ["", "到明天", "明天到昨天", "11月27日到25日", "三号楼到四号楼"])
def test_a_span_that_is_none_is_not_guessed(text: str) -> None:
    assert find_span(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("09:30", time(9, 30)),
        ("9:30", time(9, 30)),
        ("9：30", time(9, 30)),
        ("9点半", time(9, 30)),
        ("九点半", time(9, 30)),
        ("9点一刻", time(9, 15)),
        ("9点45分", time(9, 45)),
        ("下午3点", time(15, 0)),
        ("下午5点半", time(17, 30)),
        ("晚上八点", time(20, 0)),
        ("十二点", time(12, 0)),
        ("中午12点", time(12, 0)),
        ("5:30 pm", time(17, 30)),
    ],
)
def test_a_time_is_found(text: str, wanted: time) -> None:
    assert find_time(text) == wanted


@pytest.mark.parametrize("text", ["", "25:00", "9:75", "三号楼", "80%", "1.5版", "30点"])
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert find_time(text) is None


@given(text=st.text(alphabet="0123456789零一二两三十百点时分半刻:上下午晚 apm", max_size=12))
def test_nothing_that_looks_like_a_time_is_an_accident(text: str) -> None:
    find_time(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("7", 7), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("两", 2), ("九", 9)],
)
def test_numbers_are_read_in_both_scripts(text: str, wanted: int) -> None:
    assert number(text) == wanted


@pytest.mark.parametrize("text", ["一两点", "十十点", "二三时"])
def test_a_vague_time_is_not_guessed_and_not_an_error(text: str) -> None:
    assert find_time(text) is None


def test_a_vague_length_is_not_an_error() -> None:
    find_span("明天一两天", TODAY)


def test_the_table_of_lunar_days_agrees_with_the_library() -> None:
    """Spring Festival, Qingming, Dragon Boat and Mid-Autumn, for every year in the table."""
    import holidays

    names = {"春节": "春节", "清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
    for year in range(2024, 2037):
        library = holidays.country_holidays("CN", years=year, language="zh_CN")
        for word, name in names.items():
            first = min(d for d in library if d.year == year and name in library[d].split("; "))
            assert festivals.day_of(word, year) == first, (word, year)


CHINA = Calendars().of("CN")


@pytest.mark.parametrize(
    ("text", "now", "wanted"),
    [
        ("原定周三，改到周五", "2026-11-23T10:00", "2026-11-27"),
        ("不是这周五，是下周五交", "2026-11-23T10:00", "2026-12-04"),
        ("12月20日前3个工作日", "2026-12-03T10:00", "2026-12-16"),
        ("8月12日（周三）上午10:00 评审", "2026-08-04T15:00", "2026-08-12T10:00"),
        ("下周二到周四", "2026-11-11T10:00", "2026-11-19"),
        ("國慶後第一個工作日", "2026-09-16T10:00", "2026-10-08"),
        ("接口最晚下週二下午三點能好", "2026-11-11T10:00", "2026-11-17T15:00"),
        ("by EOD Thursday", "2026-09-14T10:00", "2026-09-17"),
        ("in 3 working days", "2026-04-01T10:00", "2026-04-07"),
        ("今晚12点", "2026-04-15T14:00", "2026-04-16T00:00"),
        ("上线后两周", "2026-04-15T14:00", "2026-06-01"),
        ("T-3", "2026-04-15T14:00", "2026-05-15"),
    ],
)
def test_a_deadline_in_a_sentence_is_read_whole(text: str, now: str, wanted: str) -> None:
    seen = Seen(datetime.fromisoformat(f"{now}+08:00"), CHINA, {"go_live": date(2026, 5, 18)})
    assert read(text, seen).iso() == wanted


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("尽快", "vague"),
        ("等客户通知", "vague"),
        ("等上线以后再说", "anchor"),
        ("2月30号", "impossible"),
        ("13月5日", "impossible"),
        ("11月27日到25日", "impossible"),
        ("上线后一个月", "anchor"),
        ("T-3", "anchor"),
        ("三号楼", ""),
        ("第二天的会", ""),
        ("有3点建议", ""),
        ("还差一点", ""),
        ("五一广场见", ""),
        ("3/4的人同意", ""),
    ],
)
def test_what_cannot_be_known_is_asked_and_not_guessed(text: str, ask: str) -> None:
    seen = Seen(datetime.fromisoformat("2026-04-15T14:00+08:00"), CHINA)
    found = read(text, seen)
    assert (found.iso(), found.ask) == (None, ask)


@given(
    st.text(max_size=300),
    st.datetimes(timezones=st.just(UTC)),
)
def test_any_text_gets_an_answer(text: str, now: datetime) -> None:
    found = read(text, Seen(now, CHINA))
    assert found.day is None or not found.ask


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("两天", "2026-11-25", "2026-11-26"),
        ("一天", "2026-11-25", "2026-11-25"),
        ("今明两天", "2026-11-25", "2026-11-26"),
        ("明后天", "2026-11-26", "2026-11-27"),
        ("明天下午", "2026-11-26", "2026-11-26"),
        ("下周一到周三", "2026-11-30", "2026-12-02"),
    ],
)
def test_leave_lasts_as_long_as_it_says(text: str, first: str, last: str) -> None:
    assert find_span(text, TODAY) == (day(first), day(last))
