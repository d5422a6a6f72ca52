# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""systemd units, timers and SysV scripts: files, links that start them at boot, and their current state."""

import os
import posixpath

from ...linux import systemd
from ...posix.names import any_of
from ...posix.running.init_system import is_systemd
from ..items import seen

ADMIN_UNITS = "/etc/systemd/system"
# In the order in which systemd looks for a unit; folders that systemd generates are not listed.
UNIT_FOLDERS = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    ADMIN_UNITS,
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
SCRIPTS = ("/etc/init.d", "/etc/rc.d/init.d")
RUNLEVELS = ["/etc/rc%s.d" % level for level in "0123456S"]
NOWHERE = "/dev/null"


class _Files:
    """What one unit has on disk: its file, script, links that start it, drop-ins, and whether it is masked."""

    def __init__(self):
        self.file = ""
        self.all = []
        self.script = ""
        self.links = []
        self.drop_ins = []
        self.masked = False


def collect(asked, look):
    """Yield an item of each unit that has anything on the disk; ``asked`` are names with * for any characters."""
    found = _on_disk(any_of(asked), look)
    shown = systemd.show(sorted(found)) if found and look.live and is_systemd() else {}
    triggers = _triggers(shown, look.tree) if shown else {}
    for name, files in sorted(found.items()):
        now = shown.get(name, {})
        triggered = {"triggered_by": triggers[name]} if name in triggers else {}
        fragment = now.get("FragmentPath", "")
        file = fragment if fragment not in ("", NOWHERE) else files.file
        yield seen(
            "unit",
            name,
            file or files.script or ADMIN_UNITS,
            load=now.get("LoadState") or _load(files),
            active=now.get("ActiveState", ""),
            enabled=now.get("UnitFileState") or _enabled(files),
            file=file,
            files=files.all,
            script=files.script,
            links=sorted(files.links),
            drop_ins=files.drop_ins,
            **triggered,
        )


def _triggers(shown, tree):
    """Return {unit: [{name, file, links}]} of the running timers, sockets and paths that start a unit."""
    named = {name: now.get("TriggeredBy", "").split() for name, now in shown.items()}
    names = sorted({trigger for these in named.values() for trigger in these})
    running = {
        name: now for name, now in systemd.show(names).items() if now["ActiveState"] not in ("inactive", "failed")
    }
    links = list(boot_links(tree)) if running else []
    told = {
        name: {"name": name, "file": now["FragmentPath"], "links": sorted(path for path, of in links if of == name)}
        for name, now in running.items()
    }
    return {
        name: [told[one] for one in sorted(these) if one in told]
        for name, these in named.items()
        if set(these) & set(told)
    }


def boot_links(tree):
    """Yield (path, unit name) of every link that starts or stops something at boot."""
    for folder, _is_link, _is_folder in sorted(tree.entries(ADMIN_UNITS)):
        if folder.endswith((".wants", ".requires")):
            for name in tree.names(os.path.join(ADMIN_UNITS, folder)):
                yield os.path.join(ADMIN_UNITS, folder, name), name
    for folder in dict.fromkeys(_led_to(tree, level) for level in RUNLEVELS):
        for name, is_link, _is_folder in sorted(tree.entries(folder)):
            if is_link and name[:1] in "SK" and name[1:3].isdigit():
                yield os.path.join(folder, name), name[3:] + ".service"


def _led_to(tree, folder):
    """Return a directory's real path: on Enterprise Linux, the SysV script directories are links to others."""
    _status, target, real = tree.lstat(folder)
    return folder if target is None else posixpath.normpath(posixpath.join(posixpath.dirname(real), target))


def _on_disk(fits, look):
    found = {}
    # On most systems, /lib leads to /usr/lib: both paths are the same file.
    for folder in dict.fromkeys(_really(look.tree, folder) for folder in UNIT_FOLDERS):
        for name, _is_link, is_folder in look.tree.entries(folder):
            path = os.path.join(folder, name)
            if not is_folder and fits(name):
                _take_file(found.setdefault(name, _Files()), path, look.tree)
            elif is_folder and name.endswith(".d") and fits(name[:-2]):
                found.setdefault(name[:-2], _Files()).drop_ins.append(path)
    for folder in dict.fromkeys(_led_to(look.tree, folder) for folder in SCRIPTS):
        for name, _is_link, is_folder in look.tree.entries(folder):
            unit = name + ".service"
            if not is_folder and fits(unit):
                files = found.setdefault(unit, _Files())
                files.script = files.script or os.path.join(folder, name)
    for path, name in boot_links(look.tree):
        if fits(name):
            found.setdefault(name, _Files()).links.append(path)
    return found


def _really(tree, folder):
    """Return a directory's path without links on the way; a directory that is a link itself stays as it is."""
    _status, _target, real = tree.lstat(folder)
    return real


def _take_file(files, path, tree):
    files.all.append(path)
    if not files.file:
        files.file = path
        files.masked = tree.lstat(path)[1] == NOWHERE


def _load(files):
    if files.masked:
        return "masked"
    return "loaded" if files.file or files.script else "not-found"


def _enabled(files):
    if files.masked:
        return "masked"
    return "enabled" if files.links else "disabled"
