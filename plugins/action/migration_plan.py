# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of migration_plan: look twice, plan, and compare the plan with the approved one."""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart, platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import exceptions_file, judge, kept
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, make, wanted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import look
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    RESULTS_OF_RUN,
    Adapter,
    catalog_with,
    now,
    versions,
)

# Made in Ansible's main process, as the catalog is: every worker has it then.
with contextlib.suppress(AvshiftError):
    make.finding(catalog_with(()).of_platform(platforms.expected().name), platforms.expected().table)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "kaspersky": {"type": "str", "choices": ["absent", "ignored"], "default": "absent"},
        "provider": {"type": "str", "default": "none"},
        "options": {"type": "dict", "default": {}},
        "also_remove": {"type": "list", "elements": "str", "default": []},
        "accept": {"type": "list", "elements": "str", "default": []},
        "exceptions_file": {"type": "path"},
        "approved_plan": {"type": "path"},
        "require_approval": {"type": "bool", "default": False},
        "approval": {"type": "path"},
        "require_signature": {"type": "bool", "default": False},
        "allowed_signers": {"type": "path"},
        "signer": {"type": "str"},
        "stop_file": {"type": "path"},
        "records_dir": {"type": "path"},
        "change_id": {"type": "str", "default": ""},
        "brief": {"type": "bool", "default": False},
        "forecast": {"type": "bool", "default": False},
        "rollout": {"type": "dict", "default": {}},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return plan, digest, approval and to_do; for a resumed run, the plan is the approved one.

        A host that is only looked at has no plan, which ``forecast`` says. It gets a forecast if one is asked for.
        """
        if looked := self.only_looked_at():
            return {**looked, **self._foretold(options, task_vars)} if options["forecast"] else looked
        host = str(task_vars["inventory_hostname"])
        if not self._task.check_mode:
            look.refuse(options["rollout"], options["stop_file"], host, now())
        catalog = self.catalog(options)
        aim = goal.of(options, catalog)
        grant = self._grant(options, host)
        change_id = judge.change_of(grant and grant.document["change_id"], options["change_id"])
        exempt = exceptions_file.of_host(options["exceptions_file"], catalog, host, now())
        facts = self.first_look(task_vars)
        asked = wanted.of(platforms.of(facts), facts, catalog, aim, exempt)
        collected = self.on_endpoint("collect", {"probes": as_text(make.probes_for(asked))}, task_vars)["collected"]
        answers.must_agree(facts, collected["host"], host)
        plan = make.make(asked, host, Evidence.of(collected, asked.platform.table)).to_json()
        judged = judge.judge(plan, grant, versions(catalog))
        told = {
            "plan": judged.plan,
            "approval": judged.to_json(),
            "warnings": judge.warnings(grant),
            "change_id": change_id,
            **_counts(judged.plan),
        }
        if options["records_dir"]:
            told["record"] = self._recorded(told, {**options, "change_id": change_id}, task_vars)
        return self._brief(told) if options["brief"] or options["records_dir"] else told

    def _recorded(self, told: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, str]:
        """Write the record of a dry run, also in check mode, and return its path and checksum."""
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
        path = records.path_of(options["records_dir"], self.host)
        record = runs.of_plan(self.host, told, run)
        return {"path": str(path), "sha256": records.write(path, record, self.modes(task_vars))}

    def _brief(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return what stays in the controller's memory; the plan itself is in its record, or in a file of this run."""
        status = {"approval": {"status": told["approval"]["status"]}}
        if "record" not in told:
            return {**status, **apart.put(RESULTS_OF_RUN, self.host, told, ("plan", "approval"))}
        return {**{key: value for key, value in told.items() if key != "plan"}, **status}

    def _foretold(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the forecast of a host that is only looked at: one look, and a second one if that helps."""
        platform, catalog = platforms.named(self.system()), self.catalog(options)
        if platform.foretelling is None or platform.collected is None:
            return {}
        asked = platform.foretelling.asked(catalog)
        asked, answer = self.in_two_looks(platform.further, asked, lambda reads: self.raw_facts(reads, task_vars))
        collected = self.evidence_of(platform.collected(asked, answer))
        exempt = exceptions_file.of_host(options["exceptions_file"], catalog, self.host, now())
        aim = wanted.of(platform, collected["host"], catalog, goal.of(options, catalog), exempt).goal
        forecast = platform.foretelling.made(asked, answer, collected, catalog, aim)
        told = {"skipped": False, "msg": f"{self.host} has a forecast and no plan.", "foretold": forecast}
        if not options["records_dir"]:
            return told
        kept_record = self._recorded(told, options, task_vars)
        return {**{key: value for key, value in told.items() if key != "foretold"}, "record": kept_record}

    def _grant(self, options: dict[str, Any], host: str) -> judge.Grant | None:
        """Read what was approved before the host is looked at.

        A dry run needs no approved plan. If it is given one, it has to match it.
        """
        if not options["require_approval"] or (self._task.check_mode and not options["approved_plan"]):
            return None
        return kept.of_host(goal.approved_path(options["approved_plan"]), options, now(), host, this_run.PRIVATE)


def _counts(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a plan that are needed most: its digest, its replacement, and how much it contains."""
    return {
        "digest": plan["digest"],
        "provider": plan["goal"]["provider"],
        "blocked": plan["blocked"],
        "to_do": bool(plan["steps"]) or plan["blocked"],
        "counts": {name: len(plan[name]) for name in ("findings", "steps", "preflight")},
    }
