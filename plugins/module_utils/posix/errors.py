# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The errors that endpoint code raises on purpose."""


class Problem(Exception):
    """What could not be done, in the form that every message here has.

    ``code`` (str) is a stable machine-readable id; the text reads
    ``<what failed>: <object>: <cause>. <what to do>``.
    """

    def __init__(self, code, what, subject, cause, remedy):
        super().__init__("%s: %s: %s. %s" % (what, subject, str(cause).strip().rstrip("."), remedy))
        self.code = code

    @classmethod
    def again(cls, code, text):
        """Return an error of this class whose whole text is known already."""
        error = cls.__new__(cls, text)
        error.code = code
        return error


class EndpointError(Problem):
    """A step or probe that failed."""


class CutOff(Problem):
    """The whole run was asked to end, or took too long. Code that continues after an EndpointError stops here."""
