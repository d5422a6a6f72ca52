# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer a package's question before it is asked, as debconf-set-selections(1) does."""

import tempfile

from ...collect.look import Look
from ...collect.packages import debconf
from ...posix.errors import EndpointError
from ...posix.running.commands import run

LIMIT = 60
IN_MEMORY = "/run"
TEMPLATE = "Template: %s\nType: %s\nDescription: answered before its package asks\n"


def look(target):
    """Return True if the answer is what it should be."""
    return any(item["value"]["value"] == target["value"] for item in debconf.collect([target["question"]], Look()))


def do(target):
    """Set the answer."""
    try:
        _set(target)
    except EndpointError:
        # A full disk may have kept one of debconf's two files from being written: then the question is missing and its
        # template is not, and no answer is ever taken.
        _load(target)
        _set(target)


def _set(target):
    line = "%s %s %s %s\n" % (target["owner"], target["question"], target["type"], target["value"])
    _tell(["debconf-set-selections"], line)


def _load(target):
    """Load a template that stands for the package's own, which debconf completes by the question."""
    with tempfile.NamedTemporaryFile("w", dir=IN_MEMORY, prefix=".avshift-") as stream:
        stream.write(TEMPLATE % (target["question"], target["type"]))
        stream.flush()
        _tell(["debconf-communicate", target["owner"]], "X_LOADTEMPLATEFILE %s %s\n" % (stream.name, target["owner"]))


def undo(target):
    """Put the answer before back; where there was none, the owner's questions go."""
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
