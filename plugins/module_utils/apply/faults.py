# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Turn any exception in a step into an error that says in which step it was raised, and what it was."""

from ..posix.errors import EndpointError, Problem

DOING = "Carrying out a step"


def explained(step, error):
    """Return an exception of a step as a Problem, which has a code and says what to do."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError):
        return of_system(DOING, step["id"], error)
    if isinstance(error, ValueError):
        return EndpointError("odd_answer", DOING, step["id"], error, "Check the host's own messages about it.")
    return internal(DOING, step["id"], error)


def of_system(doing, what, error):
    """Return the EndpointError of an error that the system reported."""
    cause = ": ".join(_words(part) for part in (error.filename, error.strerror or error) if part)
    return EndpointError("system_error", doing, what, cause, "Fix the cause and run again.")


def internal(doing, what, error):
    """Return the EndpointError of an unexpected exception."""
    cause = "a bug in the program: %s" % (repr(error) or type(error).__name__)
    return EndpointError("internal_error", doing, what, cause, "Report it with this message, and run again.")


def _words(part):
    return part.decode("utf-8", "backslashreplace") if isinstance(part, bytes) else str(part)
