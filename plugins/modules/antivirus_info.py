#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_info
short_description: Report the antivirus products of a host and which process intercepts file access
version_added: 0.1.0
description:
  - Looks for Kaspersky's products and for the antivirus and EDR products of other vendors in the catalog, and reads from
    the kernel which processes hold fanotify permission marks, whoever made them. Changes nothing.
  - A product that intercepts by a kernel module is recognised by the module, where its name is known. One that intercepts
    by eBPF cannot be seen to do so, and its C(intercepts) is V(unknown).
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
- name: See which product scans
  avshift.endpoint.antivirus_info:
  register: antivirus

- name: Stop where a process intercepts that no entry of the catalog knows
  ansible.builtin.assert:
    that: antivirus.interceptors | rejectattr('product') | length == 0

- name: Look for products of a catalog of your own too
  avshift.endpoint.antivirus_info:
    catalog_dirs: [catalog]
"""

RETURN = r"""
antivirus:
  description: Products that are there.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The product's ID in the catalog.
      type: str
      sample: clamav
    name:
      description: The product's name.
      type: str
      sample: ClamAV
    vendor:
      description: Who makes it; nothing for Kaspersky products.
      type: str
      sample: Cisco
    class:
      description: antivirus or edr, or the class of a Kaspersky product.
      type: str
      sample: antivirus
    version:
      description: The version, or nothing where it is not known.
      type: str
      sample: 1.4.3
    state:
      description: running, installed, broken, residue_active or residue_inert.
      type: str
      sample: running
    confidence:
      description: confirmed (two independent kinds of evidence), probable, or weak (a name only).
      type: str
      sample: confirmed
    intercepts:
      description: Whether it stands between a file and its reader now; yes, no or unknown.
      type: str
      sample: "yes"
    says:
      description:
        - What the product's own command line says of it, where the catalog knows one, as C(result) and C(checks) of
          M(avshift.endpoint.antivirus_selftest). It is no proof that the product protects; missing where it cannot be asked.
      type: dict
      contains:
        result:
          description: V(ok), V(bad) or V(unknown).
          type: str
          sample: ok
        checks:
          description: As RV(avshift.endpoint.antivirus_selftest#module:checks).
          type: list
          elements: dict
    reasons:
      description: IDs of the evidence.
      type: list
      elements: str
      sample: ["package:clamav-daemon", "unit:clamav-daemon.service"]
interceptors:
  description: Processes that stand between a file and its reader.
  returned: success
  type: list
  elements: dict
  contains:
    executable:
      description: Path of the executable.
      type: str
      sample: /usr/sbin/clamonacc
    marks:
      description: How many fanotify permission marks it holds.
      type: int
      sample: 5
    container:
      description: The container that it runs in, or nothing for the host's own.
      type: str
      sample: ""
    product:
      description: ID of the product that it belongs to, or nothing where no entry knows it.
      type: str
      sample: clamav
unknowns:
  description: What could not be checked.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the evidence.
      type: str
      sample: process:/proc
    cause:
      description: Why it could not be checked.
      type: str
      sample: permission denied
    products:
      description: IDs of the products that depend on it.
      type: list
      elements: str
      sample: [kesl]
    bears:
      description: Whether it could change the answer.
      type: bool
      sample: true
complete:
  description: Whether everything that could change the answer was checked.
  returned: success
  type: bool
  sample: true
"""
