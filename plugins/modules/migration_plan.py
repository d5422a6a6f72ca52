#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_plan
short_description: Plan a host's migration and check it against an approved plan
version_added: 0.1.0
description:
  - Collects in one round trip and plans the ordered steps from what is there to the goal. Changes nothing.
  - The same evidence gives the same digest. What changes by itself, such as process ids, is shown and is not in the digest.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.on_controller
options:
  kaspersky:
    description: Whether Kaspersky's products are to go.
    type: str
    choices: [absent, ignored]
    default: absent
  provider:
    description: The replacement that is to protect the host, by its id in the catalog, or V(none).
    type: str
    default: none
  options:
    description: Options of the replacement, as its catalog file names them.
    type: dict
    default: {}
  also_remove:
    description: Ids of products of a class that is only reported otherwise, such as servers and gateways.
    type: list
    elements: str
    default: []
  accept:
    description: Ids of preflight results of level overridable that are accepted.
    type: list
    elements: str
    default: []
  exceptions_file:
    description:
      - Path of a file of exceptions and waivers on the controller, as catalog/data/schemas/exceptions.schema.json describes it.
      - Products that an exception names for this host stay; results of the preflight that a waiver names are accepted.
        What has expired does not count, and is named in the preflight.
    type: path
  approved_plan:
    description:
      - Path of the approved plan.json on the controller.
      - In check mode none is needed. Where one is given, it is held to as in a real run, with the same refusals.
    type: path
  require_approval:
    description: Whether the plan may be carried out only if O(approved_plan) has the same one for this host.
    type: bool
    default: false
  approval:
    description:
      - Path of an approval that M(avshift.endpoint.migration_approve) wrote. Only the hosts that it names are approved.
      - Without this an approval.json beside the plan counts. Where there is none, the whole plan is approved.
    type: path
  require_signature:
    description: Whether the approval, or the plan where there is none, has to be signed by an allowed signer.
    type: bool
    default: false
  allowed_signers:
    description: Path of a file of allowed signers, as ssh-keygen(1) describes it. Needed for O(require_signature=true).
    type: path
  signer:
    description: Accept only this signer from O(allowed_signers). If omitted, any listed signer is accepted.
    type: str
"""

EXAMPLES = r"""
- name: Plan
  avshift.endpoint.migration_plan:
    provider: clamav
  register: planned

- name: Plan what a signed approval allows, and nothing else
  avshift.endpoint.migration_plan:
    provider: clamav
    options: {database: official}
    approved_plan: avshift/plan/plan.json
    require_approval: true
    require_signature: true
    allowed_signers: allowed_signers
  register: planned

- name: Plan to remove Kaspersky and put nothing in its place
  avshift.endpoint.migration_plan:
    accept: [no_replacement]
"""

RETURN = r"""
plan:
  description: The plan, as catalog/data/schemas/plan.schema.json describes it. Of a run that was cut off, the approved one.
  returned: success
  type: dict
  contains:
    digest:
      description: The plan's digest.
      type: str
      sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
    steps:
      description: The steps, each with its kind, title, effects, and how it is undone.
      type: list
      elements: dict
    preflight:
      description: The results of the preflight, each with C(id), C(level), C(title), C(diagnosis) and C(remediation).
      type: list
      elements: dict
    blocked:
      description: Whether a result of the preflight keeps the host from being changed.
      type: bool
      sample: false
digest:
  description: The plan's digest.
  returned: success
  type: str
  sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
approval:
  description: Whether the plan may be carried out.
  returned: success
  type: dict
  contains:
    status:
      description: >-
        V(not_required), V(approved), V(resumed) for a run that was interrupted, V(nothing_to_do), V(not_approved),
        V(drifted) or V(other_machine).
      type: str
      sample: approved
    difference:
      description: What differs from the approved plan, in words.
      type: list
      elements: str
      sample: []
    by:
      description: Who approved, why, until when, and who signed; nothing where no approval was needed.
      type: dict
to_do:
  description: Whether there are steps, or results that keep the host from being changed.
  returned: success
  type: bool
  sample: true
"""
