#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_compare
short_description: Compare two folders of records
version_added: 0.1.0
description:
  - Writes C(comparison.json) and C(comparison.md), which list what changed on which host between two runs.
  - Records that cannot be read are listed and counted; the rest is compared.
  - In check mode nothing is written.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  earlier_dir:
    description: Folder on the controller with the records of the earlier run.
    type: path
    required: true
  records_dir:
    description: Folder on the controller with the records of the later run.
    type: path
    required: true
  output_dir:
    description: Folder on the controller for the documents. It is created if it is missing.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Compare a verification with the migration
  avshift.endpoint.migration_compare:
    earlier_dir: avshift/records
    records_dir: avshift/verify
    output_dir: avshift/report

- name: Compare two detections
  avshift.endpoint.migration_compare:
    earlier_dir: avshift/detect-2026-01
    records_dir: avshift/detect
    output_dir: avshift/detect-compared
"""

RETURN = r"""
paths:
  description: Absolute path of each document on the controller, by its name.
  returned: always
  type: dict
  contains:
    comparison.json:
      description: The comparison for programs.
      type: str
      sample: /srv/avshift/report/comparison.json
    comparison.md:
      description: The comparison for people.
      type: str
      sample: /srv/avshift/report/comparison.md
  sample: {comparison.json: /srv/avshift/report/comparison.json, comparison.md: /srv/avshift/report/comparison.md}
compared:
  description: Number of hosts that are C(same), C(new), C(gone) and C(changed).
  returned: always
  type: dict
  contains:
    same:
      description: Hosts whose records say the same.
      type: int
      sample: 30
    new:
      description: Hosts that only the later records have.
      type: int
      sample: 0
    gone:
      description: Hosts that only the earlier records have.
      type: int
      sample: 1
    changed:
      description: Hosts whose records differ.
      type: int
      sample: 9
"""
