#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: kaspersky_info
short_description: Find Kaspersky software on a host by evidence
version_added: 0.1.0
description:
  - Collects evidence in one round trip, matches it to the products in the catalog, and changes nothing.
  - Lists what could not be checked with the products that depend on it; the result is then not complete.
  - Kaspersky software without a catalog entry is reported as C(unrecognised), based on package name, vendor or location.
  - On a host with a Windows shell it reads raw facts with M(avshift.endpoint.windows_reads). This was never run on a real Windows.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.looks_at_windows_too
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.brief
  - avshift.endpoint.attributes.on_controller
attributes:
  idempotent:
    support: full
    details: A record in O(records_dir) contains the time of its run. It is on the controller and does not count as a change.
options:
  root:
    description: The root to check, such as a mounted image or disk. On any root but V(/), only files can be checked.
    type: path
    default: /
  records_dir:
    description:
      - Folder on the controller for the host's record, which then holds the evidence; the run shows one line per host with what was found.
      - In check mode the record is not written. A record on the controller does not count as a change.
    type: path
  silence:
    description:
      - Whether to also look for anything on the host that connects to the vendor, or is configured to.
      - Checks processes, sockets, current and tracked connections (no name is resolved), repositories, proxies, mirrors, jobs and other configuration.
    type: bool
    default: false
  servers:
    description: Names and addresses of management servers that, with O(silence=true), nothing on the host may point to either.
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

- name: Check a mounted image
  avshift.endpoint.kaspersky_info:
    root: /mnt/image

- name: Check whether anything still connects to the vendor, or to the server that managed the host
  avshift.endpoint.kaspersky_info:
    silence: true
    servers: [ksc.example.org, 192.0.2.10]

- name: Write one record per host
  avshift.endpoint.kaspersky_info:
    records_dir: avshift/detect
"""

RETURN = r"""
counts:
  description: How much was found.
  returned: with O(brief=true), without O(records_dir)
  type: dict
  contains:
    findings: {description: Findings., type: int, sample: 2}
    evidence: {description: Pieces of evidence., type: int, sample: 310}
    unknowns: {description: What could not be checked., type: int, sample: 0}
  sample: {findings: 2, evidence: 310, unknowns: 0}
kept:
  description: The name of the file that has the rest of the result, which is the SHA-256 of its content.
  returned: with O(brief=true), without O(records_dir)
  type: str
  sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
findings:
  description: One finding for each product with any trace.
  returned: success, without O(brief=true)
  type: list
  elements: dict
  contains:
    id: {description: The product's ID in the catalog., type: str, sample: kesl}
    name: {description: The product's name., type: str, sample: Kaspersky Endpoint Security for Linux}
    class:
      description: product, management, server, gateway, embedded, tool, exempt, successor or unrecognised.
      type: str
      sample: product
    state: {description: "running, installed, broken, residue_active or residue_inert.", type: str, sample: running}
    version: {description: The version; empty if it is not known., type: str, sample: 12.1.0-1508}
    confidence:
      description: confirmed (two independent kinds of evidence), probable, or weak (a name only).
      type: str
      sample: confirmed
    mode:
      description: Its mode, in the vendor's words, such as Light Agent; empty for the normal mode.
      type: str
      sample: ""
    problems:
      description:
        - Why the state is broken, and what else to know before it is changed.
        - C(package_state), a package operation was interrupted or failed.
        - C(files_missing), it is in the package database, but its files are gone.
        - C(package_missing), its programs are there, but it is in no package database.
        - C(setup_never_run), it was installed but never set up.
        - C(removal_cannot_succeed), its package's removal script needs something that is missing.
        - C(engine_stopped), other processes of it run, but the one that protects does not.
        - C(watchdog_without_engine), its watchdog runs, but does not start the process that protects.
        - C(orphan_entry), on Windows, it is in the list of installed programs, but its files are gone.
        - C(files_without_entry), on Windows, its programs are there, but it is not in that list.
        - The following can stand beside any state.
        - C(driver_without_file), a driver of it is registered whose file is gone.
        - C(filter_left), a class of devices still calls a driver of it that is gone. Do not restart the host before the value is corrected.
        - C(encrypted_disk), a driver of it that encrypts disks or files is there. Decrypt by policy before anything is removed.
        - C(password_protected), a password protects its removal.
        - C(delete_pending), a service or driver of it is marked for deletion at the next restart.
        - C(restart_pending), files of it go or are replaced at the next restart.
      type: list
      elements: str
      sample: []
    reasons:
      description: IDs of the evidence.
      type: list
      elements: str
      sample: ["package:kesl", "unit:kesl.service"]
evidence:
  description: Everything that was seen.
  returned: success, without O(brief=true) and O(records_dir)
  type: list
  elements: dict
  contains:
    id: {description: "The evidence's ID, used in findings.", type: str, sample: "package:kesl"}
    kind: {description: The kind of evidence., type: str, sample: package}
    what: {description: What was looked for., type: str, sample: kesl}
    where: {description: Where it was looked for., type: str, sample: dpkg}
    value:
      description: What was seen. Its form depends on the kind; this is the one of a package.
      type: dict
      contains:
        manager: {description: The package manager that knows it., type: str, sample: dpkg}
        status:
          description: The state of the package, in that manager's words.
          type: str
          sample: install ok installed
        version: {description: The installed version., type: str, sample: 12.1.0-1297}
      sample: {manager: dpkg, status: install ok installed, version: 12.1.0-1297}
    unknown: {description: "Why it could not be checked, in place of the value.", type: str, sample: permission denied}
unknowns:
  description: What could not be checked.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: ID of the evidence., type: str, sample: "process:/proc"}
    cause: {description: Why it could not be checked., type: str, sample: permission denied}
    products:
      description: IDs of the products that depend on it.
      type: list
      elements: str
      sample: [kesl]
    bears: {description: Whether it could change the answer., type: bool, sample: true}
limits:
  description: What the host has that was not checked, such as packages of an unsupported manager; no part of RV(complete).
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "The limit's ID in the catalog, or C(named_by_others).", type: str, sample: pacman}
    what:
      description: What it is, and where it was seen.
      type: str
      sample: packages of pacman (/var/lib/pacman/local)
    why:
      description: Why it was not checked, or how far it was.
      type: str
      sample: its database is not read; only the names of its packages are compared
silence:
  description: Whether anything on the host connects to the vendor, or is configured to.
  returned: with O(silence=true)
  type: dict
  contains:
    result:
      description: C(silent), C(talks), or C(unknown) if nothing was seen but not everything could be checked.
      type: str
      sample: silent
    signs:
      description:
        - What was seen.
        - A sign of level V(error) makes the result C(talks), V(unknown) makes it C(unknown), and V(info) is left to you.
      type: list
      elements: dict
      contains:
        id: {description: A stable ID., type: str, sample: flow_to_vendor}
        level: {description: "V(error), V(unknown) or V(info).", type: str, sample: error}
        title: {description: "The subject, in one line.", type: str, sample: "Scheduled jobs name the vendor's domains"}
        diagnosis:
          description: What was seen on this host.
          type: str
          sample: "/etc/crontab line 12: 0 3 * * * root curl https://update.example.org"
        remediation:
          description: What to do about it.
          type: str
          sample: "Remove the job, or the part of it that connects to the vendor."
complete:
  description: Whether everything that could change the answer was checked.
  returned: success
  type: bool
  sample: true
platform:
  description: What kind of system the host runs, C(linux) or C(windows).
  returned: success, without O(brief=true)
  type: str
  sample: linux
preview:
  description: The platform of a host that is looked at and never changed. Whether such a host is silent is not asked.
  returned: on such a host, or of its disk
  type: str
  sample: windows
earlier_runs:
  description: Earlier runs of this collection that are in the host's journal.
  returned: success
  type: list
  elements: dict
  contains:
    digest:
      description: Digest of the plan that was carried out.
      type: str
      sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
    status: {description: "How the run ended, such as V(done).", type: str, sample: done}
    products:
      description: IDs of the products that it removed.
      type: list
      elements: str
      sample: [kesl]
removed_before:
  description: IDs of the products that earlier runs removed.
  returned: success
  type: list
  elements: str
  sample: [kesl]
verdict:
  description: detected, never_present, removed_verified or unknown.
  returned: with O(records_dir)
  type: str
  sample: detected
path:
  description: Path of the record on the controller.
  returned: with O(records_dir)
  type: str
  sample: avshift/detect/web1.json
root:
  description: The root that was checked, as O(root) names it.
  returned: with O(records_dir)
  type: str
  sample: /mnt/image
"""
