#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_redact
short_description: Redact records, plans and reports so that they can be shown to outsiders
version_added: 0.1.0
description:
  - Writes a copy of each record, C(plan.json), C(approval.json) and C(report.json) in which only the collection's own
    words, versions, times and numbers are left. Names of hosts and users, addresses, home directories, IDs, serial
    numbers, digests and every word that is not the collection's own are replaced with pseudonyms.
  - The same original gets the same pseudonym in all documents of one call. No pseudonym can be traced back to it.
  - Redacted documents are marked as such. Every module that bases a decision on documents, or sums them up, refuses
    redacted ones with C(document_redacted).
  - Files of other kinds, such as C(plan.html), are left out and listed.
  - In check mode nothing is written.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  sources:
    description: Files, or folders with everything below them, on the controller.
    type: list
    elements: path
    required: true
  output_dir:
    description: Folder on the controller for the redacted documents. It is created if it is missing.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Redact everything that a migration wrote
  avshift.endpoint.migration_redact:
    sources:
      - avshift
    output_dir: avshift/redacted

- name: Redact one record for a bug report
  avshift.endpoint.migration_redact:
    sources:
      - avshift/records/web1.example.org.json
    output_dir: bug-report
"""

RETURN = r"""
paths:
  description: Absolute path of each redacted document on the controller, by the path of its original.
  returned: always
  type: dict
  contains:
    /srv/avshift/plan/plan.json:
      description: For each original, where its redacted copy is.
      type: str
      sample: /srv/avshift/redacted/plan/plan.json
  sample: {/srv/avshift/plan/plan.json: /srv/avshift/redacted/plan/plan.json}
left_out:
  description: Absolute paths of the files of other kinds, which were not redacted.
  returned: always
  type: list
  elements: str
  sample: [/srv/avshift/plan/plan.html]
"""
