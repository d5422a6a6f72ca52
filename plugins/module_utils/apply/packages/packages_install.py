# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Install the replacement's packages in the versions that the plan names."""

from ...linux import dpkg_status
from ...posix.files import safe_paths, safe_remove
from . import apt, going_on, rpm_install

HALF_WAY = True


def look(target):
    """Return True if every requested package is installed in the planned version."""
    installed = _installed(target)
    return all(installed.get(change["name"]) == change["new"] for change in target["changes"])


def do(target):
    """Install them; nothing else may be installed."""
    versions = {change["name"]: change["new"] for change in target["changes"]}
    if target["by"] != "apt-get":
        rpm_install.install(target["by"], target["names"], versions)
        return
    asked = ["%s=%s" % (name, versions[name]) for name in target["names"] if name in versions]
    apt.change(["--no-install-recommends", "install"] + asked, set(versions))


def undo(target):
    """Remove what was not there before, with its configuration; apt also removes files that it created."""
    names = going_on.names_of(target)
    going_on.let_end(lambda: going_on.is_changing(names), names[0])
    new = [change["name"] for change in target["changes"] if not change["old"]]
    known = sorted(set(_installed(target, also_removed=True)) & set(new))
    if target["by"] != "apt-get":
        if known:
            rpm_install.remove(target["by"], known)
        return
    if known:
        apt.change(["purge"] + known, set(new))
    for path in target.get("trees", ()):
        if safe_paths.lstat(path)[0] is not None:
            safe_remove.remove(path, "tree")


def _installed(target, also_removed=False):
    """Return {name: version} of those of the packages that are there."""
    names = [change["name"] for change in target["changes"]]
    if target["by"] != "apt-get":
        return rpm_install.versions(names)
    return {
        known["name"]: known.get("version")
        for known in dpkg_status.named(names)
        if also_removed or dpkg_status.is_installed(known)
    }
