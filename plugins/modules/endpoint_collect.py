#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: endpoint_collect
short_description: Gather evidence on an endpoint
version_added: 0.1.0
description:
  - The endpoint's half of M(avshift.endpoint.kaspersky_info), M(avshift.endpoint.antivirus_info) and
    M(avshift.endpoint.migration_plan), which compile its probes from the catalog. It is not meant to be called in a
    playbook.
  - It decides nothing and changes nothing.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
options:
  probes:
    description: What to ask, by kind of evidence; as JSON, since Ansible takes one text more cheaply than many.
    type: json
    required: true
  root:
    description: The root file system to look at. Anything but V(/) is looked at without a running system.
    type: path
    default: /
"""

EXAMPLES = r"""
- name: Ask whether a path exists
  avshift.endpoint.endpoint_collect:
    probes:
      path: {paths: [/opt/kaspersky], children_of: [], listed: []}
"""

RETURN = r"""
collected:
  description: What was seen, ordered by id.
  returned: always
  type: dict
  contains:
    host:
      description: The host's system, version, kernel and Python.
      type: dict
    evidence:
      description: Items with C(id), C(kind), C(what), C(where), and C(value) or C(unknown).
      type: list
      elements: dict
    live:
      description: Whether a running system was looked at.
      type: bool
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect


def main():
    """Answer the probes."""
    module = AnsibleModule(
        argument_spec={
            "probes": {"type": "json", "required": True},
            "root": {"type": "path", "default": "/"},
        },
        # The probes are long and always the same: they are kept out of the host's log and out of the result.
        no_log=True,
        supports_check_mode=True,
    )
    collected = collect(json.loads(module.params["probes"]), module.params["root"])
    module.exit_json(changed=False, collected=collected, invocation={})


if __name__ == "__main__":
    main()
