# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a play that changes them: named by the user, never all of the inventory by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible import context
from ansible.errors import AnsibleFilterError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError

DOCUMENTATION = r"""
name: named_hosts
short_description: Refuse a play without named hosts
version_added: 0.1.0
author: avshift contributors (@avshift)
description:
  - Returns the hosts for the keyword C(hosts) of a play, and refuses the play if neither the variable nor C(--limit)
    names any.
positional: _input
options:
  _input:
    description: The value of C(avshift_hosts), a pattern or a list of patterns; V(all) for all hosts.
    type: raw
    required: true
  limit:
    description: The value of C(ansible_limit), which Ansible sets from C(--limit).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Migrate the hosts that were named
  hosts: "{{ avshift_hosts | default('') | avshift.endpoint.named_hosts(limit=ansible_limit | default('')) }}"
"""

RETURN = r"""
_value:
  description: The pattern or patterns, or V(all) if only C(--limit) names the hosts.
  type: raw
  sample: all
"""


def _named_hosts(given: Any, limit: Any = "") -> Any:
    patterns = given if isinstance(given, (list, tuple)) else [given]
    if any(str(pattern).strip() for pattern in patterns if pattern is not None):
        return given
    # A syntax check contacts no host, so it needs no name.
    if str(limit or "").strip() or context.CLIARGS.get("syntax"):
        return "all"
    raise AnsibleFilterError(
        str(
            AvshiftError(
                "hosts_not_named",
                "Choosing the hosts to change",
                "avshift_hosts",
                "no hosts are named, and a migration never runs on the whole inventory by default",
                "Give -e avshift_hosts=PATTERN or --limit PATTERN; -e avshift_hosts=all if you mean all. A "
                "variable of the inventory does not count: this is read before there is one.",
            )
        )
    )


class FilterModule:
    """See Ansible's documentation of filter plugins."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"named_hosts": _named_hosts}
