"""A real Ansible asks a host, and whatever stands in for its Python, through the transport."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from asking import Told, ask, interpreter, running

# Another ansible-core: each one lacks something on which one difference from Ansible's own way relies.
PATCHES = {
    "another-mark": "import ansible.executor.module_common as it\nit.REPLACER_JSONARGS = b'<<ANOTHER_MARK>>'",
    "no-added-directory": (
        "import ansible.plugins.loader as it\n"
        "def gone(*given, **named):\n    raise AttributeError('no add_directory')\n"
        "it.PluginLoader.add_directory = gone"
    ),
    "mark-not-replaced": (
        "import ansible.executor.module_common as it\n"
        "class Mark(bytes):\n    def __bytes__(self):\n        return b'<<OTHER>>'\n"
        "made = it.modify_module\n"
        "def modify(*given, **named):\n"
        "    kept = it.REPLACER_JSONARGS\n"
        "    it.REPLACER_JSONARGS = b'<<ANOTHER_MARK>>'\n"
        "    try:\n        return made(*given, **named)\n"
        "    finally:\n        it.REPLACER_JSONARGS = kept\n"
        "import ansible.plugins.action as action\naction.modify_module = modify"
    ),
}
QUOTED = (
    "import shlex\nimport ansible.plugins.shell as it\nmade = it.ShellBase.mkdtemp\n"
    "def mkdtemp(self, basefile=None, system=False, mode=0o700, tmpdir=None):\n"
    "    return made(self, basefile, system, mode, tmpdir and shlex.quote(tmpdir))\n"
    "it.ShellBase.mkdtemp = mkdtemp"
)
PLAIN = "the plain way is taken"


SECRET = "token-of-a-site"
SCRIPTS = {
    "tells-a-secret": f"echo 'ValueError: {SECRET} is wrong' >&2; exit 1",
    "never-answers": "while :; do sleep 1; done",
}
LIMITED = {"limit": 20}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with everything of the one run."""
    return tmp_path_factory.mktemp("asked")


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Told]:
    """The results of hosts that were asked at once, each with its own fault."""
    stand_in = {
        name: {"ansible_python_interpreter": interpreter(folder, name, script), "secret": SECRET}
        for name, script in SCRIPTS.items()
    }
    hosts = {
        "answers": {},
        "has-no-such-interpreter": {"ansible_python_interpreter": "/nonexistent/python3"},
        "is-away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
        "tells-a-secret": stand_in["tells-a-secret"],
        "never-answers": {**stand_in["never-answers"], **LIMITED},
    }
    return ask(folder, hosts, "-v")


def test_a_host_answers(told: dict[str, Told]) -> None:
    assert told["answers"].result["collected"]["host"]
    assert PLAIN not in told["answers"].text


def test_an_interpreter_that_is_not_there_is_named(told: dict[str, Told]) -> None:
    result = told["has-no-such-interpreter"].result
    assert result["code"] == "python_missing"
    assert "/nonexistent/python3" in result["msg"]


def test_a_stand_in_that_never_answers_does_not_outlive_its_test(told: dict[str, Told], folder: Path) -> None:
    assert told["never-answers"].result["failed"]
    deadline = time.monotonic() + 60
    while running(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running(folder) == []


def test_a_host_that_cannot_be_reached(told: dict[str, Told]) -> None:
    result = told["is-away"].result
    assert result["unreachable"]
    assert result["msg"].startswith("Reaching the host: is-away: ")
    assert result["msg"].endswith("run again; nothing was changed on it.")


def test_a_secret_that_a_host_repeats_is_masked(told: dict[str, Told]) -> None:
    result = told["tells-a-secret"].result
    assert SECRET not in result["msg"]
    assert "(secret) is wrong" in result["msg"]


def test_a_time_limit_ends_the_task_of_that_host_alone(told: dict[str, Told]) -> None:
    result = told["never-answers"].result
    assert (result["failed"], result["code"]) == (True, "timed_out")
    assert result["msg"].startswith("Waiting for the host: never-answers: no answer within 20 s")


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_another_ansible_core_is_asked_in_the_plain_way_and_a_line_says_so(patch: str, tmp_path: Path) -> None:
    told = ask(tmp_path, {"one": {"secret": SECRET}}, "-v", patch=patch)["one"]
    assert told.result["collected"]["host"]
    assert PLAIN in told.text


def test_files_go_although_ansible_is_to_keep_them(tmp_path: Path) -> None:
    """Also if an interpreter never removes its module, and if remote_tmp is quoted, which ends nowhere else."""
    never = {**LIMITED, "ansible_python_interpreter": interpreter(tmp_path, "never", SCRIPTS["never-answers"])}
    hosts = {"a": {"secret": SECRET}, "b": {**never, "secret": SECRET}}
    kept = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote")}
    told = ask(tmp_path, hosts, "-v", **kept)
    assert told["a"].result["collected"]["host"]
    assert told["b"].result["code"] == "timed_out"
    assert "is removed though Ansible is to keep remote files" in told["a"].text
    left = [path for path in (tmp_path / "remote").rglob("*") if path.is_file()]
    assert [path for path in left if SECRET.encode() in path.read_bytes()] == []


def test_quoted_remote_tmp_is_left_alone(tmp_path: Path) -> None:
    told = ask(tmp_path, {"one": {}}, "-v", patch=QUOTED, ANSIBLE_KEEP_REMOTE_FILES="1")["one"]
    assert told.result["collected"]["host"]
    assert "quotes remote_tmp" in told.text
    assert [path.name for path in tmp_path.rglob("*test -w*")] == []


def test_a_host_without_python_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").write_text(f'#!/bin/sh\nPATH={tmp_path}/bin exec /bin/sh "$@"\n', encoding="utf-8")
    (tmp_path / "bin" / "sh").chmod(0o755)
    hosts = {"one": {"ansible_python_interpreter": "/nonexistent/python3"}}
    told = ask(tmp_path, hosts, ANSIBLE_EXECUTABLE=str(tmp_path / "bin" / "sh"))["one"]
    assert told.result["code"] == "python_missing"
    assert "it has no python3" in told.result["msg"]
