#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_info
short_description: Report the antivirus products of a host and which process intercepts file access
version_added: 0.1.0
description:
  - Looks for Kaspersky products and for other vendors' antivirus and EDR products in the catalog, and reads from the
    kernel which processes hold fanotify permission marks, whatever product they belong to. Changes nothing.
  - A product that intercepts with a kernel module is recognised by that kernel module, if its name is known. Interception by
    eBPF cannot be seen, and C(intercepts) is V(unknown) for such a product.
  - On a host with a Windows shell it reads raw facts with M(avshift.endpoint.windows_reads). C(intercepts) is
    then V(no) or V(unknown), since no readable fact shows that a product blocks. This was never run on a real Windows.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.looks_at_windows_too
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options: {}
seealso:
  - module: avshift.endpoint.kaspersky_info
"""

EXAMPLES = r"""
- name: Find out which product scans
  avshift.endpoint.antivirus_info:
  register: antivirus

- name: Stop if a process intercepts that is not in the catalog
  ansible.builtin.assert:
    that: antivirus.interceptors | rejectattr('product') | length == 0

- name: Look for products in your own catalog too
  avshift.endpoint.antivirus_info:
    catalog_dirs: [catalog]
"""

RETURN = r"""
antivirus:
  description: The products that were found.
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
      description: The vendor; empty for Kaspersky products.
      type: str
      sample: Cisco
    class:
      description: antivirus or edr, or the class of a Kaspersky product.
      type: str
      sample: antivirus
    version:
      description: The version; empty if it is not known.
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
      description: Whether it intercepts file access now; yes, no or unknown.
      type: str
      sample: "yes"
    says:
      description:
        - What the product's own command line reports, if the catalog has one, as C(result) and C(checks) of
          M(avshift.endpoint.antivirus_selftest). It does not show that the product protects. Missing if the product cannot be asked.
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
          contains:
            id:
              description: The check's ID.
              type: str
              sample: health:engine
            result:
              description: V(ok), V(bad) or V(unknown).
              type: str
              sample: ok
            detail:
              description: What the product reported.
              type: str
              sample: "engine_running: true"
    signatures:
      description:
        - The signatures of Microsoft Defender, as the Windows registry reports them. Old signatures do not protect.
        - Missing for every other product.
      type: dict
      contains:
        version:
          description: The version of the signatures; empty if it is not known.
          type: str
          sample: 1.421.12.0
        in_use_since:
          description: When they came into use, in UTC; empty if it is not known.
          type: str
          sample: "2026-11-28T06:00:00Z"
    reasons:
      description: IDs of the evidence.
      type: list
      elements: str
      sample: ["package:clamav-daemon", "unit:clamav-daemon.service"]
interceptors:
  description: Processes that intercept file access.
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
      description: The container that it runs in; empty for processes of the host itself.
      type: str
      sample: ""
    product:
      description: ID of the product that it belongs to; empty if it is not in the catalog.
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
