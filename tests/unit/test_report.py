"""Plans and records of hosts with arbitrary content are rendered so that none of it has a meaning."""

from __future__ import annotations

import copy
import re
import unicodedata

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import words
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import markdown as plan_markdown
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import view
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import markdown
from hostile_records import HOSTILE, RUN, record_with
from plans import VERSIONS, case_of, plan_of
from reports import content_of, report_of
from schemas import problems

CELL = re.compile(r"(?:\\.|[^|\\])*")


def _is_sound(text: str, poison: str) -> None:
    """Check that rows keep their cells, that nothing hidden is left and that no markup of the poison's is."""
    hidden = [
        char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\n\t"
    ]
    assert hidden == []
    outside, columns = _outside_fences(text), 0
    for line in outside:
        if line.startswith("|"):
            cells = [found for found in CELL.findall(line) if found]
            columns = columns or len(cells)
            assert len(cells) == columns, line
        else:
            columns = 0
        assert "<" not in line.replace("<!-- -->", "")
        assert not re.search(r"(?<!\\)!\[|(?<!\\)\]\(", line)
    if poison.startswith("line"):
        assert "# heading" not in outside
    assert max(map(len, outside)) < 8000


def _outside_fences(text: str) -> list[str]:
    lines, fence = [], ""
    for line in text.split("\n"):
        opening = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif opening:
            fence = opening.group()
        else:
            lines.append(line)
    assert not fence, "a fence that nothing closes"
    return lines


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_report_of_hostile_records(poison: str) -> None:
    with report_of([("a.json", record_with(poison), ""), (f"b{poison}.json", None, poison)]) as report:
        _is_sound("".join(markdown.text(report)), poison)
        assert all("\n" not in line and "\x1b" not in line for line in markdown.lines(report))


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_plan_of_hostile_hosts(poison: str) -> None:
    record = record_with(poison)
    whole = document.compose([(record["host"], record["plan"])], {f"down{poison}": poison}, VERSIONS)
    _is_sound(plan_markdown.render(view.of(whole)), poison)


def test_sizes_that_are_no_numbers_are_escaped_too() -> None:
    """They come from the endpoint like everything else."""
    record = record_with("")
    record["plan"]["carried"]["retained"] = {"/x": {"files": "<b>", "bytes": "\n# heading"}}
    whole = document.compose([("host", record["plan"])], {}, VERSIONS)
    _is_sound(plan_markdown.render(view.of(whole)), "line")


def test_report_counts_what_its_records_say() -> None:
    clean = {**runs.of_plan("b", {"plan": plan_of(case_of("clean"))}, RUN), "mode": "migrate", "window_seconds": 0.25}
    dirty = runs.of_plan("a", {"plan": plan_of(case_of("full"))}, RUN)
    read = [("b.json", clean, ""), ("a.json", dirty, ""), ("c.json", None, "cut off")]
    content = content_of(read)
    assert problems("report", content) == []
    assert [host["host"] for host in content["hosts"]] == ["a", "b"]
    assert content["totals"]["verdicts"] == {"never_present": 1, "planned": 1}
    assert (content["totals"]["clean"], content["totals"]["longest_window_seconds"]) == (1, 0.25)
    assert content["damaged"] == [{"file": "c.json", "problem": "cut off"}]
    with report_of(read) as report:
        assert markdown.lines(report)[-1] == "2 hosts, 1 clean: 1 never_present, 1 planned"


def test_report_of_an_empty_folder() -> None:
    content = content_of([])
    assert problems("report", content) == []
    assert (content["hosts"], content["totals"]["clean"], content["totals"]["verdicts"]) == ([], 0, {})
    with report_of([]) as report:
        assert "no records" in markdown.lines(report)[-1]
        _is_sound("".join(markdown.text(report)), "")


def test_report_tells_why_a_host_is_not_clean_that_no_rule_and_no_deviation_tells_of() -> None:
    gone = runs.of_run("gone", "migrate", RUN, {"planned": {"unreachable": True, "msg": "timed out"}})
    with report_of([("gone.json", gone, "")]) as report:
        assert "## gone: unknown\n\n- unreachable: timed out\n" in "".join(markdown.text(report))


def test_report_tells_what_was_retained_and_what_failed() -> None:
    with report_of([("a.json", record_with("!"), "")]) as report:
        text = "".join(markdown.text(report))
    assert "3 files" in text
    assert "- plan: predicted as it was approved, was kesl: version was \\!" in text
    assert "## host\\!: failed\\!" in text


def test_plan_shows_every_step_and_its_back_out() -> None:
    record = runs.of_plan("full", {"plan": plan_of(case_of("full"), "full")}, RUN)
    text = plan_markdown.render(view.of(document.compose([("full", record["plan"])], {}, VERSIONS)))
    for step in record["plan"]["steps"]:
        assert f"**{step['id'].replace('_', chr(92) + '_')}**" in text
    assert text.count("Back-out:") == sum(bool(step["undo"]) for step in record["plan"]["steps"])
    assert f"+LocalSocket {'/run/clamav/clamd.ctl'}" in text
    assert "{digest}" not in text


def test_words_of_a_plan() -> None:
    blocked = copy.deepcopy(plan_of(case_of("refused-for-many-reasons")))
    assert [check["id"] for check in words.stopping(blocked)][:2] == ["keep_out", "evidence_unknown"]
    assert words.findings(plan_of(case_of("clean"))) == "no Kaspersky software"
    assert words.findings(None) == "not known"
    assert words.findings({"findings": [{"id": "kesl", "version": "", "state": "running"}]}) == (
        "kesl (version not known) running"
    )
    assert (words.window(None), words.window(0.1816)) == ("-", "0.182 s")
    assert words.window(0.0) == "no unprotected moment"
    assert (words.digest(None), words.digest(blocked)) == ("-", blocked["digest"][:12])
