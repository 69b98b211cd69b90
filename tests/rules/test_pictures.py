"""Pictures: whole whatever people write and whatever the dates are, and with all that they show."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from cards.elements import (
    Bars,
    Card,
    Gantt,
    GanttRow,
    Matrix,
    Picture,
    Tone,
    Trend,
    TrendLine,
    pack,
    unpack,
)
from cards.render import charts, dingtalk, feishu, html, png, strokes, svg, text, timescale, trend

SVG = "{http://www.w3.org/2000/svg}"
LEGEND = ("done", "planned", "late", "baseline", "forecast", "today")
CSS = Path(__file__).parents[2] / "bot/platforms/playground/static/playground.css"
SCHEMA = Path(__file__).parents[1] / "wire" / "vectors" / "feishu_card_v2.schema.json"
STEP = GanttRow("step", "2026-11-02", "2026-11-20", "2026-11-18", "2026-11-25", late=True)
PLAN = Gantt("Plan", "One step, late.", "2026-11-10", (STEP,), LEGEND)
RISKS = Matrix("Risks", "Two risks.", "likely", "bad", (("R1", 5, 5), ("R2", 1, 2)))
AGES = Bars("Ages", "VPN: 9 days.", "d", (("VPN", 9, Tone.BAD), ("keys", 2, Tone.GOOD)))
WEEKS = ("W1", "W2", "W3")
PLANNED = TrendLine("planned", Tone.CALM, (2, 4.5, 9), dashed=True)
TREND = Trend("Done", "5 done.", "d", WEEKS, (PLANNED, TrendLine("done", Tone.GOOD, (0, 5, None))))
PICTURES: tuple[Picture, ...] = (PLAN, RISKS, AGES, TREND)

nasty = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"/><image href="https://evil.example"/>',
            "a\x00b\x1b[31m\x0b\ufffe",
            "\u202egnp.exe",
            "&amp;]]><!--",
            "\U0001f680\ufe0f up",
            "字" * 300,
            "",
        ]
    ),
    st.text(max_size=40),
)
dates = st.one_of(
    st.dates().map(str), st.sampled_from(["", "nope", "2026-13-40", "0001-01-01", "9999-12-31"])
)
rows = st.builds(GanttRow, nasty, dates, dates, dates, dates, st.booleans(), st.booleans())
plans = st.builds(
    Gantt, nasty, nasty, dates, st.lists(rows, max_size=8).map(tuple), st.tuples(*[nasty] * 6)
)
matrices = st.builds(
    Matrix,
    nasty,
    nasty,
    nasty,
    nasty,
    st.lists(st.tuples(nasty, st.integers(-3, 9), st.integers(-3, 9)), max_size=12).map(tuple),
)
bars = st.builds(
    Bars,
    nasty,
    nasty,
    nasty,
    st.lists(
        st.tuples(nasty, st.integers(-5, 10**12), st.sampled_from(list(Tone))), max_size=50
    ).map(tuple),
)
amounts = st.one_of(
    st.none(), st.integers(0, 30).map(float), st.floats(allow_nan=True, allow_infinity=True)
)
trends = st.builds(
    Trend,
    nasty,
    nasty,
    nasty,
    st.lists(nasty, max_size=70).map(tuple),
    st.lists(
        st.builds(
            TrendLine,
            nasty,
            st.sampled_from(list(Tone)),
            st.lists(amounts, max_size=80).map(tuple),
            st.booleans(),
        ),
        max_size=12,
    ).map(tuple),
    amounts,
)
anything = st.one_of(plans, matrices, bars, trends)


def words_of(picture: Picture, font: str | None = None) -> list[str]:
    """Every line of words in the picture."""
    root = ET.fromstring(svg.draw(picture, font=font))
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def size_of(drawn: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", drawn[16:24])
    return width, height


def bytes_of(drawn: bytes) -> bytes:
    """The filtered pixels of a PNG."""
    at, found = 8, b""
    while at < len(drawn):
        (length,) = struct.unpack(">I", drawn[at : at + 4])
        if drawn[at + 4 : at + 8] == b"IDAT":
            found += drawn[at + 8 : at + 8 + length]
        at += 12 + length
    return zlib.decompress(found)


@settings(max_examples=150, deadline=None)
@given(picture=anything, font=st.sampled_from([None, "Noto Sans SC"]))
def test_a_picture_is_whole_and_holds_nothing_but_shapes(
    picture: Picture, font: str | None
) -> None:
    drawn = svg.draw(picture, font=font)
    root = ET.fromstring(drawn)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "line", "path", "text", "g"}
    allowed = {"role", "class", "font-family", "viewBox", "transform", "d", "rx", "text-anchor"}
    for node in root.iter():
        names = set(node.attrib) - allowed
        assert all(
            re.fullmatch(r"[xy][12]?|width|height|font-size|fill|stroke(-\w+)?", n) for n in names
        )
    assert not re.search(r"nan|inf", " ".join(re.findall(r'[xy\d]="([^"]*)"', drawn)))


@settings(max_examples=60, deadline=None)
@given(picture=anything)
def test_every_way_of_drawing_takes_every_picture(picture: Picture) -> None:
    card = Card("t", (picture,))
    text.render(card)
    dingtalk.render(card)
    dingtalk.template(card)
    html.render(card, press="/x", anchor="a")
    problems = list(
        Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(feishu.render(card))
    )
    assert not problems


@settings(max_examples=100, deadline=None)
@given(picture=plans)
def test_everything_in_a_plan_lies_within_the_picture(picture: Gantt) -> None:
    root = ET.fromstring(svg.draw(picture))
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    for node in root.iter(f"{SVG}rect"):
        x, y = float(node.attrib["x"]), float(node.attrib["y"])
        assert 0 <= x <= x + float(node.attrib["width"]) <= wide + 4
        assert 0 <= y <= y + float(node.attrib["height"]) <= high
    for node in root.iter(f"{SVG}line"):
        assert -1 <= float(node.attrib["x1"]) <= wide


@settings(max_examples=100, deadline=None)
@given(picture=trends)
def test_everything_in_a_trend_lies_within_the_picture(picture: Trend) -> None:
    root = ET.fromstring(svg.draw(picture))
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    for node in root.iter(f"{SVG}path"):
        assert all(
            -1e4 < float(number) < 1e4 for number in re.findall(r"[-\d.]+", node.attrib["d"])
        )
        for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", node.attrib["d"]):
            assert 0 <= float(x) <= wide
            assert 0 <= float(y) <= high
    for node in root.iter(f"{SVG}text"):
        words, size = "".join(node.itertext()), float(node.attrib["font-size"])
        long, x = strokes.width(words, size), float(node.attrib["x"])
        start = x - {"middle": long / 2, "end": long}.get(node.attrib.get("text-anchor", ""), 0)
        assert -1 <= start <= start + long <= wide + 1, words
        assert 0 <= float(node.attrib["y"]) <= high


@given(picture=trends)
def test_a_trends_scale_is_round_and_reaches_over_all_that_is_known(picture: Trend) -> None:
    rows = trend.series(picture)
    top, ticks = trend.scale(rows, picture.most)
    assert ticks[0] == 0
    assert 1 <= len(ticks) <= 6
    assert ticks[-1] <= top * (1 + 1e-9)
    assert all(value <= top * (1 + 1e-9) for row in rows for value in row if value is not None)


@given(picture=trends)
def test_feishus_lines_have_each_their_name_and_no_unknown_points(picture: Trend) -> None:
    spec = charts.chart(picture)["chart_spec"]
    names, steps = spec["point"]["style"]["symbolType"]["domain"], spec["axes"][1]["domain"]
    assert len(set(names)) == len(names) == min(len(picture.lines), 8)
    assert len(set(steps)) == len(steps)
    values = spec["data"]["values"]
    assert len(json.dumps(values, ensure_ascii=False).encode()) <= 12_000
    assert all(one["amount"] >= 0 and one["step"] in steps for one in values)
    assert {one["line"] for one in values} <= set(names) == set(spec["color"]["specified"])
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "most", "expected"),
    [
        ([], None, (1, [0, 1])),
        ([0, 0], None, (1, [0, 1])),
        ([3], None, (3, [0, 1, 2, 3])),
        ([24, 11], None, (25, [0, 5, 10, 15, 20, 25])),
        ([0.5], None, (0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5])),
        ([40], 100, (100, [0, 20, 40, 60, 80, 100])),
        ([130], 100, (150, [0, 50, 100, 150])),
    ],
)
def test_which_amounts_are_named(
    values: list[float], most: float | None, expected: tuple[float, list[float]]
) -> None:
    top, ticks = trend.scale([[*values]], most)
    assert [top, *ticks] == pytest.approx([expected[0], *expected[1]])


def lines_of(picture: Trend) -> list[str]:
    """The ways of the lines, without their markers."""
    return re.findall(r'<path d="(M[\d. ]+L[\d. L]+)"', svg.draw(picture))


def test_a_line_has_gaps_where_nothing_is_known_and_points_that_stand_alone() -> None:
    def one(*values: float | None) -> Trend:
        return Trend("", "", "", tuple(map(str, values)), (TrendLine("x", Tone.BAD, values),))

    assert [way.count("L") for way in lines_of(one(1, 2, None, 3, 4, 5))] == [1, 2]
    assert [way.count("L") for way in lines_of(one(1, None, 3))] == []
    alone, nothing = svg.draw(one(1, None, 3)), svg.draw(one(None, None, None))
    assert alone.count("<rect") == nothing.count("<rect") + 2


def test_a_trend_is_told_apart_by_markers_and_dashes_and_says_where_it_stands() -> None:
    drawn = svg.draw(TREND)
    assert drawn.count("stroke-dasharray") == 2
    assert {"planned · 9", "done · 5"} <= set(words_of(TREND))
    crowd = Trend("", "", "", WEEKS, (PLANNED,) * 11)
    assert words_of(crowd).count("planned · 9") == 8
    assert "+3" in words_of(crowd)


@pytest.mark.parametrize("count", [1, 2, 8, 9, 30, 60, 75])
def test_few_steps_are_named_and_always_the_last(count: int) -> None:
    steps = tuple(f"s{n}" for n in range(count))
    many = Trend("", "", "", steps, (TrendLine("x", Tone.INFO, tuple(map(float, range(count)))),))
    named = [word for word in words_of(many) if word.startswith("s")]
    assert 1 <= len(named) <= 8
    assert steps[-1] in named
    values = charts.chart(many)["chart_spec"]["data"]["values"]
    assert values[-1] == {"step": steps[-1], "line": "x", "amount": count - 1}


def test_a_long_trend_keeps_its_shape_in_few_points() -> None:
    row = TrendLine("字" * 300, Tone.GOOD, tuple(map(float, range(60))))
    long = Trend("字" * 300, "", "", tuple("字" * n for n in range(60)), (row,) * 8)
    drawn = feishu.render(Card("t", (long, long)))
    assert [node["tag"] for node in drawn["body"]["elements"]] == ["chart", "chart"]


labels = st.integers(1, 99).map(lambda n: f"R{n}")
points = st.tuples(labels, st.integers(1, 5), st.integers(1, 5))


@given(found=st.lists(points, max_size=30))
def test_every_risk_is_in_the_matrix_or_counted(found: list[tuple[str, int, int]]) -> None:
    picture = Matrix("", "", "", "", tuple(found))
    words = " ".join(words_of(picture)).split()
    named = [word for word in words if word.startswith("R")]
    counted = sum(int(word) for word in words if word.startswith("+"))
    assert len(named) + counted == len(found)
    for (_, names), node in zip(
        svg.by_cell(picture).items(),
        charts.chart(picture)["chart_spec"]["data"]["values"],
        strict=True,
    ):
        shown = node["names"].split()
        assert len(names) == sum(int(w) if w[0] == "+" else 1 for w in shown)


def test_a_full_cell_counts_the_rest() -> None:
    crowd = Matrix("", "", "", "", tuple((f"R{n}", 3, 3) for n in range(1, 8)))
    assert "R1 R2 +5" in " ".join(words_of(crowd))


@pytest.mark.parametrize(
    ("score", "named"), [(1, "low"), (6, "low"), (8, "medium"), (12, "medium"), (15, "high")]
)
def test_a_cells_shade(score: int, named: str) -> None:
    assert svg.shade(score) == named


@given(count=st.integers(0, 60))
def test_every_step_and_bar_is_drawn_or_counted(count: int) -> None:
    plan = Gantt("", "", "2026-11-10", (STEP,) * count, LEGEND)
    ages = Bars("", "", "", (("VPN", 9, Tone.BAD),) * count)
    for picture, label in ((plan, "step"), (ages, "VPN")):
        words = words_of(picture)
        counted = sum(int(word) for word in words if word.startswith("+"))
        assert words.count(label) + counted == count
        assert words.count(label) <= 40


def test_a_long_step_is_cut_and_what_is_late_or_done_has_a_mark() -> None:
    long = GanttRow("字" * 30, "2026-11-02", "2026-11-03", "", "")
    assert any(re.fullmatch("字{11,12}…", w) for w in words_of(Gantt("", "", "", (long,), LEGEND)))
    plain, late, done = (
        svg.draw(Gantt("", "", "", (GanttRow("x", "2026-11-02", "", "", "", *marked),), LEGEND))
        for marked in ((False, False), (False, True), (True, False))
    )
    assert late.count("<path") > plain.count("<path")
    assert done.count("<path") > plain.count("<path")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-24", "2026-11-24", ["11/24"]),
        ("2026-11-02", "2026-11-08", ["11/2", "11/3", "11/4", "11/5", "11/6", "11/7", "11/8"]),
        ("2026-11-03", "2026-12-08", ["11/9", "11/16", "11/23", "11/30", "12/7"]),
        ("2026-01-15", "2026-07-15", ["2/1", "3/1", "4/1", "5/1", "6/1", "7/1"]),
        ("2019-06-01", "2024-06-01", ["2020", "2021", "2022", "2023", "2024"]),
    ],
)
def test_which_days_are_named(first: str, last: str, expected: list[str]) -> None:
    begin, end = timescale.day(first), timescale.day(last)
    assert begin
    assert end
    scale = timescale.Scale(begin, end, 0, 300)
    assert [name for _, name in scale.ticks(12)] == expected


def test_today_far_from_the_plan_leaves_the_plan_its_room() -> None:
    near, far = PLAN, Gantt("", "", "2031-01-01", (STEP,), LEGEND)
    assert "today 11/10" in words_of(near)
    assert "today 2031-01-01 →" in words_of(far)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_png_shows_something(picture: Picture) -> None:
    drawn = png.render(picture)
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert size_of(drawn)[0] == 1200
    assert size_of(drawn)[1] > 200
    assert len(set(bytes_of(drawn))) > 20


def test_chinese_is_not_drawn_as_empty_boxes() -> None:
    one, other = (
        png.render(Gantt(words, "", "", (), LEGEND)) for words in ("上线计划", "验收风险")
    )
    assert size_of(one) == size_of(other)
    assert bytes_of(one) != bytes_of(other)


def test_what_the_font_has_no_sign_for_is_left_out_of_a_png() -> None:
    rocket = Gantt("go \U0001f680\ufe0f", "", "", (), LEGEND)
    assert words_of(rocket)[0] == "go \U0001f680\ufe0f"
    assert words_of(rocket, "Noto Sans SC")[0] == "go"


def test_a_picture_has_one_key_for_what_it_shows() -> None:
    [back] = unpack(json.loads(json.dumps(pack(Card("t", (PLAN,)))))).elements
    assert isinstance(back, Gantt)
    assert png.key_of(PLAN) == png.key_of(back)
    assert len({png.key_of(picture) for picture in PICTURES}) == len(PICTURES)


def test_words_lose_what_xml_cannot_hold() -> None:
    assert strokes.clean("a\ud800\x00\u202eb\r\n c\ufffe") == "ab c"


def test_every_colour_has_its_dark_one() -> None:
    css = CSS.read_text("utf-8")
    every = tuple(TrendLine("x", tone, (1, 2, 3)) for tone in Tone)
    for picture in (*PICTURES, Trend("", "", "", WEEKS, every)):
        drawn = svg.draw(picture)
        for name in set(
            re.findall(r"\b[fs]-[a-z]+", " ".join(re.findall('class="([^"]*)"', drawn)))
        ):
            assert f".{name} {{" in css, name


def test_words_stand_out_from_what_is_behind_them() -> None:
    for words in ("ink", "soft"):
        for behind in ("ground", "low", "medium", "high"):
            assert contrast(strokes.COLOURS[words], strokes.COLOURS[behind]) >= 4.5
    assert contrast(strokes.COLOURS["info"], strokes.COLOURS["ground"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two `#rrggbb`."""
    light = sorted((luminance(one), luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_feishu_draws_charts_and_shows_a_plan_that_was_uploaded() -> None:
    card = Card("t", (*PICTURES, AGES, AGES, AGES))
    drawn = feishu.render(card, {png.key_of(PLAN): "img_v3_02ab-c"})["body"]["elements"]
    tags = [node["tag"] for node in drawn]
    assert tags == ["img", "chart", "chart", "chart", "chart", "chart", "markdown"]
    assert drawn[0]["img_key"] == "img_v3_02ab-c"
    assert drawn[0]["alt"]["content"] == "One step, late."


@pytest.mark.parametrize("key", ["", "a b", "x)](y", "img\n"])
def test_a_plan_without_a_key_is_told(key: str) -> None:
    card = Card("t", (PLAN,))
    [node] = feishu.render(card, {png.key_of(PLAN): key})["body"]["elements"]
    assert node["content"] == "One step, late."
    assert (
        "One step, late"
        in dingtalk.render(card, images={png.key_of(PLAN): key})["msgParam"]["text"]
    )


def test_dingtalk_shows_uploaded_pictures() -> None:
    card = Card("t", (PLAN, RISKS, TREND))
    body = dingtalk.render(card, images={png.key_of(PLAN): "@lADPxxxx"})["msgParam"]["text"]
    assert "![Plan](@lADPxxxx)" in body
    assert "Two risks" in body
    assert "Two risks" in dingtalk.template(card)["markdown"]
    assert text.render(card) == "t\nOne step, late.\nTwo risks.\n5 done."


def test_a_page_has_the_picture_and_its_words() -> None:
    long = Matrix("Risks <b>", "word " * 40, "", "", ())
    page = html.render(Card("t", (PLAN, long, TREND)), press="/x", anchor="a")
    assert page.count("<svg") == 3
    assert 'class="picture trend"' in page
    assert "<figcaption><p>One step, late.</p>" in page
    assert "<summary>Risks &lt;b&gt;</summary>" in page
    assert "style=" not in page
    assert " id=" not in page
