#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_detection_summary
short_description: Show what a detection found on a fleet
version_added: 0.1.0
description:
  - Shows how many hosts answered, which products were found and on how many hosts, and what could not be checked.
  - A host that gave no answer gets a record with the reason, unless it has one from an earlier answer, which is never
    overwritten. The task then fails, after everything is shown and written.
  - Refuses to run while hosts of the play have not finished (C(hosts_still_out)), as can happen with C(strategy=free)
    or C(serial).
  - In check mode nothing is written.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  idempotent:
    support: partial
    details: The record of a host that gave no answer contains the time of the run, and is rewritten each time.
options:
  hosts:
    description: The hosts of the run, such as C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  results_in:
    description: Name of the variable in which each host registered the result of M(avshift.endpoint.kaspersky_info).
    type: str
    required: true
  records_dir:
    description: Folder on the controller with the records that M(avshift.endpoint.kaspersky_info) wrote.
    type: path
    required: true
  show:
    description:
      - V(summary) shows what was found, V(next) what to do next, and V(both) one after the other.
      - V(next) is for a second task after one with V(summary), so that the last lines of a run say what to do even if
        hosts gave no answer and the first task failed. It writes nothing and does not fail.
    type: str
    choices: [summary, next, both]
    default: both
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Detect and show what was found
  block:
    - name: Check the host
      avshift.endpoint.kaspersky_info:
        records_dir: avshift/detect
      register: found
  always:
    - name: Show a summary of all hosts
      avshift.endpoint.migration_detection_summary:
        hosts: "{{ ansible_play_hosts_all }}"
        results_in: found
        records_dir: avshift/detect
      run_once: true

- name: Show a summary of one group
  avshift.endpoint.migration_detection_summary:
    hosts: "{{ groups['web'] }}"
    results_in: found
    records_dir: avshift/detect
  run_once: true
"""

RETURN = r"""
verdicts:
  description: Number of hosts by verdict.
  returned: always
  type: dict
  contains:
    never_present:
      description: Hosts without any trace, now or earlier.
      type: int
      sample: 3
    removed_verified:
      description: Hosts where everything is removed, verified by a second look.
      type: int
      sample: 40
    detected:
      description: Hosts where something was found.
      type: int
      sample: 12
    unknown:
      description: Hosts whose state could not be fully checked.
      type: int
      sample: 1
  sample: {detected: 12, never_present: 3, unknown: 1}
"""
