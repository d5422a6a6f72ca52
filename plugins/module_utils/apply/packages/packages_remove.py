# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove packages with their configuration, in one go, so that the package manager orders them."""

from ...linux import dpkg_status, rpm_database, rpm_home
from ...posix.errors import EndpointError
from ...posix.files.tree import Tree
from ..services import boot_links_remove
from . import apt, dpkg, rpm


def look(target):
    """Return True if the database has none of the packages any more, and their scripts left no boot links."""
    return not _known(target) and all(boot_links_remove.look({"unit": name}) for name in target["services"])


def do(target):
    """Remove those that are there, and then the links that their scripts have made; nothing else may be removed."""
    facts = _removed(target) if _known(target) else {}
    for name in target["services"]:
        boot_links_remove.do({"unit": name})
    return facts


def _removed(target):
    """Return what is worth recording: a tool's error after the packages are gone does not undo the removal."""
    try:
        _remove(target)
    except EndpointError as error:
        if _known(target):
            raise
        return dict(getattr(error, "facts", {}), complaint=str(error))
    return {}


def _known(target):
    return _of_rpm(target["names"]) if target["by"] in rpm.WAYS else dpkg_status.named(target["names"])


def _remove(target):
    if target["by"] in rpm.WAYS:
        rpm.erase(dict(target, names=_of_rpm(target["names"])))
        return
    native, known = dpkg_status.native_architecture(Tree()), dpkg_status.named(target["names"])
    qualified = [dpkg_status.qualified(found, native) for found in known]
    if target["by"] == "apt-get" and not dpkg_status.noted(Tree()):
        apt.purge(qualified, target)
    else:
        dpkg.purge(qualified, dpkg_status.insisting(known))


def _of_rpm(names):
    """Return which of the packages rpm knows."""
    tree = Tree()
    folder = rpm_home.find(tree)
    if folder is None:
        return []
    with rpm_database.Database(tree, folder) as database:
        return sorted({found["name"] for found in database.all()} & set(names))
