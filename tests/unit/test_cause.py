"""The report of a failed module names the cause, whatever the connection says after it."""

from __future__ import annotations

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import cause

TRACE = 'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n    x()\n'
CASES = {
    "an exception": (
        {"module_stderr": f"{TRACE}OSError: [Errno 28] No space left\n"},
        "OSError: [Errno 28] No space left",
    ),
    "one of several lines": ({"module_stderr": f"{TRACE}ValueError: a\nb\n"}, "ValueError: a b"),
    "the first of two": (
        {"module_stderr": f"{TRACE}KeyError: 'x'\n\nDuring handling of the above exception, x\n\n{TRACE}E: y\n"},
        "KeyError: 'x'",
    ),
    "on a terminal, where both streams are one": (
        {"module_stderr": "Shared connection to web1 closed.\r\n", "module_stdout": "sudo: a password is required\r\n"},
        "sudo: a password is required",
    ),
    "on a terminal, beside what an SSH server says to all": (
        {"module_stderr": "Authorised use only.\r\n", "module_stdout": f"{TRACE}OSError: no\r\n"},
        "OSError: no",
    ),
    "several lines": (
        {"module_stderr": "/bin/sh: 1: /usr/bin/python9: not found\nConnection to web1 closed.\n"},
        "/bin/sh: 1: /usr/bin/python9: not found",
    ),
    "the message alone": ({"msg": "MODULE FAILURE\nSee above"}, "MODULE FAILURE; See above"),
    "nothing": ({}, cause.NONE_TOLD),
    "another type": ({"module_stderr": ["x"], "msg": 7}, cause.NONE_TOLD),
    "a traceback without an end": ({"module_stderr": TRACE}, f"{TRACE.splitlines()[0]}; "),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_failure_is_told_by_its_cause(name: str) -> None:
    result, words = CASES[name]
    assert cause.of(result).startswith(words)


def test_a_long_text_is_cut_at_its_end() -> None:
    told = cause.of({"module_stderr": "first " + "x" * 10_000})
    assert told.startswith("first x")
    assert len(told) == cause.LONGEST + 1
