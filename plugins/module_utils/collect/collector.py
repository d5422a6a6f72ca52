# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer all probes in one pass. Collecting decides nothing."""

from ..posix.errors import Problem
from ..posix.running.time_limit import time_limit
from . import host, limits, roots
from .files import home_paths, ini_sections, ini_values, links, mounts, named_entries, paths
from .gathering import HARDLY, HOST, Gathering, limited
from .items import not_checked, printable
from .lines import mentions
from .look import Look
from .network import kernel_names, packet_chains, packet_marks, sockets
from .packages import installers, packages
from .running import interceptors, journal, kernel_modules, processes, units
from .trust import accounts, certificates, trusted_keys

# The collector of each kind of probe. Each is collect(asked, look) -> items.
# Packages come first: the files that they own are noted for the paths.
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
    "saved_name": kernel_names.collect_saved,
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
    "kernel_name": kernel_names.collect,
}
# Only a plan asks for these.
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
    "unit_owner",
)
# Only a check for silence asks for these.
SILENCE = ("flow", "named_domain")
SECONDS = 60
# Simulations and tree sizes take as long as they take; commands have limits of their own.
PLANNING_SECONDS = 600


def collect(probes, root="/"):
    """Return {host, evidence, live} for probes ({kind: what to ask}); ``live`` is False for another root.

    A probe that fails or takes too long becomes an item with ``unknown`` and does not stop the others, also where the
    kernel waits for a file system that does not answer. Raises ValueError for a kind that does not exist: only a
    mismatch between this code and the controller's can cause that.
    """
    strange = set(probes) - set(KINDS) - set(LIVE) - set(PLANNING) - set(SILENCE)
    if strange:
        raise ValueError("no such kind of probe: " + ", ".join(sorted(strange)))
    live = root == "/"
    kinds = [kind for kind, _answer in _answers(probes, live)]
    gathered = Gathering(kinds, lambda board, left, avoided: _work(board, left, avoided, probes, root)).whole()
    return {"host": gathered.host, "evidence": gathered.evidence(), "live": live}


def _work(board, left, avoided, probes, root):
    """Answer, in a child, the remaining kinds, and report each item as soon as it is known."""
    look = Look(root, avoided)
    if "package" in probes and "package" not in left:
        # Which package owns a path is reported with the path: the next child has to know it too.
        _answer(_Nowhere(), "package", packages.collect, probes["package"], look, HARDLY)
    for kind, answer in _answers({kind: probes[kind] for kind in left}, look.live):
        seconds = PLANNING_SECONDS if kind in PLANNING else SECONDS
        seconds = min(seconds, HARDLY) if avoided else seconds
        board.begin(kind, seconds)
        _answer(board, kind, answer, probes[kind], look, seconds)
        board.tell({"done": kind})
    board.begin(HOST, SECONDS)
    board.tell({"host": printable(host.describe(look))})


class _Nowhere:
    """Accepts what is not needed, and drops it."""

    def tell(self, _item):
        return True


def _answer(board, kind, answer, asked, look, seconds):
    try:
        with time_limit(seconds, kind):
            for item in limited(kind, map(printable, answer(asked, look)), look):
                if not board.tell(item):
                    raise ValueError("there is more evidence than fits")
    except Exception as error:
        # If a user makes a check fail, this costs only that kind of evidence.
        board.tell(printable(not_checked(kind, "all", look.root, told(error))))


def _answers(probes, live):
    """Yield (kind, its collector) of every kind that is asked for and can be answered."""
    known = dict(KINDS, **(LIVE if live else {}))
    if set(probes) & set(PLANNING):
        known.update(_planning(live))
    if set(probes) & set(SILENCE):
        known.update(_silence(live))
    for kind, answer in known.items():
        if kind in probes:
            yield kind, answer


def _silence(live):
    from .lines import named_domains
    from .network import flows

    return dict({"named_domain": named_domains.collect}, **({"flow": flows.collect} if live else {}))


def _planning(live):
    # Imported here, since detection alone, which may run every day, would pay for them too.
    from .files import file_systems, file_texts, obstacles, space
    from .network import packet_rules
    from .packages import debconf, kit, package_changes, package_manager
    from .running import product_state, resources, unit_owners
    from .trust import account_use, selinux_booleans

    known = {"file_text": file_texts.collect, "debconf": debconf.collect}
    if live:
        known.update(package_change=package_changes.collect, space=space.collect, obstacle=obstacles.collect)
        known.update(package_manager=package_manager.collect, packet_rule=packet_rules.collect)
        known.update(account_use=account_use.collect_users, group_use=account_use.collect_groups)
        known.update(file_system=file_systems.collect, kit=kit.collect, product_state=product_state.collect)
        known.update(resources=resources.collect, selinux_boolean=selinux_booleans.collect)
        known.update(unit_owner=unit_owners.collect)
    return known


def told(error):
    """Return an error as a text; for an unexpected one, with its type."""
    if isinstance(error, (Problem, OSError, ValueError)):
        return error
    return "%s: %s" % (type(error).__name__, error)
