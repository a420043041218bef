"""The dashboard and the rules name what the page has, and nothing else."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from deploy.local.paths import ROOT
from operations import history
from telemetry.middleware import SECONDS

FOLDER = ROOT / "deploy" / "observability"
NAME = re.compile(r"\bmiaopi_[a-z_]+")
GAUGES = set(NAME.findall((ROOT / "operations" / "present.py").read_text()))
GAUGES |= set(NAME.findall((ROOT / "operations" / "metrics.py").read_text()))


def known() -> set[str]:
    """Return every name that a query may use."""
    found = set(GAUGES)
    for one in history.SERIES:
        ends = ("_bucket", "_sum", "_count") if one.cuts else ("_total",)
        found |= {one.name + end for end in ends}
    (requests,) = SECONDS.describe()
    return found | {f"{requests.name}{end}" for end in ("_bucket", "_sum", "_count")}


def rules() -> list[dict[str, str]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_query_asks_for_what_there_is() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    queries += [rule["expr"] for rule in rules()]
    named = {name for query in queries for name in NAME.findall(query)}
    assert named and named <= known()
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert {n for q in queries for n in re.findall(r"\bmiaopi:[a-z0-9_:]+", q)} <= recorded


def test_the_docs_name_every_metric() -> None:
    text = (ROOT / "docs" / "observability.md").read_text()
    written = set(NAME.findall(text))
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known()}
    assert bare == written & bare


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: Debian's prometheus")
def test_prometheus_reads_the_files() -> None:
    for command in (["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"]):
        done = subprocess.run(
            ["promtool", *command], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
