# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The waves of a migration, from whatever form they were given in, for the keyword serial of a play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.waves import sizes

DOCUMENTATION = r"""
name: waves
short_description: Read the waves of a migration
version_added: 0.1.0
author: avshift contributors (@avshift)
description:
  - Returns waves as the keyword C(serial) of a play accepts them.
  - A survey and C(-e name=value) pass text, which C(serial) itself does not accept.
positional: _input
options:
  _input:
    description:
      - A number of hosts, a percentage, a list of these, or any of that as text, such as V(1,10,25%).
      - If empty, V([1, "10%", "100%"]).
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Migrate in waves
  hosts: all
  serial: "{{ avshift_waves | default('') | avshift.endpoint.waves }}"
"""

RETURN = r"""
_value:
  description: Numbers of hosts and percentages.
  type: list
  elements: raw
"""


def _waves(given: Any) -> list[int | str]:
    try:
        return sizes(given)
    except AvshiftError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"waves": _waves}
