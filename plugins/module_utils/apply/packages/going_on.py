# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What a run has started and what goes on after the run was interrupted: a package manager, or a vendor's installer.

What it has yet to change could not be undone, so its end is awaited first. No lock shows this: another program may hold
one, and a package manager may still be on its way to it.
"""

import os
import re
import time

from ...posix.own import own_places
from ...posix.running import bounded

MANAGERS = ("apt-get", "dnf", "dpkg", "rpm", "zypper")
# Words of a command line among which is the program: an interpreter and its options may come first.
FIRST = 4
# name=version, name:architecture, name_version_architecture.deb
NAMED = re.compile("[=:_]")
LIMIT, PAUSE = 900, 0.2


def is_changing(names):
    """Return True while a package manager of root's changes one of the packages."""
    return any(_is_for(words, set(names)) for words in own_places.command_lines())


def is_installing(step_target):
    """Return True while the installer, or the package manager, of an installing step is at work."""
    return own_places.are_used() or is_changing(names_of(step_target))


def names_of(step_target):
    """Return the names of the packages that an installing step changes."""
    return [change["name"] for change in step_target.get("changes", ())] + step_target.get("names", [])


def ends_within(is_going, seconds):
    """Wait until ``is_going()`` is False; return False if it is still True after so many seconds."""
    deadline = time.monotonic() + seconds
    while is_going():
        if time.monotonic() >= deadline:
            return False
        bounded.pause(PAUSE)
    return True


def let_end(is_going, what):
    """Wait for it; Hung if it does not end."""
    if not ends_within(is_going, LIMIT):
        raise bounded.Hung("Waiting for what the run has started", what, LIMIT)


def _is_for(words, names):
    if not any(os.path.basename(word) in MANAGERS for word in words[:FIRST]):
        return False
    return any(NAMED.split(os.path.basename(word))[0] in names for word in words)
