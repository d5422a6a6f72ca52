#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_gate
short_description: Decide whether the next wave of a migration starts
version_added: 0.1.0
description:
  - Counts the hosts of the previous wave that failed or were not reached, from their results of
    M(avshift.endpoint.migration_record). Ansible's own C(max_fail_percentage) misses failures inside a C(block)
    with C(always), and unreachable hosts.
  - If more failed than allowed, RV(begin) is false, and each remaining host gets a record with the
    failure C(not_started). A record from an earlier answer of a host is never overwritten.
  - It never fails a host for this. Use C(meta=end_play) to end the run if RV(begin) is false.
  - In check mode RV(begin) is always true, so that the dry run covers every host, and no record is written.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.controller_alone
attributes:
  idempotent:
    support: partial
    details: RV(ignore:changed) is true if the wave does not start, because records are written then.
options:
  hosts:
    description: All hosts of the play in order, C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  wave:
    description: The hosts of this wave, C(ansible_play_batch).
    type: list
    elements: str
    required: true
  results_in:
    description: Name of the variable in which each host registered the result of M(avshift.endpoint.migration_record).
    type: str
    required: true
  waves:
    description:
      - The play's C(serial), in any form that the filter P(avshift.endpoint.waves#filter) accepts.
      - If it differs from the actual C(serial), the task fails before anything is changed.
    type: raw
  max_fail_percentage:
    description: Stop after a wave in which more than this percentage of hosts failed. Default V(0); V(100) never stops.
    type: raw
  records_dir:
    description: Folder on the controller for the records of hosts that are not started.
    type: path
    required: true
  stop_file:
    description: Path of a file on the controller that ends the run, as M(avshift.endpoint.rollout_stop) writes it.
    type: path
  change_id:
    description: Number of the change in the ticket system, for these records.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Start the wave or end the run
  avshift.endpoint.rollout_gate:
    hosts: "{{ ansible_play_hosts_all }}"
    wave: "{{ ansible_play_batch }}"
    results_in: endpoint_migrate_result
    records_dir: avshift/records
  register: gate
  run_once: true

- name: End the run before this wave
  ansible.builtin.meta: end_play
  when: not gate.begin
  run_once: true

- name: Start the wave if at most 10 percent of the previous one failed
  avshift.endpoint.rollout_gate:
    hosts: "{{ ansible_play_hosts_all }}"
    wave: "{{ ansible_play_batch }}"
    results_in: endpoint_migrate_result
    waves: [1, 10, "25%"]
    max_fail_percentage: 10
    records_dir: avshift/records
    change_id: CHG0030001
  run_once: true
"""

RETURN = r"""
begin:
  description: Whether the wave may start.
  returned: success
  type: bool
  sample: false
wave:
  description: The number of the wave, from 1.
  returned: success
  type: int
  sample: 2
reason:
  description: Why the wave does not start, or in check mode would not; empty otherwise.
  returned: success
  type: str
  sample: 1 of 1 hosts of wave 1 failed or were not reached (web1), and the limit is 0 % (avshift_max_fail_percentage)
"""
