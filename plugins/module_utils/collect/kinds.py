# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which code answers which kind of probe. It is imported when it is asked for, since Python compiles it each time."""

from importlib import import_module

# Kind -> its module in this package, and its function if that is not ``collect``: collect(asked, look) -> items.
# Packages come first: the files that they own are noted for the paths.
DETECTION = {
    "package": "packages.packages",
    "path": "files.paths",
    "home_path": "files.home_paths",
    "named_entry": "files.named_entries",
    "link_into": "files.links",
    "unit": "running.units",
    "account": "trust.accounts:collect_users",
    "group": "trust.accounts:collect_groups",
    "ini_section": "files.ini_sections",
    "ini_value": "files.ini_values",
    "kernel_module": "running.kernel_modules",
    "certificate": "trust.certificates",
    "mention": "lines.mentions",
    "installer": "packages.installers",
    "saved_chain": "network.packet_chains:collect_saved",
    "saved_name": "network.kernel_names:collect_saved",
    "journal": "running.journal",
    "root": "roots",
    "trusted_key": "trust.trusted_keys",
    "limit": "limits",
    "process": "running.processes",
    "container_process": "running.processes:collect_contained",
    "socket": "network.sockets",
    "interceptor": "running.interceptors",
    "mount": "files.mounts",
    "packet_mark": "network.packet_marks",
    "packet_chain": "network.packet_chains",
    "kernel_name": "network.kernel_names",
}
# Only a plan asks for these.
PLANNING = {
    "file_text": "files.file_texts",
    "debconf": "packages.debconf",
    "package_change": "packages.package_changes",
    "space": "files.space",
    "obstacle": "files.obstacles",
    "package_manager": "packages.package_manager",
    "packet_rule": "network.packet_rules",
    "account_use": "trust.account_use:collect_users",
    "group_use": "trust.account_use:collect_groups",
    "file_system": "files.file_systems",
    "kit": "packages.kit",
    "product_state": "running.product_state",
    "resources": "running.resources",
    "selinux_boolean": "trust.selinux_booleans",
    "unit_owner": "running.unit_owners",
}
# Only a check for silence asks for these.
SILENCE = {"named_domain": "lines.named_domains", "flow": "network.flows"}
ALL = dict(DETECTION, **dict(PLANNING, **SILENCE))
# The others are read from another root too.
OF_RUNNING_SYSTEM = {
    "process",
    "container_process",
    "socket",
    "interceptor",
    "mount",
    "packet_mark",
    "packet_chain",
    "kernel_name",
    "flow",
    *PLANNING,
} - {"file_text", "debconf"}


def answered(probes, live):
    """Return the kinds that are asked for and can be answered, in the order of the tables."""
    return [kind for kind in ALL if kind in probes and (live or kind not in OF_RUNNING_SYSTEM)]


def collector(kind):
    """Return the function that answers a kind; KeyError if there is no such kind."""
    module, _colon, function = ALL[kind].partition(":")
    return getattr(import_module("%s.%s" % (__package__, module)), function or "collect")
