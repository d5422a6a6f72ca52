# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The transport to Windows hosts: one PowerShell module, run in Ansible's own way."""

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.action import ActionBase

from ..errors import AvshiftError
from ..schema import answers
from . import failures, limits

NAME = "windows"
MODULE = "avshift.endpoint.windows_reads"
OWN_BECOME = "runas"
READING = "Reading facts of a Windows host"
OLD = re.compile(r"Ansible requires PowerShell|requires a minimum PowerShell version")
LANGUAGE_MODE = "PowerShell -NoProfile -NonInteractive -Command $ExecutionContext.SessionState.LanguageMode"
FULL = "FullLanguage"
NO_CONTACT = "Look at it with the playbook detect, and see its forecast in the plan. Nothing on Windows is changed yet."


class Windows(ActionBase):
    """Asks a Windows host for facts. Whatever is more than looking at it is refused without contact."""

    host = "this host"

    def is_windows(self) -> bool:
        """Return True if the connection's shell plugin is one of Windows: no fact of the host is needed for that."""
        return bool(getattr(getattr(self._connection, "_shell", None), "_IS_WINDOWS", False))

    def system(self) -> str:
        """Return the platform that the connection's shell belongs to; '' if it does not show."""
        return NAME if self.is_windows() else ""

    def must_not_be_windows(self, facts: dict[str, Any]) -> None:
        """Raise AvshiftError ``answer_invalid`` for a running system that says it is Windows, behind another shell.

        It would be taken for one that is only looked at, and what was done to it would be in no record.
        """
        if facts.get("platform") == NAME:
            raise answers.invalid(self.host, f"it says that it is {NAME}, and it has a shell of another system")

    def only_looked_at(self) -> dict[str, Any] | None:
        """Return the result of a host of a kind that is looked at and never changed, None of any other.

        Such a host is not contacted, and it is no failure: ``forecast`` is the code that says so.
        """
        if not self.is_windows():
            return None
        told = self.forecast_only()
        return {
            "skipped": True,
            "changed": False,
            "to_do": False,
            "forecast": told.code,
            "platform": NAME,
            "msg": str(told),
        }

    def forecast_only(self) -> AvshiftError:
        """Return the result of such a host for whatever is more than looking at it. It is not contacted."""
        cause = "it has a Windows shell, and this collection only looks at Windows"
        return AvshiftError("windows_forecast_only", "Working on the host", self.host, cause, NO_CONTACT)

    def read(self, reads: list[dict[str, Any]], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the host's answer to reads, which has the form of the published schema.

        Raises AvshiftError for a host that cannot be read: with an id of its own for an old shell, one whose language
        is restricted, and an account without an administrator's rights; ``answer_invalid`` for an answer without an
        end.
        """
        try:
            with limits.room(limits.ANSWER_ROOM):
                return self._read(reads, task_vars)
        except MemoryError:
            raise answers.invalid(self.host, "it does not end") from None

    def _read(self, reads: list[dict[str, Any]], task_vars: dict[str, Any]) -> dict[str, Any]:
        connection = self._connection
        # The user's become is meant for the other hosts of a run, unless it is Windows' own.
        if connection.become is not None and connection.become.name != OWN_BECOME:
            connection.set_become_plugin(None)
        result = self._execute_module(module_name=MODULE, module_args={"reads": reads}, task_vars=task_vars)
        if result.get("failed") or "exception" in result:
            raise self._why_not_read(result)
        answer: dict[str, Any] = answers.checked_reads(result, reads, self.host)
        if not answer.get("administrator", False):
            raise AvshiftError(
                "windows_not_administrator",
                READING,
                self.host,
                "the account has no administrator's rights, so that what it does not see may be there",
                "Log in with an account of the host's administrators; over the network it needs an unfiltered token.",
            )
        return answer

    def _why_not_read(self, result: dict[str, Any]) -> AvshiftError:
        told = " ".join(str(result.get(name) or "") for name in ("msg", "module_stderr", "module_stdout"))
        if OLD.search(told):
            return AvshiftError(
                "windows_shell_too_old",
                READING,
                self.host,
                "its PowerShell is older than 5.1",
                "Install Windows Management Framework 5.1 on it, or PowerShell 7 and name that in the inventory.",
            )
        mode = self._low_level_execute_command(LANGUAGE_MODE, sudoable=False)
        said = str(mode.get("stdout", "")).strip()
        if said.endswith("Language") and said != FULL:
            return AvshiftError(
                "windows_language_restricted",
                READING,
                self.host,
                f"its PowerShell is in the mode {said}, as application control sets it",
                "Allow Ansible's scripts in the application control policy for the account that Ansible uses.",
            )
        found = failures.of(result)
        return AvshiftError(found.code, READING, self.host, found.text, "Run again with -vvv, which shows more.")
