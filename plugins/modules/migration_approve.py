#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_approve
short_description: Approve a plan or some of its hosts
version_added: 0.1.0
description:
  - Writes an approval next to a plan. It names the plan by its digest, the hosts, the approver, the reason, and the expiry date.
  - M(avshift.endpoint.migration_plan) then refuses every other host of the plan, and all hosts once the approval has expired.
  - An existing approval that differs only in its time is left as it is, so that its signature stays valid.
  - Works on the controller only. To protect an approval against changes, sign it; see RV(sign).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  plan:
    description: Path of C(plan.json).
    type: path
    required: true
  approver:
    description: Who approves it.
    type: str
    required: true
  reason:
    description: Why, or by which decision.
    type: str
    required: true
  valid_until:
    description:
      - A day as YYYY-MM-DD, valid to its end in UTC, or a time as YYYY-MM-DDTHH:MM:SSZ.
      - If omitted, the approval does not expire.
    type: str
  hosts:
    description:
      - Names of hosts, or patterns such as V(web*). Without this, O(classes) and O(rings), every host is approved.
    type: list
    elements: str
    default: []
  classes:
    description: The first six or more digits of a host plan's digest; every host with that plan is approved.
    type: list
    elements: str
    default: []
  rings:
    description: Names or numbers of rings in the plan, from 1.
    type: list
    elements: str
    default: []
  gate:
    description:
      - Name of a ring whose gate has C(approval=file). Instead of hosts, this approves that the rollout goes on
        after that ring. The document is C(gate-RING.json) next to the plan, unless O(output) names another one.
    type: str
    default: ""
  output:
    description: Path of the approval. If omitted, it is C(approval.json) next to the plan.
    type: path
"""

EXAMPLES = r"""
- name: Approve two hosts and all hosts that share a plan
  avshift.endpoint.migration_approve:
    plan: avshift/plan/plan.json
    approver: Jane Doe
    reason: CAB of 12 May, CHG0030001
    valid_until: "2027-06-30"
    hosts: [web1, web2]
    classes: [4f1c2a9d]

- name: Approve the first two rings of a plan, in another file
  avshift.endpoint.migration_approve:
    plan: avshift/plan/plan.json
    approver: Jane Doe
    reason: CAB of 12 May, CHG0030001
    valid_until: "2027-06-30T18:00:00Z"
    rings: [pilot, early]
    output: approvals/CHG0030001.json

- name: Approve that the rollout goes on after the pilot
  avshift.endpoint.migration_approve:
    plan: avshift/plan/plan.json
    approver: Jane Doe
    reason: No calls at the service desk in two days
    gate: pilot
"""

RETURN = r"""
path:
  description: Path of the approval.
  returned: success
  type: str
  sample: /srv/avshift/plan/approval.json
approval:
  description: The approval, as catalog/data/schemas/approval.schema.json describes it.
  returned: success
  type: dict
  contains:
    plan_digest:
      description: Digest of the approved plan.
      type: str
      sample: 0a1f5d7c9b3e2468ace013579bdf02468ace13579bdf02468ace13579bdf0246
    approver:
      description: Who approved it.
      type: str
      sample: Jane Doe
    reason:
      description: Why, or by which decision.
      type: str
      sample: CAB of 12 May, CHG0030001
    time:
      description: When it was written, in UTC.
      type: str
      sample: "2027-05-12T09:30:00Z"
    valid_until:
      description: When it expires, in UTC; empty if it does not expire.
      type: str
      sample: "2027-06-30T23:59:59Z"
    hosts:
      description: The approved hosts.
      type: list
      elements: str
      sample: [web1, web2]
sign:
  description: The command that signs it, without the path of your key.
  returned: success
  type: str
  sample: ssh-keygen -Y sign -f KEY -n approval@avshift.endpoint /srv/avshift/plan/approval.json
"""
