"""What the plan said is what happened."""

from __future__ import annotations

from fidelity import effects
from fidelity.fidelity import judge
from integration import lab

PLAN = lab.EVIDENCE / "avshift/plan/plan.json"


def test_every_change_was_planned_and_every_planned_change_was_made(name: str) -> None:
    verdict = judge(lab.observed("before", name), lab.observed("after", name), effects.of_host(PLAN, name))
    assert not verdict.unexplained, "changed, but not planned:\n" + "\n".join(verdict.unexplained)
    assert not verdict.not_happened, "planned, but not changed:\n" + "\n".join(verdict.not_happened)


def test_the_preview_shows_every_step_that_changes_something(name: str) -> None:
    preview = (lab.EVIDENCE / "migrate.txt").read_text(encoding="utf-8")
    planned = {effect.step for effect in effects.of_host(PLAN, name)}
    assert planned
    assert [step for step in sorted(planned) if f"{step}: " not in preview] == []
