# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The collection's own journal on an endpoint: which run began, with which plan, and how it ended."""

import json

from . import journal_text, safe_paths

PATH = journal_text.PATH


def read():
    """Return the journal ({format_version, runs}); an empty one if there is none; EndpointError if it is damaged."""
    return journal_text.parsed(safe_paths.read_text(PATH), PATH)


def note(digest, **fields):
    """Add to the run with this plan digest, which is begun if there is none, and write the journal.

    Runs are kept for good: a later verdict reads from them that a product was there once.
    """
    journal = read()
    run = next((run for run in journal["runs"] if run["digest"] == digest), None)
    if run is None:
        run = {"digest": digest}
        journal["runs"].append(run)
    run.update(fields)
    safe_paths.write_text(PATH, json.dumps(journal, indent=1, sort_keys=True) + "\n", 0o600)


def status(digest):
    """Return the status of the run with this plan digest: begun, done, rolled_back, or None if there was none."""
    return next((run.get("status") for run in read()["runs"] if run["digest"] == digest), None)
