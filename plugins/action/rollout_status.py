# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_status works on the controller only: it says where each host of a rollout is, and contacts none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, folder, gates, schedule, standing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now

COMMAND = "ansible-playbook avshift.endpoint.migrate -e avshift_hosts=HOSTS -e avshift_approved_plan={plan}"


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "output_dir": {"type": "path", "required": True},
        "plan": {"type": "str", "default": ""},
        "stop_file": {"type": "path"},
        "require_signature": {"type": "bool", "default": False},
        "allowed_signers": {"type": "path"},
        "signer": {"type": "str"},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show where the rollout stands, and return the numbers."""
        home, records = folder.places(options["output_dir"])
        last = folder.saved(Path(home) / folder.RUN)
        # The folder may have been copied here from another controller, and several may share it: the rings have all
        # hosts, the last run may have had some of them.
        made = None if last is None else replace(last.with_all(), home=home, records=records)
        if options["plan"] and (made is None or _is_of_another(made, options["plan"])):
            made = _of_plan(options["plan"], home, records)
        if made is None:
            remedy = "Give the approved plan in avshift_approved_plan, or the folder of a run in avshift_output_dir."
            raise AvshiftError("rollout_not_decided", "Reading the rollout", home, "no run has begun there", remedy)
        found = standing.of(made, options, now())
        if last is not None and made.plan and _is_open_elsewhere(found, last):
            found = replace(found, schedule=replace(made, command=COMMAND.format(plan=made.plan)))
        lines = rollout.last_words(found)
        Display().display("\n".join(["", *lines, ""]))
        return {**rollout.figures(found), "lines": lines}


def _is_open_elsewhere(found: standing.Standing, last: schedule.Schedule) -> bool:
    """Return True if hosts are left that the last run was not about: its command would not go on with them."""
    left = {host for host, one in found.seen.items() if one.state not in (gates.DONE, gates.FORECAST)}
    return not left <= set(last.everyone)


def _is_of_another(made: schedule.Schedule, plan: str) -> bool:
    """Return True for a run of another plan, or of an earlier one in the same file."""
    return made.plan != plan or (Path(plan).exists() and made.divided.digest != document.read(plan)["digest"])


def _of_plan(plan: str, home: str, records: str) -> schedule.Schedule:
    """Return the rollout of a plan for which no run has started a batch."""
    whole = divided.of_document(document.read(plan))
    everyone = [host for ring in whole.rings for host in ring["hosts"]]
    return schedule.Schedule("", whole, [], everyone, [], home, records, plan, COMMAND.format(plan=plan))
