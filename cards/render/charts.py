"""Pictures as Feishu's own charts, drawn by VChart in the client (protocols/feishu.md §4.3).

Only what VChart 1.8 understands is used: the oldest client that shows cards of JSON 2.0 (7.20) has
1.10. A label cannot have two lines there. Nothing is told by colour alone.
"""

from __future__ import annotations

from typing import Any

from cards.elements import Bars, Matrix, Tone
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

Node = dict[str, Any]


def chart(picture: Matrix | Bars) -> Node:
    """The picture as a `chart` element."""
    spec, shape = _matrix(picture) if isinstance(picture, Matrix) else _bars(picture)
    title = clean(picture.title)[:100]
    return {
        "tag": "chart",
        "aspect_ratio": shape,
        "height": "auto",
        "preview": True,
        "chart_spec": spec | ({"title": {"text": title}} if title else {}),
    }


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
    """Bars of the same name would lie on one another, so the second is `name (2)`."""
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
