"""An approver with her own key."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from integration.playbooks import playbook


@dataclass(frozen=True)
class Signer:
    """A person whose key is in the file of allowed signers."""

    folder: Path

    @classmethod
    def new(cls, folder: Path) -> Signer:
        """Create a key, and sign with it."""
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")]
        subprocess.run(make, check=True, timeout=60)
        key = (folder / "key.pub").read_text(encoding="utf-8")
        (folder / "signers").write_text(f"jane@example.com {key}", encoding="utf-8")
        return cls(folder)

    @property
    def required(self) -> list[str]:
        """A playbook's variables if only her signature counts."""
        signers = f"avshift_allowed_signers={self.folder / 'signers'}"
        return ["-e", "avshift_require_signature=true", "-e", signers]

    def approve(self, plan: Path, hosts: str) -> None:
        """Approve hosts of a plan and sign the approval."""
        who = ["-e", "avshift_approver=jane@example.com", "-e", "avshift_approve_reason=CHG1"]
        part = ["-e", f"avshift_approved_plan={plan}", "-e", f"avshift_approve_hosts={hosts}"]
        said = playbook("approve", *who, *part, folder=self.folder)
        assert said.returncode == 0, said.text
        approval = str(plan.with_name("approval.json"))
        sign = ["ssh-keygen", "-Y", "sign", "-f", str(self.folder / "key"), "-n", "approval@avshift.endpoint", approval]
        subprocess.run(sign, check=True, capture_output=True, timeout=60)
