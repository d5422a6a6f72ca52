"""The board's questions are answered where docs/change-board.md says, in every form of the plan."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.verdict import CLEAN
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import plan
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import prose, view
from plans import VERSIONS, case_of, plan_of, rings_of
from support import CATALOG, REPOSITORY

PAGE = (REPOSITORY / "docs" / "change-board.md").read_text(encoding="utf-8")
PROVIDERS = {name: provider.told() for name, provider in CATALOG.providers.items()}
CASES = (
    "full",
    "agent",
    "refused-for-many-reasons",
    "clean-without-replacement",
    "removal-without-replacement-accepted",
)
SILENT = {"down": "it was not reached", "gone": "it has no python3"}
PLANS = {f"{case}-{number}": plan_of(case_of(case), f"{case}-{number}") for case in CASES for number in (1, 2)}
WHOLE = document.compose(PLANS.items(), SILENT, VERSIONS, rings_of([1, "100%"]), "CHG0042137", PROVIDERS)
FILES = plan.files(WHOLE)
SEEN = view.of(WHOLE)


def test_every_place_that_the_page_names_is_in_the_document() -> None:
    named = re.findall(r"\[([^]]+)\]\(plan\.html#([a-z-]+)\)", PAGE)
    assert len(named) > 20
    for label, anchor in named:
        assert f'id="{anchor}"' in FILES["plan.html"], label
    contents = re.findall(r'<a href="#([a-z-]+)">', FILES["plan.html"].partition("</nav>")[0])
    assert set(contents) - {"content"} <= {anchor for _label, anchor in named} | {"change-form"}


def test_the_page_names_the_files_that_are_written() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", PAGE, flags=re.MULTILINE)) == set(FILES)


def test_every_form_has_every_host_and_the_answers() -> None:
    for host in (*PLANS, *SILENT):
        for name in ("plan.json", "plan.html", "plan.md", "plan.csv"):
            assert host in FILES[name], (host, name)
    for heading in ("Justification", "Implementation plan", "Back-out plan", "Test plan", "Limits of the method"):
        assert heading in FILES["plan.html"]
        assert f"\n## {heading}\n" in FILES["plan.md"]


def test_the_first_screen_counts_what_the_plans_say() -> None:
    fates = {"to change": 6, "refused": 2, "nothing to do": 2}
    assert SEEN.fates() == fates
    assert (SEEN.planned, SEEN.total, SEEN.affected(), SEEN.unknown()) == (10, 12, 8, 2)
    assert SEEN.rings() == {1: 1, 2: 9}
    refused = {check["id"]: hosts for check, hosts in SEEN.refusals().values()}
    assert refused["keep_out"] == 2
    assert "Take" not in prose.title(SEEN)
    assert "12 hosts" in prose.title(SEEN)


def test_hosts_that_would_stay_without_protection_are_the_longest_window() -> None:
    assert prose.longest_window(SEEN) == (
        "unlimited", "2 hosts would be left without real-time protection."
    )  # fmt: skip
    for case, short in (("full", "no unprotected moment"), ("agent", "none"), ("clean-without-replacement", "none")):
        alone = document.compose([(case, plan_of(case_of(case)))], {}, VERSIONS, providers=PROVIDERS)
        assert prose.longest_window(view.of(alone))[0] == short


def _one_by_one(case: str = "full", host: str = "host") -> dict[str, Any]:
    """Return the plan of a case whose provider does not intercept beside another scanner."""
    plan = plan_of(case_of(case), host)
    for step in plan["steps"]:
        if step["kind"] == "handover":
            step["target"]["new"]["overlap"] = None
    return {**plan, "digest": digest_of(plan)}


@pytest.mark.parametrize("coexistence", ["passive_capable", "on_demand_first", "exclusive"])
def test_a_window_is_told_by_how_the_replacement_gets_on_with_the_old_one(coexistence: str) -> None:
    told = {"clamav": {**PROVIDERS["clamav"], "coexistence": coexistence}}
    seen = view.of(document.compose([("full", _one_by_one())], {}, VERSIONS, providers=told))
    words = prose.window(seen, seen.groups[0])
    assert words.startswith("About 1 s, as measured in the lab. ClamAV ")
    others = {"passive_capable": "passive mode", "on_demand_first": "on-demand", "exclusive": "cannot run"}
    assert [name for name, part in others.items() if part in words] == [coexistence]


def test_a_window_that_nobody_measured_is_longer_than_any_other() -> None:
    told = {"clamav": {**PROVIDERS["clamav"], "window": None}}
    seen = view.of(document.compose([("full", _one_by_one())], {}, VERSIONS, providers=told))
    assert prose.longest_window(seen)[0] == "not predicted"
    assert prose.window(seen, seen.groups[0]).startswith("Not predicted. ClamAV ")


def test_the_plan_says_how_many_hosts_will_have_a_window_at_all() -> None:
    beside = {f"beside{number}": plan_of(case_of("full"), f"beside{number}") for number in range(3)}
    alone = {f"alone{number}": _one_by_one("full", f"alone{number}") for number in range(2)}
    seen = view.of(document.compose([*beside.items(), *alone.items()], {}, VERSIONS, providers=PROVIDERS))
    short, sentence = prose.longest_window(seen)
    assert short == "about 1 s"
    assert sentence.startswith("2 of 5 hosts will have a window. On 2 hosts it is one stop and one start, as measured")
    assert sentence.endswith(
        "On 3 hosts the replacement is tested before Kaspersky's protection stops: no unprotected moment."
    )
    words = prose.window(seen, next(group for group in seen.groups if "beside0" in group.entries))
    assert words.startswith(
        "No unprotected moment. ClamAV intercepts and is tested before Kaspersky's protection stops."
    )
    assert "longer than 2 s" in words
    assert "longer than 10 s" in words


def test_where_no_host_will_have_a_window_the_first_screen_says_so() -> None:
    seen = view.of(document.compose([("full", plan_of(case_of("full")))], {}, VERSIONS, providers=PROVIDERS))
    assert prose.longest_window(seen) == (
        "no unprotected moment",
        "No host is expected to have a window. "
        "On 1 host the replacement is tested before Kaspersky's protection stops.",
    )


def test_what_is_not_known_is_told() -> None:
    assert prose.not_known(SEEN)[0] == "4 hosts"
    calm = view.of(document.compose([("agent", plan_of(case_of("agent")))], {}, VERSIONS))
    assert prose.not_known(calm)[0] == "nothing"
    assert prose.reboots(calm) == ("none planned", "No step restarts a host.")


def test_a_kernel_module_may_make_a_reboot_necessary() -> None:
    last = PLANS["agent-1"]["steps"][-1]
    plan_with_one = {**PLANS["agent-1"], "steps": [last, {**last, "kind": "kernel_module_unload"}]}
    assert prose.reboots(view.of(document.compose([("a", plan_with_one)], {}, VERSIONS)))[0] == "up to 1"


def test_the_change_request_has_parameters_of_the_module() -> None:
    request = yaml.safe_load(FILES["servicenow.yml"])["change_request"]
    assert len(request["short_description"]) <= 160
    assert (request["type"], request["category"], request["number"]) == ("normal", "software", "CHG0042137")
    assert {entry["path"] for entry in request["attachments"]} <= set(FILES)
    assert set(request["other"]) == {
        "justification", "implementation_plan", "backout_plan", "test_plan", "risk_impact_analysis"
    }  # fmt: skip
    assert WHOLE["digest"] in request["other"]["implementation_plan"]
    assert all(word in request["other"]["test_plan"] for word in CLEAN)


def test_a_table_has_a_row_a_host_that_says_why_it_is_refused() -> None:
    rows = list(csv.DictReader(io.StringIO(FILES["plan.csv"])))
    assert [row["host"] for row in rows] == [*(name for group in SEEN.groups for name in group.entries), *SILENT]
    refused = next(row for row in rows if row["host"] == "refused-for-many-reasons-1")
    assert refused["to_do"] == refused["verdict_now"] == "refused"
    assert "keep_out" in refused["stopped_by"].split()
    assert next(row for row in rows if row["host"] == "down")["only_on_this_host"] == "it was not reached"


def test_a_host_that_could_not_be_checked_whole_is_in_no_form_one_without_the_vendor() -> None:
    case = case_of("clean")
    case["evidence"] = [*case.get("evidence", []), {"path": "/opt/kaspersky/kesl", "unknown": "permission denied"}]
    whole = document.compose([("half-seen", plan_of(case, "half-seen"))], {}, VERSIONS, None, "", PROVIDERS)
    for text in (*plan.files(whole).values(), "\n".join(plan.lines(whole))):
        assert "no Kaspersky software" not in text
    for text in (*(plan.files(whole)[name] for name in ("plan.html", "plan.md", "plan.csv")), plan.lines(whole)[-1]):
        assert "not known: not everything could be checked" in text
