"""The alert rules and the dashboard ask for nothing that Golive does not count."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from bot.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "docs" / "monitoring"
NAMES = re.compile(r"\bgolive_\w+")


def counted() -> set[str]:
    found: set[str] = set()
    for family in Metrics().registry.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        found |= {family.name + ending for ending in endings.get(family.type, ("",))}
    return found


def test_every_alert_says_what_it_breaks_and_what_to_do() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 8
    for rule in rules:
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]
        assert set(NAMES.findall(rule["expr"])) <= counted(), rule["alert"]


def test_every_panel_shows_what_is_counted() -> None:
    board = json.loads((FOLDER / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert {name for expr in asked for name in NAMES.findall(expr)} <= counted()
    # Everything but what one alert alone is for stands on the board.
    bases = {re.sub(r"_(total|bucket|sum|count)$", "", n) for e in asked for n in NAMES.findall(e)}
    missing = {family.name for family in Metrics().registry.collect()} - bases
    assert missing <= {"golive_events_waiting", "golive_faq_encoder_up", "golive_refused"}
