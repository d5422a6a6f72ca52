#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_status
short_description: Report where a rollout stands
version_added: 0.1.0
description:
  - Shows which hosts of a rollout are where, what holds up the next ring, and the command that goes on. It can run at any
    time, also during a migration, or after one was killed.
  - Everything comes from the records and marks on the controller. No host is contacted, and nothing is written.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.held_up_by
options:
  output_dir:
    description: Folder on the controller that the runs of the rollout write to.
    type: path
    required: true
  plan:
    description: Path of the approved C(plan.json). If omitted, the rollout of the newest run is used.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Report where the rollout stands
  avshift.endpoint.rollout_status:
    output_dir: avshift
    plan: avshift/plan/plan.json
    stop_file: avshift/STOP

- name: Report where the newest run in a folder stands
  avshift.endpoint.rollout_status:
    output_dir: /srv/avshift
"""

RETURN = r"""
hosts:
  description: How many hosts are in which state.
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
    not_begun:
      description: Hosts that were not started.
      type: int
      sample: 8
    interrupted:
      description: Hosts whose change has started, but without a record of how it ended.
      type: int
      sample: 0
    only_looked_at:
      description: Hosts of a platform on which nothing is changed, such as Windows. They do not affect the rollout.
      type: int
      sample: 0
  sample: {migrated: 3, failed: 1, unreachable: 0, not_begun: 8, interrupted: 0, only_looked_at: 0}
gate:
  description: C(continue), C(wait) or C(stop), as M(avshift.endpoint.rollout_gate) would decide about the next batch.
  returned: success
  type: str
  sample: stop
reasons:
  description: The reasons, as M(avshift.endpoint.rollout_gate) returns them.
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
  sample: []
lines:
  description: The lines that were shown.
  returned: success
  type: list
  elements: str
  sample: ["12 hosts: 3 migrated, 1 failed, 0 unreachable, 8 not started"]
"""
