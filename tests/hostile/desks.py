"""A folder with a plan and its approval, and the keys of those who may sign, as an approver leaves it behind."""

from __future__ import annotations

import copy
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import approval_document, granted, judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import digest, encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from plans import VERSIONS, case_of, plan_of, rings_of

NOW = "2026-05-12T10:00:00Z"
MACHINES = {"web1": "a" * 32, "web2": "b" * 32, "db1": "c" * 32}
ASKED: dict[str, Any] = {"approver": "jane", "reason": "CHG1", "valid_until": "2026-05-31"}


def plan(host: str, case: str = "full", machine: str | None = None) -> dict[str, Any]:
    """Return the plan of a host as it would be made now."""
    made = plan_of(case_of(case), host)
    made["carried"]["machine"] = machine or MACHINES.get(host)
    return made


def plans(**more: Any) -> dict[str, Any]:
    """Return the plan of the fleet."""
    made = [(host, plan(host)) for host in MACHINES]
    return document.compose(made, {"down": "unreachable"}, VERSIONS, rings_of(), "CHG1", {}, **more)


def forged(path: Path, **changed: Any) -> None:
    """Change the content of a JSON document, and fix its checksum, as anyone who knows the format can."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content.update(changed)
    if "checksum" in content:
        content["checksum"] = digest({key: value for key, value in content.items() if key != "checksum"})
    path.write_text(encode(content), encoding="utf-8")


@dataclass(frozen=True)
class Desk:
    """The folder, in which jane has approved and signed."""

    folder: Path

    @property
    def plan(self) -> Path:
        """The plan's path."""
        return self.folder / "plan.json"

    @property
    def approval(self) -> Path:
        """The approval's path."""
        return self.folder / "approval.json"

    def write(self, content: dict[str, Any]) -> None:
        """Write the plan."""
        self.plan.write_text(encode(content), encoding="utf-8")

    def approve(self, at: str = NOW, **asked: Any) -> None:
        """Approve what the plan says, as the playbook does."""
        content = document.needing_approval(document.read(str(self.plan)))
        self.write(content)
        whole = {**ASKED, "hosts": [], "classes": [], "rings": [], **asked}
        self.approval.write_text(encode(approval_document.compose(content, whole, at)), encoding="utf-8")

    def sign(self, path: Path, who: str = "jane", kind: str = "") -> None:
        """Sign a document."""
        Path(f"{path}.sig").unlink(missing_ok=True)
        space = f"{kind or path.stem}@avshift.endpoint"
        command = ["ssh-keygen", "-Y", "sign", "-f", str(self.folder / who), "-n", space, str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def grant(self, now: str = NOW, signed: bool = False, **options: Any) -> judge.Grant:
        """Return what is approved now, as a run of migrate reads it; AvshiftError if nothing is."""
        asked = {"approval": None, "require_signature": signed, "signer": None}
        asked["allowed_signers"] = str(self.folder / "signers")
        return granted.read(str(self.plan), {**asked, **options}, now)

    def status(self, name: str, now: str = NOW, signed: bool = False, **current: Any) -> str:
        """Return what happens to a host whose plan is made now."""
        made = copy.deepcopy(plan(name))
        made.update(current)
        return judge.judge(made, self.grant(now, signed)).status


def desk(folder: Path) -> Desk:
    """Return a desk with a plan, and the keys of jane, who may sign, and of joe, who may not."""
    made = Desk(folder)
    for who in ("jane", "joe"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / who)]
        subprocess.run(command, check=True, timeout=60)
    key = (folder / "jane.pub").read_text(encoding="utf-8")
    (folder / "signers").write_text(f"jane {key}", encoding="utf-8")
    made.write(plans())
    return made
