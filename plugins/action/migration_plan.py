# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of migration_plan: collect in one round trip, plan, and hold the plan to the approved one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible import constants
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import exceptions_file, judge, kept
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import stop_file
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import exceptions, goal, make
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now, versions

# A folder of this run: its processes share it, and it is closed to other users.
PRIVATE = Path(constants.DEFAULT_LOCAL_TMP)


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
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return plan, digest, approval and to_do; the plan is a resumed run's approved one where it is one.

        A host that is only looked at has no plan, which ``forecast`` says.
        """
        if apart := self.only_looked_at():
            return apart
        host = str(task_vars["inventory_hostname"])
        if not self._task.check_mode:
            stop_file.refuse(options["stop_file"], host)
        catalog = self.catalog(options)
        wanted = goal.of(options, catalog)
        grant = self._grant(options, host)
        exempt = exceptions_file.of_host(options["exceptions_file"], catalog, host, now())
        asked = exceptions.applied(wanted, exempt, catalog.products)
        collected = self.on_endpoint(
            "collect", {"probes": as_text(make.probes_for(platforms.expected(), catalog, asked))}, task_vars
        )
        platform = platforms.of(collected["collected"]["host"])
        evidence = Evidence.of(collected["collected"], platform.table)
        plan = make.make(platform, host, evidence, catalog, wanted, exempt).to_json()
        judged = judge.judge(plan, grant, versions(catalog))
        return {
            "plan": judged.plan,
            "digest": judged.plan["digest"],
            "approval": judged.to_json(),
            "to_do": bool(judged.plan["steps"]) or judged.plan["blocked"],
            "warnings": judge.warnings(grant),
        }

    def _grant(self, options: dict[str, Any], host: str) -> judge.Grant | None:
        """Read what was approved before the host is looked at. A dry run needs none, and is held to one it is given."""
        if not options["require_approval"] or (self._task.check_mode and not options["approved_plan"]):
            return None
        return kept.of_host(goal.approved_path(options["approved_plan"]), options, now(), host, PRIVATE)
