#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_summary
short_description: Summarise a migration in rings
version_added: 0.1.0
description:
  - Shows how many hosts were migrated, failed, were unreachable or were not started, why, what holds up the next ring, and
    the command that goes on.
  - Fails if hosts were not started and no other host failed, so that the exit code shows it.
  - Works on the controller only, and writes nothing. Put it into the C(always) section of the run's last play.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.held_up_by
options:
  results_in:
    description:
      - Name of the variable in which each host registered the result of M(avshift.endpoint.migration_record). For a host
        without it, its record counts.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Summarise the run
  avshift.endpoint.rollout_summary:
    results_in: endpoint_migrate_result
    stop_file: avshift/STOP
  run_once: true

- name: Summarise a run whose rings have to be approved with a signature
  avshift.endpoint.rollout_summary:
    results_in: endpoint_migrate_result
    require_signature: true
    allowed_signers: signers
  run_once: true
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
"""
