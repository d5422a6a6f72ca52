# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer a package's question before it is asked, as debconf-set-selections(1) does."""

import os

from ...collect.look import Look
from ...collect.packages import debconf
from ...posix.errors import EndpointError
from ...posix.files import scratch
from ...posix.files.scratch import MEMORY
from ...posix.running.commands import run

LIMIT = 60
TEMPLATE = "Template: %s\nType: %s\nDescription: answered before its package asks\n"


def look(target):
    """Return True if the answer is what it should be."""
    return any(item["value"]["value"] == target["value"] for item in debconf.collect([target["question"]], Look()))


def do(target):
    """Set the answer."""
    try:
        _set(target)
    except EndpointError:
        # If the disk was full, debconf may have written only one of its two files: then the template exists without its
        # question, and debconf never accepts an answer.
        _load(target)
        _set(target)


def _set(target):
    line = "%s %s %s %s\n" % (target["owner"], target["question"], target["type"], target["value"])
    _tell(["debconf-set-selections"], line)


def _load(target):
    """Load a template that stands in for the package's own; debconf adds the question to it."""
    with scratch.Scratch("debconf", home=MEMORY) as folder:
        path = os.path.join(folder, "template")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(TEMPLATE % (target["question"], target["type"]))
        _tell(["debconf-communicate", target["owner"]], "X_LOADTEMPLATEFILE %s %s\n" % (path, target["owner"]))


def undo(target):
    """Restore the earlier answer; if there was none, remove the questions of this owner."""
    if target["before"] is None:
        _tell(["debconf-communicate", target["owner"]], "PURGE\n")
    else:
        _set(dict(target, value=target["before"]))


def _tell(argv, line):
    finished = run(argv, LIMIT, stdin=line, DEBIAN_FRONTEND="noninteractive")
    if finished.code:
        raise EndpointError(
            "debconf_refused", "Answering a package's question", line.strip(), finished.said(), "See debconf(7)."
        )
