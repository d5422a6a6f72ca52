"""The commands on the pages are typed, in the pages' order, on simulated hosts."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import yaml
from fleets import AGENT, CLEAN, REPOSITORY, Fleet

TYPED = re.compile(r"^\$ ansible-playbook (avshift\.endpoint\.(?:.+\\\n)*.+)$", re.MULTILINE)
DONE = {"removed_verified", "never_present"}


def _typed(page: str) -> list[list[str]]:
    """Return the arguments of a page's commands; -i names the fleet's own inventory."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    commands = [shlex.split(found.replace("\\\n", " "), comments=True) for found in TYPED.findall(text)]
    return [["inventory.yml" if word in ("hosts", "INVENTORY") else word for word in words] for words in commands]


def _variables(page: str) -> dict[str, Any]:
    """Return the variables that a page has its reader write down."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    read: dict[str, Any] = yaml.safe_load(block)
    return read


def _shown(page: str) -> list[list[str]]:
    """Return the lines that a page shows below each command; an ellipsis stands for what is left out."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n\$ (?:[^\n]+\\\n)*[^\n]+\n(.*?)```", text, re.DOTALL)
    return [[line for part in block.splitlines() if (line := part.rstrip(" …"))] for block in blocks]


def test_the_first_host_goes_from_nothing_to_verified_as_its_page_says(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"web1": AGENT})
    fleet.write_inventory(**_variables("first-host.md"))
    commands = _typed("first-host.md")
    shown = _shown("first-host.md")
    named = [words[0].rpartition(".")[2] for words in commands]
    assert named == ["detect", "plan", "approve", "migrate", "verify"]
    for words in commands:
        if words[0].endswith("verify"):
            # From now on, a simulated host is what a real one is after its migration.
            fleet.answers("web1", CLEAN)
        run = fleet.run_as(words)
        assert run.code == 0, run.text
        printed = run.text.replace(f"{tmp_path}/", "")
        assert not [line for line in shown.pop(0) if line not in printed], printed
    assert (fleet.out / "detect/web1.json").is_file()
    assert (fleet.out / "plan/approval.json").is_file()
    assert fleet.records()["web1"][0] in DONE
    assert fleet.records("verify")["web1"][0] in DONE


def test_a_rollout_a_report_and_its_redaction_go_as_their_pages_say(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"web1": AGENT, "web2": AGENT, "web3": CLEAN})
    (tmp_path / "rollout.yml").write_text("rings: [1, 100%]\n", encoding="utf-8")
    commands = [words for words in _typed("rollout.md") if words[0].partition("rollout_")[2] not in ("stop", "go")]
    commands += _typed("reports.md")
    for words in commands:
        if words[-1] == "avshift_records_dir=all":
            # The files that the page copies there come from two controllers.
            shutil.copytree(fleet.out / "records", tmp_path / "all/slice1")
        run = fleet.run_as(words)
        assert run.code == 0, f"{words}: {run.text}"
    assert {verdict for verdict, _code in fleet.records().values()} <= DONE
    assert (fleet.out / "report/report.json").is_file()
    assert (tmp_path / "bug-report").is_dir()
