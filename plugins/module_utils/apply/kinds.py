# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which module carries out which kind of step."""

from . import announce, finish
from .accounts import account_remove, group_remove
from .files import (
    await_paths,
    certificate_remove,
    file,
    flags_clear,
    ini_section_remove,
    lines_remove,
    path_remove,
    retain,
    selinux_contexts_remove,
)
from .handover import enrol, handover, prove_on_demand, prove_state
from .network import packet_chains_remove, packet_marks_remove
from .packages import (
    await_packages,
    debconf,
    kit_check,
    kit_install,
    package_repair,
    packages_install,
    packages_remove,
    signatures_check,
)
from .services import boot_links_remove, kernel_module_unload, processes_end, selinux_boolean, systemd_reload, unit

KINDS = {
    "account_remove": account_remove,
    "announce": announce,
    "finish": finish,
    "await_packages": await_packages,
    "await_paths": await_paths,
    "boot_links_remove": boot_links_remove,
    "certificate_remove": certificate_remove,
    "debconf": debconf,
    "enrol": enrol,
    "file": file,
    "flags_clear": flags_clear,
    "group_remove": group_remove,
    "handover": handover,
    "ini_section_remove": ini_section_remove,
    "kit_check": kit_check,
    "kit_install": kit_install,
    "lines_remove": lines_remove,
    "package_repair": package_repair,
    "kernel_module_unload": kernel_module_unload,
    "packages_install": packages_install,
    "packages_remove": packages_remove,
    "packet_chains_remove": packet_chains_remove,
    "packet_marks_remove": packet_marks_remove,
    "path_remove": path_remove,
    "processes_end": processes_end,
    "prove_on_demand": prove_on_demand,
    "prove_state": prove_state,
    "retain": retain,
    "selinux_boolean": selinux_boolean,
    "selinux_contexts_remove": selinux_contexts_remove,
    "signatures_check": signatures_check,
    "systemd_reload": systemd_reload,
    "unit": unit,
}
