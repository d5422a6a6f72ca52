#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: antivirus_selftest
short_description: Test that a replacement protects a host
version_added: 0.1.0
description:
  - Tests that the EICAR test file is detected on demand, that reading it is blocked on access in each protected directory,
    and that neither happens to a clean file.
  - Also checks that the units run and start at boot, that no other process intercepts, that the loaded signatures are not
    too old, and that no file disables signatures outside the plan.
  - Test files are written into the protected directories and removed again; security monitoring will see them.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
attributes:
  check_mode:
    support: partial
    details: Nothing is written, so the on-access test is skipped and the result is V(unknown) at best.
options:
  planned:
    description:
      - The result of M(avshift.endpoint.migration_plan). The replacement that it plans is tested, with the options that it
        has for it; O(provider) and O(options) are then not read.
    type: dict
    default: {}
  provider:
    description: The replacement, by its ID in the catalog. Required without O(planned).
    type: str
    default: ""
  options:
    description: Options of the replacement, as its catalog file names them.
    type: dict
    default: {}
  max_database_age:
    description:
      - Maximum age, in days, of the official signatures that the engine has loaded. V(0) means the age in the provider's
        own option.
      - The engine is asked, because signatures on the disk may not be loaded. Your own signatures have no date;
        the result then says so.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Test protection
  avshift.endpoint.antivirus_selftest:
    provider: clamav
  register: tested

- name: Test protection with the options used for its setup, and refuse signatures older than three days
  avshift.endpoint.antivirus_selftest:
    provider: clamav
    options: {database: official, paths: [/home, /srv]}
    max_database_age: 3
"""

RETURN = r"""
forecast:
  description: A code for hosts of a platform that is only looked at, such as Windows. They are not tested; their task is skipped.
  returned: on such a host
  type: str
  sample: windows_forecast_only
provider:
  description: The replacement that was tested.
  returned: success
  type: str
  sample: clamav
checks:
  description: One entry per check.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The check's ID.
      type: str
      sample: on_access_blocks:/home
    result:
      description: V(ok), V(bad) or V(unknown).
      type: str
      sample: ok
    detail:
      description: What the check saw.
      type: str
      sample: reading the test file was refused
result:
  description: The worst result of all checks.
  returned: success
  type: str
  sample: ok
"""
