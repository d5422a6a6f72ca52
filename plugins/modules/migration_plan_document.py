#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_plan_document
short_description: Write the plan of a fleet
version_added: 0.1.0
description:
  - Writes C(plan.json), C(plan.html), C(plan.md), C(plan.csv) and C(servicenow.yml) from the plans of a dry run. Hosts that
    share a plan are shown once.
  - Reads the plans from the records that M(avshift.endpoint.migration_plan) wrote in this run with the same O(records_dir).
    A record that was replaced since then is left out of the plan, and the plan names the host and the reason.
  - Writes a record for each host that has none from this run. A host that gave no answer gets a record with the reason, unless it
    has one from an earlier answer, which is never overwritten. The task then fails, after everything is written.
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
    details: A plan shows values that change by themselves, such as process IDs, and its records contain the time.
options:
  hosts:
    description: The hosts of the run, such as C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  results_in:
    description: Name of the variable in which each host registered the result of M(avshift.endpoint.migration_plan).
    type: str
    required: true
  records_dir:
    description: Folder on the controller for the records of the dry run.
    type: path
    required: true
  output_dir:
    description: Folder on the controller for the documents. It is created if it is missing.
    type: path
    required: true
  change_id:
    description: Number of the change in the ticket system.
    type: str
    default: ""
  rollout:
    description:
      - How the hosts will be rolled out, as docs/rollout.md describes it. A mapping, a list of ring sizes such as V([1, 10, "25%"]), either of
        these as text, or the path of a YAML or JSON file.
      - The plan holds each host's ring, and its digest covers that. If omitted, the rings are one host, then 10%, then the rest.
    type: raw
  needs_approval:
    description: If true, the plan is not its own approval. It can be carried out only with an approval document.
    type: bool
    default: false
  policy:
    description:
      - IDs of policy packs, as docs/policies.md lists them, or paths of your own packs, ending in C(.yml).
      - The plan names them with their digests.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Write the plan of all hosts
  avshift.endpoint.migration_plan_document:
    hosts: "{{ ansible_play_hosts_all }}"
    results_in: planned
    records_dir: avshift/plan/records
    output_dir: avshift/plan
  run_once: true

- name: Write a plan that needs an approval document, in three rings
  avshift.endpoint.migration_plan_document:
    hosts: "{{ ansible_play_hosts_all }}"
    results_in: planned
    records_dir: avshift/plan/records
    output_dir: avshift/plan
    change_id: CHG0030001
    rollout: [1, 10]
    needs_approval: true
    policy: [us_bod_17_01]
  run_once: true
"""

RETURN = r"""
paths:
  description: Absolute path of each document on the controller, by its name.
  returned: always
  type: dict
  contains:
    plan.json:
      description: The plan itself, which an approval names and C(migrate) carries out.
      type: str
      sample: /srv/avshift/plan/plan.json
    plan.html:
      description: The plan as a page, for the change board.
      type: str
      sample: /srv/avshift/plan/plan.html
    plan.md:
      description: The same for a ticket.
      type: str
      sample: /srv/avshift/plan/plan.md
    plan.csv:
      description: One line per host.
      type: str
      sample: /srv/avshift/plan/plan.csv
  sample: {plan.json: /srv/avshift/plan/plan.json, plan.html: /srv/avshift/plan/plan.html}
digest:
  description: The digest of the whole plan. An approval names it.
  returned: always
  type: str
  sample: 0a1f5d7c9b3e2468ace013579bdf02468ace13579bdf02468ace13579bdf0246
hosts:
  description: How many hosts have a plan (C(planned)), and how many have none (C(not_planned)).
  returned: always
  type: dict
  contains:
    planned:
      description: Hosts with a plan. It may be blocked, or have nothing to do.
      type: int
      sample: 118
    not_planned:
      description: Hosts that gave no answer, or whose plan cannot be shown.
      type: int
      sample: 2
  sample: {planned: 118, not_planned: 2}
"""
