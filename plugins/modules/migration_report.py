#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_report
short_description: Write the report of a folder of records
version_added: 0.1.0
description:
  - Writes C(report.html), C(report.json), C(report.md), C(report.csv), C(report.xlsx), C(junit.xml), OSCAL assessment results
    and, if something is left to do, an OSCAL plan of action, with their C(SHA256SUMS).
  - Records that cannot be read are listed and counted; the rest is reported.
  - In check mode nothing is written.
  - Works on the controller only.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  records_dir:
    description: Folder on the controller with the records of a migration, verification, dry run or detection.
    type: path
    required: true
  output_dir:
    description: Folder on the controller for the documents. It is created if it is missing.
    type: path
    required: true
  policy:
    description:
      - IDs of policy packs, as docs/policies.md lists them, or paths of your own packs, ending in C(.yml).
      - If omitted, the report says what is there, not whether a rule allows it, because no single rule applies to everyone.
    type: list
    elements: str
    default: []
  console_file:
    description:
      - Path of a file on the controller with the hosts that the replacement's console shows as protected, the time
        and the source. C(docs/providers.md) has an example.
      - It settles the verdict C(removed_console_check_pending) of these hosts.
    type: path
  device_list_file:
    description:
      - Path on the controller of a device list of the management server, exported or written by the inventory plugin C(ksc).
      - The report says which devices were never reached, which hosts the server does not know, where the agent's version
        differs, and what is ambiguous. C(docs/fleet.md) explains it.
    type: path
  device_list_since:
    description: A day as C(YYYY-MM-DD). Devices that the server last saw before that day are listed.
    type: str
"""

EXAMPLES = r"""
- name: Write the report
  avshift.endpoint.migration_report:
    records_dir: avshift/records
    output_dir: avshift/report

- name: Write the report and apply two rules
  avshift.endpoint.migration_report:
    records_dir: avshift/records
    output_dir: avshift/report
    policy: [us_bod_17_01, us_far_52_204_23]

- name: Write the report and compare it with the management server's list
  avshift.endpoint.migration_report:
    records_dir: avshift/records
    output_dir: avshift/report
    device_list_file: avshift/device-list.json
    device_list_since: "2026-10-01"
"""

RETURN = r"""
paths:
  description: Absolute path of each document on the controller, by its name.
  returned: always
  type: dict
  sample: {report.html: /srv/avshift/report/report.html, junit.xml: /srv/avshift/report/junit.xml}
device_list:
  description: Number of hosts and devices by the result of the comparison with a device list. Empty without a list.
  returned: always
  type: dict
  sample: {never_reached: 3, unknown_to_server: 1, agent_differs: 0, seen_before: 2, ambiguous: 0}
verdicts:
  description: Number of hosts by verdict.
  returned: always
  type: dict
  sample: {removed_verified: 40, partially_removed: 2}
"""
