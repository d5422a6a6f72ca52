#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_approve
short_description: Approve a plan, or some of its hosts
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
      - A day as YYYY-MM-DD, which counts to its end in UTC, or a time as YYYY-MM-DDTHH:MM:SSZ. It never ends without this.
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
    description: Path of the approval. It is approval.json beside the plan without this.
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
"""

RETURN = r"""
path:
  description: Path of the approval.
  returned: success
  type: str
approval:
  description: The approval, as catalog/data/schemas/approval.schema.json describes it.
  returned: success
  type: dict
sign:
  description: The command that signs it, but for the path of the key.
  returned: success
  type: str
"""
