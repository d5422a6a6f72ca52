#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: kaspersky_info
short_description: Find Kaspersky software on a host, by evidence
version_added: 0.1.0
description:
  - Collects evidence in one round trip, matches it to the products of the catalog, and changes nothing.
  - What could not be checked is listed with the products that hang on it, and the answer is then not complete.
  - What no entry of the catalog knows, but is Kaspersky's by the name or maker of its package or by where it lies, is found
    as C(unrecognised).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  root:
    description:
      - The root file system to look at, such as a mounted image. Anything but V(/) is looked at without what only a
        running system has, such as processes.
    type: path
    default: /
  records_dir:
    description:
      - Folder on the controller to which the host's record is written. Then the run shows a line a host with what was
        found, and the evidence is in the record instead of the result, so that the controller does not keep it.
      - In check mode the record is not written. A record of the controller's does not count as a change.
    type: path
  silence:
    description:
      - Whether to look also for what on the host talks to the vendor, or is set up to.
      - It looks at processes, sockets, current and tracked connections to addresses that the host itself knows by the vendor's
        domains (no name is resolved), repositories, proxies, mirrors, scheduled jobs and other configuration.
    type: bool
    default: false
  servers:
    description:
      - With O(silence=true), names and addresses of management servers that nothing on the host may point at either.
    type: list
    elements: str
    default: []
seealso:
  - module: avshift.endpoint.antivirus_info
  - module: avshift.endpoint.migration_plan
"""

EXAMPLES = r"""
- name: Find Kaspersky software
  avshift.endpoint.kaspersky_info:
  register: kaspersky

- name: Look at a mounted image
  avshift.endpoint.kaspersky_info:
    root: /mnt/image

- name: See whether anything still talks to the vendor, or to the server that managed the host
  avshift.endpoint.kaspersky_info:
    silence: true
    servers: [ksc.example.org, 192.0.2.10]

- name: Write a record a host
  avshift.endpoint.kaspersky_info:
    records_dir: avshift/detect
"""

RETURN = r"""
findings:
  description: One finding a product that left any sign.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The product's id in the catalog.
      type: str
    name:
      description: The product's name.
      type: str
    class:
      description: product, management, server, gateway, embedded, tool, exempt, successor or unrecognised.
      type: str
    state:
      description: running, installed, broken, residue_active or residue_inert.
      type: str
    version:
      description: The version, or nothing where no evidence tells it.
      type: str
    confidence:
      description: confirmed (two independent kinds of evidence), probable, or weak (a name only).
      type: str
    mode:
      description: What it works as, in the vendor's words, such as Light Agent; nothing for the ordinary.
      type: str
    problems:
      description:
        - Why the state is broken.
        - C(package_state), a package operation was cut off or failed.
        - C(files_missing), the package database has it and its files are gone.
        - C(package_missing), its programs are there and no package database has it.
        - C(setup_never_run), it was installed and never set up.
        - C(removal_cannot_succeed), what its package's removal script needs is not there.
        - C(engine_stopped), other processes of it run and the one that protects does not.
        - C(watchdog_without_engine), its watchdog runs and does not start the process that protects.
      type: list
      elements: str
    reasons:
      description: Ids of the evidence.
      type: list
      elements: str
evidence:
  description: Everything that was seen, with C(id), C(kind), C(what), C(where), and C(value) or C(unknown).
  returned: success, without O(records_dir)
  type: list
  elements: dict
unknowns:
  description: What could not be checked.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the evidence.
      type: str
    cause:
      description: Why it could not be checked.
      type: str
    products:
      description: Ids of the products that hang on it.
      type: list
      elements: str
    bears:
      description:
        - Whether the answer hangs on it. What would only tell more about a product of which nothing was seen does not
          count.
      type: bool
limits:
  description:
    - What the host has that was not looked at, or not wholly, such as the packages of a package manager without a reader.
    - It does not change RV(complete).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The limit's id in the catalog, or C(named_by_others).
      type: str
    what:
      description: What it is, and where it was seen.
      type: str
    why:
      description: Why it was not looked at, or how far it was.
      type: str
silence:
  description: Whether nothing on the host talks to the vendor, or is set up to.
  returned: with O(silence=true)
  type: dict
  contains:
    result:
      description: C(silent), C(talks), or C(unknown) where nothing was seen and not everything could be looked at.
      type: str
    items:
      description:
        - What was seen, each with C(id), C(level), C(title), C(diagnosis) and C(remediation).
        - Of the levels, C(error) makes a host talk, C(unknown) makes it unknown, and C(info) is left to the owner.
      type: list
      elements: dict
complete:
  description: Whether nothing that the answer hangs on is unknown.
  returned: success
  type: bool
earlier_runs:
  description: Runs of this collection that the host's journal tells of.
  returned: success
  type: list
  elements: dict
removed_before:
  description: Ids of the products that earlier runs removed.
  returned: success
  type: list
  elements: str
verdict:
  description: detected, never_present, removed_verified or unknown.
  returned: with O(records_dir)
  type: str
path:
  description: Where the record lies.
  returned: with O(records_dir)
  type: str
"""
