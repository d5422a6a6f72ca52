#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: rollout_stop
short_description: Stop a rollout, or allow it again
version_added: 0.1.0
description:
  - Writes a file on the controller. As long as it is there, a migration with the same O(stop_file) starts no more hosts and
    no more batches. Hosts that are being changed finish.
  - Each host that is not started fails with the code C(not_begun), and keeps the record of an earlier answer.
  - An existing file is left as it is, so that the first reason stays. Any file of that name stops the rollout, also one
    made by hand.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  stop_file:
    description: Path of the file.
    type: path
    required: true
  state:
    description: V(present) stops the rollout, V(absent) allows it again.
    type: str
    choices: [present, absent]
    default: present
  by:
    description: Who stops it. If omitted, the user and the name of the controller.
    type: str
  reason:
    description: Why, with O(state=present). It must not be empty, and is shown in each run that it stops.
    type: str
    default: ""
seealso:
  - module: avshift.endpoint.rollout_gate
"""

EXAMPLES = r"""
- name: Stop the rollout
  avshift.endpoint.rollout_stop:
    stop_file: avshift/STOP
    reason: Mail server slow since ring 2

- name: Allow it again
  avshift.endpoint.rollout_stop:
    stop_file: avshift/STOP
    state: absent
"""

RETURN = r"""
path:
  description: The absolute path of the file.
  returned: success
  type: str
  sample: /srv/migration/avshift/STOP
msg:
  description: What the file says, or said before it was removed.
  returned: success
  type: str
  sample: No further host is started as long as /srv/migration/avshift/STOP is there.
"""
