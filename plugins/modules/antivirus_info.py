#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_info
short_description: Tell which antivirus products are on a host and which process intercepts file access
version_added: 0.1.0
description:
  - Looks for Kaspersky's products and for the antivirus and EDR products of other vendors in the catalog, and reads from
    the kernel which processes hold fanotify permission marks, whoever made them. Changes nothing.
  - A product that intercepts by a kernel module is told by the module, where its name is known. One that intercepts by
    eBPF cannot be seen to do so, and its C(intercepts) is V(unknown).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options: {}
seealso:
  - module: avshift.endpoint.kaspersky_info
"""

EXAMPLES = r"""
- name: See who scans
  avshift.endpoint.antivirus_info:
"""

RETURN = r"""
antivirus:
  description: Products that are there.
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
    vendor:
      description: Who makes it; nothing for Kaspersky's.
      type: str
    class:
      description: antivirus or edr, or the class of a product of Kaspersky's.
      type: str
    version:
      description: The version, or nothing where no evidence tells it.
      type: str
    state:
      description: running, installed, broken, residue_active or residue_inert.
      type: str
    confidence:
      description: confirmed (two independent kinds of evidence), probable, or weak (a name only).
      type: str
    intercepts:
      description: Whether it stands between a file and its reader now; yes, no or unknown.
      type: str
    says:
      description:
        - What the product's own command line says of it, where the catalog knows one, as C(result) and C(checks) of
          M(avshift.endpoint.antivirus_selftest). It is no proof that the product protects; missing where it cannot be asked.
      type: dict
    reasons:
      description: Ids of the evidence.
      type: list
      elements: str
interceptors:
  description: Processes that stand between a file and its reader.
  returned: success
  type: list
  elements: dict
  contains:
    executable:
      description: Path of the executable.
      type: str
    marks:
      description: How many fanotify permission marks it holds.
      type: int
    container:
      description: The container that it runs in, or nothing for the host's own.
      type: str
    product:
      description: Id of the product that it belongs to, or nothing where no entry knows it.
      type: str
unknowns:
  description: What could not be checked, with C(id), C(cause), C(products) and C(bears) as of M(avshift.endpoint.kaspersky_info).
  returned: success
  type: list
  elements: dict
complete:
  description: Whether nothing that the answer hangs on is unknown.
  returned: success
  type: bool
"""
