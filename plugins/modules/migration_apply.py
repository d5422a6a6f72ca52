#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_apply
short_description: Carry out a plan or one part of it
version_added: 0.1.0
description:
  - Carries out the steps of one part, or of V(all) parts in order, in one round trip. Each step first checks whether it is already done.
  - Refuses a plan that was not approved, has drifted, is blocked by its preflight, or was tampered with. Check mode
    refuses it with the same message.
  - If a step of staging fails, the earlier ones are rolled back. If a handover fails, Kaspersky's protection is
    started again.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.brief
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
    description: The part to carry out. V(all) stops after a part that failed.
    type: str
    choices: [stage, handover, remove, all]
    required: true
  before:
    description: The result of the part before this one.
    type: dict
  rollout:
    description:
      - What a rollout requires before a host is started, RV(avshift.endpoint.rollout_gate#module:look). If a requirement
        is not met, the host fails with C(not_begun). If this is empty, nothing is required.
    type: dict
    default: {}
  stop_file:
    description:
      - Path of a file on the controller. If it is there, the host is not started and fails with C(not_begun). Pass it with the
        first part only, so that a host that is being changed finishes. M(avshift.endpoint.rollout_stop) writes and removes
        it. Ignored in check mode.
    type: path
  change_id:
    description: Number of the change in the ticket system, for the host's log. By default, that of O(planned).
    type: str
    default: ""
  secrets:
    description:
      - Values of the secrets named in the plan, to enrol the replacement. They are sent with the part that needs them.
      - They appear in no result, diff, record or log. If the vendor's command takes one as an argument, the plan warns.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Install the replacement
  avshift.endpoint.migration_apply:
    planned: "{{ planned }}"
    part: stage
    change_id: CHG0030001
    secrets: "{{ vault_replacement }}"
  register: staged

- name: Hand protection over
  avshift.endpoint.migration_apply:
    planned: "{{ planned }}"
    part: handover
    before: "{{ staged }}"
    change_id: CHG0030001

- name: Carry out all parts of a plan, or with --check --diff show them
  avshift.endpoint.migration_apply:
    planned: "{{ planned }}"
    part: all
"""

RETURN = r"""
counts:
  description: How many steps had which outcome. One that no step had is missing.
  returned: with O(brief=true)
  type: dict
  contains:
    already:
      description: Steps that were done before.
      type: int
      sample: 1
    would_change:
      description: Steps that check mode would carry out.
      type: int
      sample: 0
    changed:
      description: Steps that were carried out.
      type: int
      sample: 3
    proved:
      description: Tests that passed.
      type: int
      sample: 0
    failed:
      description: Steps that failed.
      type: int
      sample: 0
    undone:
      description: Steps that were rolled back.
      type: int
      sample: 0
    untouched:
      description: Steps that were not started because an earlier one failed.
      type: int
      sample: 0
  sample: {changed: 3, already: 1}
kept:
  description: The name of the file that has the rest of the result, which is the SHA-256 of its content.
  returned: with O(brief=true)
  type: str
  sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
steps:
  description: The steps of the part, in the order in which they were carried out.
  returned: always, without O(brief=true)
  type: list
  elements: dict
  contains:
    id:
      description: The step's ID in the plan.
      type: str
      sample: 09-remove-packages_remove
    title:
      description: What the step does.
      type: str
      sample: Remove kesl, kesl-gui
    outcome:
      description:
        - V(changed), V(proved) for a test that passed, V(already) if it was done before, V(would_change) in check
          mode, V(failed), V(undone) if it was rolled back, or V(untouched) if an earlier step failed.
      type: str
      sample: changed
    seconds:
      description: How long it took. Missing if nothing was done.
      type: float
      sample: 4.2
    facts:
      description: What the step reports. Which of these it has, or others, depends on its kind.
      type: dict
      contains:
        archive:
          description: Where data was archived on the host.
          type: str
          sample: /var/lib/avshift/0a1f5d7c9b3e.tar.gz
        complaint:
          description: What a tool reported although it did its work.
          type: str
          sample: ""
        exit_code:
          description: Exit code of a command that failed.
          type: int
          sample: 1
        window_seconds:
          description: Seconds without real-time protection.
          type: float
          sample: 0.8
      sample: {}
failure:
  description: The step that failed; empty if none failed.
  returned: always
  type: dict
  contains:
    step:
      description: The step's ID.
      type: str
      sample: 09-remove-packages_remove
    code:
      description: A stable code for what failed.
      type: str
      sample: package_manager_locked
    message:
      description: What failed, why, and what to do.
      type: str
      sample: "Removing packages: kesl: another process holds the lock. Wait until it has ended, and run again."
    undone:
      description: IDs of the steps that were rolled back.
      type: list
      elements: str
      sample: []
window_seconds:
  description:
    - Seconds without real-time protection during a handover; V(0) if there were none.
    - Empty if no handover took place, or no reliable clock measured it.
  returned: always
  type: float
  sample: 0.8
pending:
  description: IDs of all steps of the plan that were not yet done when its first part started.
  returned: always, without O(brief=true)
  type: list
  elements: str
  sample: [01-stage-packages_install, 08-handover-handover, 09-remove-packages_remove]
"""
