#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_approve
short_description: Approve a plan or some of its hosts
version_added: 0.1.0
description:
  - Writes an approval beside a plan. It names the plan by its digest, the hosts, who approves them, why, and until when.
  - M(avshift.endpoint.migration_plan) then refuses every other host of the plan, and all of them once it is over.
  - An approval that is there and says the same, but for the time, is left as it is, so that its signature stays good.
  - Works on the controller only. An approval becomes binding for others by a signature; see RV(sign).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.controller_alone
options:
  plan:
    description: Path of the plan.json.
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
      - A day as YYYY-MM-DD, which counts to its end in UTC, or a time as YYYY-MM-DDTHH:MM:SSZ.
      - If omitted, the approval does not expire.
    type: str
  hosts:
    description:
      - Names of hosts, or patterns such as V(web*). Without these, O(classes) and O(waves) every host is approved.
    type: list
    elements: str
    default: []
  classes:
    description: Six or more of the first digits of a digest that the plan shows; every host with that plan is approved.
    type: list
    elements: str
    default: []
  waves:
    description: Numbers of waves that the plan shows, from 1.
    type: list
    elements: int
    default: []
  output:
    description: Path of the approval. If omitted, it is C(approval.json) beside the plan.
    type: path
"""

EXAMPLES = r"""
- name: Approve two hosts and all that share a plan
  avshift.endpoint.migration_approve:
    plan: avshift/plan/plan.json
    approver: Jane Doe
    reason: CAB of 12 May, CHG0030001
    valid_until: "2027-06-30"
    hosts: [web1, web2]
    classes: [4f1c2a9d]

- name: Approve the first two waves of a plan, in a file of your own
  avshift.endpoint.migration_approve:
    plan: avshift/plan/plan.json
    approver: Jane Doe
    reason: CAB of 12 May, CHG0030001
    valid_until: "2027-06-30T18:00:00Z"
    waves: [1, 2]
    output: approvals/CHG0030001.json
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
      description: The plan that is approved, by its digest.
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
      description: When it expires, in UTC; nothing if it does not expire.
      type: str
      sample: "2027-06-30T23:59:59Z"
    hosts:
      description: The hosts that are approved.
      type: list
      elements: str
      sample: [web1, web2]
sign:
  description: The command that signs it, except for the path of the key.
  returned: success
  type: str
  sample: ssh-keygen -Y sign -f KEY -n approval@avshift.endpoint /srv/avshift/plan/approval.json
"""
