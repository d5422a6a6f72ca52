# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Make systemd forget the units whose files are gone."""

from ..system import systemd
from ..system.commands import must

CHANGES = False


def look(target):
    """Return True if systemd knows none of the units."""
    return all(shown["LoadState"] == "not-found" for shown in systemd.show(target["names"]).values())


def do(target):
    """Reload, and clear the failed state that a unit leaves behind."""
    must(["systemctl", "daemon-reload"], systemd.TELL_LIMIT, "Reloading systemd", "Look at the journal of systemd.")
    failed = [name for name, shown in systemd.show(target["names"]).items() if shown["ActiveState"] == "failed"]
    if failed:
        systemd.tell("reset-failed", failed)
