#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the code that the collection's actions send, the way that Ansible runs modules."""

DOCUMENTATION = r"""
module: endpoint_program
short_description: Run code that the collection's other modules send to a host
description:
  - The other modules call this one if their own, faster way of running code does not work with the ansible-core
    in use. Use those, not this one.
version_added: 0.1.0
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
attributes:
  check_mode:
    support: partial
    details: It does what the request says. The module that sends the request decides whether anything may be changed.
  idempotent:
    support: partial
    details: The same as the module that sends the request.
options:
  request:
    description: The code and its arguments, as the other modules pack them.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What the other modules do if their own way does not work; no play needs this
  avshift.endpoint.endpoint_program:
    request: "{{ packed_by_another_module }}"

- name: The same with another user's rights
  avshift.endpoint.endpoint_program:
    request: "{{ packed_by_another_module }}"
  become: true
"""

RETURN = r"""
code:
  description: A stable code for what failed.
  returned: failure
  type: str
  sample: root_needed
"""

import base64
import json
import zlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.avshift.endpoint.plugins.module_utils import start


def main():
    """Return the result of the packed call. The request is not logged: it may hold secrets."""
    module = AnsibleModule(
        argument_spec={"request": {"type": "str", "required": True, "no_log": True}}, supports_check_mode=True
    )
    given = json.loads(zlib.decompress(base64.b64decode(module.params["request"])).decode())
    module.exit_json(**start.called(given))


if __name__ == "__main__":
    main()
