# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of steps, with the reasons, in one place."""

from __future__ import annotations

from ...plan.model import Step

# Within a part, kinds go in this order. The reason stands beside each.
KINDS = (
    "announce",  # monitoring must know before the first change
    "await_packages",  # nothing is installed or stopped while another process uses the package databases
    "kit_check",  # nothing is changed for an installer that is not the approved one
    "debconf",  # answers count only before the package asks
    "file",  # configuration is there before the daemon first reads it
    "packages_install",
    "kit_install",
    "selinux_boolean",  # the policy that knows it may come with the packages, and the engine is not up yet
    "signatures_check",  # only the packages can load them, and a bad one must never reach the engine's directory
    "file_after_packages",  # lies in directories that the package makes with its own owner
    "enrol",  # needs what the packages brought; some services do not start before
    "unit",  # the updater begins to fetch; the old agent stops before it can interfere
    "await_paths",  # an engine without signatures does not start
    "unit_with_data",
    "prove_on_demand",  # nothing is stopped for a replacement that does not detect
    "prove_state",  # the same for one that can only be asked
    "handover",
    "processes_end",  # nothing writes any more to what is archived next
    "kernel_module_unload",  # nothing uses it any more
    "packet_chains_remove",  # nothing makes them again; a rule in one of them may use a mark too
    "packet_marks_remove",  # nothing sets them again
    "retain",  # before any script or step can delete the owner's data
    "flags_clear",  # neither a script nor a step may stop halfway at a file that cannot be removed
    "package_repair",  # a script that cannot succeed would keep all packages on the host
    "packages_remove",  # while the scripts that they call are still on the disk
    "boot_links_remove",  # the packages' scripts rename them
    "lines_remove",  # the packages' scripts may undo their own; what is left names files that are gone
    "certificate_remove",
    "selinux_contexts_remove",
    "path_remove",  # what no package owns
    "ini_section_remove",
    "parents_remove",  # empty only after all that was in them is gone
    "account_remove",  # no file is left with its number
    "group_remove",  # last of all things, so that no file is left with a number for a group
    "systemd_reload",
    "home_path_remove",  # a user can keep it there; whatever that does, all else is done by then
    "finish",
)


def phase(step: Step) -> str:
    """Return under which of these a step goes: most under its kind, some after what they need."""
    if step.kind == "file" and step.target["after_packages"]:
        return "file_after_packages"
    if step.kind == "unit" and step.target.get("needs_data"):
        return "unit_with_data"
    if step.kind == "path_remove" and step.target.get("in_home"):
        return "home_path_remove"
    if step.kind == "path_remove" and step.target["scope"] == "empty":
        return "parents_remove"
    return step.kind
