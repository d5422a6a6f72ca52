# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action plugins share. It and ``transport`` know Ansible; the engine does not know them."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure

from ...module_utils.agreed.secret_forms import without
from ...module_utils.agreed.times import SECOND
from ..catalog import loader
from ..catalog.model import Catalog
from ..documents import Modes
from ..errors import AvshiftError
from ..schema import answers
from ..version import VERSION
from ..visible import all_visible, visible
from . import failures, limits
from .posix import Posix, add_module, host_of, looks_elsewhere
from .this_run import PRIVATE
from .windows import Windows

RESULTS_OF_RUN = PRIVATE / "avshift-results"
# Probes of a look that asks for the host's facts alone.
NOTHING_MORE = "{}"
# What gives the answer to reads, and what gives further reads from (what was asked, its answer).
Ask = Callable[[list[dict[str, Any]]], dict[str, Any]]
Further = Callable[[dict[str, Any], dict[str, Any]], list[dict[str, Any]]]
# Characters of a message, which may include what a host said.
LONGEST_MESSAGE = 4000
TIMED_OUT = limits.timeout_error()


class Adapter(Posix, Windows):
    """An action plugin that checks its options, calls ``act`` and turns the engine's error into a failed result."""

    SPEC: ClassVar[dict[str, Any]] = {}
    # What to do if the connection or the task's time ended before the host's answer arrived.
    LOST: ClassVar[str] = (
        "Make sure that the host is up and that Ansible can log in, and run again; nothing was changed on it."
    )
    OVERDUE: ClassVar[str] = "Find out what hangs on the host, or give the task a longer timeout, and run again."
    # Parts of the result that another task acts on, to the letter. Ansible may print all others: no text of a host's in
    # them acts on a terminal.
    AS_IT_IS: ClassVar[tuple[str, ...]] = ()
    _supports_check_mode = True
    _supports_async = False

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the result of the task; raise AvshiftError for everything that the user has to know."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the action; Ansible calls it."""
        self.host, self._is_answered = host_of(task_vars or {}), False
        result: dict[str, Any] = super().run(tmp, task_vars)
        is_overdue = False
        _validation, options = self.validate_argument_spec(argument_spec=self.SPEC)
        options = plain(options)
        self.secrets = failures.secrets_in(self.SPEC, options)
        try:
            made = self._made(options, task_vars or {})
            kept = {name: made.pop(name) for name in self.AS_IT_IS if name in made}
            result.update({"changed": False, **all_visible(made), **kept})
        except AvshiftError as error:
            result.update({"failed": True, "changed": False, "code": error.code, "msg": str(error)})
        except AnsibleConnectionFailure as error:
            lost = self.unreached(error, self.LOST)
            result.update({"unreachable": True, "changed": False, "code": lost.code, "msg": str(lost)})
        except TIMED_OUT:
            is_overdue = True
            cause = f"no answer within {self._task.timeout} s"
            late = AvshiftError("timed_out", "Waiting for the host", self.host, cause, self.OVERDUE)
            result.update({"failed": True, "changed": False, "code": late.code, "msg": str(late)})
        finally:
            self.leave_nothing(is_overdue)
        if "msg" in result:
            result["msg"] = visible(without(result["msg"], self.secrets), LONGEST_MESSAGE)
        return result

    def _made(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what ``act`` makes. An answer that has its form and does not fit together is its host's failure."""
        try:
            return self.act(options, task_vars)
        except answers.UNFIT as error:
            if not self._is_answered:
                raise
            cause = f"its answer is inconsistent ({type(error).__name__}: {error})"
            raise answers.invalid(self.host, cause) from error

    def catalog(self, options: dict[str, Any]) -> Catalog:
        """Return the collection's catalog with the folders of O(catalog_dirs), read once per process."""
        return catalog_with(sites(options))

    def modes(self, task_vars: dict[str, Any]) -> Modes:
        """Return the permissions of files written on the controller: for the user only, unless two variables
        change that.
        """
        names = ("avshift_file_mode", "avshift_directory_mode")
        return Modes.of(*(self._templar.template(task_vars.get(name)) for name in names))

    def raw_facts(self, reads: list[dict[str, Any]], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what a host without endpoint code answers to reads; AvshiftError as ``on_endpoint`` raises it."""
        answer = self.read(plain(reads), task_vars)
        self._is_answered = True
        return answer

    def in_two_looks(self, further: Further, asked: dict[str, Any], ask: Ask) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (all that was asked, the whole answer) of a look, and of a second one that it makes worth while.

        ``ask`` gives the answer to reads, ``further`` the reads of the second look. Where that one fails, what it was
        for is unknown, and the rest stands.
        """
        answer = ask(asked["reads"])
        more_reads = further(asked, answer)
        if not more_reads:
            return asked, answer
        try:
            more: dict[str, Any] = ask(more_reads)["answers"]
        except AvshiftError as error:
            more = {read["id"]: {"failed": error.code} for read in more_reads}
        return (
            {**asked, "reads": [*asked["reads"], *more_reads]},
            {**answer, "answers": {**answer["answers"], **more}},
        )

    def facts_of_disk(
        self, system: str, reads: list[dict[str, Any]], root: str, task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the reader of a system's mounted disks answers to reads; AvshiftError as ``on_endpoint``."""
        text = json.dumps(plain(reads), separators=(",", ":"))
        told = plain(self.ask(system, {"reads": text, "root": root}, task_vars))
        answer = answers.checked_reads(told, reads, self.host)
        self._is_answered = True
        return answer

    def evidence_of(self, collected: dict[str, Any]) -> dict[str, Any]:
        """Return what was made of raw facts, which has the form of what other hosts answer.

        Raises AvshiftError naming the host whose facts cannot be made evidence of that form.
        """
        checked: dict[str, Any] = answers.checked("collect", {"collected": collected}, self.host)["collected"]
        return checked

    def first_look(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the facts of a host, by which the controller chooses its platform and a replacement's layout."""
        facts: dict[str, Any] = self.on_endpoint("collect", {"probes": NOTHING_MORE}, task_vars)["collected"]["host"]
        return facts

    def on_endpoint(self, call: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Collect, apply or prove on the endpoint and return its answer, which has the form of the published schema.

        Raises AvshiftError saying why if that failed, or if the answer has another form.
        """
        if self.system():
            raise self.forecast_only()
        answer = answers.checked(call, plain(self.ask(call, arguments, task_vars)), self.host)
        if call == "collect" and not looks_elsewhere(call, arguments):
            self.must_not_be_windows(answer["collected"]["host"])
        self._is_answered = True
        return answer


def sites(options: dict[str, Any]) -> tuple[Path, ...]:
    """Return the folders of a site's own catalog that a task names, in their order."""
    return tuple(Path(folder) for folder in options["catalog_dirs"])


@functools.cache
def catalog_with(folders: tuple[Path, ...]) -> Catalog:
    """Return the collection's catalog with the folders of a site's own; AvshiftError if one cannot be read."""
    return loader.with_sites(loader.own(), folders)


# Ansible imports an action in its main process, so that every worker it forks has these already. Where the catalog
# cannot be read, the task that needs it says so.
add_module()
with contextlib.suppress(AvshiftError):
    catalog_with(())


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
    return datetime.now(timezone.utc).strftime(SECOND)


def failing(error: AvshiftError | None) -> dict[str, Any]:
    """Return what makes a task fail although it has done its work; nothing without an error."""
    return {} if error is None else {"failed": True, "code": error.code, "msg": str(error)}


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
