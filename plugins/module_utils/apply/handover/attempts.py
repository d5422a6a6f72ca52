# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do what must not keep the next act from being done, whatever goes wrong in it.

While a host may be without a scanner, no error may end the way back to one: not even a bug in this program.
"""

from ...posix.errors import Problem


def attempted(act, notes, otherwise=None):
    """Return what ``act()`` returns; after any error ``otherwise``, and the error's text is added to ``notes``."""
    try:
        return act()
    except Exception as error:
        notes.append(str(cause(error)))
        return otherwise


def each(act, objects):
    """Do it for each; return the errors as texts."""
    notes = []
    for one in objects:
        attempted(lambda one=one: act(one), notes)
    return notes


def cause(error):
    """Return an error whose text says what went wrong, or that text."""
    return error if isinstance(error, (Problem, OSError)) else "a bug in the program: %r" % (error,)
