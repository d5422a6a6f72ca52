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
  contains:
    report.html:
      description: The report as a page.
      type: str
      sample: /srv/avshift/report/report.html
    report.md:
      description: The report for a ticket.
      type: str
      sample: /srv/avshift/report/report.md
    report.csv:
      description: One line per host.
      type: str
      sample: /srv/avshift/report/report.csv
    report.json:
      description: The report for programs.
      type: str
      sample: /srv/avshift/report/report.json
    report.xlsx:
      description: The report as a workbook.
      type: str
      sample: /srv/avshift/report/report.xlsx
    reconciliation.csv:
      description: The comparison with a device list. Missing without one.
      type: str
      sample: /srv/avshift/report/reconciliation.csv
    junit.xml:
      description: One test per host, for CI.
      type: str
      sample: /srv/avshift/report/junit.xml
    oscal-assessment-results.json:
      description: OSCAL assessment results.
      type: str
      sample: /srv/avshift/report/oscal-assessment-results.json
    oscal-poam.json:
      description: An OSCAL plan of action and milestones.
      type: str
      sample: /srv/avshift/report/oscal-poam.json
    SHA256SUMS:
      description: The SHA-256 of all other documents.
      type: str
      sample: /srv/avshift/report/SHA256SUMS
  sample: {report.html: /srv/avshift/report/report.html, junit.xml: /srv/avshift/report/junit.xml}
device_list:
  description: Number of hosts and devices by the result of the comparison with a device list. Empty without a list.
  returned: always
  type: dict
  contains:
    never_reached:
      description: Devices that no run has reached.
      type: int
      sample: 3
    unknown_to_server:
      description: Hosts with an agent that the server does not list.
      type: int
      sample: 1
    agent_differs:
      description: Hosts where the server and the host disagree about the agent.
      type: int
      sample: 0
    seen_before:
      description: Devices that the server last saw before the given day.
      type: int
      sample: 2
    ambiguous:
      description: Devices or hosts that match more than once.
      type: int
      sample: 0
  sample: {never_reached: 3, unknown_to_server: 1, agent_differs: 0, seen_before: 2, ambiguous: 0}
verdicts:
  description: Number of hosts by verdict. One that no host has is missing.
  returned: always
  type: dict
  contains:
    never_present:
      description: Hosts without any trace, now or earlier.
      type: int
      sample: 3
    removed_verified:
      description: Hosts where everything is removed, verified by a second look.
      type: int
      sample: 40
    removed_with_inert_residue:
      description: Hosts where files are left that nothing runs.
      type: int
      sample: 0
    removed_pending_reboot:
      description: Hosts that have to be restarted first.
      type: int
      sample: 0
    removed_console_check_pending:
      description: Hosts where only the replacement's console can confirm the rest.
      type: int
      sample: 0
    partially_removed:
      description: Hosts where some of it is still there.
      type: int
      sample: 2
    rolled_back:
      description: Hosts where a step failed and the change was undone.
      type: int
      sample: 0
    refused:
      description: Hosts that were not changed because of a preflight result or drift.
      type: int
      sample: 0
    excepted:
      description: Hosts that keep it for now, by an exception.
      type: int
      sample: 0
    planned:
      description: Hosts with a plan that was not carried out.
      type: int
      sample: 0
    detected:
      description: Hosts where something was found.
      type: int
      sample: 12
    failed:
      description: Hosts where the change failed.
      type: int
      sample: 0
    unknown:
      description: Hosts whose state could not be fully checked.
      type: int
      sample: 1
  sample: {removed_verified: 40, partially_removed: 2}
"""
