# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The form of one check of a self-test: ok, bad or unknown, and never ok by default."""

OK, BAD, UNKNOWN = "ok", "bad", "unknown"


def check(name, result, detail):
    """Return one check: its stable id, its result, and what was seen."""
    return {"id": name, "result": result, "detail": detail}


def overall(checks):
    """Return the worst result of checks; without any check it is unknown."""
    results = [found["result"] for found in checks]
    if BAD in results:
        return BAD
    return UNKNOWN if UNKNOWN in results or not results else OK
