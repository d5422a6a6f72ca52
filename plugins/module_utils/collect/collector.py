# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer all probes in one pass. Collecting decides nothing."""

from ..system.errors import Problem
from ..system.time_limit import time_limit
from . import (
    accounts,
    certificates,
    home_paths,
    host,
    ini_sections,
    ini_values,
    installers,
    interceptors,
    journal,
    kernel_modules,
    limits,
    links,
    mentions,
    mounts,
    named_entries,
    packages,
    packet_chains,
    packet_marks,
    paths,
    processes,
    roots,
    sockets,
    trusted_keys,
    units,
)
from .items import not_checked, printable
from .look import Look

# What a kind of probe is answered by. Each is collect(asked, look) -> items.
# Packages come first: what they own is told of the paths.
KINDS = {
    "package": packages.collect,
    "path": paths.collect,
    "home_path": home_paths.collect,
    "named_entry": named_entries.collect,
    "link_into": links.collect,
    "unit": units.collect,
    "account": accounts.collect_users,
    "group": accounts.collect_groups,
    "ini_section": ini_sections.collect,
    "ini_value": ini_values.collect,
    "kernel_module": kernel_modules.collect,
    "certificate": certificates.collect,
    "mention": mentions.collect,
    "installer": installers.collect,
    "saved_chain": packet_chains.collect_saved,
    "journal": journal.collect,
    "root": roots.collect,
    "trusted_key": trusted_keys.collect,
    "limit": limits.collect,
}
# These need a running system.
LIVE = {
    "process": processes.collect,
    "container_process": processes.collect_contained,
    "socket": sockets.collect,
    "interceptor": interceptors.collect,
    "mount": mounts.collect,
    "packet_mark": packet_marks.collect,
    "packet_chain": packet_chains.collect,
}
# Only a plan asks these.
PLANNING = (
    "account_use",
    "debconf",
    "file_system",
    "file_text",
    "group_use",
    "kit",
    "obstacle",
    "package_change",
    "package_manager",
    "packet_rule",
    "product_state",
    "resources",
    "selinux_boolean",
    "space",
)
# What somebody can have put on a host so that a look at it fails.
UNANSWERED = (Problem, OSError, ValueError, RecursionError, MemoryError)
SECONDS = 60
# Simulations and sizes of trees take as long as they take; commands have limits of their own.
PLANNING_SECONDS = 600


def collect(probes, root="/"):
    """Return {host, evidence, live} for probes ({kind: what to ask}); ``live`` is False for another root.

    A probe that fails or takes too long becomes an item with ``unknown`` and does not stop the others. Raises
    ValueError for a kind that does not exist, which only a mismatch of this code with the controller's can cause.
    """
    strange = set(probes) - set(KINDS) - set(LIVE) - set(PLANNING)
    if strange:
        raise ValueError("no such kind of probe: " + ", ".join(sorted(strange)))
    look = Look(root)
    evidence = {}
    try:
        for kind, answer in _answers(probes, look.live):
            for item in _answered(kind, answer, probes[kind], look):
                evidence.setdefault(item["id"], item)
        described = host.describe(look)
    finally:
        look.tree.close()
    return {
        "host": printable(described),
        "evidence": [evidence[found] for found in sorted(evidence)],
        "live": look.live,
    }


def _answers(probes, live):
    """Yield (kind, its collector) of every kind that is asked and can be answered."""
    known = dict(KINDS, **(LIVE if live else {}))
    if set(probes) & set(PLANNING):
        known.update(_planning(live))
    for kind, answer in known.items():
        if kind in probes:
            yield kind, answer


def _planning(live):
    # Imported here, since detection alone, which may be asked every day, would pay for them too.
    from . import (
        account_use,
        debconf,
        file_systems,
        file_texts,
        kit,
        obstacles,
        package_changes,
        package_manager,
        packet_rules,
        product_state,
        resources,
        selinux_booleans,
        space,
    )

    known = {"file_text": file_texts.collect, "debconf": debconf.collect}
    if live:
        known.update(package_change=package_changes.collect, space=space.collect, obstacle=obstacles.collect)
        known.update(package_manager=package_manager.collect, packet_rule=packet_rules.collect)
        known.update(account_use=account_use.collect_users, group_use=account_use.collect_groups)
        known.update(file_system=file_systems.collect, kit=kit.collect, product_state=product_state.collect)
        known.update(resources=resources.collect, selinux_boolean=selinux_booleans.collect)
    return known


def _answered(kind, answer, asked, look):
    items = []
    try:
        with time_limit(PLANNING_SECONDS if kind in PLANNING else SECONDS, kind):
            for item in answer(asked, look):
                items.append(printable(item))
    except UNANSWERED as error:
        items.append(printable(not_checked(kind, "all", look.root, error)))
    return items
