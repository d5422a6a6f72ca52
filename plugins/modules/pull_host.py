#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: pull_host
short_description: Say which host of a plan this machine is
version_added: 0.1.0
description:
  - For a machine that pulls its own playbooks, as with ansible-pull. It is looked up in an approved plan by its machine-id,
    whatever its name is today. Changes nothing.
  - Fails if no host of the plan is this machine (C(machine_not_planned)), if several are (C(machine_ambiguous)), or if
    it has no machine-id (C(machine_unnamed)).
  - Also fails if the machine belongs to a group with a limit on how many hosts may be down at once, since it cannot see
    the others (C(group_incomplete)).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  plan:
    description: Path of the approved C(plan.json), on the machine that Ansible runs on.
    type: path
    required: true
  output_dir:
    description: Folder with the records and the marks of hosts that are being changed.
    type: path
    required: true
  shared:
    description: Whether all machines and controllers that work on the hosts of the plan use the same O(output_dir).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find this machine in the plan
  avshift.endpoint.pull_host:
    plan: /srv/avshift/plan.json
    output_dir: /var/lib/avshift-pull
  register: found

- name: Look it up in the plan that was fetched with this playbook
  avshift.endpoint.pull_host:
    plan: "{{ playbook_dir }}/plan.json"
    output_dir: /var/lib/avshift-pull
  register: found
"""

RETURN = r"""
host:
  description: The name that the plan has for this machine.
  returned: success
  type: str
  sample: laptop7.example.org
look:
  description: What the host's task checks before it starts, for the role C(endpoint_migrate).
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
    closed:
      description: Why no host may be started now; empty if it may.
      type: str
      sample: ""
  sample: {ring: early, total: 40, stop_after: 5%, until: "", closed: "", groups: {}}
"""
