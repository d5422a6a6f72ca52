# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The content of the journal of the collection's own runs on an endpoint."""

import json

from ...agreed.posix import JOURNAL
from ..errors import EndpointError

FORMAT_VERSION = 1


def parsed(text, path=JOURNAL):
    """Parse a text as the journal ({format_version, runs}), an empty one for None; EndpointError if it is damaged."""
    if text is None:
        return {"format_version": FORMAT_VERSION, "runs": []}
    try:
        journal = json.loads(text)
        if journal["format_version"] != FORMAT_VERSION:
            raise ValueError("format version %s" % journal["format_version"])
        if not isinstance(journal["runs"], list) or not all(isinstance(run["digest"], str) for run in journal["runs"]):
            raise ValueError("runs without a plan")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EndpointError(
            "journal_damaged",
            "Reading the journal of earlier runs",
            path,
            "it is not in the format of this version (%s)" % error,
            "Check it, move it away if you do not need it, and run again.",
        )
    return journal
