# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Why a question has no answer."""

# What .NET throws, by what is not there: answers read the same, whoever gives them.
NO_FILE, NO_FOLDER = "System.IO.FileNotFoundException", "System.IO.DirectoryNotFoundException"
NO_KEY = "key"
LONGEST = 1000


class Unanswered(Exception):
    """``answer`` (dict) says why: {absent: cause}, {denied: cause}, {failed: cause} or {not_asked: running_system}."""

    def __init__(self, kind, cause):
        super().__init__("%s: %s" % (kind, cause))
        self.answer = {kind: str(cause)[:LONGEST]}

    def of(self, stale):
        """Return this of a hive that may be older than what the system last wrote, where ``stale`` (str) says why."""
        self.answer.update({"stale": stale} if stale else {})
        return self


def absent(what):
    """Return the error of what is known not to be there."""
    return Unanswered("absent", what)


def failed(cause):
    """Return the error of what could not be read, and is unknown."""
    return Unanswered("failed", cause)


def of_live_alone():
    """Return the error of what only a running system has."""
    return Unanswered("not_asked", "running_system")
