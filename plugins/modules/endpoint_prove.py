#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: endpoint_prove
short_description: Prove an endpoint's protection
version_added: 0.1.0
description:
  - The endpoint's half of M(avshift.endpoint.antivirus_selftest), which takes its options from the catalog. It is not
    meant to be called in a playbook.
  - It writes test files into the protected directories and removes them again.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
options:
  socket:
    description: The engine's socket.
    type: path
    required: true
  below:
    description: Where the executables of the real-time part lie.
    type: list
    elements: path
    required: true
  paths:
    description: The protected directories.
    type: list
    elements: path
    required: true
  units:
    description: Units that have to run now and to start at boot.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Prove protection of one directory
  avshift.endpoint.endpoint_prove:
    socket: /run/clamav/clamd.ctl
    below: [/usr/sbin/clamonacc]
    paths: [/srv]
    units: [clamav-daemon.service]
"""

RETURN = r"""
checks:
  description: One check each, with C(id), C(result) (V(ok), V(bad) or V(unknown)) and C(detail).
  returned: always
  type: list
  elements: dict
result:
  description: The worst result of all checks.
  returned: always
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import boot, on_access, on_demand, real_time
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import overall


def main():
    """Prove on demand, on access, at boot, and that nobody else intercepts."""
    module = AnsibleModule(
        argument_spec={
            "socket": {"type": "path", "required": True},
            "below": {"type": "list", "elements": "path", "required": True},
            "paths": {"type": "list", "elements": "path", "required": True},
            "units": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    paths = [path for path in module.params["paths"] if os.path.isdir(path)]
    checks = boot.prove(module.params["units"]) + real_time.prove(module.params["below"])
    checks += on_demand.prove(module.params["socket"])
    if not module.check_mode:
        checks += on_access.prove(paths)
    module.exit_json(changed=False, checks=checks, result=overall(checks))


if __name__ == "__main__":
    main()
