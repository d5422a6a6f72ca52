"""What no look covers is named in every document of a fleet, with the number of hosts that have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import columns, facts, html, markdown
from hostile_records import RUN
from plans import plan_of
from reports import content_of, report_of
from schemas import problems
from support import CATALOG, evidence

PACMAN = [{"limit": "pacman:/var/lib/pacman/local", "where": "/var/lib/pacman/local"}]
NAMES = ("pacman", "snap")


def _record(host: str, *names: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = [{"limit": f"{name}:/var/lib/{name}", "where": f"/var/lib/{name}"} for name in names]
    collected = answer(evidence({"evidence": items}), CATALOG)
    return runs.of_run(host, "verify", RUN, {"collected": collected, "proven": {"result": "ok", "checks": []}})


RECORDS = [("a.json", _record("a", *NAMES), ""), ("b.json", _record("b", "snap"), ""), ("c.json", _record("c"), "")]


def test_report_counts_the_hosts_of_each_limit_and_says_why() -> None:
    content = content_of(RECORDS)
    assert problems("report", content) == []
    whys = {limit.id: limit.why for limit in CATALOG.limits}
    assert content["limits"] == [
        {"id": "snap", "why": whys["snap"], "hosts": 2},
        {"id": "pacman", "why": whys["pacman"], "hosts": 1},
    ]
    assert [[limit["id"] for limit in host["limits"]] for host in content["hosts"]] == [
        ["pacman", "snap"],
        ["snap"],
        [],
    ]
    # They do not change a host's verdict.
    assert content["totals"]["clean"] == 3


def test_every_document_names_them() -> None:
    with report_of(RECORDS) as report:
        assert "| snap |" in "".join(markdown.text(report))
        page = "".join(html.text(report))
        rows = [dict(zip(columns.HOSTS, columns.of_host(host), strict=True)) for host in report.hosts()]
    assert '<th scope="row">snap</th>' in page
    assert rows[0]["not looked at"].startswith("pacman: packages of pacman (/var/lib/pacman)")
    assert rows[2]["not looked at"] == ""
    lines = detection.summary([record for _file, record, _problem in RECORDS])
    assert any(line.startswith("snap ") and line.rstrip().endswith("a, b") for line in lines)


def test_a_dry_run_s_record_names_them_too() -> None:
    plan = plan_of({"goal": {}, "evidence": PACMAN})
    record = runs.of_plan("a", {"plan": plan}, RUN)
    (limit,) = facts.of_record("a.json", record, ())["limits"]
    assert (limit["id"], "pacman" in limit["what"]) == ("limits", True)


def test_fixture_of_the_page_has_some() -> None:
    path = Path(__file__).resolve().parents[1] / "fixtures" / "documents" / "report.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert problems("report", content) == []
    assert content["limits"] != []
