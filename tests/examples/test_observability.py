"""Alert rules and dashboard speak of metrics that are exported, with the labels they have, in PromQL that parses."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.metrics_core import Metric

from reconciler.health.metrics import Metrics
from reconciler.model.board import SourceState
from tests.unit.engine.loop.stage import stage, wishes

FOLDER = Path(__file__).parents[2] / "examples" / "observability"
GROUPS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
ALERTS: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
BOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = BOARD["panels"]
PROMETHEUS_ADDS = {"job", "instance"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",), "gauge": ("",)}


def _names(family: Metric) -> list[str]:
    return [family.name + suffix for suffix in SUFFIXES[family.type]]


def _labels(family: Metric) -> set[str]:
    """Those of its samples, and where it has none yet, those that it was made with."""
    return {name for sample in family.samples for name in sample.labels} | set(vars(family).get("_labelnames", ()))


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """What a daemon exports after its first passes: the labels of each metric."""
    with stage(a=["a-1"]) as place:
        metrics = Metrics(lambda: place.board, place.clock.now, place.clock.monotonic)
        place.play(lambda: _declared(place))
        metrics.take(place.board)
        metrics.asked("GET vaults", "200", 0.1)
        return {name: _labels(family) for family in metrics.registry.collect() for name in _names(family)}


async def _declared(place: Any) -> None:
    place.loop.declare(wishes(a=["a-1"]), SourceState("test", checked_at=datetime.now(UTC)))
    await place.clock.sleep(600)


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((alert["alert"], alert["expr"]) for alert in ALERTS)
    for panel in PANELS:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))
    yield from ((one["name"], one["expr"]) for one in BOARD["annotations"]["list"])


EXPRESSIONS = list(expressions())


@pytest.mark.parametrize(
    ("where", "text"), EXPRESSIONS, ids=[f"{n}-{where}" for n, (where, _) in enumerate(EXPRESSIONS)]
)
def test_an_expression_parses_and_asks_for_what_is_exported(
    exported: dict[str, set[str]], where: str, text: str
) -> None:
    plain = text.replace("$__rate_interval", "5m").replace("$vault", ".*")
    promql_parser.parse(plain)
    names = set(re.findall(r"\breconcile_[a-z0-9_]+", plain))
    assert names, where
    assert names <= set(exported), where
    labels = {name for one in names for name in exported[one]} | PROMETHEUS_ADDS | {"le"}
    grouped = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", plain)
    matched = re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"", plain)
    asked = {name.strip() for group in grouped for name in group.split(",")} | set(matched)
    assert asked <= labels, where


def test_every_metric_of_the_daemon_is_used_somewhere(exported: dict[str, set[str]]) -> None:
    """But for those that detail others."""
    used = {name for _, text in EXPRESSIONS for name in re.findall(r"\breconcile_[a-z0-9_]+", text)}
    families = {re.sub(r"_(bucket|sum|count|total|info)$", "", name) for name in exported}
    unused = families - {re.sub(r"_(bucket|sum|count|total|info)$", "", name) for name in used}
    assert unused <= {"reconcile_azure_request_duration_seconds", "reconcile_steps"} | {
        name for name in families if "destructive" in name
    }


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_an_alert_can_be_acted_on(alert: dict[str, Any]) -> None:
    assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Reconcile[A-Z][A-Za-z]+", alert["alert"])
    assert re.fullmatch(r"\d+[mhd]", alert["for"])
    assert alert["labels"] in [{"severity": "critical"}, {"severity": "warning"}, {"severity": "info"}]
    assert set(alert["annotations"]) == {"summary", "description"}
    said = alert["annotations"]["summary"] + alert["annotations"]["description"]
    assert alert["annotations"]["description"].endswith(".")
    templates = re.findall(r"\{\{(.*?)\}\}", said)
    assert all(
        re.fullmatch(r" \$(value|labels\.[a-z]+)( \| humanize(Duration|Percentage))? ", one) for one in templates
    )
    for label in re.findall(r"\$labels\.([a-z]+)", said):
        grouped = re.search(r"^\s*(?:sum|max|min) by \(([^)]*)\)", alert["expr"])
        assert grouped is None or label in grouped[1], "the label is gone by then"


def test_alerts_have_names_of_their_own() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert len(set(names)) == len(names)


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(BOARD)
    assert "id" not in BOARD
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert BOARD["schemaVersion"] >= 39
    sources = [panel["datasource"]["uid"] for panel in PANELS if panel["type"] != "row"]
    assert set(sources) == {"${datasource}"}
    assert [one["name"] for one in BOARD["templating"]["list"]] == ["datasource", "vault"]


def test_no_panel_lies_on_another_or_beside_the_page() -> None:
    places = [panel["gridPos"] for panel in PANELS]
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= 24 and one["h"] > 0 for one in places)
    for one, other in itertools.combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or below


@pytest.mark.parametrize("panel", [one for one in PANELS if one["type"] != "row"], ids=lambda one: str(one["title"]))
def test_a_panel_is_whole(panel: dict[str, Any]) -> None:
    assert panel["type"] in {"stat", "timeseries", "table"}
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"] in {"short", "none", "percentunit", "s", "ops", "reqps"}
    references = [target["refId"] for target in panel["targets"]]
    assert references == [chr(ord("A") + number) for number in range(len(references))]
    for target in panel["targets"]:
        grouped = re.search(r"by \(([^)]*)\)", target["expr"])
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert grouped is not None
            assert label in grouped[1].split(", ")
