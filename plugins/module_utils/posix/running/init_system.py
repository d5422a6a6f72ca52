# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which init system runs."""

import os

# What systemd makes when it starts as the first process: sd_booted(3).
BOOTED = "/run/systemd/system"


def is_systemd():
    """Return True if systemd runs this system."""
    return os.path.isdir(BOOTED)
