#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_apply
short_description: Carry out a plan, or one part of it
version_added: 0.1.0
description:
  - Carries out the steps of one part, or of V(all) in their order, in one round trip. Each step first looks whether it is done.
  - Refuses a plan that was not approved, has drifted, is blocked by its preflight, or was tampered with; in check mode
    with the same words.
  - If a step of staging fails, those before it are taken back. If a handover fails, Kaspersky's protection is started
    again.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  diff_mode:
    support: full
options:
  planned:
    description: The result of M(avshift.endpoint.migration_plan).
    type: dict
    required: true
  part:
    description: The part to carry out. After one that failed, V(all) goes no further.
    type: str
    choices: [stage, handover, remove, all]
    required: true
  before:
    description: The result of the part before this one.
    type: dict
  change_id:
    description: Number of the change in the ticket system, for the host's log.
    type: str
    default: ""
  secrets:
    description:
      - Values of the secrets that the plan names, to enrol the replacement. They are sent with the part that needs them.
      - They are in no result, diff, record or log. Where the vendor's command takes one as an argument, the plan warns.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Stage the replacement
  avshift.endpoint.migration_apply:
    planned: "{{ planned }}"
    part: stage
"""

RETURN = r"""
steps:
  description: The part's steps with C(id), C(title), C(outcome), C(seconds) and C(facts).
  returned: always
  type: list
  elements: dict
failure:
  description: The step that failed, with C(step), C(code), C(message), and the ids of the steps C(undone).
  returned: always
  type: dict
window_seconds:
  description: Seconds without real-time protection during a handover; 0 if there was none, nothing if nothing was handed over.
  returned: always
  type: float
pending:
  description: Ids of all the plan's steps that were not done when its first part began.
  returned: always
  type: list
  elements: str
"""
