# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer all probes in one pass. Collecting decides nothing."""

from ..system.errors import EndpointError
from . import (
    accounts,
    debconf,
    file_texts,
    host,
    ini_sections,
    interceptors,
    journal,
    links,
    package_changes,
    packages,
    paths,
    processes,
    space,
    units,
)
from .items import not_checked

# What a kind of probe is answered by. Each is collect(asked, root) -> items; ``live`` ones need a running system.
KINDS = {
    "package": packages.collect,
    "path": paths.collect,
    "link_into": links.collect,
    "group": accounts.collect,
    "ini_section": ini_sections.collect,
    "file_text": file_texts.collect,
    "debconf": debconf.collect,
    "journal": journal.collect,
}
LIVE = {
    "unit": units.collect,
    "process": processes.collect,
    "interceptor": interceptors.collect,
    "package_change": package_changes.collect,
    "space": space.collect,
}


def collect(probes, root="/"):
    """Return {host, evidence, live} for probes ({kind: what to ask}); ``live`` is False for another root.

    A probe that fails becomes an item with ``unknown`` and does not stop the others. Raises KeyError for a
    kind that does not exist, which only a mismatch of this code with the controller's can cause.
    """
    live = root == "/"
    evidence = []
    for kind, asked in sorted(probes.items()):
        if kind in LIVE and not live:
            continue
        answer = LIVE[kind] if kind in LIVE else KINDS[kind]
        try:
            evidence.extend(answer(asked, root))
        except (EndpointError, OSError) as error:
            evidence.append(not_checked(kind, "all", root, error))
    evidence.sort(key=lambda item: item["id"])
    return {"host": host.describe(root), "evidence": evidence, "live": live}
