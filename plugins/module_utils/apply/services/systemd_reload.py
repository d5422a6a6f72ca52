# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Reload systemd, so that it forgets the units whose files are gone."""

from ...linux import systemd
from ...posix.errors import EndpointError
from ...posix.running.commands import must

CHANGES = False


def look(target):
    """Return True if systemd knows none of the units."""
    return not _known(target)


def do(target):
    """Reload, and clear the failed state that a unit leaves behind. Raises EndpointError if one is still known."""
    must(["systemctl", "daemon-reload"], systemd.TELL_LIMIT, "Reloading systemd", "Check the journal of systemd.")
    failed = [name for name, shown in systemd.show(target["names"]).items() if shown["ActiveState"] == "failed"]
    if failed:
        systemd.tell("reset-failed", failed)
    known = _known(target)
    if known:
        raise EndpointError(
            "unit_still_known",
            "Reloading systemd",
            ", ".join(sorted(known)),
            "it still knows them, from %s" % ", ".join(sorted(set(known.values()))),
            "Find their source with 'systemctl cat', and plan again.",
        )


def _known(target):
    """Return {unit: its file, or what systemd reports about it} of the units that systemd knows."""
    shown = systemd.show(target["names"])
    return {
        name: now.get("FragmentPath") or now["LoadState"]
        for name, now in shown.items()
        if now["LoadState"] != "not-found"
    }
