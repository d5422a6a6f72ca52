# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the inventory says of hosts: which ones some patterns stand for, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ..errors import AvshiftError

Values = Callable[[str, str], list[str]]
IN_GROUPS = "*"


def matching(groups: Mapping[str, Sequence[str]]) -> Callable[[Sequence[str]], list[str]]:
    """Return what gives the hosts that patterns stand for, whatever ``--limit`` says. ``groups`` is the variable."""
    manager = InventoryManager(DataLoader(), parse=False)
    for name, hosts in groups.items():
        manager.add_group(name)
        for host in hosts:
            manager.add_host(host, group=name)
    return lambda patterns: [str(host.name) for host in manager.get_hosts(pattern=list(patterns))]


def sharing(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]] | None) -> Values:
    """Return what gives a host's values of a variable, or of the groups whose names begin so (``cluster_*``).

    It raises AvshiftError for a value that is no text and no number, and where there are no variables to look at.
    """
    members = {name: set(hosts) for name, hosts in groups.items()}

    def values(host: str, by: str) -> list[str]:
        if by.endswith(IN_GROUPS):
            start = by[: -len(IN_GROUPS)]
            return sorted(name for name, hosts in members.items() if name.startswith(start) and host in hosts)
        if hostvars is None:
            remedy = "Make a plan with avshift.endpoint.plan and have that one approved, or name groups, as cluster_*."
            raise _wrong(by, "without an approved plan, variables of hosts are not known yet", remedy)
        return _texts(host, by, hostvars[host].get(by))

    return values


def _texts(host: str, by: str, value: Any) -> list[str]:
    found = list(value) if isinstance(value, (list, tuple)) else [] if value in (None, "") else [value]
    if any(isinstance(one, (dict, list, tuple)) for one in found):
        raise _wrong(by, f"of {host} it is neither text nor a number", "Give the name of the group as text.")
    return ["".join(str(one)) for one in found]


def _wrong(by: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError("rollout_groups_unknown", "Reading the rollout", f"groups by {by}", cause, remedy)
