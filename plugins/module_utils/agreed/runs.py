# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How the runs in a host's journal are read, by the controller and by endpoints; the oldest is first."""

BEGUN, DONE, ROLLED_BACK = "begun", "done", "rolled_back"
# The code of a host that refuses a run, because another one is at work on it.
BUSY = "run_in_progress"


def removed(runs):
    """Return the products that completed runs have removed, a name as often as it was removed."""
    return [product for run in runs if run.get("status") == DONE for product in run.get("products") or ()]


def last_open(runs, field):
    """Return the last run that did not complete and has noted something in a field; an empty dict if there is none."""
    noted = [run for run in runs if run.get(field) and run.get("status") != DONE]
    return noted[-1] if noted else {}


def unprotected(runs):
    """Return the run that has left the host without protection and did not complete; an empty dict if none did."""
    run = last_open(runs, "unprotected_from")
    return {} if run.get("unprotected_until") else run


def stopped(runs):
    """Return the units of the old protection that a run which did not complete has stopped and not started again."""
    return last_open(runs, "stopped_units").get("stopped_units", [])
