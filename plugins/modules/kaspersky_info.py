#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: kaspersky_info
short_description: Find Kaspersky software on a host, by evidence
version_added: 0.1.0
description:
  - Collects evidence in one round trip, matches it to the products of the catalog, and changes nothing.
  - What could not be checked is listed, and the answer is then not complete.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  root:
    description:
      - The root file system to look at, such as a mounted image. Anything but V(/) is looked at without what only a
        running system has, such as processes.
    type: path
    default: /
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
      description: product, management, server, gateway, embedded, tool, exempt or successor.
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
    reasons:
      description: Ids of the evidence.
      type: list
      elements: str
evidence:
  description: Everything that was seen, with C(id), C(kind), C(what), C(where), and C(value) or C(unknown).
  returned: success
  type: list
  elements: dict
unknowns:
  description: What could not be checked, with C(id) and C(cause).
  returned: success
  type: list
  elements: dict
complete:
  description: Whether everything could be checked.
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
"""
