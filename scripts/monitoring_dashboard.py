"""The Grafana dashboard, as Grafana 9 and later import it.

Every figure that is not known reads "unknown" in violet, on every panel: exporters that
show 0 there are why people sleep through outages.
"""

from __future__ import annotations

import re
from typing import Any

from scripts.monitoring_panel import Panel
from scripts.monitoring_panels import ROWS

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
UNKNOWN = {"text": "unknown", "color": "purple"}
WIDTH = 24
CHANNEL = "{{chain}} {{port}}/{{channel}} → {{counterparty}}"


def make_dashboard() -> dict[str, Any]:
    """Return the dashboard."""
    panels: list[dict[str, Any]] = []
    y = 0
    for question, asked in ROWS.items():
        place = {"h": 1, "w": WIDTH, "x": 0, "y": y}
        panels.append({"id": len(panels) + 1, "type": "row", "title": question,
                       "collapsed": False, "gridPos": place, "panels": []})  # fmt: skip
        x, y, deepest = 0, y + 1, 0
        for panel in asked:
            if x + panel.width > WIDTH:
                x, y, deepest = 0, y + deepest, 0
            place = {"h": panel.height, "w": panel.width, "x": x, "y": y}
            panels.append(_make_panel(panel, len(panels) + 1, place))
            x, deepest = x + panel.width, max(deepest, panel.height)
        y += deepest
    return {
        "uid": "plurichain-ibc", "title": "plurichain: packets between chains",
        "tags": ["plurichain", "ibc"], "schemaVersion": 37, "version": 1, "editable": True,
        "timezone": "utc", "refresh": "15s", "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_make_datasource(), _make_chain_variable()]},
        "annotations": {"list": []}, "panels": panels,
    }  # fmt: skip


def expand(text: str) -> str:
    """Return an expression or a legend with what stands for long names written out.

    ``@name`` is a metric, of the chains that the reader chose; ``@CHANNEL`` names a channel.
    """
    shown = text.replace("@CHANNEL", CHANNEL)
    return re.sub("@([a-z_]+)", r'plurichain_ibc_\1{chain=~"$chain"}', shown)


def _make_panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    is_instant = panel.kind != "timeseries"
    targets = [
        {
            "refId": chr(ord("A") + index), "expr": expand(expression),
            "legendFormat": expand(legend),
            "instant": is_instant, "range": not is_instant, "datasource": DATASOURCE,
            "format": "table" if panel.kind == "table" else "time_series",
        }
        for index, (expression, legend) in enumerate(panel.queries)
    ]  # fmt: skip
    shown: dict[str, Any] = {
        "id": number, "type": panel.kind, "title": panel.title, "description": panel.text,
        "datasource": DATASOURCE, "gridPos": place, "targets": targets,
        "fieldConfig": {"defaults": _make_defaults(panel), "overrides": []},
    }  # fmt: skip
    if panel.kind == "stat":
        shown["options"] = {
            "reduceOptions": {"calcs": ["last"], "values": False, "fields": ""},
            "textMode": "value_and_name", "colorMode": "background", "graphMode": "none",
        }  # fmt: skip
    elif panel.kind == "table":
        hidden = {"Time": True, "__name__": True, "instance": True, "job": True}
        shown["transformations"] = [{"id": "organize", "options": {"excludeByName": hidden}}]
    return shown


def _make_defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.worst is not None:
        first = "red" if panel.is_low_bad else "green"
        then = "green" if panel.is_low_bad else "red"
        steps = [{"color": first, "value": None}, {"color": then, "value": panel.worst}]
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        # What Prometheus holds as NaN is unknown; nothing at all is said in other words.
        "noValue": "nothing",
        "mappings": [
            {"type": "special", "options": {"match": "nan", "result": UNKNOWN | {"index": 0}}}
        ],
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        defaults["custom"] = {"drawStyle": "line", "spanNulls": False, "fillOpacity": 10}
    return defaults


def _make_datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource",
            "query": "prometheus"}  # fmt: skip


def _make_chain_variable() -> dict[str, Any]:
    query = "label_values(plurichain_ibc_chain_height, chain)"
    return {
        "name": "chain", "label": "Chain", "type": "query", "datasource": DATASOURCE,
        "query": {"query": query, "refId": "chain"}, "definition": query, "refresh": 2,
        "multi": True, "includeAll": True, "allValue": ".*", "sort": 1,
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip
