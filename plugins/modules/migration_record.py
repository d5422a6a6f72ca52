#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_record
short_description: Write a host's record on the controller
version_added: 0.1.0
description:
  - Combines the results of a run's tasks and the verdict into one JSON document, and writes it on the controller.
  - Fails, after writing, if the verdict is not clean and no earlier task has failed.
  - In check mode it writes nothing, and reports the expected result if it is known in advance. A verification
    then fails only for what was found, because the on-access test is skipped.
  - If nothing was changed this time, or the host did not answer, the change in an earlier record is kept.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  idempotent:
    support: none
    details: A record contains the time of its run, so each run writes a different one. The host itself is not changed.
options:
  rollout:
    description:
      - RV(avshift.endpoint.rollout_gate#module:look) of the host's batch. A clean record removes the mark of a host that is being changed.
    type: dict
    default: {}
  mode:
    description: The kind of run.
    type: str
    choices: [migrate, verify]
    required: true
  folder:
    description: Folder on the controller for the record.
    type: path
    required: true
  results:
    description: The results of the run's tasks, under the keys C(planned), C(stage), C(handover), C(remove), C(collected), C(proven).
    type: dict
    required: true
  exceptions_file:
    description:
      - Path of a file of exceptions and accepted checks, for a verification. A plan already contains its own.
      - If only excepted products are left, the verdict is C(excepted), and the task does not fail.
    type: path
  console_file:
    description:
      - Path of a file on the controller with the hosts that the replacement's console shows as protected, the time
        and the source. C(docs/providers.md) has an example.
      - It settles the verdict C(removed_console_check_pending) of these hosts.
    type: path
  require_silence:
    description:
      - Also fail if Kaspersky is gone according to the verdict, but something on the host still connects to it or is configured to.
      - Otherwise such a host gets a warning. The report counts it as a deviation in either case.
    type: bool
    default: false
  change_id:
    description: Number of the change in the ticket system, if the plan has none.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Write the record of a verification
  avshift.endpoint.migration_record:
    mode: verify
    folder: avshift/verify
    results:
      collected: "{{ collected }}"
      proven: "{{ proven }}"

- name: Write the record of a migration
  avshift.endpoint.migration_record:
    mode: migrate
    folder: avshift/records
    change_id: CHG0030001
    results:
      planned: "{{ planned }}"
      stage: "{{ staged }}"
      handover: "{{ handed_over }}"
      remove: "{{ removed }}"
      collected: "{{ collected }}"
      proven: "{{ proven }}"
"""

RETURN = r"""
verdict:
  description: The verdict on the host.
  returned: always
  type: str
  sample: removed_verified
path:
  description: Path of the record on the controller.
  returned: always
  type: str
  sample: avshift/records/web1.json
success:
  description: Whether nothing failed and the host is clean or excepted; in check mode also if it would be changed.
  returned: always
  type: bool
  sample: true
forecast:
  description: Whether the host's platform is only looked at, such as Windows. Its verdict is counted separately and fails nothing.
  returned: always
  type: bool
  sample: false
failure:
  description: Why the first failed task failed; empty if none failed.
  returned: always
  type: dict
  contains:
    code:
      description: A stable code for what failed.
      type: str
      sample: drifted
    message:
      description: What failed, why, and what to do.
      type: str
      sample: "Removing packages: kesl: another process holds the lock. Wait until it has ended, and run again."
window_seconds:
  description: Seconds without real-time protection, in this run or in the last run with a handover.
  returned: always
  type: float
  sample: 0.8
"""
