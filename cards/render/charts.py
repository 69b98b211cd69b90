"""Pictures as Feishu's own charts, drawn by VChart in the client (protocols/feishu.md §4.3).

Only what VChart 1.8 understands is used: the oldest client that shows cards of JSON 2.0 (7.20) has
1.10. A label cannot have two lines there. Nothing is told by colour alone.
"""

from __future__ import annotations

from typing import Any, assert_never

from cards.elements import Bars, Matrix, Tone, Trend
from cards.render import trend
from cards.render.strokes import COLOURS, clean, fit, width
from cards.render.svg import MOST_BARS, by_cell, shade

# Feishu recommends no more in one card.
MOST = 5
_LONGEST = 40
# One label takes a fifth of a phone's width at most; two beside one another reach a little over.
_SIZE, _ROOM = 11, 48
_SHADES = {"low": COLOURS["good"], "medium": COLOURS["watch"], "high": COLOURS["bad"]}
_TONES = {tone.value: COLOURS[tone.value] for tone in Tone}

_GRADES = ["1", "2", "3", "4", "5"]

# So much of a card's 30 KB may one trend take, so that two fit; a point takes this and its names.
_MOST_BYTES, _POINT = 9_000, 50
_MOST_LABELS = 12
# More steps than this have small markers.
_FEW = 24
# How much of a step's and of a line's name is shown, in pixels at size 11.
_STEP, _NAME = 66, 132
# A line's own marker; a name that VChart does not know makes the whole chart fail.
_MARKERS = ("circle", "square", "diamond", "triangle", "star", "cross", "triangleDown", "wye")

Node = dict[str, Any]


def chart(picture: Matrix | Bars | Trend) -> Node:
    """The picture as a `chart` element."""
    spec, shape = _spec(picture)
    title = clean(picture.title)[:100]
    return {
        "tag": "chart",
        "aspect_ratio": shape,
        "height": "auto",
        "preview": True,
        "chart_spec": spec | ({"title": {"text": title}} if title else {}),
    }


def _spec(picture: Matrix | Bars | Trend) -> tuple[Node, str]:
    """What is drawn, and the shape of the room for it."""
    match picture:
        case Matrix():
            return _matrix(picture)
        case Bars():
            return _bars(picture)
        case Trend():
            return _trend(picture)
        case _:
            assert_never(picture)


def _bars(picture: Bars) -> tuple[Node, str]:
    """Horizontal bars, the first one on top, each labelled with its amount and unit."""
    unit = clean(picture.unit)
    shown = picture.bars[:MOST_BARS]
    labels = _different([_short(label) for label, _, _ in shown])
    values = [
        {
            "label": label,
            "amount": max(amount, 0),
            "shown": f"{amount} {unit}".strip(),
            "tone": tone,
        }
        for label, (_, amount, tone) in zip(labels, shown, strict=True)
    ]
    most = max([amount for _, amount, _ in shown], default=0)
    spec = {
        "type": "bar",
        "direction": "horizontal",
        "data": {"values": values},
        "xField": "amount",
        "yField": "label",
        "seriesField": "tone",
        "color": {"specified": _TONES},
        "legends": {"visible": False},
        "label": {"visible": True, "position": "outside", "formatter": "{shown}", "overlap": False},
        "axes": [
            {"orient": "left", "type": "band"},
            # The longest bar leaves room for its amount.
            {
                "orient": "bottom",
                "type": "linear",
                "min": 0,
                "max": 1.3 * max(most, 1),
                "visible": False,
            },
        ],
    }
    return spec, "16:9" if len(shown) <= 6 else "4:3" if len(shown) <= 12 else "1:1"


def _matrix(picture: Matrix) -> tuple[Node, str]:
    """A point per cell that has risks, named after all of them."""
    values = [
        {
            "likely": str(likely),
            "bad": str(bad),
            "names": _joined(labels),
            "shade": shade(likely * bad),
        }
        for (likely, bad), labels in by_cell(picture).items()
    ]
    spec = {
        "type": "scatter",
        "data": {"values": values},
        "xField": "likely",
        "yField": "bad",
        "seriesField": "shade",
        "color": {"specified": _SHADES},
        "legends": {"visible": False},
        "point": {"style": {"size": 10}},
        "label": {
            "visible": True,
            "position": "top",
            "formatter": "{names}",
            "overlap": False,
            "style": {"fontSize": _SIZE},
        },
        "axes": [_axis("left", picture.up), _axis("bottom", picture.across)],
    }
    return spec, "1:1"


def _trend(picture: Trend) -> tuple[Node, str]:
    """A line each, dashed and with a marker of its own; it goes on over what is not known."""
    rows = trend.series(picture)
    steps = _different([_named(step, _STEP) for step in trend.shown_steps(picture)])
    lines = picture.lines[: len(rows)]
    names = _different([_named(one.name, _NAME) for one in lines])
    top, ticks = trend.scale(rows, picture.most)
    kept = _thinned(steps, names)
    # Step by step, so that the bottom is in their order whichever line begins late.
    values = [
        {"step": steps[n], "line": name, "amount": round(value, 3)}
        for n in kept
        for name, row in zip(names, rows, strict=True)
        if (value := row[n]) is not None
    ]
    spec = {
        "type": "line",
        "data": {"values": values},
        "xField": "step",
        "yField": "amount",
        "seriesField": "line",
        "color": {"specified": {n: _TONES[o.tone] for n, o in zip(names, lines, strict=True)}},
        "seriesStyle": [
            {"name": name, "line": {"style": {"lineDash": [5, 4]}}}
            for name, one in zip(names, lines, strict=True)
            if one.dashed
        ],
        "point": {"style": _points(names, size=8 if len(kept) <= _FEW else 5)},
        # So that the legend shows the lines' markers.
        "seriesMark": "point",
        "legends": {"visible": True, "orient": "bottom"},
        "label": {"visible": len(values) <= _MOST_LABELS, "position": "top", "overlap": False},
        "axes": [
            {
                "orient": "left",
                "type": "linear",
                "min": 0,
                "max": top,
                "tick": {"tickStep": ticks[1] if len(ticks) > 1 else top},
                "title": {"visible": bool(clean(picture.unit)), "text": _short(picture.unit)},
            },
            {"orient": "bottom", "type": "band", "domain": [steps[n] for n in kept]},
        ],
    }
    return spec, "4:3"


def _points(names: list[str], size: int) -> Node:
    """Each line's own marker, also in the legend, which knows nothing of `seriesStyle`."""
    markers = list(_MARKERS[: len(names)])
    by_name = {"type": "ordinal", "field": "line", "domain": names, "range": markers}
    return {"size": size, "symbolType": by_name}


def _thinned(steps: list[str], names: list[str]) -> list[int]:
    """Which steps are shown: all, or every so many of them and always the last."""
    size = sum(_POINT + len(f"{step}{name}".encode()) for step in steps for name in names)
    every = max(-(-size // _MOST_BYTES), 1)
    return sorted(range(len(steps) - 1, -1, -every))


def _named(words: str, room: float) -> str:
    return fit(_short(words), room, _SIZE)


def _axis(orient: str, name: str) -> Node:
    """The five grades, as names rather than numbers: each has a stripe of its own, none is 0."""
    return {
        "orient": orient,
        "type": "band",
        "domain": _GRADES,
        "grid": {"visible": True},
        "title": {"visible": True, "text": _short(name)},
    }


def _joined(labels: list[str]) -> str:
    """`R3 R7`, or `R3 R7 +5` where all of them would run into the next point's."""
    short = [fit(clean(label), _ROOM, _SIZE) for label in labels]
    every = " ".join(short)
    if len(labels) <= 4 and width(every, _SIZE) <= 1.4 * _ROOM:
        return every
    return " ".join(short[:2] + ([f"+{len(short) - 2}"] if len(short) > 2 else []))


def _short(words: str) -> str:
    line = clean(words)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _different(labels: list[str]) -> list[str]:
    """What has the same name would lie on one another, so the second is `name (2)`."""
    taken: set[str] = set()
    named: list[str] = []
    for label in labels:
        name, number = label, 1
        while name in taken:
            number += 1
            name = f"{label} ({number})"
        taken.add(name)
        named.append(name)
    return named
