# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What an action returned or raised, in a form that a child process can report to its parent."""

from ..errors import EndpointError, Problem


def outcome(act):
    """Return, in a form that a child can report, what ``act()`` returns or raises; ``returned`` reads it."""
    try:
        return {"returned": act()}
    except Problem as error:
        return {"problem": str(error), "code": error.code, "facts": getattr(error, "facts", {})}
    except OSError as error:
        return {"errno": error.errno or 0, "text": error.strerror or str(error), "file": _text(error.filename)}
    except ValueError as error:
        return {"value": str(error)}
    except Exception as error:
        return {"unforeseen": "%s: %s" % (type(error).__name__, error)}


def _text(name):
    return name if isinstance(name, str) or name is None else str(name)


def returned(told, what, doing="Checking the host"):
    """Return what a child's ``outcome`` was, or raise the error that it reported."""
    if "returned" in told:
        return told["returned"]
    raise _again(told, what, doing)


def _again(told, what, doing):
    if "problem" in told:
        error = EndpointError.again(told["code"], told["problem"])
        error.facts = told["facts"]
        return error
    if "errno" in told:
        return OSError(told["errno"], told["text"], told["file"])
    if "value" in told:
        return ValueError(told["value"])
    return EndpointError("unforeseen", doing, what, told["unforeseen"], "Report it, with this line.")
