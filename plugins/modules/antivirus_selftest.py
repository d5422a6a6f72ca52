#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_selftest
short_description: Prove that a replacement protects a host
version_added: 0.1.0
description:
  - Proves that the test string of EICAR is found on demand and that its read is refused on access in each protected
    directory, and that clean bytes are neither. Also that the units run and start at boot, that no other process
    intercepts, that the loaded signatures are not too old, and that no file silences signatures which nobody planned.
  - Test files are written into the protected directories and removed again; security monitoring will see them.
  - In check mode nothing is written and the proof on access is left out.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  check_mode:
    support: partial
    details: Nothing is written then, so that the proof on access is left out and the result is V(unknown) at best.
options:
  provider:
    description: The replacement, by its id in the catalog.
    type: str
    required: true
  options:
    description: Options of the replacement, as its catalog file names them.
    type: dict
    default: {}
  max_database_age:
    description:
      - Days that the official signatures which the engine has loaded may be old; V(0) is as many as the provider's own
        option says.
      - The engine is asked, since signatures on the disk need not be loaded. A site's own signatures carry no date, which
        the proof then says.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Prove protection
  avshift.endpoint.antivirus_selftest:
    provider: clamav
"""

RETURN = r"""
provider:
  description: The replacement that was proven.
  returned: success
  type: str
checks:
  description: One check each, with C(id), C(result) (V(ok), V(bad) or V(unknown)) and C(detail).
  returned: success
  type: list
  elements: dict
result:
  description: The worst result of all checks.
  returned: success
  type: str
"""
