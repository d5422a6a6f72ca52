# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Install packages with dnf or zypper, and only those that the plan names, in its versions."""

from ...collect.packages import rpm_installs
from ...linux import rpm_database, rpm_home
from ...posix.errors import EndpointError
from ...posix.files import scratch
from ...posix.files.tree import Tree
from . import rpm
from .package_change import made, nothing_beyond, rehearsed

REFRESH = "Refresh the lists of the repositories on the host and plan again."


def versions(names):
    """Return {name: version} of those of the packages that rpm knows."""
    tree = Tree()
    folder = rpm_home.find(tree)
    if folder is None:
        return {}
    with rpm_database.Database(tree, folder) as database:
        return {found["name"]: found["version"] for found in database.all() if found["name"] in names}


def install(manager, names, planned):
    """Install packages after a simulation that nothing but ``planned`` ({name: version}) would change."""
    with scratch.Scratch("install", home=rpm_installs.MEMORY) as place:
        by_dnf = manager == "dnf"
        argv = rpm_installs.dnf_argv(place, names) if by_dnf else rpm_installs.zypper_argv(names)
        output = rehearsed(argv, "rpm", rpm_installs.DNF_OK if by_dnf else (0,), TMPDIR=place)
    told = list((rpm_installs.dnf_changes if by_dnf else rpm_installs.zypper_changes)(output))
    nothing_beyond((name for _action, name, _version in told), planned)
    other = ["%s %s" % (name, version) for _action, name, version in told if planned[name] != version]
    if other or not told:
        cause = "it would install %s, which the plan does not name" % (", ".join(other) or "nothing")
        raise EndpointError("packages_refused", "Simulating a package change", " ".join(argv), cause, REFRESH)
    made(_real(manager, names), "rpm")


def _real(manager, names):
    if manager == "dnf":
        return [
            "dnf",
            "--assumeyes",
            "--setopt=install_weak_deps=False",
            "--setopt=exit_on_lock=True",
            "install",
        ] + names
    return ["zypper", "--non-interactive", "--no-refresh", "install", "--no-recommends"] + names


def remove(manager, names):
    """Remove what was installed."""
    rpm.erase({"names": names, "by": manager, "run_script": True})
