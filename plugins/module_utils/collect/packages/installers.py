# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Packages and installers on the disk that would bring a product back."""

from ...posix.errors import EndpointError
from ...posix.names import any_of
from ..items import not_checked, seen

PLACES = ("/var/cache/apt/archives", "/root", "/tmp", "/var/tmp", "/opt", "/usr/local/src", "/srv")
CACHES = ("/var/cache/dnf", "/var/cache/yum", "/var/cache/zypp", "/var/cache/libdnf5")
IN_HOMES = ("", "/Downloads", "/Desktop")
DEEPEST = 6
MOST_FOLDERS = 10000


def collect(asked, look):
    """Yield an item of each matching file; ``asked`` is a list of file names with * for any characters."""
    fits = any_of(asked)
    places = list(PLACES) + [home + part for home in look.homes() for part in IN_HOMES]
    for folder in sorted(set(places)):
        yield from _lying(look, folder, fits, 0)
    yield from look.unseen_homes("installer")
    for folder in CACHES:
        yield from _lying(look, folder, fits, DEEPEST)


def _lying(look, folder, fits, deeper):
    folders = []
    try:
        for name, is_link, is_folder in look.tree.each(folder):
            path = folder + "/" + name
            if is_folder and not is_link and deeper and len(folders) < MOST_FOLDERS:
                folders.append(path)
            elif not is_folder and fits(name):
                status = look.tree.lstat(path)[0]
                if status is not None:
                    yield seen("installer", path, folder, bytes=status.st_size)
        for path in sorted(folders):
            yield from _lying(look, path, fits, deeper - 1)
    except EndpointError as error:
        yield not_checked("installer", folder, folder, error)
