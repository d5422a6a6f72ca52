# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Why a question has no answer."""

# The exceptions of .NET for what is not there: answers read the same, wherever they come from.
NO_FILE, NO_FOLDER = "System.IO.FileNotFoundException", "System.IO.DirectoryNotFoundException"
NO_KEY = "key"
LONGEST = 1000


class Unanswered(Exception):
    """``answer`` (dict) says why: {absent: cause}, {denied: cause}, {failed: cause} or {not_asked: running_system}."""

    def __init__(self, kind, cause):
        super().__init__("%s: %s" % (kind, cause))
        self.answer = {kind: str(cause)[:LONGEST]}

    def of(self, stale):
        """Return this error for a hive that may be older than the system's last write; ``stale`` (str) says why."""
        self.answer.update({"stale": stale} if stale else {})
        return self


def absent(what):
    """Return the error for what is known not to be there."""
    return Unanswered("absent", what)


def failed(cause):
    """Return the error for what could not be read, and is unknown."""
    return Unanswered("failed", cause)


def of_live_alone():
    """Return the error for what only a running system has."""
    return Unanswered("not_asked", "running_system")
