# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test that an engine intercepts while another one does too: it must refuse a file that no other scanner can know.

All directories are tested at once, since two scanners may be slow with each, and no test may wait for another.
"""

import contextlib
import errno
import os
import time

from ..posix.errors import EndpointError
from ..posix.running import bounded
from ..posix.running.child import TIMEOUT
from . import on_access, test_files
from .checks import BAD, OK, UNKNOWN, check

# Seconds until the log mentions what was refused.
LOGGED, ASKING = 4, 0.1


def prove(directories, data, unit, timeout, kept_in=""):
    """Return one check per directory, that a new file with the data (bytes) is refused there, and one of the log.

    The log is that of the engine's ``unit``, which has to name each file. The files are removed afterwards, also from
    ``kept_in``, into which the engine moves what it finds. An access that does not answer within ``timeout`` seconds is
    abandoned.
    """
    names, outcomes = {folder: test_files.new_name() for folder in directories}, {}
    try:
        outcomes = _outcomes(names, data, timeout)
        checks = [
            check("beside_blocks:" + folder, *on_access.judge_blocked(outcomes[folder])) for folder in directories
        ]
        # What was not refused is in no log, and there is nothing to wait for.
        wait = LOGGED if any(found["result"] == OK for found in checks) else 0
        return checks + [_logged(unit, list(names.values()), wait)]
    finally:
        for folder, name in names.items():
            # If the access did not answer, the file can hardly be removed either.
            has_answered = outcomes.get(folder, TIMEOUT) != TIMEOUT
            on_access.clean_up(folder, name, kept_in, on_access.CLEANING if has_answered else on_access.HARDLY)


def _outcomes(names, data, timeout):
    """Return {directory: the result for a file in it}."""
    with contextlib.ExitStack() as stack:
        children = {
            folder: stack.enter_context(bounded.Child(_reading(folder, name, data), (), bounded.LEAST))
            for folder, name in names.items()
        }
        deadline = time.monotonic() + timeout
        return {folder: _outcome(child, deadline) for folder, child in children.items()}


def _reading(folder, name, data):
    path = os.path.join(folder, name, name)
    return lambda board: on_access.put_and_read(path, data, board.tell)


def _outcome(child, deadline):
    if not child.wait(max(0.0, deadline - time.monotonic())):
        return TIMEOUT
    told = child.board.told()
    outcome = told[0] if told else "the reader was killed"
    return "vanished" if outcome == errno.ENOENT else outcome


def _logged(unit, names, wait):
    deadline = time.monotonic() + wait
    while True:
        try:
            left = on_access.not_in_log(unit, names)
        except (EndpointError, OSError) as error:
            return check("beside_logged", UNKNOWN, str(error))
        if not left:
            return check("beside_logged", OK, "the log of %s names %d test files as found" % (unit, len(names)))
        if time.monotonic() > deadline:
            return check("beside_logged", BAD, "the log of %s does not name %s as found" % (unit, ", ".join(left)))
        time.sleep(ASKING)
