# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Keep the outcome of a part in the journal: the connection may be lost by then, and the next run reports it."""

import json

from ..agreed.outcomes import ALREADY, BEFORE
from ..posix.own import own_journal
from . import announcement

# Bytes. Larger facts are only in the answer.
LIMIT = 1 << 16


def keep(steps, part, done):
    """Note a part's outcomes and failure with its run, if it is in the journal; an error here is no failure."""
    digest = announcement.target_of(steps).get("digest")
    if digest is None or not done["outcomes"]:
        return
    try:
        noted = own_journal.noted(digest)
        if noted:
            earlier = noted.get("results") or {}
            own_journal.note_results(digest, dict(earlier, **{part: _short(done, earlier.get(part))}))
    except Exception:
        # The journal is damaged or the disk is full: the answer has it.
        return


def _short(done, earlier):
    """Return what is kept: a step that was done before an interruption keeps its first outcome."""
    first = {one["id"]: one for one in (earlier or {}).get("outcomes", ()) if one["outcome"] in BEFORE}
    outcomes = [first.get(one["id"], one) if one["outcome"] == ALREADY else one for one in done["outcomes"]]
    kept = {"outcomes": outcomes, "failure": done["failure"]}
    if len(json.dumps(kept)) > LIMIT:
        kept["outcomes"] = [dict(outcome, facts={}) for outcome in outcomes]
    return kept
