# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A signature that only one engine can know: random, created for one run, and removed again.

While another scanner still intercepts, a refused test file says nothing about the new one: either may have refused it.
What this signature names can only have been refused by the new one.
"""

import contextlib
import os
import re
import time

from ..posix.errors import EndpointError, Problem
from ..posix.files import safe_remove, safe_write
from ..posix.running import bounded
from . import on_demand

RANDOM_BYTES = 16
# While it loads, the engine answers with its previous signatures.
PAUSE = 0.1
ANSWER_LIMIT = 30
# Seconds for its file, whose disk may not answer.
LIMIT = 60
DOING = "Testing the new protection together with the old one"
RANDOM, PATTERN = "{random}", "{pattern}"


class OwnSignature:
    """A signature in the engine's directory for the duration of a ``with``, or until it is removed.

    ``made`` is {directory, name, text, mode, limit, forget}: ``{random}`` in the name and the text is replaced each
    time, ``{pattern}`` is the hexadecimal digits of what it finds, ``limit`` the seconds until the engine knows it,
    and ``forget`` whether the engine is asked to reload afterwards, during which some engines do not answer.
    """

    def __init__(self, made, socket):
        self._made = made
        self._socket = socket
        self._random = os.urandom(RANDOM_BYTES).hex()
        self._path = os.path.join(made["directory"], made["name"].replace(RANDOM, self._random))
        self._is_there = False
        # What it finds (bytes); before a self-test, nothing else of it is on a disk.
        self.data = ("avshift: only the signature of one run knows this file: %s\n" % self._random).encode("ascii")

    def __enter__(self):
        is_known = False
        self._apart(lambda: remove_left(self._made))
        try:
            self._put()
            self._must_be_known()
            is_known = True
        finally:
            if not is_known:
                self.take_away()
        return self

    def __exit__(self, *_error):
        self.take_away()
        if self._made["forget"]:
            # The engine also forgets it by itself, when it checks for newer signatures.
            with contextlib.suppress(Problem, OSError):
                on_demand.reload(self._socket, ANSWER_LIMIT)

    def take_away(self):
        """Remove its file; if that fails now, the next run removes it."""
        if self._is_there:
            with contextlib.suppress(Problem, OSError):
                self._apart(self._remove)
                self._is_there = False

    def _apart(self, act):
        bounded.done(act, LIMIT, self._path, DOING)

    def _remove(self):
        safe_remove.remove(self._path, "file")
        _sync(self._made["directory"])

    def _put(self):
        text = self._made["text"].replace(RANDOM, self._random).replace(PATTERN, self.data.hex())
        self._is_there = True
        self._apart(lambda: safe_write.write_text(self._path, text, int(self._made["mode"], 8)))

    def _must_be_known(self):
        """Wait until the engine finds what it names."""
        on_demand.reload(self._socket, ANSWER_LIMIT)
        deadline, answer = time.monotonic() + self._made["limit"], "nothing"
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                answer = on_demand.scan(self._socket, self.data, ANSWER_LIMIT)
                if answer.endswith(on_demand.FOUND):
                    return
            time.sleep(PAUSE)
        raise EndpointError(
            "own_signature_unknown",
            DOING,
            self._path,
            "the engine does not detect this run's own signature %d s after it was asked to load it: %s"
            % (self._made["limit"], answer),
            "Check the engine's log, and where it loads its signatures from.",
        )


def remove_left(made):
    """Remove such signatures that killed runs have left."""
    ending = re.escape(made["name"]).replace(re.escape(RANDOM), "[0-9a-f]{%d}" % (2 * RANDOM_BYTES))
    left = re.compile(r"\.?%s(\.avshift)?" % ending)
    for name in os.listdir(made["directory"]):
        if left.fullmatch(name):
            safe_remove.remove(os.path.join(made["directory"], name), "file")


def _sync(directory):
    """Make sure that a power failure does not bring back what was removed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
