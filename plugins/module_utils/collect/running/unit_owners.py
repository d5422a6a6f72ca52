# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which packages own the parts of a unit: its files, drop-ins and script, and the files of what starts it."""

from ...linux import dpkg_status, rpm_home
from ..items import seen
from . import units

MERGED = "/usr"


def collect(asked, look):
    """Yield an item of each such path that a package owns; ``asked`` are names of units with * for any characters."""
    found = [item["value"] for item in units.collect(asked, look)]
    paths = {path for value in found for path in value["files"] + value["drop_ins"] + [value["script"]] if path}
    paths |= {trigger["file"] for value in found for trigger in value.get("triggered_by", ()) if trigger["file"]}
    for path, owner in sorted(_owners(paths, look).items()):
        yield seen("unit_owner", path, dpkg_status.LISTS, owner=owner)


def _owners(paths, look):
    """Return {path: name of the package that owns it}; a package may list a path below /usr by its shorter name."""
    names = {alias: path for path in paths for alias in _aliases(path)}
    found = {names[alias]: owner for alias, owner in dpkg_status.owners(names, look.tree)}
    folder = rpm_home.find(look.tree) if paths else None
    if folder is not None:
        # Most hosts have one package manager, and loading unneeded code takes time.
        from ...linux import rpm_database

        with rpm_database.Database(look.tree, folder) as database:
            for alias, path in sorted(names.items()):
                owner = database.owner(alias)
                if owner:
                    found.setdefault(path, owner)
    return found


def _aliases(path):
    if path.startswith(MERGED + "/lib/"):
        return [path, path[len(MERGED) :]]
    return [path, MERGED + path] if path.startswith("/lib/") else [path]
