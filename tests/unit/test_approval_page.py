"""The commands of docs/approval.md are typed as they are written there, and the result approves what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import (
    approval_document,
    gate_word,
    granted,
    judge,
    signature,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from plans import VERSIONS, case_of, plan_of
from sources import PLUGINS
from support import REPOSITORY

PAGE = (REPOSITORY / "docs" / "approval.md").read_text(encoding="utf-8")
TYPED = re.findall(r"<!-- tested -->\n```console\n(.*?)```", PAGE, re.DOTALL)
ALLOWED = re.search(r"^jane@example\.com .* ssh-ed25519 ", PAGE, re.MULTILINE)
CASES = {"web1": "full", "db1": "agent", "db2": "agent", "mail": "clean"}


def _type(command: str, home: Path) -> None:
    environment = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".cache"),
        "ANSIBLE_INVENTORY": "localhost,",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a plan and a key, in which everything was typed."""
    home = tmp_path_factory.mktemp("home")
    (home / ".ssh").mkdir()
    (home / "avshift" / "plan").mkdir(parents=True)
    plans = [(host, plan_of(case_of(name), host)) for host, name in CASES.items()]
    (home / "avshift/plan/plan.json").write_text(encode(document.compose(plans, {}, VERSIONS)), encoding="utf-8")
    _type("ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519", home)
    key = (home / ".ssh/id_ed25519.pub").read_text(encoding="utf-8").partition(" ")[2]
    assert ALLOWED is not None
    (home / "allowed_signers").write_text(ALLOWED[0] + key, encoding="utf-8")
    for block in TYPED:
        for line in block.splitlines():
            _type(line.removeprefix("$ "), home)
    return home


def test_what_was_typed_approves_these_hosts_and_is_signed(desk: Path) -> None:
    options = {
        "approval": None,
        "require_signature": True,
        "allowed_signers": str(desk / "allowed_signers"),
        "signer": "jane@example.com",
    }
    grant = granted.read(str(desk / "avshift/plan/plan.json"), options, "2098-01-01T00:00:00Z")
    assert grant.hosts == {"db1", "db2", "web1"}
    assert grant.by["approver"] == grant.by["signed_by"] == "jane@example.com"
    (desk / "avshift/plan" / approval_document.NAME).unlink()
    with pytest.raises(AvshiftError) as caught:
        granted.read(str(desk / "avshift/plan/plan.json"), options, "2098-01-01T00:00:00Z")
    # The page's lines sign the plan after its approval: by then the plan says that it needs one.
    assert caught.value.code == "approval_missing"


def test_the_signers_of_the_page_may_sign_what_migrate_wants_signed() -> None:
    assert ALLOWED is not None
    for kind in ("plan", "approval", gate_word.SIGNED_AS):
        assert signature.NAMESPACE.format(kind=kind) in ALLOWED[0]


def test_every_refusal_is_explained() -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE.partition("## What is refused")[2].partition("\n## ")[0]))
    code = "".join(
        (PLUGINS / "plugin_utils" / name).read_text(encoding="utf-8")
        for name in ("approval/signature.py", "approval/approval_document.py", "plan/exceptions.py", "plan/goal.py")
    )
    raised = set(re.findall(r'"((?:signature|signers|ssh_keygen|approval|exceptions)_[a-z_]+)"', code))
    # This one is shown to the approver, and stops no migration.
    assert raised - {"approval_wrong"} == {name for name in told if not name.startswith(("plan_", "other_"))}
    assert {"plan_not_approved", "plan_drifted", judge.OTHER_MACHINE} <= told
