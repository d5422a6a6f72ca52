#!/usr/bin/python
# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: migration_plan
short_description: Plan a host's migration and check it against an approved plan
version_added: 0.1.0
description:
  - Finds out in one round trip which system the host runs, collects evidence in another, and plans the steps from the
    current state to the goal. Changes nothing.
  - The same evidence gives the same digest. Values that change by themselves, such as process IDs, are shown but are not in the digest.
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - avshift.endpoint.attributes.catalog
  - avshift.endpoint.attributes
  - avshift.endpoint.attributes.brief
  - avshift.endpoint.attributes.on_controller
options:
  kaspersky:
    description: Whether to remove Kaspersky products.
    type: str
    choices: [absent, ignored]
    default: absent
  provider:
    description: The replacement that will protect the host, by its ID in the catalog, or V(none).
    type: str
    default: none
  options:
    description: Options of the replacement, as its catalog file names them.
    type: dict
    default: {}
  also_remove:
    description: IDs of products to remove although their class is only reported by default, such as servers and gateways.
    type: list
    elements: str
    default: []
  accept:
    description: IDs of preflight results of level C(overridable) that are accepted.
    type: list
    elements: str
    default: []
  exceptions_file:
    description:
      - Path of a file of exceptions and accepted checks on the controller, as catalog/data/schemas/exceptions.schema.json describes it.
      - Products with an exception for this host stay, and the preflight results that it accepts do not block
        the host. Expired entries are ignored and reported in the preflight.
    type: path
  approved_plan:
    description:
      - Path of the approved plan.json on the controller.
      - Not needed in check mode. If given, it is enforced as in a real run, with the same refusals.
    type: path
  require_approval:
    description: Whether the plan may be carried out only if O(approved_plan) has the same plan for this host.
    type: bool
    default: false
  approval:
    description:
      - Path of an approval that M(avshift.endpoint.migration_approve) wrote. Only the hosts that it names are approved.
      - If omitted, C(approval.json) next to the plan is used. Without one, the whole plan is approved.
    type: path
  require_signature:
    description: Whether the approval, or the plan if there is none, must be signed by an allowed signer.
    type: bool
    default: false
  allowed_signers:
    description: Path of a file of allowed signers, as ssh-keygen(1) describes it. Needed for O(require_signature=true).
    type: path
  signer:
    description: Accept only this signer from O(allowed_signers). If omitted, any listed signer is accepted.
    type: str
  rollout:
    description:
      - What a rollout requires before a host is started, RV(avshift.endpoint.rollout_gate#module:look). If a requirement
        is not met, the host fails with C(not_begun). If this is empty, nothing is required.
    type: dict
    default: {}
  stop_file:
    description:
      - Path of a file on the controller. If it is there, the host is not looked at and fails with C(not_begun).
        M(avshift.endpoint.rollout_stop) writes and removes it. Ignored in check mode.
    type: path
  records_dir:
    description:
      - Folder on the controller for the record of a dry run on this host. The record is written as soon as the plan is made, in check mode too, and
        holds the plan in place of the result. M(avshift.endpoint.migration_plan_document) reads it there.
    type: path
  change_id:
    description: Number of the change in the ticket system, for the record. One that is not the approved plan's is refused.
    type: str
    default: ""
  forecast:
    description:
      - Whether to make a forecast for hosts of a platform that is only looked at, such as Windows. If V(false), they are
        not contacted. The playbook C(plan) sets it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan
  avshift.endpoint.migration_plan:
    provider: clamav
  register: planned

- name: Plan only what a signed approval allows
  avshift.endpoint.migration_plan:
    provider: clamav
    options: {database: official}
    approved_plan: avshift/plan/plan.json
    require_approval: true
    require_signature: true
    allowed_signers: allowed_signers
  register: planned

- name: Plan to remove Kaspersky without a replacement
  avshift.endpoint.migration_plan:
    accept: [no_replacement]
"""

RETURN = r"""
change_id:
  description: Number of the change. If a plan was approved, its own, where it has one.
  returned: success
  type: str
  sample: CHG0030001
forecast:
  description:
    - A code for hosts of a platform that is only looked at, such as Windows. They get no plan. Without O(forecast=true)
      they are not contacted, and the task is skipped for them.
  returned: on such a host
  type: str
  sample: windows_forecast_only
foretold:
  description: What a removal would do on such a host, as catalog/data/schemas/forecast.schema.json describes it.
  returned: on such a host with O(forecast=true), without O(records_dir)
  type: dict
  contains:
    steps:
      description: What a removal would do, in order.
      type: list
      elements: dict
      contains:
        id: {description: "The step's ID, made of its number and kind.", type: str, sample: 01-remove_product}
        kind: {description: The kind of step., type: str, sample: remove_product}
        title: {description: What the step would do., type: str, sample: Remove the product}
        details: {description: "What belongs to it, one line each.", type: list, elements: str, sample: []}
        reasons: {description: "IDs of the evidence.", type: list, elements: str, sample: []}
      sample: [{id: 01-remove_product, kind: remove_product, title: Remove the product, details: [], reasons: []}]
    preflight:
      description: What would have to be fixed first, and what could not be read on the host.
      type: list
      elements: dict
      contains:
        id: {description: A stable ID., type: str, sample: restart_pending}
        level: {description: "The level, as in C(plan).", type: str, sample: overridable}
        title: {description: What was checked., type: str, sample: A restart is pending}
        diagnosis: {description: What was found on this host., type: str, sample: servicing}
        remediation: {description: What to do about it., type: str, sample: Restart it.}
      sample: [{id: restart_pending, level: overridable, title: A restart is pending, diagnosis: servicing, remediation: Restart it.}]
    packages:
      description: The packages in the installer's cache for the products that would be removed, by their codes.
      type: list
      elements: dict
      contains:
        code: {description: The product's code., type: str, sample: '{27534751-0000-4000-8000-00000000A001}'}
        state: {description: "V(read), V(missing), V(damaged) or V(unread).", type: str, sample: missing}
        why: {description: Why it was not read; empty if it was., type: str, sample: there is no such file}
      sample: [{code: '{27534751-0000-4000-8000-00000000A001}', state: missing, why: there is no such file}]
plan:
  description: The plan, as plan.schema.json describes it; for an interrupted run, the approved one. Control characters of the host's texts stay in it.
  returned: success, without O(brief=true) and O(records_dir)
  type: dict
  contains:
    digest: {description: The plan's digest., type: str, sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246}
    steps:
      description: The steps, in the order in which they are carried out.
      type: list
      elements: dict
      contains:
        id: {description: "The step's ID, made of its number, part and kind.", type: str, sample: 09-remove-packages_remove}
        part: {description: "V(stage), V(handover) or V(remove).", type: str, sample: remove}
        kind: {description: The kind of step., type: str, sample: packages_remove}
        title: {description: What the step does., type: str, sample: "Remove kesl, kesl-gui"}
        effects:
          description: Everything that it changes on the host.
          type: list
          elements: dict
          contains:
            package:
              description: The package that changes. Other effects have C(path), C(unit) or another key in its place.
              type: str
              sample: kesl
            change: {description: "V(created), V(changed) or V(removed).", type: str, sample: removed}
          sample: [{package: kesl, change: removed}]
        undo: {description: How it is rolled back; empty if it cannot be., type: str, sample: ""}
    preflight:
      description: The preflight results.
      type: list
      elements: dict
      contains:
        id: {description: "A stable ID, by which an overridable result is accepted.", type: str, sample: disk_space}
        level: {description: "V(ok), V(info), V(warning), V(overridable) or V(error).", type: str, sample: ok}
        title:
          description: What was checked.
          type: str
          sample: There is enough disk space for the archive and the packages
        diagnosis: {description: What was found on this host., type: str, sample: "80.0 GB free, 1.2 GB needed"}
        remediation: {description: What to do about it., type: str, sample: Free some space and plan again.}
        accepted: {description: Whether it was accepted., type: bool, sample: false}
    blocked: {description: Whether a preflight result blocks the change., type: bool, sample: false}
digest:
  description: The plan's digest.
  returned: success
  type: str
  sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
provider:
  description: The replacement that the plan is for, or V(none).
  returned: success
  type: str
  sample: clamav
blocked:
  description: Whether a preflight result blocks the change.
  returned: success
  type: bool
  sample: false
counts:
  description: How much the plan has.
  returned: success
  type: dict
  contains:
    findings: {description: Findings., type: int, sample: 2}
    steps: {description: Steps., type: int, sample: 17}
    preflight: {description: Preflight results., type: int, sample: 24}
  sample: {findings: 2, steps: 17, preflight: 24}
record:
  description: The record of the dry run.
  returned: with O(records_dir)
  type: dict
  contains:
    path: {description: Where it is., type: str, sample: avshift/plan/records/web1.json}
    sha256:
      description: The SHA-256 of its content.
      type: str
      sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
  sample: {path: avshift/plan/records/web1.json, sha256: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246}
kept:
  description: The name of the file that has the rest of the result, which is the SHA-256 of its content.
  returned: with O(brief=true), without O(records_dir)
  type: str
  sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
approval:
  description: Whether the plan may be carried out. With O(brief=true) or O(records_dir), only its C(status).
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
      description: The differences from the approved plan, in words.
      type: list
      elements: str
      sample: []
    by:
      description: Who approved it; empty if no approval was needed.
      type: dict
      contains:
        plan_digest:
          description: Digest of the approved plan of all hosts.
          type: str
          sample: 4f1c2a9d3e5b7f80246813579bdf02468ace13579bdf02468ace13579bdf0246
        approver:
          description: The approver's name. Missing if the plan was its own approval.
          type: str
          sample: Jane Doe
        reason:
          description: Why it was approved. Missing if the plan was its own approval.
          type: str
          sample: CHG-4711
        valid_until:
          description: When the approval expires; empty if it does not.
          type: str
          sample: "2026-12-31T23:59:59Z"
        signed_by:
          description: The signer whose signature was accepted; empty if no signature was required.
          type: str
          sample: board@example.org
to_do:
  description: Whether there are steps, or results that block the change.
  returned: success
  type: bool
  sample: true
"""
