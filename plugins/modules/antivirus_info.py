#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_info
short_description: Tell which antivirus products are on a host and which process intercepts file access
version_added: 0.1.0
description:
  - Looks for Kaspersky's products and for the replacements of the catalog, and reads from the kernel which processes hold
    fanotify permission marks, whoever made them. Changes nothing.
  - Products that intercept by a kernel module or by eBPF hold no such marks and are not seen as interceptors.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
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
  description: Products that are there, with C(id), C(name), C(version) and C(state).
  returned: success
  type: list
  elements: dict
interceptors:
  description: Processes that stand between a file and its reader, with C(executable) and the number of C(marks).
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
"""
