# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Kernel modules: loaded, or in folders for modules that do not come from the distribution."""

import os

from ...linux import nf_tables
from ..items import seen

HOME = "/lib/modules"
# This marks a module that cannot be unloaded, in the list of its users.
PERMANENT = "[permanent]"
FOLDERS = ("extra", "updates", "updates/dkms", "misc", "kernel/drivers/misc")


def modules(lines):
    """Yield (name, names of those that use it) of each line of /proc/modules; others are skipped. Never raises."""
    for line in lines:
        fields = line.split()
        if len(fields) >= 4:
            yield fields[0], [name for name in fields[3].split(",") if name not in ("", "-", PERMANENT)]


def collect(asked, look):
    """Yield an item of each named module that is loaded or has a file; ``asked`` is a list of names."""
    wanted = set(asked)
    loaded = _loaded(wanted) if look.live else {}
    files = {}
    for path in _files(look):
        name = os.path.basename(path).partition(".ko")[0].replace("-", "_")
        if name in wanted:
            files.setdefault(name, []).append(path)
    for name in sorted(set(loaded) | set(files)):
        yield seen(
            "kernel_module",
            name,
            nf_tables.MODULES if name in loaded else HOME,
            loaded=name in loaded,
            used_by=loaded.get(name, []),
            files=sorted(files.get(name, [])),
        )


def _loaded(wanted):
    if not os.path.exists(nf_tables.MODULES):
        return {}
    with open(nf_tables.MODULES, encoding="utf-8", errors="replace") as stream:
        return {name: users for name, users in modules(stream) if name in wanted}


def _files(look):
    for release in look.tree.names(HOME):
        for part in FOLDERS:
            folder = "/".join((HOME, release, part))
            for name in look.tree.names(folder):
                if ".ko" in name:
                    yield folder + "/" + name
