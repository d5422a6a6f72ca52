# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What dnf or zypper would install: their own simulation, with everything that they write kept in memory."""

import re

from ...agreed.linux import INSTALL, REMOVE
from ...linux import rpm_database, rpm_home
from ...posix.files import scratch
from ...posix.files.scratch import MEMORY
from ...posix.running.commands import run
from ..items import not_checked, seen

LIMIT = 300
DNF_OK = (0, 1)  # It exits with 1 when it was asked not to continue, and also on errors.
# dnf's table: " name  architecture  version  repository  size", in sections with a heading each.
PART = re.compile(r"^(Installing|Upgrading|Downgrading|Reinstalling|Removing)\b.*:$")
ROW = re.compile(r"^ (\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+[\d.]+ \S+$")
ACTIONS = {
    "Installing": INSTALL,
    "Upgrading": INSTALL,
    "Downgrading": REMOVE,
    "Reinstalling": REMOVE,
    "Removing": REMOVE,
}
# zypper's own summary in XML: one section of solvables per kind of change.
SECTION = re.compile(r"<(to-install|to-upgrade|to-downgrade|to-remove|to-change-arch)\b.*?</\1>", re.DOTALL)
SOLVABLE = re.compile(r"<solvable\b([^>]*)>")
ATTRIBUTE = re.compile(r"([a-z-]+)=\"([^\"]*)\"")


def dnf_changes(text):
    """Yield (action, name, version) of each row of a transaction's table. Never raises.

    A name that is too long for its column is on a separate line before the other columns.
    """
    action, pending = None, ""
    for line in text.splitlines():
        part = PART.match(line)
        if line.startswith("Transaction Summary"):
            return
        if part:
            action = ACTIONS[part.group(1)]
            continue
        if action and re.match(r"^ \S+$", line):
            pending = line
            continue
        row = ROW.match(pending + line if pending else line)
        pending = ""
        if action and row:
            yield action, row.group(1), row.group(3)


def zypper_changes(text):
    """Yield (action, name, version) of each solvable of a summary in XML. Never raises."""
    for section in SECTION.finditer(text):
        action = INSTALL if section.group(1) in ("to-install", "to-upgrade") else REMOVE
        for solvable in SOLVABLE.finditer(section.group(0)):
            told = dict(ATTRIBUTE.findall(solvable.group(1)))
            if told.get("type", "package") == "package" and "name" in told:
                yield action, told["name"], told.get("edition", "")


def dnf_argv(folder, names, verb="install"):
    """Return dnf's simulation, which keeps its lists, notes and log in a folder."""
    places = ["--setopt=%s=%s/%s" % (what, folder, what) for what in ("cachedir", "persistdir", "logdir")]
    return ["dnf", "--assumeno", "--setopt=install_weak_deps=False"] + places + [verb] + names


def zypper_argv(names):
    """Return zypper's simulation; it uses the lists as they are."""
    return [
        "zypper",
        "--non-interactive",
        "--xmlout",
        "--no-refresh",
        "install",
        "--dry-run",
        "--no-recommends",
    ] + names


def rehearsed(manager, names, tree):
    """Yield the item of installing those packages that the host does not have."""
    folder = rpm_home.find(tree)
    if folder is None:
        yield not_checked("package_change", "install", manager, "the host has no rpm database")
        return
    with rpm_database.Database(tree, folder) as database:
        known = {found["name"]: found["version"] for found in database.all()}
        # A package may have another name than the one that was requested.
        wanted = [name for name in names if name not in known and not database.is_provided(name)]
    if not wanted:
        return
    with scratch.Scratch("install", home=MEMORY) as place:
        argv = dnf_argv(place, wanted) if manager == "dnf" else zypper_argv(wanted)
        finished = run(argv, LIMIT, TMPDIR=place, ZYPP_LOCKFILE_ROOT=place)
    told = list((dnf_changes if manager == "dnf" else zypper_changes)(finished.output))
    if finished.code not in (DNF_OK if manager == "dnf" else (0,)) or not told:
        yield not_checked("package_change", "install", " ".join(argv), finished.said())
        return
    changes = [
        {"action": action, "name": name, "old": known.get(name, ""), "new": version} for action, name, version in told
    ]
    yield seen("package_change", "install", argv[0], manager=manager, refused="", names=wanted, changes=changes)
