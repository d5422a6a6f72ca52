# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The form of one piece of evidence."""


def seen(kind, what, where, **value):
    """Return an evidence item: id (str), kind, what was asked about, where it was seen, and what was seen."""
    return {"id": "%s:%s" % (kind, what), "kind": kind, "what": what, "where": where, "value": value}


def not_checked(kind, what, where, cause):
    """Return the item of something that could not be checked: it is never taken for absent."""
    return {"id": "%s:%s" % (kind, what), "kind": kind, "what": what, "where": where, "unknown": str(cause)}
