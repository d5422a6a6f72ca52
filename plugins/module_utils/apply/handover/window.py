# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The facts of a time without protection, as a record and the journal have them."""

NO_CLOCK = "the run that began it was interrupted, and the host was restarted since, or its clock was not recorded"
# Reported seconds have three digits, and 0 means that there was no window.
SHORTEST = 0.001


def between(gone, there):
    """Return the facts of the window between two Moments, either of which may be missing."""
    facts = {"window_seconds": None}
    if gone is not None:
        facts["unprotected_from"] = str(gone)
        facts["unprotected_clock"] = gone.clock
    if there is not None:
        facts["unprotected_until"] = str(there)
    if gone is not None and there is not None:
        seconds = gone.until(there)
        if seconds is None:
            return dict(facts, window_unknown=NO_CLOCK)
        facts["window_seconds"] = max(seconds, SHORTEST)
    exact_to = [edge.exact_to for edge in (gone, there) if edge is not None]
    if exact_to and None not in exact_to:
        facts["window_exact_to_seconds"] = round(sum(exact_to), 3)
    return facts
