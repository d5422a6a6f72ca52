# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Install the replacement's packages in the versions that the plan names."""

from ..system import dpkg_status, safe_paths
from . import apt

HALF_WAY = True


def look(target):
    """Return True if every package that was asked for is installed in the planned version."""
    found = {known["name"]: known for known in dpkg_status.named([change["name"] for change in target["changes"]])}
    return all(
        change["name"] in found
        and dpkg_status.is_installed(found[change["name"]])
        and found[change["name"]].get("version") == change["new"]
        for change in target["changes"]
    )


def do(target):
    """Install them; nothing else may come along."""
    versions = {change["name"]: change["new"] for change in target["changes"]}
    asked = ["%s=%s" % (name, versions[name]) for name in target["names"] if name in versions]
    apt.change(["--no-install-recommends", "install"] + asked, set(versions))


def undo(target):
    """Purge what was not there before, and remove what it made and leaves."""
    new = [change["name"] for change in target["changes"] if not change["old"]]
    known = [found["name"] for found in dpkg_status.named(new)]
    if known:
        apt.change(["purge"] + known, set(new))
    for path in target.get("trees", ()):
        if safe_paths.lstat(path)[0] is not None:
            safe_paths.remove(path, "tree")
