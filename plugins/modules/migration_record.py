#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_record
short_description: Write a host's record on the controller
version_added: 0.1.0
description:
  - Makes one JSON document from the results of a run's tasks, with the verdict, and writes it on the controller.
  - Fails, after writing, where the verdict is not clean and no task before has failed.
  - In check mode it writes nothing, and says what the run would come to where that is known beforehand. A verification
    fails then only for what was found, as the proof on access is left out.
  - What an earlier record tells of a change is kept where nothing was changed this time, or the host did not answer.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
  - avshift.endpoint.attributes.controller_alone
attributes:
  idempotent:
    support: none
    details: A record holds the time of its run, so that each run writes another one. The host itself is not changed.
options:
  mode:
    description: What the run was.
    type: str
    choices: [migrate, verify]
    required: true
  folder:
    description: Folder on the controller.
    type: path
    required: true
  results:
    description: The results of the run's tasks, by C(planned), C(stage), C(handover), C(remove), C(collected), C(proven).
    type: dict
    required: true
  exceptions_file:
    description:
      - Path of a file of exceptions and waivers, for a verification. A plan has those that it was made under.
      - Where nothing is left but what an exception names, the verdict is C(excepted), and the task does not fail.
    type: path
  console_file:
    description:
      - Path of a file on the controller that names the hosts that the replacement's console sees protected, with the time and
        the source. C(docs/providers.md) has an example.
      - It closes hosts whose verdict is C(removed_console_check_pending).
    type: path
  require_silence:
    description:
      - Fail too where Kaspersky is gone by the verdict, and something on the host still talks to it or is set up to.
      - Otherwise such a host has a warning. The report counts it as a deviation in either case.
    type: bool
    default: false
  change_id:
    description: Number of the change in the ticket system.
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
  description: Whether nothing failed, and the host is clean or excepted; in check mode, or would be changed.
  returned: always
  type: bool
  sample: true
failure:
  description: Why the first task that failed did so; nothing if none failed.
  returned: always
  type: dict
  contains:
    code:
      description: A stable word for what failed.
      type: str
      sample: drifted
    message:
      description: What failed, why, and what to do.
      type: str
window_seconds:
  description: Seconds without real-time protection, in this run or in the last one that had a handover.
  returned: always
  type: float
  sample: 0.8
"""
