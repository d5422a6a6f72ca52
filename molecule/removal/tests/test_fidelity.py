"""What the plan said is what happened, the preview showed it, and nothing else was touched."""

from __future__ import annotations

from typing import Any

from fidelity import effects
from fidelity.fidelity import judge
from fidelity.observation import changes
from integration import canaries, lab, removals
from integration.expectations import Expectation
from integration.removals import PLAN, Runs

REFUSED, ROLLED_BACK = "refused", "rolled_back"


def test_every_change_was_planned_and_every_planned_change_was_made(
    name: str, expected: Expectation, plan: dict[str, Any]
) -> None:
    planned = [] if expected.verdict == REFUSED else effects.of_host(PLAN, name)
    before, after = lab.observed("before", name), lab.observed("after", name)
    verdict = judge(before, after, planned)
    # What was rolled back has been written again, and is what it was.
    back = [str(one) for one in changes(before, after) if expected.verdict == ROLLED_BACK and one.is_written_alike()]
    unexplained = [told for told in verdict.unexplained if not told.startswith(expected.others) and told not in back]
    assert not unexplained, "changed, but not planned:\n" + "\n".join(unexplained)
    # A run that failed need not have done all of it; what it did was in the plan.
    if expected.verdict not in ("failed", ROLLED_BACK):
        assert not verdict.not_happened, "planned, but not changed:\n" + "\n".join(verdict.not_happened)


def test_a_refused_host_is_what_it_was(name: str, expected: Expectation, runs: Runs) -> None:
    if expected.verdict == REFUSED:
        assert [str(one) for one in changes(lab.observed("before", name), lab.observed("after", name))] == []


def test_the_preview_and_the_real_run_show_the_same_text(
    name: str, expected: Expectation, plan: dict[str, Any], runs: Runs
) -> None:
    if expected.verdict == REFUSED:
        assert runs.migrated.diffs(name) == []
        return
    previewed = runs.preview.diffs(name)
    assert [diff["before_header"] for diff in previewed] == [f"{step['id']}: {step['title']}" for step in plan["steps"]]
    # Of the parts after one that failed nothing is done, so nothing is shown.
    begun = removals.record("records", name)["outcomes"]
    shown = [diff for diff, step in zip(previewed, plan["steps"], strict=True) if step["part"] in begun]
    assert runs.migrated.diffs(name) == shown
    assert bool(shown) == bool(plan["steps"])


def test_what_lies_beside_it_is_untouched(name: str, runs: Runs) -> None:
    assert canaries.disturbed(lab.observed("before", name), lab.observed("after", name)) == []


def test_a_canary_that_is_gone_or_written_anew_is_found_out(runs: Runs) -> None:
    host = next(iter(sorted(path.name for path in (lab.EVIDENCE / "after").iterdir())))
    gone, written = canaries.paths()[0], canaries.paths()[-1]
    lab.must(host, "sh", "-c", f"rm '{gone}'; cat >'{written}'", given=canaries.MARK)
    lab.observe("injected", host)
    assert canaries.disturbed(lab.observed("before", host), lab.observed("injected", host)) == [gone, written]
    canaries.lay_files(host)
