# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_gate works on the controller only: it decides whether a batch of a migration starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import (
    divided,
    folder,
    gates,
    reading,
    schedule,
    standing,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.times import moment
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now, plain, versions


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    AS_IT_IS: ClassVar[tuple[str, ...]] = ("look",)
    SPEC: ClassVar[dict[str, Any]] = {
        "batch": {"type": "list", "elements": "str", "required": True},
        "again": {"type": "bool", "default": False},
        "plan": {"type": "str", "default": ""},
        "output_dir": {"type": "str"},
        "rollout": {"type": "raw"},
        "rings": {"type": "raw"},
        "change_id": {"type": "str", "default": ""},
        "stop_file": {"type": "path"},
        "require_signature": {"type": "bool", "default": False},
        "allowed_signers": {"type": "path"},
        "signer": {"type": "str"},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return begin, answer, ring, reasons and look; without a start, its hosts and later ones get records."""
        made = folder.saved(this_run.AGAIN if options["again"] else this_run.SCHEDULE)
        number = None if made is None else made.batch_of(options["batch"])
        if made is None or number is None:
            raise _elsewhere("avshift_hosts", "Ask for hosts and serial by the lookup avshift.endpoint.rollout.")
        self._refuse_inventory(made, options, task_vars)
        this_run.note_asked(options)
        ring, is_dry = made.batches[number]["ring"], bool(self._task.check_mode)
        seen = folder.Progress().of(made.records, made.home, made.needed(number), made.divided.digest)
        is_new = made.is_first(number) and not options["again"]
        found = gates.Answer() if is_dry else standing.hold(made, ring, seen, options, now(), is_new)
        begin, name = found.word == gates.CONTINUE, made.ring_name(ring)
        if begin and not is_dry:
            self._note(made, number, options["again"], task_vars)
        elif not begin:
            self._record(made, number, found, options, task_vars)
            Display().display(f"\nRing {name} was not started, or not to its end ({found.word}): {found.text}.\n")
        return {
            "changed": not begin,
            "begin": begin,
            "answer": found.word,
            "ring": name,
            "reasons": [reason.to_json() for reason in found.reasons],
            "look": {} if is_dry else schedule.look(made, ring, options["batch"], seen, moment(now())),
        }

    def _note(self, made: schedule.Schedule, number: int, again: bool, task_vars: dict[str, Any]) -> None:
        """Record that a batch has started, and keep for rollout_status what this run is."""
        if not again:
            folder.note_begun(this_run.BEGUN, number)
        folder.save(Path(made.home) / folder.RUN, made, self.modes(task_vars))

    def _refuse_inventory(self, made: schedule.Schedule, options: dict[str, Any], task_vars: dict[str, Any]) -> None:
        """Refuse variables that decide hosts and serial but are only in the inventory, which the play cannot see."""
        divided.refuse_former(task_vars)
        given, remedy = plain(options["rollout"]), "Give it on the command line, with -e; no host was touched."
        role_s = task_vars.get(f"{divided.PREFIXES[1]}approved_plan") or made.plan
        if not str(options["plan"]) == str(role_s) == made.plan:
            raise _elsewhere("avshift_approved_plan", remedy)
        if sorted(reading.names(options["rings"])) != sorted(made.chosen):
            raise _elsewhere("avshift_rings", remedy)
        if options["output_dir"] and folder.places(options["output_dir"])[1] != made.records:
            raise _elsewhere("avshift_output_dir", remedy)
        if given in reading.NOTHING or given == []:
            return
        rules = folder.rules_of(given)
        if made.divided.digest:
            divided.refuse_other(made.divided, rules)
        elif rules.to_json() != made.divided.rules:
            raise _elsewhere("avshift_rollout", remedy)

    def _record(
        self,
        made: schedule.Schedule,
        number: int,
        found: gates.Answer,
        options: dict[str, Any],
        task_vars: dict[str, Any],
    ) -> None:
        """Write a record that says why for hosts that were not started and have no record."""
        modes, left = self.modes(task_vars), [host for batch in made.batches[number:] for host in batch["hosts"]]
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
        seen = folder.Progress().of(made.records, made.home, dict.fromkeys(left, ""), "")
        for host in left:
            if seen[host].state == gates.NOT_BEGUN:
                records.write_silent(made.records, runs.not_started(host, run, found.text), modes)


def _elsewhere(name: str, remedy: str) -> AvshiftError:
    cause = "it sets the hosts and batches of a play, which Ansible evaluates before it reads inventory variables"
    return AvshiftError("set_in_inventory", "Dividing the hosts into batches", name, cause, remedy)
