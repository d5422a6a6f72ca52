# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a host gave no answer, judged by what its shell, sudo, Python and ssh said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cause import LONGEST
from .cause import of as cause_of

KILLED_BY = 128
SIGKILL, SIGTERM = 9, 15
# What sudo says, and is no reason: to those who use it first, and of a name that is not in the host's DNS.
LECTURE = re.compile(
    r"We trust you have received the usual lecture|Administrator\. It usually boils down|\s*#\d\) "
    r"|For security reasons, the password|sudo: unable to resolve host|\[sudo[^\]]*\]"
)
LOOK = "Check that ansible_python_interpreter names a Python that this ansible-core supports; -vvv shows more."
ROOT = (
    "Check become_method, become_user, the user's rights and the password. If sudo requires a terminal (requiretty), "
    "turn Ansible's pipelining off."
)


@dataclass(frozen=True)
class Failure:
    """A stable code, what happened, and what to do."""

    code: str
    text: str
    remedy: str


# The first that is found in a line counts, in this order, whatever else was said.
KNOWN = (
    (
        re.compile(
            r"(Missing|Incorrect) (\w+ )?password|(sudo|doas|su|dzdo|pfexec): |you must have a tty to run sudo"
            r"|Failed to (change ownership of|set permissions on) the temporary files"
        ),
        "become_failed",
        ROOT,
    ),
    (
        re.compile(
            r"interpreter '?[^']+'? was not found|(python|interpreter)[^:]*: (No such file|not found|command not)"
        ),
        "python_missing",
        "Install Python there, or set ansible_python_interpreter to the path of an existing one.",
    ),
    (
        re.compile(r"can't open file '?[^']*AnsiballZ_"),
        "connection_lost",
        "The connection broke and was retried, but this module runs only once. Run again.",
    ),
    (
        re.compile(r"No space left on device|Disk quota exceeded"),
        "no_room",
        "Free some space there, or set ansible_remote_tmp to a directory with enough space.",
    ),
)


def of(result: Mapping[str, Any]) -> Failure:
    """Return the failure in a result of Ansible's that is not the endpoint code's own.

    ``result`` has what Ansible gives of a module: module_stdout, module_stderr, msg (str), rc (int), all optional.
    """
    told = {name: _without_lecture(result.get(name)) for name in ("module_stderr", "module_stdout", "msg")}
    said = [line.strip() for text in told.values() for line in text.splitlines()]
    for pattern, code, remedy in KNOWN:
        if line := next((line for line in said if pattern.search(line)), ""):
            return Failure(code, line[:LONGEST], remedy)
    return Failure("module_failed", cause_of(told) + _ended(result.get("rc")), LOOK)


def _without_lecture(text: Any) -> str:
    return "\n".join(line for line in str(text or "").splitlines() if not LECTURE.match(line))


def _ended(code: Any) -> str:
    if not isinstance(code, int) or isinstance(code, bool) or code in (0, 1):
        return ""
    killed = {KILLED_BY + SIGKILL: "killed", KILLED_BY + SIGTERM: "ended by a signal"}.get(code, "")
    return f" (exit code {code}{', ' if killed else ''}{killed})"
