#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: endpoint_apply
short_description: Carry out one part of a plan on an endpoint
version_added: 0.1.0
description:
  - The endpoint's half of M(avshift.endpoint.migration_apply), which sees to it that only an approved plan gets here.
    It is not meant to be called in a playbook.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
options:
  steps:
    description: All steps of the plan.
    type: list
    elements: dict
    required: true
  part:
    description: The part whose steps are carried out.
    type: str
    choices: [stage, handover, remove]
    required: true
  pending:
    description:
      - Ids of the steps that were not done when the first part began. What an earlier part brought about by the way
        still counts as a change of this run.
      - Without it, all steps are looked at.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Remove one path
  avshift.endpoint.endpoint_apply:
    part: remove
    steps:
      - id: 01-remove-path_remove
        part: remove
        kind: path_remove
        target:
          path: /opt/kaspersky
          scope: empty
          expected_gone: []
"""

RETURN = r"""
outcomes:
  description: One outcome a step of the part, with C(id), C(outcome), C(seconds) and C(facts).
  returned: always
  type: list
  elements: dict
pending:
  description: Ids of the steps that were not done when the first part began.
  returned: always
  type: list
  elements: str
failure:
  description: The step that failed, with C(step), C(code), C(message), and the ids of the steps C(undone).
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.runner import carry_out, pending_of
from ansible_collections.avshift.endpoint.plugins.module_utils.system.errors import EndpointError


def main():
    """Carry out the part; a failed step is a result too, since the record needs all of it."""
    module = AnsibleModule(
        argument_spec={
            "steps": {"type": "list", "elements": "dict", "required": True},
            "part": {"type": "str", "choices": ["stage", "handover", "remove"], "required": True},
            "pending": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    steps, part, pending = (module.params[name] for name in ("steps", "part", "pending"))
    try:
        pending = pending_of(steps) if pending is None else pending
        module.exit_json(**carry_out([step for step in steps if step["part"] == part], pending, module.check_mode))
    except (EndpointError, OSError) as error:
        module.fail_json(msg=str(error), code=getattr(error, "code", "system_error"))


if __name__ == "__main__":
    main()
