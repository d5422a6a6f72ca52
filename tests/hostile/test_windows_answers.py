"""What a lying Windows host can do to the controller, other hosts and readers of its results: nothing but fail."""

from __future__ import annotations

import base64
import copy
import json
import os
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lying_hosts
import pytest
import windows_cases
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from attacks import attack
from importable import HOME
from support import CATALOG

READS = platforms.detection(CATALOG.products, CATALOG.limits, windows_cases.WINDOWS)["reads"]
KES = {
    "entries": [
        {"name": "Kaspersky Endpoint Security for Windows", "version": "12.6", "publisher": "AO Kaspersky Lab"}
    ],
    "files": ["C:\\Program Files (x86)\\Kaspersky Lab\\KES.12.6.0\\avp.exe"],
}
FINE: dict[str, Any] = windows_cases.answers(KES, READS)
HIDDEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
THREAT = "a Windows host answers Ansible's module with whatever it likes"
LIMIT = 900


def _with(read: str, answer: Any) -> bytes:
    told = copy.deepcopy(FINE)
    told["answers"][read] = answer
    return json.dumps(told).encode()


def _entry(**values: Any) -> bytes:
    below = {"{1}": {"values": {name: {"type": "String", "data": data} for name, data in values.items()}, "count": 0}}
    return _with("uninstall64", {"values": {}, "count": 1, "below": below})


def _deep() -> Any:
    node: dict[str, Any] = {"values": {}}
    for _level in range(200):
        node = {"values": {}, "below": {"k": node}}
    return node


def _wide(count: int) -> bytes:
    """Return an answer with so many keys."""
    keys = ",".join(f'"k{number}":{{"values":{{}}}}' for number in range(count))
    return _with("services", "HERE").replace(b'"HERE"', f'{{"values":{{}},"below":{{{keys}}}}}'.encode())


# Each fails alone, with this id.
BROKEN: dict[str, tuple[bytes, str]] = {
    "no-json": (b"<html>no</html>", "module_failed"),
    "nothing": (b"", "module_failed"),
    "list": (b"[]", "module_failed"),
    "half-a-character": (_entry(DisplayName="Kaspersky \ud800", Publisher="Kaspersky"), "answer_invalid"),
    "no-answers": (json.dumps({**FINE, "answers": None}).encode(), "answer_invalid"),
    "answers-that-are-a-list": (json.dumps({**FINE, "answers": []}).encode(), "answer_invalid"),
    "one-answer-missing": (
        json.dumps({**FINE, "answers": {k: v for k, v in FINE["answers"].items() if k != "services"}}).encode(),
        "answer_invalid",
    ),
    "key-answered-as-processes": (_with("services", {"processes": []}), "answer_invalid"),
    "neither-seen-nor-failed": (_with("services", {}), "answer_invalid"),
    "value-without-type": (_with("machine", {"values": {"MachineGuid": {"data": "x"}}}), "answer_invalid"),
    "value-of-a-made-up-type": (_with("machine", {"values": {"x": {"type": "Gold", "data": 1}}}), "answer_invalid"),
    "bytes-that-are-none": (
        _with(
            "roots", {"values": {}, "below": {"A": {"values": {"Blob": {"type": "Binary", "data": {"base64": "!"}}}}}}
        ),
        "answer_invalid",
    ),
    "states-that-are-numbers": (_with("states", {"states": {"AVP": 1}}), "answer_invalid"),
    "process-without-id": (_with("processes", {"processes": [{"name": "x", "path": None}]}), "answer_invalid"),
    "nested-too-deep": (_with("services", _deep()), "answer_invalid"),
    "no-number": (json.dumps({**FINE, "process64": float("nan")}).encode(), "answer_invalid"),
    "endless-number": (_with("files-0", {"attributes": 16, "size": 1 << 70}), "answer_invalid"),
    "million-keys": (_wide(1_000_000), "answer_invalid"),
    "larger-than-is-taken": (_with("output", "x" * (34 << 20)), "answer_invalid"),
    "account-without-rights": (json.dumps({**FINE, "administrator": False}).encode(), "windows_not_administrator"),
    "rights-that-are-a-word": (json.dumps({**FINE, "administrator": "yes"}).encode(), "answer_invalid"),
    "old-shell": (b'{"failed":true,"msg":"Ansible requires PowerShell v5.1"}', "windows_shell_too_old"),
}
TEMPLATE = lying_hosts.LOOK_UP
BAD = "\u202e\u0007\u001b[2J\r\n"
CERTIFICATE = base64.b64encode(b"\x20\0\0\0\1\0\0\0\xff\xff\xff\x7f" + b"\x30\x84\xff\xff\xff\xff" * 50).decode()
# Each is read, and nothing in it acts.
SAID: dict[str, bytes] = {
    "template-as-a-name": _entry(DisplayName=f"Kaspersky {TEMPLATE}", Publisher=f"Kaspersky {TEMPLATE}"),
    "template-as-a-version": _entry(DisplayName="Kaspersky", DisplayVersion=TEMPLATE),
    "controls-in-names": _entry(DisplayName=f"Kaspersky {BAD}", Publisher=f"Kaspersky {BAD}", DisplayVersion=BAD),
    "path-as-a-version": _entry(DisplayName="Kaspersky", DisplayVersion="../../../ESCAPED"),
    "name-of-a-megabyte": _entry(DisplayName="Kaspersky " + "Security " * 100_000, Publisher="Kaspersky"),
    "answers-that-were-not-asked-for": _with("unasked", {"values": {}, "below": {"k": {"gold": 1}}}),
    "certificate-without-an-end": _with(
        "roots",
        {"values": {}, "below": {"A": {"values": {"Blob": {"type": "Binary", "data": {"base64": CERTIFICATE}}}}}},
    ),
    "filters-that-take-for-ever": _with(
        "filters", {"rc": 0, "output": base64.b64encode(b"x" + b" " * 400_000 + b"!").decode()}
    ),
    "twenty-thousand-drivers": _with(
        "services",
        {
            "values": {},
            "below": {
                f"klif.KES{number}": {"values": {"ImagePath": {"type": "String", "data": "system32\\drivers\\a.sys"}}}
                for number in range(20_000)
            },
        },
    ),
}


@dataclass(frozen=True)
class Run:
    """What a run of the playbook detect left."""

    folder: Path
    output: str
    code: int

    def record(self, host: str) -> dict[str, Any] | None:
        """Return a host's record, None if it has none."""
        paths = list((self.folder / "out").rglob(f"{host}.json"))
        return json.loads(paths[0].read_text(encoding="utf-8")) if paths else None


SHELL = '#!/bin/sh\ncase "$*" in *LanguageMode*) echo {mode}; exit 0;; esac\ncat > /dev/null\ncat {said}\nexit {code}\n'


def _looked(folder: Path, answers: dict[str, bytes | Path]) -> Run:
    """Look at Windows hosts that give these answers through Ansible's own ssh connection, and at a Linux host.

    An answer that is a path is whatever that file gives.
    """
    hosts: dict[str, Any] = {}
    answers = {**answers, "fine": json.dumps(FINE).encode(), "restricted": b""}
    for number, (host, answer) in enumerate(answers.items()):
        said, program = folder / f"answer-{number}", folder / f"ssh-{number}"
        if isinstance(answer, Path):
            said.symlink_to(answer)
        else:
            said.write_bytes(answer)
        restricted = host == "restricted"
        mode = "ConstrainedLanguage" if restricted else "FullLanguage"
        program.write_text(SHELL.format(mode=mode, said=said, code=int(restricted)), encoding="ascii")
        program.chmod(0o755)
        hosts[host] = {"ansible_ssh_executable": str(program), "ansible_shell_type": "powershell"}
    python, linux = folder / "python", folder / "answer-linux"
    linux.write_text(json.dumps(lying_hosts.honest()), encoding="utf-8")
    python.write_text(f"#!/bin/sh\ncat > /dev/null\nexec cat {linux}\n", encoding="ascii")
    python.chmod(0o755)
    hosts["linux"] = {"ansible_connection": "local", "ansible_python_interpreter": str(python), "ansible_become": False}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.yml", "-f", "4"]
    done = subprocess.run(
        [*command, "-e", json.dumps({"avshift_detect_dir": str(folder / "out")}), "avshift.endpoint.detect"],
        cwd=folder,
        env={
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder),
            "AVSHIFT_PROOF": str(folder / "PWNED"),
            "ANSIBLE_COLLECTIONS_PATH": str(HOME),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT,
        check=False,
    )
    return Run(folder, done.stdout.decode("utf-8", "replace"), done.returncode)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One look at all lying hosts, an honest Windows host and a Linux host, with become on for all."""
    lies: dict[str, bytes | Path] = {name: answer for name, (answer, _code) in BROKEN.items()}
    return _looked(tmp_path_factory.mktemp("windows"), {**lies, **SAID})


def _must_be_unharmed(run: Run) -> None:
    """The other hosts have their records, nothing was evaluated or written elsewhere, and the terminal is not moved."""
    fine, linux = run.record("fine"), run.record("linux")
    assert fine is not None and linux is not None, run.output[-4000:]
    assert [found["id"] for found in fine["verification"]["collected"]["findings"]] == ["kes_windows"]
    assert not (run.folder / "PWNED").exists()
    assert list(run.folder.rglob("*ESCAPED*")) == []
    assert {char for char in run.output if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}


@attack(
    "windows-answer-that-breaks-its-form", threat=THREAT, holds="it fails by name and id; every other host is found"
)
@pytest.mark.parametrize("lie", sorted(BROKEN))
def test_a_windows_host_that_breaks_the_form_fails_alone(run: Run, lie: str) -> None:
    _must_be_unharmed(run)
    record = run.record(lie)
    assert record is not None and record["verification"] is None, run.output[-4000:]
    assert record["failure"]["code"] == BROKEN[lie][1]
    assert lie in record["failure"]["message"]


@attack("windows-text-that-acts", threat=THREAT, holds="its record has the text, and nothing acts on it")
@pytest.mark.parametrize("lie", sorted(SAID))
def test_what_a_windows_host_says_does_nothing(run: Run, lie: str) -> None:
    _must_be_unharmed(run)
    record = run.record(lie)
    assert record is not None, run.output[-4000:]
    assert record["verdict"] in ("detected", "unknown")


def test_a_restricted_shell_has_its_own_id(run: Run) -> None:
    record = run.record("restricted")
    assert record is not None
    assert record["failure"]["code"] == "windows_language_restricted"


@attack(
    "windows-answer-of-a-gigabyte",
    threat=THREAT,
    holds="it is refused before the controller's memory is full; every other host is found",
    long=True,
)
def test_answers_of_a_gigabyte_and_without_an_end(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, (1 << 30) + (1 << 20))
    run = _looked(tmp_path, {"gigabyte": large, "endless": Path("/dev/zero")})
    _must_be_unharmed(run)
    for host in ("gigabyte", "endless"):
        record = run.record(host)
        assert record is not None and record["failure"]["code"] == "answer_invalid", run.output[-4000:]
        assert "does not end" in record["failure"]["message"]
