# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Enrol a product with your tenant or licence.

``values`` of a target are the secrets by name. No plan contains them, and they are masked in all output.
"""

import os

from ...linux import systemd
from ...posix.errors import EndpointError
from ...posix.files import safe_paths, safe_remove, safe_write, trust
from ...posix.running import bounded
from ...posix.running.commands import run
from ...prove import vendor
from ...prove.checks import OK, overall

HALF_WAY = True
SECRET_MODE = 0o600
PLACE = "{secret:%s}"
BEFORE = ".avshift-before"


def look(target):
    """Return True if the product says that it is enrolled."""
    return overall(vendor.prove(target["probes"])) == OK


def do(target):
    """Carry out the vendor's steps, then ask until the product is enrolled; record {asked: number of attempts}."""
    for step in target["steps"]:
        _carry_out(step, target["values"])
    for asked in range(1, target["retries"] + 1):
        checks = vendor.prove(target["probes"])
        if overall(checks) == OK:
            for path in _files(target):
                safe_remove.remove(path + BEFORE, "file")
            return {"asked": asked}
        bounded.pause(target["delay"] if asked < target["retries"] else 0)
    raise EndpointError(
        "not_enrolled",
        "Enrolling the replacement",
        target["name"],
        "; ".join("%s: %s" % (found["id"], found["detail"]) for found in checks),
        "Make sure that the secrets are those of the tenant and that the host can reach the vendor's service.",
    )


def undo(target):
    """Undo it as the vendor does, and remove the files that were written."""
    for command in target["undo"]:
        _run(command, command["argv"], {})
    for path in _files(target):
        if safe_paths.lstat(path + BEFORE)[0] is not None:
            _rename(path + BEFORE, path)
        else:
            safe_remove.remove(path, "file")


def _carry_out(step, values):
    if "file" in step:
        _put(step["file"], values[step["secret"]])
    elif "restart" in step:
        systemd.tell("restart", [step["restart"]])
    else:
        argv = [_filled(word, values) for word in step["argv"]]
        extra = {variable: values[name] for variable, name in step.get("environment", {}).items()}
        _run(step, argv, extra, values[step["stdin"]] + "\n" if "stdin" in step else None)


def _files(target):
    return [step["file"] for step in target["steps"] if "file" in step]


def _put(path, text):
    """Write a file; one of an earlier enrolment is kept beside it until the new enrolment works."""
    if os.path.isdir(os.path.dirname(path)):
        trust.must_be(os.path.dirname(path), "Enrolling the replacement")
    there, kept = (safe_paths.lstat(name)[0] is not None for name in (path, path + BEFORE))
    if there and not kept and safe_paths.read_text(path) != text:
        _rename(path, path + BEFORE)
    safe_write.make_parents(path)
    safe_write.write_secret(path, text, SECRET_MODE)


def _rename(path, other):
    parent, name = safe_paths.open_parent(path)
    try:
        os.rename(name, os.path.basename(other), src_dir_fd=parent, dst_dir_fd=parent)
    finally:
        os.close(parent)


def _filled(word, values):
    for name, value in values.items():
        word = word.replace(PLACE % name, value)
    return word


def _run(step, argv, extra, stdin=None):
    if os.path.exists(argv[0]):
        trust.must_be(argv[0], "Enrolling the replacement")
    finished = run(argv, step["limit"], stdin, **extra)
    if finished.code:
        cause = "exit code %d, %s" % (finished.code, finished.said())
        raise EndpointError(
            "enrolment_refused", "Enrolling the replacement", " ".join(step["argv"]), cause, "Check the vendor's log."
        )
