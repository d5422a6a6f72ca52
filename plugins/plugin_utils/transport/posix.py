# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The transport to hosts with a POSIX shell: everything that differs from Ansible's own way of running a module.

Each difference is a gain only, in speed or in what stays on a host's disk. If ansible-core does not support one of
them, Ansible's own way is taken, and a line at -v says so.
"""

from __future__ import annotations

import base64
import contextlib
import json
import zlib
from collections.abc import Sequence
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader
from ansible.utils.display import Display

from ...module_utils.agreed.python import OLDEST
from ...module_utils.agreed.secret_forms import without
from ..errors import UNREACHABLE, AvshiftError
from ..schema.answers import code_of, invalid, must_be_small
from ..visible import visible
from . import failures, limits
from .program import MODULE, program, write_module
from .this_run import PRIVATE

MODULES = PRIVATE / "avshift-modules"
DIRECT, PLAIN = f"ansible.legacy.{MODULE}", "avshift.endpoint.endpoint_program"
DEFAULT_REMOTE_TMP = "~/.ansible/tmp"
# A module's files go to a file system in memory: a dry run leaves the disk as it was, and a full home blocks
# nothing. Others may write to /dev/shm, where no user can remove another's directory (sticky) or make it before us.
REMOTE_TMP = (
    "$(test -w /run && echo /run/.avshift-ansible || { test -w /dev/shm && test -k /dev/shm && echo /dev/shm; } || "
    "echo ~/.ansible/tmp)"
)
# Ansible unpacks a module where TMPDIR says; Python passes over a directory that it may not write to.
MEMORY = "/run"
PYTHON_LOOK = "command -v python3 || echo none"
REPLACER = b"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"
NOT_REPLACED = "arguments_missing"
# Seconds for taking away, after a time limit, what a host's interpreter may not have taken away itself.
REMOVAL = 15.0
# Characters of a line to the user, which may include what a host said.
MOST_SAID = 1000


class Posix(ActionBase):
    """Runs the endpoint's code on a host with a POSIX shell and returns its answer."""

    # The host's name, for messages; whoever runs the action sets it.
    host = "this host"
    # In what the host says, these forms of the task's secrets are masked before anything of it is shortened.
    secrets: Sequence[str] = ()

    def ask(self, call: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Collect, apply or prove on the endpoint and return the result; AvshiftError saying why if that failed."""
        asked = {"call": call, "arguments": arguments, "check_mode": bool(self._task.check_mode)}
        given = {"program": program(), "oldest": list(OLDEST), **asked}
        self._keep_off_the_disk()
        try:
            with limits.room(limits.ANSWER_ROOM):
                result = self._answer({**given, "as_root": not looks_elsewhere(call, arguments)}, task_vars)
        except MemoryError:
            raise invalid(self.host, "it does not end") from None
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise self._failed(failures.of({"msg": str(error)}, self.secrets)) from error
        if result.get("failed") or "exception" in result:
            raise self._why_not(result)
        return result

    def _answer(self, given: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what the module answers: sent directly, or by Ansible's own way where that does not fit."""
        reason = does_not_fit()
        if not reason:
            result: dict[str, Any] = self._execute_module(module_name=DIRECT, module_args=given, task_vars=task_vars)
            if result.get("code") != NOT_REPLACED:
                return result
            reason = "it does not write arguments into a module"
        _say(self.host, f"this ansible-core runs modules in a way of its own ({reason}): the plain way is taken")
        packed = base64.b64encode(zlib.compress(json.dumps(given).encode())).decode()
        plain: dict[str, Any] = self._execute_module(
            module_name=PLAIN, module_args={"request": packed}, task_vars=task_vars
        )
        return {key: value for key, value in plain.items() if key != "invocation"}

    def _parse_returned_data(self, res: dict[str, Any], *more: Any, **named: Any) -> dict[str, Any]:
        """Refuse what is too large before it is read, and what Ansible's own reading breaks off at."""
        must_be_small(len(res.get("stdout") or ""), self.host)
        try:
            return super()._parse_returned_data(res, *more, **named)
        # Whatever it is, the host's answer has brought it about.
        except Exception as error:
            why = f"Ansible cannot read it ({type(error).__name__}: {error})"
            raise invalid(self.host, why) from error

    def _keep_off_the_disk(self) -> None:
        """Have the module's own files put into memory, unless the user chose a place for them.

        A connection that copies files past the running system, onto a container's mounted image, cannot reach it.
        """
        self._task.environment = [*(self._task.environment or []), {"TMPDIR": MEMORY}]
        connection, shell = self._connection, self._connection._shell
        past_the_system = connection.transport.endswith(("podman", "buildah")) and not getattr(connection, "user", None)
        try:
            if shell.get_option("remote_tmp") != DEFAULT_REMOTE_TMP or past_the_system:
                return
            if not is_left_to_the_shell(shell, REMOTE_TMP):
                _say(self.host, "this ansible-core quotes remote_tmp: a module's files go to ~/.ansible/tmp")
                return
            shell.set_option("remote_tmp", REMOTE_TMP)
        except (AttributeError, KeyError, TypeError, AnsibleError) as error:
            _say(
                self.host, f"the shell plugin has no remote_tmp ({error}): a module's files go where Ansible puts them"
            )

    def _is_pipelining_enabled(self, *args: Any, **kwargs: Any) -> bool:
        """Send a module through the connection wherever nothing stands between that and the host's Python.

        It takes one command instead of four and leaves no file. A program that becomes another user may insist on a
        terminal: there Ansible's own setting decides.
        """
        own = bool(super()._is_pipelining_enabled(*args, **kwargs))
        try:
            return own or self._is_direct(*args, **kwargs)
        except (AttributeError, KeyError, TypeError) as error:
            _say(
                self.host,
                f"this ansible-core asks for pipelining in a way of its own ({error}): its own setting decides",
            )
            return own

    def _is_direct(self, module_style: str, wrap_async: bool = False) -> bool:
        direct = module_style == "new" and not wrap_async and not constants.DEFAULT_KEEP_REMOTE_FILES
        return bool(direct and self._connection.has_pipelining and self._becomes_nobody())

    def _becomes_nobody(self) -> bool:
        if not self._connection.become:
            return True
        user = self.get_become_option("become_user")
        return user is not None and user == self._get_remote_user() and not constants.BECOME_ALLOW_SAME_USER

    def leave_nothing(self, is_overdue: bool = False) -> None:
        """Remove the module's files from the host, also where Ansible is set to keep them: they may hold secrets.

        A host whose time is over gets some seconds for that; then what stays there is named.
        """
        place = getattr(getattr(self._connection, "_shell", None), "tmpdir", None)
        if not place:
            return
        if constants.DEFAULT_KEEP_REMOTE_FILES:
            _say(
                self.host,
                f"{place} is removed though Ansible is to keep remote files: a module's file may hold secrets",
            )
        try:
            with limits.within(REMOVAL) if is_overdue else contextlib.nullcontext():
                self._remove_tmp_path(place, force=True)
        except (limits.OverdueError, AnsibleError) as error:
            said = str(error) or "the host does not answer"
            left = f"Removing a module's files: {place}: {said}. Remove it there by hand."
            Display().warning(visible(without(left, self.secrets), MOST_SAID))
            # Ansible would try again, without a limit.
            self._connection._shell.tmpdir = None
        except (AttributeError, TypeError) as error:
            _say(
                self.host, f"this ansible-core removes a module's files in a way of its own ({error}): it is left to it"
            )

    def unreached(self, error: Exception, remedy: str) -> AvshiftError:
        """Return why a host was not reached. Some connections say it only to a command that does nothing."""
        told = str(getattr(error, "message", error)).strip()
        if "temporary directory" in told:
            try:
                look = self._low_level_execute_command("true", sudoable=False)
                told = str(look.get("stderr") or "no directory for temporary files can be made there").strip()
            except AnsibleConnectionFailure as again:
                told = str(again)
        return AvshiftError(UNREACHABLE, "Reaching the host", self.host, told, remedy)

    def _why_not(self, result: dict[str, Any]) -> AvshiftError:
        code = code_of(result)
        if code:
            return AvshiftError(code, "Working on the host", self.host, result.get("msg"), "Nothing else was done.")
        found = failures.of(result, self.secrets)
        if found.code in ("module_failed", "python_missing") and not self._has_python():
            return AvshiftError(
                "python_missing",
                "Checking the host",
                self.host,
                "it has no python3, which Ansible needs there",
                "Install Python 3.8 or newer on it (3.6 with ansible-core 2.16), or set ansible_python_interpreter.",
            )
        return self._failed(found)

    def _failed(self, found: failures.Failure) -> AvshiftError:
        return AvshiftError(found.code, "Checking the host", self.host, found.text, found.remedy)

    def _has_python(self) -> bool:
        look = self._low_level_execute_command(PYTHON_LOOK, sudoable=False)
        return str(look.get("stdout", "")).strip() not in ("none", "")


def looks_elsewhere(call: str, arguments: dict[str, Any]) -> bool:
    """Return True for a look at an image, which needs no more rights than to read it."""
    return call in ("collect", "windows") and arguments.get("root", "/") != "/"


def host_of(task_vars: dict[str, Any]) -> str:
    """Return the name of a task's host, for messages."""
    return str(task_vars.get("inventory_hostname", "this host"))


def _say(host: str, text: str) -> None:
    Display().v(visible(f"avshift.endpoint: {text}", MOST_SAID), host=host or None)


def does_not_fit() -> str:
    """Return why a module with the arguments written into it cannot be run by this ansible-core, or ''."""
    try:
        from ansible.executor import module_common

        if module_common.REPLACER_JSONARGS != REPLACER:
            return "another mark for arguments"
        return "" if module_loader.find_plugin(DIRECT, ".py") else "no module is found in a directory that was added"
    except (ImportError, AttributeError, TypeError) as error:
        return str(error)


def is_left_to_the_shell(shell: Any, text: str) -> bool:
    """Return True if the command that makes a module's directory has a text outside of single quotes."""
    make = getattr(shell, "_mkdtemp2", None) or shell.mkdtemp
    command = make(basefile="avshift", system=False, tmpdir=text)
    before, found, _after = str(getattr(command, "command", command)).partition(text)
    return bool(found) and before.count("'") % 2 == 0


def add_module() -> None:
    """Write the module where Ansible finds it; where it cannot be added, ``does_not_fit`` says so at each task."""
    program()
    write_module(MODULES)
    with contextlib.suppress(AttributeError, TypeError):
        module_loader.add_directory(str(MODULES))
