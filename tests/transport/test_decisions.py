"""The transport's decisions, with the real classes of this ansible-core: how a module is sent, where its files go."""

from __future__ import annotations

import os
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import become_loader, connection_loader
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import posix

NOBODY = 65534


def _connection(user: str, become: str, pipelining: bool) -> Any:
    context = PlayContext()
    try:
        made = connection_loader.get("ssh", context)
    except TypeError:
        made = None
    made = made or connection_loader.get("ssh", context, os.devnull)
    made.set_options(direct={"remote_user": user, "pipelining": pipelining})
    if become:
        made.set_become_plugin(become_loader.get(become))
        made.become.set_options(direct={"become_user": "root"})
    made._shell.set_options()
    return made


class _Transport(posix.Posix):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible wants one."""
        raise NotImplementedError


def _transport(connection: Any) -> posix.Posix:
    made = _Transport.__new__(_Transport)
    made._connection, made._task = connection, SimpleNamespace(environment=None, check_mode=True)
    made._play_context = PlayContext()
    return made


@pytest.mark.parametrize(
    ("user", "become", "setting", "keep", "expected"),
    [
        ("root", "", False, False, True),
        ("root", "", False, True, False),
        ("root", "sudo", False, False, True),
        ("olga", "sudo", False, False, False),
        ("olga", "sudo", True, False, True),
        ("olga", "su", True, False, False),
        ("olga", "", False, False, True),
    ],
)
def test_a_module_goes_through_the_connection_where_nothing_stands_between(
    user: str, become: str, setting: bool, keep: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_KEEP_REMOTE_FILES", keep)
    transport = _transport(_connection(user, become, setting))
    assert transport._is_pipelining_enabled("new", False) is expected
    assert transport._is_pipelining_enabled(module_style="new") is expected
    assert transport._is_pipelining_enabled("binary") is False


def test_a_signature_of_another_kind_leaves_it_to_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(posix, "_say", lambda host, text: said.append(text))
    monkeypatch.setattr(posix.ActionBase, "_is_pipelining_enabled", lambda self, *given, **named: False)
    transport = _transport(_connection("root", "", False))
    assert transport._is_pipelining_enabled("new", False, "another") is False
    assert "its own setting decides" in said[0]


def test_a_connection_without_the_attribute_leaves_it_to_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(posix, "_say", lambda host, text: said.append(text))
    monkeypatch.setattr(posix.ActionBase, "_is_pipelining_enabled", lambda self, *given, **named: False)
    transport = _transport(SimpleNamespace(become=None))
    assert transport._is_pipelining_enabled("new", False) is False
    assert "has_pipelining" in said[0]


def _place(uid: int) -> str:
    """Return how a user's own shell expands the path for files."""
    return subprocess.run(
        ["/bin/sh", "-c", f"echo {posix.REMOTE_TMP}"],
        user=uid,
        cwd="/",
        env={"HOME": "/home/olga", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_files_go_to_memory_for_root_and_for_a_login_user() -> None:
    assert _place(0) == "/run/.avshift-ansible"
    assert _place(NOBODY) == "/dev/shm"


def test_files_go_to_memory_by_the_real_shell_plugin() -> None:
    transport = _transport(_connection("olga", "sudo", False))
    transport._keep_off_the_disk()
    assert transport._connection._shell.get_option("remote_tmp") == posix.REMOTE_TMP
    assert transport._task.environment == [{"TMPDIR": "/run"}]


def test_a_place_of_the_users_own_is_kept() -> None:
    transport = _transport(_connection("olga", "sudo", False))
    transport._connection._shell.set_option("remote_tmp", "/var/tmp/ansible")
    transport._keep_off_the_disk()
    assert transport._connection._shell.get_option("remote_tmp") == "/var/tmp/ansible"


def test_a_shell_without_the_option_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(posix, "_say", lambda host, text: said.append(text))
    transport = _transport(SimpleNamespace(_shell=SimpleNamespace(), transport="ssh", become=None))
    transport._keep_off_the_disk()
    assert "has no remote_tmp" in said[0]


def test_this_ansible_core_takes_the_direct_way() -> None:
    posix.add_module()
    assert posix.does_not_fit() == ""


def _with_files(monkeypatch: pytest.MonkeyPatch, remove: Any) -> tuple[posix.Posix, list[str]]:
    """Return a transport whose module's files are in /tmp/x, which ``remove`` removes, and what is said at -v."""
    said: list[str] = []
    monkeypatch.setattr(posix, "_say", lambda host, text: said.append(text))
    monkeypatch.setattr(posix.ActionBase, "_remove_tmp_path", remove)
    return _transport(SimpleNamespace(_shell=SimpleNamespace(tmpdir="/tmp/x"), transport="ssh", become=None)), said


def test_files_are_removed_by_ansible_s_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[tuple[str, bool]] = []
    transport, said = _with_files(monkeypatch, lambda self, path, force=False: removed.append((path, force)))
    transport.leave_nothing()
    assert removed == [("/tmp/x", True)]
    assert said == []


def test_a_removal_of_another_kind_is_left_to_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, said = _with_files(monkeypatch, lambda self, path: None)
    transport.leave_nothing()
    assert "it is left to it" in said[0]
    assert transport._connection._shell.tmpdir == "/tmp/x"


def test_a_connection_without_a_shell_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, said = _with_files(monkeypatch, lambda self, path, force=False: said.append(path))
    for connection in (SimpleNamespace(), SimpleNamespace(_shell=None), SimpleNamespace(_shell=SimpleNamespace())):
        transport._connection = connection
        transport.leave_nothing()
    assert said == []


@pytest.mark.parametrize("replacer", ["another", None])
def test_another_mark_for_arguments_leads_to_the_plain_way(
    replacer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible.executor import module_common

    if replacer is None:
        monkeypatch.delattr(module_common, "REPLACER_JSONARGS")
    else:
        monkeypatch.setattr(module_common, "REPLACER_JSONARGS", replacer.encode())
    assert posix.does_not_fit()


def test_a_module_whose_arguments_are_not_written_is_run_in_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    run: list[str] = []

    def execute(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        run.append(module_name)
        return {"failed": True, "code": posix.NOT_REPLACED} if len(run) == 1 else {"collected": 1, "invocation": {}}

    monkeypatch.setattr(posix, "_say", lambda host, text: said.append(text))
    transport = _transport(_connection("root", "", False))
    monkeypatch.setattr(transport, "_execute_module", execute)
    assert transport._answer({"call": "collect"}, {}) == {"collected": 1}
    assert run == [posix.DIRECT, posix.PLAIN]
    assert "the plain way is taken" in said[0]


@pytest.mark.parametrize("error", [AttributeError, ValueError, RecursionError])
def test_what_ansible_cannot_read_is_that_host_s_failure(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads(self: Any, res: dict[str, Any], *more: Any, **named: Any) -> dict[str, Any]:
        raise error("odd")

    monkeypatch.setattr(posix.ActionBase, "_parse_returned_data", reads)
    transport = _transport(_connection("root", "", False))
    for more, named in (((), {}), (("legacy",), {}), ((), {"profile": "legacy"})):
        with pytest.raises(posix.AvshiftError, match="cannot read"):
            transport._parse_returned_data({"stdout": "{}"}, *more, **named)


@pytest.mark.parametrize("quoted", [True, False])
def test_a_shell_that_quotes_the_place_for_files_is_noticed(quoted: bool) -> None:
    made = f"mkdir -p '{posix.REMOTE_TMP}'" if quoted else f"mkdir -p {posix.REMOTE_TMP}/'x'"
    old = SimpleNamespace(mkdtemp=lambda basefile, system, tmpdir: made)
    new = SimpleNamespace(_mkdtemp2=lambda basefile, system, tmpdir: SimpleNamespace(command=made))
    assert [posix.is_left_to_the_shell(shell, posix.REMOTE_TMP) for shell in (old, new)] == [not quoted] * 2


def test_what_stays_on_a_host_is_told_without_its_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: Any, _path: str, force: bool = False) -> None:
        raise AnsibleError("gone \x1b]0;x\x07\u202e")

    warned: list[str] = []
    monkeypatch.setattr(posix.Display, "warning", lambda _self, text: warned.append(text))
    transport, _said = _with_files(monkeypatch, fails)
    transport.leave_nothing()
    assert "gone \\x1b]0;x\\x07\\u202e" in warned[0]
