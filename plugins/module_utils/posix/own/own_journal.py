# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The collection's own journal on an endpoint: which run started, with which plan, and how it ended.

It is read and written in child processes, so that a disk that does not answer costs a limited time.
"""

import json
import os

from ...agreed import runs
from ...agreed.posix import JOURNAL
from ..errors import EndpointError
from ..files import safe_paths, safe_write
from ..running import bounded
from ..running.moments import Moment
from . import journal_text

PATH = JOURNAL
# Seconds for reading it, and for reading and writing it.
LIMIT = 60


def read():
    """Return the journal ({format_version, runs}); an empty one if there is none; EndpointError if it is damaged, or if
    its disk does not answer.
    """
    return apart(_read)


def apart(act):
    """Return what ``act()`` returns, done in a child."""
    try:
        return bounded.done(act, LIMIT, PATH, "Reading or writing the journal")
    except EndpointError as error:
        if error.code != "no_process":
            raise
        # What the journal says brings the old protection back, on a host with no room for another process too.
        return act()


def _read():
    return journal_text.parsed(safe_paths.read_text(PATH), PATH)


def note(digest, only=(), **fields):
    """Add to the run with this plan digest, which is started if there is none, and write the journal. All other runs
    lose the fields named in ``only``, because this one has counted their values.

    Runs are never deleted: a later verdict learns from them that a product was installed once.
    """

    def change(journal):
        for run in journal["runs"]:
            for name in only:
                run.pop(name, None)
        _run(journal, digest).update(fields)

    _change(change)


def _change(change):
    """Read the journal, have ``change(journal)`` change it, and write it."""

    def changed():
        journal = _read()
        change(journal)
        _write(json.dumps(journal, indent=1, sort_keys=True) + "\n")

    apart(changed)


def _run(journal, digest):
    """Return the run with this plan digest, which is started if there is none."""
    run = next((run for run in journal["runs"] if run["digest"] == digest), None)
    if run is None:
        run = {"digest": digest}
        journal["runs"].append(run)
    return run


def note_results(digest, results):
    """Note the outcome of a run's parts; those of earlier runs are in records, and are removed from the journal."""

    def change(journal):
        for run in journal["runs"]:
            run.pop("results", None)
            if run["digest"] == digest:
                run["results"] = results

    _change(change)


def note_start(unit, start):
    """Note the files with which a unit was last started, as ``started`` returns them."""
    _change(lambda journal: journal.setdefault("started", {}).update({unit: start}))


def started(unit):
    """Return {files, boot, entered} of a unit's last start by a step; an empty dict if none is noted."""
    noted = read().get("started", {})
    start = noted.get(unit, {}) if isinstance(noted, dict) else {}
    return start if isinstance(start, dict) else {}


def _write(text):
    """Write the journal. Its directory appears with the journal in it: a run that is interrupted before that leaves the
    host as it was when it was planned, so that its approval stays valid.
    """
    folder, name = os.path.split(PATH)
    if safe_paths.lstat(folder)[0] is not None:
        safe_write.write_text(PATH, text, 0o600)
        return
    draft = folder + ".new"
    safe_write.write_text(os.path.join(draft, name), text, 0o600)
    parent, name = safe_paths.open_parent(folder)
    try:
        os.rename(os.path.basename(draft), name, src_dir_fd=parent, dst_dir_fd=parent)
    finally:
        os.close(parent)


def noted(digest):
    """Return the journal's entry of the run with this plan digest; an empty dict if there was none."""
    return next((run for run in read()["runs"] if run["digest"] == digest), {})


def status(digest):
    """Return the status of the run with this plan digest: begun, done, rolled_back, or None if there was none."""
    return noted(digest).get("status")


def unprotected_since():
    """Return the Moment since when an unfinished run has left the host without protection; None if none did."""
    run = runs.unprotected(read()["runs"])
    since = run.get("unprotected_from")
    return Moment.read(since, run.get("unprotected_clock"), run.get("window_exact_to_seconds")) if since else None


def protected_again():
    """Return the Moment from which the new protection was up after a killed run; None if none was."""
    told = _not_ended("protected_again").get("protected_again")
    return Moment.read(told["at"], told["clock"]) if told else None


def interrupted_seconds():
    """Return how long killed runs have left the host without protection before the old one was back."""
    return float(_not_ended("interrupted_seconds").get("interrupted_seconds", 0.0))


def stopped_units():
    """Return the units of the old protection that an unfinished run has stopped and not started again."""
    names = runs.stopped(read()["runs"])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("stopped_units is not a list of names")
    return names


def old_exclusions():
    """Return [product, directory] of what a run that did not end has added to the old scanner's settings."""
    names = _not_ended("old_exclusions").get("old_exclusions", [])
    if not isinstance(names, list) or not all(isinstance(name, list) for name in names):
        raise ValueError("old_exclusions is not a list of lists")
    return names


def _not_ended(field):
    """Return the last unfinished run that has noted a field; an empty dict if there is none."""
    return runs.last_open(read()["runs"], field)
