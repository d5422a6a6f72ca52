"""With a foreign ansible.cfg, or an ansible-core that the transport does not support, every host still answers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from conftest import FULL, of
from integration import by_ssh, lab

ANOTHER_CORE = "import ansible.executor.module_common as it\nit.REPLACER_JSONARGS = b'<<ANOTHER_MARK>>'"
ELSEWHERE = "/var/tmp/of-the-site"
FILES = (
    f"find / /run /dev/shm {ELSEWHERE} -xdev -name '*avshift_endpoint*' 2>/dev/null; "
    f"find / /run /dev/shm {ELSEWHERE} -xdev -name 'AnsiballZ_endpoint_program*' 2>/dev/null; true"
)
# Each is what the user's own configuration says, and a word that the run has to say at -v.
SETTINGS = {
    "another-core": ({}, "the plain way is taken"),
    **(
        {
            "keeps-files": ({"ANSIBLE_KEEP_REMOTE_FILES": "1"}, "is removed though Ansible is to keep remote files"),
            "remote-tmp-elsewhere": ({"ANSIBLE_REMOTE_TEMP": ELSEWHERE}, ""),
            "pipelining": ({"ANSIBLE_PIPELINING": "1"}, ""),
        }
        if FULL
        else {}
    ),
}
# With pipelining, sudo has no terminal: the user is informed.
WANTS_TERMINAL = "sudo-terminal"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_host_answers_and_keeps_no_file(name: str, migrated: None, tmp_path: Path) -> None:
    environment, word = SETTINGS[name]
    if name == "another-core":
        (tmp_path / "sitecustomize.py").write_text(ANOTHER_CORE, encoding="utf-8")
        environment = {"PYTHONPATH": str(tmp_path)}
    hosts = [account.name for account in of("flow")]
    began = time.time()
    said = by_ssh.playbook(f"detect-{name}", "detect", hosts, "-v", **environment).stdout
    assert word in said
    for host in hosts:
        path = by_ssh.AVSHIFT / f"detect/{host}.json"
        assert path.stat().st_mtime >= began, said
        failure = json.loads(path.read_text(encoding="utf-8"))["failure"]
        if name == "pipelining" and host == WANTS_TERMINAL:
            assert failure["code"] == "become_failed", said
        else:
            assert failure is None, said
        assert lab.must(host, "sh", "-c", FILES).split() == []
