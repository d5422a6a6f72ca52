#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: pull_hand_in
short_description: Hand a machine's records in
version_added: 0.1.0
description:
  - For a machine that pulls its own playbooks, as with ansible-pull. Copies its records to a folder with those of all machines.
  - A record there that counts before the machine's own stays, for example if a controller has migrated the machine in between.
    An answer of the host counts before a failure to reach or start it, and then the latest.
  - Damaged records are not copied. Each gets a warning.
  - Works on the controller only, which is the machine itself.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.controller_alone
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  records_dir:
    description: Folder with the machine's own records. It may be missing.
    type: path
    required: true
  inbox:
    description: Folder to copy them to.
    type: path
    required: true
seealso:
  - module: avshift.endpoint.pull_host
"""

EXAMPLES = r"""
- name: Hand in what was not handed in before
  avshift.endpoint.pull_hand_in:
    records_dir: /var/lib/avshift-pull/records
    inbox: /srv/share/records

- name: Hand them in to a folder that a program sends on
  avshift.endpoint.pull_hand_in:
    records_dir: "{{ avshift_output_dir }}/records"
    inbox: /var/spool/avshift
"""

RETURN = r"""
records:
  description: Names of the files that were copied.
  returned: success
  type: list
  elements: str
  sample: [laptop7.example.org.json]
"""
