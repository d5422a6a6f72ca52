"""The pipelines on docs/ci.md have all that a job needs which begins with nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.version import VERSION
from support import REPOSITORY

PAGE = (REPOSITORY / "docs" / "ci.md").read_text(encoding="utf-8")
TARBALL = f"avshift-endpoint-{VERSION}.tar.gz"
SAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
GITHUB = [sample for sample in SAMPLES if "jobs" in sample]
GITLAB = [job for sample in SAMPLES if "jobs" not in sample for job in sample.values()]
INSTALLED = ("pip install", "sha256sum --check --strict SHA256SUMS", f"collection install {TARBALL}")
JUNIT = "avshift/report/junit.xml"


def _in_order(words: tuple[str, ...], text: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("job", [job for sample in GITHUB for job in sample["jobs"].values()], ids=str)
def test_a_job_of_github_s_checks_out_installs_runs_and_keeps_what_it_made(job: dict[str, Any]) -> None:
    used = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
    runs = "\n".join(step.get("run", "") for step in job["steps"])
    assert used[0] == "actions/checkout"
    assert _in_order((*INSTALLED, "ansible-playbook avshift.endpoint."), runs)
    assert used[-1] == "actions/upload-artifact"
    # Also of a job that fails, which is what the documents are for.
    assert job["steps"][-1]["if"] == "always()"
    assert all(step.get("if") == "always()" for step in job["steps"] if "endpoint.report" in step.get("run", ""))


def test_a_workflow_of_github_s_may_read_and_nothing_else() -> None:
    assert [sample["permissions"] for sample in GITHUB] == [{"contents": "read"}] * 2
    assert all(sample["on"] for sample in GITHUB)


def test_between_plan_and_migration_stands_a_person_whose_signature_is_checked() -> None:
    jobs = next(sample["jobs"] for sample in GITHUB if "migrate" in sample["jobs"])
    assert jobs["migrate"]["needs"] == "plan"
    assert jobs["migrate"]["environment"]
    planned = next(step for step in jobs["plan"]["steps"] if "upload" in step.get("uses", ""))["with"]
    fetched = next(step for step in jobs["migrate"]["steps"] if "download" in step.get("uses", ""))["with"]
    assert planned == fetched
    (run,) = (step["run"] for step in jobs["migrate"]["steps"] if "endpoint.migrate" in step.get("run", ""))
    assert f"avshift_approved_plan={fetched['path']}/plan.json" in run
    assert "avshift_require_signature=true" in run
    assert "endpoint.approve" not in str(jobs)


@pytest.mark.parametrize("job", GITLAB, ids=str)
def test_a_job_of_gitlab_s_has_an_image_and_gives_its_tests(job: dict[str, Any]) -> None:
    is_whole = "avshift-ee" in str(job["image"])
    before = "\n".join(job.get("before_script", ()))
    assert before == "" if is_whole else _in_order(INSTALLED, before)
    assert (job["artifacts"]["when"], job["artifacts"]["reports"]["junit"]) == ("always", JUNIT)
    assert "endpoint.report" in "\n".join(job["after_script"])


def test_one_sample_runs_in_the_execution_environment() -> None:
    assert sum("avshift-ee" in str(job["image"]) for job in GITLAB) == 1


def test_jenkins_installs_verifies_and_gives_its_tests() -> None:
    (text,) = re.findall(r"```groovy\n(.*?)```", PAGE, re.DOTALL)
    assert _in_order((*INSTALLED, "endpoint.verify", "always {", "endpoint.report", f"junit '{JUNIT}'"), text)
    assert text.count("{") == text.count("}")
    assert text.count("'''") % 2 == 0
