# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a play: without hosts, Ansible ends successfully although nothing was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible import context
from ansible.errors import AnsibleFilterError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError

DOCUMENTATION = r"""
name: hosts_there
short_description: Refuse a play whose hosts are not in the inventory
version_added: 0.1.0
author: avshift contributors (@avshift)
description:
  - Returns the hosts for the keyword C(hosts) of a play, and refuses the play where the inventory has none of them.
positional: _input, found
options:
  _input:
    description: A pattern or a list of patterns.
    type: raw
    required: true
  found:
    description: The names of the hosts that it stands for.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look at hosts
  hosts: "{{ hosts | avshift.endpoint.hosts_there(query('ansible.builtin.inventory_hostnames', hosts)) }}"
  vars:
    hosts: web*
"""

RETURN = r"""
_value:
  description: The pattern or patterns.
  type: raw
  sample: [web1, web2]
"""
REMEDY = (
    "See what the inventory holds with ansible-inventory -i INVENTORY --graph. An inventory of one host is a file with "
    "the line: web1 ansible_host=ADDRESS ansible_user=USER"
)


def _hosts_there(given: Any, found: Any) -> Any:
    # A syntax check contacts no host.
    if found or context.CLIARGS.get("syntax"):
        return given
    cause = "the inventory has no such host, so that nothing was done"
    raise AnsibleFilterError(str(AvshiftError("hosts_not_there", "Choosing the hosts", f"{given}", cause, REMEDY)))


class FilterModule:
    """See Ansible's documentation of filter plugins."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"hosts_there": _hosts_there}
