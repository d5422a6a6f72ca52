#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the PowerShell module of this name."""

DOCUMENTATION = r"""
module: windows_reads
short_description: Read raw facts of a Windows host
description:
  - M(avshift.endpoint.kaspersky_info) calls this module on hosts with a PowerShell shell. Use that one, not this one.
  - It reads the registry, lists files, services and processes, reads the output of three programs, and asks CIM for the few
    facts that nothing else has. It writes nothing, decides nothing and starts nothing else. It needs no C# compiler, and creates no event source.
  - The answers distinguish what is absent from what may not be read.
version_added: 0.1.0
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes
attributes:
  idempotent:
    support: full
    details: It only reads.
  platform:
    support: full
    platforms: windows
    description: Target systems that the module works on.
    details: Windows with Windows PowerShell 5.1 or PowerShell 7. It was never run on a real Windows.
options:
  reads:
    description: What to read. The schema C(windows_reads.schema.json) of the collection's catalog describes each read.
    type: list
    elements: dict
    required: true
  limit:
    description: Maximum number of keys and files in the answers. What is left out is marked.
    type: int
    default: 20000
  seconds:
    description: Seconds after which no more is read. What is left out is marked.
    type: int
    default: 60
seealso:
  - module: avshift.endpoint.kaspersky_info
"""

EXAMPLES = r"""
- name: Read a key, as kaspersky_info does it; no play needs this
  avshift.endpoint.windows_reads:
    reads:
      - {id: version, kind: key, hive: LocalMachine, view: Registry64, path: 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'}

- name: List a folder, as kaspersky_info does it
  avshift.endpoint.windows_reads:
    reads:
      - {id: drivers, kind: tree, path: '%SystemRoot%\System32\drivers', depth: 1}
"""

RETURN = r"""
answers:
  description: The answer to each read, by its ID, or why there is none.
  returned: success
  type: dict
  contains:
    version:
      description: >-
        For each ID, what was read: its form depends on the read, as catalog/data/schemas/windows_reads.schema.json
        describes it. What could not be read has C(absent), C(denied) or C(failed), and why.
      type: dict
      contains:
        count:
          description: Of a registry key, how many keys are directly below it.
          type: int
          sample: 24
        values:
          description: Of a registry key, the values that were asked for, by name.
          type: dict
          contains:
            ProductName:
              description: For each value, its C(type) and C(data).
              type: dict
              contains:
                type:
                  description: The registry's type of the value.
                  type: str
                  sample: String
                data:
                  description: The value.
                  type: raw
                  sample: Windows 11 Pro
  sample: {version: {count: 24, values: {ProductName: {type: String, data: Windows 11 Pro}}}}
powershell:
  description: Version of PowerShell.
  returned: success
  type: str
  sample: 5.1.26100.1
administrator:
  description: Whether the account has an administrator's rights.
  returned: success
  type: bool
  sample: true
process64:
  description: Whether the process is a 64-bit one.
  returned: success
  type: bool
  sample: true
system64:
  description: Whether the system is a 64-bit one.
  returned: success
  type: bool
  sample: true
"""
