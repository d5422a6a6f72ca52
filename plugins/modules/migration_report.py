#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_report
short_description: Make the documents of a fleet
version_added: 0.1.0
description:
  - Makes plan.json, plan.html, plan.md, plan.csv and servicenow.yml from the plans of a dry run. Hosts that share a plan are
    shown once.
  - Of a folder of records it makes report.html, report.json, report.md, report.csv, report.xlsx, junit.xml, OSCAL assessment
    results and, where something is left to be done, an OSCAL plan of action, with their SHA256SUMS.
  - From two folders of records it makes comparison.json and comparison.md, which tell what has changed on which host.
  - Of a detection it shows a summary.
  - A host of a detection or a dry run that gave no answer gets a record that says why, unless it has one from an answer
    of its own, which is never written over; and the task fails, after writing.
  - Refuses to sum up while hosts of the play have not finished (C(hosts_still_out)), as they may under C(strategy=free) or
    C(serial).
  - In check mode nothing is written.
  - Works on the controller only. Records that cannot be read are named and counted, and the rest is reported.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  idempotent:
    support: partial
    details: Documents of the same records are the same. A plan shows what changes by itself, such as process IDs.
options:
  kind:
    description: Which documents to make.
    type: str
    choices: [detection, plan, run, comparison]
    required: true
  output_dir:
    description: Folder for the documents.
    type: path
    required: true
  records_dir:
    description: Folder of the records; those of a dry run are written there first.
    type: path
    required: true
  earlier_dir:
    description: Folder of the records of an earlier run. Needed for O(kind=comparison), which compares O(records_dir) to it.
    type: path
  hosts:
    description: The hosts of a dry run or detection.
    type: list
    elements: str
    default: []
  results_in:
    description:
      - The variable of each host in which the result of M(avshift.endpoint.migration_plan), or for V(detection) of
        M(avshift.endpoint.kaspersky_info), was registered.
    type: str
    default: ""
  change_id:
    description: Number of the change in the ticket system.
    type: str
    default: ""
  waves:
    description:
      - What the migration's C(serial) will be, such as V([1, 10, "25%"]), in any form that the filter
        P(avshift.endpoint.waves#filter) takes; of a plan, to tell each host's wave.
      - Without it the waves are those of a migration that is given none, V([1, "10%", "100%"]).
    type: raw
  needs_approval:
    description: Of a plan, that it is not its own approval and is carried out under an approval's document alone.
    type: bool
    default: false
  console_file:
    description:
      - Path of a file on the controller that names the hosts that the replacement's console sees protected, with the time and
        the source. C(docs/providers.md) has an example.
      - It closes hosts whose verdict is C(removed_console_check_pending), in a report of kind V(run).
    type: path
  policy:
    description:
      - Ids of the policy packs that a report measures against, as docs/policies.md lists them, or paths of packs of your
        own that end in C(.yml). A plan names them with their digests.
      - With none, documents say what is there, not whether a rule allows it; no rule binds everybody.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Report
  avshift.endpoint.migration_report:
    kind: run
    records_dir: avshift/records
    output_dir: avshift/report

- name: Report, measured against two rules
  avshift.endpoint.migration_report:
    kind: run
    records_dir: avshift/records
    output_dir: avshift/report
    policy: [us_bod_17_01, us_far_52_204_23]
"""

RETURN = r"""
paths:
  description: The documents by name.
  returned: when O(kind) is not V(detection)
  type: dict
digest:
  description: The digest of the whole plan.
  returned: when O(kind=plan)
  type: str
verdicts:
  description: How many hosts have which verdict.
  returned: when O(kind=run) or O(kind=detection)
  type: dict
compared:
  description: How many hosts are C(same), C(new), C(gone) and C(changed).
  returned: when O(kind=comparison)
  type: dict
"""
