#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_gate
short_description: Decide whether a batch of a migration starts
version_added: 0.1.0
description:
  - Decides by the approved plan's rollout and the records on the controller. Ansible's own C(max_fail_percentage) misses
    failures inside a C(block) with C(always), and unreachable hosts.
  - A batch starts unless there is a stop file, no maintenance window is open for long enough, too many hosts of its ring
    that were changed in this run are not clean, or, for the first batch of a ring, an earlier ring did not pass its gate.
  - If it does not start, RV(begin) is false, and each remaining host without a record of its own gets one with the failure
    C(not_begun). A host's record from an earlier answer is never overwritten.
  - It never fails a host for this. Use C(meta=end_play) to end the play if RV(begin) is false.
  - In check mode RV(begin) is always true, so that the dry run covers every host, and nothing is written.
  - The play has to take C(hosts) and C(serial) from the lookup P(avshift.endpoint.rollout#lookup).
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.held_up_by
attributes:
  idempotent:
    support: partial
    details: RV(ignore:changed) is true if the batch does not start, because records are written then.
options:
  batch:
    description: The hosts of this batch, C(ansible_play_batch).
    type: list
    elements: str
    required: true
  again:
    description: Whether these batches are a second attempt on hosts that could not be reached.
    type: bool
    default: false
  plan:
    description:
      - Path of the approved C(plan.json), the same as the lookup got. A different one is set in the inventory, which the
        lookup cannot see, and the task fails before anything is changed. The same is true of O(output_dir), O(rollout) and
        O(rings).
    type: str
    default: ""
  output_dir:
    description: Folder on the controller with the records, the same as the lookup got.
    type: str
  rollout:
    description: The rollout, the same as the lookup got.
    type: raw
  rings:
    description: Names of the rings to start, the same as the lookup got.
    type: raw
  change_id:
    description: Number of the change in the ticket system, for these records.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Start the batch or end the run
  avshift.endpoint.rollout_gate:
    batch: "{{ ansible_play_batch }}"
    plan: avshift/plan/plan.json
    stop_file: avshift/STOP
  register: gate
  run_once: true

- name: End the run before this batch
  ansible.builtin.meta: end_play
  when: not gate.begin
  run_once: true

- name: Start a batch of hosts that could not be reached
  avshift.endpoint.rollout_gate:
    batch: "{{ ansible_play_batch }}"
    again: true
    plan: avshift/plan/plan.json
  register: gate
  run_once: true
"""

RETURN = r"""
begin:
  description: Whether the batch may start.
  returned: success
  type: bool
  sample: false
answer:
  description: C(continue), C(wait) if time or another attempt may help, or C(stop) if something has to be fixed first.
  returned: success
  type: str
  sample: wait
ring:
  description: The name of the batch's ring.
  returned: success
  type: str
  sample: early
reasons:
  description: Why the batch does not start.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: A stable ID.
      type: str
      sample: share_clean
    text:
      description: The reason, in words.
      type: str
      sample: "0 of 1 hosts of ring pilot are clean, and 100% have to be: 1 failed (web1)"
    until:
      description: When the batch may start, if only time is needed; empty otherwise.
      type: str
      sample: "2026-12-01T22:00:00Z"
  sample:
    - id: share_clean
      text: "0 of 1 hosts of ring pilot are clean, and 100% have to be: 1 failed (web1)"
      until: null
look:
  description: What the hosts' tasks check before they start, for O(avshift.endpoint.migration_apply#module:rollout).
  returned: success
  type: dict
  contains:
    home:
      description: Folder of the rollout on the controller.
      type: str
      sample: /srv/avshift/rollout
    run:
      description: ID of the run.
      type: str
      sample: "20261201T220000Z"
    ring:
      description: Name of the host's ring.
      type: str
      sample: early
    total:
      description: Hosts in the ring.
      type: int
      sample: 40
    stop_after:
      description: How many failed hosts of the ring stop the run, as a number or a percentage.
      type: str
      sample: 5%
    until:
      description: Until when a host may be started; empty without a window.
      type: str
      sample: ""
    groups:
      description: For each host in a group, the group and how many more of it may be unavailable.
      type: dict
      contains:
        web1:
          description: For each host, a list of [variable, value, free places].
          type: list
          elements: list
          sample: [[cluster, a, 1]]
      sample: {}
  sample: {}
"""
