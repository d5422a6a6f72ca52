# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts a migration starts and in which batches, for the keywords hosts and serial of a play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout
short_description: Hosts and batches of a migration
version_added: 0.1.0
author: avshift contributors (@avshift)
description:
  - For the keywords C(hosts) and C(serial) of a play. Ansible evaluates these before it reads inventory
    variables, but a lookup in them works, keeps its order, and survives C(--limit).
  - The rings are those of the approved plan. They are never computed again from the remaining hosts.
options:
  _terms:
    description:
      - C(hosts) decides what the run does, and returns its hosts in order. It has to come first.
      - C(serial) returns the sizes of the batches.
      - C(again) and C(again_serial) return the same for hosts that were started but could not be reached.
      - C(everyone) returns all hosts of the run, including those that are already done.
    required: true
  hosts:
    description: The hosts, as a pattern or a list of patterns.
    type: raw
    default: all
  plan:
    description: Path of the approved C(plan.json).
    type: str
    default: ""
  rollout:
    description: The rollout, if there is no approved plan. If there is one, it has to be the rollout that was approved.
    type: raw
  rings:
    description: Names of the rings to start, as a list or separated by commas. If empty, all.
    type: raw
  output_dir:
    description: Folder on the controller with the records and the marks of hosts that are being changed.
    type: str
    default: avshift
  resume:
    description: Whether hosts that are already done are left out while others are not.
    type: raw
    default: true
  shared:
    description:
      - Whether all controllers that work on the hosts of the plan use the same O(output_dir). If not, a
        group with a limit is refused unless all of its hosts are in this inventory.
    type: raw
    default: false
  run_id:
    description: ID of this run. By default the number of the job in AWX, or a random one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Migrate in the rings of an approved plan
  hosts: "{{ query('avshift.endpoint.rollout', 'hosts', hosts='offices', plan='avshift/plan/plan.json') }}"
  serial: "{{ query('avshift.endpoint.rollout', 'serial') }}"
  tasks: []
"""

RETURN = r"""
_list:
  description: Names of hosts, or sizes of batches.
  type: list
  elements: raw
  sample: [2, 10]
"""
from typing import Any

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import (
    divided,
    folder,
    gates,
    reading,
    schedule,
    split,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import inventory, this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import plain

Hosts = list[str]
KEEP = "To keep the approved order, name all hosts of the plan in avshift_hosts, and leave some out with --limit."
FALSE = ("false", "no", "off", "0")


class LookupModule(LookupBase):  # type: ignore[misc]
    """See Ansible's documentation of lookup plugins."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return what the first term asks for."""
        if context.CLIARGS.get("syntax"):
            # A syntax check contacts no host.
            return [1] if "serial" in terms[0] else []
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return plain(self._asked(terms[0], variables or {}))  # type: ignore[no-any-return]
        except AvshiftError as error:
            raise AnsibleLookupError(str(error)) from error

    def _asked(self, what: str, variables: dict[str, Any]) -> list[Any]:
        if what == "hosts":
            made = self._made(variables)
            folder.forget_begun(this_run.BEGUN)
            folder.save(this_run.SCHEDULE, made)
            return [host for batch in made.batches for host in batch["hosts"]]
        if what == "again":
            made = self._again()
            folder.save(this_run.AGAIN, made)
            return [host for batch in made.batches for host in batch["hosts"]]
        if what == "everyone":
            return folder.decided(this_run.SCHEDULE).everyone
        made = folder.decided(this_run.AGAIN if what == "again_serial" else this_run.SCHEDULE)
        return [len(batch["hosts"]) for batch in made.batches] or [1]

    def _made(self, variables: dict[str, Any]) -> schedule.Schedule:
        """Return what this run does."""
        divided.refuse_former(variables)
        groups: dict[str, list[str]] = plain(dict(variables["groups"]))
        matched, asked = inventory.matching(groups), reading.names(plain(self.get_option("hosts")))
        named = matched(asked)
        # What --limit leaves of the inventory; a localhost that is in no inventory is in no limit either.
        within = {*plain(variables["ansible_play_batch"]), *(set(named) - set(groups["all"]))}
        present = [host for host in named if host in within]
        whole = self._divided(present, groups, variables)
        home, records = folder.places(self.get_option("output_dir"))
        meant = None if asked == ["all"] or not whole.digest else named
        wants = schedule.Asked(present, meant, reading.names(plain(self.get_option("rings"))), self._resumes())
        seen = PROGRESS.of(records, home, whole.hosts(), whole.digest)
        if not reading.is_true(self.get_option("shared")):
            done = [host for host, one in seen.items() if one.state in (gates.DONE, gates.FORECAST)]
            split.refuse(whole.groups if whole.digest else (), groups["all"], present, done)
            split.refuse_unknown(() if whole.digest else whole.groups, this_run.is_of_engine())
        places = {"home": home, "records": records, "plan": self._plan(), "command": this_run.command()}
        made = schedule.compose(this_run.identity(self.get_option("run_id")), whole, wants, seen, **places)
        if rings := schedule.passed_over(whole, made, seen):
            Display().warning(
                f"No gate asks for the plan's rings {', '.join(rings)}: avshift_hosts has none of their hosts. {KEEP}"
            )
        return made

    def _divided(self, present: Hosts, groups: dict[str, Hosts], variables: dict[str, Any]) -> divided.Divided:
        """Return the approved rings; without an approved plan, the rings of the hosts of this run."""
        given = plain(self.get_option("rollout"))
        try:
            approved = divided.of_document(document.read(self._plan())) if self._plan() else None
        except AvshiftError:
            # The task of each host refuses it with the reason, and the host's record has that reason.
            approved = None
        if approved is None:
            values = inventory.sharing(groups, variables.get("hostvars"))
            return divided.of_hosts(folder.rules_of(given), present, inventory.matching(groups), values)
        divided.refuse_other(approved, folder.rules_of(given) if given not in reading.NOTHING else None)
        return approved

    def _plan(self) -> str:
        return str(self.get_option("plan") or "")

    def _resumes(self) -> bool:
        return str(self.get_option("resume")).lower() not in FALSE

    def _again(self) -> schedule.Schedule:
        made, begun = folder.decided(this_run.SCHEDULE), folder.begun(this_run.BEGUN)
        hosts = {host: "" for number in begun for host in made.batches[number]["hosts"]}
        approved = {host: made.divided.approved.get(host, "") for host in hosts}
        # Nothing is recorded in check mode, so that no host is known that has to be tried again.
        is_dry = bool(context.CLIARGS.get("check"))
        return schedule.again(
            made, set() if is_dry else begun, PROGRESS.of(made.records, made.home, approved, made.divided.digest)
        )


PROGRESS = folder.Progress()
