# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove packages with rpm alone, or with the tool above it that the host is administered with."""

import re

from ...agreed.linux import LOCK_WAIT
from .package_change import made, only, rehearsed

# A removal only needs the installed packages: no repository is asked, and unused dependencies stay.
DNF_SETTINGS = ["--setopt=clean_requirements_on_remove=False", "--setopt=exit_on_lock=True"]
DNF = ["dnf", "--cacheonly", "--disablerepo=*"] + DNF_SETTINGS
# dnf ends with this code when it was asked not to continue, and also on errors.
DNF_ABORTED = (0, 1)
# It writes temporary files there, and /tmp may be on the disk.
DNF_ENVIRONMENT = {"TMPDIR": "/run"}
ZYPPER = ["--non-interactive", "--no-refresh", "--disable-repositories"]
ZYPPER_REMOVE = ["remove", "--no-clean-deps"]
ROW = re.compile(r"^ (\S+)")
SOLVABLE = re.compile(r"<solvable\b[^>]*\bname=\"([^\"]+)\"")


def erase(target):
    """Remove packages after a simulation by rpm and by the tool that is to remove them."""
    names = target["names"]
    script = [] if target["run_script"] else ["--nopreun"]
    rehearsed(["rpm", "-e", "--test"] + script + ["--"] + names, "rpm")
    WAYS[target["by"]](names, script)


def _by_rpm(names, script):
    made(["rpm", "-e"] + script + ["--"] + names, "rpm")


def _by_dnf(names, _script):
    argv = DNF + ["--assumeno", "remove"] + names
    output = rehearsed(argv, "rpm", DNF_ABORTED, **DNF_ENVIRONMENT)
    only(dnf_rows(output.splitlines()), names, argv, output)
    made(DNF + ["--assumeyes", "remove"] + names, "rpm", **DNF_ENVIRONMENT)


def dnf_rows(lines):
    """Yield the name in each row of the table in which dnf lists its planned changes. Never raises."""
    inside = False
    for line in lines:
        if line.startswith("Transaction Summary"):
            return
        row = ROW.match(line)
        if inside and row:
            yield row.group(1)
        inside = inside or (line.endswith(":") and not line.startswith(" "))


def _by_zypper(names, _script):
    argv = ["zypper", "--xmlout"] + ZYPPER + ZYPPER_REMOVE + ["--dry-run"] + names
    output = rehearsed(argv, "rpm")
    only(zypper_solvables(output), names, argv, output)
    made(["zypper"] + ZYPPER + ZYPPER_REMOVE + names, "rpm", ZYPP_LOCK_TIMEOUT=str(LOCK_WAIT))


def zypper_solvables(text):
    """Return the names of the packages in zypper's own XML summary of its planned changes. Never raises."""
    return SOLVABLE.findall(text)


WAYS = {"rpm": _by_rpm, "dnf": _by_dnf, "zypper": _by_zypper}
