#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_summary
short_description: Summarise a migration in waves
version_added: 0.1.0
description:
  - Shows how many hosts were migrated, failed, were unreachable or were not started, why, and what to do next.
  - Fails if hosts were not started and no other host failed, so that the exit code says so.
  - Works on the controller only, and writes nothing. Put it into the C(always) section of the run's last play.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.controller_alone
options:
  hosts:
    description: All hosts of the run in order, C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  results_in:
    description:
      - Name of the variable in which each host registered the result of M(avshift.endpoint.migration_record).
        A host without it was not started.
    type: str
    required: true
  waves:
    description: The waves of the run, as in M(avshift.endpoint.rollout_gate).
    type: raw
  max_fail_percentage:
    description: The percentage of a wave that was allowed to fail, as in M(avshift.endpoint.rollout_gate).
    type: raw
  records_dir:
    description: Folder on the controller with the records, which the summary names.
    type: path
    required: true
  stop_file:
    description: Path of a file on the controller that ends the run, as M(avshift.endpoint.rollout_stop) writes it.
    type: path
"""

EXAMPLES = r"""
- name: Summarise the run
  avshift.endpoint.rollout_summary:
    hosts: "{{ ansible_play_hosts_all }}"
    results_in: endpoint_migrate_result
    records_dir: avshift/records
  run_once: true

- name: Summarise a run in waves
  avshift.endpoint.rollout_summary:
    hosts: "{{ ansible_play_hosts_all }}"
    results_in: endpoint_migrate_result
    waves: [1, 10, "25%"]
    max_fail_percentage: 10
    records_dir: avshift/records
  run_once: true
"""

RETURN = r"""
hosts:
  description: How many hosts are C(migrated), C(failed), C(unreachable), C(not_started) and C(only_looked_at).
  returned: success
  type: dict
  contains:
    migrated:
      description: Hosts that were migrated, or would be in check mode.
      type: int
      sample: 3
    failed:
      description: Hosts that failed.
      type: int
      sample: 1
    unreachable:
      description: Hosts that could not be reached.
      type: int
      sample: 0
    not_started:
      description: Hosts of waves that did not start.
      type: int
      sample: 8
    only_looked_at:
      description: Hosts of a platform on which nothing is changed, such as Windows. They belong to no wave.
      type: int
      sample: 0
  sample: {migrated: 3, failed: 1, unreachable: 0, not_started: 8, only_looked_at: 0}
gate:
  description: V(stop) if the run ended before its last wave, or would end there in check mode; otherwise V(continue).
  returned: success
  type: str
  sample: stop
"""
