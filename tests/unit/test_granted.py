"""An approval is read only if it is complete, for this plan, valid, and signed if it has to be: with real keys."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import (
    approval_document,
    granted,
    judge,
    signature,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.document import plan_of as plan_of_host
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from plans import VERSIONS, document_of
from schemas import problems

NOW = "2026-05-12T10:00:00Z"
DOCUMENT = document_of("full", "agent", "clean")
ASKED: dict[str, Any] = {
    "approver": "Jane Doe",
    "reason": "CHG1",
    "valid_until": "2026-05-31",
    "hosts": [],
    "classes": [],
    "rings": [],
}
UNSIGNED: dict[str, Any] = {"approval": None, "require_signature": False, "allowed_signers": None, "signer": None}


def _asked(**changed: Any) -> dict[str, Any]:
    return {**ASKED, **changed}


@dataclass(frozen=True)
class Desk:
    """A folder with a plan, the keys of jane and joe, and the file of allowed signers."""

    folder: Path

    @property
    def plan(self) -> Path:
        """The plan's path."""
        return self.folder / "plan.json"

    @property
    def approval(self) -> Path:
        """The approval's path."""
        return self.folder / approval_document.NAME

    def approve(self, **changed: Any) -> None:
        """Write an approval beside the plan."""
        self.approval.write_text(encode(approval_document.compose(DOCUMENT, _asked(**changed), NOW)), encoding="utf-8")

    def sign(self, path: Path, who: str = "jane", kind: str = "") -> None:
        """Sign a document in its own namespace, or in another one."""
        Path(f"{path}{signature.SUFFIX}").unlink(missing_ok=True)
        command = signature.command(kind or path.stem, str(path)).replace("KEY", str(self.folder / who))
        subprocess.run(command.split(), check=True, capture_output=True, timeout=60)

    def allow(self, *lines: str) -> None:
        """Write the allowed signers; a name in braces stands for that person's key."""
        keys = {who: (self.folder / f"{who}.pub").read_text(encoding="utf-8") for who in ("jane", "joe")}
        (self.folder / "signers").write_text("".join(line.format(**keys) for line in lines), encoding="utf-8")

    def read(self, **changed: Any) -> judge.Grant:
        """Read what was approved; a signature is required."""
        signed = {**UNSIGNED, "require_signature": True, "allowed_signers": str(self.folder / "signers")}
        return granted.read(str(self.plan), {**signed, **changed}, NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with a plan that jane, who is allowed to, has signed."""
    for who in ("jane", "joe"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / who)]
        subprocess.run(command, check=True, timeout=60)
    made = Desk(tmp_path)
    made.plan.write_text(encode(DOCUMENT), encoding="utf-8")
    made.allow("jane@example.com {jane}")
    made.sign(made.plan)
    return made


def test_a_signed_plan_is_approved_as_a_whole(desk: Desk) -> None:
    grant = desk.read()
    assert (grant.document, grant.hosts, grant.by["signed_by"]) == (DOCUMENT, None, "jane@example.com")
    assert desk.read(signer="jane@example.com").by["signed_by"] == "jane@example.com"


def test_a_signer_whom_a_pattern_allows_is_the_one_that_is_named(desk: Desk) -> None:
    desk.allow("*@example.com {jane}")
    assert desk.read(signer="jane@example.com").by["signed_by"] == "jane@example.com"
    desk.allow("jane@example.com {jane}", "*@example.com {jane}")
    assert desk.read().by["signed_by"] == "jane@example.com"


def test_without_a_signature_the_plan_alone_is_its_approval(desk: Desk) -> None:
    grant = granted.read(str(desk.plan), UNSIGNED, NOW)
    assert (grant.hosts, grant.by) == (None, {"plan_digest": DOCUMENT["digest"], "signed_by": None})


def test_an_approval_beside_the_plan_counts_and_has_to_be_signed_in_its_place(desk: Desk) -> None:
    desk.approve(hosts=["full", "cle*"])
    assert granted.read(str(desk.plan), UNSIGNED, NOW).hosts == {"full", "clean"}
    with pytest.raises(AvshiftError) as caught:
        desk.read()
    assert caught.value.code == "signature_missing"
    desk.sign(desk.approval)
    Path(f"{desk.plan}{signature.SUFFIX}").unlink()
    assert desk.read().by == {
        "plan_digest": DOCUMENT["digest"],
        "approver": "Jane Doe",
        "reason": "CHG1",
        "valid_until": "2026-05-31T23:59:59Z",
        "signed_by": "jane@example.com",
    }


def test_a_record_says_who_approved(desk: Desk) -> None:
    plan = plan_of_host(DOCUMENT, "full") or {}
    for prepare in (lambda: None, desk.approve):
        prepare()
        judged = judge.judge(plan, granted.read(str(desk.plan), UNSIGNED, NOW))
        assert judged.status == judge.APPROVED
        run = {"change_id": "", "time": NOW, **VERSIONS}
        record = runs.of_run("full", "migrate", run, {"planned": {"plan": plan, "approval": judged.to_json()}})
        assert problems("record", record) == []
        assert record["approval"]["by"]["plan_digest"] == DOCUMENT["digest"]


def test_an_approval_elsewhere_is_named(desk: Desk) -> None:
    desk.approve(hosts=["full"])
    elsewhere = desk.approval.rename(desk.folder / "elsewhere.json")
    assert granted.read(str(desk.plan), {**UNSIGNED, "approval": str(elsewhere)}, NOW).hosts == {"full"}
    with pytest.raises(AvshiftError, match="Reading the approval") as caught:
        granted.read(str(desk.plan), {**UNSIGNED, "approval": str(desk.folder / "none.json")}, NOW)
    assert caught.value.code == "file_unreadable"


WRONG: dict[str, tuple[Callable[[Desk], object], dict[str, Any], str, str]] = {
    "signed by another": (
        lambda desk: desk.sign(desk.plan, "joe"),
        {},
        "signature_of_another",
        "not signed by anyone in",
    ),
    "of another signer than is wanted": (
        lambda desk: desk.allow("jane@example.com {jane}", "joe@example.com {joe}"),
        {"signer": "joe@example.com"},
        "signature_of_another",
        "not signed by joe@example.com",
    ),
    "by one whom a pattern allows": (
        lambda desk: desk.allow("*,!joe@example.com {jane}"),
        {},
        "signature_of_another",
        "names no person. Name the signer in avshift_signer",
    ),
    "changed afterwards": (
        lambda desk: desk.plan.write_text(encode(document_of("full")), encoding="utf-8"),
        {},
        "signature_of_other_content",
        "it was changed after it was signed",
    ),
    "for another kind of document": (
        lambda desk: desk.sign(desk.plan, kind="report"),
        {},
        "signature_of_other_kind",
        "for another kind of document",
    ),
    "by one who may sign reports only": (
        lambda desk: desk.allow('jane@example.com namespaces="report@avshift.endpoint" {jane}'),
        {},
        "signature_of_other_kind",
        "allow the namespace plan@avshift.endpoint in",
    ),
    "by a key that is over": (
        lambda desk: desk.allow('jane@example.com valid-before="20200101" {jane}'),
        {},
        "signature_expired",
        "key has expired",
    ),
    "by a key that is not valid yet": (
        lambda desk: desk.allow('jane@example.com valid-after="29990101" {jane}'),
        {},
        "signature_expired",
        "not valid yet",
    ),
    "not signed": (
        lambda desk: Path(f"{desk.plan}.sig").unlink(),
        {},
        "signature_missing",
        "Have it signed: ssh-keygen -Y sign -f KEY -n plan@avshift.endpoint",
    ),
    "with a signature that is none": (
        lambda desk: Path(f"{desk.plan}.sig").write_text("yes", encoding="utf-8"),
        {},
        "signature_damaged",
        "is not one of OpenSSH's",
    ),
    "without a file of signers": (lambda _desk: None, {"allowed_signers": None}, "signers_missing", "_allowed_signers"),
    "with signers that are not there": (
        lambda _desk: None,
        {"allowed_signers": "/none"},
        "signers_unreadable",
        "/none",
    ),
    "with nonsense for signers": (lambda desk: desk.allow("x\n"), {}, "signature_of_another", "missing key"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_signature_that_does_not_count_is_refused_by_a_code_of_its_own(name: str, desk: Desk) -> None:
    spoil, options, code, words = WRONG[name]
    desk.read()
    spoil(desk)
    with pytest.raises(AvshiftError, match="Verifying the signature") as caught:
        desk.read(**options)
    assert (caught.value.code, words in str(caught.value)) == (code, True), str(caught.value)
    assert str(desk.plan) in str(caught.value)


def test_a_controller_without_openssh_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "PROGRAM", "no-such-program")
    with pytest.raises(AvshiftError, match="Install OpenSSH") as caught:
        desk.read()
    assert caught.value.code == "ssh_keygen_failed"


def test_an_approval_is_as_its_schema_says() -> None:
    made = approval_document.compose(DOCUMENT, ASKED, NOW)
    assert problems("approval", made) == []
    assert made["hosts"] == ["agent", "clean", "full"]
    path = "approval.json"
    assert approval_document.parse(encode(made).encode(), path, DOCUMENT, NOW) == made
    assert approval_document.parse(encode(made).encode(), path, DOCUMENT, "2026-05-31T23:59:59Z") == made


def test_a_part_is_approved_by_names_patterns_classes_and_rings() -> None:
    digest = DOCUMENT["hosts"]["full"]["digest"]
    rings = [{"name": "pilot", "hosts": ["clean", "agent"]}, {"name": "rest", "hosts": ["full"]}]
    in_rings = {**DOCUMENT, "rollout": {"rules": {}, "rings": rings, "groups": []}}
    for changed, hosts in (
        ({"hosts": ["agent"]}, ["agent"]),
        ({"hosts": ["[ac]*"]}, ["agent", "clean"]),
        ({"classes": [digest[:6]]}, ["full"]),
        ({"rings": ["2"]}, ["full"]),
        ({"rings": ["pilot", "rest"]}, ["agent", "clean", "full"]),
        ({"hosts": ["agent"], "classes": [digest], "rings": ["rest"]}, ["agent", "full"]),
    ):
        assert approval_document.compose(in_rings, _asked(**changed), NOW)["hosts"] == hosts


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hosts": ["nobody"]}, "host nobody: the plan has no such host"),
        ({"hosts": ["down"]}, "host down: it was not planned: unreachable"),
        ({"hosts": ["x*"]}, "host x*"),
        ({"classes": ["0" * 64]}, "the plan has no such class"),
        ({"classes": [""]}, "the plan has no such class"),
        ({"classes": [DOCUMENT["hosts"]["full"]["digest"][:5]]}, "Give the first 6 or more"),
        ({"rings": ["1"]}, "ring 1: the plan has no such ring"),
        ({"approver": " "}, "approver: it is empty"),
        ({"reason": ""}, "reason: it is empty"),
        ({"valid_until": "2026-05-11"}, "2026-05-11 has passed"),
        ({"valid_until": "2026-02-30"}, "it is 2026-02-30. Give a day as YYYY-MM-DD"),
        ({"valid_until": "next week"}, "it is next week. Give a day"),
        ({"valid_until": "2026-12-01T24:00:00Z"}, "Give a day"),
    ],
    ids=str,
)
def test_an_approval_of_nothing_by_nobody_or_for_no_time_is_not_written(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(AvshiftError, match="Approving the plan") as caught:
        approval_document.compose(DOCUMENT, _asked(**changed), NOW)
    assert (caught.value.code, words in str(caught.value)) == ("approval_wrong", True), str(caught.value)


WHOLE = approval_document.compose(DOCUMENT, ASKED, NOW)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "approval_damaged"),
        ("[" * 100_000, "approval_damaged"),
        (b"\xff\xfe", "approval_damaged"),
        ([], "approval_of_other_kind"),
        ({**DOCUMENT}, "approval_of_other_kind"),
        ({**WHOLE, "format_version": 2}, "approval_of_other_version"),
        ({**WHOLE, "format_version": True}, "approval_of_other_version"),
        ({**WHOLE, "plan_checksum": "0" * 64}, "approval_of_other_plan"),
        ({**WHOLE, "time": "2026-05-12T10:01:01Z"}, "approval_of_the_future"),
        ({**WHOLE, "plan_digest": "0" * 64}, "approval_of_other_plan"),
        ({**WHOLE, "valid_until": "2026-05-12T09:59:59Z"}, "approval_expired"),
        ({**WHOLE, "valid_until": "soon"}, "approval_damaged"),
        ({**WHOLE, "hosts": []}, "approval_damaged"),
        ({**WHOLE, "hosts": "full"}, "approval_damaged"),
        ({**WHOLE, "hosts": [1]}, "approval_damaged"),
        ({**WHOLE, "approver": None}, "approval_damaged"),
        ({**WHOLE, "until": None}, "approval_damaged"),
        ({key: value for key, value in WHOLE.items() if key != "valid_until"}, "approval_damaged"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_an_approval_that_is_not_whole_or_not_of_this_plan_counts_for_no_host(content: Any, code: str) -> None:
    raw = (
        content
        if isinstance(content, bytes)
        else content.encode()
        if isinstance(content, str)
        else json.dumps(content).encode()
    )
    with pytest.raises(AvshiftError, match=r"Reading the approval: approval\.json") as caught:
        approval_document.parse(raw, "approval.json", DOCUMENT, NOW)
    assert caught.value.code == code


def test_hosts_that_are_left_out_are_refused_each_with_words() -> None:
    by = {"approver": "Jane Doe"}
    grant = judge.Grant(DOCUMENT, frozenset({"full"}), by)
    judged = {host: judge.judge(plan_of_host(DOCUMENT, host) or {}, grant) for host in DOCUMENT["hosts"]}
    assert {host: found.status for host, found in judged.items()} == {
        "full": judge.APPROVED,
        "agent": judge.NOT_APPROVED,
        "clean": judge.NOT_APPROVED,
    }
    words = "the approval of Jane Doe, which does not expire, is for 1 of the plan's 3 hosts, and not for this one"
    assert judged["agent"].to_json() == {"status": "not_approved", "difference": [words], "by": by}
