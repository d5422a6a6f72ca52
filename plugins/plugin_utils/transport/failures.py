# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a host gave no answer, judged by what its shell, sudo, Python and ssh said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...module_utils.agreed.secret_forms import forms_of, without
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


def secrets_in(spec: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Return the forms in which a host may repeat a task's secret options; ``spec`` says which these are."""
    secret = [options.get(name) for name, told in spec.items() if told.get("no_log")]
    return list(forms_of(list(_texts(secret)), json.dumps))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif value:
        yield str(value)


def of(result: Mapping[str, Any], secrets: Sequence[str] = ()) -> Failure:
    """Return the failure in a result of Ansible's that is not the endpoint code's own.

    ``result`` has what Ansible gives of a module: module_stdout, module_stderr, msg (str), rc (int), all optional. The
    forms of ``secrets`` are masked in it.
    """
    said_by = ("module_stderr", "module_stdout", "msg")
    told = {name: _without_lecture(without(str(result.get(name) or ""), secrets)) for name in said_by}
    said = [line.strip() for text in told.values() for line in text.splitlines()]
    for pattern, code, remedy in KNOWN:
        if line := next((line for line in said if pattern.search(line)), ""):
            return Failure(code, line[:LONGEST], remedy)
    return Failure("module_failed", cause_of(told) + _ended(result.get("rc")), LOOK)


def _without_lecture(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not LECTURE.match(line))


def _ended(code: Any) -> str:
    if not isinstance(code, int) or isinstance(code, bool) or code in (0, 1):
        return ""
    killed = {KILLED_BY + SIGKILL: "killed", KILLED_BY + SIGTERM: "ended by a signal"}.get(code, "")
    return f" (exit code {code}{', ' if killed else ''}{killed})"
