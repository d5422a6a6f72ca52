# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action plugins share. The only file of plugin_utils that knows Ansible; the engine does not know it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from . import answers, cause
from .catalog import loader
from .catalog.model import Catalog
from .documents import Modes
from .errors import AvshiftError
from .program import MODULE, program, write_module
from .version import VERSION
from .visible import visible

# Written into Ansible's own folder for temporary files, which it removes at its end.
MODULES = Path(constants.DEFAULT_LOCAL_TMP) / "avshift-modules"
DEFAULT_REMOTE_TMP = "~/.ansible/tmp"
# Where root may write, a module's files go to the memory file system: a dry run leaves the disk as it was.
REMOTE_TMP = "$(test -w /run && echo /run/.avshift-ansible || echo ~/.ansible/tmp)"
# Ansible unpacks a module where TMPDIR says; Python passes over a directory that it may not write to.
MEMORY = "/run"
PYTHON_LOOK = "command -v python3 || echo none"
# Characters of a message. What a host said is in it, in part.
LONGEST_MESSAGE = 4000


class Adapter(ActionBase):
    """An action plugin that checks its options, calls ``act`` and turns the engine's error into a failed result."""

    SPEC: ClassVar[dict[str, Any]] = {}
    _supports_check_mode = True
    _supports_async = False

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the result of the task; raise AvshiftError for everything that the user has to know."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the action; Ansible calls it."""
        self._host_named = _host(task_vars or {})
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=self.SPEC)
        try:
            result.update({"changed": False, **self.act(plain(options), task_vars or {})})
        except AvshiftError as error:
            message = self._without_secrets(str(error), options)
            result.update({"failed": True, "changed": False, "code": error.code, "msg": message})
        except AnsibleConnectionFailure as error:
            result.update({"unreachable": True, "changed": False, "msg": self._unreached(error, task_vars or {})})
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if "msg" in result:
            result["msg"] = visible(result["msg"], LONGEST_MESSAGE)
        return result

    def _without_secrets(self, text: str, options: dict[str, Any]) -> str:
        """Return the text of an error, which may hold what a host said as it broke off, without the secret options."""
        for name, spec in self.SPEC.items():
            if spec.get("no_log"):
                secret = options[name]
                for value in secret.values() if isinstance(secret, dict) else [secret]:
                    text = text.replace(str(value), "(secret)") if value else text
        return text

    def catalog(self, options: dict[str, Any]) -> Catalog:
        """Return the collection's catalog with the folders of O(catalog_dirs), read once a process."""
        return _catalog(sites(options))

    def modes(self, task_vars: dict[str, Any]) -> Modes:
        """Return the permissions of what is written here: the user's alone, unless two variables say otherwise."""
        names = ("avshift_file_mode", "avshift_directory_mode")
        return Modes.of(*(self._templar.template(task_vars.get(name)) for name in names))

    def count(self) -> int:
        """Return how many times this was called in this run of Ansible, by all of its workers."""
        with open(Path(constants.DEFAULT_LOCAL_TMP) / "avshift-count", "ab") as counted:
            counted.write(b".")
            counted.flush()
            return counted.tell()

    def on_endpoint(self, call: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Collect, apply or prove on the endpoint and return its answer, which has the form of the published schema.

        Raises AvshiftError saying why if that failed, or if the answer has another form.
        """
        self._keep_off_the_disk()
        sent = {"program": program(), "call": call, "arguments": arguments, "check_mode": bool(self._task.check_mode)}
        result: dict[str, Any] = self._execute_module(f"ansible.legacy.{MODULE}", module_args=sent, task_vars=task_vars)
        if result.get("failed") or "exception" in result:
            raise self._why_not(result, task_vars)
        return answers.checked(call, plain(result), _host(task_vars))

    def _parse_returned_data(self, res: dict[str, Any], *more: Any, **named: Any) -> dict[str, Any]:
        """Refuse what is too large before it is read, and what Ansible's own reading breaks off at."""
        answers.must_be_small(len(res.get("stdout") or ""), self._host_named)
        try:
            return super()._parse_returned_data(res, *more, **named)
        # Whatever it is, the host's answer has brought it about.
        except Exception as error:
            why = f"Ansible cannot read it ({type(error).__name__}: {error})"
            raise answers.invalid(self._host_named, why) from error

    def _keep_off_the_disk(self) -> None:
        """Have the module's own files put into memory, unless the user chose a place for them.

        A connection that copies files past the running system, onto a container's mounted image, cannot reach it.
        """
        connection, shell = self._connection, self._connection._shell
        past_the_system = connection.transport.endswith(("podman", "buildah")) and not getattr(connection, "user", None)
        if shell.get_option("remote_tmp") == DEFAULT_REMOTE_TMP and not past_the_system:
            shell.set_option("remote_tmp", REMOTE_TMP)
        self._task.environment = [*(self._task.environment or []), {"TMPDIR": MEMORY}]

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        """Send a module through the connection wherever nothing stands between that and the host's Python.

        It takes one command instead of four and leaves no file. A program that becomes another user may insist on a
        terminal: there Ansible's own setting decides.
        """
        direct = module_style == "new" and not wrap_async and not constants.DEFAULT_KEEP_REMOTE_FILES
        if direct and self._connection.has_pipelining and self._becomes_nobody():
            return True
        return bool(super()._is_pipelining_enabled(module_style, wrap_async))

    def _becomes_nobody(self) -> bool:
        if not self._connection.become:
            return True
        user = self.get_become_option("become_user")
        return user is not None and user == self._get_remote_user() and not constants.BECOME_ALLOW_SAME_USER

    def _unreached(self, error: Exception, task_vars: dict[str, Any]) -> str:
        """Return why a host was not reached. Some connections say it only to a command that does nothing."""
        told = str(getattr(error, "message", error)).strip()
        if "temporary directory" in told:
            try:
                look = self._low_level_execute_command("true", sudoable=False)
                told = str(look.get("stderr") or "no directory for temporary files can be made there").strip()
            except AnsibleConnectionFailure as again:
                told = str(again)
        host = _host(task_vars)
        remedy = "See that it is up and that Ansible can log in, and run again; nothing was done on it."
        return str(AvshiftError("unreachable", "Reaching the host", host, told, remedy))

    def _why_not(self, result: dict[str, Any], task_vars: dict[str, Any]) -> AvshiftError:
        host, code = _host(task_vars), answers.code_of(result)
        if code:
            return AvshiftError(code, "Working on the host", host, result.get("msg"), "Nothing else was done.")
        look = self._low_level_execute_command(PYTHON_LOOK, sudoable=False)
        if str(look.get("stdout", "")).strip() in ("none", ""):
            return AvshiftError(
                "python_missing",
                "Looking at the host",
                host,
                "it has no python3, which Ansible needs there",
                "Install Python 3.8 or newer on it (3.6 with ansible-core 2.16), or set ansible_python_interpreter.",
            )
        return AvshiftError(
            "module_failed",
            "Looking at the host",
            host,
            cause.of(result),
            "See that ansible_python_interpreter names a Python that this ansible-core supports; -vvv shows more.",
        )


def sites(options: dict[str, Any]) -> tuple[Path, ...]:
    """Return the folders of a site's own catalog that a task names, in their order."""
    return tuple(Path(folder) for folder in options["catalog_dirs"])


def _host(task_vars: dict[str, Any]) -> str:
    return str(task_vars.get("inventory_hostname", "this host"))


@functools.cache
def _catalog(folders: tuple[Path, ...]) -> Catalog:
    return loader.with_sites(loader.own(), folders)


# Ansible imports an action in its main process, so that every worker it forks has these already. Where the catalog
# cannot be read, the task that needs it says so.
program()
write_module(MODULES)
module_loader.add_directory(str(MODULES))
with contextlib.suppress(AvshiftError):
    _catalog(())


def plain(content: Any) -> Any:
    """Return content of Python's own types only: what comes from templates carries tags that are no part of it."""
    if isinstance(content, dict):
        return {plain(key): plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [plain(value) for value in content]
    if isinstance(content, str):
        return "".join(content)
    return content


def versions(catalog: Catalog) -> dict[str, str]:
    """Return what made a document: the collection's version and the catalog's digest."""
    return {"collection_version": VERSION, "catalog_digest": catalog.digest}


def now() -> str:
    """Return the time as records have it, to the second, in UTC."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Results(Mapping[str, "dict[str, Any] | None"]):
    """What each host registered in a variable, looked up when it is asked for; None where it registered nothing."""

    def __init__(self, hostvars: Mapping[str, Mapping[str, Any]], name: str) -> None:
        self._hostvars, self._name = hostvars, name

    def __getitem__(self, host: str) -> dict[str, Any] | None:
        """Return a host's result."""
        result = self._hostvars[host].get(self._name)
        return None if result is None else dict(plain(result))

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all hosts."""
        return iter(self._hostvars)

    def __len__(self) -> int:
        """Return how many hosts there are."""
        return len(self._hostvars)


def results_of(task_vars: dict[str, Any], name: str) -> Results:
    """Return what every host registered in a variable, by host."""
    return Results(task_vars["hostvars"], name)
