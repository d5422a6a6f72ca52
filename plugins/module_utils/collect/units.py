# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""systemd units and SysV scripts: files, links that start them at boot, and what they are doing now."""

import os
import stat

from ..system import safe_paths, systemd
from .items import seen

ADMIN_UNITS = "/etc/systemd/system"
RUNLEVELS = ["/etc/rc%s.d" % level for level in "0123456S"]


def collect(asked, root):
    """Yield an item of each named unit that systemd knows or that has files; ``asked`` is a list of unit names."""
    starters = list(boot_links(root))
    for name, shown in sorted(systemd.show(asked).items()):
        links = sorted(path for path, unit in starters if unit == name)
        drop_ins = "%s/%s.d" % (ADMIN_UNITS, name)
        has_drop_ins = safe_paths.lstat(drop_ins, root)[0] is not None
        if shown["LoadState"] == "not-found" and not links and not has_drop_ins:
            continue
        yield seen(
            "unit",
            name,
            shown["FragmentPath"] or "systemd",
            load=shown["LoadState"],
            active=shown["ActiveState"],
            enabled=shown["UnitFileState"],
            file=shown["FragmentPath"],
            links=links,
            drop_ins=[drop_ins] if has_drop_ins else [],
        )


def boot_links(root):
    """Yield (path, unit name) of every link that starts or stops something at boot."""
    for folder in safe_paths.listdir(ADMIN_UNITS, root):
        if folder.endswith((".wants", ".requires")):
            for name in safe_paths.listdir(os.path.join(ADMIN_UNITS, folder), root):
                yield os.path.join(ADMIN_UNITS, folder, name), name
    for folder in RUNLEVELS:
        for name in safe_paths.listdir(folder, root):
            path = os.path.join(folder, name)
            if name[:1] in "SK" and name[1:3].isdigit() and stat.S_ISLNK(safe_paths.lstat(path, root)[0].st_mode):
                yield path, name[3:] + ".service"
