# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Bring a systemd unit to the state that the plan names."""

import hashlib
import os

from ...agreed.linux import STOPPED
from ...linux import systemd
from ...posix.errors import EndpointError
from ...posix.own import own_journal
from ...posix.running import boot_clock, bounded
from .boot_links_remove import starting, take_away

HALF_WAY = True
NEVER_WAS = {"running": False, "enabled": False}
BLOCK = 1 << 20


def look(target):
    """Return True if the unit runs or not, and starts at boot or not, as planned.

    A unit that is being retired may be gone altogether; any other missing unit is not as planned.
    """
    name = target["name"]
    shown = systemd.show([name])[name]
    if target.get("retire"):
        return shown["ActiveState"] in STOPPED and not starting(name)
    enabled = target.get("enabled")
    if enabled is not None and shown["LoadState"] == "not-found":
        return False
    if enabled is not None and (shown["UnitFileState"] == "enabled") != enabled:
        return False
    if enabled is False and starting(name):
        # A SysV script of the same name could still start it at boot.
        return False
    if not target["running"]:
        return shown["ActiveState"] in STOPPED
    return shown["ActiveState"] == "active" and _is_newer(shown, name, target.get("newer_than", []))


def do(target):
    """Start, restart or stop it, and make it start at boot or not; return whether it was stopped by force."""
    name = target["name"]
    if target.get("retire"):
        return _retire(name, target["limit"])
    systemd.reload_if_needed([name] + target.get("also_reload", []))
    if target.get("enabled") is not None:
        systemd.tell("enable" if target["enabled"] else "disable", [name])
    if not target["running"]:
        return stop([name], target.get("limit", systemd.TELL_LIMIT))
    systemd.tell("restart", [name])
    shown = systemd.show([name])[name]
    if shown["ActiveState"] != "active":
        # systemctl exits with 0 for a unit that it has skipped because of a condition.
        code, cause = "unit_not_started", "systemd reports no error, but it is %s" % shown["ActiveState"]
        if shown["ConditionResult"] == "no":
            code, cause = "unit_condition", "systemd skipped it, because a condition of the unit is not met"
        raise EndpointError(code, "Starting a unit", name, cause, "Check 'systemctl status %s'." % name)
    if target.get("newer_than"):
        _note_start(name, target["newer_than"])
    return {}


def _retire(name, limit):
    """First keep a unit from starting at boot, then stop it, so that a reset in between does not bring it back.

    Returns the facts of the stop, with the removed links and what they pointed to.
    """
    links = take_away(name)
    return dict(stop([name], limit), links=links)


def undo(target):
    """Return the unit to its earlier state: running or not, starting at boot or not."""
    name, was = target["name"], target.get("was", NEVER_WAS)
    if target.get("retire"):
        facts = target["facts"]
        return _unretire(name, facts["links"] if "links" in facts else _planned(name, target["links"]))
    if systemd.show([name])[name]["LoadState"] == "not-found":
        return
    if target.get("enabled") is not None:
        systemd.tell("enable" if was["enabled"] else "disable", [name])
    if was["running"]:
        systemd.tell("restart", [name])
    else:
        stop([name], systemd.TELL_LIMIT)


def undone_last(target):
    """Return True if it runs again with the files that were restored meanwhile."""
    return target.get("was", NEVER_WAS)["running"]


def _planned(name, paths):
    """Return [path, what it has to point to] of links that an interrupted run has removed."""
    fragment = systemd.show([name])[name]["FragmentPath"]
    return [
        [path, "../init.d/" + os.path.basename(path)[3:] if path.startswith("/etc/rc") else fragment] for path in paths
    ]


def _unretire(name, links):
    for path, pointed_to in links:
        if not os.path.lexists(path):
            os.symlink(pointed_to, path)
    systemd.tell("start", [name])


def stop(names, limit):
    """Stop units; after the limit their processes are killed, since a wedged scanner blocks the host.

    Returns {} or, for the record, {forced: names, after_seconds}.
    """
    known = [name for name, shown in systemd.show(names).items() if shown["LoadState"] != "not-found"]
    if not known:
        return {}
    try:
        systemd.tell("stop", known, limit)
        return {}
    except EndpointError as error:
        if error.code != "command_timeout":
            raise
    return force(known, limit)


def force(names, after):
    """Kill the processes of units that have not stopped after so many seconds; return the facts for the record."""
    held = [name for name, shown in systemd.show(names).items() if shown["ActiveState"] not in STOPPED]
    if held:
        systemd.kill(held)
        systemd.tell("stop", held)
    return {"forced": held, "after_seconds": after}


def _is_newer(shown, name, paths):
    """Return True if the unit was started with its files as they are now. No clock is used: it may have been set.

    Their checksums are noted whenever a step has started it. The note survives a reboot.
    """
    there = _sums(paths)
    if not there:
        return True
    noted = own_journal.started(name)
    if noted.get("files") != there:
        return False
    return noted.get("boot") != boot_clock.boot_id() or _entered(shown) >= noted.get("entered", 0)


def _note_start(name, paths):
    shown = systemd.show([name])[name]
    noted = {"files": _sums(paths), "boot": boot_clock.boot_id(), "entered": _entered(shown)}
    own_journal.note_start(name, noted)


def _entered(shown):
    """Return when a unit became active, in microseconds of a clock that cannot be set."""
    return int(shown.get("ActiveEnterTimestampMonotonic") or 0)


def _sums(paths):
    """Return {path: SHA-256} of those files that are there."""
    found = {}
    for path in paths:
        if os.path.isfile(path):
            whole = hashlib.sha256()
            with open(path, "rb") as stream:
                for block in iter(lambda: stream.read(BLOCK), b""):
                    whole.update(block)
                bounded.goes_on()
            found[path] = whole.hexdigest()
    return found
